/**
 * The relay of a mesh with a plane and without one: everybody gets the same, and the same is dropped.
 *
 * @module
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assert } from '../base/assert.ts';
import { toHex } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import {
  contentLimit,
  ETHERGUARD_FRAMING,
  paddingBytes,
  USAGE,
} from '../mesh/etherguard/wire/index.ts';
import * as L from '../packet/plane-layout.ts';
import { KEY_PAIR_ROWS } from '../wireguard/index.ts';
import { forgetKeys } from './empty-bank.ts';
import { type MeshNode, MeshWorld } from './testing/mesh-world.ts';
import type { TestDatagram } from './testing/test-plane.ts';

const HEADER_BYTES = ETHERGUARD_FRAMING.transportHeaderBytes;
const PUNTED_AT_LEAST = 50;
const RELAYED_AT_LEAST = 200;

/** Far nodes by bob and carol, one behind alice herself, and one that nobody leads to. */
const HOPS = [
  [10, 3],
  [11, 4],
  [256, 3],
  [65531, 4],
  [12, 1],
] as const;
const DESTINATIONS = [1, 2, 3, 4, 10, 11, 12, 13, 256, 65531, 65532, 65533, 65534, 65535, 0];

function world(plane: boolean): MeshWorld {
  const made = new MeshWorld({ plane }).connect();
  for (const [destination, via] of HOPS) made.relay.setHop(destination, via);
  return made;
}

/** What one sending leads to: at every node, and in the counters of the relay. */
function outcome(of: MeshWorld, act: (of: MeshWorld) => void) {
  const nodes = [...of.others, of.relay];
  for (const { delivered } of nodes) delivered.length = 0;
  const before = of.drops();
  const dropsBefore = of.others.map(({ drops }) => ({ ...drops }));
  const counters = countersOf(of);
  of.wire.length = 0;
  act(of);
  of.settle();
  return {
    delivered: nodes.map(({ delivered }) =>
      delivered.map(({ usage, ttl, content }) => `${usage} ${ttl} ${toHex(content)}`),
    ),
    drops: difference(of.drops(), before),
    dropsOfOthers: of.others.map(({ drops }, i) => difference(drops, dropsBefore[i] ?? {})),
    counters: countersOf(of).map((value, i) => value - (counters[i] ?? 0)),
    wire: of.wire.map(({ to, bytes }) => [to, bytes[0], bytes[1], bytes.length]),
  };
}

const countersOf = ({ relay, others }: MeshWorld): number[] =>
  others.flatMap(({ number }) => {
    const view = relay.device.view(relay.linkTo(number));
    return [view.rxBytes, view.rxPackets, view.txBytes, view.txPackets];
  });

const difference = (
  after: Partial<Record<DropReason, number>>,
  before: Partial<Record<DropReason, number>>,
): Record<string, number> =>
  Object.fromEntries(
    Object.entries(after)
      .map(([reason, count]): [string, number] => [
        // The plane does not keep apart an index that is nobody's and one that was somebody's.
        reason === 'stale-generation' ? 'unknown-receiver-index' : reason,
        count - (before[reason as DropReason] ?? 0),
      ])
      .filter(([, count]) => count !== 0),
  );

const sending = fc.record({
  usage: fc.oneof(
    { weight: 4, arbitrary: fc.constant(USAGE.normal as number) },
    { weight: 2, arbitrary: fc.constantFrom(...Object.values(USAGE).map(Number)) },
    { weight: 1, arbitrary: fc.integer({ min: 3, max: 255 }) },
  ),
  ttl: fc.constantFrom(0, 1, 2, 200, 200, 200, 255),
  destination: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(3, 4, 10, 65531) },
    { weight: 2, arbitrary: fc.constantFrom(...DESTINATIONS) },
  ),
  length: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(64, 1400, 1518) },
    { weight: 1, arbitrary: fc.integer({ min: 2, max: 40 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1500, max: 1600 }) },
  ),
  mark: fc.nat(255),
});

const sealedBytes = (length: number): number =>
  HEADER_BYTES + length + paddingBytes(length, contentLimit(1500)) + 16;

const contentOf = (destination: number, length: number, mark: number): Uint8Array => {
  const content = new Uint8Array(length).fill(mark);
  content.set([destination >>> 8, destination & 255, 0, 1].slice(0, length));
  return content;
};

