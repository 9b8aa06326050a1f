/**
 * Which of several paths is best, and at which step that was decided.
 *
 * Standard: RFC 4271 §9.1.2.2, RFC 4456 §9, RFC 5004, RFC 9494 §4.3; the order is that of BGP specification §5.
 *
 *    0 own prefix          7 ORIGIN                      13 BGP identifier
 *    2 long-lived stale    8 MED, same neighbor AS       14 CLUSTER_LIST length
 *    3 LOCAL_PREF          9 external over internal      15 peer address
 *    6 AS_PATH length     12 older route                 16 path id
 *
 * Steps 1, 4, 5 and 10 have no meaning here: next hops are tunnels, all equally far, and a path without one
 * is not accepted; there is no AIGP; own prefixes win at step 0. Step 11 is no step but a line: paths that are
 * equal down to it may carry packets together (multipath).
 *
 * MED breaks transitivity: a running minimum would depend on the order of arrival. With
 * deterministic MED the best of each neighbor AS is found first; the winners come from different
 * ones, so MED has no say between them.
 *
 * Invariant: the result does not depend on the order in which paths arrived, only on their contents
 * and, by step 12, on the times they are known since.
 *
 * @module
 */
import { type AttributeStore, HAS_LLGR_STALE, HAS_MED } from '../attribute/attribute-store.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd } from '../attribute/canonical-block.ts';
import { AS_PATH } from '../attribute/table.ts';
import { f64, u8, u16, u32 } from './columns.ts';
import type { PathTable } from './path-table.ts';
import { OWN, type SourceTable } from './source-table.ts';

export type DecisionOptions = {
  /** RFC 5004: of two external routes the older stays; stops churn. */
  readonly preferOlder: boolean;
  readonly deterministicMed: boolean;
  /** Compare MED of different neighbor ASes too. */
  readonly alwaysCompareMed: boolean;
  /** A route without MED counts as the worst instead of as 0. */
  readonly missingMedWorst: boolean;
  /** As many next hops of paths as good as the best carry packets, 1 to 16. */
  readonly maxPaths: number;
  /** As good are also paths through other ASes, if they are as long. */
  readonly multipathRelax: boolean;
};

export const DECISION_DEFAULTS: DecisionOptions = {
  preferOlder: true,
  deterministicMed: true,
  alwaysCompareMed: false,
  missingMedWorst: false,
  maxPaths: 1,
  multipathRelax: false,
};

/** By step: what people read as the answer to "why". */
export const DECISION_STEPS: Readonly<Record<number, string>> = {
  0: 'own prefix',
  2: 'long-lived stale',
  3: 'local preference',
  6: 'AS path length',
  7: 'origin',
  8: 'MED',
  9: 'external over internal',
  12: 'older route',
  13: 'router id',
  14: 'cluster list length',
  15: 'peer address',
  16: 'path id',
};

/** RFC 4271 §9.1.2.2 c. */
export const MED_STEP = 8;
/** Paths equal down to here may be used together. */
const MULTIPATH_STEP = 11;

export class Decision {
  private readonly store: AttributeStore;
  private readonly sources: SourceTable;
  /** Whoever changes them has every prefix decided anew. */
  options: DecisionOptions;
  /** Rows taking part, for the rare case in which MED matters. */
  private candidates: Uint32Array<ArrayBuffer>;
  private isTaken: Uint8Array<ArrayBuffer>;

  constructor(store: AttributeStore, sources: SourceTable, options: DecisionOptions) {
    this.store = store;
    this.sources = sources;
    this.options = options;
    this.candidates = new Uint32Array(64);
    this.isTaken = new Uint8Array(64);
  }

  /** Whether the path takes part: accepted, and its neighbor is there. */
  isEligible(paths: PathTable, row: number): boolean {
    return u16(paths.reason, row) === 0 && u8(this.sources.isUp, u16(paths.source, row)) === 1;
  }

