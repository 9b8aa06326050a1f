/**
 * One UPDATE into the Adj-RIB-In: withdrawals, then announcements through the import policy.
 *
 * Standard: RFC 4271 §9, RFC 7606 §2, RFC 7911 §3 and §5; BGP specification §4.1.
 *
 * A route whose attributes are malformed is treated as withdrawn and kept without them, so that its
 * owner can see why. Prefixes of a message that are both withdrawn and announced are announced.
 *
 * With path ids all of this is about one path of a prefix. A withdrawal of a path that is not there
 * means nothing. A neighbor has only so many paths of a prefix; a path beyond that takes the place of
 * a stale one (a restarted neighbor may number anew), or is not kept.
 *
 * @module
 */
import { readUint32 } from '../../base/bytes.ts';
import type { Instant } from '../../base/units.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { attributeName } from '../attribute/table.ts';
import type { FlapDetector } from '../flap/flap-detector.ts';
import {
  ACCEPTED,
  isTreatedAsWithdrawn,
  NEXT_HOP_UNRESOLVED,
  PREFIX_LIMIT,
  RECEIVE_LIMIT,
  treatedAsWithdrawn,
} from '../policy/reason.ts';
import { u8, u16, u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { PATHS_PER_NEIGHBOR_MAX, PATHS_PER_PREFIX_MAX } from '../rib/limits.ts';
import type { PathTable } from '../rib/path-table.ts';
import { OWN } from '../rib/source-table.ts';
import type { BgpNotification, Family } from '../types.ts';
import { CANONICAL_BYTES_MAX, canonicalize } from '../update/canonicalize.ts';
import { nextPrefix, PATH_ID_BYTES } from '../update/nlri.ts';
import { UpdateParser } from '../update/parse-update.ts';
import type { NeighborFamily, RouteNeighbor } from './neighbor.ts';
import { NOT_KNOWN, type PathJudge } from './path-judge.ts';
import { stampReceived } from './received-set.ts';
import type { MalformedUpdate, RouteEvent } from './types.ts';

export class UpdateReceiver {
  private readonly store: AttributeStore;
  private readonly judge: PathJudge;
  private readonly ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
  private readonly bySource: ReadonlyMap<number, RouteNeighbor>;
  private readonly flaps: FlapDetector;
  private readonly report: (event: RouteEvent) => void;
  private readonly onEndOfRib: (neighbor: RouteNeighbor, family: Family, now: Instant) => void;
  private readonly parser: UpdateParser;
  private readonly canonical: Uint8Array;
  /** The set without attributes, of routes treated as withdrawn. */
  private readonly nothing: number;

  constructor(parts: {
    store: AttributeStore;
    judge: PathJudge;
    ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
    bySource: ReadonlyMap<number, RouteNeighbor>;
    flaps: FlapDetector;
    report: (event: RouteEvent) => void;
    onEndOfRib: (neighbor: RouteNeighbor, family: Family, now: Instant) => void;
  }) {
    this.store = parts.store;
    this.judge = parts.judge;
    this.ribs = parts.ribs;
    this.bySource = parts.bySource;
    this.flaps = parts.flaps;
    this.report = parts.report;
    this.onEndOfRib = parts.onEndOfRib;
    this.parser = new UpdateParser();
    this.canonical = new Uint8Array(CANONICAL_BYTES_MAX);
    this.nothing = this.store.intern(this.canonical, 0, 0);
    this.store.retain(this.nothing);
  }

  /** Applies the body of an UPDATE; returns the NOTIFICATION of a reset. */
  receive(
    neighbor: RouteNeighbor,
    b: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): BgpNotification | undefined {
    const { parser } = this;
    const reset = parser.parse(b, start, end, neighbor.context);
    if (reset !== undefined) {
      this.complain(neighbor, 'reset', parser.resetType, b, start, end, now);
      return reset;
    }
    if (parser.withdrawType !== -1) {
      this.complain(neighbor, 'withdraw', parser.withdrawType, b, start, end, now);
    } else if (parser.discarded > 0) {
      this.complain(neighbor, 'discard', parser.discardType, b, start, end, now);
    }
    if (parser.endOfRib !== 0) {
      this.onEndOfRib(neighbor, neighbor.of(parser.endOfRib).family, now);
      return undefined;
    }
    this.withdraw(neighbor, this.ribs[4], b, parser.withdrawnStart, parser.withdrawnEnd, now);
    if (parser.unreachFamily !== 0) {
      const rib = this.ribs[parser.unreachFamily];
      this.withdraw(neighbor, rib, b, parser.unreachStart, parser.unreachEnd, now);
    }
    if (parser.nlriEnd > parser.nlriStart) {
      this.announce(neighbor, this.ribs[4], false, b, parser.nlriStart, parser.nlriEnd, now);
    }
    if (parser.reachFamily !== 0 && parser.reachEnd > parser.reachStart) {
      const rib = this.ribs[parser.reachFamily];
      this.announce(neighbor, rib, true, b, parser.reachStart, parser.reachEnd, now);
    }
    return undefined;
  }

  /** Judges one kept path anew: registry, own prefixes, policy or limit changed. */
  reevaluate(rib: FamilyRib, prefix: number, row: number): void {
    const source = u16(rib.paths.source, row);
    const old = u16(rib.paths.reason, row);
    const neighbor = this.bySource.get(source);
    if (source === OWN || neighbor === undefined || isTreatedAsWithdrawn(old)) return;
    const of = neighbor.of(rib.family);
    const attributes = rib.paths.receivedOf(row) || u32(rib.paths.attributes, row);
    const { judge } = this;
    judge.beginSet(of.terms, attributes);
    rib.prefixes.loadRow(prefix);
    const reason = judge.judgeCounted(of, rib, attributes, old);
    if (isForgotten(of, reason)) this.forget(neighbor, rib, prefix, row);
    else rib.revise(prefix, row, judge.attributes, reason, judge.received);
    // Next hops that are looked up, or what the neighbor may have discarded.
    if (reason === ACCEPTED) rib.followNextHop(prefix);
  }

  private withdraw(
    neighbor: RouteNeighbor,
    rib: FamilyRib,
    b: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): void {
    const hasPathIds = neighbor.context.pathIds[rib.family];
    let pathId = 0;
    for (let o = start; o < end; o = nextPrefix(b, o)) {
      if (hasPathIds) {
        pathId = readUint32(b, o);
        o += PATH_ID_BYTES;
      }
      rib.prefixes.loadNlri(b, o);
      const prefix = rib.prefixes.find();
      if (prefix === 0) continue;
      const row = rib.paths.find(prefix, neighbor.source, pathId);
      if (row === -1) continue;
      this.flaps.withdrawn(rib, prefix, neighbor.source, now);
      rib.removeRow(prefix, row);
    }
  }

  private announce(
    neighbor: RouteNeighbor,
    rib: FamilyRib,
    isReach: boolean,
    b: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): void {
    const { parser, store, judge } = this;
    const of = neighbor.of(rib.family);
    const isMalformed = parser.withdrawType !== -1;
    let attributes = this.nothing;
    if (!isMalformed) {
      const { fourOctetAs } = neighbor.context;
      const length = canonicalize(parser, b, fourOctetAs, isReach, this.canonical);
      attributes = store.intern(this.canonical, 0, stampReceived(of.terms, this.canonical, length));
      judge.beginSet(of.terms, attributes);
    }
    const malformedReason = isMalformed ? treatedAsWithdrawn(parser.withdrawType) : ACCEPTED;
    const hasPathIds = neighbor.context.pathIds[rib.family];
    let pathId = 0;
    for (let o = start; o < end; o = nextPrefix(b, o)) {
      if (hasPathIds) {
        pathId = readUint32(b, o);
        o += PATH_ID_BYTES;
      }
      rib.prefixes.loadNlri(b, o);
      const prefix = rib.addLoadedPrefix();
      const row = rib.paths.find(prefix, neighbor.source, pathId);
      if (hasPathIds && row === -1 && !this.hasRoom(neighbor, rib, prefix)) {
        neighbor.notKept++;
        continue;
      }
      const old = row === -1 ? NOT_KNOWN : u16(rib.paths.reason, row);
      const reason = isMalformed ? malformedReason : judge.judgeCounted(of, rib, attributes, old);
      if (isForgotten(of, reason)) {
        if (row !== -1) this.flaps.withdrawn(rib, prefix, neighbor.source, now);
        this.forget(neighbor, rib, prefix, row);
        continue;
      }
      if (row === -1 && reason !== ACCEPTED && of.received >= neighbor.keptMax) {
        neighbor.notKept++;
        rib.releasePrefix(prefix);
        continue;
      }
      if (row === -1) this.flaps.announced(rib, prefix, neighbor.source, attributes, now);
      else if (isOther(rib.paths, row, attributes, of.epoch))
        this.flaps.replaced(rib, prefix, neighbor.source, attributes, now);
      const judged = isMalformed ? attributes : judge.attributes;
      const received = isMalformed ? 0 : judge.received;
      rib.put(prefix, row, neighbor.source, judged, reason, of.epoch, now, received, pathId);
    }
  }

  /** Whether a prefix may have one more path of a neighbor; a stale one goes if need be. */
  private hasRoom(neighbor: RouteNeighbor, rib: FamilyRib, prefix: number): boolean {
    const { paths } = rib;
    const first = paths.firstOf(prefix, neighbor.source);
    const end = paths.firstOf(prefix, neighbor.source + 1);
    const isFull =
      end - first >= PATHS_PER_NEIGHBOR_MAX ||
      (end > first && u16(paths.count, prefix) >= PATHS_PER_PREFIX_MAX);
    if (!isFull) return true;
    const { epoch } = neighbor.of(rib.family);
    for (let row = first; row < end; row++) {
      if (u8(paths.epoch, row) === epoch) continue;
      rib.removeRow(prefix, row);
      return true;
    }
    return false;
  }

  /** Without an import table a rejected route leaves nothing behind but a number. */
  private forget(neighbor: RouteNeighbor, rib: FamilyRib, prefix: number, row: number): void {
    neighbor.notKept++;
    if (row === -1) rib.releasePrefix(prefix);
    else rib.removeRow(prefix, row);
  }

  private complain(
    neighbor: RouteNeighbor,
    reaction: MalformedUpdate['reaction'],
    type: number,
    b: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): void {
    const fault = { start: this.parser.faultStart, end: this.parser.faultEnd };
    const isFirst = neighbor.malformed.add(reaction, type, b, start, end, fault, now);
    // Once per kind: a peer that repeats itself shall not fill the log.
    if (!isFirst) return;
    const attribute = type === -1 ? null : attributeName(type);
    this.report({ kind: 'malformed', neighbor: neighbor.id, reaction, attribute });
  }
}

/** Whether a neighbor says something else of a path than it did, in the same round of refresh or restart. */
const isOther = (paths: PathTable, row: number, attributes: number, epoch: number): boolean =>
  (paths.receivedOf(row) || u32(paths.attributes, row)) !== attributes &&
  u8(paths.epoch, row) === epoch;

/** Whether a verdict leaves nothing; what waits for room, or for a way to its next hop, is kept all the same. */
const isForgotten = ({ options }: NeighborFamily, reason: number): boolean =>
  !options.importTable &&
  reason !== ACCEPTED &&
  reason !== PREFIX_LIMIT &&
  reason !== NEXT_HOP_UNRESOLVED &&
  reason !== RECEIVE_LIMIT;
