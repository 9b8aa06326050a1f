/**
 * `routes-from <session>`: the routes of one neighbor, page by page; `rejected` is its rejected part.
 *
 * Options: `which` = received (default), accepted, rejected, sent; `limit`; `cursor`.
 *
 * @module
 */
import { RouterError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import type { Instant } from '../../../base/units.ts';
import type { NeighborId } from '../../../bgp/index.ts';
import type { Router } from '../../router.ts';
import type { QueryInput } from '../contract.ts';
import type { QueryRun } from '../dispatcher.ts';
import { type Query, ROUTES_IN_ANSWER, readNumber } from './query.ts';
import { route, rowOfRoute } from './route.ts';

const PAGE = 500;
const WHICH = ['received', 'accepted', 'rejected', 'sent'] as const;
type Which = (typeof WHICH)[number];

export const routesFrom: Query = {
  run(router, input, now) {
    const which = String(input.options.which ?? 'received') as Which;
    if (!WHICH.includes(which))
      throw new RouterError('QUERY_INVALID', `which is one of ${WHICH.join(', ')}.`, {
        path: 'which',
      });
    return pages(router, input, which, now);
  },
  text: route.text,
};

export const rejected: Query = {
  run: (router, input, now) => pages(router, input, 'rejected', now),
  text: route.text,
};

function* pages(router: Router, input: QueryInput, which: Which, now: Instant): QueryRun {
  const limit = readNumber(input, 'limit', {
    low: 1,
    high: ROUTES_IN_ANSWER,
    otherwise: ROUTES_IN_ANSWER,
  });
  for (const neighbor of neighborsNamed(router, input.argument)) {
    let cursor: number | undefined = 0;
    let left = limit;
    do {
      const page = router.engine.routes.routesOf(neighbor, which, cursor, Math.min(PAGE, left));
      for (const view of page.routes) yield rowOfRoute(router, view, now);
      left -= page.routes.length;
      cursor = page.next;
    } while (cursor !== undefined && left > 0);
  }
}

function neighborsNamed(router: Router, name: string): NeighborId[] {
  const found = [...router.engine.roster.byId.values()].flatMap((peering) =>
    peering.sessions
      .filter(
        (session) =>
          session.name === name || peering.wish.config.name === name || peering.wish.id === name,
      )
      .map((session) => session.neighbor),
  );
  if (found.length === 0)
    throw new RouterError('ENTITY_UNKNOWN', `No neighbor is named ${printable(name, 60)}.`);
  return found;
}
