/**
 * One transaction per verb: rows, audit record and revision change together or not at all.
 *
 * Not standardized. Verbs write first (the node's revision), so that of two verbs on one node the
 * second waits for the first and then reads what it left.
 *
 * @module
 */
import 'server-only';
import type { Prisma } from './generated/sqlite/client.ts';
import type { Database } from './open.ts';

/** What a verb sees inside its transaction. */
export type Transaction = Prisma.TransactionClient;

const MAX_WAIT_MS = 5_000;
const TIMEOUT_MS = 10_000;

export function inTransaction<Result>(
  database: Database,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  return database.$transaction(work, { maxWait: MAX_WAIT_MS, timeout: TIMEOUT_MS });
}

/** Whether an error says that a unique column has this value already. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 'P2002';
}
