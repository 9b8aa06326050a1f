import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, toHex } from '../base/bytes.ts';
import type { InterfaceId } from '../base/units.ts';
import {
  ICMPV4_TIME_EXCEEDED,
  ICMPV6_TIME_EXCEEDED,
  IPV4_HEADER_BYTES,
  IPV4_MORE_FRAGMENTS,
  IPV6_HEADER_BYTES,
  writeIpv4Checksum,
  writeIpv4Fragment,
  writeIpv4Lengths,
} from '../packet/index.ts';
import {
  REASSEMBLIES_MAX,
  REASSEMBLIES_PER_INTERFACE,
  REASSEMBLIES_PER_SOURCE,
  REASSEMBLY_TIME_IPV4_MS,
  REASSEMBLY_TIME_IPV6_MS,
} from './limits.ts';
import { echoRequest, neighborSolicitation, packet, tcp } from './testing/build-packet.ts';
import { echo, expectPacket, icmpError, ip, size } from './testing/expect-packet.ts';
import { at, createTestNode, type TestNode } from './testing/test-node.ts';

const OURS = { 4: '172.22.100.1', 6: 'fd00:100::1' } as const;
const THEIRS = { 4: '172.20.1.1', 6: 'fd00:1::1' } as const;
const FAMILIES = [4, 6] as const;

test('an echo request in parts is answered whole, whatever their order (RFC 791 §3.2, RFC 8200 §4.5)', () => {
  for (const family of FAMILIES) {
    const { node, link } = place();
    const whole = request(family, 3000);
    const parts = cut(whole, [1200, 1200, 608]);
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      for (const i of order) expect(node.deliver(parts[i] as Uint8Array, link)).toBeUndefined();
      const answer = joined(node);
      expectPacket(answer, ip({ from: OURS[family] }), echo('reply'), size(whole.length));
      expect(toHex(answer.subarray(-3000))).toBe(toHex(whole.subarray(-3000)));
    }
    expect(node.slotsInUse()).toBe(0);
    expect(node.timerQueue.armed()).toBe(0);
  }
});

