/**
 * Sealing of secrets that the database keeps: preshared keys of peers.
 *
 * Standard: NIST SP 800-38D (AES-256-GCM), RFC 5869 (HKDF).
 *
 * The key is derived from the root secret (`ROOTLESS42_SECRET`, or the file `<data>/secret`). What
 * a secret belongs to is authenticated with it, so a row cannot borrow another row's secret.
 *
 * Invariants
 * - A sealed text opens only under the same root secret and the same owner.
 * - Every sealing has a fresh nonce of 96 bits.
 *
 * @module
 */
import 'server-only';
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1';

export interface Sealer {
  /** Returns the text sealed for `owner`, e.g. `peering/<id>/psk`. */
  seal(text: string, owner: string): string;
  /** @throws when the text was sealed for another owner or under another secret. */
  open(sealed: string, owner: string): string;
}

export function createSealer(rootSecret: Uint8Array): Sealer {
  const key = deriveKey(rootSecret, 'sealing');
  return {
    seal(text, owner) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(Buffer.from(owner));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      const whole = Buffer.concat([nonce, body, cipher.getAuthTag()]);
      return `${VERSION}.${whole.toString('base64url')}`;
    },
    open(sealed, owner) {
      const [version, encoded] = sealed.split('.');
      if (version !== VERSION || encoded === undefined) throw new Error('not a sealed text');
      const whole = Buffer.from(encoded, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, whole.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(owner));
      decipher.setAuthTag(whole.subarray(-TAG_BYTES));
      const body = whole.subarray(NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
  };
}

/** Returns a key of 32 octets for one purpose. */
function deriveKey(rootSecret: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', rootSecret, 'rootless42', purpose, 32));
}
