/**
 * The module of the fast path, from the file beside the worker.
 *
 * Not standardized. Without it everything works, by node:crypto and slower; why is told once.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

export type FastPathModule =
  | { readonly kind: 'module'; readonly module: WebAssembly.Module }
  | { readonly kind: 'missing'; readonly reason: string };

/** Compiles the module in `file`, built by bin/build-fast-path.mjs. */
export function readFastPathModule(file: string): FastPathModule {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(readFileSync(file));
  } catch (error) {
    return { kind: 'missing', reason: (error as Error).message };
  }
  // SIMD needs SSE4.1 or NEON; a processor without makes the module invalid.
  if (!WebAssembly.validate(bytes))
    return {
      kind: 'missing',
      reason: 'WebAssembly lacks SIMD or threads on this machine, or the file is damaged',
    };
  return { kind: 'module', module: compileWhole(bytes) };
}

/**
 * Compiles every function with V8's optimizing compiler at once: 33 ms here, and no packet meets code
 * that is being compiled while it waits. All threads share what was compiled.
 */
function compileWhole(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    setFlagsFromString('--liftoff');
    setFlagsFromString('--wasm-lazy-compilation');
  }
}
