import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, toHex } from '../base/bytes.ts';
import { checksum } from '../base/checksum.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import { DISCARD, type InterfaceId } from '../base/units.ts';
import type { IngressRules, InterfaceView } from '../netstack/index.ts';
import { slotsInUse, World } from './testing/routed-world.ts';

// The two worlds live through all cases: making one costs a thousand times what a packet does.
const plain = new World({ plane: false }).connect();
const carried = new World({ plane: true }).connect();

const ADDRESSES_4 = [
  '10.1.0.5',
  '10.2.0.5',
  '10.9.0.1',
  '10.3.0.1',
  '127.0.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '169.254.1.1',
  '192.0.2.1',
  '10.2.255.255',
] as const;
const ADDRESSES_6 = [
  'fd01::5',
  'fd02::5',
  'fd09::1',
  'fd03::1',
  '::1',
  '::',
  'ff02::1',
  'ff0e::1',
  'fe80::1',
  'fe80::2',
  '2001:db8::1',
  'fd02:ffff::1',
] as const;

/** Of alice's prefixes, of bob's, of nobody's, and of no network of DN42. */
const SOURCES_4 = [
  '10.1.0.5',
  '10.1.3.4',
  '10.2.0.9',
  '10.3.0.1',
  '203.0.113.1',
  '192.0.0.8',
] as const;
const SOURCES_6 = ['fd01::5', 'fd01:5::1', 'fd02::9', 'fd03::1', '2001:db8::1', 'fc00::1'] as const;

const octets = (text: string): Uint8Array => parseIpAddress(text)?.bytes ?? new Uint8Array(0);

const mostly = (usual: string, others: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

/** Packets near the common case: mostly right, with one thing or another that is not. */
const packet4 = fc
  .record({
    source: mostly('10.1.0.5', ADDRESSES_4),
    destination: mostly('10.2.0.5', ADDRESSES_4),
    ttl: fc.constantFrom(64, 64, 64, 64, 64, 0, 1, 2, 255),
    flags: fc.constantFrom(0, 0x4000, 0x2000, 0x0010),
    protocol: fc.constantFrom(17, 6, 1, 89),
    payload: fc.constantFrom(0, 8, 20, 100, 1200, 1400, 1401, 1500, 1900),
    options: fc.constantFrom(0, 0, 0, 4, 8),
    padding: fc.constantFrom(0, 0, 1, 13),
    spoil: fc.constantFrom('none', 'none', 'none', 'checksum', 'length', 'short', 'version'),
  })
  .map(({ source, destination, ttl, flags, protocol, payload, options, padding, spoil }) => {
    const header = 20 + options;
    const packet = new Uint8Array(header + payload + padding).fill(0x5a, header);
    packet[0] = 0x40 | (header / 4);
    const total = spoil === 'length' ? header + payload + padding + 1 : header + payload;
    packet.set([total >>> 8, total], 2);
    packet.set([flags >>> 8, flags], 6);
    packet.set([ttl, protocol], 8);
    packet.set(octets(source), 12);
    packet.set(octets(destination), 16);
    packet.fill(1, 20, header);
    const sum = checksum(packet, 0, header);
    packet.set([sum >>> 8, sum], 10);
    if (spoil === 'checksum') packet[10] = (packet[10] as number) ^ 1;
    if (spoil === 'version') packet[0] = 0x70;
    return spoil === 'short' ? packet.subarray(0, 19) : packet;
  });
const packet6 = fc
  .record({
    source: mostly('fd01::5', ADDRESSES_6),
    destination: mostly('fd02::5', ADDRESSES_6),
    hopLimit: fc.constantFrom(64, 64, 64, 64, 64, 0, 1, 2, 255),
    next: fc.constantFrom(17, 6, 58, 59, 0, 43, 44),
    payload: fc.constantFrom(0, 8, 40, 1200, 1380, 1381, 1500),
    padding: fc.constantFrom(0, 0, 1, 13),
    spoil: fc.constantFrom('none', 'none', 'none', 'length', 'short'),
  })
  .map(({ source, destination, hopLimit, next, payload, padding, spoil }) => {
    const packet = new Uint8Array(40 + payload + padding).fill(0x5a, 40);
    packet[0] = 0x60;
    const length = spoil === 'length' ? payload + padding + 1 : payload;
    packet.set([length >>> 8, length, next, hopLimit], 4);
    packet.set(octets(source), 8);
    packet.set(octets(destination), 24);
    return spoil === 'short' ? packet.subarray(0, 39) : packet;
  });
const anyPacket = fc.oneof(
  { weight: 5, arbitrary: packet4 },
  { weight: 5, arbitrary: packet6 },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 64 }) },
);

