/**
 * Timelines: transitions of the router and of people, written to the database once each.
 *
 * Not standardized; docs/architecture.md §5 step 13, portal specification §7. The router numbers its
 * transitions since its start and keeps the last 100; after a restart it counts anew, so a
 * transition is known by number, step and time together.
 *
 * Invariant: recording the same view twice changes nothing.
 *
 * @module
 */
import 'server-only';
import type { PeeringView, TimelineStep, Transition } from '../../router-core/index.ts';
import { type Database, isUniqueViolation, type Transaction } from '../_db/index.ts';

/** Older entries of one peering are removed: a flapping session must not fill the disk. */
const ENTRIES_KEPT = 500;
/** How often the number of entries is looked at, in entries written. */
const TRIM_EVERY = 100;

export interface Timelines {
  record(view: PeeringView): Promise<void>;
}

export function createTimelines(database: Database): Timelines {
  /** The newest transition stored per peering; loaded once, then kept. */
  const newest = new Map<string, { readonly at: number; readonly number: number }>();
  const proved = new Set<string>();
  let written = 0;

  const newestOf = async (peering: string): Promise<{ at: number; number: number }> => {
    const known = newest.get(peering);
    if (known !== undefined) return known;
    const row = await database.timeline.findFirst({
      where: { peering, source: 'router' },
      orderBy: [{ at: 'desc' }, { number: 'desc' }],
    });
    return row === null ? { at: 0, number: 0 } : { at: row.at.getTime(), number: row.number };
  };

  return {
    async record(view) {
      const last = await newestOf(view.id);
      for (const transition of view.transitions) {
        if (!isNewer(transition, last)) continue;
        await store(database, view, transition);
        written += 1;
        if (written % TRIM_EVERY === 0) await trim(database, view.id);
      }
      const final = view.transitions.at(-1);
      newest.set(
        view.id,
        final === undefined ? last : { at: Date.parse(final.at), number: final.number },
      );
      const handshakeAt = view.tunnel?.lastHandshakeAt ?? null;
      if (handshakeAt !== null && !proved.has(view.id)) {
        await database.peering.updateMany({
          where: { id: view.id, firstHandshakeAt: null },
          data: { firstHandshakeAt: new Date(handshakeAt) },
        });
        proved.add(view.id);
      }
    },
  };
}

/** Writes a step of people's doing; called inside the verb's transaction. */
export async function recordStep(
  transaction: Transaction,
  entry: {
    readonly node: string;
    readonly peering: string;
    readonly step: TimelineStep;
    readonly at: Date;
    readonly detail?: string;
    readonly operation: string;
  },
): Promise<void> {
  await transaction.timeline.create({
    data: { ...entry, detail: entry.detail ?? null, source: 'portal', number: 0 },
  });
}

function isNewer(
  transition: Transition,
  last: { readonly at: number; readonly number: number },
): boolean {
  const at = Date.parse(transition.at);
  return at > last.at || (at === last.at && transition.number > last.number);
}

async function store(database: Database, view: PeeringView, transition: Transition): Promise<void> {
  try {
    await database.timeline.create({
      data: {
        node: view.node,
        peering: view.id,
        source: 'router',
        number: transition.number,
        step: transition.step,
        at: new Date(transition.at),
        detail: transition.detail ?? null,
        operation: transition.operation ?? null,
      },
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
  }
}

async function trim(database: Database, peering: string): Promise<void> {
  const oldestKept = await database.timeline.findFirst({
    where: { peering },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    skip: ENTRIES_KEPT,
  });
  if (oldestKept !== null)
    await database.timeline.deleteMany({ where: { peering, at: { lte: oldestKept.at } } });
}
