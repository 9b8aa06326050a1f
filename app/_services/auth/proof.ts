/**
 * Hands an answer to the method it names, with the keys that count for the AS.
 *
 * Not standardized; `_auth/proofs` judges signatures and knows neither database nor HTTP.
 *
 * @module
 */
import 'server-only';
import type { ProofKeys, ProvedKey } from '../../../router-core/index.ts';
import {
  type Challenge,
  challengeText,
  type ProofCode,
  verifyPgpProof,
  verifySshProof,
} from '../../_auth/proofs/index.ts';
import type { PortalErrorCode } from '../../_text/errors.ts';

/** What a person sent back. */
export type ProofAnswer = {
  readonly method: 'ssh' | 'pgp';
  readonly signature: string;
  /** Armored public keys; needed where the registry has only a fingerprint. */
  readonly publicKey: string | undefined;
};

export type ProofSubject = {
  readonly challenge: Challenge;
  readonly issuedAt: Date;
  readonly keys: ProofKeys;
  /** Texts of the same browser's other open challenges, which may have been signed by mistake. */
  readonly otherTexts: readonly string[];
  readonly now: Date;
};

export type ProofOutcome =
  | { readonly kind: 'proved'; readonly key: ProvedKey }
  | { readonly kind: 'refused'; readonly code: PortalErrorCode };

export async function checkProof(
  answer: ProofAnswer,
  { challenge, issuedAt, keys, otherTexts, now }: ProofSubject,
): Promise<ProofOutcome> {
  const text = challengeText(challenge);
  const { signature, publicKey } = answer;
  if (answer.method === 'ssh') {
    const usableKeys = keys.sshKeys;
    const result = verifySshProof({ signature, challenge: text, usableKeys, otherTexts, now });
    return result.ok
      ? { kind: 'proved', key: { kind: 'ssh', key: result.key } }
      : { kind: 'refused', code: portalCode(result.code) };
  }
  const result = await verifyPgpProof({
    signature,
    challenge: text,
    ...(publicKey === undefined ? {} : { publicKeyPaste: publicKey }),
    registeredFingerprints: keys.pgpFingerprints,
    keyCerts: keys.keyCerts,
    issuedAt,
    now,
  });
  return result.ok
    ? { kind: 'proved', key: { kind: 'pgp', fingerprint: result.fingerprint } }
    : { kind: 'refused', code: portalCode(result.code) };
}

/** An expired text is to people the same as a used one. */
const portalCode = (code: ProofCode): PortalErrorCode =>
  code === 'CHALLENGE_EXPIRED' ? 'CHALLENGE_USED' : code;
