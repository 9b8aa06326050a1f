/**
 * The few settings that are needed before anything of the portal runs, from options and environment.
 *
 * An option of the command line wins over the environment. Paths become absolute here, because what
 * follows runs in the checkout, wherever it was called from. The portal checks all settings again.
 *
 * @module
 */
import { isIP } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readPrefixes } from './client-address.mjs';

const OPTIONS = ['port', 'host', 'data', 'config'];

/** Writes options and absolute paths into `process.env`; returns where to listen. */
export function settleEnvironment(args, root) {
  const env = process.env;
  const values = readOptions(args);
  if (values.port !== undefined) env.PORT = values.port;
  if (values.host !== undefined) env.HOST = values.host;
  if (values.data !== undefined) env.ROOTLESS42_DATA = values.data;
  if (values.config !== undefined) env.ROOTLESS42_CONFIG = values.config;

  const from = process.cwd();
  env.ROOTLESS42_DATA = env.ROOTLESS42_DATA
    ? path.resolve(from, env.ROOTLESS42_DATA)
    : path.join(root, 'data');
  if (env.ROOTLESS42_CONFIG) env.ROOTLESS42_CONFIG = path.resolve(from, env.ROOTLESS42_CONFIG);
  if (env.ROOTLESS42_REGISTRY && !/^[a-z][a-z0-9+.-]*:/i.test(env.ROOTLESS42_REGISTRY))
    env.ROOTLESS42_REGISTRY = path.resolve(from, env.ROOTLESS42_REGISTRY);
  if (env.DATABASE_URL?.startsWith('file:'))
    env.DATABASE_URL = `file:${path.resolve(from, env.DATABASE_URL.slice('file:'.length))}`;

  env.NEXT_TELEMETRY_DISABLED = '1';
  // Next would end the process as soon as its server is closed, before the router has said goodbye.
  env.NEXT_MANUAL_SIG_HANDLE = 'true';
  // A standalone server of Next reads HOSTNAME, which shells and containers set to something else.
  env.HOSTNAME = env.HOST || '::';
  return { port: readPort(env.PORT), host: readHost(env.HOST), trustedProxies: readTrusted(env) };
}

function readOptions(args) {
  const options = Object.fromEntries(OPTIONS.map((name) => [name, { type: 'string' }]));
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    // Node says what is wrong first, and then at length how else it could have been written.
    refuse(
      `${error.message.split(/\.\s/)[0]}; options are ${OPTIONS.map((o) => `--${o}`).join(', ')}.`,
    );
  }
}

function readPort(text) {
  if (text === undefined || text === '') return 4242;
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port < 1 || port > 65535)
    refuse(`PORT is "${text}"; give a port from 1 to 65535.`);
  return port;
}

function readHost(text) {
  if (text === undefined || text === '') return undefined;
  if (isIP(text) === 0 && text !== 'localhost')
    refuse(`HOST is "${text}"; give an address such as 127.0.0.1 or ::.`);
  return text;
}

function readTrusted(env) {
  try {
    readPrefixes(env.ROOTLESS42_TRUSTED_PROXIES);
  } catch (error) {
    refuse(`ROOTLESS42_TRUSTED_PROXIES: ${error.message}.`);
  }
  return env.ROOTLESS42_TRUSTED_PROXIES;
}

/** A wrong setting stops the start with one clear line. */
export function refuse(message) {
  console.error(`rootless42: ${message}`);
  process.exit(1);
}
