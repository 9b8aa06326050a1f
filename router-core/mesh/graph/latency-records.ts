/**
 * What is known of each link: measured, applied, cost, life; and which links to look at.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5 (`path/path.go`, `Latency`). Columns over the square of nodes,
 * in seconds unless named otherwise; 42 MiB for 1,024 nodes. A place is u · stride + v.
 *
 * Invariants
 * - A link whose current latency or cost differs from what was applied is in the list, or its life has ended
 *   since `listExpired`.
 * - A place is in the list at most once.
 *
 * @module
 */
import { INFINITE_SECONDS } from './constants.ts';
import { GRAPH_NODES_MAX } from './limits.ts';
import { widened } from './path-matrices.ts';
import { isInfinite } from './should-update.ts';

export class LatencyRecords {
  stride: number;
  /** The last value accepted. */
  latest: Float64Array;
  /** The value the distances were computed with. */
  applied: Float64Array;
  /** Additional cost as last told, and as the distances were computed with. */
  cost: Float64Array;
  appliedCost: Float64Array;
  /** The instant until which `latest` is believed. */
  until: Float64Array;
  private isListed: Uint16Array;
  /** Places of links that may differ from what was applied. */
  listed: number[] = [];
  /** Those taken out to be applied, and how many of them were. */
  private taken: number[] = [];
  private takenCount = 0;
  /** By index of the source: no applied link from it ends before this instant. */
  private readonly expiry = new Float64Array(GRAPH_NODES_MAX).fill(Number.POSITIVE_INFINITY);

  constructor(stride: number) {
    this.stride = stride;
    this.latest = new Float64Array(stride ** 2).fill(INFINITE_SECONDS);
    this.applied = new Float64Array(stride ** 2).fill(INFINITE_SECONDS);
    this.cost = new Float64Array(stride ** 2);
    this.appliedCost = new Float64Array(stride ** 2);
    this.until = new Float64Array(stride ** 2);
    this.isListed = new Uint16Array(stride ** 2);
  }

  /** The latency that counts at `now`. */
  current(at: number, now: number): number {
    return (this.until[at] as number) < now ? INFINITE_SECONDS : (this.latest[at] as number);
  }

  /** The applied latency with its cost: what ways are chosen by. */
  weight(at: number): number {
    return (this.applied[at] as number) + (this.appliedCost[at] as number);
  }

  apply(at: number, seconds: number): void {
    this.applied[at] = seconds;
    if (isInfinite(seconds)) return;
    const u = Math.floor(at / this.stride);
    this.expiry[u] = Math.min(this.expiry[u] as number, this.until[at] as number);
  }

  list(at: number): void {
    if (this.isListed[at] === 1) return;
    this.isListed[at] = 1;
    this.listed.push(at);
  }

  /** Takes the list: `nextTaken` returns its places. */
  takeListed(): void {
    this.taken = this.listed;
    this.takenCount = 0;
    this.listed = [];
  }

  /** Returns a place that was in the list, undefined after the last. */
  nextTaken(): number | undefined {
    const at = this.taken[this.takenCount++];
    if (at === undefined) this.taken = [];
    else this.isListed[at] = 0;
    return at;
  }

  /** Lists applied links whose life has ended. */
  listExpired(nodes: number, now: number): void {
    for (let u = 0; u < nodes; u++) {
      if ((this.expiry[u] as number) >= now) continue;
      let next = Number.POSITIVE_INFINITY;
      for (let at = u * this.stride; at < u * this.stride + nodes; at++) {
        if (isInfinite(this.applied[at] as number)) continue;
        const until = this.until[at] as number;
        if (until < now) this.list(at);
        next = Math.min(next, until);
      }
      this.expiry[u] = next;
    }
  }

  /** Forgets a node, so that another may have its index. */
  clear(index: number, nodes: number): void {
    for (let other = 0; other < nodes; other++)
      for (const at of [index * this.stride + other, other * this.stride + index]) {
        this.latest[at] = INFINITE_SECONDS;
        this.applied[at] = INFINITE_SECONDS;
        this.cost[at] = 0;
        this.appliedCost[at] = 0;
      }
  }

  grow(to: number): void {
    const from = this.stride;
    const wider = () => new Float64Array(to * to);
    this.latest = widened(this.latest, from, wider(), to, INFINITE_SECONDS);
    this.applied = widened(this.applied, from, wider(), to, INFINITE_SECONDS);
    this.cost = widened(this.cost, from, wider(), to, 0);
    this.appliedCost = widened(this.appliedCost, from, wider(), to, 0);
    this.until = widened(this.until, from, wider(), to, 0);
    this.isListed = widened(this.isListed, from, new Uint16Array(to * to), to, 0);
    const moved = (at: number) => Math.floor(at / from) * to + (at % from);
    this.listed = this.listed.map(moved);
    this.taken = this.taken.slice(this.takenCount).map(moved);
    this.takenCount = 0;
    this.stride = to;
  }
}
