/**
 * `route <ip or prefix>`: all paths, which is best and why, and what was rejected with its reason.
 *
 * Options: `mode` = longest (default for an address), exact, subnets, covering; `vrf`.
 *
 * @module
 */
import { RouterError } from '../../../base/errors.ts';
import { formatWallTime } from '../../../base/rfc3339.ts';
import type { Instant } from '../../../base/units.ts';
import type { ComparedValue, RouteView } from '../../../bgp/index.ts';
import type { Router } from '../../router.ts';
import { wallOf } from '../../views.ts';
import { type Query, ROUTES_IN_ANSWER, readTarget, vrfOf } from './query.ts';
import { markOf, type StepRow, sourceInWords } from './words.ts';

const MODES = ['longest', 'exact', 'subnets', 'covering'] as const;

/** A route as others see it: calendar time, and no numbers of ours. */
export type RouteRow = Omit<RouteView, 'neighbor' | 'interface' | 'since' | 'why'> & {
  readonly since: string;
  readonly why: StepRow | null;
};

export function rowOfRoute(router: Router, view: RouteView, now: Instant): RouteRow {
  const { neighbor: _neighbor, interface: _interface, since, why, ...row } = view;
  const wall = (at: Instant): string => formatWallTime(wallOf(router.engine, at, now));
  const shown = (value: ComparedValue): number | string =>
    typeof value === 'object' ? wall(value.since) : value;
  return {
    ...row,
    since: wall(since),
    why:
      why === null ? null : { ...why, value: shown(why.value), otherValue: shown(why.otherValue) },
  };
}

export const route: Query = {
  *run(router, input, now) {
    const { address, prefix } = readTarget(input.argument);
    const mode = String(
      input.options.mode ?? (prefix === undefined ? 'longest' : 'exact'),
    ) as (typeof MODES)[number];
    if (!MODES.includes(mode))
      throw new RouterError('QUERY_INVALID', `mode is one of ${MODES.join(', ')}.`, {
        path: 'mode',
      });
    const target = prefix === undefined ? { address, mode } : { prefix, mode };
    const tables = vrfOf(router, input).routes;
    const routes = tables.lookup(target, ROUTES_IN_ANSWER);
    // A prefix nobody announces exactly: what covers it is the next best answer.
    const answer =
      routes.length === 0 && mode === 'exact'
        ? tables.lookup({ address, mode: 'longest' }, ROUTES_IN_ANSWER)
        : routes;
    for (const view of answer) yield rowOfRoute(router, view, now);
  },
  text(row) {
    const view = row as unknown as RouteRow;
    const path = view.attributes.asPathText === '' ? 'own' : view.attributes.asPathText;
    const from = sourceInWords(view.from, view.pathId);
    const reason =
      view.rejected === null ? (view.why?.name ?? '') : `rejected: ${view.rejected.reason}`;
    return `${markOf(view)} ${view.prefix.padEnd(24)} ${from.padEnd(20)} ${path}  ${reason}`.trimEnd();
  },
};
