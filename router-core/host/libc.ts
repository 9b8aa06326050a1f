/**
 * Functions of the C library, through koffi: the one place where native code enters the process.
 *
 * Standard: the manual pages of the calls that are bound, Linux, LP64.
 *
 * Invariants
 * - A bound call returns its result, or the negative errno.
 * - Pointers are octets that live during the call, or numbers: addresses of memory that is neither moved nor freed
 *   while anybody uses them (`addressOf`).
 *
 * @module
 */
import { arch, endianness, platform } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { RouterError } from '../base/errors.ts';

export type NativeCall = (...values: (number | Uint8Array)[]) => number;

export type Libc = {
  /** Types as C has them; `uintptr_t` takes an address, `void *` octets. @throws when there is no such function */
  bind(name: string, parameters: readonly string[]): NativeCall;
  /** Calls that return an address or a negative one, such as mmap(2). */
  bindAddress(name: string, parameters: readonly string[]): NativeCall;
  /** So many octets of memory that is not ours; they must not be touched after it is gone. */
  viewOf(address: number, octets: number): Uint8Array;
  /** Where the octets lie. Their buffer must be longer than 64 octets and never be resized or transferred. */
  addressOf(octets: Uint8Array): number;
};

/** Where pointers and size_t have 64 bits and octets come in the order the layouts assume. */
const LP64_ARCHITECTURES = ['x64', 'arm64', 'riscv64', 'loong64'];

/** Loads the library, or says in a sentence why that is impossible. */
export async function loadLibc(): Promise<Libc | { readonly unavailable: string }> {
  if (platform() !== 'linux')
    return { unavailable: `direct system calls need Linux, and this is ${platform()}` };
  if (!LP64_ARCHITECTURES.includes(arch()) || endianness() !== 'LE')
    return { unavailable: `direct system calls know no structure layouts for ${arch()}` };
  try {
    const { default: koffi } = await import('koffi');
    return openLibc(koffi);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { unavailable: `koffi, which makes the system calls, did not load (${reason})` };
  }
}

/** Loads the library for something that cannot be done without. @throws RouterError NATIVE_CALLS_MISSING */
export async function requireLibc(purpose: string): Promise<Libc> {
  const libc = await loadLibc();
  if (!('unavailable' in libc)) return libc;
  throw new RouterError('NATIVE_CALLS_MISSING', `${purpose} is impossible: ${libc.unavailable}.`, {
    hint: 'Install the optional package koffi beside rootless42 (npm install --include=optional).',
  });
}

function openLibc(koffi: typeof import('koffi').default): Libc {
  const library = koffi.load(null);
  const locate: (to: Uint8Array, from: Uint8Array, bytes: number) => number = library.func(
    'memmove',
    'uintptr_t',
    ['void *', 'void *', 'size_t'],
  );
  const bindReturning = (type: string, name: string, parameters: readonly string[]): NativeCall => {
    const call: NativeCall = library.func(name, type, [...parameters]);
    return (...values) => {
      const result = call(...values);
      return result < 0 ? -koffi.errno() : result;
    };
  };
  return {
    bind: (name, parameters) => bindReturning('int', name, parameters),
    bindAddress: (name, parameters) => bindReturning('intptr_t', name, parameters),
    viewOf: (address, octets) => new Uint8Array(koffi.view(BigInt(address), octets)),
    // Moving nothing returns where: the one way to learn an address without a copy.
    addressOf: (octets) => locate(octets, octets, 0),
  };
}

/** Returns the error of a failed call as Node would: a sentence with the call, and `code`. */
export function systemError(call: string, result: number, where = ''): NodeJS.ErrnoException {
  const code = getSystemErrorName(result);
  const error = new Error(`${call} ${code}${where === '' ? '' : ` ${where}`}`);
  return Object.assign(error, { code, errno: result, syscall: call });
}
