/**
 * The YAML file as the portal reads it: text to values; keys and defaults are router-core's.
 *
 * Not standardized; docs/architecture.md §7 (keys of the file). Headless nodes read the same file
 * by the same rules. Paths in it are relative to it; unknown keys are errors.
 *
 * @module
 */
import 'server-only';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import {
  type ConfigFile,
  parseIpAddress,
  parseIpPrefix,
  readConfigFile,
} from '../../router-core/index.ts';
import { type LoadedConfigFile, SettingError } from './settings.ts';

/** @throws SettingError naming the file and the first thing wrong in it. */
export function loadConfigFile(file: string): LoadedConfigFile {
  const where = path.resolve(file);
  let text: string;
  try {
    text = readFileSync(where, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new SettingError(`ROOTLESS42_CONFIG: ${where} cannot be read (${code}).`);
  }
  return parseConfigFile(text, where);
}

/** Reads the text of a file that lies at `where`. */
export function parseConfigFile(text: string, where: string): LoadedConfigFile {
  const value = parseYaml(text, where);
  const base = path.dirname(where);
  const { file, findings } = readConfigFile(value, (relative) => path.resolve(base, relative));
  const finding = findings[0];
  if (file === undefined || finding !== undefined)
    throw new SettingError(
      `${where}: ${[finding?.message, finding?.hint].filter(Boolean).join(' ') || 'it has no node.'}`,
    );
  checkNode(file, where);
  const given = value as { node?: Record<string, unknown>; approval?: unknown; registry?: unknown };
  return {
    path: where,
    content: file,
    givenNodeKeys: Object.keys(given.node ?? {}),
    hasApproval: given.approval !== undefined,
    hasRegistry: file.registry !== undefined,
  };
}

function parseYaml(text: string, where: string): unknown {
  try {
    return parse(text, { schema: 'core', maxAliasCount: 100 }) ?? {};
  } catch (error) {
    const line = (error as Error).message.split('\n')[0]?.replace(/:$/, '');
    throw new SettingError(`${where}: ${line}.`);
  }
}

/** What the router would refuse later is said here, while somebody is looking. */
function checkNode({ node, registry }: ConfigFile, where: string): void {
  const fail = (message: string): never => {
    throw new SettingError(`${where}: ${message}`);
  };
  if (!/^[a-z0-9-]{1,32}$/.test(node.name))
    fail(`node.name is "${node.name}"; use 1 to 32 of a-z, 0-9 and "-".`);
  if (parseIpAddress(node.routerId)?.family !== 4)
    fail(`node.routerId is "${node.routerId}"; it looks like an IPv4 address.`);
  for (const text of [...node.addresses, node.linkLocal])
    if (parseIpAddress(text) === undefined) fail(`node: "${text}" is not an IP address.`);
  for (const text of node.announce)
    if (parseIpPrefix(text) === undefined)
      fail(`node.announce: "${text}" is not a prefix such as 172.21.128.0/27.`);
  if (registry?.kind === 'git' && !/^(https|ssh):\/\/[^\s-]\S*$/.test(registry.url))
    fail('registry.git must be a URL with https or ssh.');
}
