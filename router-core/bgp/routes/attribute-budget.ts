/**
 * How many octets the attributes of all routes may take, and who goes when they take more.
 *
 * Not standardized but for the word for it (RFC 4486 §4, Cease 6/8, Out of Resources); BGP specification §15.
 *
 *   within ──too many──► the neighbor that holds most is named ──its routes are gone──► looked at again
 *
 * Limits count routes, and a route may be forty or seven thousand octets. What several routes share is
 * divided among them, so that a large table of short routes is not taken for the cause.
 *
 * Invariants
 * - Nobody else is named before the routes of the last one are gone.
 * - A neighbor without a session is never named: it has nothing that its purge does not take.
 *
 * @module
 */
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { u16, u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { ATTRIBUTE_BYTES_MAX } from '../rib/limits.ts';
import type { BackgroundJobs } from './background-jobs.ts';
import type { RouteNeighbor } from './neighbor.ts';

export class AttributeBudget {
  private readonly store: AttributeStore;
  private readonly ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
  private readonly bySource: ReadonlyMap<number, RouteNeighbor>;
  private readonly jobs: BackgroundJobs;
  private readonly bytesMax: number;
  private going: RouteNeighbor | undefined;

  constructor(parts: {
    store: AttributeStore;
    ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
    bySource: ReadonlyMap<number, RouteNeighbor>;
    jobs: BackgroundJobs;
    bytesMax: number | undefined;
  }) {
    this.store = parts.store;
    this.ribs = parts.ribs;
    this.bySource = parts.bySource;
    this.jobs = parts.jobs;
    this.bytesMax = parts.bytesMax ?? ATTRIBUTE_BYTES_MAX;
    this.going = undefined;
  }

  /** Returns who has to go, once; asked after every UPDATE. */
  exceededBy(): RouteNeighbor | undefined {
    if (this.store.bytesStored <= this.bytesMax) return undefined;
    if (this.going !== undefined && this.isGoing(this.going)) return undefined;
    this.going = this.greatest();
    return this.going;
  }

  /** The neighbor has a new session: what it tells from here on counts anew. */
  returned(neighbor: RouteNeighbor): void {
    if (this.going === neighbor) this.going = undefined;
  }

  private isGoing(neighbor: RouteNeighbor): boolean {
    return neighbor.session !== undefined || this.jobs.has(neighbor.source);
  }

  /** Looks at every path; it happens once per neighbor that goes. */
  private greatest(): RouteNeighbor | undefined {
    const octets = new Map<number, number>();
    for (const rib of [this.ribs[4], this.ribs[6]]) this.count(rib, octets);
    let greatest: RouteNeighbor | undefined;
    let most = 0;
    for (const [source, held] of octets) {
      const neighbor = this.bySource.get(source);
      if (neighbor?.session === undefined || held <= most) continue;
      greatest = neighbor;
      most = held;
    }
    return greatest;
  }

  private count(rib: FamilyRib, octets: Map<number, number>): void {
    const { paths, prefixes } = rib;
    for (let prefix = 1; prefix < prefixes.idLimit; prefix++) {
      if (!prefixes.isAlive(prefix)) continue;
      const first = paths.first(prefix);
      for (let row = first; row < first + u16(paths.count, prefix); row++) {
        const source = u16(paths.source, row);
        const own = this.share(u32(paths.attributes, row)) + this.share(paths.receivedOf(row));
        octets.set(source, (octets.get(source) ?? 0) + own);
      }
    }
  }

  /** Octets of a set, divided by all who hold it. */
  private share(id: number): number {
    if (id === 0) return 0;
    return (this.store.end(id) - this.store.start(id)) / u32(this.store.refs, id);
  }
}
