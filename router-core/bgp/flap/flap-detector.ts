/**
 * Finds prefixes that keep changing, by whose word, and between which paths.
 *
 * Not standardized; BGP specification §5 (flap detection), acceptance test T22. Nothing is suppressed: this
 * is no damping (RFC 2439, RFC 7196).
 *
 *   UPDATE of a neighbor ─► update-receiver ─► counts per prefix and neighbor ─► over half: AS paths
 *                                                     └─► more than `changes` within `minutes`: flapping
 *
 * A change is what a neighbor says of a path of which it said something before: other attributes, a
 * withdrawal, an announcement after its withdrawal. No change is the first announcement, so no initial
 * load; the same once more; what a refresh or a restart of the neighbor brings again; and whatever we do
 * by ourselves, as to forget the routes of a session that ended, or to judge them anew. That is why it
 * hears from the receiver of UPDATEs: who watches the tables (PathWatcher) sees the effects of all of this alike.
 *
 * It is counted per neighbor: fifty neighbors that pass one outage on say a hundred things within
 * seconds, and nothing flaps. A prefix flaps from when one neighbor has changed its word more than
 * `changes` times within the window until no neighbor is at more than half of that.
 *
 * Invariants
 * - A row of the counts is marked as flapping while its source is in `flapping` of a listed prefix.
 * - While a prefix is listed, or news waits to be told, the timer is set, and only then.
 *
 * @module
 */
import { formatIpPrefix, type IpPrefix } from '../../base/ip-address.ts';
import type { TimerQueue, Timers } from '../../base/timer-queue.ts';
import { type Instant, instant } from '../../base/units.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { ChangeCounts, NO_ROW } from './change-counts.ts';
import {
  FLAP_CHANGES_DEFAULT,
  FLAP_EVENTS_PER_STEP,
  FLAP_MINUTES_DEFAULT,
  FLAPPING_MAX,
  OBSERVED_MAX,
  WINDOW_STEPS,
} from './limits.ts';
import { PathVariants, type PathVariantView } from './path-variants.ts';

export type FlapSettings = {
  /** A prefix flaps with more than so many changes by one neighbor … */
  readonly changes: number;
  /** … within so many minutes. */
  readonly minutes: number;
};
export const FLAP_DEFAULTS: FlapSettings = {
  changes: FLAP_CHANGES_DEFAULT,
  minutes: FLAP_MINUTES_DEFAULT,
};

export type FlapChange = {
  readonly kind: 'flap-started' | 'flap-ended';
  readonly prefix: IpPrefix;
  /** By whose word, and how many changes of it are in the window. */
  readonly source: number;
  readonly changes: number;
};
/** More prefixes began or ceased to flap than are told of one by one. */
export type FlapsUntold = { readonly kind: 'flaps-untold'; readonly count: number };

export type FlapSourceRow = {
  readonly source: number;
  /** In the window. */
  readonly changes: number;
  /** Since the neighbor was last quiet for a window. */
  readonly total: number;
  readonly lastAt: Instant;
  /** It withdrew paths and did not announce them again. */
  readonly isWithdrawn: boolean;
  readonly isFlapping: boolean;
};
export type FlapRow = {
  readonly prefix: IpPrefix;
  readonly since: Instant;
  /** Of all neighbors, in the window. */
  readonly changes: number;
  /** Most changes first. */
  readonly sources: readonly FlapSourceRow[];
  /** Most often announced first. */
  readonly paths: readonly PathVariantView[];
  /** Announcements of paths beyond those. */
  readonly otherPaths: number;
};

/** A prefix whose paths are written down. */
type Observed = {
  readonly rib: FamilyRib;
  readonly prefix: IpPrefix;
  readonly variants: PathVariants;
  /** Neighbors by whose word it flaps. */
  readonly flapping: Set<number>;
  since: Instant;
};

export class FlapDetector {
  private readonly store: AttributeStore;
  private readonly report: (event: FlapChange | FlapsUntold) => void;
  private readonly timers: Timers<'step'>;
  private readonly counts: ChangeCounts;
  private settings: FlapSettings;
  private stepMs: number;
  /** Oldest first. */
  private readonly observed: Map<string, Observed>;
  private readonly listed: Map<string, Observed>;
  private toldInStep: number;
  private toldStep: number;
  private untold: number;

  constructor(parts: {
    store: AttributeStore;
    timerQueue: TimerQueue;
    /** Called synchronously; never calls back. */
    report: (event: FlapChange | FlapsUntold) => void;
  }) {
    this.store = parts.store;
    this.report = parts.report;
    this.counts = new ChangeCounts();
    this.timers = parts.timerQueue.add<'step'>({
      timerExpired: (_name, now) => this.stepEnded(now),
    });
    this.settings = FLAP_DEFAULTS;
    this.stepMs = stepOf(FLAP_DEFAULTS);
    this.observed = new Map();
    this.listed = new Map();
    this.toldInStep = 0;
    this.toldStep = 0;
    this.untold = 0;
  }

