/**
 * Whatever members, relays and supernodes say: a counted drop, a log line with a code, or the end of the edge. No
 * exception, no leaked slot, and the mesh goes on.
 *
 * @module
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../base/random.ts';
import type { NodeNumber } from '../../node-number.ts';
import {
  broadcastPeerMessage,
  pingMessage,
  pongMessage,
  queryPeerMessage,
  serverUpdateMessage,
  USAGE,
} from '../wire/index.ts';
import { AnswerProblem, readParameters, readPeers, readTable } from './supernode-answers.ts';
import type { LabNode } from './testing/mesh-lab.ts';
import { mesh } from './testing/p2p-mesh.ts';

const RUNS = 300 * Number(process.env.ROOTLESS42_SOAK ?? 1);
const FRAME = Uint8Array.from({ length: 64 }, (_, i) => (i < 6 ? 0xff : i < 12 ? 2 : i));
const node = (number: number) => number as NodeNumber;

/** A message of every kind, to begin from. */
const BODIES: readonly (readonly [usage: number, body: Uint8Array])[] = [
  [
    USAGE.ping,
    pingMessage.encode({
      requestId: 3,
      source: node(1),
      time: { unixSeconds: 1_800_000_000, nanoseconds: 5 },
      repliesWanted: 2 ** 31,
    }),
  ],
  [
    USAGE.pong,
    pongMessage.encode({
      requestId: 0,
      source: node(1),
      destination: node(3),
      latency: 0.01,
      timeToAlive: 70,
      additionalCost: 10,
    }),
  ],
  [USAGE.queryPeer, queryPeerMessage.encode({ requestId: 1 })],
  [
    USAGE.broadcastPeer,
    broadcastPeerMessage.encode({
      requestId: 2,
      node: node(9),
      publicKey: new Uint8Array(32).fill(9),
      endpoint: '192.0.2.9:1000',
    }),
  ],
  [
    USAGE.serverUpdate,
    serverUpdateMessage.encode({ node: node(65533), action: 4, code: 0, text: 'hash' }),
  ],
];

describe('packets of a member with a session', () => {
  test('of any usage, TTL and numbers, with anything in them', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const [member, relay] = nodes as [LabNode, LabNode, LabNode];
    const packet = fc.record({
      usage: fc.oneof(fc.integer({ min: 3, max: 11 }), fc.integer({ min: 3, max: 255 })),
      ttl: fc.integer({ min: 0, max: 255 }),
      content: fc
        .tuple(
          fc.constantFrom(0, 1, 2, 3, 77, 65532, 65533, 65534, 65535),
          fc.constantFrom(0, 1, 2, 3, 77, 65532, 65533, 65534, 65535),
          fc.oneof(
            fc.uint8Array({ maxLength: 80 }),
            fc.constantFrom(...BODIES).map(([, b]) => b),
          ),
          fc.integer({ min: 0, max: 4 }),
        )
        .map(([to, from, body, cut]) =>
          Uint8Array.of(to >> 8, to, from >> 8, from, ...body).slice(cut === 4 ? 1 : 0),
        ),
    });
    fc.assert(
      fc.property(packet, (sent) => {
        member.sendsRaw(2, sent);
        lab.runFor(0.03);
        relay.expectNoLeak();
      }),
      { numRuns: RUNS },
    );
    expectWorking(lab, nodes);
  });

  test('control messages with damaged bodies', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const [, relay] = nodes as [LabNode, LabNode, LabNode];
    const damage = fc.tuple(
      fc.constantFrom(...BODIES),
      fc.constantFrom(...BODIES.map(([usage]) => usage)),
      fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      fc.nat(300),
    );
    fc.assert(
      fc.property(damage, ([[, body], usage, changes, length]) => {
        const damaged = body.slice();
        for (const [at, octet] of changes) if (at < damaged.length) damaged[at] = octet;
        relay.bringControl(1, usage, changes.length % 2 === 0 ? damaged : damaged.slice(0, length));
      }),
      { numRuns: RUNS * 10 },
    );
    lab.runFor(60);
    expectWorking(lab, nodes);
    expect(relay.edge.view(lab.now).links.length).toBeLessThanOrEqual(2 + 256);
  });

  test('a flood of queries makes few answers', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const relay = nodes[1] as LabNode;
    const before = lab.packets().length;
    const reasons = Array.from({ length: 1000 }, (_, requestId) =>
      relay.bringControl(1, USAGE.queryPeer, queryPeerMessage.encode({ requestId })),
    );
    lab.runFor(1);
    // Sixteen at once, two a second; each names two peers to two peers, who pass them on.
    expect(lab.packets().length - before).toBeLessThan(18 * 4 * 4);
    expect(reasons.filter((reason) => reason === 'rate-limited').length).toBeGreaterThan(900);
  });

  test('a storm of broadcasts is passed on at a rate', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const [member, relay, third] = nodes as [LabNode, LabNode, LabNode];
    third.frames.length = 0;
    relay.frames.length = 0;
    for (let i = 0; i < 4000; i++) {
      member.sends(FRAME);
      lab.runFor(0.0001);
    }
    lab.runFor(1);
    expect(relay.frames.length).toBeLessThanOrEqual(2000 + 500);
    expect(relay.edge.drops['rate-limited']).toBeGreaterThan(1400);
    relay.expectNoLeak();
  });

  test('a storm of pings makes few pongs', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const relay = nodes[1] as LabNode;
    const [, body] = BODIES[0] as (typeof BODIES)[0];
    const reasons = Array.from({ length: 500 }, () => relay.bringControl(1, USAGE.ping, body));
    expect(reasons.filter((reason) => reason === undefined).length).toBeLessThanOrEqual(40);
  });

  test('ask for two thousand million pings, and get ten', () => {
    const { lab, nodes } = mesh();
    lab.runUntil(30);
    const relay = nodes[1] as LabNode;
    const pings = () =>
      lab.packets(30).filter(({ usage, from }) => usage === USAGE.ping && from === relay.address);
    relay.bringControl(1, USAGE.ping, (BODIES[0] as (typeof BODIES)[0])[1]);
    lab.runFor(120);
    // Its own every four seconds, to two peers.
    expect(pings().length).toBeLessThanOrEqual(60 + 10);
    expect(pings().length).toBeGreaterThan(60);
  });
});

