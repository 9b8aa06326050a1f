/**
 * Verifies the inner signature of an SSH key, by its type.
 *
 * Standard: RFC 8709 §6 (ed25519), RFC 8332 §3 (rsa-sha2), RFC 5656 §3.1.2 (ecdsa), OpenSSH
 * PROTOCOL.u2f (sk-…).
 *
 *     string algorithm | string signature            [ byte flags | uint32 counter ]   sk- only
 *
 * @module
 */
import 'server-only';
import { constants, createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import {
  MIN_RSA_BITS,
  rsaBits,
  type SshCurve,
  type SshPublicKey,
} from '../../../router-core/index.ts';
import type { ProofCode } from './codes.ts';
import { SshReader } from './ssh-wire.ts';

const CURVES: Record<SshCurve, { crv: string; hash: string; octets: number }> = {
  nistp256: { crv: 'P-256', hash: 'sha256', octets: 32 },
  nistp384: { crv: 'P-384', hash: 'sha384', octets: 48 },
  nistp521: { crv: 'P-521', hash: 'sha512', octets: 66 },
};
const RSA_HASHES: Readonly<Record<string, string>> = {
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
};
/** Legacy algorithms: `ssh-rsa` is RSA with SHA-1. */
const WEAK_ALGORITHMS = ['ssh-rsa', 'ssh-dss'];
const ED25519_SIGNATURE_BYTES = 64;
/** PROTOCOL.u2f: somebody touched the token. */
const FLAG_USER_PRESENT = 0x01;

/** A signature whose form is right: it only remains to see over what it was made. */
export type ParsedSshSignature = {
  /** Whether it signs these octets. */
  verifies(octets: Buffer): boolean;
  /** Whether a token says that somebody was there; true for keys without a token. */
  readonly userPresent: boolean;
};

/** Reads a signature for the key; a code when it cannot be one. */
export function readInnerSignature(
  key: SshPublicKey,
  bytes: Buffer,
): ParsedSshSignature | ProofCode {
  const reader = new SshReader(bytes);
  const algorithm = reader.text();
  const blob = reader.string();
  if (algorithm === undefined || blob === undefined) return 'MALFORMED';
  if (WEAK_ALGORITHMS.includes(algorithm)) return 'WEAK_ALGORITHM';
  const isToken = key.type.startsWith('sk-');
  const flags = isToken ? reader.take(1) : undefined;
  const counter = isToken ? reader.take(4) : undefined;
  if (!reader.isDone) return 'MALFORMED';
  const keyObject = keyObjectOf(key);
  if (keyObject === undefined) return 'MALFORMED';

  if (key.type === 'ssh-rsa') return rsaSignature(key, keyObject, algorithm, blob);
  if (algorithm !== key.type) return 'MALFORMED';
  const check =
    'curve' in key ? ecdsaCheck(key.curve, keyObject, blob) : ed25519Check(keyObject, blob);
  if (check === undefined) return 'MALFORMED';
  if (!('application' in key) || flags === undefined || counter === undefined)
    return { verifies: check, userPresent: true };
  const application = createHash('sha256').update(key.application).digest();
  return {
    verifies: (octets) =>
      check(
        Buffer.concat([application, flags, counter, createHash('sha256').update(octets).digest()]),
      ),
    userPresent: ((flags[0] ?? 0) & FLAG_USER_PRESENT) !== 0,
  };
}

function rsaSignature(
  key: SshPublicKey & { type: 'ssh-rsa' },
  keyObject: KeyObject,
  algorithm: string,
  blob: Buffer,
): ParsedSshSignature | ProofCode {
  const hash = Object.hasOwn(RSA_HASHES, algorithm) ? RSA_HASHES[algorithm] : undefined;
  if (hash === undefined || blob.length > key.modulus.length) return 'MALFORMED';
  if (rsaBits(key) < MIN_RSA_BITS) return 'WEAK_ALGORITHM';
  // RFC 8332 §3: some signers leave out leading zeros; OpenSSH puts them back.
  const padded = Buffer.concat([Buffer.alloc(key.modulus.length - blob.length), blob]);
  return {
    verifies: (octets) =>
      verify(hash, octets, { key: keyObject, padding: constants.RSA_PKCS1_PADDING }, padded),
    userPresent: true,
  };
}

function ed25519Check(
  keyObject: KeyObject,
  blob: Buffer,
): ((octets: Buffer) => boolean) | undefined {
  if (blob.length !== ED25519_SIGNATURE_BYTES) return undefined;
  return (octets) => verify(null, octets, keyObject, blob);
}

function ecdsaCheck(
  curve: SshCurve,
  keyObject: KeyObject,
  blob: Buffer,
): ((octets: Buffer) => boolean) | undefined {
  const { hash, octets: size } = CURVES[curve];
  const reader = new SshReader(blob);
  const r = scalar(reader.string(), size);
  const s = scalar(reader.string(), size);
  if (!reader.isDone || r === undefined || s === undefined) return undefined;
  const signature = Buffer.concat([r, s]);
  return (octets) => verify(hash, octets, { key: keyObject, dsaEncoding: 'ieee-p1363' }, signature);
}

/** Returns a positive mpint in a fixed number of octets; undefined when it is none or too large. */
function scalar(mpint: Buffer | undefined, size: number): Buffer | undefined {
  if (mpint === undefined || mpint.length === 0 || (mpint[0] ?? 0) >= 0x80) return undefined;
  const hasZero = mpint[0] === 0;
  // RFC 4251 §5: no more leading zeros than the sign needs.
  if (hasZero && (mpint[1] ?? 0) < 0x80) return undefined;
  const magnitude = hasZero ? mpint.subarray(1) : mpint;
  if (magnitude.length > size) return undefined;
  return Buffer.concat([Buffer.alloc(size - magnitude.length), magnitude]);
}

function keyObjectOf(key: SshPublicKey): KeyObject | undefined {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  let jwk: Record<string, string>;
  if (key.type === 'ssh-rsa') {
    jwk = { kty: 'RSA', n: text(key.modulus), e: text(key.exponent) };
  } else if ('curve' in key) {
    const { crv, octets } = CURVES[key.curve];
    const [x, y] = [key.point.subarray(1, 1 + octets), key.point.subarray(1 + octets)];
    jwk = { kty: 'EC', crv, x: text(x), y: text(y) };
  } else {
    jwk = { kty: 'OKP', crv: 'Ed25519', x: text(key.key) };
  }
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    // OpenSSL refuses by throwing, e.g. a point that is not on its curve.
    return undefined;
  }
}
