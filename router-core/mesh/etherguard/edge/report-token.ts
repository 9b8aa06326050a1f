/**
 * The token an edge's report is signed with.
 *
 * Standard: RFC 7519 and RFC 7515 §3.1 (compact serialization), HS256 of RFC 7518 §3.2. The claims are etherguard-go's:
 * `BodyHash` is no hash but the whole body in base64, which is what real supernodes expect.
 *
 * @module
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64 } from '../../../base/bytes.ts';

const HEADER = '{"alg":"HS256","typ":"JWT"}';
const utf8 = new TextEncoder();

/** Returns the token for a report's compressed body. */
export function reportToken(secret: Uint8Array, postCount: bigint, body: Uint8Array): string {
  const claims = `{"PostCount":${postCount},"BodyHash":"${toBase64(body)}"}`;
  const signed = `${base64Url(utf8.encode(HEADER))}.${base64Url(utf8.encode(claims))}`;
  return `${signed}.${base64Url(hmac(sha256, secret, utf8.encode(signed)))}`;
}

/** RFC 7515 §2: base64url without padding. */
const base64Url = (octets: Uint8Array): string =>
  toBase64(octets).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
