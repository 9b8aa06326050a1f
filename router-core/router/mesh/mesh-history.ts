/**
 * What a mesh was like: the latency of each direction over an hour and a day, and when ways changed.
 *
 * Not standardized. Kept in memory by the router and gone with it; a reader is told since when it goes back.
 *
 * Invariants
 * - Bounded: links, samples per link, ways that are followed and changes that are kept (limits.ts).
 * - A time in which nothing was measured is a gap, never a zero.
 * - The first way of a pair is what it begins with, and no change.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import { formatWallTime } from '../../base/rfc3339.ts';
import type { Instant, WallTime } from '../../base/units.ts';
import {
  MESH_CHANGES_KEPT,
  MESH_HISTORY_LINKS,
  MESH_SAMPLES_OF_DAY,
  MESH_SAMPLES_OF_HOUR,
  MESH_WAYS_SHOWN,
} from '../limits.ts';
import { knownLatencies, knownWays } from './known-paths.ts';
import type { MeshHistoryView, MeshView, MeshWayChange } from './mesh-view-types.ts';
import { SampleRing } from './sample-ring.ts';

export const MESH_RANGES = ['hour', 'day'] as const;
export type MeshRange = (typeof MESH_RANGES)[number];

const SAMPLES: Readonly<Record<MeshRange, number>> = {
  hour: MESH_SAMPLES_OF_HOUR,
  day: MESH_SAMPLES_OF_DAY,
};
const SAMPLE_MS: Readonly<Record<MeshRange, number>> = {
  hour: 3_600_000 / MESH_SAMPLES_OF_HOUR,
  day: 86_400_000 / MESH_SAMPLES_OF_DAY,
};

type LinkHistory = {
  readonly from: number;
  readonly to: number;
  readonly rings: Readonly<Record<MeshRange, SampleRing>>;
};

export class MeshHistory {
  private readonly links = new Map<string, LinkHistory>();
  /** The way of each pair as last seen; null: there was none any more. */
  private readonly ways = new Map<string, readonly number[] | null>();
  private readonly changes: MeshWayChange[] = [];
  private since: WallTime | undefined;

  /** Takes note of a mesh as it is at this moment. */
  note(view: MeshView, now: Instant, wall: WallTime): void {
    this.since ??= wall;
    for (const { from, to, ms } of knownLatencies(view)) {
      const link = this.linkOf(from, to, now);
      for (const range of MESH_RANGES) link?.rings[range].note(ms, numberOf(range, now));
    }
    this.noteWays(view, wall);
  }

  /** @throws RouterError `QUERY_INVALID` for what is no range: this may have come over a socket. */
  view(range: MeshRange, now: Instant): MeshHistoryView {
    if (!MESH_RANGES.includes(range))
      throw new RouterError('QUERY_INVALID', `Ranges are ${MESH_RANGES.join(' and ')}.`);
    const last = numberOf(range, now);
    return {
      since: this.since === undefined ? null : formatWallTime(this.since),
      sampleSeconds: SAMPLE_MS[range] / 1000,
      links: [...this.links.values()].map(({ from, to, rings }) => ({
        from,
        to,
        samples: rings[range].read(last),
      })),
      changes: this.changes.toReversed(),
    };
  }

  /** Nothing is told of a link that would be one too many. */
  private linkOf(from: number, to: number, now: Instant): LinkHistory | undefined {
    const key = `${from} ${to}`;
    const known = this.links.get(key);
    if (known !== undefined) return known;
    if (this.links.size >= MESH_HISTORY_LINKS) this.forget(now);
    if (this.links.size >= MESH_HISTORY_LINKS) return undefined;
    const link = {
      from,
      to,
      rings: { hour: new SampleRing(SAMPLES.hour), day: new SampleRing(SAMPLES.day) },
    };
    this.links.set(key, link);
    return link;
  }

  /** Drops links of which the last day knows nothing. */
  private forget(now: Instant): void {
    const last = numberOf('day', now);
    for (const [key, { rings }] of this.links) if (rings.day.isEmpty(last)) this.links.delete(key);
  }

  private noteWays(view: MeshView, wall: WallTime): void {
    const present = new Map<string, readonly number[]>(
      knownWays(view).map((way) => [`${way.from} ${way.to}`, way.nodes] as const),
    );
    for (const [key, before] of this.ways) {
      const after = present.get(key) ?? null;
      if (!isSame(before, after)) {
        this.changed(key, before, after, wall);
        this.ways.set(key, after);
      }
      present.delete(key);
    }
    for (const [key, nodes] of present) {
      if (this.ways.size >= MESH_WAYS_SHOWN) return;
      this.ways.set(key, nodes);
    }
  }

  private changed(
    key: string,
    before: readonly number[] | null,
    after: readonly number[] | null,
    wall: WallTime,
  ): void {
    const [from = 0, to = 0] = key.split(' ').map(Number);
    this.changes.push({ at: formatWallTime(wall), from, to, before, after });
    if (this.changes.length > MESH_CHANGES_KEPT) this.changes.shift();
  }
}

const numberOf = (range: MeshRange, now: Instant): number => Math.floor(now / SAMPLE_MS[range]);

const isSame = (a: readonly number[] | null, b: readonly number[] | null): boolean =>
  a === b ||
  (a !== null && b !== null && a.length === b.length && a.every((node, i) => node === b[i]));
