/**
 * A set of attributes taken apart so that a policy can read and change it, and put together again.
 *
 * Standard: RFC 4271 §5, RFC 1997, RFC 4360, RFC 8092; the octets are those of `canonical-block.ts`.
 *
 * Invariant: reading a canonical block and writing it unchanged gives the same octets.
 *
 * @module
 */
import { at, readUint16, readUint32, writeUint32 } from '../../../base/bytes.ts';
import { AS_SEQUENCE, AS_SET } from '../../attribute/as-path.ts';
import { LOCAL_PREF_DEFAULT } from '../../attribute/attribute-store.ts';
import {
  CANONICAL_HEADER_BYTES,
  canonicalEnd,
  writeCanonicalHeader,
} from '../../attribute/canonical-block.ts';
import { EXTENDED_NON_TRANSITIVE, GRACEFUL_SHUTDOWN } from '../../attribute/communities.ts';
import {
  AS_PATH,
  COMMUNITIES,
  EXTENDED_COMMUNITIES,
  LARGE_COMMUNITIES,
  LOCAL_PREF,
  MULTI_EXIT_DISC,
  NEXT_HOP,
  ORIGIN,
  PARTIAL,
} from '../../attribute/table.ts';
import { ADDED_COMMUNITIES_MAX, PREPENDED_ASNS_MAX } from './limits.ts';
import type { Community, CommunityKind, CommunityPattern } from './patterns.ts';
import { matchesCommunity } from './patterns.ts';

const SEGMENT_ASNS_MAX = 255;
/** Attributes of these types are taken apart; every other one is carried as it is. */
const READ = new Set([
  ORIGIN,
  AS_PATH,
  NEXT_HOP,
  MULTI_EXIT_DISC,
  LOCAL_PREF,
  COMMUNITIES,
  EXTENDED_COMMUNITIES,
  LARGE_COMMUNITIES,
]);

type Segment = { type: number; asns: number[] };

export class EditableAttributes {
  /** Undefined: the attribute is absent. */
  origin: number | undefined = undefined;
  path: Segment[] | undefined = undefined;
  nextHop: Uint8Array | undefined = undefined;
  med: number | undefined = undefined;
  localPrefAttribute: number | undefined = undefined;
  /** A policy set MED; a received one does not cross our border (RFC 4271 §5.1.4). */
  isMedOurs = false;
  communities: Community[] = [];
  /** Flags of attributes that may be partial, by type. */
  private readonly flags = new Map<number, number>();
  private readonly others: { type: number; octets: Uint8Array }[] = [];

  constructor(b: Uint8Array, start: number, end: number) {
    for (let o = start; o < end; o = canonicalEnd(b, o)) {
      const type = at(b, o + 1);
      const value = o + CANONICAL_HEADER_BYTES;
      const valueEnd = canonicalEnd(b, o);
      if (!READ.has(type)) this.others.push({ type, octets: b.slice(o, valueEnd) });
      else {
        this.flags.set(type, at(b, o));
        this.read(type, b, value, valueEnd);
      }
    }
  }

  /** What the decision uses: RFC 8326 §4.2 makes a route that is about to go the last choice. */
  get localPref(): number {
    const isShutdown = (): boolean => this.communities.some(isGracefulShutdown);
    return this.localPrefAttribute ?? (isShutdown() ? 0 : LOCAL_PREF_DEFAULT);
  }

  /** As the decision counts it: a SET is one. */
  get pathLength(): number {
    let length = 0;
    for (const { type, asns } of this.path ?? [])
      length += type === AS_SEQUENCE ? asns.length : type === AS_SET ? 1 : 0;
    return length;
  }

  /** Every AS written down, in order. */
  get pathAsns(): number[] {
    return (this.path ?? []).flatMap((segment) => segment.asns);
  }

  /** The leftmost AS when the path begins with a SEQUENCE, else 0. */
  get pathFirst(): number {
    const first = this.path?.[0];
    return first?.type === AS_SEQUENCE ? (first.asns[0] ?? 0) : 0;
  }

