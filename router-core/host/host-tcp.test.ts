import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { formatIpAddress, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import type { HostConnectionId, HostTcpUser } from '../router/index.ts';
import { createHostTcp, type NodeHostTcp } from './host-tcp.ts';
import { monotonicNow } from './system-clock.ts';
import { freePort } from './testing/free-port.ts';

const LOOPBACK = parseIpAddress('127.0.0.1') as IpAddress;
const opened: NodeHostTcp[] = [];
afterEach(() => {
  for (const tcp of opened.splice(0)) tcp.closeAll();
});

/** One end; flushes after everything that happens, as the driver does at the end of a turn. */
function end(isWelcome = true) {
  const events: string[] = [];
  const octets: number[] = [];
  let count = 0;
  let last: HostConnectionId | undefined;
  let lastListen: { error: string | null } | undefined;
  const tcp = createHostTcp({
    clock: monotonicNow,
    wake: () => setImmediate(() => tcp.flush()),
    onListen(state) {
      lastListen = state;
    },
  });
  const user: HostTcpUser = {
    incoming(connection, local, remote) {
      last = connection;
      events.push(`incoming ${formatIpAddress(local)} ${formatIpAddress(remote)}`);
      return isWelcome;
    },
    opened(connection, local, remote) {
      last = connection;
      events.push(`opened ${formatIpAddress(local)} ${formatIpAddress(remote)}`);
    },
    received(_connection, bytes) {
      count += bytes.length;
      if (octets.length < 16) octets.push(...bytes.subarray(0, 16));
    },
    writable: () => events.push('writable'),
    closed: (_connection, reason) => events.push(`closed ${reason}`),
  };
  tcp.attach(user);
  opened.push(tcp);
  return {
    tcp,
    events,
    octets,
    received: () => count,
    connection: () => last as HostConnectionId,
    listening: () => lastListen,
  };
}

const until = (isSo: () => boolean): Promise<void> =>
  expect.poll(isSo, { timeout: 30_000, interval: 5 }).toBe(true);

async function pair(isWelcome = true) {
  const port = await freePort();
  const [near, far] = [end(), end(isWelcome)];
  await far.tcp.listen({ host: '::', port });
  const dialled = near.tcp.connect(LOOPBACK, port);
  return { near, far, dialled, port };
}

test('octets go both ways, and the end of one side is told to the other', async () => {
  const { near, far, dialled } = await pair();
  await until(() => near.events.length === 1 && far.events.length === 1);
  expect(near.events).toEqual(['opened 127.0.0.1 127.0.0.1']);
  expect(far.events).toEqual(['incoming 127.0.0.1 127.0.0.1']);
  expect(near.tcp.write(dialled, Uint8Array.of(9, 1, 2, 3), 1, 4)).toBe(3);
  await until(() => far.octets.length === 3);
  expect(far.octets).toEqual([1, 2, 3]);
  expect(far.tcp.write(far.connection(), Uint8Array.of(7), 0, 1)).toBe(1);
  far.tcp.finish(far.connection());
  await until(() => near.events.length === 2 && far.events.length === 2);
  expect(near.octets).toEqual([7]);
  expect(near.events[1]).toBe('closed finished');
  expect(far.events[1]).toBe('closed finished');
});

test('who cannot send more is told when, and nothing is lost', async () => {
  const { near, far, dialled } = await pair();
  await until(() => near.events.length === 1);
  const block = new Uint8Array(64 * 1024).fill(5);
  let sent = 0;
  let refusals = 0;
  while (sent < 16 * 1024 * 1024) {
    const taken = near.tcp.write(dialled, block, 0, block.length);
    sent += taken;
    if (taken === block.length) continue;
    refusals++;
    const before = near.events.length;
    await until(() => near.events.length > before);
  }
  expect(refusals).toBeGreaterThan(0);
  await until(() => far.received() === sent);
});

test('whoever floods is heard a slice at a time, by turns, and whole before the end is told', async () => {
  const far = end();
  const port = await freePort();
  await far.tcp.listen({ host: '::', port });
  let turn = 0;
  const countTurns = (): NodeJS.Immediate =>
    setImmediate(() => {
      turn++;
      turns = countTurns();
    });
  let turns = countTurns();
  const heard = new Map<HostConnectionId, number>();
  const perTurn: number[] = [];
  let changes = 0;
  let lastHeard: HostConnectionId | undefined;
  let longest = 0;
  const closed: HostConnectionId[] = [];
  far.tcp.attach({
    incoming: () => true,
    opened: () => undefined,
    writable: () => undefined,
    received(connection, bytes) {
      expect(closed).not.toContain(connection);
      longest = Math.max(longest, bytes.length);
      heard.set(connection, (heard.get(connection) ?? 0) + bytes.length);
      if (lastHeard !== connection) changes++;
      lastHeard = connection;
      perTurn[turn] = (perTurn[turn] ?? 0) + 1;
      for (const until = performance.now() + 2; performance.now() < until; );
    },
    closed: (connection) => closed.push(connection),
  });
  const size = 4 * 1024 * 1024;
  for (let i = 0; i < 2; i++) connect({ host: '127.0.0.1', port }).end(new Uint8Array(size));
  await until(() => closed.length === 2);
  clearImmediate(turns);
  expect([...heard.values()]).toEqual([size, size]);
  expect(longest).toBeLessThanOrEqual(16 * 1024);
  // Three milliseconds, and the piece that was begun in them.
  expect(Math.max(...perTurn.filter((count) => count > 0))).toBeLessThanOrEqual(2);
  expect(changes).toBeGreaterThan(100);
});

test('an abort is a reset, and its number is dead at once', async () => {
  const { near, far, dialled } = await pair();
  // A dial that has not heard of its answer yet is given up, not reset.
  await until(() => near.events.length === 1 && far.events.length === 1);
  near.tcp.abort(dialled);
  expect(near.tcp.write(dialled, Uint8Array.of(1), 0, 1)).toBe(0);
  await until(() => far.events.length === 2);
  expect(far.events[1]).toBe('closed reset');
  expect(near.events).not.toContain('closed finished');
});

test('who is not welcome is reset, and is nobody’s business afterwards', async () => {
  const { near, far } = await pair(false);
  await until(() => near.events.at(-1) === 'closed reset');
  expect(far.events).toEqual(['incoming 127.0.0.1 127.0.0.1']);
});

test('a refused dial says so', async () => {
  const near = end();
  near.tcp.connect(LOOPBACK, await freePort());
  await until(() => near.events.length === 1);
  expect(near.events).toEqual(['closed refused']);
});

test('a port in use is named, and taken when it is free', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const late = end();
  await late.tcp.listen({ host: '127.0.0.1', port });
  expect(late.listening()?.error).toMatch(/EADDRINUSE/);
  holder.close();
  await until(() => late.listening()?.error === null);
  const visitor = connect(port, '127.0.0.1');
  await until(() => late.events.length === 1);
  visitor.destroy();
  // Another place, or none: the former is given up.
  await late.tcp.listen(undefined);
  expect(late.listening()).toBeUndefined();
});
