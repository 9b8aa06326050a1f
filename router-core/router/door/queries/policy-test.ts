/**
 * `policy test <prefix or route>`: what becomes of a route on its way in and out, rule by rule.
 *
 * Not standardized; BGP specification §13.3, docs/policy.md. A prefix asks about the routes there are; with
 * more words a route nobody announced is judged as if it came now:
 *
 *   172.20.0.0/24 path 4242420001 4242420002 community 64511:3 med 50 nextHop fe80::1 otc 4242420002
 *
 * Options: `peering` (or a session; absent: all), `direction` = in or out (absent: both).
 *
 * @module
 */
import { RouterError } from '../../../base/errors.ts';
import { type IpAddress, parseIpAddress, parseIpPrefix } from '../../../base/ip-address.ts';
import { printable } from '../../../base/printable.ts';
import { type PolicyExplanation, parseCommunity, type SupposedRoute } from '../../../bgp/index.ts';
import type { QueryInput } from '../contract.ts';
import { type Query, readTarget } from './query.ts';
import { sessionsIn, sessionsNamed } from './routes-from.ts';
import { sourceInWords } from './words.ts';

const DIRECTIONS = { in: ['import'], out: ['export'], both: ['import', 'export'] } as const;
const ROUTE_KEYS = ['path', 'community', 'med', 'localPref', 'nextHop', 'otc'];
/** A path longer than this no policy takes. */
const WORDS_MAX = 200;

export const policyTest: Query = {
  *run(router, input) {
    const { roster } = router.engine;
    const wish = readWish(input);
    const { peering } = input.options;
    const sessions =
      peering === undefined
        ? roster.all().flatMap(sessionsIn)
        : sessionsNamed(router, String(peering));
    let found = 0;
    for (const { neighbor, vrf } of sessions) {
      for (const direction of directionsOf(input)) {
        for (const explanation of vrf.routes.explainPolicy(neighbor, direction, wish)) {
          found++;
          yield { ...explanation };
        }
      }
    }
    if (found === 0)
      throw new RouterError(
        'ROUTE_UNKNOWN',
        'No session has such a route. Add `path AS …` to judge one that nobody announced.',
      );
  },
  text(row) {
    const { session, direction, prefix, from, pathId, verdict, reason, trace } =
      row as unknown as PolicyExplanation;
    const teller = sourceInWords(from, pathId);
    const where =
      direction === 'import' ? `from ${teller}` : `to ${session}, learnt from ${teller}`;
    const lines = trace.map(({ policy, number, rule, isMatched, changes, outcome }) => {
      const what = isMatched ? (outcome === 'next' ? 'matches' : outcome) : '-';
      return `    ${`${policy} ${number} ${rule}`.padEnd(44)} ${[what, ...changes].join('; ')}`;
    });
    const end = verdict === 'accept' ? 'accepted' : `rejected: ${reason}`;
    return [`${prefix} ${where}: ${end}`, ...lines].join('\n');
  },
};

function directionsOf({ options }: QueryInput): readonly ('import' | 'export')[] {
  const wanted = String(options.direction ?? 'both');
  if (Object.hasOwn(DIRECTIONS, wanted)) return DIRECTIONS[wanted as keyof typeof DIRECTIONS];
  throw new RouterError('QUERY_INVALID', 'direction is in or out.', { path: 'direction' });
}

/** @throws RouterError `QUERY_INVALID` */
function readWish({ argument }: QueryInput): ReturnType<typeof readPrefix> | SupposedRoute {
  const [first = '', ...words] = argument.trim().split(/\s+/);
  const prefix = readPrefix(first);
  if (words.length === 0) return prefix;
  const wrong = (word: string): RouterError =>
    new RouterError(
      'QUERY_INVALID',
      `${printable(word, 60)} is not understood: a route is PREFIX path AS … community C … med N localPref N nextHop ADDRESS otc AS.`,
      { path: 'q' },
    );
  const numbers: Partial<Record<'med' | 'localPref' | 'onlyToCustomer', number>> = {};
  let nextHop: IpAddress | undefined;
  const path: number[] = [];
  const communities: string[] = [];
  let key = '';
  for (const word of words.slice(0, WORDS_MAX)) {
    const value = Number(word);
    const isNumber = Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
    if (ROUTE_KEYS.includes(word)) key = word;
    else if (key === 'community' && parseCommunity(word) !== undefined) communities.push(word);
    else if (key === 'nextHop') {
      nextHop = parseIpAddress(word);
      if (nextHop === undefined) throw wrong(word);
    } else if (!isNumber) throw wrong(word);
    else if (key === 'path') path.push(value);
    else if (key === 'med' || key === 'localPref') numbers[key] = value;
    else if (key === 'otc') numbers.onlyToCustomer = value;
    else throw wrong(word);
  }
  return {
    prefix,
    path,
    communities,
    ...numbers,
    ...(nextHop === undefined ? {} : { nextHop }),
  };
}

const readPrefix = (text: string) => {
  const { prefix } = readTarget(text);
  if (prefix !== undefined && parseIpPrefix(text) !== undefined) return prefix;
  throw new RouterError('QUERY_INVALID', `${printable(text, 60)} is not a prefix.`, { path: 'q' });
};
