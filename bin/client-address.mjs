/**
 * Who really asks: replaces forwarding headers before any handler sees a request.
 *
 * Standard: RFC 7239 §8.1 and RFC 9110 §7.6.1 leave it to the operator whom to believe. Next
 * believes `X-Forwarded-For` from anybody, so this subscribes to the diagnostics channel that Node
 * publishes each request on, first of all (docs/architecture.md §8).
 *
 * Invariants
 * - `X-Forwarded-*`, `Forwarded` and `X-Rootless42-*` of a request are ours after this: made from the
 *   socket, or from what a trusted proxy said.
 * - A visitor from DN42 is the one the router handed over, whatever a header says: no proxy stands in between.
 * - A trusted proxy is believed only for what comes from beyond it: the client is the last address of
 *   the chain that is not a trusted proxy.
 *
 * @module
 */
import diagnosticsChannel from 'node:diagnostics_channel';
import { BlockList, isIP } from 'node:net';

const CLIENT_ADDRESS_HEADER = 'x-rootless42-client-address';
const LOCAL_ADDRESS_HEADER = 'x-rootless42-local-address';
const OVERLAY_HEADER = 'x-rootless42-overlay';
/** Of a socket that a visitor from DN42 came by: both addresses, as overlay-door.mjs was told them. */
export const OVERLAY_VISITOR = Symbol('overlay visitor');

const CHANNEL = 'http.server.request.start';
const KEY = Symbol.for('rootless42.client-address');

/** Begins to replace headers of every request of this process; a second call changes the proxies. */
export function replaceForwardingHeaders(trustedProxies) {
  const trusted = readPrefixes(trustedProxies);
  globalThis[KEY]?.();
  const listener = ({ request }) => rewrite(request, trusted);
  diagnosticsChannel.subscribe(CHANNEL, listener);
  globalThis[KEY] = () => diagnosticsChannel.unsubscribe(CHANNEL, listener);
}

/** Reads prefixes and addresses separated by commas. @throws Error naming the one that is wrong. */
export function readPrefixes(text) {
  const list = new BlockList();
  for (const part of (text ?? '').split(',').map((word) => word.trim())) {
    if (part === '') continue;
    const [address, length] = part.split('/');
    const family = isIP(address);
    const bits = length === undefined ? (family === 4 ? 32 : 128) : Number(length);
    const isLength = length === undefined || /^[0-9]{1,3}$/.test(length);
    if (family === 0 || !isLength || bits > (family === 4 ? 32 : 128))
      throw new Error(`"${part}" is not a prefix such as 127.0.0.1/32`);
    list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function rewrite(request, trusted) {
  const visitor = request.socket[OVERLAY_VISITOR];
  const socketAddress = visitor?.remote ?? plainAddress(request.socket.remoteAddress);
  const isProxy = visitor === undefined && isTrusted(socketAddress, trusted);
  const said = isProxy ? request.headers : {};
  const client = clientOf(socketAddress, said['x-forwarded-for'], trusted);
  const proto =
    said['x-forwarded-proto'] === 'https' || request.socket.encrypted === true ? 'https' : 'http';
  const host = singleHost(said['x-forwarded-host']) ?? request.headers.host;

  removeForwarding(request);
  setHeader(request, 'x-forwarded-for', client);
  setHeader(request, 'x-forwarded-proto', proto);
  setHeader(request, CLIENT_ADDRESS_HEADER, client);
  const local = visitor?.local ?? plainAddress(request.socket.localAddress);
  setHeader(request, LOCAL_ADDRESS_HEADER, local);
  if (visitor !== undefined) setHeader(request, OVERLAY_HEADER, '1');
  if (host !== undefined) {
    setHeader(request, 'x-forwarded-host', host);
    setHeader(request, 'host', host);
  }
}

/** From the right: each trusted proxy appended whom it saw; the first other one is the client. */
function clientOf(socketAddress, forwardedFor, trusted) {
  let client = socketAddress;
  const chain = (forwardedFor ?? '').split(',').map((part) => plainAddress(part.trim()));
  for (const address of chain.reverse()) {
    if (!isTrusted(client, trusted) || isIP(address) === 0) break;
    client = address;
  }
  return client;
}

function isTrusted(address, trusted) {
  const family = isIP(address);
  return family !== 0 && trusted.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** Writes a mapped address as the IPv4 address it is, and leaves zones out. */
function plainAddress(address) {
  const plain = (address ?? '').replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  return /^::ffff:[0-9.]+$/i.test(plain) ? plain.slice('::ffff:'.length) : plain;
}

/** A list of hosts, or one that is no host, is not believed. */
const singleHost = (text) =>
  typeof text === 'string' && /^[A-Za-z0-9.:[\]-]{1,255}$/.test(text) ? text : undefined;

const isForwarding = (name) => /^(?:forwarded$|x-forwarded-|x-real-ip$|x-rootless42-)/i.test(name);

/** Both views of the headers: Next reads one, Node's own code the other. */
function removeForwarding(request) {
  const { rawHeaders, headers } = request;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2)
    if (isForwarding(rawHeaders[i])) rawHeaders.splice(i, 2);
  for (const name of Object.keys(headers)) if (isForwarding(name)) delete headers[name];
}

function setHeader(request, name, value) {
  request.headers[name] = value;
  const { rawHeaders } = request;
  for (let i = rawHeaders.length - 2; i >= 0; i -= 2)
    if (rawHeaders[i].toLowerCase() === name) rawHeaders.splice(i, 2);
  rawHeaders.push(name, value);
}
