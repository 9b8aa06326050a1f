/**
 * The driver against the contract: a core that asks for everything once, on the real machine.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { formatEndpoint } from '../../base/endpoint.ts';
import {
  addMilliseconds,
  milliseconds,
  type PacketSlot,
  type SocketId,
  socketId,
} from '../../base/units.ts';
import type { MeshOutput, MeshPorts } from '../../mesh/etherguard/ports.ts';
import { createNobleCrypto } from '../../router/index.ts';
import { monotonicNow } from '../system-clock.ts';
import { systemRandom } from '../system-random.ts';
import { changeConfigFile } from './config-file.ts';
import { localAddressTowards } from './local-addresses.ts';
import { isWanted } from './log-levels.ts';
import { createMeshDriver, type MeshCore, type MeshDriverOptions } from './mesh-driver.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A core that says what it is told to say, and writes down what it hears. */
function scripted(outputs: MeshOutput[], ports: () => MeshPorts) {
  const heard: unknown[][] = [];
  const waiters: (() => void)[] = [];
  const hear = (...what: unknown[]): void => {
    heard.push(what);
    for (const waiter of waiters.splice(0)) waiter();
  };
  const core: MeshCore = {
    receiveDatagram(slot: PacketSlot) {
      const { arena } = ports();
      hear(
        'datagram',
        Buffer.from(arena.bytes.slice(arena.start[slot], arena.end[slot])).toString(),
      );
      arena.release(slot);
    },
    settle: () => false,
    nextOutput: () => outputs.shift(),
    socketOpened: (socket, port) => hear('opened', socket, port),
    socketFailed: (socket, message) => hear('failed', socket, message),
    resolved: (question, addresses) => hear('resolved', question, addresses.map(formatEndpoint)),
    answered: (question, outcome) =>
      'reason' in outcome
        ? hear('answered', question, outcome.reason)
        : hear('answered', question, outcome.status, new TextDecoder().decode(outcome.body)),
    timeTold: (question, answer) => hear('time', question, answer?.offsetSeconds),
  };
  const until = async (count: number): Promise<unknown[][]> => {
    while (heard.length < count) await new Promise<void>((go) => waiters.push(go));
    return heard;
  };
  return { core, heard, until };
}

function start(outputs: MeshOutput[], options: Partial<MeshDriverOptions> = {}) {
  const lines: string[] = [];
  const driver = createMeshDriver({
    crypto: createNobleCrypto(systemRandom),
    families: [4, 6],
    logLevel: () => 'error',
    log: (level, message) => lines.push(`${level} ${message}`),
    changeConfig: () => undefined,
    ended: () => undefined,
    ...options,
  });
  cleanups.push(() => driver.stop());
  const script = scripted(outputs, () => driver.ports);
  return { driver, lines, ...script };
}

const open = (
  id: number,
  family: 4 | 6,
  host: string,
  port = 0,
): MeshOutput & { kind: 'open-socket' } => ({
  kind: 'open-socket',
  socket: socketId(id),
  family,
  host,
  port,
  mark: 0,
});

test('sockets of a family each, of any port; datagrams come and go, and a closed one is gone', async () => {
  const outputs: MeshOutput[] = [open(0, 4, '127.0.0.1'), open(1, 6, '::1')];
  const { driver, core, heard, until } = start(outputs);
  await driver.drive(core);
  expect(heard.map(([what, socket]) => [what, socket])).toEqual(
    expect.arrayContaining([
      ['opened', 0],
      ['opened', 1],
    ]),
  );
  const port = heard.find(([, socket]) => socket === 1)?.[2] as number;
  expect(port).toBeGreaterThan(0);
  const stranger = createSocket('udp6');
  cleanups.push(() => stranger.close());
  stranger.send('hello', port, '::1');
  expect((await until(3))[2]).toEqual(['datagram', 'hello']);

  const { arena, datagrams } = driver.ports;
  const slot = arena.allocate();
  arena.end[slot] = (arena.start[slot] as number) + 5;
  arena.bytes.set(Buffer.from('world'), arena.start[slot]);
  arena.socket[slot] = 1 as SocketId;
  arena.remoteFamily[slot] = 6;
  arena.remotePort[slot] = stranger.address().port;
  arena.remoteAddress.set([...new Array<number>(15).fill(0), 1], slot * 16);
  datagrams.sendDatagram(slot);
  expect(String((await once(stranger, 'message'))[0])).toBe('world');
});

