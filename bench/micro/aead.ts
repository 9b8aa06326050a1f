/**
 * The AEAD providers side by side: seal and open of a small and of a full packet.
 *
 * `fast path` is the module with the packet already in its memory, as packet workers have it;
 * `WebAssembly` is the same for the TypeScript path, with a copy in and out.
 *
 * @module
 */
import { join } from 'node:path';
import {
  createWasmCipher,
  instantiateFastPath,
  SCRATCH_BYTES,
  STATIC_END,
  warmUp,
} from '../../router-core/fast-path/index.ts';
import { readFastPathModule } from '../../router-core/host/fast-path-module.ts';
import { createNativeCrypto } from '../../router-core/host/native-crypto.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';
import { createNobleCrypto, type PacketCipher } from '../../router-core/wireguard/index.ts';
import type { Run } from '../lab/results.ts';
import { microsecondsPer } from './stopwatch.ts';

const SIZES = [64, 1420];
const OPERATIONS = 2000;
const START = 64;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const MODULE_FILE = join(import.meta.dirname, '../../dist/router-core/fast-path.wasm');
export const AEAD_ANCHOR = 'noble';

export function benchAead(): Run[] {
  const found = readFastPathModule(MODULE_FILE);
  if (found.kind === 'missing') throw new Error(found.reason);
  const noble = createNobleCrypto(systemRandom);
  const providers: Record<string, PacketCipher> = {
    [AEAD_ANCHOR]: noble,
    'node:crypto': createNativeCrypto(noble),
    WebAssembly: createWasmCipher(found.module),
  };
  return SIZES.flatMap((size) => [
    ...Object.entries(providers).map(([router, crypto]): Run => {
      const bytes = new Uint8Array(START + size + TAG_BYTES);
      const key = crypto.addKey(systemRandom.bytes(KEY_BYTES));
      const end = START + size;
      return measure(router, size, bytes, {
        seal: () => crypto.seal(key, 1, bytes, START, end),
        open: () => crypto.open(key, 1, bytes, START, end + TAG_BYTES),
      });
    }),
    fastPath(found.module, size),
  ]);
}

function fastPath(module: WebAssembly.Module, size: number): Run {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const functions = instantiateFastPath(module, memory, STATIC_END);
  const key = STATIC_END + SCRATCH_BYTES;
  const text = key + KEY_BYTES;
  warmUp(functions, key);
  const bytes = new Uint8Array(memory.buffer, text, size + TAG_BYTES);
  return measure('fast path', size, bytes, {
    seal: () => functions.sealPacket(key, 1, 0, text, size),
    open: () => functions.openPacket(key, 1, 0, text, size + TAG_BYTES) !== 0,
  });
}

type Cipher = { seal(): void; open(): boolean };

function measure(router: string, size: number, bytes: Uint8Array, { seal, open }: Cipher): Run {
  seal();
  const sealed = bytes.slice();
  const values = {
    sealUs: microsecondsPer(OPERATIONS, () => {
      for (let i = 0; i < OPERATIONS; i++) seal();
    }),
    openUs: microsecondsPer(OPERATIONS, () => {
      for (let i = 0; i < OPERATIONS; i++) {
        bytes.set(sealed);
        if (!open()) throw new Error('an authentic packet was refused');
      }
    }),
  };
  return { router, test: `aead ${size} octets`, values };
}
