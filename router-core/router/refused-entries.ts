/**
 * What of a document cannot be applied, and what runs on in its place.
 *
 * Not standardized; docs/architecture.md §5 step 10.
 *
 * Invariants
 * - An entry that is refused stops no other.
 * - If its peering runs, it keeps what it had as a whole: its wish, and the policies it was judged by (`policies.ts`).
 *   A wish of one document under the policies of another nobody wrote, and it might let routes pass that both reject.
 *
 * @module
 */
import { RouterError } from '../base/errors.ts';
import type { Engine } from './engine.ts';
import { seen } from './facts.ts';
import type { ApplyReportLine } from './types.ts';

/** The entries of one list, by id. */
export type TypedEntries<Typed> = {
  /** What is to run: of a refused entry the wish that runs already. */
  readonly wishes: ReadonlyMap<string, Typed>;
  readonly refused: ReadonlyMap<string, ApplyReportLine>;
};

/** Types each entry of a list by itself. */
export function typeEntries<Entry extends { readonly id: string }, Typed>(
  path: string,
  entries: readonly Entry[],
  running: ReadonlyMap<string, { readonly wish: Typed }>,
  type: (entry: Entry) => Typed,
): TypedEntries<Typed> {
  const wishes = new Map<string, Typed>();
  const refused = new Map<string, ApplyReportLine>();
  for (const [i, entry] of entries.entries()) {
    try {
      wishes.set(entry.id, type(entry));
    } catch (error) {
      const line = failureLine(entry.id, error, `${path}[${i}]`);
      const before = running.get(entry.id);
      refused.set(entry.id, before === undefined ? line : keeping(line));
      if (before !== undefined) wishes.set(entry.id, before.wish);
    }
  }
  return { wishes, refused };
}

const keeping = (line: ApplyReportLine): ApplyReportLine => ({
  ...line,
  message: `${line.message} It runs on as it was, and so do its policies.`,
});

/** Notes for the diagnosis of everything that runs whether the last document had a refused entry for it. */
export function noteRefusals(
  { roster, changed, clock }: Engine,
  refused: ReadonlyMap<string, ApplyReportLine>,
): void {
  for (const { facts, wish } of roster.all()) {
    const before = facts.entryRefused;
    const line = refused.get(wish.id);
    const { code = '', message = '' } = line ?? {};
    if (line === undefined) delete facts.entryRefused;
    else facts.entryRefused = seen(before, { code, message }, clock.now());
    if (facts.entryRefused !== before) changed.add(wish.id);
  }
}

/** The line of a report for what a document asks in vain. @throws any error that is no RouterError */
export function failureLine(
  id: string,
  error: unknown,
  path: string | undefined,
  entity: ApplyReportLine['entity'] = 'peering',
): ApplyReportLine {
  if (!(error instanceof RouterError)) throw error;
  const where = [path, error.details.path].filter((part) => part !== undefined).join('.');
  return {
    entity,
    id,
    outcome: 'failed',
    code: error.code,
    message: error.message,
    ...(where === '' ? {} : { path: where }),
  };
}
