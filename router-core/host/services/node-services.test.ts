import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ServicesSettings } from '../../router/service-settings.ts';
import { freePort } from '../testing/free-port.ts';
import { SERVICE_CONNECTIONS_PER_SOURCE } from './limits.ts';
import { createNodeServices, type NodeServices } from './node-services.ts';
import { OverlaySocket } from './overlay-socket.ts';
import { createOverlayLab, FAKED, HERE, type OverlayLab } from './testing/overlay-lab.ts';

const FAR = '172.20.2.2';
let lab: OverlayLab;
let folder: string;
let services: NodeServices;
let lines: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: FAKED });
  lab = createOverlayLab();
  folder = mkdtempSync(join(tmpdir(), 'r42-services-'));
  lines = [];
  services = createNodeServices({
    dataFolder: folder,
    overlay: lab.here,
    log: (level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
  });
});
afterEach(async () => {
  await services.stop();
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

test('what the document wishes for listens, what it no longer wishes for is gone', async () => {
  const [socks, out] = [await freePort(), await freePort()];
  await use({
    socks: { enabled: true, listen: `127.0.0.1:${socks}` },
    forwards: [{ from: { host: `127.0.0.1:${out}` }, to: `${FAR}:80` }],
  });
  expect(services.views()).toMatchObject([
    { kind: 'socks', at: `127.0.0.1:${socks}`, to: null, isListening: true, note: '' },
    { kind: 'forward-out', at: `127.0.0.1:${out}`, to: `${FAR}:80`, isListening: true },
  ]);
  const kept = await opened(socks);
  await use({ socks: { enabled: true, listen: `127.0.0.1:${socks}` } });
  expect(services.views().map(({ kind }) => kind)).toEqual(['socks']);
  expect(await isRefused(out)).toBe(true);
  expect(kept.destroyed).toBe(false);
  // Another password is another service: whoever came in by the old one goes.
  const gone = new Promise((resolve) => kept.once('close', resolve));
  await use({
    socks: { enabled: true, listen: `127.0.0.1:${socks}`, username: 'alder', password: 'moss' },
  });
  await gone;
  await services.stop();
  expect(await isRefused(socks)).toBe(true);
  expect(services.views()).toEqual([]);
});

test('a place that is taken is told, and everything else runs', async () => {
  const other = createServer();
  const taken = await listening(other);
  const free = await freePort();
  await use({
    socks: { enabled: true, listen: `127.0.0.1:${taken}` },
    httpConnect: { enabled: true, listen: `127.0.0.1:${free}` },
  });
  expect(services.views().map(({ isListening, note }) => [isListening, note])).toEqual([
    [false, 'another program has this port'],
    [true, ''],
  ]);
  expect(lines[0]).toMatch(/^warn service cannot listen .*another program/);
  // Gone by the next document.
  await new Promise((resolve) => other.close(resolve));
  await use({
    socks: { enabled: true, listen: `127.0.0.1:${taken}` },
    httpConnect: { enabled: true, listen: `127.0.0.1:${free}` },
  });
  expect(services.views().every(({ isListening }) => isListening)).toBe(true);
});

test('SOCKS5: the reply of a connection that is refused, and the octets of one that is not', async () => {
  const port = await freePort();
  await use({ socks: { enabled: true, listen: `127.0.0.1:${port}` } });
  lab.there.table.listen(80, (stream) => {
    const socket = new OverlaySocket(lab.there).attach(stream);
    socket.pipe(socket);
    return socket;
  });
  const request = (toPort: number): Buffer =>
    Buffer.from([5, 1, 0, 5, 1, 0, 1, 172, 20, 2, 2, 0, toPort]);
  expect((await conversation(port, request(81))).subarray(2, 4)).toEqual(Buffer.from([5, 5]));
  const heard = await conversation(port, Buffer.concat([request(80), Buffer.from('echo')]));
  expect(heard.subarray(2, 4)).toEqual(Buffer.from([5, 0]));
  expect(heard.subarray(12).toString()).toBe('echo');
  expect(services.views()[0]?.connections).toMatchObject({
    now: 0,
    total: 2,
    refused: 1,
    lastRefusal: { reason: 'refused' },
  });
  expect(services.views()[0]?.connections).not.toHaveProperty('limitPerSource');
});

test('HTTP CONNECT: statuses, and the password before anything else', async () => {
  const port = await freePort();
  const login = { username: 'alder', password: 'moss' };
  await use({ httpConnect: { enabled: true, listen: `127.0.0.1:${port}`, ...login } });
  const ask = async (line: string, password?: string): Promise<string> => {
    const header =
      password === undefined
        ? ''
        : `Proxy-Authorization: Basic ${Buffer.from(`alder:${password}`).toString('base64')}\r\n`;
    const text = `${line} HTTP/1.1\r\nHost: x\r\n${header}\r\n`;
    return (await conversation(port, Buffer.from(text))).toString().split('\r\n')[0] ?? '';
  };
  expect(await ask(`CONNECT ${FAR}:80`)).toMatch(/ 407 /);
  expect(await ask(`CONNECT ${FAR}:80`, 'lichen')).toMatch(/ 407 /);
  expect(services.views()[0]?.connections?.lastRefusal?.reason).toBe('password');
  expect(await ask(`CONNECT ${FAR}:80`, 'moss')).toMatch(/ 502 /);
  expect(await ask('CONNECT 172.22.0.1:80', 'moss')).toMatch(/ 502 /);
  expect(services.views()[0]?.connections?.lastRefusal?.reason).toBe('no-route');
  expect(await ask('CONNECT nowhere', 'moss')).toMatch(/ 400 /);
  expect(await ask('GET http://172.20.2.2/', 'moss')).toMatch(/ 405 /);
});

test('a forward in serves whom it allows, and only so many of one source', async () => {
  const host = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  const port = await listening(host);
  const to = `127.0.0.1:${port}`;
  await use({
    forwards: [
      { from: { overlay: 8080 }, to },
      { from: { overlay: 8081 }, to, allow: ['172.22.0.0/16'] },
    ],
  });
  const visitors = Array.from({ length: SERVICE_CONNECTIONS_PER_SOURCE + 1 }, () => visit(8080));
  const stranger = visit(8081);
  await lab.pass(300);
  expect(visitors.filter(({ destroyed }) => destroyed).length).toBe(1);
  expect(stranger.destroyed).toBe(true);
  expect(services.views().map(({ connections }) => connections)).toMatchObject([
    {
      now: SERVICE_CONNECTIONS_PER_SOURCE,
      total: SERVICE_CONNECTIONS_PER_SOURCE,
      refused: 1,
      limitPerSource: SERVICE_CONNECTIONS_PER_SOURCE,
      lastRefusal: { reason: 'source-full' },
    },
    { now: 0, total: 0, refused: 1, lastRefusal: { reason: 'not-allowed' } },
  ]);
  visitors[0]?.write('hello');
  await lab.pass(300);
  expect(visitors[0]?.read()?.toString()).toBe('hello');
  await services.stop();
  await lab.pass(100);
  expect(visitors.every(({ destroyed }) => destroyed)).toBe(true);
  host.close();
});

test('without a portal its visitors are reset, and status says why', async () => {
  await use({ overlayPortal: { enabled: true } });
  expect(services.views()[0]?.note).toMatch(/no portal runs here/);
  const visitor = visit(80);
  await lab.pass(200);
  expect(visitor.destroyed).toBe(true);
  expect(services.views()[0]?.connections).toMatchObject({
    refused: 1,
    lastRefusal: { reason: 'behind' },
  });
});

const use = (settings: ServicesSettings): Promise<void> => services.use({ services: settings });

/** Somebody in DN42 who connects to a port of ours. */
function visit(port: number): OverlaySocket {
  const socket = new OverlaySocket(lab.there);
  const stream = lab.there.table.connect(HERE, port, socket, lab.there.now());
  if (stream === undefined) throw new Error('no way');
  return socket.attach(stream);
}

/** Says octets to a port of the host and their end, and returns everything that comes back. */
async function conversation(port: number, octets: Buffer): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  let isOver = false;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    // The reply of SOCKS, or all there is: then we have said everything.
    if (Buffer.concat(chunks).length >= 16) socket.end();
  });
  socket.once('end', () => socket.end());
  socket.once('close', () => {
    isOver = true;
  });
  socket.write(octets);
  for (let i = 0; i < 200 && !isOver; i++) await lab.pass(20);
  await lab.pass(100);
  return Buffer.concat(chunks);
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

const isRefused = (port: number): Promise<boolean> =>
  opened(port).then(
    (socket) => {
      socket.destroy();
      return false;
    },
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  );

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}
