/**
 * The audit log: one record per change, in the transaction of the change.
 *
 * Not standardized; portal specification §6, §10. Append-only: each record's hash covers its own
 * content and the hash before it, so a record taken out or altered later shows.
 *
 * Invariant: secrets are never in `detail`; verbs pass names of fields, not values of keys.
 *
 * @module
 */
import 'server-only';
import { createHash } from 'node:crypto';
import { type Context, levelOfActor, nameOfActor } from '../_auth/index.ts';
import type { Prisma, Transaction } from '../_db/index.ts';

export type AuditEntry = {
  /** `peering.request`, `auth.verify` … */
  readonly action: string;
  readonly node?: string;
  /** Id of what was changed. */
  readonly subject?: string;
  readonly detail?: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
  /** The AS concerned: a member with several is named by this one, not by the active one. */
  readonly asn?: number;
  /** Instead of the actor's name, e.g. who signed in. */
  readonly actor?: string;
};

export const FIRST_HASH = '0'.repeat(64);

export async function writeAudit(
  transaction: Transaction,
  ctx: Context,
  entry: AuditEntry,
): Promise<void> {
  const last = await transaction.audit.findFirst({ orderBy: { number: 'desc' } });
  const record = {
    number: (last?.number ?? 0) + 1,
    at: ctx.now,
    action: entry.action,
    actor: entry.actor ?? nameOfActor(ctx.actor, entry.asn),
    level: levelOfActor(ctx.actor),
    address: ctx.address,
    node: entry.node ?? null,
    subject: entry.subject ?? null,
    operation: ctx.operation,
    detail: (entry.detail ?? {}) as Prisma.InputJsonObject,
    registryCommit: ctx.portal.registry.state().commit,
    previousHash: last?.hash ?? FIRST_HASH,
  };
  await transaction.audit.create({ data: { ...record, hash: hashOfRecord(record) } });
}

/** Returns the hash of a record; the verifier of the chain uses the same. */
export function hashOfRecord(record: {
  readonly number: number;
  readonly at: Date;
  readonly action: string;
  readonly actor: string;
  readonly level: string;
  readonly address: string | null;
  readonly node: string | null;
  readonly subject: string | null;
  readonly operation: string;
  readonly detail: unknown;
  readonly registryCommit: string | null;
  readonly previousHash: string;
}): string {
  const content = [
    record.previousHash,
    record.number,
    record.at.toISOString(),
    record.action,
    record.actor,
    record.level,
    record.address,
    record.node,
    record.subject,
    record.operation,
    sortedJson(record.detail),
    record.registryCommit,
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** Databases give keys of JSON back in an order of their own. */
function sortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${sortedJson(field)}`).join(',')}}`;
}