/** The packet from somewhere else; what is too short for a source stays as it is. */
function withSource(original: Uint8Array, from4: string, from6: string): Uint8Array {
  const packet = original.slice();
  const version = (packet[0] ?? 0) >>> 4;
  if (version === 6 && packet.length >= 40) packet.set(octets(from6), 8);
  if (version !== 4 || packet.length < 20) return packet;
  const header = ((packet[0] ?? 0) & 15) * 4;
  const wasRight = header >= 20 && checksum(packet, 0, header) === 0;
  packet.set(octets(from4), 12);
  packet.set([0, 0], 10);
  const sum = checksum(packet, 0, header);
  if (wasRight) packet.set([sum >>> 8, sum], 10);
  return packet;
}

const refusedOf = ({ refusedReversePath, refusedBogons }: InterfaceView) => ({
  refusedReversePath,
  refusedBogons,
});

/** What a packet of alice leads to: at both ends, and in the counters. */
function outcome(world: World, packet: Uint8Array) {
  world.alice.received.length = 0;
  world.bob.received.length = 0;
  const before = { ...world.drops() };
  world.alice.send(packet);
  const after = world.drops();
  return {
    alice: world.alice.received.map(toHex),
    bob: world.bob.received.map(toHex),
    drops: Object.fromEntries(
      Object.entries(after)
        .map(([reason, count]) => [reason, count - (before[reason as keyof typeof before] ?? 0)])
        .filter(([, count]) => count !== 0),
    ),
  };
}

test.each<[string, IngressRules]>([
  ['strict', { reversePath: 'strict', bogons: 'allow' }],
  ['loose', { reversePath: 'loose', bogons: 'allow' }],
  ['bogons', { reversePath: 'off', bogons: 'drop' }],
  ['strict and bogons', { reversePath: 'strict', bogons: 'drop' }],
])('with the rules of a tunnel, %s, both paths let the same in', (_, ingress) => {
  for (const world of [plain, carried])
    world.netstack.updateInterface(world.links.alice, { ingress });
  const rules = fc.record({
    from4: fc.constantFrom(...SOURCES_4),
    from6: fc.constantFrom(...SOURCES_6),
  });
  let forwarded = 0;
  let refused = 0;
  fc.assert(
    fc.property(anyPacket, rules, (original, { from4, from6 }) => {
      const packet = withSource(original, from4, from6);
      for (const world of [plain, carried]) {
        world.advance(1000);
        if (world.now % 100_000 < 1000) world.connect();
      }
      const looked = carried.punted;
      const received = outcome(carried, packet);
      expect(received).toEqual(outcome(plain, packet));
      const isRefused = Object.keys(received.drops).some(
        (r) => r === 'reverse-path' || r === 'bogon',
      );
      if (isRefused) refused++;
      else if (carried.punted === looked && carried.bob.received.length > 0) forwarded++;
    }),
    { numRuns: 800 },
  );
  // What may pass is not left to the router, and what may not never passes.
  expect(forwarded).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(50);
  for (const world of [plain, carried]) {
    expect(world.netstack.interfaceView(world.links.alice)).toMatchObject(
      refusedOf(plain.netstack.interfaceView(plain.links.alice)),
    );
    world.netstack.updateInterface(world.links.alice, { ingress: undefined });
  }
});

test('what is to be discarded is dropped by both paths alike, said to nobody, and costs the router nothing', () => {
  const wide = { 4: octets('10.2.0.5'), 6: octets('fd02::5') };
  for (const { netstack } of [plain, carried]) {
    netstack.routes.set(4, wide[4], 0, 32, DISCARD);
    netstack.routes.set(6, wide[6], 0, 128, DISCARD);
  }
  let discarded = 0;
  fc.assert(
    fc.property(anyPacket, (packet) => {
      for (const world of [plain, carried]) {
        world.advance(1000);
        if (world.now % 100_000 < 1000) world.connect();
      }
      const looked = carried.punted;
      const received = outcome(carried, packet);
      expect(received).toEqual(outcome(plain, packet));
      if (received.drops.blackhole === undefined) return;
      expect(received).toEqual({ alice: [], bob: [], drops: { blackhole: 1 } });
      if (carried.punted === looked) discarded++;
      else expect(packet[0], 'only options need a thought').not.toBe(0x45);
    }),
    { numRuns: 800 },
  );
  expect(discarded).toBeGreaterThan(100);

  // The tunnel may not bring it in: that is judged before, and by the router.
  const ingress: IngressRules = { reversePath: 'strict', bogons: 'allow' };
  const head = [0x60, 0, 0, 0, 0, 0, 59, 64];
  const packet = concatBytes(Uint8Array.from(head), octets('fd02::9'), wide[6]);
  for (const world of [plain, carried]) {
    world.netstack.updateInterface(world.links.alice, { ingress });
    expect(outcome(world, packet).drops).toEqual({ 'reverse-path': 1 });
    world.netstack.updateInterface(world.links.alice, { ingress: undefined });
    world.netstack.routes.remove(4, wide[4], 0, 32);
    world.netstack.routes.remove(6, wide[6], 0, 128);
  }
  expect(carried.netstack.interfaceView(carried.links.alice).rxPackets).toBe(
    plain.netstack.interfaceView(plain.links.alice).rxPackets,
  );
});

