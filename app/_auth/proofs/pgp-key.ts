/**
 * Whether an OpenPGP key may be used for a proof now.
 *
 * Standard: RFC 9580 §5.2.3 (revocation, expiry, key flags); bounds: portal specification §3.5.
 *
 * @module
 */
import 'server-only';
import { config as defaultConfig, enums, type Key, type Subkey } from 'openpgp';
import type { ProofCode } from './codes.ts';

const MIN_RSA_BITS = 2048;
/** Any revocation counts, also one that is dated after the signature or after now. */
const FAR_FUTURE_MS = 100 * 365 * 86_400_000;

/** A public key and where it came from. */
export type KnownKey = {
  readonly key: Key;
  /** 40 hexadecimal digits, upper case. */
  readonly fingerprint: string;
  /** Name and declared fingerprint of the key-cert object; absent for a pasted key. */
  readonly keyCert?: { readonly name: string; readonly fingerprint: string };
};

export const isRevoked = (key: Key, now: Date): Promise<boolean> =>
  key.isRevoked(undefined, undefined, new Date(now.getTime() + FAR_FUTURE_MS));

/** Why the primary key cannot be used, or undefined. */
export async function primaryKeyProblem(
  known: KnownKey,
  now: Date,
): Promise<ProofCode | undefined> {
  const { key, fingerprint, keyCert } = known;
  if (keyCert !== undefined) {
    const suffix = keyCert.name.replace(/^PGPKEY-/i, '').toUpperCase();
    if (fingerprint !== keyCert.fingerprint || !fingerprint.endsWith(suffix))
      return 'FINGERPRINT_MISMATCH';
  }
  if (await isRevoked(key, now)) return 'KEY_REVOKED';
  const expiry = await key.getExpirationTime();
  // Without a valid self-signature nothing says whose key this is, or for how long.
  if (expiry === null) return 'MALFORMED';
  if (isOver(expiry, now)) return 'KEY_EXPIRED';
  return isWeak(key) ? 'WEAK_ALGORITHM' : undefined;
}

/** Why the key that signed, primary or subkey, cannot be used, or undefined. */
export async function signingKeyProblem(
  key: Key,
  signer: Key | Subkey,
  now: Date,
): Promise<ProofCode | undefined> {
  if (isWeak(signer)) return 'WEAK_ALGORITHM';
  if ('mainKey' in signer) {
    const expiry = await signer.getExpirationTime(now);
    if (expiry === null) return 'BAD_SIGNATURE';
    if (isOver(expiry, now)) return 'KEY_EXPIRED';
    const isBound = await signer.verify(now, defaultConfig).then(
      () => true,
      // The binding is valid and not expired: what is left is a revocation of the subkey.
      () => false,
    );
    if (!isBound) return 'KEY_REVOKED';
  }
  // Key flags and, for a subkey, its own signature that it belongs to the primary key.
  return key.getSigningKey(signer.getKeyID(), now, undefined, defaultConfig).then(
    () => undefined,
    () => 'BAD_SIGNATURE' as const,
  );
}

const isOver = (expiry: Date | number, now: Date): boolean =>
  typeof expiry !== 'number' && expiry.getTime() <= now.getTime();

function isWeak(key: Key | Subkey): boolean {
  const { algorithm, bits, curve } = key.getAlgorithmInfo();
  if (algorithm === 'dsa' || algorithm === 'elgamal') return true;
  if (curve !== undefined && defaultConfig.rejectCurves.has(enums.curve[curve])) return true;
  return algorithm.startsWith('rsa') && (bits ?? 0) < MIN_RSA_BITS;
}
