/**
 * `auth:` lines of maintainers: which proofs of control they allow, and why not.
 *
 * Not standardized; portal specification §1.6. Unusable lines are kept and shown with their reason,
 * so that a person sees what to change in the registry.
 *
 * @module
 */
import { toBase64 } from '../base/bytes.ts';
import type { WallTime } from '../base/units.ts';
import type { IndexedKeyCert } from './registry-index.ts';
import {
  decodeSshBase64,
  isSshKeyType,
  MIN_RSA_BITS,
  parseSshPublicKey,
  rsaBits,
  type SshKeyType,
} from './ssh-key.ts';

export const UNUSABLE_REASONS = [
  'MALFORMED_KEY',
  'WEAK_ALGORITHM',
  'SHORT_FINGERPRINT',
  'KEY_CERT_MISSING',
  'FINGERPRINT_MISMATCH',
  'KEY_REVOKED',
  'KEY_EXPIRED',
  'UNSUPPORTED_METHOD',
] as const;
export type UnusableReason = (typeof UNUSABLE_REASONS)[number];

type Origin = {
  /** The object the line stands in, e.g. `mntner/ALDER-MNT`. */
  readonly source: string;
  /** The line as written, printable. */
  readonly raw: string;
};
export type UsableSshMethod = Origin & {
  readonly kind: 'ssh';
  readonly usable: true;
  readonly keyType: SshKeyType;
  /** `type base64` without comment: equal keys have equal texts. */
  readonly key: string;
};
export type UsablePgpMethod = Origin & {
  readonly kind: 'pgp';
  readonly usable: true;
  /** 40 hexadecimal digits, upper case. */
  readonly fingerprint: string;
  /** Where the public key comes from: the key-cert's name, or the person who signs in. */
  readonly keyFrom: { readonly keyCert: string } | 'ask-user';
};
export type UnusableMethod = Origin & {
  readonly kind: 'ssh' | 'pgp' | 'unsupported';
  readonly usable: false;
  readonly reason: UnusableReason;
  /** Of a key-cert's body, when it could be read. */
  readonly fingerprint?: string;
  readonly keyFrom?: { readonly keyCert: string } | 'ask-user';
};
export type AuthMethod = UsableSshMethod | UsablePgpMethod | UnusableMethod;

/** Reads one `auth:` line; expiry of key-certs is judged at `now`. */
export function readAuthLine(
  raw: string,
  source: string,
  keyCertNamed: (name: string) => IndexedKeyCert | undefined,
  now: WallTime,
): AuthMethod {
  const origin = { source, raw };
  const words = raw.split(/\s+/).filter((word) => word !== '');
  const [method = '', argument = ''] = words;
  if (isSshKeyType(method)) return readSshLine(origin, method, argument);
  if (method === 'pgp-fingerprint') {
    const fingerprint = words.slice(1).join('').toUpperCase();
    // Eight or sixteen digits can be found by brute force: anybody could make such a key.
    return /^[0-9A-F]{40}$/.test(fingerprint)
      ? { ...origin, kind: 'pgp', usable: true, fingerprint, keyFrom: 'ask-user' }
      : {
          ...origin,
          kind: 'pgp',
          usable: false,
          reason: 'SHORT_FINGERPRINT',
          keyFrom: 'ask-user',
        };
  }
  if (words.length === 1 && /^PGPKEY-[0-9A-F]{8,40}$/i.test(method))
    return readKeyCertLine(origin, method, keyCertNamed(method), now);
  return { ...origin, kind: 'unsupported', usable: false, reason: 'UNSUPPORTED_METHOD' };
}

function readSshLine(origin: Origin, keyType: SshKeyType, word: string): AuthMethod {
  const blob = decodeSshBase64(word);
  const key = blob === undefined ? undefined : parseSshPublicKey(blob);
  if (blob === undefined || key?.type !== keyType)
    return { ...origin, kind: 'ssh', usable: false, reason: 'MALFORMED_KEY' };
  if (key.type === 'ssh-rsa' && rsaBits(key) < MIN_RSA_BITS)
    return { ...origin, kind: 'ssh', usable: false, reason: 'WEAK_ALGORITHM' };
  return { ...origin, kind: 'ssh', usable: true, keyType, key: `${keyType} ${toBase64(blob)}` };
}

function readKeyCertLine(
  origin: Origin,
  name: string,
  keyCert: IndexedKeyCert | undefined,
  now: WallTime,
): AuthMethod {
  const unusable = (reason: UnusableReason, fingerprint?: string): UnusableMethod => ({
    ...origin,
    kind: 'pgp',
    usable: false,
    reason,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(keyCert === undefined ? {} : { keyFrom: { keyCert: keyCert.name } }),
  });
  if (keyCert === undefined) return unusable('KEY_CERT_MISSING');
  const { fingerprint } = keyCert;
  if (fingerprint === null) return unusable('MALFORMED_KEY');
  const suffix = name.slice('PGPKEY-'.length).toUpperCase();
  if (fingerprint !== keyCert.declaredFingerprint || !fingerprint.endsWith(suffix))
    return unusable('FINGERPRINT_MISMATCH', fingerprint);
  if (keyCert.revoked) return unusable('KEY_REVOKED', fingerprint);
  if (keyCert.expiresAt !== null && keyCert.expiresAt * 1000 <= now)
    return unusable('KEY_EXPIRED', fingerprint);
  return { ...origin, kind: 'pgp', usable: true, fingerprint, keyFrom: { keyCert: keyCert.name } };
}
