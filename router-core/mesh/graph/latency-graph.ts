/**
 * Who is how far from whom, in which direction, and the next-hop table that follows from it.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5 (`path/path.go`, `IG`). A link u → v is the one-way latency from
 * u to v as v reports it, in seconds. Clocks that differ make latencies wrong by what cancels out round any
 * loop, so negative ones are normal.
 *
 *   update ──► records ──► differs enough? ──► due ──► run(budget) … ──► news: another table
 *                             tick ────────────┘
 *
 * Departures
 * - A computation takes the links that differ enough from what the table was made with, and no others: what
 *   does not ask for a computation does not change its outcome either. The original takes all.
 * - A computation begins with the next `run`, so that what comes together is computed together, and not
 *   before the last one is paid for (limits.ts). The original begins with every report.
 * - Among equal ways: fewest links, then lowest number (packed-distance.ts). The original's choice is random.
 * - A cost that changes asks as a latency does; the original waits for the next latency that asks.
 * - A node from whom and to whom nobody has reported within a lifetime makes room when the graph is full.
 *
 * Invariants
 * - `table` is always the outcome of one whole computation, or one that was set.
 * - Values from the network are finite, or refused, before they come into a record.
 *
 * @module
 */
import { type Instant, instant, type Milliseconds, NONE } from '../../base/units.ts';
import { isEdgeNumber, type NodeNumber } from '../node-number.ts';
import { INFINITE_SECONDS } from './constants.ts';
import { type DistanceMaps, distancesAlong } from './distance-table.ts';
import { LatencyRecords } from './latency-records.ts';
import { LATENCY_LIFE_SECONDS_MAX, RECLAIM_INTERVAL_MS, RELAXATIONS_PER_SECOND } from './limits.ts';
import { type ManualLatency, manualLatencyOf } from './manual-latency.ts';
import { NextHopTable, type TableDifference } from './next-hop-table.ts';
import { packLatency } from './packed-distance.ts';
import { ShortestPaths } from './shortest-paths.ts';
import { isInfinite, type JitterTolerance, shouldUpdate } from './should-update.ts';

/** `GraphRecalculateSetting` of the configuration file. */
export type GraphSettings = {
  /** Never computes; the table is set. */
  readonly isStatic: boolean;
  readonly manualLatency: ManualLatency;
  readonly jitter: JitterTolerance;
  /** Until a link that merely got faster or slower may ask for the next computation. */
  readonly recalculateCoolDown: Milliseconds;
  /** How often the graph is looked at without a report; 0 is never. */
  readonly timeoutCheckInterval: Milliseconds;
};

/** One measurement, as a pong has it. */
export type LatencyReport = {
  readonly from: NodeNumber;
  readonly to: NodeNumber;
  /** From here on INFINITE_SECONDS there is no link. */
  readonly seconds: number;
  readonly timeToAliveSeconds: number;
  /** Negative is none. */
  readonly additionalCostMs: number;
};

export type ReportRefusal = 'not-a-number' | 'not-a-link' | 'graph-full';

/** There is another table. */
export type GraphNews = TableDifference & {
  readonly table: NextHopTable;
  /** Some cycle had a negative length: negative links were set to zero. */
  readonly hadNegativeCycle: boolean;
};

/** What handing one link to the computation costs, in entries of a matrix. */
const COST_OF_APPLYING = 256;

export class LatencyGraph {
  /** The table in force. */
  table = NextHopTable.empty;
  private readonly role: 'edge' | 'super';
  private settings: GraphSettings;
  private readonly paths = new ShortestPaths();
  private readonly records: LatencyRecords;
  private isDue = false;
  private phase: 'idle' | 'checking' | 'applying' | 'computing' = 'idle';
  /** How many links of the list were looked at for one that asks. */
  private checkedCount = 0;
  private hadNegativeCycle = false;
  private hasSetTable = false;
  private coolsUntil = Number.NEGATIVE_INFINITY;
  private startedAt: Instant;
  /** When the last computation is paid for, and another may begin. */
  private paidAt: number;
  private reclaimAt = Number.NEGATIVE_INFINITY;
  private checkAt: number;

