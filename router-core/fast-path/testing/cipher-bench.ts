/**
 * The module over a small memory, and places in it: what the tests of its functions work with.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { type FastPathExports, instantiateFastPath, SCRATCH_BYTES, STATIC_END } from '../module.ts';

const PAGES = 4;
/** Bytes around everything that is worked on; the tests expect to find them again. */
export const UNTOUCHED = 0xaa;

/** The module as built from these sources (bin/fast-path-setup.ts). */
export const fastPathModule = new WebAssembly.Module(
  readFileSync(new URL('../../../dist/router-core/fast-path.wasm', import.meta.url)),
);

/** Addresses: inputs, one result, and a text with room for the largest packet. */
export const KEY = 0x10000;
export const NONCE = KEY + 64;
export const AD = NONCE + 64;
export const OUT = AD + 1024;
export const TEXT = OUT + 1024;

export type CipherBench = {
  readonly functions: FastPathExports;
  readonly octets: Uint8Array;
  /** Puts octets into the memory. */
  put(address: number, octets: Uint8Array): number;
  /** Returns a copy of octets of the memory. */
  take(address: number, length: number): Uint8Array;
};

export function createCipherBench(): CipherBench {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  const octets = new Uint8Array(memory.buffer);
  octets.fill(UNTOUCHED, STATIC_END + SCRATCH_BYTES);
  return {
    functions: instantiateFastPath(fastPathModule, memory, STATIC_END),
    octets,
    put(address, bytes) {
      octets.set(bytes, address);
      return address;
    },
    take: (address, length) => octets.slice(address, address + length),
  };
}
