/**
 * A node with real threads and sockets on loopback, two peers beside it, and a flow between them.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import { toBase64 } from '../../base/bytes.ts';
import type { PacketPath } from '../../base/underlay-wish.ts';
import { documentOfFile, readConfigFile } from '../../router/config-file.ts';
import type { ApplyReport, NodeConfig, Snapshot, TunnelView } from '../../router/types.ts';
import { readTextIfAny } from '../files.ts';
import { readOrMakeNodeKey } from '../node-key.ts';
import { type RouterSupervisor, startRouterSupervisor } from '../supervisor.ts';
import { freePort } from './free-port.ts';
import { ipv4Packet, ipv6Packet, TunnelPeer, UDP } from './tunnel-peer.ts';

/** The router's own address. */
export const AT_NODE = '10.9.0.1';
export const PATIENCE_MS = 15_000;
/** 200 packets a second. */
const FLOW_INTERVAL_MS = 5;
/**
 * What a flow may lose, as a share: none on a quiet machine, some tens on one that lets a thread wait for half a second;
 * without a packet worker it is all of the seconds until the next life routes.
 */
export const LOST_MAX = 0.05;
/** After so long a packet of a flow that has ended is lost. */
const LATE_MS = 2000;

export type Remote = TunnelPeer & {
  readonly name: string;
  readonly at: string;
  readonly at6: string;
};

/** A node with its supervisor, and two peers beside it. */
export class TestNode {
  readonly alice = remote('alice', 1);
  readonly bob = remote('bob', 2);
  readonly supervisor: RouterSupervisor;
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
      log: () => undefined,
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
    assert(
      report.lines.every(({ outcome }) => outcome !== 'failed'),
      'the document is applied',
    );
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
  apply(changed: readonly Record<string, unknown>[] = []): Promise<ApplyReport> {
    const peerings = (['alice', 'bob'] as const).map(
      (name) => changed.find((peering) => peering.name === name) ?? this.peering(name),
    );
    return this.supervisor.client.call('apply', { config: this.documentOf(peerings) });
  }

  snapshot(): Promise<Snapshot> {
    return this.supervisor.client.call('snapshot', {});
  }

  async tunnel(name: string): Promise<TunnelView> {
    const { peerings } = await this.snapshot();
    const found = peerings.find((peering) => peering.name === name);
    assert(found?.tunnel != null, 'a tunnel of this name');
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

  /** Waits until it is written down where both peers are, which the next life begins with. */
  async isRemembered(): Promise<void> {
    const file = join(this.folder, 'runtime.json');
    const endpoints = [this.alice, this.bob].map(({ port }) => `127.0.0.1:${port}"`);
    await until(() => {
      const text = readTextIfAny(file) ?? '';
      return endpoints.every((endpoint) => text.includes(endpoint));
    }, 50);
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
export class Flow {
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
    const { sent, seen } = this;
    await untilLate(() => seen.size === sent);
    this.node.bob.onPacket = undefined;
    const { longestGapMs } = this;
    return { sent, lost: sent - seen.size, longestGapMs: Math.round(longestGapMs) };
  }
}

function remote(name: string, n: number): Remote {
  return Object.assign(new TunnelPeer(), { name, at: `10.${n}.0.5`, at6: `fd0${n}::5` });
}

const MARK_BYTES = 100;
/** Marks packets that only make the tunnels ready; some of them wait for a handshake, and come late. */
export const EXCHANGED = 0;
export const packet4 = (from: Remote, mark: number): Uint8Array =>
  ipv4Packet(from.at, from.name === 'alice' ? '10.2.0.5' : '10.1.0.5', UDP, marked(mark));
export const packet6 = (from: Remote, mark: number): Uint8Array =>
  ipv6Packet(from.at6, from.name === 'alice' ? 'fd02::5' : 'fd01::5', UDP, marked(mark));

function marked(mark: number): Uint8Array {
  const payload = new Uint8Array(MARK_BYTES);
  new DataView(payload.buffer).setUint32(MARK_BYTES - 4, mark);
  return payload;
}

export const markOf = (packet: Uint8Array): number =>
  new DataView(packet.buffer, packet.byteOffset + packet.length - 4).getUint32(0);

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

export async function until(condition: () => boolean, everyMs = 5): Promise<void> {
  for (const start = performance.now(); !condition(); await pause(everyMs))
    assert(performance.now() - start < PATIENCE_MS, 'what is waited for happens');
}

/** Waits for what is under way; what is lost is not waited for long. */
export async function untilLate(hasAllCome: () => boolean): Promise<void> {
  for (const start = performance.now(); !hasAllCome(); await pause(20))
    if (performance.now() - start > LATE_MS) return;
}