  /** The last AS when the path ends in a SEQUENCE, else 0 (RFC 6811 §2). */
  get pathLast(): number {
    const last = this.path?.at(-1);
    return last?.type === AS_SEQUENCE ? (last.asns.at(-1) ?? 0) : 0;
  }

  /** RFC 6811 §2: where the path begins; one that is empty begins in our own AS. */
  originIn(ownAsn: number): number {
    return this.pathAsns.length === 0 ? ownAsn : this.pathLast;
  }

  /** The one AS of a path of SEQUENCEs, else 0. */
  get pathOnly(): number {
    const asns = this.pathAsns;
    const [only] = asns;
    if (only === undefined || (this.path ?? []).some(({ type }) => type !== AS_SEQUENCE)) return 0;
    return asns.every((asn) => asn === only) ? only : 0;
  }

  /** Puts an AS in front, `times` times (RFC 4271 §5.1.2). */
  prepend(asn: number, times: number): void {
    this.path ??= [];
    if (this.pathAsns.length + times > PREPENDED_ASNS_MAX) return;
    const first = this.path[0];
    const added = new Array<number>(times).fill(asn);
    if (first?.type === AS_SEQUENCE && first.asns.length + times <= SEGMENT_ASNS_MAX)
      first.asns.unshift(...added);
    else this.path.unshift({ type: AS_SEQUENCE, asns: added });
  }

  has(pattern: CommunityPattern): boolean {
    return this.communities.some((community) => matchesCommunity(pattern, community));
  }

  add(community: Community): void {
    const isThere = this.communities.some(
      (other) =>
        other.kind === community.kind &&
        other.parts.every((part, i) => part === community.parts[i]),
    );
    if (!isThere && this.communities.length < ADDED_COMMUNITIES_MAX)
      this.communities.push(community);
  }

  remove(pattern: CommunityPattern): void {
    this.communities = this.communities.filter(
      (community) => !matchesCommunity(pattern, community),
    );
  }

  /** Writes the canonical block at 0; returns its end. */
  write(out: Uint8Array): number {
    const attributes: { type: number; write: (w: number) => number }[] = [];
    const add = (type: number, value: (w: number) => number): void => {
      const extra = (this.flags.get(type) ?? 0) & PARTIAL;
      attributes.push({
        type,
        write(w) {
          const end = value(w + CANONICAL_HEADER_BYTES);
          writeCanonicalHeader(out, w, type, end, extra);
          return end;
        },
      });
    };
    const bytes =
      (octets: Uint8Array) =>
      (w: number): number => {
        out.set(octets, w);
        return w + octets.length;
      };
    const word =
      (value: number) =>
      (w: number): number => {
        writeUint32(out, w, value);
        return w + 4;
      };
    const { origin, path, nextHop, med, localPrefAttribute } = this;
    if (origin !== undefined) add(ORIGIN, bytes(Uint8Array.of(origin)));
    if (path !== undefined) add(AS_PATH, (w) => writePath(path, out, w));
    if (nextHop !== undefined) add(NEXT_HOP, bytes(nextHop));
    if (med !== undefined) add(MULTI_EXIT_DISC, word(med));
    if (localPrefAttribute !== undefined) add(LOCAL_PREF, word(localPrefAttribute));
    for (const [type, kinds] of COMMUNITY_ATTRIBUTES) {
      const rows = this.communities
        .filter(({ kind }) => kinds.includes(kind))
        .map(wordsOf)
        .sort(compareWords);
      if (rows.length === 0) continue;
      add(type, (w) => {
        let to = w;
        for (const row of rows) for (const value of row) to = word(value)(to);
        return to;
      });
    }
    for (const { type, octets } of this.others)
      attributes.push({ type, write: (w) => bytes(octets)(w) });
    let end = 0;
    for (const { write } of attributes.sort((a, b) => a.type - b.type)) end = write(end);
    return end;
  }

