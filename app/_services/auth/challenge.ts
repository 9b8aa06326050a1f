/**
 * Somebody asks for a text to sign.
 *
 * Not standardized; portal specification §3.2. The challenge is bound to the browser by the
 * pre-sign-in cookie, whose hash is stored with it; the text holds nothing personal.
 *
 * @module
 */
import 'server-only';
import { randomBytes } from 'node:crypto';
import { type Context, hashOfSecret, takeFromLimit } from '../../_auth/index.ts';
import { challengeText, newNonce } from '../../_auth/proofs/index.ts';
import { inTransaction } from '../../_db/index.ts';
import type { RegistryNetwork } from '../../_registry/index.ts';
import { PortalError } from '../../_text/errors.ts';

const CHALLENGE_MS = 10 * 60_000;

export type IssuedChallenge = {
  readonly nonce: string;
  readonly text: string;
  readonly expiresAt: Date;
  readonly network: RegistryNetwork;
};

/** @throws PortalError REGISTRY_UNAVAILABLE, ASN_UNKNOWN, NO_METHOD, RATE_LIMITED. */
export async function issueChallenge({
  ctx,
  asn,
  portalName,
  visitCookie,
}: {
  readonly ctx: Context;
  readonly asn: number;
  /** The host the request came to. */
  readonly portalName: string;
  readonly visitCookie: string;
}): Promise<IssuedChallenge> {
  const { portal, now } = ctx;
  takeFromLimit('challenge', ctx.address, now);
  const network = portal.registry.getFresh(now).network(asn, now);
  if (network === undefined) throw new PortalError('ASN_UNKNOWN');
  if (!network.methods.some((method) => method.usable)) throw new PortalError('NO_METHOD');

  const nonce = newNonce(randomBytes);
  const expiresAt = new Date(Math.floor((now.getTime() + CHALLENGE_MS) / 1000) * 1000);
  await inTransaction(portal.database, async (transaction) => {
    await transaction.challenge.deleteMany({ where: { expiresAt: { lt: now } } });
    await transaction.challenge.create({
      data: {
        nonce,
        asn: BigInt(asn),
        purpose: 'login',
        portal: portalName,
        issuedAt: now,
        expiresAt,
        cookieHash: hashOfSecret(visitCookie),
        address: ctx.address ?? 'unknown',
        tries: 0,
      },
    });
  });
  const text = challengeText({ portal: portalName, asn, purpose: 'login', nonce, expiresAt });
  return { nonce, text, expiresAt, network };
}
