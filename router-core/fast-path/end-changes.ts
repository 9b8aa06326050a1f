/**
 * Ends what a router worker was changing when it ended.
 *
 * Not standardized; packet/plane-layout.ts. A thread that is terminated may leave a sequence odd, and
 * readers would wait for it for ever: no route of that family, no datagram to that peer. What it had
 * half-written then counts as it stands; readers survive that, and the next life replaces it all.
 *
 * Invariant: whoever wrote the bank is gone.
 *
 * @module
 */
import * as L from '../packet/plane-layout.ts';

export function endChanges(buffer: SharedArrayBuffer, number: number): void {
  const base = L.BANK + number * L.BANK_BYTES;
  const words = new Int32Array(buffer);
  const end = (at: number): void => {
    if (((words[at >> 2] as number) & 1) !== 0) Atomics.add(words, at >> 2, 1);
  };
  end(base + L.BANK_FIB4);
  end(base + L.BANK_FIB6);
  for (let peer = 0; peer < L.PEERS; peer++)
    end(base + L.BANK_PEERS + peer * L.PEER_BYTES + L.PEER_SEQUENCE);
}
