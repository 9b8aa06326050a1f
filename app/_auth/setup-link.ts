/**
 * The one-time link that makes the first operator.
 *
 * Not standardized; portal specification §3.8: 128 bits, one hour, one use, stored hashed, printed
 * on the console and never written to a log file.
 *
 * @module
 */
import 'server-only';
import { randomBytes } from 'node:crypto';
import type { Database, Transaction } from '../_db/index.ts';
import { PortalError } from '../_text/errors.ts';
import { hashOfSecret } from './cookies.ts';

const LIFE_MS = 3_600_000;

/** Makes a new link and ends the ones before; returns the secret for the address. */
export async function createSetupLink(database: Database, now: Date): Promise<string> {
  const secret = randomBytes(16).toString('base64url');
  await database.setupLink.deleteMany({});
  await database.setupLink.create({
    data: {
      id: hashOfSecret(secret),
      createdAt: now,
      expiresAt: new Date(now.getTime() + LIFE_MS),
      usedAt: null,
    },
  });
  return secret;
}

export async function isSetupLinkOpen(
  database: Database,
  secret: string,
  now: Date,
): Promise<boolean> {
  const row = await database.setupLink.findUnique({ where: { id: hashOfSecret(secret) } });
  return row !== null && row.usedAt === null && row.expiresAt > now;
}

/** Uses the link up, in the transaction that completes the set-up. @throws SETUP_LINK_INVALID. */
export async function spendSetupLink(
  transaction: Transaction,
  secret: string,
  now: Date,
): Promise<void> {
  const { count } = await transaction.setupLink.updateMany({
    where: { id: hashOfSecret(secret), usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now },
  });
  if (count !== 1) throw new PortalError('SETUP_LINK_INVALID');
}