/** Routes to bob's prefixes lead to bob or to carol, by flow; undone by what is returned. */
function fork({ netstack, links }: World): () => void {
  const members = [links.bob, links.carol];
  const set = netstack.nextHopSets.take(members) as InterfaceId;
  const route = (out: InterfaceId): void => {
    netstack.routes.set(4, octets('10.2.0.0'), 0, 16, out);
    netstack.routes.set(6, octets('fd02::'), 0, 16, out);
  };
  route(set);
  return () => {
    route(links.bob);
    netstack.nextHopSets.release(set);
  };
}

test('both paths send each flow to the same of several next hops', () => {
  const joins = [plain, carried].map(fork);
  const byWay = (world: World, packet: Uint8Array) => {
    world.carol.received.length = 0;
    return { ...outcome(world, packet), carol: world.carol.received.map(toHex) };
  };
  const ports = fc.record({ source: fc.nat(0xffff), destination: fc.nat(0xffff) });
  const forwarded = { bob: 0, carol: 0 };
  fc.assert(
    fc.property(anyPacket, ports, (original, { source, destination }) => {
      const packet = original.slice();
      const transport = (packet[0] ?? 0) >>> 4 === 6 ? 40 : 20;
      if (packet.length >= transport + 4)
        packet.set([source >>> 8, source, destination >>> 8, destination], transport);
      for (const world of [plain, carried]) {
        world.advance(1000);
        if (world.now % 100_000 < 1000) world.connect();
      }
      const looked = carried.punted;
      const received = byWay(carried, packet);
      expect(received).toEqual(byWay(plain, packet));
      if (carried.punted !== looked) return;
      if (received.bob.length > 0) forwarded.bob++;
      if (received.carol.length > 0) forwarded.carol++;
    }),
    { numRuns: 1500 },
  );
  for (const join of joins) join();
  expect(forwarded.bob).toBeGreaterThan(20);
  expect(forwarded.carol).toBeGreaterThan(20);
});

test('a source behind several next hops comes by each, without a look of the router', () => {
  const joins = [plain, carried].map(fork);
  const packet = concatBytes(
    Uint8Array.from([0x60, 0, 0, 0, 0, 0, 59, 64]),
    octets('fd02::5'),
    octets('fd01::5'),
  );
  for (const reversePath of ['strict', 'loose'] as const) {
    for (const { netstack, links } of [plain, carried])
      for (const link of [links.bob, links.carol])
        netstack.updateInterface(link, { ingress: { reversePath, bogons: 'allow' } });
    for (const from of ['bob', 'carol'] as const)
      for (const world of [plain, carried]) {
        world.alice.received.length = 0;
        const looked = world.punted;
        world[from].send(packet);
        expect(world.alice.received).toHaveLength(1);
        if (world === carried) expect(world.punted).toBe(looked);
      }
  }
  for (const { netstack, links } of [plain, carried])
    for (const link of [links.bob, links.carol])
      netstack.updateInterface(link, { ingress: undefined });
  for (const join of joins) join();
});

test('what is left of a set after an interface went carries on, and an old set carries nothing', () => {
  for (const world of [plain, carried]) {
    const { netstack, links } = world;
    const gone = netstack.addInterface({ mtu: 1420, addresses: [], peerAddresses: [] });
    const set = netstack.nextHopSets.take([links.bob, gone]) as InterfaceId;
    netstack.routes.set(6, octets('fd02::'), 0, 16, set);
    netstack.removeInterface(gone, world.now);
    const packetFrom = (n: number): Uint8Array =>
      concatBytes(
        Uint8Array.from([0x60, 0, 0, 0, 0, 0, 59, 64]),
        octets(`fd01::${n.toString(16)}`),
        octets('fd02::5'),
      );
    for (let n = 1; n <= 16; n++)
      expect(outcome(world, packetFrom(n))).toMatchObject({ drops: {}, bob: [expect.any(String)] });
    netstack.nextHopSets.release(set);
    expect(outcome(world, packetFrom(1))).toMatchObject({ drops: { 'no-route': 1 }, bob: [] });
    netstack.routes.set(6, octets('fd02::'), 0, 16, links.bob);
  }
});

test('the fast path and the complete path do the same with any packet', () => {
  let forwarded = 0;
  let punted = 0;
  fc.assert(
    fc.property(anyPacket, (packet) => {
      // Old enough for the limiter of ICMP errors to forget, young enough for the keys.
      for (const world of [plain, carried]) {
        world.advance(1000);
        if (world.now % 100_000 < 1000) world.connect();
      }
      const looked = carried.punted;
      const received = outcome(carried, packet);
      expect(received).toEqual(outcome(plain, packet));
      if (carried.punted > looked) punted++;
      else if (carried.bob.received.length > 0) forwarded++;
    }),
    { numRuns: 3000 },
  );
  // Both ways out were taken, and often.
  expect(forwarded).toBeGreaterThan(100);
  expect(punted).toBeGreaterThan(100);
  expect(slotsInUse(carried)).toBe(0);
});
