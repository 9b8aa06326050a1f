/**
 * `routes-from <session or peering>`: the routes of one neighbor.
 *
 * Options: `which` = received (default), accepted, rejected, sent; `limit` per session, `vrf`.
 *
 * @module
 */
import { RouterError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import type { Instant } from '../../../base/units.ts';
import type { RouteSelection } from '../../../bgp/index.ts';
import type { Peering, PeeringSession } from '../../roster.ts';
import type { Router } from '../../router.ts';
import type { Vrf } from '../../vrf.ts';
import type { QueryInput } from '../contract.ts';
import type { QueryRun } from '../dispatcher.ts';
import { type Query, readLimit, vrfAsked } from './query.ts';
import { type RouteRow, route, rowOfRoute } from './route.ts';

const PAGE = 500;
const WHICH: readonly RouteSelection[] = ['received', 'accepted', 'rejected', 'sent'];

export const routesFrom: Query = {
  run(router, input, now) {
    const which = WHICH.find((each) => each === (input.options.which ?? 'received'));
    if (which === undefined)
      throw new RouterError('QUERY_INVALID', `which is one of ${WHICH.join(', ')}.`, {
        path: 'which',
      });
    return routesOfSessions(router, input, which, now);
  },
  text: route.text,
};

function* routesOfSessions(
  router: Router,
  input: QueryInput,
  which: RouteSelection,
  now: Instant,
): QueryRun {
  const limit = readLimit(input);
  for (const session of sessionsAsked(router, input))
    yield* routePages(router, session, which, limit, now);
}

/** The routes of one session, read a page at a time. */
export function* routePages(
  router: Router,
  { neighbor, vrf }: NamedSession,
  which: RouteSelection,
  limit: number,
  now: Instant,
): Generator<RouteRow, void> {
  let cursor: number | undefined = 0;
  let left = limit;
  do {
    const page = vrf.routes.routesOf(neighbor, which, cursor, Math.min(PAGE, left));
    for (const view of page.routes) yield rowOfRoute(router, view, now);
    left -= page.routes.length;
    cursor = page.next;
  } while (cursor !== undefined && left > 0);
}

/** A session and the virtual router it is in. */
export type NamedSession = PeeringSession & { readonly vrf: Vrf };

/** The sessions of a peering, each with its virtual router. */
export const sessionsIn = ({ sessions, vrf }: Pick<Peering, 'sessions' | 'vrf'>): NamedSession[] =>
  sessions.map((session) => ({ ...session, vrf }));

/**
 * The sessions the argument names; with the option `vrf` those of that virtual router alone: who may not
 * see another one must not find its neighbors by name.
 *
 * @throws RouterError `ENTITY_UNKNOWN`, `VRF_UNKNOWN`
 */
export function sessionsAsked(router: Router, input: QueryInput): NamedSession[] {
  return sessionsNamed(router, input.argument, vrfAsked(router, input));
}

/** The sessions of a peering, or one by its own name; of one virtual router, or of all. @throws RouterError `ENTITY_UNKNOWN` */
export function sessionsNamed(router: Router, name: string, only?: Vrf): NamedSession[] {
  const found = router.engine.roster
    .all()
    .filter(({ vrf }) => only === undefined || vrf === only)
    .flatMap((peering) =>
      sessionsIn(peering).filter(
        (session) =>
          session.name === name || peering.wish.config.name === name || peering.wish.id === name,
      ),
    );
  if (found.length === 0)
    throw new RouterError('ENTITY_UNKNOWN', `No neighbor is named ${printable(name, 60)}.`);
  return found;
}
