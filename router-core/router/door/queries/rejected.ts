/**
 * `rejected <session or peering>`: what a neighbor announces and we do not take, with the reason.
 *
 * Not standardized; looking-glass specification §2 and §8, BGP specification §13.3.
 *
 * Per session first a `summary` row with counts by reason, then `path` rows. Options: `limit`, `vrf`.
 *
 * @module
 */
import type { QueryRow } from '../contract.ts';
import { type Query, readLimit } from './query.ts';
import type { RouteRow } from './route.ts';
import { type NamedSession, routePages, sessionsAsked } from './routes-from.ts';
import { pathInWords, ruleInWords, sourceInWords } from './words.ts';

export const rejected: Query = {
  *run(router, input, now) {
    for (const session of sessionsAsked(router, input)) {
      yield summaryOf(session);
      for (const row of routePages(router, session, 'rejected', readLimit(input), now))
        yield { kind: 'path', ...row, words: pathInWords(row) };
    }
  },
  text(row) {
    if (row.kind === 'summary') return textOfSummary(row);
    const { prefix, attributes, words, ...view } = row as unknown as RouteRow & { words: string };
    const from = sourceInWords(view.from, view.pathId);
    return `- ${prefix.padEnd(24)} ${from.padEnd(20)} ${attributes.asPathText}\n    ${words}`;
  },
};

function summaryOf({ name, neighbor, vrf }: NamedSession): QueryRow {
  const { rejected: count, notKept, rejectedReasons } = vrf.routes.counters(neighbor);
  const reasons = Object.entries(rejectedReasons)
    .map(([reason, times]) => ({ reason, count: times, words: ruleInWords(reason) }))
    .toSorted((a, b) => b.count - a.count);
  return { kind: 'summary', session: name, rejected: count, notKept, reasons };
}

function textOfSummary(row: QueryRow): string {
  const {
    session,
    rejected: count,
    reasons,
  } = row as unknown as {
    readonly session: string;
    readonly rejected: number;
    readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  };
  const list = reasons.map((each) => `${each.count} ${each.reason}`).join(', ');
  return `${session}: ${count} rejected${list === '' ? '' : `: ${list}`}`;
}