test('whatever alice sends leads to the same with a plane and without', () => {
  const plain = world(false);
  const carried = world(true);
  let relayed = 0;
  let punted = 0;
  fc.assert(
    fc.property(sending, ({ usage, ttl, destination, length, mark }) => {
      for (const one of [plain, carried]) {
        one.advance(1000);
        // Before the key pairs are too old for anybody.
        if (one.now % 100_000 < 1000) one.connect();
      }
      const seen = carried.relay.seen;
      const act = ({ alice }: MeshWorld) =>
        alice.send(2, usage, ttl, contentOf(destination, length, mark));
      const got = outcome(carried, act);
      expect(got).toEqual(outcome(plain, act));
      if (carried.relay.seen > seen) punted++;
      else if (got.wire.length > 1) relayed++;
    }),
    { numRuns: 800 },
  );
  expect(relayed).toBeGreaterThan(RELAYED_AT_LEAST);
  expect(punted).toBeGreaterThan(PUNTED_AT_LEAST);
  // Who relays what: all that left for others went by bob and carol.
  const { relayed: columns } = carried.life?.plane.mesh ?? {};
  const sum = (column: Float64Array | undefined): number => column?.reduce((a, b) => a + b, 0) ?? 0;
  expect(sum(columns?.frames)).toBe(relayed);
  expect(columns?.frames[carried.relay.linkTo(1)]).toBe(0);
  expect(sum(columns?.bytes)).toBeGreaterThan(relayed * 17);
  for (const { arena } of [carried.relay, plain.relay]) expect(arena.free()).toBe(256);
});

/** What may become of a datagram on its way. */
const spoiling = fc.oneof(
  fc.record({ at: fc.nat(100), flip: fc.integer({ min: 1, max: 255 }) }).map(
    ({ at, flip }) =>
      (b: Uint8Array) =>
        b.map((octet, i) => (i === at % b.length ? octet ^ flip : octet)),
  ),
  fc.nat(80).map((length) => (b: Uint8Array) => b.slice(0, length)),
  fc.integer({ min: 1, max: 30 }).map((more) => (b: Uint8Array) => {
    const longer = new Uint8Array(b.length + more);
    longer.set(b);
    return longer;
  }),
  // Usage and TTL are not authenticated: whoever stands between may write anything.
  fc.tuple(fc.nat(255), fc.nat(255)).map(
    ([usage, ttl]) =>
      (b: Uint8Array) =>
        b.with(0, usage).with(1, ttl),
  ),
  fc.uint8Array({ minLength: 0, maxLength: 200 }).map((garbage) => () => garbage),
);

test('spoilt datagrams, and garbage of strangers, lead to the same', () => {
  const plain = world(false);
  const carried = world(true);
  fc.assert(
    fc.property(spoiling, fc.boolean(), fc.boolean(), (spoil, isKeepalive, isStranger) => {
      for (const one of [plain, carried]) {
        one.advance(1000);
        if (one.now % 100_000 < 1000) one.connect();
      }
      const act = (of: MeshWorld) => {
        if (isKeepalive) sendKeepalive(of);
        else of.alice.send(2, USAGE.normal, 200, contentOf(3, 64, 7));
        const spoilt = of.takeSent(of.alice).map((datagram) => ({
          ...datagram,
          ...(isStranger && { address: Uint8Array.of(203, 0, 113, 9) }),
          bytes: spoil(datagram.bytes),
        }));
        of.deliver(...spoilt);
      };
      expect(outcome(carried, act)).toEqual(outcome(plain, act));
    }),
    { numRuns: 600 },
  );
  for (const { arena } of [carried.relay, plain.relay]) expect(arena.free()).toBe(256);
});

/** Alice's keepalive leaves when its interval is set. */
function sendKeepalive({ alice, now }: MeshWorld): void {
  for (const persistentKeepalive of [25, 0])
    alice.device.updatePeer(alice.linkTo(2), { persistentKeepalive }, now);
}

test('what the relay itself sends is sealed alike, whoever begins', () => {
  const plain = world(false);
  const carried = world(true);
  for (const [usage, ttl, length] of [
    [USAGE.ping, 0, 48],
    [USAGE.normal, 200, 1518],
    [USAGE.normal, 255, 64],
    [USAGE.pong, 17, 90],
  ] as const) {
    const act = ({ relay }: MeshWorld) => relay.send(3, usage, ttl, contentOf(3, length, 9));
    const got = outcome(carried, act);
    expect(got).toEqual(outcome(plain, act));
    expect(got.wire).toEqual([[3, usage, ttl, sealedBytes(length)]]);
  }
});

test('frames for a link without a key pair begin its handshake and follow it', () => {
  const outcomes = [false, true].map((plane) => {
    const of = new MeshWorld({ plane });
    of.alice.device.initiate(of.alice.linkTo(2), of.now);
    of.settle();
    const got = outcome(of, ({ alice }) => {
      for (let i = 0; i < 3; i++) alice.send(2, USAGE.normal, 200, contentOf(3, 64, i));
    });
    return { delivered: got.delivered, drops: got.drops };
  });
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(outcomes[1]?.delivered[1]).toHaveLength(3);
  expect(outcomes[1]?.delivered[1]?.[0]).toMatch(/^4 199 /);
});

test('half an hour of silence and talk over new and expired keys loses nothing on either path', () => {
  const lives = [false, true].map((plane) => {
    const of = world(plane);
    const log: unknown[] = [];
    for (let minute = 0; minute < 30; minute++) {
      if (minute % 3 !== 1) of.alice.send(2, USAGE.normal, 200, contentOf(3, 64, minute));
      if (minute % 5 === 2) of.bob.send(2, USAGE.normal, 200, contentOf(1, 64, minute));
      of.settle();
      of.advance(60_000);
      log.push([of.alice.delivered.length, of.bob.delivered.length]);
    }
    return { log, drops: of.drops() };
  });
  expect(lives[1]).toEqual(lives[0]);
  expect(lives[1]?.log.at(-1)).toEqual([6, 20]);
});

