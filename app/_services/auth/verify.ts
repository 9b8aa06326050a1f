/**
 * Somebody answers a challenge by a signature and is signed in for every AS that key proves.
 *
 * Not standardized; portal specification §3.2, §3.3, §3.5, §1.5.
 *
 * Invariants
 * - A challenge is spent by the first right signature, whoever answers at the same moment, and by
 *   the fifth wrong one. Each try is counted before the signature is looked at.
 * - A challenge of another browser, another portal name or another AS is as good as none.
 *
 * @module
 */
import 'server-only';
import type { ProvedKey } from '../../../router-core/index.ts';
import {
  type AssuranceLevel,
  type Context,
  createLogin,
  hashOfSecret,
  takeFromLimit,
} from '../../_auth/index.ts';
import { type Challenge, challengeText } from '../../_auth/proofs/index.ts';
import { type Challenge as ChallengeRow, inTransaction } from '../../_db/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { writeAudit } from '../audit.ts';
import { checkProof, type ProofAnswer } from './proof.ts';

const TRIES = 5;
const OTHER_TEXTS = 10;

export type SignedIn = {
  readonly asns: readonly number[];
  readonly level: AssuranceLevel;
  readonly cookie: { readonly value: string; readonly maxAgeSeconds: number };
};

/** @throws PortalError CHALLENGE_USED, or the code of what is wrong with the signature. */
export async function verifyChallenge({
  ctx,
  nonce,
  answer,
  portalName,
  visitCookie,
  userAgent,
}: {
  readonly ctx: Context;
  readonly nonce: string;
  readonly answer: ProofAnswer;
  readonly portalName: string;
  readonly visitCookie: string | undefined;
  readonly userAgent: string | null;
}): Promise<SignedIn> {
  const { portal, now } = ctx;
  takeFromLimit('verify', ctx.address, now);
  if (visitCookie === undefined) throw new PortalError('CHALLENGE_USED');
  const registry = portal.registry.getFresh(now);
  const challenge = await takeTry(ctx, nonce, portalName, visitCookie);
  const asn = Number(challenge.asn);

  const proof = await checkProof(answer, {
    challenge: challengeOf(challenge),
    issuedAt: challenge.issuedAt,
    keys: registry.proofKeys(asn, now),
    otherTexts: await otherTextsOf(ctx, challenge),
    now,
  });
  if (proof.kind === 'refused') {
    if (challenge.tries >= TRIES) await portal.database.challenge.deleteMany({ where: { nonce } });
    await writeRefusal(ctx, asn, answer.method, proof.code);
    throw new PortalError(proof.code);
  }
  const asns = [asn, ...registry.asnsProvedBy(proof.key, now).filter((other) => other !== asn)];
  return signIn(ctx, { nonce, asns, key: proof.key, userAgent });
}

/** Counts a try; of several at once each counts, and none passes the limit. */
async function takeTry(ctx: Context, nonce: string, portalName: string, visitCookie: string) {
  const { database } = ctx.portal;
  const { count } = await database.challenge.updateMany({
    where: {
      nonce,
      portal: portalName,
      cookieHash: hashOfSecret(visitCookie),
      expiresAt: { gt: ctx.now },
      tries: { lt: TRIES },
    },
    data: { tries: { increment: 1 } },
  });
  const challenge = count === 1 ? await database.challenge.findUnique({ where: { nonce } }) : null;
  if (challenge === null) throw new PortalError('CHALLENGE_USED');
  return challenge;
}

/** Every row was made by `issueChallenge`, which knows one purpose. */
const challengeOf = (row: ChallengeRow): Challenge => ({
  portal: row.portal,
  asn: Number(row.asn),
  purpose: 'login',
  nonce: row.nonce,
  expiresAt: row.expiresAt,
});

/** Other open challenges of the same browser: a text signed by mistake can then be told. */
async function otherTextsOf(ctx: Context, challenge: ChallengeRow): Promise<string[]> {
  const rows = await ctx.portal.database.challenge.findMany({
    where: { cookieHash: challenge.cookieHash, nonce: { not: challenge.nonce } },
    take: OTHER_TEXTS,
  });
  return rows.map((row) => challengeText(challengeOf(row)));
}

async function signIn(
  ctx: Context,
  proved: {
    readonly nonce: string;
    readonly asns: readonly number[];
    readonly key: ProvedKey;
    readonly userAgent: string | null;
  },
): Promise<SignedIn> {
  const { asns, key } = proved;
  const level: AssuranceLevel = 'key';
  const cookie = await inTransaction(ctx.portal.database, async (transaction) => {
    const { count } = await transaction.challenge.deleteMany({ where: { nonce: proved.nonce } });
    if (count !== 1) throw new PortalError('CHALLENGE_USED');
    await writeAudit(transaction, ctx, {
      action: 'auth.sign-in',
      actor: `AS${asns[0]}`,
      detail: { method: key.kind, asns: asns.map(String), level },
    });
    return createLogin(transaction, {
      subject: {
        kind: 'member',
        asns,
        level,
        registryCommit: ctx.portal.registry.state().commit,
      },
      address: ctx.address,
      userAgent: proved.userAgent,
      now: ctx.now,
    });
  });
  return { asns, level, cookie };
}

async function writeRefusal(
  ctx: Context,
  asn: number,
  method: string,
  code: string,
): Promise<void> {
  await inTransaction(ctx.portal.database, (transaction) =>
    writeAudit(transaction, ctx, { action: 'auth.refused', detail: { asn, method, code } }),
  );
}
