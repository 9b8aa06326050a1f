/**
 * SSH public keys: the blob behind the base64 of an `auth:` line.
 *
 * Standard: RFC 4253 §6.6 (rsa), RFC 5656 §3.1 (ecdsa), RFC 8709 §4 (ed25519), OpenSSH
 * PROTOCOL.u2f (sk-…). A `string` is a length of four octets, big-endian, then the octets.
 *
 *     string type | per type: string key | string curve, string point | mpint e, mpint n | …
 *
 * Invariants
 * - The type inside the blob equals the word outside it.
 * - Nothing is left over behind the last field.
 * - This reads structure; whether a point lies on its curve is the verifier's question.
 *
 * @module
 */
import { at, fromBase64, readUint32 } from '../base/bytes.ts';

export const SSH_KEY_TYPES = [
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;
export type SshKeyType = (typeof SSH_KEY_TYPES)[number];
export type SshCurve = 'nistp256' | 'nistp384' | 'nistp521';

export type SshPublicKey =
  | { readonly type: 'ssh-ed25519'; readonly key: Uint8Array }
  | { readonly type: 'ssh-rsa'; readonly exponent: Uint8Array; readonly modulus: Uint8Array }
  | {
      readonly type: `ecdsa-sha2-${SshCurve}`;
      readonly curve: SshCurve;
      readonly point: Uint8Array;
    }
  | {
      readonly type: 'sk-ssh-ed25519@openssh.com';
      readonly key: Uint8Array;
      readonly application: Uint8Array;
    }
  | {
      readonly type: 'sk-ecdsa-sha2-nistp256@openssh.com';
      readonly curve: 'nistp256';
      readonly point: Uint8Array;
      readonly application: Uint8Array;
    };

/** RSA keys below this are refused (portal specification §1.6). */
export const MIN_RSA_BITS = 2048;
/** OpenSSH's own limit (`SSHBUF_MAX_BIGNUM`); larger ones only cost time. */
const MAX_RSA_BITS = 16384;
const ED25519_KEY_BYTES = 32;
/** Octets of one coordinate of a point. */
const COORDINATE_BYTES: Record<SshCurve, number> = { nistp256: 32, nistp384: 48, nistp521: 66 };

export const isSshKeyType = (word: string): word is SshKeyType =>
  (SSH_KEY_TYPES as readonly string[]).includes(word);

/** Decodes the base64 word of a key line; padding may be missing, as some people copy it. */
export function decodeSshBase64(word: string): Uint8Array | undefined {
  const bare = word.replace(/={1,2}$/, '');
  return fromBase64(bare.padEnd(Math.ceil(bare.length / 4) * 4, '='));
}

/** Reads a public key blob; undefined when it is of no supported type or damaged. */
export function parseSshPublicKey(blob: Uint8Array): SshPublicKey | undefined {
  const fields = readStrings(blob);
  if (fields === undefined) return undefined;
  const type = asciiText(fields[0]);
  const [, first, second, third] = fields;
  if (type === undefined || !isSshKeyType(type) || first === undefined) return undefined;
  switch (type) {
    case 'ssh-ed25519':
      return fields.length === 2 && first.length === ED25519_KEY_BYTES
        ? { type, key: first }
        : undefined;
    case 'sk-ssh-ed25519@openssh.com':
      return fields.length === 3 && first.length === ED25519_KEY_BYTES && second !== undefined
        ? { type, key: first, application: second }
        : undefined;
    case 'ssh-rsa': {
      const exponent = positiveInteger(first);
      const modulus = positiveInteger(second);
      if (fields.length !== 3 || exponent === undefined || modulus === undefined) return undefined;
      if (bitLength(modulus) > MAX_RSA_BITS) return undefined;
      // An exponent of 1 would make everything a signature; even ones have no inverse.
      const isOdd = (at(exponent, exponent.length - 1) & 1) === 1;
      if (bitLength(exponent) < 2 || !isOdd) return undefined;
      return { type, exponent, modulus };
    }
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return fields.length === 4 && third !== undefined && isPointOf('nistp256', first, second)
        ? { type, curve: 'nistp256', point: second, application: third }
        : undefined;
    default: {
      const curve = type.slice('ecdsa-sha2-'.length) as SshCurve;
      return fields.length === 3 && isPointOf(curve, first, second)
        ? { type, curve, point: second }
        : undefined;
    }
  }
}

/** Bits of an RSA key's modulus. */
export const rsaBits = (key: SshPublicKey & { type: 'ssh-rsa' }): number => bitLength(key.modulus);

/** Splits octets into SSH strings; undefined when the lengths do not come out even. */
function readStrings(bytes: Uint8Array): Uint8Array[] | undefined {
  const fields: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (fields.length === 8 || bytes.length - offset < 4) return undefined;
    const length = readUint32(bytes, offset);
    offset += 4;
    if (length > bytes.length - offset) return undefined;
    fields.push(bytes.subarray(offset, offset + length));
    offset += length;
  }
  return fields.length === 0 ? undefined : fields;
}

function asciiText(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined || bytes.length > 64) return undefined;
  let text = '';
  for (const octet of bytes) text += String.fromCharCode(octet);
  return text;
}

/** Returns the magnitude of an mpint without its leading zero; undefined unless positive and minimal. */
function positiveInteger(mpint: Uint8Array | undefined): Uint8Array | undefined {
  if (mpint === undefined || mpint.length === 0 || at(mpint, 0) >= 0x80) return undefined;
  if (at(mpint, 0) !== 0) return mpint;
  // RFC 4251 §5: a leading zero stands only where the next bit would be taken for a sign.
  return mpint.length > 1 && at(mpint, 1) >= 0x80 ? mpint.subarray(1) : undefined;
}

const bitLength = (magnitude: Uint8Array): number =>
  magnitude.length * 8 - Math.clz32(at(magnitude, 0)) + 24;

function isPointOf(
  curve: SshCurve,
  name: Uint8Array,
  point: Uint8Array | undefined,
): point is Uint8Array {
  return (
    asciiText(name) === curve &&
    point !== undefined &&
    // SEC 1 §2.3.3: 0x04, then both coordinates; the compressed form is not used by OpenSSH.
    point.length === 1 + 2 * COORDINATE_BYTES[curve] &&
    at(point, 0) === 0x04
  );
}
