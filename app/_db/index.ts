/**
 * The portal's database: opening, transactions, sealing.
 *
 * @module
 */
import 'server-only';

export type { Challenge, Login, Peering } from './generated/sqlite/client.ts';
export { Prisma } from './generated/sqlite/client.ts';
export { type Database, openDatabase } from './open.ts';
export { createSealer, type Sealer } from './sealing.ts';
export { readRootSecret } from './secret.ts';
export { inTransaction, isUniqueViolation, type Transaction } from './transaction.ts';
