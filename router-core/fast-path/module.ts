/**
 * The WebAssembly module of the fast path: its functions for TypeScript, and how it is made ready.
 *
 * Not standardized; assembly/index.ts is the other side of `FastPathExports`. The bytes are built by
 * bin/build-fast-path.mjs and handed in: this room does no I/O.
 *
 *   0 … 0x8000      static data of the module, the same for every instance
 *   SCRATCH         one piece of SCRATCH_BYTES per instance, anywhere above
 *   everything else whoever owns the memory lays out
 *
 * All parameters are addresses and lengths in the memory, integers of 32 bits.
 *
 * @module
 */

import { assert } from '../base/assert.ts';

/** What the host keeps in the memory begins above this (bin/build-fast-path.mjs refuses more). */
export const STATIC_END = 0x8000;
/** Room an instance needs for a computation, at an address that is a multiple of 16. */
export const SCRATCH_BYTES = 4096;

export type FastPathExports = {
  setScratch(address: number): void;
  /** PLANE_LAYOUT_SUM of the layout it was compiled with. */
  layoutSum(): number;
  /** Takes `count` rx descriptors; returns how many tx descriptors there are. */
  receiveBatch(count: number, now: number): number;
  /** Takes what waits in the transmits ring; returns how many tx descriptors there are. */
  transmitBatch(now: number): number;
  /** 1 when more waits than the last `transmitBatch` used. */
  hasMoreTransmits(): number;
  /** Frees the entries of the last `transmitBatch`; returns how many wait. */
  transmitted(): number;
  /** 1 when something was punted since the last call. */
  takePunted(): number;
  /** What the forwarding table at `table` answers for 4 or 16 octets at `address`: an id, or less than 0. */
  lookupRoute(table: number, address: number, octets: number, now: number): number;
  /** Seals `length` octets at `text`; the tag stands in the 16 octets after them. */
  sealPacket(
    key: number,
    counterLow: number,
    counterHigh: number,
    text: number,
    length: number,
  ): void;
  /** Opens ciphertext and tag, `length` octets in all; 0 when the tag is wrong. */
  openPacket(
    key: number,
    counterLow: number,
    counterHigh: number,
    text: number,
    length: number,
  ): number;
  aeadSealWith(
    key: number,
    nonce: number,
    ad: number,
    adLength: number,
    text: number,
    length: number,
  ): void;
  aeadOpenWith(
    key: number,
    nonce: number,
    ad: number,
    adLength: number,
    text: number,
    length: number,
  ): number;
  /** Writes 256 octets of key stream from block `counter` on. */
  chacha20KeyStream(key: number, nonce: number, counter: number, out: number): void;
  poly1305(key: number, text: number, length: number, out: number): void;
  hchacha20(key: number, nonce: number, out: number): void;
  blake2s(
    out: number,
    outLength: number,
    key: number,
    keyLength: number,
    text: number,
    length: number,
  ): void;
};

const WARM_UP_CALLS = 4000;
/** A passage of every loop: more than one pass of key stream, and a rest. */
const WARM_UP_OCTETS = 1420;
const TAG_BYTES = 16;

/** The octets of a memory that was made with `shared: true`. */
export function sharedBufferOf(memory: WebAssembly.Memory): SharedArrayBuffer {
  const buffer: unknown = memory.buffer;
  assert(buffer instanceof SharedArrayBuffer, 'the memory is shared');
  return buffer;
}

/** Instantiates the module for one thread over a shared memory, with its scratch at `scratch`. */
export function instantiateFastPath(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  scratch: number,
): FastPathExports {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  // The type is the module's own interface; the tests of this folder call every function of it.
  const functions = exports as FastPathExports;
  functions.setScratch(scratch);
  return functions;
}

/**
 * Runs the cipher until V8 has compiled it with its optimizing compiler, which it does in the
 * background, function by function; before that a packet takes several times as long. Overwrites two
 * kibibytes at `address`.
 */
export function warmUp(functions: FastPathExports, address: number): void {
  const text = address + 32;
  for (let i = 0; i < WARM_UP_CALLS; i++) {
    functions.sealPacket(address, i, 0, text, WARM_UP_OCTETS);
    functions.openPacket(address, i, 0, text, WARM_UP_OCTETS + TAG_BYTES);
  }
}