  /**
   * Returns the row of the best path of a prefix, or -1; with `except`, of the best that would be
   * left without that row.
   */
  best(paths: PathTable, prefix: number, except: number = -1): number {
    const first = paths.first(prefix);
    const end = first + u16(paths.count, prefix);
    const { alwaysCompareMed, deterministicMed } = this.options;
    let best = -1;
    let hasMed = false;
    for (let row = first; row < end; row++) {
      if (row === except || !this.isEligible(paths, row)) continue;
      if ((u8(this.store.flags, u32(paths.attributes, row)) & HAS_MED) !== 0) hasMed = true;
      if (best === -1 || this.compare(paths, row, best) < 0) best = row;
    }
    if (!hasMed || alwaysCompareMed || !deterministicMed) return best;
    return this.bestByNeighborAs(paths, first, end, best, except);
  }

  /**
   * Whether MED may have a say among some of the paths of a prefix. Without it the best of all is the best
   * of every part it is in.
   */
  isMedInPlay(paths: PathTable, prefix: number): boolean {
    if (this.options.alwaysCompareMed) return false;
    const first = paths.first(prefix);
    const end = first + u16(paths.count, prefix);
    for (let row = first; row < end; row++)
      if ((u8(this.store.flags, u32(paths.attributes, row)) & HAS_MED) !== 0) return true;
    return false;
  }

  /**
   * Compares two paths of one prefix: negative when `x` is the better one, and the magnitude minus
   * one is the step that decided.
   */
  compare(paths: PathTable, x: number, y: number): number {
    const store = this.store;
    const sx = u16(paths.source, x);
    const sy = u16(paths.source, y);
    if (sx === OWN || sy === OWN) return verdict(0, sx === sy ? 0 : sx === OWN ? -1 : 1);
    const ax = u32(paths.attributes, x);
    const ay = u32(paths.attributes, y);
    // RFC 9494 §4.3: what nobody has confirmed for long is the last choice.
    const staleness =
      (u8(store.flags, ax) & HAS_LLGR_STALE) - (u8(store.flags, ay) & HAS_LLGR_STALE);
    if (staleness !== 0) return verdict(2, staleness);
    const preference = u32(store.keyA, ax) - u32(store.keyA, ay);
    if (preference !== 0) return verdict(3, preference);
    const path = u32(store.keyB, ax) - u32(store.keyB, ay);
    if (path !== 0) return verdict(sameLength(store, ax, ay) ? 7 : 6, path);
    if (this.options.alwaysCompareMed || u32(store.neighborAs, ax) === u32(store.neighborAs, ay)) {
      const med = this.medOf(ax) - this.medOf(ay);
      if (med !== 0) return verdict(MED_STEP, med);
    }
    return this.compareSources(paths, x, y, sx, sy, ax, ay);
  }

  /** Steps 9 to 16: what does not depend on the route alone. */
  private compareSources(
    paths: PathTable,
    x: number,
    y: number,
    sx: number,
    sy: number,
    ax: number,
    ay: number,
  ): number {
    const store = this.store;
    const sources = this.sources;
    const isExternal = u8(sources.isExternal, sx);
    if (isExternal !== u8(sources.isExternal, sy)) return verdict(9, isExternal === 1 ? -1 : 1);
    if (this.options.preferOlder && isExternal === 1) {
      const age = f64(paths.since, x) - f64(paths.since, y);
      if (age !== 0) return verdict(12, age);
    }
    const identifier = this.identifierOf(sx, ax) - this.identifierOf(sy, ay);
    if (identifier !== 0) return verdict(13, identifier);
    const clusters = u16(store.clusterCount, ax) - u16(store.clusterCount, ay);
    if (clusters !== 0) return verdict(14, clusters);
    if (sx === sy) return verdict(16, paths.pathId.get(x) - paths.pathId.get(y));
    const address = sources.compareAddresses(sx, sy);
    // Two sessions to one address: the lower number, so that the order stays total.
    return verdict(15, address !== 0 ? address : sx - sy);
  }

