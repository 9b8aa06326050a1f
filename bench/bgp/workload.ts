/**
 * What the feeder announces: the same octets for every router under test.
 *
 * Standard: RFC 4271 §4.3 (UPDATE), RFC 6793 (AS numbers of four octets), RFC 4760 and RFC 8950
 * (IPv4 routes with an IPv6 next hop), RFC 1997 and RFC 8092 (communities).
 *
 * Five routes share an attribute set on average, as in the Internet's table: paths of two to seven
 * networks with some prepending, communities on six of ten sets, MED on one of five. Prefix `i` can be
 * told from its address alone, so that the sink knows what it holds without a hash table.
 *
 * @module
 */
import { readUint32, writeUint16, writeUint32 } from '../../router-core/base/bytes.ts';
import { type Random, seededRandom } from '../../router-core/base/random.ts';

export const ROUTES_PER_SET = 5;
const HEADER_BYTES = 19;
const MESSAGE_BYTES_MAX = 4096;
const TYPE_UPDATE = 2;
const NLRI_BYTES_MAX = 4;
/** 20.0.0.0: prefixes follow each other in steps of a /24. */
const FIRST_ADDRESS = 20 << 24;
const ADDRESS_STEP_BITS = 8;
export const PREFIXES_MAX = 1 << 23;
const SEED = 42;

export type NextHop =
  | { readonly kind: 'attribute'; readonly bytes: Uint8Array }
  /** In MP_REACH_NLRI, with an IPv6 address. */
  | { readonly kind: 'extended'; readonly bytes: Uint8Array };
export type Feed = { readonly bytes: Uint8Array; readonly messages: number; readonly sets: number };

/** Returns the length of prefix `i`: mostly /24, shorter where the address is aligned. */
export function lengthOf(i: number): number {
  if (i % 64 === 0) return 18;
  if (i % 16 === 0) return 20;
  if (i % 4 === 0) return 22;
  return 24;
}

/** Returns which prefix stands at `offset`, its length octet included; -1: none of ours. */
export function indexOfNlri(b: Uint8Array, offset: number, count: number): number {
  const length = b[offset] as number;
  const octets = (length + 7) >> 3;
  let address = 0;
  for (let i = 0; i < 4; i++)
    address = (address << 8) | (i < octets ? (b[offset + 1 + i] as number) : 0);
  const index = (address - FIRST_ADDRESS) >>> ADDRESS_STEP_BITS;
  return index < count && lengthOf(index) === length ? index : -1;
}

/** Returns the UPDATEs of a feeder, ready to be sent. */
export function buildFeed(asn: number, count: number, nextHop: NextHop): Feed {
  if (count > PREFIXES_MAX) throw new Error(`at most ${PREFIXES_MAX} routes`);
  const random = seededRandom(SEED);
  let bytes = new Uint8Array(1 << 20);
  let end = 0;
  let messages = 0;
  let sets = 0;
  for (let i = 0; i < count; ) {
    const attributes = buildAttributes(random, asn, nextHop);
    // 1 to 9, five on average.
    const routes = Math.min(1 + random.below(2 * ROUTES_PER_SET - 1), count - i);
    if (end + MESSAGE_BYTES_MAX > bytes.length) {
      const grown = new Uint8Array(bytes.length * 2);
      grown.set(bytes);
      bytes = grown;
    }
    end = writeUpdate(bytes, end, attributes, nextHop, i, routes);
    i += routes;
    messages++;
    sets++;
  }
  return { bytes: bytes.subarray(0, end), messages, sets };
}

