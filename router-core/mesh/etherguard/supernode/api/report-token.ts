/**
 * The signature of a report.
 *
 * Standard: RFC 7519 (JWT) in the compact form of RFC 7515 §3.1, HS256 (RFC 7518 §3.2). The key is the secret an
 * edge sent with its register message.
 *
 *   base64url({"alg":"HS256","typ":"JWT"}) . base64url({"PostCount":n,"BodyHash":"…"}) . base64url(HMAC)
 *
 * Departures: the original takes any HMAC. Claims are read after the signature was found right.
 *
 * @module
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { asciiBytes, equalSecrets, fromBase64 } from '../../../../base/bytes.ts';

export type ReportClaims = {
  readonly postCount: number;
  /** What the original calls so: the body itself in base64. */
  readonly bodyHash: string;
};

/** What may be in header and claims, of any type. */
type Fields = { readonly alg?: unknown; readonly PostCount?: unknown; readonly BodyHash?: unknown };

/** A header of ours has 36 characters; what is much longer is none. */
const HEADER_MAX = 256;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Returns the claims, or what is wrong. Without a secret no token is right. */
export function readReportToken(
  token: string,
  secret: Uint8Array | undefined,
): ReportClaims | { readonly problem: string } {
  const parts = token.split('.', 4);
  const [header, payload, signature] = parts;
  if (
    parts.length !== 3 ||
    header === undefined ||
    payload === undefined ||
    signature === undefined
  )
    return { problem: 'token contains an invalid number of segments' };
  if (header.length > HEADER_MAX || !/^[\w.-]*$/.test(token))
    return { problem: 'token is malformed' };
  const algorithm = objectIn(header)?.alg;
  if (algorithm !== 'HS256') return { problem: 'signing method is not HS256' };
  const given = fromBase64Url(signature);
  const signed = asciiBytes(`${header}.${payload}`);
  if (
    secret === undefined ||
    given === undefined ||
    !equalSecrets(given, hmac(sha256, secret, signed))
  )
    return { problem: 'signature is invalid' };
  const claims = objectIn(payload);
  const postCount = claims?.PostCount ?? 0;
  const bodyHash = claims?.BodyHash ?? '';
  if (claims === undefined || typeof postCount !== 'number' || typeof bodyHash !== 'string')
    return { problem: 'claims are malformed' };
  if (!Number.isSafeInteger(postCount) || postCount < 0)
    return { problem: 'PostCount is no count' };
  return { postCount, bodyHash };
}

/** RFC 7515 §2: the alphabet of URLs, without padding. */
function fromBase64Url(text: string): Uint8Array | undefined {
  const padding = '='.repeat((4 - (text.length % 4)) % 4);
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/') + padding);
}

function objectIn(part: string): Fields | undefined {
  const octets = fromBase64Url(part);
  if (octets === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(utf8.decode(octets));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch (error) {
    // What JSON and UTF-8 refuse; nothing else is thrown here.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
