/**
 * A node that is an edge of a mesh, with real threads and sockets on loopback, and a neighbor on either side of it.
 *
 *   node 1 ─► node 2, the router ─► node 3
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import { toBase64 } from '../../base/bytes.ts';
import type { PacketPath } from '../../base/underlay-wish.ts';
import { ETHERGUARD_FRAMING } from '../../mesh/etherguard/wire/index.ts';
import { documentOfFile, readConfigFile } from '../../router/config-file.ts';
import type { MeshEdgeStatus } from '../../router/mesh/mesh-view-types.ts';
import { readOrMakeNodeKey } from '../node-key.ts';
import { type RouterSupervisor, startRouterSupervisor } from '../supervisor.ts';
import { freePort } from './free-port.ts';
import { contentFor, HEAD, markOf } from './mesh-contents.ts';
import { PATIENCE_MS, pause, until, untilLate } from './test-node.ts';
import { TunnelPeer } from './tunnel-peer.ts';

/** The number of the router in the mesh. */
export const OWN = 2;
/** Frames of a flow: 200 in a second. */
const INTERVAL_MS = 5;
const FRAMES_ENOUGH = 20;

/** Of a supernode on loopback: nobody waits long for what it does now and then. */
export const QUICK_SUPERNODE = {
  DisabledAf: { IPv6: true, ListenIPv4: '127.0.0.1' },
  PeerAliveTimeout: 20,
  SendPingInterval: 1,
  GraphRecalculateSetting: { TimeoutCheckInterval: 1 },
  RePushConfigInterval: 5,
  HttpPostInterval: 1,
} as const;

export interface MeshFlow {
  /** Waits until frames cross, more than can have been under way. */
  passes(): Promise<void>;
  end(): Promise<FlowResult>;
}

export type FlowResult = {
  readonly sent: number;
  readonly lost: number;
  readonly longestGapMs: number;
};

export class MeshNode {
  readonly alice = new TunnelPeer(ETHERGUARD_FRAMING);
  readonly bob = new TunnelPeer(ETHERGUARD_FRAMING);
  readonly supervisor: RouterSupervisor;
  private readonly folder = mkdtempSync(join(tmpdir(), 'r42-node-packets-'));
  /** What the log has told of sockets that could not be opened. */
  failures: readonly Readonly<Record<string, unknown>>[] = [];
  /** What the next document says beside the edge. */
  peerings: readonly Readonly<Record<string, unknown>>[] = [];
  supernode: Readonly<Record<string, unknown>> | undefined;
  /** Of the tunnels. */
  nodePort: number;
  /** Of the edge. */
  port: number;
  private readonly keyFile = join(this.folder, 'mesh.key');
  private readonly publicKey: Uint8Array;
  private revision = 0;
  /** Of the frames that flows have sent. */
  private marks = 0;

  static async open(kind: PacketPath, bundles: string): Promise<MeshNode> {
    const mesh = new MeshNode(kind, bundles, await freePort(), await freePort());
    const router = { publicKey: mesh.publicKey, port: mesh.port };
    for (const peer of [mesh.alice, mesh.bob]) {
      await peer.moves();
      peer.knows(router);
    }
    const report = await mesh.apply({});
    assert(
      report.lines.every(({ outcome }) => outcome !== 'failed'),
      'the document is applied',
    );
    await mesh.isUp();
    return mesh;
  }

  private constructor(kind: PacketPath, bundles: string, nodePort: number, port: number) {
    this.nodePort = nodePort;
    this.port = port;
    this.publicKey = readOrMakeNodeKey(this.keyFile).publicKey;
    this.supervisor = startRouterSupervisor({
      dataFolder: this.folder,
      version: 'test',
      workerFile: join(bundles, 'worker.js'),
      underlay: kind,
      log: (_level, _message, fields) => {
        if (fields.code === 'SOCKET_FAILED') this.failures = [...this.failures, fields];
      },
    });
  }

  apply(places: Readonly<Record<string, unknown>>) {
    return this.supervisor.client.call('apply', { config: this.document(places) });
  }

  async moveTo(port: number): Promise<void> {
    this.port = port;
    await this.apply({});
  }

  /** Of the tunnels of the node. */
  get tunnelKey(): Uint8Array {
    return readOrMakeNodeKey(join(this.folder, 'wg.key')).publicKey;
  }

  async edge(): Promise<MeshEdgeStatus> {
    const { mesh } = await this.supervisor.client.call('snapshot', {});
    assert(mesh?.edge?.status != null, `an edge that runs: ${JSON.stringify(mesh)}`);
    return mesh.edge.status;
  }

  /** Datagrams that found no open socket. */
  async unsent(): Promise<number> {
    const { node } = await this.supervisor.client.call('snapshot', {});
    return node.drops['socket-error'] ?? 0;
  }

