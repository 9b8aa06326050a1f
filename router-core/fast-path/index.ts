/** The fast path: what the host may use. */

// tables, rings and counters in the shared memory
export { forgetKeys } from './empty-bank.ts';
export { endChanges } from './end-changes.ts';
export { touchPacketMemory } from './first-touch.ts';
export { knownIndexIn } from './known-index.ts';
export { LatencyHistogram } from './latency.ts';
// the module
export {
  type FastPathExports,
  instantiateFastPath,
  SCRATCH_BYTES,
  STATIC_END,
  sharedBufferOf,
  warmUp,
} from './module.ts';
export { PuntRing, type PuntSink } from './punt-ring.ts';
export { SharedPlane } from './shared-plane.ts';
export {
  readPlaneDrops,
  UnderlayStatistics,
} from './statistics.ts';
export { createWasmCipher } from './wasm-cipher.ts';