  constructor(role: 'edge' | 'super', settings: GraphSettings, now: Instant) {
    this.role = role;
    this.settings = settings;
    this.records = new LatencyRecords(this.paths.matrices.stride);
    this.startedAt = now;
    this.paidAt = now;
    this.checkAt = this.nextCheck(now);
  }

  /** Takes other settings; a supernode changes them while it runs. */
  configure(settings: GraphSettings, now: Instant): void {
    this.settings = settings;
    this.checkAt = this.nextCheck(now);
  }

  /** Sets the table: of the static mode, or a supernode's. `run` tells of it; the next computation replaces it. */
  setTable(table: NextHopTable): void {
    this.table = table;
    this.hasSetTable = true;
    this.paths.matrices.hasNewHops = true;
  }

  /** Takes a measurement. Returns why it does not count. */
  update(report: LatencyReport, now: Instant): ReportRefusal | undefined {
    const { from, to, additionalCostMs, timeToAliveSeconds } = report;
    if (Number.isNaN(report.seconds + timeToAliveSeconds + additionalCostMs)) return 'not-a-number';
    if (report.seconds === Number.NEGATIVE_INFINITY) return 'not-a-number';
    if (!isEdgeNumber(from) || !isEdgeNumber(to) || from === to) return 'not-a-link';
    const isNewSource = this.paths.matrices.find(from) === NONE;
    const u = this.indexOf(from, now);
    const v = this.indexOf(to, now);
    if (u === NONE || v === NONE) return 'graph-full';
    if (isNewSource) this.coolsUntil = Number.NEGATIVE_INFINITY;

    const manualMs = manualLatencyOf(this.settings.manualLatency, from, to);
    const seconds = Math.min(
      manualMs === undefined ? report.seconds : manualMs / 1000,
      INFINITE_SECONDS,
    );
    const cost = Math.min(Math.max(additionalCostMs, 0) / 1000, INFINITE_SECONDS);
    const { records } = this;
    const at = u * records.stride + v;
    const applied = records.applied[at] as number;
    const asks =
      shouldUpdate(this.role, applied, seconds, this.settings.jitter) ||
      this.costAsks(applied, records.appliedCost[at] as number, cost);
    if (asks || cost !== records.appliedCost[at]) records.list(at);
    records.latest[at] = seconds;
    records.cost[at] = cost;
    records.until[at] = now + Math.min(timeToAliveSeconds, LATENCY_LIFE_SECONDS_MAX) * 1000;
    // The cool-down is for links that stay, RecalculateCoolDown.
    if (asks && (now >= this.coolsUntil || isInfinite(applied) !== isInfinite(seconds)))
      this.isDue = true;
    return undefined;
  }

  /** Takes every link from and to a node out; it is gone. */
  removeNode(node: NodeNumber): void {
    const { records } = this;
    const index = this.paths.matrices.find(node);
    if (index === NONE) return;
    for (let other = 0; other < this.paths.matrices.size; other++)
      for (const at of [index * records.stride + other, other * records.stride + index]) {
        records.latest[at] = INFINITE_SECONDS;
        records.list(at);
      }
    this.isDue = true;
  }

  /** When to call `tick`, or undefined when nothing is pending. */
  nextDeadline(): Instant | undefined {
    const soonest = this.isDue && this.phase === 'idle' ? this.paidAt : Number.POSITIVE_INFINITY;
    const at = Math.min(soonest, this.checkAt);
    return at === Number.POSITIVE_INFINITY ? undefined : instant(at);
  }

  /** Looks at the graph when it is time to. */
  tick(now: Instant): void {
    if (now < this.checkAt) return;
    this.checkAt = this.nextCheck(now);
    this.isDue = true;
  }

  /** Whether `run` has something to do. */
  hasWork(now: Instant): boolean {
    return this.phase !== 'idle' || this.hasSetTable || this.mayBegin(now);
  }

  /**
   * Goes on with a computation, or begins one that is due, until about `budget` entries of a matrix were
   * looked at, 1 to 2 ns each. Returns news when it ended with another table.
   */
  run(budget: number, now: Instant): GraphNews | undefined {
    if (this.hasSetTable) return this.tellOfSetTable();
    if (this.phase === 'idle' && this.mayBegin(now)) this.begin(now);
    if (this.phase === 'checking') this.check(budget, now);
    if (this.phase === 'applying') this.apply(budget, now);
    return this.phase === 'computing' ? this.compute(budget) : undefined;
  }

