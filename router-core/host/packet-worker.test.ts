/**
 * Supervisor, router worker and packet worker with real threads and sockets, on every underlay.
 *
 * @module
 */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { getPriority, platform } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assert } from '../base/assert.ts';
import type { PacketPath } from '../base/underlay-wish.ts';
import { ownBundles } from './testing/bundles.ts';
import {
  AT_NODE,
  EXCHANGED,
  Flow,
  LOST_MAX,
  markOf,
  PATIENCE_MS,
  packet4,
  packet6,
  pause,
  type Remote,
  TestNode,
  until,
} from './testing/test-node.ts';
import { echoRequest, ICMP, ipv4Packet, octetsOf, UDP } from './testing/tunnel-peer.ts';
import { stranger } from './underlay/testing/lab.ts';

const KINDS: readonly PacketPath[] = ['batched', 'burst', 'plain', 'inline'];
const ROOT = join(import.meta.dirname, '../..');
const POLL = { timeout: PATIENCE_MS, interval: 50 };

const bundles = ownBundles('packet-worker-test');

describe.each(KINDS)('%s', (kind) => {
  let node: TestNode;
  let before = 0;
  beforeAll(async () => {
    before = descriptors();
    node = await TestNode.start(kind, bundles());
  });
  afterAll(() => node.close());

  test('packets of both families cross both ways', async () => {
    const { alice, bob } = node;
    await node.exchange();
    for (let i = 1; i <= 50; i++) {
      alice.send(i % 2 === 0 ? packet4(alice, i) : packet6(alice, i));
      bob.send(i % 2 === 0 ? packet4(bob, i) : packet6(bob, i));
      if (i % 10 === 0) await pause(5);
    }
    const marked = ({ received }: Remote): Uint8Array[] =>
      received.filter((packet) => markOf(packet) !== EXCHANGED);
    await until(() => marked(alice).length >= 50 && marked(bob).length >= 50);
    const inOrder = Array.from({ length: 50 }, (_, i) => i + 1);
    expect(marked(alice).map(markOf)).toEqual(inOrder);
    expect(marked(bob).map(markOf)).toEqual(inOrder);
    // One hop less, in either family.
    const hops = marked(bob).map((packet) => packet[packet[0] === 0x45 ? 8 : 7]);
    expect(hops).toEqual(Array(50).fill(63));
  });

  test('the state tells which path runs and why, and counts', async () => {
    const { node: view } = await node.snapshot();
    expect(view.underlay.kind).toBe(kind);
    expect(view.underlay.reason).toMatch(/^The (underlay runs on|router worker carries) .+\.$/);
    expect(await node.tunnel('bob').then(({ txBytes }) => txBytes)).toBeGreaterThan(50 * 100);
    expect(await node.tunnel('alice').then(({ rxBytes }) => rxBytes)).toBeGreaterThan(50 * 100);
    if (kind === 'inline') return;
    // Counters of the underlay are written now and then.
    const counters = async () => (await node.snapshot()).node.underlay.counters;
    await expect
      .poll(async () => (await counters())?.rxDatagrams, POLL)
      .toBeGreaterThanOrEqual(102);
    await expect
      .poll(async () => (await counters())?.txDatagrams, POLL)
      .toBeGreaterThanOrEqual(102);
    const { underlay } = (await node.snapshot()).node;
    expect(underlay.latency?.batches).toBeGreaterThan(0);
    expect(underlay.latency?.p99Us).toBeGreaterThanOrEqual(underlay.latency?.p50Us ?? Infinity);
  });

  if (kind !== 'inline' && platform() === 'linux')
    test('where processors are short the packet worker goes first', () => {
      const threads = readdirSync('/proc/self/task').map((thread) => ({
        name: readFileSync(`/proc/self/task/${thread}/comm`, 'latin1').trim(),
        niceness: getPriority(Number(thread)),
      }));
      const nicenessOf = (name: string): number =>
        threads.find((thread) => thread.name === name)?.niceness ?? Number.NaN;
      const routers = nicenessOf('r42-router');
      expect(nicenessOf('r42-packets')).toBe(getPriority(process.pid));
      expect(routers).toBeGreaterThan(getPriority(process.pid));
      const helpers = threads.filter(({ name }) => !name.startsWith('r42-'));
      expect(helpers.filter(({ niceness }) => niceness >= routers).length).toBeGreaterThan(0);
    });

  test("the router's own address answers to ping", async () => {
    const { alice } = node;
    alice.received.length = 0;
    for (let i = 1; i <= 5; i++) alice.send(ipv4Packet(alice.at, AT_NODE, ICMP, echoRequest(7, i)));
    await until(() => alice.received.length === 5);
    for (const [i, reply] of alice.received.entries()) {
      expect(reply.slice(12, 20)).toEqual(
        Uint8Array.of(...octetsOf(AT_NODE), ...octetsOf(alice.at)),
      );
      expect([reply[9], reply[20], reply[27]]).toEqual([ICMP, 0, i + 1]);
    }
  });

  test('who sends a packet with the last hop is told so by the router (RFC 792)', async () => {
    const { alice, bob } = node;
    alice.received.length = 0;
    bob.received.length = 0;
    alice.send(ipv4Packet(alice.at, bob.at, UDP, new Uint8Array(30), 1));
    await until(() => alice.received.length === 1);
    const [error] = alice.received;
    assert(error !== undefined, 'an error came');
    expect(error.slice(12, 16)).toEqual(octetsOf(AT_NODE));
    expect([error[9], error[20], error[21]]).toEqual([ICMP, 11, 0]);
    expect(bob.received).toEqual([]);
  });

  test('a peer that moves to another port is answered there (WireGuard paper §2.1)', async () => {
    const { alice, bob } = node;
    for (let move = 0; move < 3; move++) {
      await bob.moves();
      bob.received.length = 0;
      alice.received.length = 0;
      bob.send(packet4(bob, 1));
      await until(() => alice.received.length === 1);
      // What a packet worker noticed passes the router worker once; until then it sends to the port that is closed.
      await until(() => {
        alice.send(packet4(alice, 2));
        return bob.received.length > 0;
      }, 20);
    }
  });

  test('a port somebody else has is told with its code, and the tunnels stay', async () => {
    const taken = await stranger(4);
    try {
      const report = await node.apply([{ ...node.peering('alice'), listenPort: taken.port }]);
      expect(report.lines).toContainEqual(
        expect.objectContaining({
          entity: 'socket',
          id: String(taken.port),
          outcome: 'failed',
          code: 'SOCKET_FAILED',
        }),
      );
      expect((await node.snapshot()).node.failedPorts).toMatchObject([{ port: taken.port }]);
    } finally {
      await node.apply();
      await taken.close();
    }
    await node.exchange();
  });

  test('a crash of the router worker: packets of known routes pass, then the next one takes over', async () => {
    await node.isRemembered();
    const flow = new Flow(node);
    await pause(1000);
    const restarts = node.supervisor.restarts;
    const handshakes = [node.alice.handshakes, node.bob.handshakes];
    node.supervisor.crash();
    await until(() => node.supervisor.restarts > restarts && node.supervisor.state === 'running');
    const back = performance.now();
    await until(() => node.alice.handshakes > (handshakes[0] ?? 0));
    await until(() => node.bob.handshakes > (handshakes[1] ?? 0));
    const keysAfterMs = Math.round(performance.now() - back);
    await node.carries();
    // Keys of the former life are overwritten 3 s after the next one took over.
    if (kind === 'batched') await pause(4500);
    const { sent, lost, longestGapMs } = await flow.end();
    console.info(
      `${kind}: crash at 200 packets/s: ${lost} of ${sent} lost, longest gap ${longestGapMs} ms, ` +
        `new keys ${keysAfterMs} ms after the return`,
    );
    if (kind !== 'inline') expect(lost / sent).toBeLessThan(LOST_MAX);
    await node.exchange();
  });

  if (kind === 'burst')
    test('a restart in order loses nothing either', async () => {
      await node.isRemembered();
      const flow = new Flow(node);
      const { restarts } = node.supervisor;
      await node.supervisor.restart();
      await until(() => node.supervisor.restarts > restarts && node.supervisor.state === 'running');
      await node.carries();
      const { sent, lost, longestGapMs } = await flow.end();
      console.info(`${kind}: restart: ${lost} of ${sent} lost, longest gap ${longestGapMs} ms`);
      expect(lost / sent).toBeLessThan(LOST_MAX);
      await node.exchange();
    });

  test('it ends in time and leaves no descriptor', async () => {
    const started = performance.now();
    await node.close();
    // The limits of both workers are 3 s together, and a busy machine takes its time to end their threads.
    expect(performance.now() - started).toBeLessThan(10_000);
    await until(() => descriptors() <= before);
  });
});

