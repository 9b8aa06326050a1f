/**
 * Randomness as an injected source, so that a seed replays a run.
 *
 * Not standardized. `seededRandom` is Marsaglia's xorshift128 on 32-bit words: good for simulation, worthless
 * for keys; the host's source comes from the operating system (host/system-random.ts).
 *
 * @module
 */

export interface Random {
  /** Returns `count` fresh random octets. */
  bytes(count: number): Uint8Array;
  /** Returns a uniformly distributed integer from 0 to `limit` - 1. */
  below(limit: number): number;
}

/** Returns a reproducible source for simulations and tests. */
export function seededRandom(seed: number): Random {
  let a = (seed | 0) ^ 0x9e3779b9;
  let b = (seed * 0x85ebca6b) | 0 || 1;
  let c = 0x2545f491;
  let d = 0x1234567 ^ seed;
  const next = (): number => {
    const t = a ^ (a << 11);
    a = b;
    b = c;
    c = d;
    d = d ^ (d >>> 19) ^ t ^ (t >>> 8);
    return d >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  return {
    bytes(count) {
      const out = new Uint8Array(count);
      for (let i = 0; i < count; i++) out[i] = next() & 0xff;
      return out;
    },
    below: (limit) => Math.floor((next() / 0x100000000) * limit),
  };
}
