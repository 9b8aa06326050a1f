/**
 * The chaining key and transcript hash of one handshake.
 *
 * Standard: Noise Protocol Framework §5.2 (SymmetricState) with the KDF of WireGuard paper §5.4;
 * method names are those of Noise.
 *
 *   KDFn(key, input): t0 = HMAC(key, input), t1 = HMAC(t0, 1), t2 = HMAC(t0, t1 ‖ 2), …
 *
 * Invariant: `destroy` leaves no secret behind; whoever makes or clones a state destroys it.
 *
 * @module
 */
import { zero } from '../base/bytes.ts';
import { CONSTRUCTION, IDENTIFIER } from './constants.ts';
import type { HandshakePrimitives } from './crypto.ts';

export class SymmetricState {
  private readonly crypto: HandshakePrimitives;
  private chainKey: Uint8Array;
  private transcript: Uint8Array;

  private constructor(crypto: HandshakePrimitives, chainKey: Uint8Array, transcript: Uint8Array) {
    this.crypto = crypto;
    this.chainKey = chainKey;
    this.transcript = transcript;
  }

  /** Begins a handshake with the responder of this public key (Noise: InitializeSymmetric, then s). */
  static begin(crypto: HandshakePrimitives, responderKey: Uint8Array): SymmetricState {
    const chainKey = crypto.hash(CONSTRUCTION);
    const prologue = crypto.hash(chainKey, IDENTIFIER);
    return new SymmetricState(crypto, chainKey, crypto.hash(prologue, responderKey));
  }

  /** Returns a copy to try a message on: a forged one must not spoil the state. */
  clone(): SymmetricState {
    return new SymmetricState(this.crypto, this.chainKey.slice(), this.transcript.slice());
  }

  mixHash(data: Uint8Array): void {
    this.transcript = this.crypto.hash(this.transcript, data);
  }

  /** Mixes an input of which no key is needed: ephemeral keys, and the DHs before the preshared key. */
  mixKey(input: Uint8Array): void {
    const [next] = this.kdf(1, input);
    this.replaceChainKey(next as Uint8Array);
  }

  /** Mixes an input and returns the key for the next seal or open. */
  mixKeyForCipher(input: Uint8Array): Uint8Array {
    const [next, key] = this.kdf(2, input);
    this.replaceChainKey(next as Uint8Array);
    return key as Uint8Array;
  }

  /** Mixes the preshared key (Noise: MixKeyAndHash) and returns the key for the next seal or open. */
  mixKeyAndHash(presharedKey: Uint8Array): Uint8Array {
    const [next, temporary, key] = this.kdf(3, presharedKey);
    this.replaceChainKey(next as Uint8Array);
    this.mixHash(temporary as Uint8Array);
    return key as Uint8Array;
  }

  encryptAndHash(key: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.crypto.sealHandshake(key, plaintext, this.transcript);
    this.mixHash(ciphertext);
    zero(key);
    return ciphertext;
  }

  decryptAndHash(key: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
    const plaintext = this.crypto.openHandshake(key, ciphertext, this.transcript);
    this.mixHash(ciphertext);
    zero(key);
    return plaintext;
  }

  /** Returns the transport keys: the initiator sends with the first, the responder with the second. */
  split(): [Uint8Array, Uint8Array] {
    const [first, second] = this.kdf(2, EMPTY);
    return [first as Uint8Array, second as Uint8Array];
  }

  destroy(): void {
    zero(this.chainKey);
    zero(this.transcript);
  }

  private kdf(outputs: 1 | 2 | 3, input: Uint8Array): Uint8Array[] {
    const secret = this.crypto.hmac(this.chainKey, input);
    const keys: Uint8Array[] = [];
    let previous: Uint8Array = EMPTY;
    for (let i = 1; i <= outputs; i++) {
      previous = this.crypto.hmac(secret, previous, Uint8Array.of(i));
      keys.push(previous);
    }
    zero(secret);
    return keys;
  }

  private replaceChainKey(next: Uint8Array): void {
    zero(this.chainKey);
    this.chainKey = next;
  }
}

const EMPTY = new Uint8Array(0);
