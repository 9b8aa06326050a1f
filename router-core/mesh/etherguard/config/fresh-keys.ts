/**
 * Fresh secrets for generated configurations, as text.
 *
 * Standard: RFC 7748 §5 (clamping of X25519 private keys).
 *
 * @module
 */
import { at } from '../../../base/bytes.ts';
import type { Random } from '../../../base/random.ts';
import type { KeyAgreement } from '../../../wireguard/index.ts';
import { keyText } from './config-change.ts';
import { KEY_BYTES } from './value-readers.ts';

export type FreshKeys = {
  /** Makes a key pair, both in base64. */
  pair(): { readonly privateKey: string; readonly publicKey: string };
  /** Makes a preshared key in base64. */
  preshared(): string;
  /** Makes eight letters and digits, 47 bits. */
  word(): string;
  /** Makes a locally administered unicast prefix of four octets (IEEE 802-2014 §8.2). */
  macPrefix(): string;
};

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Returns a source of secrets; `random` must be that of the operating system unless this is a test. */
export const freshKeys = (random: Random, agreement: KeyAgreement): FreshKeys => ({
  pair() {
    const key = random.bytes(KEY_BYTES);
    key[0] = at(key, 0) & 248;
    key[31] = (at(key, 31) & 127) | 64;
    return {
      privateKey: keyText(key),
      publicKey: keyText(agreement.importPrivateKey(key).publicKey.bytes),
    };
  },
  preshared: () => keyText(random.bytes(KEY_BYTES)),
  word: () =>
    Array.from({ length: 8 }, () => LETTERS.charAt(random.below(LETTERS.length))).join(''),
  macPrefix() {
    const octets = random.bytes(4);
    octets[0] = (at(octets, 0) & ~1) | 2;
    return [...octets].map((o) => o.toString(16).padStart(2, '0').toUpperCase()).join(':');
  },
});