  /** Returns the latency from one node to another in seconds at `now`, with its cost or without. */
  latency(from: NodeNumber, to: NodeNumber, now: Instant, withCost = false): number {
    if (from === to) return 0;
    const at = this.placeOf(from, to);
    if (at === NONE) return INFINITE_SECONDS;
    const seconds = this.records.current(at, now);
    const cost = withCost ? (this.records.cost[at] as number) : 0;
    return Math.min(seconds + cost, INFINITE_SECONDS);
  }

  /** Returns the latency the table was made with in seconds, with its cost. */
  appliedLatency(from: NodeNumber, to: NodeNumber): number {
    if (from === to) return 0;
    const at = this.placeOf(from, to);
    return at === NONE ? INFINITE_SECONDS : this.records.weight(at);
  }

  /** Returns how far all nodes of the table are along its ways, by what it was made with. For people. */
  distances(withCost: boolean): DistanceMaps {
    const { records } = this;
    return distancesAlong(this.table, (from, to) => {
      const at = this.placeOf(from, to);
      if (at === NONE) return INFINITE_SECONDS;
      return withCost ? records.weight(at) : (records.applied[at] as number);
    });
  }

  private placeOf(from: NodeNumber, to: NodeNumber): number {
    const { matrices } = this.paths;
    const u = matrices.find(from);
    const v = matrices.find(to);
    return u === NONE || v === NONE ? NONE : u * this.records.stride + v;
  }

  private nextCheck(now: Instant): number {
    const { timeoutCheckInterval } = this.settings;
    return timeoutCheckInterval > 0 ? now + timeoutCheckInterval : Number.POSITIVE_INFINITY;
  }

  private mayBegin(now: Instant): boolean {
    return this.isDue && now >= this.paidAt;
  }

  /** Returns the index of a node, which may be new; NONE when there is no room. */
  private indexOf(node: NodeNumber, now: Instant): number {
    const { matrices } = this.paths;
    const known = matrices.find(node);
    if (known !== NONE) return known;
    if (matrices.isFull) this.reclaim(now);
    if (matrices.isFull) return NONE;
    const index = matrices.add(node);
    if (matrices.stride !== this.records.stride) this.records.grow(matrices.stride);
    return index;
  }

  /** Removes nodes of which nothing is known any more. */
  private reclaim(now: Instant): void {
    const { matrices } = this.paths;
    if (this.phase !== 'idle' || now < this.reclaimAt) return;
    this.reclaimAt = now + RECLAIM_INTERVAL_MS;
    for (let index = 0; index < matrices.size; index++) {
      if (!matrices.has(index) || matrices.hasLinks(index) || this.isHeardOf(index, now)) continue;
      this.records.clear(index, matrices.size);
      matrices.remove(index);
    }
  }

  private isHeardOf(index: number, now: Instant): boolean {
    const { records } = this;
    for (let other = 0; other < this.paths.matrices.size; other++) {
      const from = records.current(index * records.stride + other, now);
      const to = records.current(other * records.stride + index, now);
      if (!isInfinite(from) || !isInfinite(to)) return true;
    }
    return false;
  }

  private begin(now: Instant): void {
    const { records } = this;
    this.isDue = false;
    if (this.settings.isStatic) return;
    records.listExpired(this.paths.matrices.size, now);
    this.paidAt = now + (records.listed.length * 1000) / RELAXATIONS_PER_SECOND;
    this.checkedCount = 0;
    this.phase = 'checking';
  }

  /** Looks for a link that asks for a computation. */
  private check(budget: number, now: Instant): void {
    const { listed } = this.records;
    const isCooling = now < this.coolsUntil;
    for (let left = budget; left > 0; left -= COST_OF_APPLYING) {
      const at = listed[this.checkedCount++];
      if (at === undefined) {
        this.phase = 'idle';
        return;
      }
      if (this.asks(at, now, isCooling)) {
        this.beginApplying(now);
        return;
      }
    }
  }

