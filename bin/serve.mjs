/**
 * Runs portal and router in this process until a signal comes.
 *
 *   listen ◄── pages ready ◄── instrumentation.ts (database, routers)      ctrl-C
 *     └────────────────────────────────────────────────────────────────────► stop: streams, Cease, exit
 *
 * The port opens when everything behind it has started, so whoever can connect gets answers. Next's
 * own handling of signals is off (NEXT_MANUAL_SIG_HANDLE): it would exit before the router is done.
 *
 * @module
 */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { replaceForwardingHeaders } from './client-address.mjs';
import { refuse } from './environment.mjs';
import { openOverlayDoor } from './overlay-door.mjs';
import { refusalOf } from './request-target.mjs';

/** Ctrl-C ends within 3 s whatever hangs. */
const STOP_LIMIT_MS = 2_200;
const PORTAL = Symbol.for('rootless42.portal');
const STARTING = Symbol.for('rootless42.starting');

/** Starts everything; resolves when the portal answers. */
export async function serve({ root, port, host, trustedProxies, development = false }) {
  // From here on files are the data's: database, keys, backups. What was built before stays readable.
  process.umask(0o077);
  process.chdir(root);
  replaceForwardingHeaders(trustedProxies);
  const { default: next } = await import('next');
  const server = createServer((request, response) => {
    const refusal = refusalOf(request);
    if (refusal === undefined) handle(request, response);
    else response.writeHead(refusal.status, refusal.headers).end(refusal.text);
  });
  const app = next({
    dev: development,
    dir: root,
    hostname: host ?? 'localhost',
    port,
    httpServer: server,
    quiet: true,
  });
  outliveReaders();
  stopOnSignals(server, await exitAtOnce());
  await app.prepare();
  const handle = app.getRequestHandler();
  await portalStarted();
  await openDoorToOverlay(server);
  await listen(server, port, host);
  announce(port, host);
}

/** Next calls the hook of instrumentation.ts without waiting for what it starts. */
async function portalStarted() {
  while (globalThis[STARTING] === undefined)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await globalThis[STARTING];
}

/** Where the file has `services.overlayPortal`. Without the door the portal answers all others. */
async function openDoorToOverlay(server) {
  const { settings, log } = globalThis[PORTAL];
  if (settings.file?.content.services?.overlayPortal?.enabled !== true) return;
  const path = join(settings.dataFolder, 'portal.sock');
  try {
    await openOverlayDoor(server, path);
  } catch (error) {
    log('error', 'the portal cannot be reached from DN42', { path, cause: error.message });
  }
}

function listen(server, port, host) {
  return new Promise((resolve) => {
    const fail = (error) => {
      // A machine without IPv6: all addresses are those of IPv4.
      if (host === undefined && ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(error.code))
        server.listen(port, '0.0.0.0');
      else if (error.code === 'EADDRINUSE') refuse(`port ${port} is in use; set PORT to another.`);
      else refuse(`port ${port} cannot be opened (${error.code}).`);
    };
    server.on('error', fail);
    server.once('listening', () => {
      server.off('error', fail);
      resolve();
    });
    server.listen(port, host ?? '::');
  });
}

function announce(port, host) {
  const isAll = host === undefined || host === '::' || host === '0.0.0.0';
  const name = isAll ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const url = `http://${name}:${port}`;
  const setupPath = globalThis[PORTAL]?.setupPath;
  const link =
    setupPath === undefined
      ? ''
      : `\nrootless42: set this node up within an hour: ${url}${setupPath}`;
  // In one piece: whoever waits for the first line has the second one too.
  console.log(`rootless42: ${url}${link}`);
}

/** Whoever read our lines may go away; a line nobody reads must not end or busy the process. */
function outliveReaders() {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/**
 * The way out. `process.exit` joins V8's threads first, which yield to other programs (host/thread.ts) and finish work
 * nobody needs any more: a second and more on a busy machine. What must be kept is closed and written before.
 */
async function exitAtOnce() {
  try {
    const { default: koffi } = await import('koffi');
    return koffi.load(null).func('void _exit(int status)');
  } catch {
    // An optional package: without it the end may take longer, and is the same.
    return process.exit;
  }
}

function stopOnSignals(server, exit) {
  let isStopping = false;
  const stop = async (signal) => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => exit(0), STOP_LIMIT_MS).unref();
    server.close();
    await globalThis[PORTAL]?.stop(`the node stops (${signal})`);
    server.closeAllConnections();
    exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
