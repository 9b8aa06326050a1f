/**
 * The virtual routers that run: the default one always, named ones as a document wishes.
 *
 * Not standardized; docs/architecture.md §7 "Virtual routers".
 *
 *   document ──wish──► named ──sweep, once no peering is in it──► gone
 *
 * Invariants
 * - The default one is the first, and there for as long as the router.
 * - A named one outlives the wish for it as long as a peering is in it: one that leaves says goodbye first.
 *
 * @module
 */
import type { Instant } from '../base/units.ts';
import { ROUTES_PER_TURN } from './limits.ts';
import type { Roster } from './roster.ts';
import type { Vrf } from './vrf.ts';

export interface Vrfs {
  /** All of them, the default one first. */
  readonly running: readonly Vrf[];
  /** The one of this name, or undefined; no name is the default one's. */
  find(name: string | undefined): Vrf | undefined;
  /** From now on exactly these are wished for: new ones begin, the others end once they are empty. */
  wish(names: Iterable<string>): void;
  /** Ends those that nobody wishes for and no peering is in. */
  sweep(): void;
  /** Works on the tables of all, in turn, until `until`; true when work is left. */
  runPending(now: Instant, until: Instant, clock: () => Instant): boolean;
}

export function createVrfs(main: Vrf, roster: Roster, make: (name: string) => Vrf): Vrfs {
  const running: Vrf[] = [main];
  let wished: ReadonlySet<string> = new Set();
  let turn = 0;

  const find = (name: string | undefined): Vrf | undefined =>
    running.find(({ vrfName }) => vrfName === name);

  return {
    running,
    find,
    wish(names) {
      wished = new Set(names);
      for (const name of wished) if (find(name) === undefined) running.push(make(name));
    },
    sweep() {
      const inUse = new Set<Vrf>([main]);
      for (const { vrf } of roster.byId.values()) inUse.add(vrf);
      for (const { vrf } of roster.leaving()) inUse.add(vrf);
      for (const vrf of [...running]) {
        const isWished = vrf.vrfName !== undefined && wished.has(vrf.vrfName);
        if (!isWished && !inUse.has(vrf)) running.splice(running.indexOf(vrf), 1);
      }
    },
    runPending(now, until, clock) {
      // Whoever did not get a turn in this slice is the first of the next.
      for (let idle = 0; idle < running.length; ) {
        // Timers may have used the slice up; they work on tables, too.
        if (clock() >= until) return true;
        const vrf = running[turn++ % running.length] as Vrf;
        idle = vrf.routes.runPending(now, ROUTES_PER_TURN) ? 0 : idle + 1;
      }
      return false;
    },
  };
}
