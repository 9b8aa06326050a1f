/**
 * The questions of the looking glass, one file each.
 *
 * @module
 */
import { RouterError } from '../../../base/errors.ts';
import type { Instant } from '../../../base/units.ts';
import type { Router } from '../../router.ts';
import { QUERY_NAMES, type QueryInput, type QueryName, type QueryRow } from '../contract.ts';
import type { QueryRun } from '../dispatcher.ts';
import { flaps } from './flaps.ts';
import { history } from './history.ts';
import { malformed } from './malformed.ts';
import { mtr } from './mtr.ts';
import { neighbor } from './neighbor.ts';
import { ping } from './ping.ts';
import { pmtu } from './pmtu.ts';
import { policyDiff } from './policy-diff.ts';
import { policyShow } from './policy-show.ts';
import { policyTest } from './policy-test.ts';
import type { Query } from './query.ts';
import { rejected } from './rejected.ts';
import { roa } from './roa.ts';
import { route } from './route.ts';
import { routesFrom } from './routes-from.ts';
import { summary } from './summary.ts';
import { traceroute } from './traceroute.ts';
import { why } from './why.ts';

const QUERIES: Readonly<Record<QueryName, Query>> = {
  summary,
  neighbor,
  route,
  why,
  history,
  flaps,
  'routes-from': routesFrom,
  rejected,
  malformed,
  roa,
  ping,
  traceroute,
  mtr,
  pmtu,
  'policy-show': policyShow,
  'policy-test': policyTest,
  'policy-diff': policyDiff,
};

/** Starts a query. @throws RouterError when it is unknown or its argument is wrong. */
export function startQuery(router: Router, input: QueryInput, now: Instant): QueryRun {
  if (!Object.hasOwn(QUERIES, input.name))
    throw new RouterError('QUERY_UNKNOWN', `Queries are ${QUERY_NAMES.join(', ')}.`);
  return QUERIES[input.name].run(router, input, now);
}

/** Returns one row of an answer as a line of text. */
export const textOfRow = (name: QueryName, row: QueryRow): string => QUERIES[name].text(row);
