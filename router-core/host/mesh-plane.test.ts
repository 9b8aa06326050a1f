/**
 * One packet worker for the node's WireGuard device and its mesh device, with real threads and sockets; and
 * for a mesh device alone, as a stand-alone edge has it.
 *
 * @module
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assert } from '../base/assert.ts';
import { type IpPrefix, parseIpPrefix } from '../base/ip-address.ts';
import type { UnderlayWish } from '../base/underlay-wish.ts';
import { NONE, type PeerId } from '../base/units.ts';
import { ETHERGUARD_FRAMING, USAGE } from '../mesh/etherguard/wire/index.ts';
import { ownBundles } from './testing/bundles.ts';
import { freePort } from './testing/free-port.ts';
import { contentFor, HEAD, markOf } from './testing/mesh-contents.ts';
import { PlaneRelay } from './testing/plane-relay.ts';
import { pause, until } from './testing/test-node.ts';
import { ipv4Packet, TunnelPeer, UDP } from './testing/tunnel-peer.ts';
import { stranger } from './underlay/testing/lab.ts';

const KINDS: readonly UnderlayWish[] = ['batched', 'burst', 'plain'];
const NODE = 2;
const FRAMES = 200;

const bundles = ownBundles('mesh-plane-test');

describe.each(KINDS)('%s', (kind) => {
  const alice = new TunnelPeer(ETHERGUARD_FRAMING);
  const bob = new TunnelPeer(ETHERGUARD_FRAMING);
  const carol = new TunnelPeer(ETHERGUARD_FRAMING);
  const west = new TunnelPeer();
  const east = new TunnelPeer();
  const links = new Map<TunnelPeer, PeerId>();
  let meshPort = 0;
  let relay: PlaneRelay;

  beforeAll(async () => {
    meshPort = await freePort();
    const tunnelPort = await freePort();
    relay = await PlaneRelay.start({ ...files(kind), tunnelPort, meshPort, node: NODE });
    for (const [peer, node] of [
      [alice, 1],
      [bob, 3],
      [carol, 4],
    ] as const) {
      await peer.moves();
      peer.knows({ publicKey: relay.mesh.publicKey, port: meshPort });
      links.set(peer, relay.addLink(peer.publicKey, node));
    }
    for (const [peer, prefix] of [
      [west, '10.1.0.0/16'],
      [east, '10.2.0.0/16'],
    ] as const) {
      await peer.moves();
      peer.knows({ publicKey: relay.tunnels.publicKey, port: tunnelPort });
      relay.addTunnel(peer.publicKey, prefixOf(prefix));
    }
    // Both ends are heard before anything is for them.
    for (const peer of [alice, bob, carol]) peer.send(contentFor(NODE, 0), HEAD);
    for (const peer of [west, east]) peer.send(ipv4Packet('10.1.0.1', '10.9.9.9', UDP, MARK));
    await until(() => relay.seen.mesh >= 3 && relay.seen.tunnels >= 2);
  });
  afterAll(async () => {
    await relay.close();
    for (const peer of [alice, bob, carol, west, east]) peer.close();
  });

  test('frames are relayed with a hop less, and the router worker sees none of them', async () => {
    const seen = relay.seen.mesh;
    for (let i = 0; i < FRAMES; i++) {
      alice.send(contentFor(i % 2 === 0 ? 3 : 4, i), HEAD);
      if (i % 20 === 19) await pause(2);
    }
    await until(() => bob.received.length + carol.received.length >= FRAMES);
    expect(bob.received.map(markOf)).toEqual(evens(FRAMES));
    expect(carol.received).toHaveLength(FRAMES / 2);
    for (const head of [...bob.heads, ...carol.heads])
      expect([...head.slice(0, 2)]).toEqual([USAGE.normal, 199]);
    expect(relay.seen.mesh).toBe(seen);
    const { frames, bytes } = relay.links.relayed;
    expect([alice, bob, carol].map((peer) => frames[links.get(peer) as PeerId])).toEqual([
      0,
      FRAMES / 2,
      FRAMES / 2,
    ]);
    expect(bytes[links.get(bob) as PeerId]).toBe((FRAMES / 2) * 80);
  });

  test('tunnels are forwarded by the same worker at the same time', async () => {
    east.received.length = 0;
    bob.received.length = 0;
    const seen = { ...relay.seen };
    for (let i = 0; i < FRAMES; i++) {
      west.send(ipv4Packet('10.1.0.1', '10.2.0.1', UDP, MARK));
      alice.send(contentFor(3, i), HEAD);
      if (i % 20 === 19) await pause(2);
    }
    await until(() => east.received.length >= FRAMES && bob.received.length >= FRAMES);
    expect(east.received[0]?.[8]).toBe(63);
    expect(relay.seen).toEqual(seen);
  });

  test('a next hop that changes under load loses no frame', async () => {
    bob.received.length = 0;
    carol.received.length = 0;
    const seen = relay.seen.mesh;
    for (let i = 0; i < FRAMES; i++) {
      relay.links.setMeshHop(9, links.get(i % 3 === 0 ? carol : bob) as PeerId);
      alice.send(contentFor(9, i), HEAD);
      if (i % 10 === 9) await pause(1);
    }
    await until(() => bob.received.length + carol.received.length >= FRAMES);
    const marks = [...bob.received, ...carol.received].map(markOf).sort((a, b) => a - b);
    expect(marks).toEqual(Array.from({ length: FRAMES }, (_, i) => i));
    relay.links.setMeshHop(9, NONE);
    alice.send(contentFor(9, 1), HEAD);
    await until(() => relay.seen.mesh === seen + 1);
  });

  test("a stranger's garbage is dropped and counted; links go on", async () => {
    const noise = await stranger(4);
    try {
      for (let i = 0; i < 300; i++) {
        const octets = Uint8Array.from({ length: (i * 7) % 200 }, (_, at) => (at * i * 31) & 255);
        if (octets.length > 0) octets[0] = i;
        await noise.send(octets, meshPort);
        if (i % 50 === 49) await pause(2);
      }
      bob.received.length = 0;
      alice.send(contentFor(3, 7), HEAD);
      await until(() => bob.received.length === 1);
      const drops = relay.drops();
      expect(drops['unknown-receiver-index']).toBeGreaterThan(100);
      expect(drops.truncated).toBeGreaterThan(0);
    } finally {
      await noise.close();
    }
  });

  test('a neighbor that moves to another port is sent to there', async () => {
    await bob.moves();
    bob.received.length = 0;
    bob.send(contentFor(NODE, 0), HEAD);
    const seen = relay.seen.mesh;
    await until(() => relay.seen.mesh > seen);
    // Until the worker has heard of the move it sends to the port that is closed.
    await until(() => {
      alice.send(contentFor(3, 1), HEAD);
      return bob.received.length > 0;
    }, 20);
  });
});

test('a mesh device alone has the worker for itself', async () => {
  const meshPort = await freePort();
  const relay = await PlaneRelay.start({ ...files('auto'), meshPort, node: NODE });
  const alice = new TunnelPeer(ETHERGUARD_FRAMING);
  const bob = new TunnelPeer(ETHERGUARD_FRAMING);
  try {
    for (const [peer, node] of [
      [alice, 1],
      [bob, 3],
    ] as const) {
      await peer.moves();
      peer.knows({ publicKey: relay.mesh.publicKey, port: meshPort });
      relay.addLink(peer.publicKey, node);
      peer.send(contentFor(NODE, 0), HEAD);
    }
    await until(() => relay.seen.mesh === 2);
    alice.send(contentFor(3, 5), HEAD);
    await until(() => bob.received.length === 1);
    expect(bob.received.map(markOf)).toEqual([5]);
    expect(relay.seen).toEqual({ mesh: 2, tunnels: 0 });
  } finally {
    await relay.close();
    for (const peer of [alice, bob]) peer.close();
  }
});

const files = (wish: UnderlayWish) => ({
  wish,
  workerFile: join(bundles(), 'packet-worker.js'),
  moduleFile: join(bundles(), 'fast-path.wasm'),
});
const MARK = new Uint8Array(30).fill(7);

const evens = (below: number): number[] => Array.from({ length: below / 2 }, (_, i) => i * 2);

function prefixOf(text: string): IpPrefix {
  const prefix = parseIpPrefix(text);
  assert(prefix !== undefined, 'a prefix');
  return prefix;
}
