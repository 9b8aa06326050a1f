/**
 * Why a proof was refused.
 *
 * Portal specification §3.3 and §3.5. People see one constant sentence; the code is for the audit log.
 * Ours beyond the specification: `CHALLENGE_EXPIRED` (a second look at what the store already
 * knows) and `PUBLIC_KEY_NEEDED` (the registry has only a fingerprint, and no key was pasted).
 *
 * @module
 */
export const PROOF_CODES = [
  'MALFORMED',
  'NAMESPACE_MISMATCH',
  'KEY_NOT_REGISTERED',
  'PUBLIC_KEY_NEEDED',
  'FINGERPRINT_MISMATCH',
  'KEY_REVOKED',
  'KEY_EXPIRED',
  'WEAK_ALGORITHM',
  'USER_PRESENCE_MISSING',
  'BAD_SIGNATURE',
  'MESSAGE_MISMATCH',
  'CHALLENGE_EXPIRED',
] as const;
export type ProofCode = (typeof PROOF_CODES)[number];

export type ProofRefusal = { readonly ok: false; readonly code: ProofCode };

export const refuse = (code: ProofCode): ProofRefusal => ({ ok: false, code });
