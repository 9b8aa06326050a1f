/**
 * A BGP speaker whose route side is two maps: what it announces, and what it was told.
 *
 * For tests only. The session side is the real one; nothing here decides, filters or passes on, so what
 * such a speaker holds says what its neighbor did.
 *
 * Routes have numbers instead of prefixes, even ones IPv4 (10.x.y.0/24), odd ones IPv6 (fd00:xxyy::/32). Each
 * announcement has a community of its own, by which it is known wherever it arrives.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { at, concatBytes, readUint32, writeUint16 } from '../../base/bytes.ts';
import type { Instant } from '../../base/units.ts';
import {
  AS_PATH,
  COMMUNITIES,
  EXTENDED_LENGTH,
  MP_REACH_NLRI,
  MP_UNREACH_NLRI,
} from '../attribute/table.ts';
import { HEADER_BYTES, UPDATE } from '../constants.ts';
import { newMessage } from '../message/header.ts';
import type { BgpNeighbors } from '../neighbors.ts';
import {
  FAMILIES,
  type Family,
  type NegotiatedSession,
  type NeighborId,
  type RefreshSubtype,
  type RouteExchange,
} from '../types.ts';
import type { UpdateContext } from '../update/attribute-checks.ts';
import { UpdateParser } from '../update/parse-update.ts';

/** A route's number; 16 bits. */
export type RouteNumber = number;

export type PlainAnnouncement = {
  /** Its own, above 0. */
  readonly community: number;
  /** Behind the speaker's AS. */
  readonly path: readonly number[];
  readonly origin: 0 | 1 | 2;
  readonly med: number | undefined;
  /** How many more communities it carries; they mean nothing. */
  readonly ballast: number;
};

/** What is to be said next; a route is told as it is when its turn comes. */
type Owed =
  | { readonly kind: 'route'; readonly route: RouteNumber }
  | { readonly kind: 'end-of-rib'; readonly family: Family }
  | { readonly kind: 'refresh'; readonly family: Family; readonly subtype: RefreshSubtype };

const CONTEXT: UpdateContext = {
  fourOctetAs: true,
  isInternal: false,
  ipv4: true,
  ipv6: true,
  extendedNextHop: false,
  pathIds: { 4: false, 6: false },
};
export const BALLAST_MAX = 150;
/** Of a route told without a community. */
const NO_COMMUNITY = 0;

export const familyOfRoute = (route: RouteNumber): Family => (route % 2 === 0 ? 'ipv4' : 'ipv6');

/** Length and octets of a route's prefix, as in messages. */
export const prefixOctets = (route: RouteNumber): Uint8Array =>
  route % 2 === 0
    ? Uint8Array.of(24, 10, route >>> 8, route & 255)
    : Uint8Array.of(32, 0xfd, 0, route >>> 8, route & 255);

export class PlainSpeaker implements RouteExchange {
  /** Changed by `announce` and `withdraw` alone. */
  readonly announced: ReadonlyMap<RouteNumber, PlainAnnouncement>;
  /** The community of every route it was told. */
  readonly held: ReadonlyMap<RouteNumber, number>;
  private readonly ours = new Map<RouteNumber, PlainAnnouncement>();
  private readonly theirs = new Map<RouteNumber, number>();
  /** Of a refresh under way: what was not heard again yet. */
  private readonly unheard = new Map<Family, Set<RouteNumber>>();
  private owed: Owed[] = [];
  private session: NegotiatedSession | undefined;
  private readonly parser = new UpdateParser();
  private readonly asn: number;
  private readonly nextHop: Uint8Array;
  /** Its neighbor, and the sessions that lead there; set once both exist. */
  private way: { readonly neighbors: BgpNeighbors; readonly neighbor: NeighborId } | undefined;

  /** `nextHop` has 4 octets. */
  constructor(asn: number, nextHop: Uint8Array) {
    this.asn = asn;
    this.nextHop = nextHop;
    this.announced = this.ours;
    this.held = this.theirs;
  }

  attach(neighbors: BgpNeighbors, neighbor: NeighborId): void {
    this.way = { neighbors, neighbor };
  }

  /** Messages that could not leave yet. */
  get backlog(): number {
    return this.owed.length;
  }

  announce(route: RouteNumber, announcement: PlainAnnouncement, now: Instant): void {
    this.ours.set(route, announcement);
    this.tell({ kind: 'route', route }, now);
  }

  withdraw(route: RouteNumber, now: Instant): void {
    if (this.ours.delete(route)) this.tell({ kind: 'route', route }, now);
  }

  established(_neighbor: NeighborId, session: NegotiatedSession, now: Instant): void {
    this.session = session;
    this.owed = [...this.ours.keys()].map((route) => ({ kind: 'route', route }));
    for (const family of FAMILIES) this.owed.push({ kind: 'end-of-rib', family });
    this.sendOwed(now);
  }

  ended(): void {
    this.session = undefined;
    this.owed = [];
    this.theirs.clear();
    this.unheard.clear();
  }

  forget(): void {
    // Nothing is kept over the end of a session.
  }

  writable(_neighbor: NeighborId, now: Instant): void {
    this.sendOwed(now);
  }

  receiveUpdate(_neighbor: NeighborId, bytes: Uint8Array, start: number, end: number): undefined {
    const { parser } = this;
    const reset = parser.parse(bytes, start, end, CONTEXT);
    assert(reset === undefined && parser.withdrawType === -1, 'what it is sent is well formed');
    const where = parser.offset[COMMUNITIES] as number;
    const community = parser.has(COMMUNITIES) ? readUint32(bytes, where) : NO_COMMUNITY;
    this.drop(bytes, parser.withdrawnStart, parser.withdrawnEnd);
    if (parser.unreachFamily !== 0) this.drop(bytes, parser.unreachStart, parser.unreachEnd);
    this.keep(bytes, parser.nlriStart, parser.nlriEnd, community);
    if (parser.reachFamily !== 0) this.keep(bytes, parser.reachStart, parser.reachEnd, community);
    return undefined;
  }

