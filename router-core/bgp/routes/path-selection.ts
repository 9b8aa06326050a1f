/**
 * Which paths of a prefix a neighbor shall have that takes several, or is a client of a route server.
 *
 * Standard: RFC 7911 §3 leaves the choice to us; RFC 7947 §2.3.2.1 (a Loc-RIB per client, in effect); BGP
 * specification §6.1.
 *
 *   paths that take part in the decision ──► those no rule keeps from the neighbor ──► the best N of them
 *
 * The rules come before the count: a neighbor that itself told us the best path gets N others, and a client
 * of a route server, N being 1, what the decision makes of the paths that are for it. Every
 * chosen path has an id among those of its prefix, which stays as long as the path does, whatever its
 * attributes become (rib/path-table.ts).
 *
 * @module
 */
import {
  FOR_NEIGHBOR,
  NO_BEST_PATH,
  NO_NEXT_HOP,
  NOT_AMONG_BEST,
} from '../policy/export-reason.ts';
import type { PeerFacts } from '../policy/rules/condition.ts';
import { u16, u32 } from '../rib/columns.ts';
import type { Decision } from '../rib/decision.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import type { PathTable } from '../rib/path-table.ts';
import type { BatchEncoder } from './batch-encoder.ts';
import type { RouteNeighbor } from './neighbor.ts';
import type { UpdateGroup } from './update-group.ts';

/** Paths of a prefix beside the table, and who told them: what would be if these were the paths. */
export type SupposedPaths = {
  readonly paths: PathTable;
  /** Their prefix in that table. */
  readonly prefix: number;
  factsOf(source: number): PeerFacts | undefined;
};

/** A path as a member would hear of it; equal attributes are heard alike. */
export type PathOffer = {
  readonly source: number;
  readonly pathId: number;
  readonly attributes: number;
};

export class PathSelection {
  /** The rows chosen last. */
  rows: Uint32Array<ArrayBuffer>;
  /** By place of a row in its prefix: what the rules of the group make of its attributes. */
  private outgoing: Uint32Array<ArrayBuffer>;
  private readonly decision: Decision;
  private readonly encoder: BatchEncoder;

  constructor(decision: Decision, encoder: BatchEncoder) {
    this.rows = new Uint32Array(64);
    this.outgoing = new Uint32Array(64);
    this.decision = decision;
    this.encoder = encoder;
  }

  /** Chooses the paths of a prefix for a member of the group, each with its id; returns how many there are. */
  choose(group: UpdateGroup, rib: FamilyRib, prefix: number, member: RouteNeighbor): number {
    const count = this.pick(group, rib, prefix, member);
    rib.paths.assignSentIds(prefix, this.rows, count);
    return count;
  }

  /** What a member is offered, or would be if there were other paths, for people. */
  offers(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    member: RouteNeighbor,
    supposed?: SupposedPaths,
  ): PathOffer[] {
    const paths = supposed?.paths ?? rib.paths;
    const first = paths.first(supposed?.prefix ?? prefix);
    const count = this.pick(group, rib, prefix, member, supposed);
    return Array.from(this.rows.subarray(0, count), (row) => ({
      source: u16(paths.source, row),
      pathId: paths.pathId.get(row),
      attributes: this.encoder.heardAs(group, u32(this.outgoing, row - first)),
    }));
  }

  /** Finds the rows and what the rules make of them, without a change of the table; returns how many there are. */
  private pick(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    member: RouteNeighbor,
    supposed?: SupposedPaths,
  ): number {
    const { encoder } = this;
    const paths = supposed?.paths ?? rib.paths;
    if (group.nextHop[rib.family] === undefined) return 0;
    // Told beside the table, and alone.
    if (encoder.isOriginated(group, rib, prefix)) return 0;
    const limit = group.pathsMax[rib.family] ?? 0;
    const at = supposed?.prefix ?? prefix;
    const first = paths.first(at);
    const end = first + u16(paths.count, at);
    if (this.rows.length < end - first) {
      this.rows = new Uint32Array((end - first) * 2);
      this.outgoing = new Uint32Array((end - first) * 2);
    }
    if (limit === 1 && supposed === undefined && this.pickBest(group, rib, prefix, member))
      return 1;
    let count = 0;
    for (let row = first; row < end; row++) {
      if (!this.decision.isEligible(paths, row)) continue;
      const source = u16(paths.source, row);
      const attributes = u32(paths.attributes, row);
      const told =
        supposed === undefined
          ? encoder.outgoingPath(group, rib, prefix, source, attributes)
          : encoder.outgoingOf(group, rib, prefix, attributes, supposed.factsOf(source));
      if (told === 0 || !encoder.isFor(group, rib, member, source, told)) continue;
      this.outgoing[row - first] = told;
      this.rows[count++] = row;
    }
    if (count > limit) {
      this.decision.rank(paths, this.rows, count, limit);
      count = limit;
    }
    return count;
  }

  /** Returns the row of the path a member is told that is told one, or -1, for people. */
  only(group: UpdateGroup, rib: FamilyRib, prefix: number, member: RouteNeighbor): number {
    return this.pick(group, rib, prefix, member) === 0 ? -1 : u32(this.rows, 0);
  }

  /**
   * Picks the best path of all where it is for the member, nearly always, without a look at the rules for
   * the others; returns whether it did.
   */
  private pickBest(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    member: RouteNeighbor,
  ): boolean {
    const { paths } = rib;
    const row = rib.bestRow(prefix);
    if (row === -1 || !this.decision.isEligible(paths, row)) return false;
    const source = u16(paths.source, row);
    const told = this.encoder.outgoingPath(group, rib, prefix, source, u32(paths.attributes, row));
    if (told === 0 || !this.encoder.isFor(group, rib, member, source, told)) return false;
    // Without a path that beat it by MED another one may win.
    if (this.decision.isMedInPlay(paths, prefix)) return false;
    this.outgoing[row - paths.first(prefix)] = told;
    this.rows[0] = row;
    return true;
  }

  /**
   * Returns the id under which the best path is known to those it was chosen for, while they keep it
   * whatever becomes of other paths; else 0.
   */
  idOfBest(rib: FamilyRib, prefix: number): number {
    const row = rib.bestRow(prefix);
    return row === -1 || this.decision.isMedInPlay(rib.paths, prefix)
      ? 0
      : rib.paths.sentId.get(row);
  }

  /** The attributes a chosen row is told with. */
  attributesOf(rib: FamilyRib, prefix: number, row: number): number {
    return u32(this.outgoing, row - rib.paths.first(prefix));
  }

  /** Returns the first rule that keeps a path that takes part (-1: there is none) from a member, for people. */
  refusal(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    row: number,
    member: RouteNeighbor,
  ): number {
    if (row === -1) return NO_BEST_PATH;
    const rule = this.rule(group, rib, prefix, row, member);
    if (rule !== FOR_NEIGHBOR) return rule;
    const count = this.pick(group, rib, prefix, member);
    return this.rows.subarray(0, count).includes(row) ? FOR_NEIGHBOR : NOT_AMONG_BEST;
  }

  private rule(
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
    row: number,
    member: RouteNeighbor,
  ): number {
    if (group.nextHop[rib.family] === undefined) return NO_NEXT_HOP;
    const { encoder } = this;
    const source = u16(rib.paths.source, row);
    const attributes = u32(rib.paths.attributes, row);
    const told = encoder.outgoingPath(group, rib, prefix, source, attributes);
    const isRejected = told === 0;
    const judged = isRejected ? attributes : told;
    return encoder.pathRefusal(group, rib, member, source, judged, isRejected);
  }
}
