/**
 * What the peers announce: the same octets for every router under test.
 *
 * Standard: RFC 4271 §4.3 (UPDATE), RFC 6793 (AS numbers of four octets), RFC 4760 and RFC 8950
 * (IPv4 routes with an IPv6 next hop), RFC 1997 and RFC 8092 (communities).
 *
 *   internet   five routes share an attribute set on average: paths of two to seven networks with some
 *              prepending, communities on six of ten sets, MED on one of five; IPv4, /18 to /24
 *   dn42       two routes per set: short paths of four-octet ASes, three communities of 64511, large
 *              ones; four of ten prefixes are IPv4 of DN42 (/24 to /28), the others IPv6 (/48)
 *
 * Prefix `i` can be told from its address alone, so that a sink knows what it holds without a hash table.
 *
 * @module
 */
import { readUint32, writeUint16, writeUint32 } from '../../router-core/base/bytes.ts';
import { type Random, seededRandom } from '../../router-core/base/random.ts';

export const WORKLOADS = ['internet', 'dn42'] as const;
export type WorkloadName = (typeof WORKLOADS)[number];

const HEADER_BYTES = 19;
const MESSAGE_BYTES_MAX = 4096;
const TYPE_UPDATE = 2;
const SEED = 42;

/** Where the prefixes of a workload lie, and which routes share a set. */
type Shape = {
  readonly ipv4Start: number;
  /** log2 of the distance between two prefixes. */
  readonly ipv4StepBits: number;
  /** By the number of zero bits at the end of the index: the length of the prefix. */
  readonly ipv4Lengths: readonly number[];
  /** How many of ten prefixes are IPv4. */
  readonly ipv4OfTen: number;
  readonly routesPerSet: number;
  buildAttributes(random: Random, asn: number, nextHop: Uint8Array | undefined): Uint8Array;
};
const SHAPES: Readonly<Record<WorkloadName, Shape>> = {
  internet: {
    ipv4Start: 20 << 24, // 20.0.0.0
    ipv4StepBits: 8,
    ipv4Lengths: [24, 24, 22, 22, 20, 20, 18],
    ipv4OfTen: 10,
    routesPerSet: 5,
    buildAttributes: internetAttributes,
  },
  dn42: {
    ipv4Start: ((172 << 24) | (20 << 16)) >>> 0,
    ipv4StepBits: 4,
    ipv4Lengths: [28, 27, 26, 25, 24],
    ipv4OfTen: 4,
    routesPerSet: 2,
    buildAttributes: dn42Attributes,
  },
};
const IPV6_LENGTH = 48;
/** fd42::/16; 32 bits of index follow. */
const IPV6_START = [0xfd, 0x42] as const;
export const PREFIXES_MAX = 1 << 23;

/** The prefixes of a run, by index: IPv4 first. */
export type Prefixes = { readonly workload: WorkloadName; readonly count: number };

/** How many of the first `count` prefixes are IPv4; the others are IPv6. */
export const ipv4Count = ({ workload, count }: Prefixes): number =>
  Math.round((count * SHAPES[workload].ipv4OfTen) / 10);

export function lengthOf(workload: WorkloadName, i: number): number {
  const lengths = SHAPES[workload].ipv4Lengths;
  const zeros = i === 0 ? lengths.length : 31 - Math.clz32(i & -i);
  return lengths[Math.min(zeros, lengths.length - 1)] as number;
}

/** Returns which IPv4 prefix stands at `offset`, its length octet included; -1: none of the run's. */
export function indexOfIpv4(b: Uint8Array, offset: number, prefixes: Prefixes): number {
  const { ipv4Start, ipv4StepBits } = SHAPES[prefixes.workload];
  const length = b[offset] as number;
  const octets = (length + 7) >> 3;
  let address = 0;
  for (let i = 0; i < 4; i++)
    address = (address << 8) | (i < octets ? (b[offset + 1 + i] as number) : 0);
  const index = (address - ipv4Start) >>> ipv4StepBits;
  return index < ipv4Count(prefixes) && lengthOf(prefixes.workload, index) === length ? index : -1;
}

/** Likewise for IPv6. */
export function indexOfIpv6(b: Uint8Array, offset: number, prefixes: Prefixes): number {
  const isOurs =
    b[offset] === IPV6_LENGTH && b[offset + 1] === IPV6_START[0] && b[offset + 2] === IPV6_START[1];
  if (!isOurs) return -1;
  const index = ipv4Count(prefixes) + readUint32(b, offset + 3);
  return index < prefixes.count ? index : -1;
}