  receiveRouteRefresh(
    _neighbor: NeighborId,
    family: Family,
    subtype: RefreshSubtype,
    now: Instant,
  ): void {
    if (subtype === 1) {
      const held = [...this.theirs.keys()].filter((route) => familyOfRoute(route) === family);
      this.unheard.set(family, new Set(held));
    } else if (subtype === 2) {
      for (const route of this.unheard.get(family) ?? []) this.theirs.delete(route);
      this.unheard.delete(family);
    } else {
      const routes = [...this.ours.keys()].filter((route) => familyOfRoute(route) === family);
      this.owed.push({ kind: 'refresh', family, subtype: 1 });
      for (const route of routes) this.owed.push({ kind: 'route', route });
      this.owed.push({ kind: 'refresh', family, subtype: 2 });
      this.sendOwed(now);
    }
  }

  private keep(b: Uint8Array, start: number, end: number, community: number): void {
    for (let o = start; o < end; o = after(b, o)) {
      const route = routeAt(b, o);
      this.theirs.set(route, community);
      this.unheard.get(familyOfRoute(route))?.delete(route);
    }
  }

  private drop(b: Uint8Array, start: number, end: number): void {
    for (let o = start; o < end; o = after(b, o)) this.theirs.delete(routeAt(b, o));
  }

  private tell(what: Owed, now: Instant): void {
    if (this.session === undefined) return;
    this.owed.push(what);
    if (this.owed.length === 1) this.sendOwed(now);
  }

  private sendOwed(now: Instant): void {
    let sent = 0;
    while (sent < this.owed.length && this.send(this.owed[sent] as Owed, now)) sent++;
    if (sent > 0) this.owed.splice(0, sent);
  }

  private send(what: Owed, now: Instant): boolean {
    assert(this.way !== undefined, 'a speaker is attached before it speaks');
    const { neighbors, neighbor } = this.way;
    if (what.kind === 'refresh')
      return neighbors.sendRouteRefresh(neighbor, what.family, what.subtype, now);
    const message = what.kind === 'route' ? this.messageOf(what.route) : endOfRib(what.family);
    return neighbors.sendUpdate(neighbor, message, 0, message.length, now);
  }

  private messageOf(route: RouteNumber): Uint8Array {
    const announcement = this.ours.get(route);
    const prefix = prefixOctets(route);
    const isIpv4 = familyOfRoute(route) === 'ipv4';
    if (announcement === undefined)
      return isIpv4
        ? update(prefix, NOTHING, NOTHING)
        : update(NOTHING, attribute(0x80, MP_UNREACH_NLRI, 0, 2, 1, ...prefix), NOTHING);
    const { path, origin, med, community, ballast } = announcement;
    const asns = [this.asn, ...path];
    const hop = new Uint8Array(16);
    hop.set([0xfd, 0xff, ...this.nextHop]);
    const attributes = concatBytes(
      isIpv4 ? NOTHING : attribute(0x80, MP_REACH_NLRI, 0, 2, 1, 16, ...hop, 0, ...prefix),
      attribute(0x40, 1, origin),
      attribute(0x40, AS_PATH, 2, asns.length, ...asns.flatMap(word)),
      isIpv4 ? attribute(0x40, 3, ...this.nextHop) : NOTHING,
      med === undefined ? NOTHING : attribute(0x80, 4, ...word(med)),
      attribute(0xc0, COMMUNITIES, ...word(community), ...BALLAST.slice(0, 4 * ballast)),
    );
    return update(NOTHING, attributes, isIpv4 ? prefix : NOTHING);
  }
}

const NOTHING = new Uint8Array(0);
/** Communities 8192:0, 8192:1 …, above every announcement's own. */
const BALLAST = Array.from({ length: BALLAST_MAX }, (_, i) => word(0x20000000 + i)).flat();

function attribute(flags: number, type: number, ...value: readonly number[]): Uint8Array {
  const { length } = value;
  return length > 255
    ? Uint8Array.of(flags | EXTENDED_LENGTH, type, length >>> 8, length & 255, ...value)
    : Uint8Array.of(flags, type, length, ...value);
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function update(withdrawn: Uint8Array, attributes: Uint8Array, nlri: Uint8Array): Uint8Array {
  const message = newMessage(UPDATE, 4 + withdrawn.length + attributes.length + nlri.length);
  writeUint16(message, HEADER_BYTES, withdrawn.length);
  message.set(withdrawn, HEADER_BYTES + 2);
  const o = HEADER_BYTES + 2 + withdrawn.length;
  writeUint16(message, o, attributes.length);
  message.set(attributes, o + 2);
  message.set(nlri, o + 2 + attributes.length);
  return message;
}

const endOfRib = (family: Family): Uint8Array =>
  update(NOTHING, family === 'ipv4' ? NOTHING : attribute(0x80, MP_UNREACH_NLRI, 0, 2, 1), NOTHING);

const after = (b: Uint8Array, o: number): number => o + 1 + ((at(b, o) + 7) >>> 3);

/** Both kinds of prefixes end in the two octets of the number. */
const routeAt = (b: Uint8Array, o: number): RouteNumber => {
  const end = after(b, o);
  return (at(b, end - 2) << 8) | at(b, end - 1);
};