  private read(type: number, b: Uint8Array, value: number, end: number): void {
    switch (type) {
      case ORIGIN:
        this.origin = at(b, value);
        return;
      case AS_PATH:
        this.path = readPath(b, value, end);
        return;
      case NEXT_HOP:
        this.nextHop = b.slice(value, end);
        return;
      case MULTI_EXIT_DISC:
        this.med = readUint32(b, value);
        return;
      case LOCAL_PREF:
        this.localPrefAttribute = readUint32(b, value);
        return;
      case COMMUNITIES:
        for (let o = value; o < end; o += 4)
          this.communities.push({
            kind: 'standard',
            parts: [readUint16(b, o), readUint16(b, o + 2)],
          });
        return;
      case LARGE_COMMUNITIES:
        for (let o = value; o < end; o += 12)
          this.communities.push({
            kind: 'large',
            parts: [readUint32(b, o), readUint32(b, o + 4), readUint32(b, o + 8)],
          });
        return;
      default:
        for (let o = value; o < end; o += 8) this.communities.push(readExtended(b, o));
    }
  }
}

const isGracefulShutdown = ({ kind, parts: [high = 0, low = 0] }: Community): boolean =>
  kind === 'standard' && high * 65536 + low === GRACEFUL_SHUTDOWN;

const COMMUNITY_ATTRIBUTES: readonly (readonly [number, readonly CommunityKind[]])[] = [
  [COMMUNITIES, ['standard']],
  [EXTENDED_COMMUNITIES, ['route-target', 'route-origin', 'generic']],
  [LARGE_COMMUNITIES, ['large']],
];

function readPath(b: Uint8Array, start: number, end: number): Segment[] {
  const path: Segment[] = [];
  for (let o = start; o < end; ) {
    const segment: Segment = { type: at(b, o), asns: [] };
    const next = o + 2 + at(b, o + 1) * 4;
    for (o += 2; o < next; o += 4) segment.asns.push(readUint32(b, o));
    path.push(segment);
  }
  return path;
}

function writePath(path: readonly Segment[], out: Uint8Array, w: number): number {
  let to = w;
  for (const { type, asns } of path) {
    out[to++] = type;
    out[to++] = asns.length;
    for (const asn of asns) {
      writeUint32(out, to, asn);
      to += 4;
    }
  }
  return to;
}

/**
 * RFC 4360 §3 and §4, RFC 5668: targets and origins by their two-octet or four-octet AS. One that
 * names an IPv4 address stays generic, or it would come back as an AS.
 */
function readExtended(b: Uint8Array, o: number): Community {
  const kind = at(b, o);
  const word = SUBTYPE_KINDS[at(b, o + 1)];
  if (word !== undefined && (kind & EXTENDED_NON_TRANSITIVE) === 0) {
    if (kind === 0) {
      const asn = readUint16(b, o + 2);
      return { kind: word, parts: [asn, readUint32(b, o + 4)] };
    }
    const asn = readUint32(b, o + 2);
    if (kind === 2 && asn > 0xffff) return { kind: word, parts: [asn, readUint16(b, o + 6)] };
  }
  return { kind: 'generic', parts: [readUint32(b, o), readUint32(b, o + 4)] };
}

const SUBTYPE_KINDS: Readonly<Record<number, 'route-target' | 'route-origin'>> = {
  2: 'route-target',
  3: 'route-origin',
};

/** A community as the 32-bit words of its attribute. */
function wordsOf({ kind, parts }: Community): readonly number[] {
  const [a = 0, b = 0] = parts;
  switch (kind) {
    case 'standard':
      return [a * 65536 + b];
    case 'large':
    case 'generic':
      return parts;
    default: {
      const subtype = kind === 'route-target' ? 2 : 3;
      if (a <= 0xffff) return [(subtype << 16) | a, b];
      return [
        ((2 << 24) | (subtype << 16) | (a >>> 16)) >>> 0,
        (a & 0xffff) * 65536 + (b & 0xffff),
      ];
    }
  }
}

function compareWords(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