  /** What counts as flapping from now on; where it is something else, counting begins anew. */
  set(settings: FlapSettings): void {
    const { changes, minutes } = this.settings;
    if (settings.changes === changes && settings.minutes === minutes) return;
    this.settings = settings;
    this.stepMs = stepOf(settings);
    this.counts.clear();
    this.observed.clear();
    this.listed.clear();
    this.untold = 0;
    this.timers.clearAll();
  }

  /** A neighbor announces a path that is not there; a change when it had withdrawn one. */
  announced(
    rib: FamilyRib,
    prefix: number,
    source: number,
    attributes: number,
    now: Instant,
  ): void {
    // The initial load ends here: nothing is looked up as long as nobody has withdrawn anything.
    if (this.counts.withdrawnRows === 0) return;
    rib.prefixes.loadRow(prefix);
    const row = this.counts.find(rib.prefixes, source, this.stepAt(now));
    const withdrawn = row === NO_ROW ? 0 : this.counts.withdrawnOf(row);
    if (withdrawn === 0) return;
    this.counts.setWithdrawn(row, withdrawn - 1);
    this.changed(rib, prefix, row, source, attributes, now);
  }

  /** A neighbor announces a path that is there with other attributes. */
  replaced(rib: FamilyRib, prefix: number, source: number, attributes: number, now: Instant): void {
    rib.prefixes.loadRow(prefix);
    const row = this.counts.findOrAdd(rib.prefixes, source, this.stepAt(now));
    if (row !== NO_ROW) this.changed(rib, prefix, row, source, attributes, now);
  }

  /** A neighbor withdraws a path that is there. */
  withdrawn(rib: FamilyRib, prefix: number, source: number, now: Instant): void {
    rib.prefixes.loadRow(prefix);
    const row = this.counts.findOrAdd(rib.prefixes, source, this.stepAt(now));
    if (row === NO_ROW) return;
    this.counts.setWithdrawn(row, this.counts.withdrawnOf(row) + 1);
    this.changed(rib, prefix, row, source, 0, now);
  }

  /** A source number is about to be given to somebody else. */
  forgetSource(source: number, now: Instant): void {
    for (const { variants } of this.observed.values()) variants.forgetSource(source);
    for (const [key, observed] of this.listed) {
      observed.variants.forgetSource(source);
      if (!observed.flapping.delete(source)) continue;
      if (observed.flapping.size === 0) this.end(key, observed, source, 0, now);
    }
    this.counts.forgetSource(source);
  }

  /** How many prefixes flap. */
  get flapping(): number {
    return this.listed.size;
  }

  /**
   * What flaps now, most changes by one neighbor first; `sources` are all there are, when a row is made. For
   * people: makes objects, a row at a time because each looks for every neighbor.
   */
  *rows(sources: () => Iterable<number>, now: Instant): Generator<FlapRow, void> {
    const step = this.stepAt(now);
    const inOrder = [...this.listed.values()]
      .map((observed) => ({ observed, most: this.mostOf(observed, step) }))
      .sort((a, b) => b.most - a.most);
    for (const { observed } of inOrder) yield this.rowOf(observed, sources(), now);
  }

  /** There is no room in the list: more may flap than stand in it. */
  get isFull(): boolean {
    return this.listed.size >= FLAPPING_MAX;
  }

  get threshold(): FlapSettings {
    return this.settings;
  }

  private changed(
    rib: FamilyRib,
    prefix: number,
    row: number,
    source: number,
    attributes: number,
    now: Instant,
  ): void {
    const { counts } = this;
    const step = this.stepAt(now);
    counts.count(row, step, now);
    const sum = counts.sumAt(row, step);
    if (sum > this.settings.changes / 2)
      this.observe(rib, prefix, row, source, attributes, sum, now);
    else if (this.listed.size > 0 && attributes !== 0)
      this.listed
        .get(formatIpPrefix(rib.prefixes.prefixOf(prefix)))
        ?.variants.add(this.store, attributes, source, now);
  }

  /** Writes down the path, and whether this makes a flap. */
  private observe(
    rib: FamilyRib,
    prefix: number,
    row: number,
    source: number,
    attributes: number,
    changes: number,
    now: Instant,
  ): void {
    const address = rib.prefixes.prefixOf(prefix);
    const key = formatIpPrefix(address);
    const observed =
      this.listed.get(key) ?? this.observed.get(key) ?? this.begin(key, rib, address, now);
    if (attributes !== 0) observed.variants.add(this.store, attributes, source, now);
    if (changes <= this.settings.changes || this.counts.isFlapping(row)) return;
    if (observed.flapping.size === 0 && !this.list(key, observed, now)) return;
    observed.flapping.add(source);
    this.counts.setFlapping(row, true);
    if (observed.flapping.size === 1)
      this.tell({ kind: 'flap-started', prefix: address, source, changes }, now);
  }

