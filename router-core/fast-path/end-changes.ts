/**
 * Ends what a router worker was changing, and watching, when it ended.
 *
 * Not standardized; packet/plane-layout.ts. A thread that is terminated may leave a sequence odd, and
 * readers would wait for it for ever: no route of that family, no datagram to that peer. What it had
 * half-written then counts as it stands; readers survive that, and the next life replaces it all. Packets it
 * wanted to see (captures, the first of a tunnel) would be dropped, because nobody takes them any more.
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
  /** Reads first: writing would make every page of the table a page in use. */
  const clear = (at: number, flag: number): void => {
    if (((words[at >> 2] as number) & flag) !== 0) Atomics.and(words, at >> 2, ~flag);
  };
  end(base + L.BANK_FIB4);
  end(base + L.BANK_FIB6);
  for (let peer = 0; peer < L.PEERS; peer++) {
    const at = base + L.BANK_PEERS + peer * L.PEER_BYTES;
    end(at + L.PEER_SEQUENCE);
    clear(at + L.PEER_FLAGS, L.PEER_FLAG_PUNT);
  }
  for (let i = 0; i < L.INTERFACES; i++)
    clear(
      base + L.BANK_INTERFACES + i * L.INTERFACE_BYTES + L.INTERFACE_FLAGS,
      L.INTERFACE_FLAG_PUNT,
    );
}
