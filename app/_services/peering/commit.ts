/**
 * The one way a verb changes peerings: transaction, revision, audit, then the wake-ups.
 *
 * Not standardized; docs/architecture.md §5 steps 3 to 5, portal specification §6. The revision is
 * written first, so of two verbs on one node the second waits and reads what the first left.
 *
 * @module
 */
import 'server-only';
import type { Context } from '../../_auth/index.ts';
import { inTransaction, isUniqueViolation, type Transaction } from '../../_db/index.ts';
import { PortalError } from '../../_text/errors.ts';

/** A verb answers when the router has answered, but not later than this. */
const SETTLE_MS = 2_000;

export type Change<Result> = {
  readonly node: string;
  readonly work: (transaction: Transaction, revision: number) => Promise<Result>;
  /** Ids whose objects changed. */
  readonly changed: (result: Result) => readonly string[];
};

export async function commitChange<Result>(
  ctx: Context,
  { node, work, changed }: Change<Result>,
): Promise<Result> {
  const { portal } = ctx;
  let result: Result;
  try {
    result = await inTransaction(portal.database, async (transaction) => {
      const row = await transaction.node.update({
        where: { name: node },
        data: { revision: { increment: 1 }, operation: ctx.operation, updatedAt: ctx.now },
      });
      return work(transaction, row.revision);
    });
  } catch (error) {
    // Two requests for one key at once: the rules saw a free key, the column knows better.
    if (isUniqueViolation(error)) throw keyInUse(node, error);
    throw error;
  }
  const runtime = portal.nodes.get(node);
  for (const id of changed(result)) runtime?.hub.peeringChanged(id);
  await runtime?.reconciler.settled(SETTLE_MS);
  return result;
}

function keyInUse(node: string, cause: unknown): PortalError {
  return new PortalError('INPUT_INVALID', {
    cause,
    errors: [
      {
        code: 'KEY_IN_USE',
        path: 'publicKey',
        message: `This key is already used on ${node}. One key per node: make another.`,
      },
    ],
  });
}