test('any cut of any packet, in any order and with repetitions, is put together', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...FAMILIES),
      fc.array(fc.integer({ min: 8, max: 180 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 8 }),
      fc.infiniteStream(fc.nat(1000)),
      (family, blocks, tail, order) => {
        const { node, link } = place();
        const sizes = [...blocks.map((n) => n * 8), tail];
        const octets = sizes.reduce((sum, n) => sum + n, 0);
        fc.pre(octets < 9000);
        const parts = cut(request(family, octets - 8), sizes);
        const shuffled = parts
          .map((part) => ({ part, key: order.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ part }) => part);
        const last = shuffled.at(-1) as Uint8Array;
        for (const part of shuffled.slice(0, -1)) {
          expect(node.deliver(part, link)).toBeUndefined();
          if ((order.next().value as number) % 3 === 0)
            expect(node.deliver(part, link)).toBeUndefined();
          expect(node.takeSent()).toEqual([]);
        }
        node.deliver(last, link);
        expectPacket(joined(node), echo('reply'));
        expect(node.slotsInUse()).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

test('parts that overlap end the datagram, and nothing that comes later revives it (RFC 5722 §4)', () => {
  for (const family of FAMILIES) {
    const { node, link } = place();
    const parts = cut(request(family, 2000), [1000, 1008]);
    const [, shifted] = cut(request(family, 2000), [992, 1016]);
    expect(node.deliver(parts[0] as Uint8Array, link)).toBeUndefined();
    expect(node.deliver(shifted as Uint8Array, link)).toBe('fragment');
    for (const part of parts) expect(node.deliver(part, link)).toBe('fragment');
    expect(node.takeSent()).toEqual([]);
    // Until its time is over; then the number is free again.
    node.timerQueue.runDue(at(REASSEMBLY_TIME_IPV6_MS));
    expect(node.takeSent()).toEqual([]);
    for (const part of parts) node.deliver(part, link, at(REASSEMBLY_TIME_IPV6_MS));
    expectPacket(joined(node), echo('reply'));
  }
});

test('two ends, or octets behind the end, are a contradiction', () => {
  for (const family of FAMILIES) {
    const { node, link } = place();
    const [, end] = cut(request(family, 1600), [800, 808]) as [Uint8Array, Uint8Array];
    const [, , otherEnd] = cut(request(family, 2400), [800, 808, 800]);
    expect(node.deliver(end, link)).toBeUndefined();
    expect(node.deliver(otherEnd as Uint8Array, link)).toBe('fragment');
  }
});

test('a datagram that is never complete ends in time, and its sender hears of it', () => {
  for (const [family, timeout, type] of [
    [4, REASSEMBLY_TIME_IPV4_MS, ICMPV4_TIME_EXCEEDED],
    [6, REASSEMBLY_TIME_IPV6_MS, ICMPV6_TIME_EXCEEDED],
  ] as const) {
    const { node, link } = place();
    const [first, second, third] = cut(request(family, 2400), [800, 800, 808]) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    node.deliver(first, link, at(1000));
    // Later parts do not prolong it.
    node.deliver(second, link, at(timeout));
    node.timerQueue.runDue(at(timeout + 999));
    expect(node.takeSent()).toEqual([]);
    node.timerQueue.runDue(at(timeout + 1000));
    expectPacket(
      node.takeSent()[0]?.bytes,
      ip({ from: OURS[family], to: THEIRS[family] }),
      icmpError({ type, code: 1 }),
    );
    expect(node.netstack.drops.fragment).toBe(1);
    // Without the first part nobody could tell what it was about (RFC 1122 §3.3.2).
    node.deliver(third, link, at(timeout + 2000));
    node.timerQueue.runDue(at(3 * timeout));
    expect(node.takeSent()).toEqual([]);
    expect(node.timerQueue.armed()).toBe(0);
    expect(node.slotsInUse()).toBe(0);
  }
});

test('refuses parts that are not parts: empty, crooked, beyond 65,535 octets or beyond a slot', () => {
  for (const family of FAMILIES) {
    const { node, link } = place();
    const whole = request(family, 1000);
    const deliver = (part: Uint8Array) => node.deliver(part, link);
    expect(deliver(fragmentOf(whole, new Uint8Array(0), 0, true))).toBe('malformed');
    expect(deliver(fragmentOf(whole, new Uint8Array(13), 800, true))).toBe('malformed');
    expect(deliver(fragmentOf(whole, new Uint8Array(64), 65_528, false))).toBe('malformed');
    expect(deliver(fragmentOf(whole, new Uint8Array(64), 9208, false))).toBe('too-big');
    expect(node.slotsInUse()).toBe(0);
  }
});

test('the first part has every header up to the upper layer (RFC 7112 §5)', () => {
  const { node, link } = place();
  const syn = packet({ from: THEIRS[6], to: OURS[6] }, tcp({ destinationPort: 179, flags: 2 }));
  expect(node.deliver(fragmentOf(syn, syn.slice(40, 56), 0, true), link)).toBe('malformed');
  expect(
    node.deliver(fragmentOf(syn, concatBytes(syn.slice(40), new Uint8Array(4)), 0, true), link),
  ).toBeUndefined();
});

test('neighbor discovery is never cut (RFC 6980 §5)', () => {
  const { node, link } = place();
  const padding = new Uint8Array(64);
  padding.set([253, 8]);
  const whole = packet(
    { from: 'fe80::b', to: 'fe80::a', hopLimit: 255 },
    neighborSolicitation('fe80::a', padding),
  );
  const [first, second] = cut(whole, [48, whole.length - 88]) as [Uint8Array, Uint8Array];
  expect(node.deliver(first, link)).toBeUndefined();
  expect(node.deliver(second, link)).toBe('fragment');
  expect(node.takeSent()).toEqual([]);
});

test('parts that came by different tunnels do not meet', () => {
  for (const family of FAMILIES) {
    const { node, link, other } = place();
    const [first, second] = cut(request(family, 1600), [800, 808]) as [Uint8Array, Uint8Array];
    node.deliver(first, link);
    node.deliver(second, other);
    expect(node.takeSent()).toEqual([]);
    node.deliver(second, link);
    expectPacket(joined(node), echo('reply'));
  }
});

test('a source, a tunnel and all together keep within their bounds; the oldest gives way', () => {
  const { node, link, other } = place();
  const first = (from: string, identification: number) =>
    cut(request(4, 1600, from), [800, 808], identification)[0] as Uint8Array;
  const second = (from: string, identification: number) =>
    cut(request(4, 1600, from), [800, 808], identification)[1] as Uint8Array;
  for (let i = 0; i <= REASSEMBLIES_PER_SOURCE; i++) node.deliver(first('172.20.1.1', i), link);
  expect(node.netstack.drops.fragment).toBe(1);
  node.deliver(second('172.20.1.1', 0), link);
  expect(node.takeSent()).toEqual([]);
  node.deliver(second('172.20.1.1', REASSEMBLIES_PER_SOURCE), link);
  expectPacket(joined(node), echo('reply'));
  // A flood from many sources of one tunnel leaves the other tunnel's datagram alone.
  node.deliver(first('172.20.9.9', 1), other);
  for (let i = 0; i < 500; i++) node.deliver(first(`172.21.${i >>> 8}.${i & 255}`, 7), link);
  expect(node.netstack.drops.fragment).toBeGreaterThan(500 - REASSEMBLIES_PER_INTERFACE);
  node.deliver(second('172.20.9.9', 1), other);
  expectPacket(joined(node), echo('reply'));
  expect(REASSEMBLIES_MAX).toBeGreaterThan(2 * REASSEMBLIES_PER_INTERFACE);
  node.timerQueue.runDue(at(REASSEMBLY_TIME_IPV6_MS));
  expect(node.timerQueue.armed()).toBe(0);
});

test('parts of nonsense never throw, keep a slot, or grow beyond the bounds', () => {
  const { node, link, other } = place();
  let now = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...FAMILIES),
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 0, max: 30 }).map((n) => n * 8),
      fc.boolean(),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 20_000 }),
      fc.boolean(),
      (family, data, offset, hasMore, identification, ms, byOther) => {
        now += ms;
        node.timerQueue.runDue(at(now));
        const part = fragmentOf(request(family, 100), data, offset, hasMore, identification);
        node.deliver(part, byOther ? other : link, at(now));
        node.takeSent();
        expect(node.slotsInUse()).toBe(0);
      },
    ),
    { numRuns: 3000 },
  );
  expect(node.timerQueue.armed()).toBeLessThanOrEqual(1);
});

