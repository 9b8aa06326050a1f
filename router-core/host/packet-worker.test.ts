/**
 * Supervisor, router worker and packet worker with real threads and sockets, on every underlay.
 *
 * @module
 */
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildRouter } from '../../bin/build-router.mjs';
import { assert } from '../base/assert.ts';
import { toBase64 } from '../base/bytes.ts';
import type { PacketPath } from '../base/underlay-wish.ts';
import { documentOfFile, readConfigFile } from '../router/config-file.ts';
import type { NodeConfig, PeeringView, Snapshot } from '../router/types.ts';
import { readOrMakeNodeKey } from './node-key.ts';
import { type RouterSupervisor, startRouterSupervisor } from './supervisor.ts';
import {
  echoRequest,
  ICMP,
  ipv4Packet,
  ipv6Packet,
  octetsOf,
  TunnelPeer,
  UDP,
} from './testing/tunnel-peer.ts';
import { freePort, stranger } from './underlay/testing/lab.ts';

const KINDS: readonly PacketPath[] = ['batched', 'burst', 'plain', 'inline'];
const ROOT = join(import.meta.dirname, '../..');
const PATIENCE_MS = 15_000;
/** 200 packets a second. */
const FLOW_INTERVAL_MS = 5;
const AT_NODE = '10.9.0.1';

// A copy inside the project, where koffi is found: other tests build meanwhile.
let bundles = '';
beforeAll(async () => {
  await buildRouter();
  bundles = mkdtempSync(join(ROOT, 'dist/packet-worker-test-'));
  cpSync(join(ROOT, 'dist/router-core'), bundles, { recursive: true });
}, 60_000);
afterAll(() => rmSync(bundles, { recursive: true, force: true }));

describe.each(KINDS)('%s', (kind) => {
  let node: TestNode;
  let before = 0;
  beforeAll(async () => {
    before = descriptors();
    node = await TestNode.start(kind, bundles);
  }, PATIENCE_MS);
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
    await pause(250);
    const { underlay } = (await node.snapshot()).node;
    expect(underlay.counters?.rxDatagrams).toBeGreaterThanOrEqual(102);
    expect(underlay.counters?.txDatagrams).toBeGreaterThanOrEqual(102);
    expect(underlay.latency?.batches).toBeGreaterThan(0);
    expect(underlay.latency?.p99Us).toBeGreaterThanOrEqual(underlay.latency?.p50Us ?? Infinity);
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
      // What a packet worker noticed passes the router worker once.
      await pause(50);
      alice.send(packet4(alice, 2));
      await until(() => bob.received.length === 1);
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
    // What is remembered over a restart is written once a second.
    await pause(1200);
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
    if (kind !== 'inline') expect(lost / sent).toBeLessThan(0.01);
    await node.exchange();
  }, 60_000);

  test.runIf(kind === 'burst')(
    'a restart in order loses nothing either',
    async () => {
      await pause(1200);
      const flow = new Flow(node);
      const { restarts } = node.supervisor;
      await node.supervisor.restart();
      await until(() => node.supervisor.restarts > restarts && node.supervisor.state === 'running');
      await node.carries();
      const { sent, lost, longestGapMs } = await flow.end();
      console.info(`${kind}: restart: ${lost} of ${sent} lost, longest gap ${longestGapMs} ms`);
      expect(lost / sent).toBeLessThan(0.01);
      await node.exchange();
    },
    60_000,
  );

  test('it ends within 3 s and leaves no descriptor', async () => {
    const started = performance.now();
    await node.close();
    expect(performance.now() - started).toBeLessThan(3000);
    await until(() => descriptors() <= before);
  });
});

