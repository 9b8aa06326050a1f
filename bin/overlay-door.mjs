/**
 * The portal's door for visitors from DN42: the router hands each of them over by a Unix socket.
 *
 * Standard: the PROXY protocol, version 1 (haproxy.org, "proxy-protocol.txt" §2.1): a line says who visits, then
 * come the visitor's own octets. Who may connect to `<data>/portal.sock` (mode 0600) may read the node's keys as
 * well, so the line is believed; headers of the visitor never are.
 *
 *   visitor ═ DN42 ═ router (host/services/portal-door.ts) ─► portal.sock ─► HTTP server, as a connection
 *
 * @module
 */
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, isIP } from 'node:net';
import { OVERLAY_VISITOR } from './client-address.mjs';

/** PROXY protocol §2.1: the longest line of version 1. */
const LINE_BYTES = 107;
/** The router writes the line at once. */
const LINE_MS = 5_000;

/**
 * Hands visitors to an HTTP server, until the process ends or the returned server is closed. Rejects when the
 * door cannot be opened, or when somebody else has it.
 */
export async function openOverlayDoor(server, path) {
  if (await isAnswered(path)) throw new Error('another portal answers there');
  rmSync(path, { force: true });
  const door = createServer({ allowHalfOpen: true }, (socket) => receiveVisitor(socket, server));
  await new Promise((resolve, reject) => {
    door.once('error', reject);
    door.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return door;
}

function isAnswered(path) {
  return new Promise((resolve) => {
    const probe = connect(path);
    const done = (answer) => {
      probe.destroy();
      resolve(answer);
    };
    probe.once('connect', () => done(true));
    probe.once('error', () => done(false));
  });
}

/** Reads the line, and gives the rest to the server as if it had accepted the connection itself. */
function receiveVisitor(socket, server) {
  let received = Buffer.alloc(0);
  const limit = setTimeout(() => socket.destroy(), LINE_MS);
  socket.once('close', () => clearTimeout(limit));
  // 'close' follows every error.
  socket.on('error', () => socket.destroy());
  const tooShort = () => socket.destroy();
  socket.once('end', tooShort);
  const take = (chunk) => {
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf('\r\n');
    if (end === -1 && received.length <= LINE_BYTES) return;
    const visitor = end === -1 ? undefined : readLine(received.toString('latin1', 0, end));
    if (visitor === undefined) {
      socket.destroy();
      return;
    }
    clearTimeout(limit);
    socket.off('data', take);
    socket.off('end', tooShort);
    socket.pause();
    const rest = received.subarray(end + 2);
    if (rest.length > 0) socket.unshift(rest);
    socket[OVERLAY_VISITOR] = visitor;
    server.emit('connection', socket);
    socket.resume();
  };
  socket.on('data', take);
}

/** Returns both addresses of a line, or undefined when it is none. */
export function readLine(line) {
  const [, family, remote, local] =
    /^PROXY TCP([46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) [0-9]{1,5} [0-9]{1,5}$/.exec(line) ?? [];
  const isRight = [remote, local].every((address) => isIP(address ?? '') === Number(family));
  return isRight ? { remote, local } : undefined;
}
