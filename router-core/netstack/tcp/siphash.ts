/**
 * SipHash-2-4, a keyed hash of short inputs.
 *
 * Standard: Aumasson, Bernstein, “SipHash: a fast short-input PRF”, 2012. RFC 6528 §3 leaves the choice
 * of F() to us.
 *
 * The 64-bit words v0…v3 are pairs of 32-bit halves; BigInt would be slower by two orders.
 *
 * @module
 */
import { at, readUint32LittleEndian } from '../../base/bytes.ts';

export const SIPHASH_KEY_BYTES = 16;

/** Returns the 64-bit hash as [low, high] 32-bit halves. */
export function siphash(key: Uint8Array, input: Uint8Array): readonly [low: number, high: number] {
  const state = new SipState(key);
  const whole = input.length & ~7;
  for (let i = 0; i < whole; i += 8)
    state.absorb(readUint32LittleEndian(input, i), readUint32LittleEndian(input, i + 4));
  // The last word: what is left, and the length in its topmost octet.
  const last = [0, 0, 0, 0, 0, 0, 0, input.length & 0xff];
  for (let i = whole; i < input.length; i++) last[i - whole] = at(input, i);
  const tail = Uint8Array.from(last);
  state.absorb(readUint32LittleEndian(tail, 0), readUint32LittleEndian(tail, 4));
  return state.finish();
}

class SipState {
  private v0l: number;
  private v0h: number;
  private v1l: number;
  private v1h: number;
  private v2l: number;
  private v2h: number;
  private v3l: number;
  private v3h: number;

  constructor(key: Uint8Array) {
    const k0l = readUint32LittleEndian(key, 0);
    const k0h = readUint32LittleEndian(key, 4);
    const k1l = readUint32LittleEndian(key, 8);
    const k1h = readUint32LittleEndian(key, 12);
    this.v0l = k0l ^ 0x70736575;
    this.v0h = k0h ^ 0x736f6d65;
    this.v1l = k1l ^ 0x6e646f6d;
    this.v1h = k1h ^ 0x646f7261;
    this.v2l = k0l ^ 0x6e657261;
    this.v2h = k0h ^ 0x6c796765;
    this.v3l = k1l ^ 0x79746573;
    this.v3h = k1h ^ 0x74656462;
  }

  absorb(low: number, high: number): void {
    this.v3l ^= low;
    this.v3h ^= high;
    this.round();
    this.round();
    this.v0l ^= low;
    this.v0h ^= high;
  }

  finish(): readonly [low: number, high: number] {
    this.v2l ^= 0xff;
    for (let i = 0; i < 4; i++) this.round();
    return [
      (this.v0l ^ this.v1l ^ this.v2l ^ this.v3l) >>> 0,
      (this.v0h ^ this.v1h ^ this.v2h ^ this.v3h) >>> 0,
    ];
  }

  private round(): void {
    let { v0l, v0h, v1l, v1h, v2l, v2h, v3l, v3h } = this;
    let half: number;

    v0h = (v0h + v1h + carry(v0l, v1l)) | 0;
    v0l = (v0l + v1l) | 0;
    half = (v1l << 13) | (v1h >>> 19);
    v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h;
    v1l = half ^ v0l;
    half = v0l;
    v0l = v0h;
    v0h = half;

    v2h = (v2h + v3h + carry(v2l, v3l)) | 0;
    v2l = (v2l + v3l) | 0;
    half = (v3l << 16) | (v3h >>> 16);
    v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
    v3l = half ^ v2l;

    v0h = (v0h + v3h + carry(v0l, v3l)) | 0;
    v0l = (v0l + v3l) | 0;
    half = (v3l << 21) | (v3h >>> 11);
    v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
    v3l = half ^ v0l;

    v2h = (v2h + v1h + carry(v2l, v1l)) | 0;
    v2l = (v2l + v1l) | 0;
    half = (v1l << 17) | (v1h >>> 15);
    v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h;
    v1l = half ^ v2l;
    half = v2l;
    v2l = v2h;
    v2h = half;

    this.v0l = v0l;
    this.v0h = v0h;
    this.v1l = v1l;
    this.v1h = v1h;
    this.v2l = v2l;
    this.v2h = v2h;
    this.v3l = v3l;
    this.v3h = v3h;
  }
}

/** The carry out of the addition of two low halves. */
const carry = (a: number, b: number): number => ((a >>> 0) + (b >>> 0) > 0xffffffff ? 1 : 0);
