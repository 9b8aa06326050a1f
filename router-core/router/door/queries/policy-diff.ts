/**
 * `policy diff`: what a candidate document would change in the tables as they are.
 *
 * Not standardized; BGP specification §13.2, docs/policy.md. The argument is the document as JSON. Rows:
 * `path`, `best` and `export` as they are found, at the end one `summary` with all counts. Options: `limit` of rows of each kind.
 *
 * @module
 */
import { RouterError } from '../../../base/errors.ts';
import type { DryRunRow, NeighborId, PolicyBinding } from '../../../bgp/index.ts';
import { checkPeering, errorOf, policyBookOf } from '../../policy-rules.ts';
import type { Router } from '../../router.ts';
import { PAUSE } from '../dispatcher.ts';
import { type Query, readLimit } from './query.ts';
import { sourceInWords } from './words.ts';

/** A generated list of all of DN42 fits. */
const DOCUMENT_CHARACTERS_MAX = 2_000_000;

type Count = {
  readonly session: string;
  readonly change: string;
  readonly rule: string;
  count: number;
};
type Summary = {
  readonly kind: 'summary';
  readonly rejected: number;
  readonly accepted: number;
  readonly changed: number;
  readonly best: number;
  readonly announced: number;
  readonly withdrawn: number;
  readonly changedForPeers: number;
  readonly byRule: readonly Count[];
};

export const policyDiff: Query = {
  *run(router, input) {
    const candidates = candidatesOf(router, readDocument(input.argument));
    const limit = readLimit(input);
    const counts = new Map<string, number>();
    const byRule = new Map<string, Count>();
    for (const row of dryRunOfAll(router, candidates)) {
      if (row.kind === 'progress') {
        yield PAUSE;
        continue;
      }
      const name = row.kind === 'best' ? 'best' : `${row.kind} ${row.change}`;
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (row.kind === 'path') countRule(byRule, row);
      if (count <= limit) yield { ...row };
    }
    const of = (name: string): number => counts.get(name) ?? 0;
    const summary: Summary = {
      kind: 'summary',
      rejected: of('path rejected'),
      accepted: of('path accepted'),
      changed: of('path changed'),
      best: of('best'),
      announced: of('export announced'),
      withdrawn: of('export withdrawn'),
      changedForPeers: of('export changed'),
      byRule: [...byRule.values()],
    };
    yield summary;
  },
  text(row) {
    const change = row as unknown as DryRunRow | Summary;
    switch (change.kind) {
      case 'path': {
        const { prefix, session, pathId, rule } = change;
        const from = sourceInWords(session, pathId);
        const what = change.change === 'changed' ? 'other attributes' : `would be ${change.change}`;
        return `${prefix.padEnd(24)} from ${from.padEnd(20)} ${what}${rule === null ? '' : `: ${rule}`}`;
      }
      case 'best': {
        const from = sourceInWords(change.from ?? 'none', change.fromPathId);
        const to = sourceInWords(change.to ?? 'none', change.toPathId);
        return `${change.prefix.padEnd(24)} best path ${from} -> ${to}`;
      }
      case 'export': {
        const { prefix, session, path } = change;
        const which = path === undefined ? '' : `, ${sourceInWords(path.from, path.pathId)}`;
        return `${prefix.padEnd(24)} to   ${session.padEnd(20)} would be ${change.change}${which}`;
      }
      case 'summary':
        return textOfSummary(change);
      default:
        return '';
    }
  },
};

/** What a virtual router does not have of the candidates is in another one. */
function* dryRunOfAll(
  { engine }: Router,
  candidates: ReadonlyMap<NeighborId, PolicyBinding>,
): Generator<DryRunRow> {
  for (const { routes } of engine.vrfs.running) yield* routes.dryRun(candidates);
}

function countRule(byRule: Map<string, Count>, row: DryRunRow & { readonly kind: 'path' }): void {
  const { session, change } = row;
  const rule = row.rule ?? 'attributes';
  const key = `${session} ${change} ${rule}`;
  const known = byRule.get(key);
  if (known === undefined) byRule.set(key, { session, change, rule, count: 1 });
  else known.count++;
}

function textOfSummary(summary: Summary): string {
  const { rejected, accepted, changed, best, announced, withdrawn, changedForPeers } = summary;
  const lines = summary.byRule.map(
    ({ session, change, rule, count }) => `    ${session.padEnd(20)} ${count} ${change}: ${rule}`,
  );
  return [
    `newly rejected ${rejected}, newly accepted ${accepted}, other attributes ${changed}, best path changes ${best}`,
    `to peers: newly announced ${announced}, withdrawn ${withdrawn}, changed ${changedForPeers}`,
    ...lines,
  ].join('\n');
}

/** @throws RouterError `QUERY_INVALID` */
function readDocument(text: string): unknown {
  if (text.length > DOCUMENT_CHARACTERS_MAX)
    throw new RouterError('QUERY_INVALID', 'The policy document is too large.');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RouterError('QUERY_INVALID', 'The policy document is not JSON.', {}, error);
  }
}

/** What the document would bind to every session that follows. @throws RouterError when it is wrong */
function candidatesOf(
  { policies, engine }: Router,
  document: unknown,
): ReadonlyMap<NeighborId, PolicyBinding> {
  const book = policyBookOf(document);
  const candidates = new Map<NeighborId, PolicyBinding>();
  for (const peering of engine.roster.all()) {
    // As long as its entry is refused, no document changes what it keeps.
    if (policies.keptBy(peering.wish) !== undefined) continue;
    const { config } = peering.wish;
    const findings = checkPeering(book, config, `peering ${config.name}`);
    if (findings.length > 0) throw errorOf(findings);
    const binding = policies.bind(book, peering.wish);
    for (const { neighbor } of peering.sessions) candidates.set(neighbor, binding);
  }
  return candidates;
}