export type NextHop =
  | { readonly kind: 'attribute'; readonly bytes: Uint8Array }
  /** In MP_REACH_NLRI, with an IPv6 address; of IPv6 routes in any case. */
  | { readonly kind: 'extended'; readonly bytes: Uint8Array };
export type Feed = { readonly bytes: Uint8Array; readonly messages: number };
export type FeedOptions = Prefixes & {
  readonly asn: number;
  readonly nextHop: NextHop;
  /** Which of the prefixes. */
  readonly first: number;
  readonly end: number;
};

/** Returns the UPDATEs of one peer, ready to be sent. Peers of other ASes announce other paths. */
export function buildFeed({ workload, count, asn, nextHop, first, end }: FeedOptions): Feed {
  if (count > PREFIXES_MAX) throw new Error(`at most ${PREFIXES_MAX} routes`);
  const { routesPerSet, buildAttributes } = SHAPES[workload];
  const random = seededRandom(SEED + asn);
  const lastIpv4 = ipv4Count({ workload, count });
  let bytes = new Uint8Array(1 << 20);
  let filled = 0;
  let messages = 0;
  for (let i = first; i < end; ) {
    const isIpv4 = i < lastIpv4;
    const isClassic = isIpv4 && nextHop.kind === 'attribute';
    const attributes = buildAttributes(random, asn, isClassic ? nextHop.bytes : undefined);
    // Around the average, and of one family.
    const limit = isIpv4 ? Math.min(end, lastIpv4) : end;
    const routes = Math.min(1 + random.below(2 * routesPerSet - 1), limit - i);
    if (filled + MESSAGE_BYTES_MAX > bytes.length) {
      const grown = new Uint8Array(bytes.length * 2);
      grown.set(bytes);
      bytes = grown;
    }
    const write = (o: number): number => writePrefixes(bytes, o, workload, i, routes, lastIpv4);
    filled = writeUpdate(bytes, filled, attributes, isIpv4, isClassic ? undefined : nextHop, write);
    i += routes;
    messages++;
  }
  return { bytes: bytes.subarray(0, filled), messages };
}

function writeUpdate(
  b: Uint8Array,
  start: number,
  attributes: Uint8Array,
  isIpv4: boolean,
  mpNextHop: NextHop | undefined,
  writeNlri: (o: number) => number,
): number {
  b.fill(0xff, start, start + 16);
  b[start + 18] = TYPE_UPDATE;
  let o = put16(b, start + HEADER_BYTES, 0);
  const lengthAt = o;
  o += 2;
  if (mpNextHop !== undefined) {
    // Optional, extended length: MP_REACH_NLRI, unicast, a next hop of 16 octets.
    b.set([0x90, 14], o);
    const mpLengthAt = o + 2;
    b.set([0, isIpv4 ? 1 : 2, 1, 16], o + 4);
    b.set(mpNextHop.bytes, o + 8);
    o += 8 + 16;
    b[o++] = 0;
    o = writeNlri(o);
    writeUint16(b, mpLengthAt, o - mpLengthAt - 2);
  }
  b.set(attributes, o);
  o += attributes.length;
  writeUint16(b, lengthAt, o - lengthAt - 2);
  if (mpNextHop === undefined) o = writeNlri(o);
  writeUint16(b, start + 16, o - start);
  return o;
}

function writePrefixes(
  b: Uint8Array,
  start: number,
  workload: WorkloadName,
  first: number,
  routes: number,
  lastIpv4: number,
): number {
  let o = start;
  for (let i = first; i < first + routes; i++)
    o = i < lastIpv4 ? writeIpv4(b, o, workload, i) : writeIpv6(b, o, i - lastIpv4);
  return o;
}

function writeIpv4(b: Uint8Array, o: number, workload: WorkloadName, i: number): number {
  const { ipv4Start, ipv4StepBits } = SHAPES[workload];
  const length = lengthOf(workload, i);
  b[o] = length;
  const address = (ipv4Start + i * (1 << ipv4StepBits)) >>> 0;
  const octets = (length + 7) >> 3;
  for (let k = 0; k < octets; k++) b[o + 1 + k] = (address >>> (24 - 8 * k)) & 255;
  return o + 1 + octets;
}

