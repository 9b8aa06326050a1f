/**
 * Writes what is known of a node into its row; a change raises the revision.
 *
 * Not standardized; docs/architecture.md §7: the document comes from the database alone, so what a
 * file says is written there first.
 *
 * @module
 */
import 'server-only';
import { newId } from '../../_auth/index.ts';
import type { Prisma, Transaction } from '../../_db/index.ts';
import type { NodeFacts } from '../../_settings/index.ts';

/** Returns whether anything changed. */
export async function storeNode(
  transaction: Transaction,
  facts: NodeFacts,
  { operation, now }: { readonly operation: string; readonly now: Date },
): Promise<boolean> {
  const settings = facts as unknown as Prisma.InputJsonObject;
  const row = await transaction.node.findUnique({ where: { name: facts.name } });
  if (row === null) {
    await transaction.node.create({
      data: {
        name: facts.name,
        settings,
        epoch: newId(),
        revision: 1,
        operation,
        createdAt: now,
        updatedAt: now,
      },
    });
    return true;
  }
  if (isEqual(row.settings, facts)) return false;
  await transaction.node.update({
    where: { name: facts.name },
    data: { settings, revision: { increment: 1 }, operation, updatedAt: now },
  });
  return true;
}

/** Compares plain data whatever the order of its keys. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) =>
    isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
