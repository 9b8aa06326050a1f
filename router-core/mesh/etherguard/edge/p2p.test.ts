/**
 * P2P mode: nodes that learn of each other, measure, and change ways.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { toBase64, toHex } from '../../../base/bytes.ts';
import { seededRandom } from '../../../base/random.ts';
import type { NodeNumber } from '../../node-number.ts';
import {
  type BroadcastPeer,
  broadcastPeerMessage,
  pongMessage,
  queryPeerMessage,
  USAGE,
} from '../wire/index.ts';
import { type LabNode, MeshLab } from './testing/mesh-lab.ts';
import { AT_ONCE, build, mesh } from './testing/p2p-mesh.ts';

const PING_INTERVAL = 4;
const FRAME = Uint8Array.from({ length: 64 }, (_, i) => (i < 6 ? 0xff : i < 12 ? 2 : i));

describe('three nodes of which two know the third only', () => {
  test('learn each other, and measure every direction', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    for (const node of nodes) {
      const { latencies, links, mode } = node.edge.view(lab.now);
      expect(mode).toBe('p2p');
      expect(links.filter(({ isAlive }) => isAlive)).toHaveLength(2);
      expect(latencies).toHaveLength(6);
      for (const { seconds, costSeconds } of latencies) {
        expect(seconds).toBeCloseTo(0.01, 6);
        expect(costSeconds).toBeCloseTo(0.01, 9);
      }
    }
    expect(nodes[0]?.link(3)).toMatchObject({ origin: 'introduced', role: 'edge' });
  });

  test('send what real nodes send: pings never go on, the rest has the full TTL', () => {
    const { lab } = mesh();
    lab.runUntil(60);
    const firsts = lab.packets().filter(({ content }) => isSpread(content));
    for (const { usage, ttl } of firsts) {
      if (usage === USAGE.ping) expect(ttl).toBe(0);
      else expect(ttl).toBeGreaterThan(190);
    }
    expect(new Set(firsts.map(({ usage }) => usage))).toEqual(new Set([7, 8, 9, 10]));
  });

  test('ask each link peer few times', () => {
    const { lab } = mesh();
    lab.runUntil(120);
    const queries = lab
      .packets()
      .filter(({ usage, ttl }) => usage === USAGE.queryPeer && ttl === 200);
    // Six directions, at most twice each; real nodes sent 68 in 30 s.
    expect(queries.length).toBeLessThanOrEqual(12);
    for (const { content } of queries)
      expect(queryPeerMessage.decode(content, 4).requestId).toBeLessThanOrEqual(3);
  });

  test('a peer that was heard is saved, and only its entry is', () => {
    const { lab, nodes } = mesh({ SaveNewPeers: 'true' });
    lab.runUntil(30);
    expect(nodes[0]?.changes).toEqual([
      {
        kind: 'change-config',
        changes: [
          {
            path: ['Peers', 1],
            value: {
              NodeID: 3,
              PubKey: nodes[2]?.publicKey,
              PSKey: '',
              EndPoint: '127.0.0.1:3203',
              PersistentKeepalive: 0,
              Static: false,
            },
          },
        ],
      },
    ]);
    expect(nodes[1]?.changes).toEqual([]);
  });

  test('a broadcast comes to everybody once', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    for (const [i, node] of nodes.entries()) {
      for (const other of nodes) other.frames.length = 0;
      node.sends(FRAME);
      lab.runFor(1);
      expect(nodes.map(({ frames }) => frames.length)).toEqual(
        nodes.map((_, j) => (i === j ? 0 : 1)),
      );
    }
    for (const node of nodes) node.expectNoLeak();
  });
});

describe('ways', () => {
  test('change within two ping intervals when one direction gets slower, and only there', () => {
    const { lab, nodes } = mesh(AT_ONCE);
    lab.runUntil(30);
    expect([nodes[0]?.hop(1, 3), nodes[2]?.hop(3, 1)]).toEqual([3, 1]);
    lab.delay = (from, to) => (from.endsWith('3201') && to.endsWith('3203') ? 200 : 10);
    lab.runFor(2 * PING_INTERVAL);
    for (const node of nodes) expect([node.hop(1, 3), node.hop(3, 1)]).toEqual([2, 1]);
    nodes[0]?.sends(FRAME);
    lab.runFor(1);
    // By the relay in one direction: two hops of 10 ms.
    nodes[2]?.sends(unicast(FRAME));
    const before = lab.now;
    lab.runFor(0.015);
    expect(lab.now - before).toBeCloseTo(15);
    expect(nodes[0]?.frames.length).toBe(1);
  });

  test('clocks that are wrong by seconds change nothing', () => {
    const { lab, nodes } = mesh(AT_ONCE, [0, 3500, -2700]);
    lab.delay = (from, to) => (from.endsWith('3201') && to.endsWith('3203') ? 200 : 10);
    lab.runUntil(60);
    for (const node of nodes) {
      expect([node.hop(1, 3), node.hop(3, 1), node.hop(2, 1)]).toEqual([2, 1, 1]);
    }
  });

  test('time servers correct the clocks, and are asked before anything is measured', () => {
    const lab = new MeshLab(9);
    lab.timeOf = (server) =>
      server === 'dead' ? undefined : { offsetSeconds: -3.5, roundTrip: 10 as never };
    const nodes = build(lab, { ...AT_ONCE }, [0, 3500, 0], {
      2: { UseNTP: 'true', NTPTimeout: '1', Servers: ['dead', 'a', 'b'], SyncTimeInterval: '60' },
    });
    lab.runUntil(30);
    const { clock, latencies } = (nodes[1] as LabNode).edge.view(lab.now);
    expect(clock).toEqual({ offset: -3500, serversAnswering: 2 });
    for (const { seconds } of latencies) expect(seconds).toBeCloseTo(0.01, 6);
  });

  test('loss of the direct way heals by the relay', () => {
    const { lab, nodes } = mesh(AT_ONCE);
    lab.runUntil(30);
    lab.passes = ({ from, to }) => !isBetween(from, to, '3201', '3203');
    // PeerAliveTimeout, and until the graph is looked at.
    lab.runFor(20 + 5 + 1);
    for (const node of nodes) expect([node.hop(1, 3), node.hop(3, 1)]).toEqual([2, 2]);
    nodes[2]?.frames.splice(0);
    nodes[0]?.sends(FRAME);
    lab.runFor(1);
    expect(nodes[2]?.frames).toHaveLength(1);
    lab.passes = () => true;
    lab.runFor(30);
    expect(nodes[0]?.hop(1, 3)).toBe(3);
  });

  test('the median takes an outlier out', () => {
    const { lab, nodes } = mesh({ ...AT_ONCE, DampingFilterRadius: '2' });
    lab.runUntil(60);
    lab.delay = () => 500;
    lab.runFor(PING_INTERVAL);
    lab.delay = () => 10;
    lab.runFor(10 * PING_INTERVAL);
    for (const node of nodes)
      for (const { latencySeconds } of node.edge.view(lab.now).links)
        expect(latencySeconds).toBeCloseTo(0.01, 6);
  });
});

describe('quality', () => {
  test('loss and jitter are measured beside latency', () => {
    const { lab, nodes } = mesh(AT_ONCE);
    lab.runUntil(30);
    lab.passes = ({ from, to, usage }) =>
      usage !== USAGE.ping || !isBetween(from, to, '3201', '3202') || lab.random.below(4) !== 0;
    lab.delay = () => 10 + lab.random.below(20);
    lab.runFor(250);
    const link = nodes[1]?.link(1);
    expect(link?.loss).toBeGreaterThan(0.1);
    expect(link?.loss).toBeLessThan(0.4);
    expect(link?.jitterMs).toBeGreaterThan(2);
    expect(link?.jitterMs).toBeLessThan(20);
  });

  test('does not count unless it is switched on', () => {
    const costs = ['false', 'true'].map((QualityMetric) => {
      const { lab } = mesh({ ...AT_ONCE, 'P2P.QualityMetric': QualityMetric });
      lab.delay = () => 10 + lab.random.below(20);
      lab.runUntil(120);
      const pongs = lab.packets(100).filter(({ usage }) => usage === USAGE.pong);
      return pongs.map(({ content }) => pongMessage.decode(content, 4).additionalCost);
    });
    expect(new Set(costs[0])).toEqual(new Set([10]));
    expect(Math.min(...(costs[1] ?? []))).toBeGreaterThan(12);
  });

  test.each([
    ['false', 3],
    ['true', 2],
  ])('with QualityMetric %s a lossy direct way leads over %i', (QualityMetric, hop) => {
    const { lab, nodes } = mesh({ ...AT_ONCE, 'P2P.QualityMetric': QualityMetric });
    lab.runUntil(30);
    // Real latencies are never equal, and with each the ways are looked at.
    lab.delay = () => 10 + lab.random.below(1000) / 1000;
    lab.passes = ({ from, to, usage }) =>
      usage !== USAGE.ping || !isBetween(from, to, '3201', '3203') || lab.random.below(3) !== 0;
    lab.runFor(200);
    expect(nodes[0]?.hop(1, 3)).toBe(hop);
  });
});

describe('what strangers and members say', () => {
  test('pings never wait for a handshake: the first latency is that of the network', () => {
    const { lab, nodes } = mesh(AT_ONCE);
    lab.passes = () => lab.now > 18_000;
    lab.runUntil(40);
    for (const node of nodes)
      for (const { latencySeconds } of node.edge.view(lab.now).links)
        expect(latencySeconds).toBeCloseTo(0.01, 6);
  });

  test('introductions are bounded, and those nobody hears go again', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const [, relay] = nodes as [LabNode, LabNode, LabNode];
    const random = seededRandom(8);
    for (let i = 0; i < 400; i++)
      bringIntroduction(relay, 1, {
        requestId: 65535,
        node: 1000 + i,
        publicKey: random.bytes(32),
        endpoint: `192.0.2.${i % 250}:4000`,
      });
    const count = () =>
      relay.edge.view(lab.now).links.filter(({ origin }) => origin === 'introduced').length;
    expect(count()).toBe(256);
    lab.runFor(0);
    expect(relay.logs.map(({ fields }) => fields.code)).toContain('TOO_MANY');
    // PeerAliveTimeout, DupCheckTimeout and SendPeerInterval, and until the next round.
    lab.runFor(20 + 40 + 8 + 8);
    expect(count()).toBe(0);
  });

  test('one who floods introductions does not keep out whom another introduces', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const relay = nodes[1] as LabNode;
    const random = seededRandom(8);
    const introduce = (by: number, node: number) =>
      bringIntroduction(relay, by, {
        requestId: 65_535,
        node,
        publicKey: random.bytes(32),
        endpoint: `192.0.2.${node % 250}:4000`,
      });
    for (let i = 0; i < 400; i++) introduce(1, 1000 + i);
    const introducedFrom = (from: number, to: number) =>
      relay.edge
        .view(lab.now)
        .links.filter(({ origin, node }) => origin === 'introduced' && node >= from && node < to)
        .length;
    expect(introducedFrom(1000, 2000)).toBe(256);
    for (let i = 0; i < 100; i++) introduce(3, 2000 + i);
    // The other has its share, and no more; the pool is what it was.
    expect([introducedFrom(1000, 2000), introducedFrom(2000, 3000)]).toEqual([192, 64]);
    for (let i = 0; i < 400; i++) introduce(1, 3000 + i);
    expect([introducedFrom(1000, 2000), introducedFrom(2000, 3000)]).toEqual([192, 64]);
  });

  test('another key with our own number is refused and told of, at a rate', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const relay = nodes[1] as LabNode;
    const random = seededRandom(8);
    for (let i = 0; i < 100; i++)
      bringIntroduction(relay, 1, {
        requestId: 65_535,
        node: 2,
        publicKey: random.bytes(32),
        endpoint: '192.0.2.1:4000',
      });
    lab.runFor(0);
    const told = relay.logs.filter(({ fields }) => fields.code === 'MESH_NODE_NUMBER');
    expect(told).toHaveLength(20);
    expect(told[0]).toMatchObject({ level: 'warn', topic: 'life', fields: { node: 2, by: 1 } });
    expect(relay.edge.view(lab.now).links).toHaveLength(2);
  });

  test.each([
    ['a number that is taken', 1000, undefined],
    ['a key that cannot be one', 5000, new Uint8Array(32)],
  ])('%s costs nobody a place', (_what, refusedNode, refusedKey) => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const relay = nodes[1] as LabNode;
    const random = seededRandom(9);
    const endpoint = '192.0.2.7:4000';
    const introduce = (by: number, node: number, publicKey = random.bytes(32)) =>
      bringIntroduction(relay, by, { requestId: 65_535, node, publicKey, endpoint });
    for (let i = 0; i < 256; i++) introduce(1, 1000 + i);
    introduce(3, refusedNode, refusedKey);
    expect(relay.edge.view(lab.now).links).toHaveLength(2 + 256);
  });

  test('a peer that others measure and we never heard is kept, so that the way by a relay stays', () => {
    const lab = new MeshLab(2);
    lab.passes = ({ from, to }) => !isBetween(from, to, '3201', '3203');
    const nodes = build(lab, AT_ONCE, []);
    lab.runUntil(60);
    const first = nodes[0] as LabNode;
    const ways = new Set<number | undefined>();
    for (let i = 0; i < 60; i++) {
      lab.runFor(2);
      ways.add(first.link(3) === undefined ? undefined : first.hop(1, 3));
    }
    expect([...ways]).toEqual([2]);
    expect(first.link(3)?.isAlive).toBe(false);
  });

  test.each([
    ['from', 77, 3],
    ['about', 3, 77],
  ])('a measurement %s a node that nobody introduced is refused', (_name, source, destination) => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const relay = nodes[1] as LabNode;
    const pong = {
      requestId: 0,
      latency: 0.001,
      timeToAlive: 70,
      additionalCost: 0,
      source: source as NodeNumber,
      destination: destination as NodeNumber,
    };
    const nodesSeen = () =>
      new Set(relay.edge.view(lab.now).latencies.flatMap(({ from, to }) => [from, to]));
    expect(relay.bringControl(1, USAGE.pong, pongMessage.encode(pong))).toBe('bad-source');
    expect([...nodesSeen()].sort()).toEqual([1, 2, 3]);
    bringIntroduction(relay, 1, {
      requestId: 65_535,
      node: 77,
      publicKey: seededRandom(8).bytes(32),
      endpoint: '192.0.2.1:4000',
    });
    expect(relay.bringControl(1, USAGE.pong, pongMessage.encode(pong))).toBeUndefined();
    expect([...nodesSeen()].sort((a, b) => a - b)).toEqual([1, 2, 3, 77]);
  });

  test.each([
    ['a group', '224.0.0.1:4000', 'no unicast'],
    ['nobody', '0.0.0.0:4000', 'no unicast'],
    ['the broadcast address', '255.255.255.255:4000', 'no unicast'],
    ['ourselves', '127.0.0.1:3202', 'ours'],
    ['link-local', '169.254.1.1:4000', 'link-local'],
    ['a family without socket', '[2001:db8::1]:4000', 'family'],
  ])('nothing is sent to %s', (_name, endpoint, because) => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const relay = nodes[1] as LabNode;
    bringIntroduction(relay, 1, {
      requestId: 65_535,
      node: 77,
      publicKey: seededRandom(8).bytes(32),
      endpoint,
    });
    expect(relay.link(77)?.candidates).toEqual([endpoint]);
    expect(relay.link(77)?.untried).toEqual([{ endpoint, because }]);
    lab.runFor(15);
    expect(lab.sent.filter(({ from, to }) => from === relay.address && to === endpoint)).toEqual(
      [],
    );
  });

  test('a number that is taken stays with its key', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const relay = nodes[1] as LabNode;
    bringIntroduction(relay, 1, {
      requestId: 65535,
      node: 1,
      publicKey: seededRandom(8).bytes(32),
      endpoint: '192.0.2.1:1',
    });
    lab.runFor(0);
    expect(toBase64(relay.link(1)?.publicKey ?? new Uint8Array())).toBe(nodes[0]?.publicKey);
    expect(relay.logs.map(({ fields }) => fields.code)).toContain('MESH_NODE_NUMBER');
  });
});

/** Has this node's link to `by` bring an introduction, as if it came through the session. */
function bringIntroduction(
  node: LabNode,
  by: number,
  told: Omit<BroadcastPeer, 'node'> & { readonly node: number },
): void {
  const body = broadcastPeerMessage.encode({ ...told, node: told.node as NodeNumber });
  node.bringControl(by, USAGE.broadcastPeer, body);
}

const isSpread = (content: Uint8Array): boolean => toHex(content.slice(0, 2)) === 'fffe';

const isBetween = (from: string, to: string, a: string, b: string): boolean =>
  (from.endsWith(a) && to.endsWith(b)) || (from.endsWith(b) && to.endsWith(a));

/** A frame back to where the first one came from. */
function unicast(frame: Uint8Array): Uint8Array {
  const back = frame.slice();
  back.set(frame.subarray(6, 12), 0);
  back.fill(4, 6, 12);
  return back;
}
