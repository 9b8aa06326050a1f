/**
 * The edge of a node, whose frames for others the packet worker passes on: supervisor, router worker and packet worker
 * with real threads and sockets on loopback.
 *
 *   node 1 ─► node 2, the router ─► node 3
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assert } from '../../base/assert.ts';
import { toBase64 } from '../../base/bytes.ts';
import type { PacketPath } from '../../base/underlay-wish.ts';
import { ETHERGUARD_FRAMING } from '../../mesh/etherguard/wire/index.ts';
import { documentOfFile, readConfigFile } from '../../router/config-file.ts';
import type { MeshEdgeStatus } from '../../router/mesh/mesh-view-types.ts';
import { readOrMakeNodeKey } from '../node-key.ts';
import { type RouterSupervisor, startRouterSupervisor } from '../supervisor.ts';
import { ownBundles } from '../testing/bundles.ts';
import { freePort } from '../testing/free-port.ts';
import { contentFor, HEAD, markOf } from '../testing/mesh-contents.ts';
import { LATE_MS, LOST_MAX, PATIENCE_MS, pause, until } from '../testing/test-node.ts';
import { TunnelPeer } from '../testing/tunnel-peer.ts';

const KINDS: readonly PacketPath[] = ['batched', 'burst', 'plain'];
const OWN = 2;
const BROADCAST = 0xffff;
/** Frames of a flow: 200 in a second. */
const INTERVAL_MS = 5;

const bundles = ownBundles('node-packets-test');

describe.each(KINDS)('%s', (kind) => {
  let place: Place;
  beforeAll(async () => {
    place = await Place.open(kind);
  });
  afterAll(() => place.close());

  test('frames for others are passed on, and the counters of the link tell', async () => {
    const before = await place.relayedTo(3);
    for (let i = 0; i < 100; i++) {
      place.alice.send(contentFor(3, i), HEAD);
      if (i % 10 === 9) await pause(2);
    }
    await until(() => place.bob.received.length >= 100);
    expect((await place.relayedTo(3)) - before).toBe(100);
  });

  test('what is for the node reaches its IP stack, which answers', async () => {
    const answerOf = () => place.alice.received.find((content) => content[1] === 1);
    place.alice.received.length = 0;
    await until(() => {
      place.alice.send(arpRequest(), HEAD);
      return answerOf() !== undefined;
    }, 50);
    const answer = answerOf();
    assert(answer !== undefined, 'an answer');
    // From node 2 to node 1; an ARP reply of the address that was asked for.
    expect([...answer.subarray(0, 4)]).toEqual([0, 1, 0, OWN]);
    expect([...answer.subarray(16, 26)]).toEqual([8, 6, 0, 1, 8, 0, 6, 4, 0, 2]);
    expect([...answer.subarray(32, 36)]).toEqual([10, 42, 0, OWN]);
  });

  test('while the router worker is away frames are passed on, and after it as before', async () => {
    const restarts = place.supervisor.restarts;
    const flow = place.flow();
    await pause(300);
    place.supervisor.crash();
    await until(() => place.supervisor.restarts > restarts && place.supervisor.state === 'running');
    await place.takesOver();
    const { sent, lost } = await flow.end();
    expect(sent).toBeGreaterThan(200);
    expect(lost.length / sent, `lost of ${sent}: ${lost}`).toBeLessThan(LOST_MAX);
    await place.crosses();
  });

  test('with another port it begins anew: nothing is left of the life before', async () => {
    const port = await freePort();
    await place.moveTo(port);
    await place.crosses();
    expect(await place.relayedTo(3)).toBeGreaterThan(0);
    expect((await place.edge()).links.map(({ node }) => node)).toEqual([1, 3]);
  });

  test('a mark is set by the router worker alone, which then passes frames on itself', async () => {
    const report = await place.apply({ FwMark: 7 });
    expect(report.lines.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    await place.crosses();
    await place.apply({});
    await place.crosses();
  });
});

class Place {
  readonly alice = new TunnelPeer(ETHERGUARD_FRAMING);
  readonly bob = new TunnelPeer(ETHERGUARD_FRAMING);
  readonly supervisor: RouterSupervisor;
  private readonly folder = mkdtempSync(join(tmpdir(), 'r42-node-packets-'));
  private readonly nodePort: number;
  private readonly keyFile = join(this.folder, 'mesh.key');
  private readonly publicKey: Uint8Array;
  private port: number;
  private revision = 0;

  static async open(kind: PacketPath): Promise<Place> {
    const place = new Place(kind, await freePort(), await freePort());
    const router = { publicKey: place.publicKey, port: place.port };
    for (const peer of [place.alice, place.bob]) {
      await peer.moves();
      peer.knows(router);
    }
    const report = await place.apply({});
    expect(report.lines.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    await place.isUp();
    return place;
  }

  private constructor(kind: PacketPath, nodePort: number, port: number) {
    this.nodePort = nodePort;
    this.port = port;
    this.publicKey = readOrMakeNodeKey(this.keyFile).publicKey;
    this.supervisor = startRouterSupervisor({
      dataFolder: this.folder,
      version: 'test',
      workerFile: join(bundles(), 'worker.js'),
      underlay: kind,
      log: () => undefined,
    });
  }

  apply(places: Readonly<Record<string, unknown>>) {
    return this.supervisor.client.call('apply', { config: this.document(places) });
  }

  async moveTo(port: number): Promise<void> {
    this.port = port;
    await this.apply({});
  }

  async edge(): Promise<MeshEdgeStatus> {
    const { mesh } = await this.supervisor.client.call('snapshot', {});
    assert(mesh?.edge?.status != null, `an edge that runs: ${JSON.stringify(mesh)}`);
    return mesh.edge.status;
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
  flow(): { end(): Promise<{ sent: number; lost: number[] }> } {
    const seen = new Set<number>();
    let sent = 0;
    this.bob.onPacket = (content) => seen.add(markOf(content));
    const began = performance.now();
    const timer = setInterval(() => {
      // By the clock, not by the timer: a busy machine makes the timer late.
      const due = Math.floor((performance.now() - began) / INTERVAL_MS);
      for (let burst = 0; sent < due && burst < 20; burst++)
        this.alice.send(contentFor(3, ++sent), HEAD);
    }, INTERVAL_MS);
    return {
      end: async () => {
        clearInterval(timer);
        for (const start = performance.now(); seen.size < sent; await pause(20))
          if (performance.now() - start > LATE_MS) break;
        this.bob.onPacket = undefined;
        const marks = Array.from({ length: sent }, (_, i) => i + 1);
        return { sent, lost: marks.filter((mark) => !seen.has(mark)) };
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
        mesh: {
          privateKeyFile: this.keyFile,
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

/** Who has the address of node 2? From node 1, to all. */
function arpRequest(): Uint8Array {
  const content = new Uint8Array(64);
  content.set([BROADCAST >>> 8, BROADCAST & 255, 0, 1]);
  content.fill(0xff, 4, 10);
  content.set([2, 0x42, 0xac, 0x10, 0, 1, 8, 6], 10);
  content.set([0, 1, 8, 0, 6, 4, 0, 1, 2, 0x42, 0xac, 0x10, 0, 1, 10, 42, 0, 1], 18);
  content.set([10, 42, 0, OWN], 42);
  return content;
}
