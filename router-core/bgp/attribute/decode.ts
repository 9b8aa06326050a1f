/**
 * Attributes as plain values, for people: the looking glass and its tests.
 *
 * Standard: RFC 4271 §4.3, RFC 4760 §3, RFC 2545 §3, RFC 1997, RFC 4360, RFC 8092, RFC 9234 §5.
 *
 * Not for the hot path. Reads canonical blocks and outgoing ones; both are well formed, because we
 * wrote them.
 *
 * @module
 */
import { at, readUint16, readUint32, toHex } from '../../base/bytes.ts';
import { formatIpAddress } from '../../base/ip-address.ts';
import { AS_CONFED_SEQUENCE, AS_CONFED_SET, AS_SEQUENCE, AS_SET } from './as-path.ts';
import { formatCommunity, formatExtendedCommunity, formatLargeCommunity } from './communities.ts';
import {
  AGGREGATOR,
  AS_PATH,
  AS4_AGGREGATOR,
  AS4_PATH,
  ATOMIC_AGGREGATE,
  CLUSTER_LIST,
  COMMUNITIES,
  EXTENDED_COMMUNITIES,
  EXTENDED_LENGTH,
  LARGE_COMMUNITIES,
  LOCAL_PREF,
  MULTI_EXIT_DISC,
  NEXT_HOP,
  ONLY_TO_CUSTOMER,
  ORIGIN,
  ORIGINATOR_ID,
} from './table.ts';

export type AsPathSegment = {
  readonly kind: 'set' | 'sequence' | 'confed-sequence' | 'confed-set';
  readonly asns: readonly number[];
};

export type RouteAttributes = {
  readonly origin: 'IGP' | 'EGP' | 'incomplete' | null;
  readonly asPath: readonly AsPathSegment[];
  /** `4242420001 4242420002 {64512 64513}`. */
  readonly asPathText: string;
  /** One address, or the global and the link-local one. */
  readonly nextHop: readonly string[];
  readonly med: number | null;
  /** What the decision uses: 100 when the attribute is absent, 0 for GRACEFUL_SHUTDOWN. */
  readonly localPref: number | null;
  readonly isAtomicAggregate: boolean;
  readonly aggregator: { readonly asn: number; readonly address: string } | null;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly extendedCommunities: readonly string[];
  readonly originatorId: string | null;
  readonly clusterList: readonly string[];
  readonly onlyToCustomer: number | null;
  readonly unknown: readonly {
    readonly type: number;
    readonly flags: number;
    readonly value: string;
  }[];
};

/** By the value of ORIGIN (RFC 4271 §4.3). */
export const ORIGINS = ['IGP', 'EGP', 'incomplete'] as const;
const SEGMENT_KINDS: Readonly<Record<number, AsPathSegment['kind']>> = {
  [AS_SET]: 'set',
  [AS_SEQUENCE]: 'sequence',
  [AS_CONFED_SEQUENCE]: 'confed-sequence',
  [AS_CONFED_SET]: 'confed-set',
};

type Draft = { -readonly [K in keyof RouteAttributes]: RouteAttributes[K] };

/** Returns the attributes between `start` and `end`; `width` is that of AS numbers in AS_PATH. */
export function decodeAttributes(
  b: Uint8Array,
  start: number,
  end: number,
  width: 2 | 4 = 4,
): RouteAttributes {
  const draft: Draft = {
    origin: null,
    asPath: [],
    asPathText: '',
    nextHop: [],
    med: null,
    localPref: null,
    isAtomicAggregate: false,
    aggregator: null,
    communities: [],
    largeCommunities: [],
    extendedCommunities: [],
    originatorId: null,
    clusterList: [],
    onlyToCustomer: null,
    unknown: [],
  };
  for (let o = start; o < end; ) {
    const isLong = (at(b, o) & EXTENDED_LENGTH) !== 0;
    const value = o + (isLong ? 4 : 3);
    const valueEnd = value + (isLong ? readUint16(b, o + 2) : at(b, o + 2));
    decodeAttribute(draft, b, o, value, valueEnd, width);
    o = valueEnd;
  }
  return draft;
}