function writeUpdate(
  b: Uint8Array,
  start: number,
  attributes: Uint8Array,
  nextHop: NextHop,
  first: number,
  routes: number,
): number {
  b.fill(0xff, start, start + 16);
  b[start + 18] = TYPE_UPDATE;
  let o = start + HEADER_BYTES;
  o = put16(b, o, 0);
  const lengthAt = o;
  o += 2;
  if (nextHop.kind === 'extended') {
    // Optional, extended length: MP_REACH_NLRI, IPv4 unicast, a next hop of 16 octets.
    b.set([0x90, 14], o);
    const mpLengthAt = o + 2;
    b.set([0, 1, 1, 16], o + 4);
    b.set(nextHop.bytes, o + 8);
    o += 8 + 16;
    b[o++] = 0;
    for (let i = first; i < first + routes; i++) o = writePrefix(b, o, i);
    writeUint16(b, mpLengthAt, o - mpLengthAt - 2);
  }
  b.set(attributes, o);
  o += attributes.length;
  writeUint16(b, lengthAt, o - lengthAt - 2);
  if (nextHop.kind === 'attribute')
    for (let i = first; i < first + routes; i++) o = writePrefix(b, o, i);
  writeUint16(b, start + 16, o - start);
  return o;
}

function writePrefix(b: Uint8Array, o: number, i: number): number {
  const length = lengthOf(i);
  b[o] = length;
  const address = (FIRST_ADDRESS + i * (1 << ADDRESS_STEP_BITS)) >>> 0;
  const octets = (length + 7) >> 3;
  for (let k = 0; k < octets && k < NLRI_BYTES_MAX; k++)
    b[o + 1 + k] = (address >>> (24 - 8 * k)) & 255;
  return o + 1 + octets;
}

/** Networks that many paths of the Internet pass. */
const TRANSIT = [174, 701, 1299, 2914, 3257, 3320, 3356, 3491, 5511, 6453, 6461, 6762, 6939, 9002];

function buildAttributes(random: Random, asn: number, nextHop: NextHop): Uint8Array {
  const b = new Uint8Array(1024);
  let o = 0;
  const chance = (percent: number): boolean => random.below(100) < percent;
  const begin = (flags: number, type: number, length: number): void => {
    b.set([flags, type, length], o);
    o += 3;
  };
  begin(0x40, 1, 1); // ORIGIN
  b[o++] = chance(85) ? 0 : 2;
  const path = [asn];
  for (let hops = random.below(6); hops > 0; hops--) {
    const hop = TRANSIT[random.below(TRANSIT.length)] as number;
    path.push(hop);
    if (chance(6)) path.push(hop, hop);
  }
  path.push(chance(80) ? 10_000 + random.below(50_000) : 131_072 + random.below(280_000));
  begin(0x40, 2, 2 + 4 * path.length); // AS_PATH, one AS_SEQUENCE
  b.set([2, path.length], o);
  o += 2;
  for (const hop of path) o = put32(b, o, hop);
  if (nextHop.kind === 'attribute') {
    begin(0x40, 3, 4); // NEXT_HOP
    b.set(nextHop.bytes, o);
    o += 4;
  }
  if (chance(20)) {
    begin(0x80, 4, 4); // MULTI_EXIT_DISC
    o = put32(b, o, random.below(200));
  }
  if (chance(60)) {
    const count = 1 + random.below(8);
    begin(0xc0, 8, 4 * count); // COMMUNITIES, none of the well-known ones
    for (let i = 0; i < count; i++) {
      o = put16(b, o, 1 + random.below(60_000));
      o = put16(b, o, random.below(65_536));
    }
  }
  if (chance(15)) {
    const count = 1 + random.below(4);
    begin(0xc0, 32, 12 * count); // LARGE_COMMUNITY
    for (let i = 0; i < 3 * count; i++) o = put32(b, o, random.below(100_000));
  }
  return b.slice(0, o);
}

function put16(b: Uint8Array, o: number, value: number): number {
  writeUint16(b, o, value);
  return o + 2;
}

function put32(b: Uint8Array, o: number, value: number): number {
  writeUint32(b, o, value);
  return o + 4;
}

/** Returns the big-endian length field of a message. */
export const messageBytes = (b: Uint8Array, o: number): number => readUint32(b, o + 16) >>> 16;