describe.each(['batched', 'plain'] as const)('when the packet worker fails: %s', (kind) => {
  test('both workers come back, and so do the tunnels', async () => {
    const folder = mkdtempSync(join(ROOT, 'dist/packet-worker-test-'));
    const trigger = join(folder, 'fail');
    for (const file of ['worker.js', 'fast-path.wasm'])
      symlinkSync(join(bundles(), file), join(folder, file));
    writeFileSync(join(folder, 'packet-worker.js'), failingWorker(trigger, bundles()));
    const before = descriptors();
    const node = await TestNode.start(kind, folder);
    try {
      await node.exchange();
      await node.isRemembered();
      const { restarts } = node.supervisor;
      writeFileSync(trigger, '');
      await failure(node, restarts);
      await until(() => node.supervisor.state === 'running');
      await node.exchange();
      expect((await node.snapshot()).node.underlay.kind).toBe(kind);
      // To end while the next one starts leaves nothing behind either.
      writeFileSync(trigger, '');
      await failure(node, restarts + 1);
    } finally {
      await node.close();
    }
    await until(() => descriptors() <= before);
    rmSync(folder, { recursive: true, force: true });
  });
});

/** Some underlays look at the clock only when a datagram comes. */
const failure = (node: TestNode, restarts: number): Promise<void> =>
  until(() => {
    node.alice.send(packet4(node.alice, EXCHANGED));
    return node.supervisor.restarts > restarts;
  }, 20);
const descriptors = (): number => readdirSync('/proc/self/fd').length;
/** The packet worker, which fails when the file appears, once per file. */
const failingWorker = (trigger: string, folder: string): string => `
import { existsSync, rmSync } from 'node:fs';
const now = performance.now.bind(performance);
performance.now = () => {
  if (existsSync('${trigger}')) {
    rmSync('${trigger}');
    throw new Error('the test makes it fail');
  }
  return now();
};
await import('${join(folder, 'packet-worker.js')}');
`;
