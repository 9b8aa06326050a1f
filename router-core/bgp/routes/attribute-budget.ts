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
 * Sets outlive their routes: prefixes are to be decided, neighbors to be told. What will be free without
 * anybody's end is nobody's fault.
 *
 * Invariants
 * - Nobody else is named before the routes of the last one are gone.
 * - Nobody is named instead of a neighbor that holds more: not of one that is away and whose routes are
 *   kept (RFC 4724), which is named itself, nor of one whose routes are being purged.
 * - All paths are looked at once per round of decisions at most.
 *
 * @module
 */
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { u8, u16, u32 } from '../rib/columns.ts';
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
  /** Nobody else is to be named before something was decided. */
  private isLooked: boolean;

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
    this.isLooked = false;
  }

  /** Returns who has to go, once: its session, or what is kept of it; asked after every UPDATE. */
  exceededBy(): RouteNeighbor | undefined {
    if (this.store.bytesStored <= this.bytesMax || this.isLooked) return undefined;
    if (this.going !== undefined && this.isGoing(this.going)) return undefined;
    this.isLooked = true;
    const greatest = this.greatest();
    const isThere = greatest?.session !== undefined || greatest?.keptSession !== undefined;
    this.going = isThere ? greatest : undefined;
    return this.going;
  }

  /** Too much is held, and by nobody: decisions shall show what becomes free. */
  get awaitsDecisions(): boolean {
    return this.isLooked && this.going === undefined;
  }

  /** What was to be decided is: sets nobody refers to any more are free. */
  decided(): void {
    this.isLooked = false;
  }

  /** The neighbor has a new session: what it tells from here on counts anew. */
  returned(neighbor: RouteNeighbor): void {
    if (this.going === neighbor) this.going = undefined;
  }

  private isGoing(neighbor: RouteNeighbor): boolean {
    return neighbor.session !== undefined || this.jobs.has(neighbor.source);
  }

  /** The neighbor whose routes take most, if those of all take too much: looks at every path. */
  private greatest(): RouteNeighbor | undefined {
    const octets = new Map<number, number>();
    const isSeen = new Uint8Array(this.store.idLimit);
    const all = this.count(this.ribs[4], octets, isSeen) + this.count(this.ribs[6], octets, isSeen);
    if (all <= this.bytesMax) return undefined;
    let greatest: RouteNeighbor | undefined;
    let most = 0;
    for (const [source, held] of octets) {
      const neighbor = this.bySource.get(source);
      if (neighbor === undefined || held <= most) continue;
      greatest = neighbor;
      most = held;
    }
    return greatest;
  }

  /** Adds to the octets of each source; returns those of all sets that were not seen yet. */
  private count(rib: FamilyRib, octets: Map<number, number>, isSeen: Uint8Array): number {
    const { paths, prefixes } = rib;
    const { store } = this;
    let all = 0;
    const share = (id: number): number => {
      if (id === 0) return 0;
      const own = store.bytesOf(id);
      if (u8(isSeen, id) === 0) all += own;
      isSeen[id] = 1;
      return own / u32(store.refs, id);
    };
    for (let prefix = 1; prefix < prefixes.idLimit; prefix++) {
      if (!prefixes.isAlive(prefix)) continue;
      const first = paths.first(prefix);
      for (let row = first; row < first + u16(paths.count, prefix); row++) {
        const source = u16(paths.source, row);
        const own = share(u32(paths.attributes, row)) + share(paths.receivedOf(row));
        octets.set(source, (octets.get(source) ?? 0) + own);
      }
    }
    return all;
  }
}