  /** Waits until the supernode has its socket. */
  async supernodeListens(port: number): Promise<void> {
    for (const start = performance.now(); ; await pause(20)) {
      const { mesh } = await this.supervisor.client.call('snapshot', {});
      if (mesh?.supernode?.status?.listenPorts.some((open) => open.port === port)) return;
      assert(performance.now() - start < PATIENCE_MS, 'the supernode listens');
    }
  }

  async relayedTo(node: number): Promise<number> {
    const link = (await this.edge()).links.find((candidate) => candidate.node === node);
    assert(link !== undefined, 'a link to this node');
    return link.relayedFrames;
  }

  /**
   * Waits until the node has shaken hands with both. They do not begin: of two handshakes that cross, each end sends
   * by another one, and a third makes one end forget what the other still sends by.
   */
  async isUp(): Promise<void> {
    for (const start = performance.now(); ; await pause(20)) {
      const { links } = await this.edge();
      if (links.length === 2 && links.every(({ lastHandshakeAt }) => lastHandshakeAt !== null))
        return;
      assert(performance.now() - start < PATIENCE_MS, 'both are there');
    }
  }

  /** Waits until the tables of the present router worker pass on what flows to node 3. */
  async takesOver(): Promise<void> {
    await this.isUp();
    for (const start = performance.now(); ; await pause(50)) {
      if ((await this.relayedTo(3)) > 20) return;
      assert(performance.now() - start < PATIENCE_MS, 'the next life takes over');
    }
  }

  /** Sends until a frame has crossed. */
  async crosses(): Promise<void> {
    const { alice, bob } = this;
    await this.isUp();
    bob.received.length = 0;
    await until(() => {
      alice.send(contentFor(3, 0), HEAD);
      return bob.received.length > 0;
    }, 20);
    await pause(50);
    bob.received.length = 0;
  }

  /** Frames from node 1 to node 3, 200 a second. */
  flow(): MeshFlow {
    const seen = new Set<number>();
    const before = this.marks;
    let sent = 0;
    const began = performance.now();
    let lastAt = began;
    let longestGapMs = 0;
    this.bob.onPacket = (content) => {
      const mark = markOf(content);
      // What a former flow sent may have waited for a handshake.
      if (mark <= before) return;
      seen.add(mark);
      const now = performance.now();
      longestGapMs = Math.max(longestGapMs, Math.round(now - lastAt));
      lastAt = now;
    };
    const timer = setInterval(() => {
      // By the clock, not by the timer: a busy machine makes the timer late.
      const due = Math.floor((performance.now() - began) / INTERVAL_MS);
      for (let burst = 0; sent < due && burst < 20; burst++)
        this.alice.send(contentFor(3, before + ++sent), HEAD);
    }, INTERVAL_MS);
    return {
      async passes() {
        const enough = seen.size + FRAMES_ENOUGH;
        await until(() => seen.size >= enough);
      },
      end: async () => {
        clearInterval(timer);
        await untilLate(() => seen.size === sent);
        this.bob.onPacket = undefined;
        this.marks += sent;
        return { sent, lost: sent - seen.size, longestGapMs };
      },
    };
  }

  async close(): Promise<void> {
    for (const peer of [this.alice, this.bob]) peer.close();
    await this.supervisor.stop('the test ends');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private document(places: Readonly<Record<string, unknown>>) {
    const peer = (node: number, { publicKey, port }: TunnelPeer) => ({
      NodeID: node,
      PubKey: toBase64(publicKey),
      EndPoint: `127.0.0.1:${port}`,
      PersistentKeepalive: 1,
      Static: true,
    });
    const { file, findings } = readConfigFile(
      {
        node: {
          name: 'test',
          asn: 4242426000,
          addresses: [],
          listen: { port: this.nodePort, host: '127.0.0.1' },
          privateKeyFile: join(this.folder, 'wg.key'),
        },
        uapi: { enabled: false },
        peerings: this.peerings,
        mesh: {
          privateKeyFile: this.keyFile,
          ...(this.supernode === undefined ? {} : { supernode: this.supernode }),
          edge: {
            Interface: { MacAddrPrefix: '02:42:AC:10', IPv4CIDR: '10.42.0.0/24' },
            NodeID: OWN,
            NodeName: 'relay',
            DefaultTTL: 200,
            ListenPort: this.port,
            DisabledAf: { IPv6: true, ListenIPv4: '127.0.0.1' },
            NextHopTable: { [OWN]: { 1: 1, 3: 3 } },
            Peers: [peer(1, this.alice), peer(3, this.bob)],
            ...places,
          },
        },
      },
      (path) => path,
    );
    assert(file !== undefined, JSON.stringify(findings));
    const { publicKey } = readOrMakeNodeKey(file.node.privateKeyFile);
    const document = documentOfFile(file, toBase64(publicKey));
    assert(document.config !== undefined, JSON.stringify(document.findings));
    return { ...document.config, revision: ++this.revision };
  }
}
