/**
 * The ChaCha block function with any number of rounds: what masks headers here.
 *
 * Standard: RFC 8439 §2.3. AmneziaWG's header protection takes it with 20 rounds, wgobfs with 6.
 *
 *   state   │ constants 4 │ key 8 │ input 4 │      32-bit words, little-endian
 *
 * The AEAD of packets does not come here (crypto.ts). One block costs 0.5 µs with 20 rounds and
 * 0.2 µs with 6 (Node 20, one core of a small virtual machine): a small part of a datagram's way.
 *
 * Invariant: `compute` allocates nothing; its result stands in `words` until the next call.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { readInt32LittleEndian } from '../../base/bytes.ts';

// RFC 8439 §2.3: "expand 32-byte k".
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
const KEY_BYTES = 32;

export class ChaChaBlock {
  /** The output of the last `compute`, 64 octets. */
  readonly words = new Int32Array(16);
  private readonly input = new Int32Array(16);
  private readonly doubleRounds: number;

  constructor(key: Uint8Array, rounds: 6 | 20) {
    assert(key.length === KEY_BYTES, 'a ChaCha key has 32 octets');
    this.doubleRounds = rounds / 2;
    this.input.set(CONSTANTS);
    for (let i = 0; i < 8; i++) this.input[4 + i] = readInt32LittleEndian(key, 4 * i);
  }

  /** Computes the block whose last four words are these. */
  compute(a: number, b: number, c: number, d: number): void {
    const { input, words } = this;
    input[12] = a;
    input[13] = b;
    input[14] = c;
    input[15] = d;
    words.set(input);
    for (let round = 0; round < this.doubleRounds; round++) {
      quarterRound(words, 0, 4, 8, 12);
      quarterRound(words, 1, 5, 9, 13);
      quarterRound(words, 2, 6, 10, 14);
      quarterRound(words, 3, 7, 11, 15);
      quarterRound(words, 0, 5, 10, 15);
      quarterRound(words, 1, 6, 11, 12);
      quarterRound(words, 2, 7, 8, 13);
      quarterRound(words, 3, 4, 9, 14);
    }
    for (let i = 0; i < 16; i++) words[i] = (words[i] as number) + (input[i] as number);
  }

  /** Returns octet `i` of the output. */
  octet(i: number): number {
    return ((this.words[i >>> 2] as number) >>> ((i & 3) * 8)) & 0xff;
  }

  /** Combines `count` octets at `offset` with the first octets of the output. */
  xor(b: Uint8Array, offset: number, count: number): void {
    for (let i = 0; i < count; i++) b[offset + i] = (b[offset + i] as number) ^ this.octet(i);
  }
}

// RFC 8439 §2.1.
function quarterRound(w: Int32Array, ia: number, ib: number, ic: number, id: number): void {
  let a = w[ia] as number;
  let b = w[ib] as number;
  let c = w[ic] as number;
  let d = w[id] as number;
  a = (a + b) | 0;
  d ^= a;
  d = (d << 16) | (d >>> 16);
  c = (c + d) | 0;
  b ^= c;
  b = (b << 12) | (b >>> 20);
  a = (a + b) | 0;
  d ^= a;
  d = (d << 8) | (d >>> 24);
  c = (c + d) | 0;
  b ^= c;
  b = (b << 7) | (b >>> 25);
  w[ia] = a;
  w[ib] = b;
  w[ic] = c;
  w[id] = d;
}