test('a removed link leads nowhere, and another peer with its number gets none of its frames', () => {
  const of = world(true);
  const { relay, alice, bob, carol } = of;
  alice.send(2, USAGE.normal, 200, contentOf(10, 64, 1));
  of.settle();
  expect(bob.delivered).toHaveLength(0);
  expect(bob.drops['no-route']).toBe(1);
  const former = relay.linkTo(3);
  relay.leave(bob);
  relay.leave(carol);
  relay.join(carol);
  relay.join(bob);
  expect([relay.linkTo(3), relay.linkTo(4)]).toContain(former);
  of.connect();
  alice.send(2, USAGE.normal, 200, contentOf(10, 64, 2));
  alice.send(2, USAGE.normal, 200, contentOf(11, 64, 2));
  of.settle();
  expect([bob, carol].map(({ seen }) => seen)).toEqual([1, 0]);
  expect(relay.drops['no-route']).toBe(2);
  alice.send(2, USAGE.normal, 200, contentOf(3, 64, 3));
  of.settle();
  expect(bob.delivered).toHaveLength(1);
});

test('without a number of our own nothing is relayed, and the edge decides', () => {
  const of = world(true);
  of.life?.plane.mesh.setMeshNode(undefined);
  of.alice.send(2, USAGE.normal, 200, contentOf(3, 64, 3));
  of.settle();
  expect([of.relay.seen, of.bob.delivered.length]).toEqual([1, 1]);
});

test('a former life relays on, until its keys are forgotten; its bank is empty for the next one', () => {
  const of = world(true);
  const { carried } = of;
  assert(carried !== undefined, 'a world with a plane');
  of.alice.send(2, USAGE.normal, 200, contentOf(3, 64, 0));
  of.settle();
  carried.life(1, KEY_PAIR_ROWS);
  of.bob.delivered.length = 0;
  of.alice.send(2, USAGE.normal, 200, contentOf(3, 64, 1));
  of.settle();
  expect(of.bob.delivered).toHaveLength(1);
  // For our own number nobody is there who would take it.
  of.alice.send(2, USAGE.normal, 200, contentOf(2, 64, 2));
  of.settle();
  expect(of.drops()).toEqual({ 'stale-generation': 1 });
  const bytes = new Uint8Array(carried.buffer);
  const keysOf = (row: number): Uint8Array => {
    const at = (L.FIRST_MESH_KEY_PAIR + row) * L.KEY_PAIR_BYTES + L.KEY_PAIR_SEND_KEY;
    return bytes.subarray(L.BANK + L.BANK_KEY_PAIRS + at).subarray(0, 64);
  };
  const inUse = Array.from({ length: 16 }, (_, row) => row).filter((row) =>
    keysOf(row).some((octet) => octet !== 0),
  );
  expect(inUse.length).toBeGreaterThanOrEqual(3);
  forgetKeys(carried.buffer, 0);
  of.alice.send(2, USAGE.normal, 200, contentOf(3, 64, 3));
  of.settle();
  expect(of.bob.delivered).toHaveLength(1);
  expect(of.drops()).toMatchObject({ 'unknown-receiver-index': 1 });
  for (const row of inUse) expect(toHex(keysOf(row))).toBe('00'.repeat(64));
  carried.life(0, KEY_PAIR_ROWS);
  const hops = new Int32Array(carried.buffer, L.BANK + L.BANK_MESH_HOPS, L.MESH_NODES);
  expect(hops.every((hop) => hop === 0)).toBe(true);
  expect(new Int32Array(carried.buffer)[(L.BANK + L.BANK_MESH_NODE) >> 2]).toBe(0);
});

test('a life without an edge waits for none of the links that the former one had', () => {
  const { carried, now } = world(true);
  assert(carried !== undefined, 'a world with a plane');
  const { plane } = carried.life(1, KEY_PAIR_ROWS);
  expect(plane.hasCaughtUp(now)).toBe(true);
  // With one it does; a device begins with its gate.
  const mac1Key = new Uint8Array(32);
  plane.mesh.setGate({
    mac1Key,
    cookieSecret: undefined,
    cookieSecretBefore: undefined,
    bucketSecret: 0,
  });
  expect(plane.hasCaughtUp(now)).toBe(false);
});

test('a batch for two links keeps the order of each', () => {
  const of = world(true);
  for (let i = 0; i < 40; i++)
    of.alice.send(2, USAGE.normal, 200, contentOf(i % 2 === 0 ? 3 : 4, 40, i));
  const burst: TestDatagram[] = of.takeSent(of.alice);
  of.deliver(...burst);
  const marks = ({ delivered }: MeshNode) => delivered.map(({ content }) => content[20]);
  expect(marks(of.bob)).toEqual(Array.from({ length: 20 }, (_, i) => i * 2));
  expect(marks(of.carol)).toEqual(Array.from({ length: 20 }, (_, i) => i * 2 + 1));
  expect(of.relay.seen).toBe(0);
});
