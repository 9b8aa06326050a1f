/**
 * Randomness of the operating system.
 *
 * Standard: none; node:crypto over getrandom(2). Octets come from a pool, because one call per
 * handshake field costs more than the field.
 *
 * @module
 */
import { randomFillSync, randomInt } from 'node:crypto';
import type { Random } from '../base/random.ts';

export const systemRandom: Random = {
  bytes: (count) => randomFillSync(new Uint8Array(count)),
  below: (limit) => (limit <= 1 ? 0 : randomInt(limit)),
};