  private begin(key: string, rib: FamilyRib, prefix: IpPrefix, now: Instant): Observed {
    for (const oldest of this.observed.keys()) {
      if (this.observed.size < OBSERVED_MAX) break;
      this.observed.delete(oldest);
    }
    const observed = {
      rib,
      prefix,
      variants: new PathVariants(),
      flapping: new Set<number>(),
      since: now,
    };
    this.observed.set(key, observed);
    return observed;
  }

  private list(key: string, observed: Observed, now: Instant): boolean {
    if (this.isFull) return false;
    this.observed.delete(key);
    this.listed.set(key, observed);
    observed.since = now;
    this.awaitStep(now);
    return true;
  }

  private end(
    key: string,
    observed: Observed,
    source: number,
    changes: number,
    now: Instant,
  ): void {
    this.listed.delete(key);
    if (this.listed.size === 0 && this.untold === 0) this.timers.clearAll();
    this.tell({ kind: 'flap-ended', prefix: observed.prefix, source, changes }, now);
  }

  /** Looks which neighbors have become quiet about what. */
  private stepEnded(now: Instant): void {
    this.tellRest(now);
    const step = this.stepAt(now);
    for (const [key, observed] of this.listed) {
      observed.rib.prefixes.loadPrefix(observed.prefix);
      for (const source of observed.flapping) {
        const row = this.counts.find(observed.rib.prefixes, source, step);
        const changes = row === NO_ROW ? 0 : this.counts.sumAt(row, step);
        if (changes > this.settings.changes / 2) continue;
        if (row !== NO_ROW) this.counts.setFlapping(row, false);
        observed.flapping.delete(source);
        if (observed.flapping.size === 0) this.end(key, observed, source, changes, now);
      }
    }
    if (this.listed.size > 0 || this.untold > 0) this.awaitStep(now);
  }

  private awaitStep(now: Instant): void {
    if (!this.timers.isSet('step'))
      this.timers.set('step', instant((this.stepAt(now) + 1) * this.stepMs));
  }

  /** Tells a few, or counts. */
  private tell(event: FlapChange, now: Instant): void {
    this.tellRest(now);
    const step = this.stepAt(now);
    if (step !== this.toldStep) {
      this.toldStep = step;
      this.toldInStep = 0;
    }
    if (this.toldInStep++ < FLAP_EVENTS_PER_STEP) this.report(event);
    else {
      this.untold++;
      this.awaitStep(now);
    }
  }

  private tellRest(now: Instant): void {
    if (this.untold === 0 || this.stepAt(now) === this.toldStep) return;
    this.report({ kind: 'flaps-untold', count: this.untold });
    this.untold = 0;
  }

  /** Changes by that neighbor which made most of them. */
  private mostOf({ rib, prefix, flapping }: Observed, step: number): number {
    rib.prefixes.loadPrefix(prefix);
    let most = 0;
    for (const source of flapping) {
      const row = this.counts.find(rib.prefixes, source, step);
      if (row !== NO_ROW) most = Math.max(most, this.counts.sumAt(row, step));
    }
    return most;
  }

  private rowOf(
    { rib, prefix, since, variants, flapping }: Observed,
    all: Iterable<number>,
    now: Instant,
  ): FlapRow {
    const { counts } = this;
    const step = this.stepAt(now);
    rib.prefixes.loadPrefix(prefix);
    const sources = [...all].flatMap((source): FlapSourceRow[] => {
      const row = counts.find(rib.prefixes, source, step);
      if (row === NO_ROW) return [];
      return [
        {
          source,
          changes: counts.sumAt(row, step),
          total: counts.totalOf(row),
          lastAt: instant(counts.lastAt(row)),
          isWithdrawn: counts.withdrawnOf(row) > 0,
          isFlapping: flapping.has(source),
        },
      ];
    });
    return {
      prefix,
      since,
      changes: sources.reduce((sum, { changes }) => sum + changes, 0),
      sources: sources.sort((a, b) => b.changes - a.changes),
      paths: variants.views(),
      otherPaths: variants.others,
    };
  }

  private stepAt(now: Instant): number {
    return Math.floor(now / this.stepMs);
  }
}

const stepOf = ({ minutes }: FlapSettings): number => (minutes * 60_000) / WINDOW_STEPS;
