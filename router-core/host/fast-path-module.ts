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

/** Returns a vector of zeros: the smallest module that needs SIMD. */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0],
  ...[65, 0, 253, 15, 253, 98, 11],
);

/** Compiles the module in `file`, built by bin/build-fast-path.mjs. */
export function readFastPathModule(file: string): FastPathModule {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(readFileSync(file));
  } catch (error) {
    return { kind: 'missing', reason: (error as Error).message };
  }
  try {
    return { kind: 'module', module: compileWhole(bytes) };
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    // SIMD needs SSE4.1 or NEON; a processor without makes the module invalid.
    const cause = WebAssembly.validate(SIMD_MODULE)
      ? `${file} is damaged`
      : 'WebAssembly has no SIMD on this machine';
    return { kind: 'missing', reason: `${cause} (${error.message})` };
  }
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