function writeIpv6(b: Uint8Array, o: number, i: number): number {
  b[o] = IPV6_LENGTH;
  b.set(IPV6_START, o + 1);
  return put32(b, o + 3, i);
}

/** Writes attributes one after the other. */
class AttributeWriter {
  private readonly b = new Uint8Array(1024);
  private o = 0;

  begin(flags: number, type: number, length: number): void {
    this.b.set([flags, type, length], this.o);
    this.o += 3;
  }
  octets(bytes: Uint8Array | readonly number[]): void {
    this.b.set(bytes, this.o);
    this.o += bytes.length;
  }
  word(value: number): void {
    this.o = put16(this.b, this.o, value);
  }
  long(value: number): void {
    this.o = put32(this.b, this.o, value);
  }
  originAndPath(origin: number, path: readonly number[], nextHop: Uint8Array | undefined): void {
    this.begin(0x40, 1, 1); // ORIGIN
    this.octets([origin]);
    this.begin(0x40, 2, 2 + 4 * path.length); // AS_PATH, one AS_SEQUENCE
    this.octets([2, path.length]);
    for (const hop of path) this.long(hop);
    if (nextHop === undefined) return;
    this.begin(0x40, 3, 4); // NEXT_HOP
    this.octets(nextHop);
  }
  done(): Uint8Array {
    return this.b.slice(0, this.o);
  }
}

const chance = (random: Random, percent: number): boolean => random.below(100) < percent;

/** Networks that many paths of the Internet pass. */
const TRANSIT = [174, 701, 1299, 2914, 3257, 3320, 3356, 3491, 5511, 6453, 6461, 6762, 6939, 9002];

function internetAttributes(
  random: Random,
  asn: number,
  nextHop: Uint8Array | undefined,
): Uint8Array {
  const writer = new AttributeWriter();
  const origin = chance(random, 85) ? 0 : 2;
  const path = [asn];
  for (let hops = random.below(6); hops > 0; hops--) {
    const hop = TRANSIT[random.below(TRANSIT.length)] as number;
    path.push(hop);
    if (chance(random, 6)) path.push(hop, hop);
  }
  path.push(chance(random, 80) ? 10_000 + random.below(50_000) : 131_072 + random.below(280_000));
  writer.originAndPath(origin, path, nextHop);
  if (chance(random, 20)) {
    writer.begin(0x80, 4, 4); // MULTI_EXIT_DISC
    writer.long(random.below(200));
  }
  if (chance(random, 60)) {
    const count = 1 + random.below(8);
    writer.begin(0xc0, 8, 4 * count); // COMMUNITIES, none of the well-known ones
    for (let i = 0; i < count; i++) {
      writer.word(1 + random.below(60_000));
      writer.word(random.below(65_536));
    }
  }
  if (chance(random, 15)) {
    const count = 1 + random.below(4);
    writer.begin(0xc0, 32, 12 * count); // LARGE_COMMUNITY
    for (let i = 0; i < 3 * count; i++) writer.long(random.below(100_000));
  }
  return writer.done();
}

/** Latency, bandwidth and encryption of the worst link, as DN42's routers keep them. */
const LINK_COMMUNITIES = [
  [1, 9],
  [21, 5],
  [31, 4],
] as const;

function dn42Attributes(random: Random, asn: number, nextHop: Uint8Array | undefined): Uint8Array {
  const writer = new AttributeWriter();
  const path = [asn];
  for (let hops = random.below(5); hops > 0; hops--) path.push(4242420000 + random.below(4000));
  writer.originAndPath(0, path, nextHop);
  writer.begin(0xc0, 8, 4 * LINK_COMMUNITIES.length); // COMMUNITIES
  for (const [from, kinds] of LINK_COMMUNITIES) {
    writer.word(64511);
    writer.word(from + random.below(kinds));
  }
  const count = 1 + random.below(3);
  writer.begin(0xc0, 32, 12 * count); // LARGE_COMMUNITY
  for (let i = 0; i < count; i++) {
    writer.long(4242420000 + random.below(4000));
    writer.long(100 + random.below(8));
    writer.long(random.below(60));
  }
  return writer.done();
}

function put16(b: Uint8Array, o: number, value: number): number {
  writeUint16(b, o, value);
  return o + 2;
}

function put32(b: Uint8Array, o: number, value: number): number {
  writeUint32(b, o, value);
  return o + 4;
}
