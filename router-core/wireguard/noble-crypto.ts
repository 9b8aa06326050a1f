/**
 * The reference provider: noble, in JavaScript alone, on every platform.
 *
 * Standards: see crypto.ts.
 *
 * Measured (Node 20, one core of a small virtual machine): sealing 64 octets 8 µs, 1,420 octets
 * 24 µs; one X25519 1.1 ms. host/native-crypto.ts does 5, 6 and 40 µs. Noble allocates views and a
 * state per packet; that is the provider's business, not the path's.
 *
 * @module
 */
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { blake2s } from '@noble/hashes/blake2.js';
import { hmac } from '@noble/hashes/hmac.js';
import { assert } from '../base/assert.ts';
import { writeUint32LittleEndian, zero } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import { KEY_BYTES, MAC_BYTES, TAG_BYTES } from './constants.ts';
import type { CipherKey, PrivateKey, PublicKey, WireguardCrypto } from './crypto.ts';

/** Creates the reference provider; `random` makes its ephemeral keys. */
export function createNobleCrypto(random: Random): WireguardCrypto {
  const keys: (Uint8Array | undefined)[] = [];
  const freeKeys: number[] = [];
  const nonce = new Uint8Array(12);
  const zeroNonce = new Uint8Array(12);

  const keyOf = (key: CipherKey): Uint8Array => {
    const bytes = keys[key];
    assert(bytes !== undefined, 'a cipher key is in use');
    return bytes;
  };
  const setNonce = (counter: number): void => {
    writeUint32LittleEndian(nonce, 4, counter % 0x100000000);
    writeUint32LittleEndian(nonce, 8, Math.floor(counter / 0x100000000));
  };

  return {
    importPublicKey: (bytes) => ({ bytes: bytes.slice() }),
    importPrivateKey: (bytes) => privateKeyOf(bytes.slice()),
    generatePrivateKey: () => privateKeyOf(random.bytes(KEY_BYTES)),

    hash(...parts) {
      const state = blake2s.create();
      for (const part of parts) state.update(part);
      return state.digest();
    },
    hmac(key, ...parts) {
      const state = hmac.create(blake2s, key);
      for (const part of parts) state.update(part);
      return state.digest();
    },
    mac: (key, message) => blake2s(message, { key, dkLen: MAC_BYTES }),

    sealHandshake: (key, plaintext, additionalData) =>
      chacha20poly1305(key, zeroNonce, additionalData).encrypt(plaintext),
    openHandshake: (key, ciphertext, additionalData) =>
      decrypted(() => chacha20poly1305(key, zeroNonce, additionalData).decrypt(ciphertext)),
    sealCookie: (key, cookieNonce, plaintext, additionalData) =>
      xchacha20poly1305(key, cookieNonce, additionalData).encrypt(plaintext),
    openCookie: (key, cookieNonce, ciphertext, additionalData) =>
      decrypted(() => xchacha20poly1305(key, cookieNonce, additionalData).decrypt(ciphertext)),

    addKey(key) {
      const row = freeKeys.pop() ?? keys.length;
      keys[row] = key.slice();
      return row as CipherKey;
    },
    removeKey(key) {
      zero(keyOf(key));
      keys[key] = undefined;
      freeKeys.push(key);
    },
    seal(key, counter, b, start, end) {
      setNonce(counter);
      chacha20poly1305(keyOf(key), nonce).encrypt(
        b.subarray(start, end),
        b.subarray(start, end + TAG_BYTES),
      );
    },
    open(key, counter, b, start, end) {
      if (end - start < TAG_BYTES) return false;
      setNonce(counter);
      const cipher = chacha20poly1305(keyOf(key), nonce);
      const plaintext = b.subarray(start, end - TAG_BYTES);
      return decrypted(() => cipher.decrypt(b.subarray(start, end), plaintext)) !== undefined;
    },
  };
}

function privateKeyOf(secret: Uint8Array): PrivateKey {
  return {
    publicKey: { bytes: x25519.getPublicKey(secret) },
    agree: (remote: PublicKey) => decrypted(() => x25519.getSharedSecret(secret, remote.bytes)),
    destroy: () => zero(secret),
  };
}

/** Noble tells a wrong tag and a point of low order by an exception: both are input, not mistakes of ours. */
function decrypted(attempt: () => Uint8Array): Uint8Array | undefined {
  try {
    return attempt();
  } catch {
    return undefined;
  }
}
