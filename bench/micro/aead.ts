/**
 * The AEAD providers side by side: seal and open of a small and of a full packet.
 *
 * @module
 */
import { createNativeCrypto } from '../../router-core/host/native-crypto.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';
import { createNobleCrypto } from '../../router-core/wireguard/index.ts';
import type { Run } from '../lab/results.ts';
import { microsecondsPer } from './stopwatch.ts';

const SIZES = [64, 1420];
const OPERATIONS = 2000;
const START = 64;
const TAG_BYTES = 16;
export const AEAD_ANCHOR = 'noble';

export function benchAead(): Run[] {
  const noble = createNobleCrypto(systemRandom);
  const providers = { [AEAD_ANCHOR]: noble, 'node:crypto': createNativeCrypto(noble) };
  return SIZES.flatMap((size) =>
    Object.entries(providers).map(([router, crypto]): Run => {
      const bytes = new Uint8Array(START + size + TAG_BYTES);
      const key = crypto.addKey(systemRandom.bytes(32));
      const end = START + size;
      const seal = (): void => crypto.seal(key, 1, bytes, START, end);
      seal();
      const sealed = bytes.slice();
      const values = {
        sealUs: microsecondsPer(OPERATIONS, () => {
          for (let i = 0; i < OPERATIONS; i++) seal();
        }),
        openUs: microsecondsPer(OPERATIONS, () => {
          for (let i = 0; i < OPERATIONS; i++) {
            bytes.set(sealed);
            if (!crypto.open(key, 1, bytes, START, end + TAG_BYTES))
              throw new Error('an authentic packet was refused');
          }
        }),
      };
      return { router, test: `aead ${size} octets`, values };
    }),
  );
}
