/**
 * Memory in use, for tests that look for what is kept by mistake.
 *
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Frees everything nobody refers to. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  // Octets of arrays that went are counted out a moment later.
  collect();
}

/** Octets of all live objects and arrays. */
export function heapUsed(): number {
  collectGarbage();
  const { heapUsed: objects, arrayBuffers } = process.memoryUsage();
  return objects + arrayBuffers;
}
