/**
 * `flaps [ip or prefix]`: prefixes that keep changing, by whose word, and between which AS paths.
 *
 * Not standardized; BGP specification §5, §17 and T22, looking-glass specification §2.
 *
 * First a `summary` row with what counts as flapping, then a `flap` row per prefix, most changes first. An
 * address asks for the prefixes that cover it, a prefix for itself. Options: `limit`, `vrf`.
 *
 * @module
 */
import {
  formatIpPrefix,
  hostPrefix,
  parseIpPrefix,
  prefixCovers,
} from '../../../base/ip-address.ts';
import { formatWallTime } from '../../../base/rfc3339.ts';
import type { Instant } from '../../../base/units.ts';
import type { FlapList, FlapView } from '../../../bgp/index.ts';
import type { Router } from '../../router.ts';
import { wallOf } from '../../views.ts';
import { type Query, readLimit, readTarget, vrfOf } from './query.ts';

type Timed<T> = Omit<T, 'since' | 'firstAt' | 'lastAt'>;
type FlapRow = Omit<Timed<FlapView>, 'neighbors' | 'paths'> & {
  readonly since: string;
  readonly neighbors: readonly (Timed<FlapView['neighbors'][number]> & {
    readonly lastAt: string;
  })[];
  readonly paths: readonly (Timed<FlapView['paths'][number]> & {
    readonly firstAt: string;
    readonly lastAt: string;
  })[];
};
type SummaryRow = Omit<FlapList, 'flaps'>;

export const flaps: Query = {
  *run(router, input, now) {
    const isWanted = input.argument.trim() === '' ? () => true : wanted(input.argument);
    const limit = readLimit(input);
    const { flaps: all, ...summary } = vrfOf(router, input).routes.flaps(now);
    yield { kind: 'summary', ...summary };
    let shown = 0;
    for (const flap of all) {
      if (shown === limit) return;
      const isShown = isWanted(flap);
      if (isShown) shown++;
      yield isShown ? { kind: 'flap', ...rowOf(router, flap, now) } : undefined;
    }
  },
  text: (row) =>
    row.kind === 'summary'
      ? textOfSummary(row as unknown as SummaryRow)
      : textOfFlap(row as unknown as FlapRow),
};

function wanted(argument: string): (flap: FlapView) => boolean {
  const { address, prefix } = readTarget(argument);
  if (prefix !== undefined) {
    const text = formatIpPrefix(prefix);
    return (flap) => flap.prefix === text;
  }
  const host = hostPrefix(address);
  return (flap) => {
    const covering = parseIpPrefix(flap.prefix);
    return covering !== undefined && prefixCovers(covering, host);
  };
}

function rowOf(router: Router, flap: FlapView, now: Instant): FlapRow {
  const wall = (at: Instant): string => formatWallTime(wallOf(router.engine, at, now));
  return {
    ...flap,
    since: wall(flap.since),
    neighbors: flap.neighbors.map((each) => ({ ...each, lastAt: wall(each.lastAt) })),
    paths: flap.paths.map((each) => ({
      ...each,
      firstAt: wall(each.firstAt),
      lastAt: wall(each.lastAt),
    })),
  };
}

function textOfSummary({ flapping, changes, minutes, isFull }: SummaryRow): string {
  const rule = `more than ${changes} changes by one neighbor within ${inMinutes(minutes)}`;
  if (flapping === 0) return `no prefix flaps: ${rule}`;
  const count = flapping === 1 ? '1 prefix flaps' : `${flapping} prefixes flap`;
  return `${count}: ${rule}${isFull ? '; the list is full, there may be more' : ''}`;
}

function textOfFlap({ prefix, since, changes, neighbors, paths, otherPaths }: FlapRow): string {
  const by = neighbors.map(
    ({ name, peerAsn, changes: own, total, isWithdrawn, lastAt }) =>
      `    by ${name.padEnd(20)} AS${peerAsn}  ${own} changes, ${total} in all, last ${lastAt}${isWithdrawn ? ', withdrawn' : ''}`,
  );
  const seen = paths.map(
    ({ asPathText, times, from, firstAt, lastAt }) =>
      `    path ${asPathText === '' ? '(empty)' : asPathText}  ${times} times, first ${firstAt}, last ${lastAt} from ${from}`,
  );
  const others = otherPaths === 0 ? [] : [`    other paths  ${otherPaths} times`];
  return [
    `${prefix.padEnd(24)} ${changes} changes, flaps since ${since}`,
    ...by,
    ...seen,
    ...others,
  ].join('\n');
}

const inMinutes = (minutes: number): string => (minutes === 1 ? 'a minute' : `${minutes} minutes`);