  private beginApplying(now: Instant): void {
    this.coolsUntil = now + this.settings.recalculateCoolDown;
    this.startedAt = now;
    this.paths.resetSpent();
    this.hadNegativeCycle = false;
    this.records.takeListed();
    this.phase = 'applying';
  }

  private asks(at: number, now: Instant, isCooling: boolean): boolean {
    const applied = this.records.applied[at] as number;
    const current = this.records.current(at, now);
    if (isCooling) return isInfinite(applied) !== isInfinite(current);
    const { cost, appliedCost } = this.records;
    return (
      shouldUpdate(this.role, applied, current, this.settings.jitter) ||
      this.costAsks(applied, appliedCost[at] as number, cost[at] as number)
    );
  }

  /** Of a link that is in use a cost counts as much as a latency; of another it comes with the link. */
  private costAsks(applied: number, before: number, after: number): boolean {
    return !isInfinite(applied) && shouldUpdate(this.role, before, after, this.settings.jitter);
  }

  /** Hands the links that differ to the computation, which begins after the last. */
  private apply(budget: number, now: Instant): void {
    const { records } = this;
    for (let left = budget; left > 0; left -= COST_OF_APPLYING) {
      const at = records.nextTaken();
      if (at === undefined) {
        this.phase = 'computing';
        return;
      }
      const current = records.current(at, now);
      const { jitter } = this.settings;
      if (shouldUpdate(this.role, records.applied[at] as number, current, jitter))
        records.apply(at, current);
      records.appliedCost[at] = records.cost[at] as number;
      this.changeWeight(at);
    }
  }

  private compute(budget: number): GraphNews | undefined {
    const progress = this.paths.run(budget);
    if (progress === 'working') return undefined;
    if (progress === 'negative-cycle') {
      // Costs are not negative, so it happens once per computation.
      this.hadNegativeCycle = true;
      this.zeroNegativeLinks();
      return undefined;
    }
    return this.end();
  }

  private changeWeight(at: number): void {
    const { stride } = this.records;
    const weight = packLatency(this.records.weight(at));
    if (weight === this.paths.matrices.weight[at]) return;
    this.paths.change(Math.floor(at / stride), at % stride, weight);
  }

  private zeroNegativeLinks(): void {
    const { records } = this;
    const { size } = this.paths.matrices;
    for (let u = 0; u < size; u++)
      for (let v = 0; v < size; v++) {
        const at = u * records.stride + v;
        if (records.weight(at) >= 0) continue;
        records.applied[at] = 0;
        if (!isInfinite(records.latest[at] as number)) records.latest[at] = 0;
        this.changeWeight(at);
      }
  }

  private end(): GraphNews | undefined {
    const { matrices, spent } = this.paths;
    this.phase = 'idle';
    this.paidAt = this.startedAt + (spent * 1000) / RELAXATIONS_PER_SECOND;
    if (!matrices.hasNewHops) return undefined;
    matrices.hasNewHops = false;
    const older = this.table;
    const table = tableFrom(this.paths);
    const difference = table.differenceFrom(older);
    if (!difference.hasChanged && !difference.hasVanished) return undefined;
    this.table = table;
    return { table, ...difference, hadNegativeCycle: this.hadNegativeCycle };
  }

  private tellOfSetTable(): GraphNews {
    this.hasSetTable = false;
    return { table: this.table, hasChanged: true, hasVanished: false, hadNegativeCycle: false };
  }
}

/** Copies the next hops of all nodes that have links. */
function tableFrom({ matrices }: ShortestPaths): NextHopTable {
  const { size, stride, hop, numberOf } = matrices;
  const rows: number[] = [];
  for (let i = 0; i < size; i++) if (matrices.hasLinks(i)) rows.push(i);
  const nodes = rows.map((i) => numberOf[i] as NodeNumber);
  const hops = new Uint16Array(rows.length ** 2);
  for (const [row, i] of rows.entries()) {
    const to = row * rows.length;
    const from = i * stride;
    if (rows.length === size) hops.set(hop.subarray(from, from + size), to);
    else for (const [column, j] of rows.entries()) hops[to + column] = hop[from + j] as number;
  }
  return new NextHopTable(nodes, hops);
}