describe('answers over HTTP', () => {
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((json) => new TextEncoder().encode(json)),
    fc
      .dictionary(
        fc.base64String({ minLength: 44, maxLength: 44 }),
        fc.record(
          {
            NodeID: fc.oneof(fc.integer(), fc.string()),
            PSKey: fc.oneof(fc.string(), fc.constant(null)),
            Connurl: fc.oneof(fc.constant(null), fc.object()),
          },
          { requiredKeys: [] },
        ),
      )
      .map((value) => new TextEncoder().encode(JSON.stringify(value))),
  );

  test('are read or refused, never more', () => {
    fc.assert(
      fc.property(garbage, (body) => {
        const peers = readPeers(body, { prefer: 4, usesLocal: true });
        if (!(peers instanceof AnswerProblem))
          for (const { node: number, candidates } of peers.peers) {
            expect(number).toBeLessThan(65532);
            expect(candidates.length).toBeLessThanOrEqual(16);
          }
        const parameters = readParameters(body);
        if (!(parameters instanceof AnswerProblem))
          expect(parameters.PeerAliveTimeout).toBeGreaterThan(0);
        readTable(body);
      }),
      { numRuns: RUNS },
    );
  });
});

test('octets without a session change nothing', () => {
  const { lab, nodes } = mesh();
  lab.runUntil(30);
  const random = seededRandom(6);
  const relay = nodes[1] as LabNode;
  for (let i = 0; i < 2000; i++) {
    const octets = random.bytes(random.below(200));
    if (octets.length > 0) octets[0] = random.below(12);
    relay.receive(octets, '203.0.113.7:9');
  }
  lab.runFor(10);
  expectWorking(lab, nodes);
});

/** Frames still pass between the first and the third node, and no slot is missing. */
function expectWorking(lab: ReturnType<typeof mesh>['lab'], nodes: readonly LabNode[]): void {
  const [first, , third] = nodes as [LabNode, LabNode, LabNode];
  lab.runFor(60);
  third.frames.length = 0;
  first.sends(FRAME);
  lab.runFor(1);
  expect(third.frames.length).toBeGreaterThan(0);
  for (const each of nodes) each.expectNoLeak();
}
