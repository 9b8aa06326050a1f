/**
 * Logins: rows that cookies point to. A revoked row ends a login at once, everywhere.
 *
 * Not standardized; portal specification §3.8, §3.9: members 7 days; operators 12 h, idle 1 h.
 *
 * Invariant: what a login may do is read from the row, never from the cookie.
 *
 * @module
 */
import 'server-only';
import { printable } from '../../router-core/index.ts';
import type { Database, Login, Transaction } from '../_db/index.ts';
import type { Actor, AssuranceLevel } from './actor.ts';
import { hashOfSecret, newCookieValue } from './cookies.ts';

const HOUR_MS = 3_600_000;
const MEMBER_LOGIN_MS = 7 * 24 * HOUR_MS;
const OPERATOR_LOGIN_MS = 12 * HOUR_MS;
const OPERATOR_IDLE_MS = HOUR_MS;
/** The row is written at most this often by reading. */
const SEEN_EVERY_MS = 60_000;

export type NewLogin = {
  readonly subject:
    | {
        readonly kind: 'member';
        readonly asns: readonly number[];
        readonly level: AssuranceLevel;
        readonly registryCommit: string | null;
      }
    | { readonly kind: 'operator'; readonly name: string };
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly now: Date;
};

/** Creates a login and returns the value of its cookie, which is stored nowhere. */
export async function createLogin(
  transaction: Transaction,
  { subject, address, userAgent, now }: NewLogin,
): Promise<{ readonly value: string; readonly maxAgeSeconds: number }> {
  const value = newCookieValue();
  const lifeMs = subject.kind === 'member' ? MEMBER_LOGIN_MS : OPERATOR_LOGIN_MS;
  await transaction.login.create({
    data: {
      id: hashOfSecret(value),
      kind: subject.kind,
      asns: subject.kind === 'member' ? subject.asns.join(',') : '',
      level: subject.kind === 'member' ? subject.level : 'operator',
      operator: subject.kind === 'operator' ? subject.name : null,
      registryCommit: subject.kind === 'member' ? subject.registryCommit : null,
      address,
      userAgent: userAgent === null ? null : printable(userAgent, 200),
      createdAt: now,
      lastSeenAt: now,
      expiresAt: new Date(now.getTime() + lifeMs),
      revokedAt: null,
    },
  });
  await transaction.login.deleteMany({ where: { expiresAt: { lt: now } } });
  return { value, maxAgeSeconds: lifeMs / 1000 };
}

/** Returns the actor of a cookie; undefined when it is unknown, revoked, expired or idle too long. */
export async function findLogin(
  database: Database,
  value: string,
  now: Date,
): Promise<Actor | undefined> {
  const row = await database.login.findUnique({ where: { id: hashOfSecret(value) } });
  if (row === null || !isValid(row, now)) return undefined;
  if (now.getTime() - row.lastSeenAt.getTime() > SEEN_EVERY_MS)
    await database.login.updateMany({ where: { id: row.id }, data: { lastSeenAt: now } });
  return actorOf(row);
}

/** How often a stream that is open asks whether its login still stands: it may outlive it by 5 s. */
export const LOGIN_CHECK_MS = 4_000;

/** Whether a login still stands; streams ask this while they are open. */
export async function isLoginValid(database: Database, id: string, now: Date): Promise<boolean> {
  const row = await database.login.findUnique({ where: { id } });
  return row !== null && isValid(row, now);
}

export async function revokeLogin(database: Database, id: string, now: Date): Promise<void> {
  await database.login.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now } });
}

/** Makes another of the proved networks the one that requests are made for. */
export async function chooseNetwork(database: Database, id: string, asn: number): Promise<boolean> {
  const row = await database.login.findUnique({ where: { id } });
  const asns = row === null ? [] : asnsOf(row);
  if (!asns.includes(asn)) return false;
  const ordered = [asn, ...asns.filter((other) => other !== asn)];
  await database.login.updateMany({ where: { id }, data: { asns: ordered.join(',') } });
  return true;
}

const isValid = (row: Login, now: Date): boolean =>
  row.revokedAt === null &&
  row.expiresAt > now &&
  (row.kind !== 'operator' || now.getTime() - row.lastSeenAt.getTime() <= OPERATOR_IDLE_MS);

const asnsOf = (row: Login): number[] => row.asns.split(',').filter(Boolean).map(Number);

function actorOf(row: Login): Actor | undefined {
  if (row.kind === 'operator')
    return { kind: 'operator', loginId: row.id, name: row.operator ?? 'operator', role: 'owner' };
  const asns = asnsOf(row);
  const asn = asns[0];
  // The level was written from the same union.
  return asn === undefined
    ? undefined
    : { kind: 'member', loginId: row.id, asns, asn, level: row.level as AssuranceLevel };
}