function decodeAttribute(
  draft: Draft,
  b: Uint8Array,
  o: number,
  value: number,
  end: number,
  width: 2 | 4,
): void {
  const type = at(b, o + 1);
  switch (type) {
    case ORIGIN:
      draft.origin = ORIGINS[at(b, value)] ?? null;
      return;
    case AS_PATH:
      draft.asPath = decodeAsPath(b, value, end, width);
      draft.asPathText = formatAsPath(draft.asPath);
      return;
    case NEXT_HOP:
      draft.nextHop = decodeNextHop(b, value, end);
      return;
    case MULTI_EXIT_DISC:
      draft.med = readUint32(b, value);
      return;
    case LOCAL_PREF:
      draft.localPref = readUint32(b, value);
      return;
    case ATOMIC_AGGREGATE:
      draft.isAtomicAggregate = true;
      return;
    case AGGREGATOR:
      draft.aggregator = {
        asn: end - value === 8 ? readUint32(b, value) : readUint16(b, value),
        address: formatIpv4(b, end - 4),
      };
      return;
    case COMMUNITIES:
      draft.communities = words(value, end, 4, (at0) => formatCommunity(b, at0));
      return;
    case LARGE_COMMUNITIES:
      draft.largeCommunities = words(value, end, 12, (at0) => formatLargeCommunity(b, at0));
      return;
    case EXTENDED_COMMUNITIES:
      draft.extendedCommunities = words(value, end, 8, (at0) => formatExtendedCommunity(b, at0));
      return;
    case ORIGINATOR_ID:
      draft.originatorId = formatIpv4(b, value);
      return;
    case CLUSTER_LIST:
      draft.clusterList = words(value, end, 4, (at0) => formatIpv4(b, at0));
      return;
    case ONLY_TO_CUSTOMER:
      draft.onlyToCustomer = readUint32(b, value);
      return;
    case AS4_PATH:
      // Sent beside an AS_PATH of two octets: what the path really is.
      draft.asPath = mergeForReading(draft.asPath, decodeAsPath(b, value, end, 4));
      draft.asPathText = formatAsPath(draft.asPath);
      return;
    case AS4_AGGREGATOR:
      draft.aggregator = { asn: readUint32(b, value), address: formatIpv4(b, value + 4) };
      return;
    default:
      draft.unknown = [
        ...draft.unknown,
        { type, flags: at(b, o) & ~EXTENDED_LENGTH, value: toHex(b.slice(value, end)) },
      ];
  }
}

/** Ours always have the same shape in both attributes, so the longer numbers simply win. */
const mergeForReading = (
  path: readonly AsPathSegment[],
  as4: readonly AsPathSegment[],
): readonly AsPathSegment[] => (as4.length === path.length ? as4 : path);

export function decodeAsPath(
  b: Uint8Array,
  start: number,
  end: number,
  width: 2 | 4,
): AsPathSegment[] {
  const segments: AsPathSegment[] = [];
  for (let o = start; o < end; ) {
    const kind = SEGMENT_KINDS[at(b, o)] ?? 'sequence';
    const next = o + 2 + at(b, o + 1) * width;
    const asns: number[] = [];
    for (o += 2; o < next; o += width) asns.push(width === 4 ? readUint32(b, o) : readUint16(b, o));
    segments.push({ kind, asns });
  }
  return segments;
}

const BRACKETS: Readonly<Record<AsPathSegment['kind'], readonly [string, string]>> = {
  sequence: ['', ''],
  set: ['{', '}'],
  'confed-sequence': ['(', ')'],
  'confed-set': ['({', '})'],
};

export const formatAsPath = (segments: readonly AsPathSegment[]): string =>
  segments
    .map(({ kind, asns }) => `${BRACKETS[kind][0]}${asns.join(' ')}${BRACKETS[kind][1]}`)
    .join(' ');

function decodeNextHop(b: Uint8Array, value: number, end: number): string[] {
  if (end - value === 4) return [formatIpv4(b, value)];
  return words(value, end, 16, (o) => formatIpAddress({ family: 6, bytes: b.slice(o, o + 16) }));
}

const formatIpv4 = (b: Uint8Array, o: number): string => b.slice(o, o + 4).join('.');

function words(start: number, end: number, width: number, format: (o: number) => string): string[] {
  const out: string[] = [];
  for (let o = start; o + width <= end; o += width) out.push(format(o));
  return out;
}