test('a port in use, and an address that is not ours, fail by name', async () => {
  const other = createSocket('udp4');
  cleanups.push(() => other.close());
  other.bind(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address();
  const first = start([open(0, 4, '127.0.0.1', port)]);
  await expect(first.driver.drive(first.core)).rejects.toMatchObject({
    code: 'SOCKET_FAILED',
    message: expect.stringContaining(`UDP port ${port} on 127.0.0.1 cannot be opened`),
  });
  expect(first.heard[0]?.slice(0, 2)).toEqual(['failed', 0]);
  const second = start([open(0, 4, '192.0.2.1'), open(1, 4, '127.0.0.1')]);
  await expect(second.driver.drive(second.core)).rejects.toMatchObject({ code: 'SOCKET_FAILED' });
});

test('every question is answered: names, HTTP and time', async () => {
  const server = createServer((asked, answer) => answer.end(`${asked.method} ${asked.url}`));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const resolve = (question: number, host: string, prefer: 0 | 4 | 6): MeshOutput => ({
    kind: 'resolve',
    question,
    host,
    port: 7,
    prefer,
  });
  const { driver, core, until, lines } = start(
    [
      resolve(1, '192.168.1.1', 0),
      resolve(2, '2001:db8::1', 4),
      resolve(3, 'no.such.name.invalid', 0),
      {
        kind: 'request',
        question: 4,
        method: 'GET',
        url: `http://127.0.0.1:${port}/a?b`,
        headers: {},
      },
      { kind: 'request', question: 5, method: 'GET', url: 'http://127.0.0.1:1/', headers: {} },
      { kind: 'ask-time', question: 6, server: '127.0.0.1:1', timeout: milliseconds(100) },
    ],
    { families: [4] },
  );
  await driver.drive(core);
  const heard = await until(6);
  expect(heard.sort((a, b) => Number(a[1]) - Number(b[1]))).toEqual([
    ['resolved', 1, ['192.168.1.1:7']],
    ['resolved', 2, []],
    ['resolved', 3, []],
    ['answered', 4, 200, 'GET /a?b'],
    ['answered', 5, 'connect ECONNREFUSED 127.0.0.1:1'],
    ['time', 6, undefined],
  ]);
  // Whether that is worth a line is the edge's to say.
  expect(new Set(lines)).toEqual(new Set(['warn a name has no address we can use']));
});

test('timers run when they are due, without anybody else calling', async () => {
  const { driver, core } = start([]);
  const due = addMilliseconds(monotonicNow(), milliseconds(30));
  const expired = new Promise<number>((go) => {
    const timers = driver.ports.timerQueue.add<'only'>({ timerExpired: (_, now) => go(now) });
    timers.set('only', due);
  });
  await driver.drive(core);
  expect(await expired).toBeGreaterThanOrEqual(due);
});

test('the core ends: everything is closed, and nobody calls it again', async () => {
  const ends: unknown[] = [];
  const end = { code: 'MESH_REMOVED', message: 'removed', exitCode: 0 };
  const outputs: MeshOutput[] = [open(0, 4, '127.0.0.1')];
  const { driver, core, heard, lines } = start(outputs, { ended: (told) => ends.push(told) });
  await driver.drive(core);
  outputs.push({ kind: 'ended', end }, open(9, 4, '127.0.0.1'));
  driver.wake();
  await expect.poll(() => ends, { timeout: 10_000, interval: 5 }).toEqual([end]);
  expect(outputs.length).toBe(1);
  const stranger = createSocket('udp4');
  cleanups.push(() => stranger.close());
  stranger.send('late', heard[0]?.[2] as number, '127.0.0.1');
  await new Promise((go) => setTimeout(go, 20));
  expect(heard.length).toBe(1);
  expect(lines).toEqual([]);
});

test('what it learned is handed to whoever writes it', async () => {
  const changes = [{ path: ['Peers'], value: [] }];
  const told: unknown[] = [];
  const { driver, core } = start([{ kind: 'change-config', changes }], {
    changeConfig: (given) => told.push(given),
  });
  await driver.drive(core);
  expect(told).toEqual([changes]);
});

test('changes keep what else the owner wrote, for the owner only, behind a link too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'r42-mesh-file-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const [path, link] = [join(folder, 'edge.yaml'), join(folder, 'link.yaml')];
  writeFileSync(
    path,
    '# mine\nInterface:\n  MacAddrPrefix: 02:42:10:10\nUnknown: 007\nPeers:\n- NodeID: 2\n',
    { mode: 0o644 },
  );
  symlinkSync(path, link);
  changeConfigFile(link, [{ path: ['Peers', 1], value: { NodeID: 3, Static: true } }]);
  expect(readFileSync(path, 'utf8')).toBe(
    '# mine\nInterface:\n  MacAddrPrefix: "02:42:10:10"\nUnknown: 007\nPeers:\n- NodeID: 2\n- NodeID: 3\n  Static: true\n',
  );
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('LogLevel decides what is told', () => {
  const line = (level: 'debug' | 'info' | 'error', topic: 'life' | 'ntp') =>
    ({ kind: 'log', level, topic, message: '', fields: {} }) as const;
  expect(isWanted('error', line('info', 'life'))).toBe(true);
  expect(isWanted('error', line('debug', 'life'))).toBe(false);
  expect(isWanted('error', line('debug', 'ntp'))).toBe(true);
  expect(isWanted('debug', line('debug', 'life'))).toBe(true);
  expect(isWanted('silent', line('info', 'life'))).toBe(false);
  expect(isWanted('silent', line('error', 'life'))).toBe(true);
});

test('the address towards a neighbor is ours; where the system does not let us send there is none', async () => {
  const loopback = { family: 4, bytes: Uint8Array.of(127, 0, 0, 1) } as const;
  expect(await localAddressTowards(loopback, 9)).toEqual(loopback);
  const everybody = { family: 4, bytes: new Uint8Array(4).fill(255) } as const;
  expect(await localAddressTowards(everybody, 9)).toBeUndefined();
});

test('FwMark marks the socket, or why not is told, and the socket is open all the same', async () => {
  const marked = { ...open(0, 4, '127.0.0.1'), mark: 0x2a };
  const { driver, core, heard, lines } = start([marked]);
  await driver.drive(core);
  expect(heard[0]?.slice(0, 2)).toEqual(['opened', 0]);
  const mayMark = process.getuid?.() === 0;
  expect(lines).toEqual(mayMark ? [] : ['warn datagrams have no mark']);
});