type Place = { node: TestNode; link: InterfaceId; other: InterfaceId };

function place(): Place {
  const node = createTestNode({ addresses: [OURS[4], OURS[6]] });
  const link = node.tunnel({ ours: ['fe80::a'], theirs: ['fe80::b'] });
  const other = node.tunnel({ ours: ['fe80::a'], theirs: ['fe80::c'] });
  node.route('172.20.0.0/14', link);
  node.route('fd00:1::/32', link);
  return { node, link, other };
}

const request = (family: 4 | 6, octets: number, from: string = THEIRS[family]): Uint8Array =>
  packet({ from, to: OURS[family] }, echoRequest({ size: octets }));

/** The packet's payload in parts of these sizes; the last takes what is left. */
function cut(whole: Uint8Array, sizes: readonly number[], identification = 99): Uint8Array[] {
  const payload = whole.subarray((whole[0] as number) >>> 4 === 4 ? 20 : 40);
  let offset = 0;
  return sizes.map((octets, i) => {
    const isLast = i === sizes.length - 1;
    const data = payload.subarray(offset, isLast ? payload.length : offset + octets);
    const part = fragmentOf(whole, data, offset, !isLast, identification);
    offset += octets;
    return part;
  });
}

/** A fragment with this data of a packet without options and extension headers. */
function fragmentOf(
  whole: Uint8Array,
  data: Uint8Array,
  offset: number,
  hasMore: boolean,
  identification = 99,
): Uint8Array {
  if ((whole[0] as number) >>> 4 === 4) {
    const part = concatBytes(whole.subarray(0, IPV4_HEADER_BYTES), data);
    part.set([identification >>> 8, identification], 4);
    writeIpv4Lengths(part, 0, IPV4_HEADER_BYTES, part.length);
    writeIpv4Fragment(part, 0, hasMore ? IPV4_MORE_FRAGMENTS : 0, offset);
    writeIpv4Checksum(part, 0);
    return part;
  }
  const field = offset | (hasMore ? 1 : 0);
  const header = Uint8Array.of(whole[6] as number, 0, field >>> 8, field, 0, 0, 0, identification);
  const part = concatBytes(whole.subarray(0, IPV6_HEADER_BYTES), header, data);
  part.set([(part.length - 40) >>> 8, part.length - 40], 4);
  part[6] = 44;
  return part;
}

/** What left, put together by hand: our answers are cut as well. */
function joined(node: TestNode): Uint8Array {
  const sent = node.takeSent().map(({ bytes }) => bytes);
  const [first] = sent;
  if (first === undefined) throw new Error('nothing was sent');
  if (sent.length === 1) return first;
  const is4 = (first[0] as number) >>> 4 === 4;
  for (const bytes of sent) expect(bytes.length).toBeLessThanOrEqual(is4 ? 1420 : 1280);
  const whole = concatBytes(
    first.subarray(0, is4 ? 20 : 40),
    ...sent.map((bytes) => bytes.subarray(is4 ? 20 : 48)),
  );
  if (is4) {
    writeIpv4Lengths(whole, 0, 20, whole.length);
    writeIpv4Fragment(whole, 0, 0, 0);
    writeIpv4Checksum(whole, 0);
  } else {
    whole[6] = first[40] as number;
    whole.set([(whole.length - 40) >>> 8, whole.length - 40], 4);
  }
  return whole;
}