describe.each(['batched', 'plain'] as const)('when the packet worker fails: %s', (kind) => {
  test('both workers come back, and so do the tunnels', async () => {
    const folder = mkdtempSync(join(ROOT, 'dist/packet-worker-test-'));
    const trigger = join(folder, 'fail');
    for (const file of ['worker.js', 'fast-path.wasm'])
      symlinkSync(join(bundles, file), join(folder, file));
    writeFileSync(join(folder, 'packet-worker.js'), failingWorker(trigger, bundles));
    const before = descriptors();
    const node = await TestNode.start(kind, folder);
    try {
      await node.exchange();
      // Endpoints are remembered over a restart; they are written once a second.
      await pause(1200);
      const { restarts } = node.supervisor;
      writeFileSync(trigger, '');
      await until(() => node.supervisor.restarts > restarts && node.supervisor.state === 'running');
      await node.exchange();
      expect((await node.snapshot()).node.underlay.kind).toBe(kind);
      // To end while the next one starts leaves nothing behind either.
      writeFileSync(trigger, '');
      await until(() => node.supervisor.restarts > restarts + 1);
    } finally {
      await node.close();
    }
    await until(() => descriptors() <= before);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);
});

type Remote = TunnelPeer & { readonly name: string; readonly at: string; readonly at6: string };

/** A node with its supervisor, and two peers beside it. */
class TestNode {
  readonly alice = remote('alice', 1);
  readonly bob = remote('bob', 2);
  readonly supervisor: RouterSupervisor;
  readonly log: string[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'r42-packet-worker-'));
  private readonly port: number;
  private readonly publicKey: Uint8Array;
  private revision = 0;

  private constructor(kind: PacketPath, bundles: string, port: number) {
    this.port = port;
    this.publicKey = readOrMakeNodeKey(join(this.folder, 'wg.key')).publicKey;
    this.supervisor = startRouterSupervisor({
      dataFolder: this.folder,
      version: 'test',
      workerFile: join(bundles, 'worker.js'),
      underlay: kind,
      log: (level, message, fields) =>
        this.log.push(`${level} ${message} ${JSON.stringify(fields)}`),
    });
  }

  static async start(kind: PacketPath, bundles: string): Promise<TestNode> {
    const node = new TestNode(kind, bundles, await freePort());
    const { port, publicKey } = node;
    for (const peer of [node.alice, node.bob]) {
      await peer.moves();
      peer.knows({ publicKey, port });
    }
    const report = await node.apply();
    expect(report.lines.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    return node;
  }

  peering(name: 'alice' | 'bob'): Record<string, unknown> {
    return {
      name,
      asn: name === 'alice' ? 4242420001 : 4242420002,
      publicKey: toBase64(this[name].publicKey),
      sessions: 'none',
    };
  }

  /** Applies the document, with these in place of the peerings of their names. */
  apply(changed: readonly Record<string, unknown>[] = []) {
    const peerings = (['alice', 'bob'] as const).map(
      (name) => changed.find((peering) => peering.name === name) ?? this.peering(name),
    );
    return this.supervisor.client.call('apply', { config: this.documentOf(peerings) });
  }

  snapshot(): Promise<Snapshot> {
    return this.supervisor.client.call('snapshot', {});
  }

  async tunnel(name: string): Promise<PeeringView['tunnel']> {
    const { peerings } = await this.snapshot();
    const found = peerings.find((peering) => peering.name === name);
    assert(found !== undefined, 'a peering of this name');
    return found.tunnel;
  }

  /** Sends until a packet has crossed in each direction. */
  async exchange(): Promise<void> {
    const { alice, bob } = this;
    alice.received.length = 0;
    bob.received.length = 0;
    await until(() => {
      alice.send(packet4(alice, EXCHANGED));
      bob.send(packet4(bob, EXCHANGED));
      return alice.received.length > 0 && bob.received.length > 0;
    }, 20);
    await pause(50);
  }

  /** Waits until the present router worker's tables send what flows to bob. */
  async carries(): Promise<void> {
    const before = (await this.tunnel('bob')).txBytes;
    for (const start = performance.now(); ; await pause(50)) {
      if ((await this.tunnel('bob')).txBytes > before + 20 * MARK_BYTES) return;
      assert(performance.now() - start < PATIENCE_MS, 'the next life takes over');
    }
  }

  async close(): Promise<void> {
    this.alice.close();
    this.bob.close();
    await this.supervisor.stop('the test ends');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private documentOf(peerings: readonly Record<string, unknown>[]): NodeConfig {
    const { file, findings } = readConfigFile(
      {
        node: {
          name: 'test',
          asn: 4242426000,
          addresses: [AT_NODE, 'fd09::1'],
          listen: { port: this.port, host: '::' },
          privateKeyFile: join(this.folder, 'wg.key'),
        },
        uapi: { enabled: false },
        peerings,
        routes: [this.alice, this.bob].flatMap(({ name, at, at6 }) => [
          { prefix: `${at}/32`, via: name },
          { prefix: `${at6}/128`, via: name },
        ]),
      },
      (path) => path,
    );
    assert(file !== undefined, JSON.stringify(findings));
    const document = documentOfFile(file, toBase64(this.publicKey));
    assert(document.config !== undefined, JSON.stringify(document.findings));
    return { ...document.config, revision: ++this.revision };
  }
}

/** Packets from alice to bob, 200 a second, and what became of them. */
class Flow {
  private readonly node: TestNode;
  private readonly seen = new Set<number>();
  private readonly timer: NodeJS.Timeout;
  private readonly startedAt = performance.now();
  private sent = 0;
  private lastAt = performance.now();
  private longestGapMs = 0;

  constructor(node: TestNode) {
    this.node = node;
    const { alice, bob } = node;
    bob.onPacket = (packet) => {
      const now = performance.now();
      this.longestGapMs = Math.max(this.longestGapMs, now - this.lastAt);
      this.lastAt = now;
      this.seen.add(markOf(packet));
    };
    // By the clock, not by the timer: a busy machine makes the timer late.
    this.timer = setInterval(() => {
      const due = Math.floor((performance.now() - this.startedAt) / FLOW_INTERVAL_MS);
      for (let burst = 0; this.sent < due && burst < 20; burst++)
        alice.send(packet4(alice, ++this.sent));
    }, FLOW_INTERVAL_MS);
  }

  async end(): Promise<{ sent: number; lost: number; longestGapMs: number }> {
    clearInterval(this.timer);
    await pause(200);
    this.node.bob.onPacket = undefined;
    const { sent, seen, longestGapMs } = this;
    return { sent, lost: sent - seen.size, longestGapMs: Math.round(longestGapMs) };
  }
}

function remote(name: string, n: number): Remote {
  return Object.assign(new TunnelPeer(), { name, at: `10.${n}.0.5`, at6: `fd0${n}::5` });
}

const MARK_BYTES = 100;
/** Marks packets that only make the tunnels ready; some of them wait for a handshake, and come late. */
const EXCHANGED = 0;
const packet4 = (from: Remote, mark: number): Uint8Array =>
  ipv4Packet(from.at, from.name === 'alice' ? '10.2.0.5' : '10.1.0.5', UDP, marked(mark));
const packet6 = (from: Remote, mark: number): Uint8Array =>
  ipv6Packet(from.at6, from.name === 'alice' ? 'fd02::5' : 'fd01::5', UDP, marked(mark));

function marked(mark: number): Uint8Array {
  const payload = new Uint8Array(MARK_BYTES);
  new DataView(payload.buffer).setUint32(MARK_BYTES - 4, mark);
  return payload;
}

const markOf = (packet: Uint8Array): number =>
  new DataView(packet.buffer, packet.byteOffset + packet.length - 4).getUint32(0);

const descriptors = (): number => readdirSync('/proc/self/fd').length;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean, everyMs = 5): Promise<void> {
  for (const start = performance.now(); !condition(); await pause(everyMs))
    assert(performance.now() - start < PATIENCE_MS, 'what is waited for happens');
}

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
