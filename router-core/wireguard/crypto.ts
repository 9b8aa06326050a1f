/**
 * The primitives WireGuard needs, behind one interface.
 *
 * Standard: WireGuard paper §5.4: X25519 (RFC 7748), ChaCha20-Poly1305 (RFC 8439), XChaCha20-Poly1305,
 * BLAKE2s (RFC 7693), HMAC (RFC 2104).
 *
 * `noble-crypto.ts` is the reference and runs everywhere; host/native-crypto.ts replaces what
 * node:crypto does faster. Tests keep the two equal.
 *
 *   handshakes (a few a second)   objects, arrays: written for people
 *   packets (every one)           small integers and byte ranges, in place: written for the machine
 *
 * Invariants
 * - A `CipherKey` is a small integer of the provider; no table of ours holds a key object.
 * - `open` writes the plaintext only when the tag is right; then it stands at `start`.
 * - `seal` writes nothing outside `start` to `end + 16`.
 *
 * @module
 */
import type { Branded } from '../base/units.ts';

/** A key of the packet cipher: a small integer, valid until `removeKey`. */
export type CipherKey = Branded<number, 'CipherKey'>;

/** A public key in whatever form the provider computes with. */
export interface PublicKey {
  readonly bytes: Uint8Array;
}

/** A private key the provider holds. */
export interface PrivateKey {
  readonly publicKey: PublicKey;
  /** Returns the shared secret, or undefined when it is all zero: the remote point has low order. */
  agree(remote: PublicKey): Uint8Array | undefined;
  /** Overwrites the key where the provider can. */
  destroy(): void;
}

export interface KeyAgreement {
  importPublicKey(bytes: Uint8Array): PublicKey;
  importPrivateKey(bytes: Uint8Array): PrivateKey;
  /** Makes an ephemeral key from the provider's own source of randomness. */
  generatePrivateKey(): PrivateKey;
}

export interface HandshakePrimitives {
  /** BLAKE2s-256 over the parts in order. */
  hash(...parts: readonly Uint8Array[]): Uint8Array;
  /** HMAC-BLAKE2s-256 over the parts in order. */
  hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /** Keyed BLAKE2s of 16 octets: MAC1 and MAC2. */
  mac(key: Uint8Array, message: Uint8Array): Uint8Array;
  /** ChaCha20-Poly1305 with nonce 0. */
  sealHandshake(key: Uint8Array, plaintext: Uint8Array, additionalData: Uint8Array): Uint8Array;
  openHandshake(
    key: Uint8Array,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ): Uint8Array | undefined;
  /** XChaCha20-Poly1305: the cookie of a cookie reply. */
  sealCookie(
    key: Uint8Array,
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): Uint8Array;
  openCookie(
    key: Uint8Array,
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ): Uint8Array | undefined;
}

/** ChaCha20-Poly1305 in place, without additional data; the nonce is the counter. */
export interface PacketCipher {
  /** Keeps a copy of the key and returns its number. */
  addKey(key: Uint8Array): CipherKey;
  removeKey(key: CipherKey): void;
  /** Seals the octets from `start` to `end` in place; the tag stands in the 16 octets after `end`. */
  seal(key: CipherKey, counter: number, b: Uint8Array, start: number, end: number): void;
  /** Opens ciphertext and tag from `start` to `end` in place; false when the tag is wrong. */
  open(key: CipherKey, counter: number, b: Uint8Array, start: number, end: number): boolean;
}

export interface WireguardCrypto extends KeyAgreement, HandshakePrimitives, PacketCipher {}