  /**
   * What `compare` looks at in one path at one step, as a number. At step 15 that is an address and
   * no number: the source whose address it is.
   */
  valueAt(step: number, paths: PathTable, row: number): number {
    const { store, sources } = this;
    const source = u16(paths.source, row);
    const attributes = u32(paths.attributes, row);
    switch (step) {
      case 0:
        return source === OWN ? 1 : 0;
      case 2:
        return (u8(store.flags, attributes) & HAS_LLGR_STALE) === 0 ? 0 : 1;
      case 3:
        return store.localPref(attributes);
      case 6:
        return u32(store.keyB, attributes) >>> 8;
      case 7:
        return (u32(store.keyB, attributes) >>> 4) & 15;
      case MED_STEP:
        return this.medOf(attributes);
      case 9:
        return u8(sources.isExternal, source);
      case 12:
        return f64(paths.since, row);
      case 13:
        return this.identifierOf(source, attributes);
      case 14:
        return u16(store.clusterCount, attributes);
      case 16:
        return paths.pathId.get(row);
      default:
        return source;
    }
  }

  /** RFC 4456 §9: the router that brought the route into our AS, else the neighbor itself. */
  private identifierOf(source: number, attributes: number): number {
    const originator = u32(this.store.originatorId, attributes);
    return originator === 0 ? u32(this.sources.routerId, source) : originator;
  }

  private medOf(attributes: number): number {
    if ((u8(this.store.flags, attributes) & HAS_MED) !== 0) return u32(this.store.med, attributes);
    return this.options.missingMedWorst ? 0x100000000 : 0;
  }

  /**
   * Returns the paths that may carry packets beside the best one of a prefix, the best of them first: equal in
   * steps 0 to 10, through the same ASes, or as many of them where that is enough; and not out by MED.
   */
  companions(paths: PathTable, prefix: number, best: number): number[] {
    const first = paths.first(prefix);
    const end = first + u16(paths.count, prefix);
    const found: number[] = [];
    for (let row = first; row < end; row++)
      if (row !== best && this.isAsGood(paths, best, row)) found.push(row);
    const isMedInPlay = this.isMedInPlay(paths, prefix);
    return found
      .filter((row) => !isMedInPlay || !this.isOutByMed(paths, row, first, end))
      .sort((x, y) => this.compare(paths, x, y));
  }

  private isAsGood(paths: PathTable, best: number, row: number): boolean {
    if (!this.isEligible(paths, row)) return false;
    if (stepOf(this.compare(paths, best, row)) < MULTIPATH_STEP) return false;
    const attributes = u32(paths.attributes, row);
    const ofBest = u32(paths.attributes, best);
    return this.options.multipathRelax || hasSamePath(this.store, ofBest, attributes);
  }

  /** Whether a path of the same neighbor AS beats this one by MED. */
  private isOutByMed(paths: PathTable, row: number, first: number, end: number): boolean {
    for (let other = first; other < end; other++) {
      if (other === row || !this.isEligible(paths, other)) continue;
      if (this.compare(paths, row, other) === MED_STEP + 1) return true;
    }
    return false;
  }

  /**
   * Puts rows that take part into order, best first, as far as the first `limit`: each is the best of
   * those behind it.
   */
  rank(paths: PathTable, rows: Uint32Array, count: number, limit: number): void {
    const { alwaysCompareMed, deterministicMed } = this.options;
    let hasMed = false;
    for (let i = 0; i < count; i++) {
      const attributes = u32(paths.attributes, u32(rows, i));
      if ((u8(this.store.flags, attributes) & HAS_MED) !== 0) hasMed = true;
    }
    const isTotal = !hasMed || alwaysCompareMed || !deterministicMed;
    for (let place = 0; place < Math.min(limit, count - 1); place++) {
      const at = isTotal
        ? this.firstOf(paths, rows, place, count)
        : this.electByNeighborAs(paths, rows, place, count);
      const row = u32(rows, at);
      rows[at] = u32(rows, place);
      rows[place] = row;
    }
  }

