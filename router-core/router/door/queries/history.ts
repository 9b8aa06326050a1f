/**
 * `history <ip or prefix>`: the last changes of best paths, newest first.
 *
 * Not standardized; BGP specification §17. A prefix asks for itself, an address for every prefix that
 * covers it, those that are gone included. Options: `limit`, `vrf`.
 *
 * @module
 */
import { hostPrefix } from '../../../base/ip-address.ts';
import { formatWallTime } from '../../../base/rfc3339.ts';
import type { Instant } from '../../../base/units.ts';
import type { BestPathChange } from '../../../bgp/index.ts';
import type { Router } from '../../router.ts';
import { wallOf } from '../../views.ts';
import type { QueryRow } from '../contract.ts';
import { type Query, ROUTES_IN_ANSWER, readNumber, readTarget, vrfOf } from './query.ts';
import { causeInWords, sourceInWords } from './words.ts';

const CHANGES_DEFAULT = 100;

type ChangeRow = Omit<BestPathChange, 'at'> & { readonly at: string; readonly words: string };

export function rowOfChange(router: Router, change: BestPathChange, now: Instant): ChangeRow {
  const at = formatWallTime(wallOf(router.engine, change.at, now));
  return { ...change, at, words: causeInWords(change) };
}

export function textOfChange(row: QueryRow): string {
  const { at, prefix, originAs, words, ...change } = row as unknown as ChangeRow;
  const from = sourceInWords(change.from ?? 'nobody', change.fromPathId);
  const to = sourceInWords(change.to ?? 'nobody', change.toPathId);
  const origin = originAs === null ? '' : `, origin AS${originAs}`;
  return `${at}  ${prefix.padEnd(24)} ${from} -> ${to}: ${words}${origin}`;
}

export const history: Query = {
  *run(router, input, now) {
    const { address, prefix } = readTarget(input.argument);
    const limit = readNumber(input, 'limit', {
      low: 1,
      high: ROUTES_IN_ANSWER,
      otherwise: CHANGES_DEFAULT,
    });
    const { routes } = vrfOf(router, input);
    const changes =
      prefix === undefined
        ? routes.history(hostPrefix(address), 'covering', limit)
        : routes.history(prefix, 'exact', limit);
    for (const change of changes) yield rowOfChange(router, change, now);
  },
  text: textOfChange,
};