  /** Where in `rows` the best by pairwise comparison is. */
  private firstOf(paths: PathTable, rows: Uint32Array, start: number, end: number): number {
    let best = start;
    for (let i = start + 1; i < end; i++) {
      if (this.compare(paths, u32(rows, i), u32(rows, best)) < 0) best = i;
    }
    return best;
  }

  /**
   * Deterministic MED. The steps before it are the same for all, so only paths that tie with the
   * winner there take part: few, even when a prefix has fifty.
   */
  private bestByNeighborAs(
    paths: PathTable,
    first: number,
    end: number,
    runningBest: number,
    except: number,
  ): number {
    if (u16(paths.source, runningBest) === OWN) return runningBest;
    if (this.candidates.length < end - first) {
      this.candidates = new Uint32Array((end - first) * 2);
    }
    const { keyA, keyB } = this.store;
    const leader = u32(paths.attributes, runningBest);
    let count = 0;
    for (let row = first; row < end; row++) {
      const attributes = u32(paths.attributes, row);
      if (u32(keyA, attributes) !== u32(keyA, leader)) continue;
      if (u32(keyB, attributes) !== u32(keyB, leader)) continue;
      if (row === except || !this.isEligible(paths, row)) continue;
      this.candidates[count++] = row;
    }
    if (count === 1) return runningBest;
    return u32(this.candidates, this.electByNeighborAs(paths, this.candidates, 0, count));
  }

  /** The best of each neighbor AS, then the best of these; returns its place in `rows`. */
  private electByNeighborAs(
    paths: PathTable,
    rows: Uint32Array,
    start: number,
    end: number,
  ): number {
    if (this.isTaken.length < end) this.isTaken = new Uint8Array(end * 2);
    this.isTaken.fill(0, start, end);
    let best = -1;
    for (let i = start; i < end; i++) {
      if (u8(this.isTaken, i) === 1) continue;
      let winner = i;
      const neighborAs = u32(this.store.neighborAs, u32(paths.attributes, u32(rows, i)));
      for (let j = i + 1; j < end; j++) {
        const row = u32(rows, j);
        if (u8(this.isTaken, j) === 1) continue;
        if (u32(this.store.neighborAs, u32(paths.attributes, row)) !== neighborAs) continue;
        this.isTaken[j] = 1;
        if (this.compare(paths, row, u32(rows, winner)) < 0) winner = j;
      }
      if (best === -1 || this.compare(paths, u32(rows, winner), u32(rows, best)) < 0) best = winner;
    }
    return best;
  }
}

/** Step and direction in one number; 0 means equal. */
const verdict = (step: number, difference: number): number =>
  difference === 0 ? 0 : difference < 0 ? -step - 1 : step + 1;

/** The step a result of `compare` stands for. */
export const stepOf = (comparison: number): number => Math.abs(comparison) - 1;

function hasSamePath(store: AttributeStore, x: number, y: number): boolean {
  if (x === y) return true;
  const b = store.bytes;
  const ox = store.find(x, AS_PATH);
  const oy = store.find(y, AS_PATH);
  if (ox === -1 || oy === -1) return ox === oy;
  const octets = canonicalEnd(b, ox) - ox;
  if (octets !== canonicalEnd(b, oy) - oy) return false;
  for (let i = CANONICAL_HEADER_BYTES; i < octets; i++)
    if (u8(b, ox + i) !== u8(b, oy + i)) return false;
  return true;
}

const sameLength = (store: AttributeStore, x: number, y: number): boolean =>
  u32(store.keyB, x) >>> 8 === u32(store.keyB, y) >>> 8;
