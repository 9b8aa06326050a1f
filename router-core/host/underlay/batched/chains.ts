/**
 * The tx descriptors of a batch, sorted into chains: one per destination, those of a socket together.
 *
 * Not standardized. Forwarded packets of several tunnels come mixed; only neighbors can become segments
 * of one message. A chain keeps the order of its descriptors.
 *
 *      descriptors   a b a a c b          firstOf(socket) ─► head a ─► head b ─► head c
 *                                                             │ nextDatagram
 *                                                             a ─► a ─► a
 *
 * Invariants
 * - Everything is a table of `txMax` numbers; sorting n descriptors takes time in proportion to n.
 * - A destination that shares its place in the table with another may get several chains, in order.
 *
 * @module
 */
import {
  DESCRIPTOR_BYTES,
  equalSockaddr,
  familyOf,
  SOCKADDR,
  SOCKET,
  TAG,
  wordOf,
} from '../descriptor.ts';
import type { BatchMemory } from '../io.ts';
import type { BatchSocket } from './sockets.ts';

const PLACES = 256;
const END = -1;

export type Chains = {
  /** By descriptor: the next one to the same destination, or -1. */
  readonly nextDatagram: Int32Array;
  /** By the first descriptor of a chain: that of the socket's next chain, or -1. */
  readonly nextChain: Int32Array;
  /** The sockets in use; each has `firstChain`. */
  readonly sockets: readonly BatchSocket[];
  /** Sorts descriptors [0, count); returns how many have no socket. */
  sort(count: number): number;
};

export function createChains(
  words: Int32Array,
  memory: BatchMemory,
  socketOf: (id: number, family: number) => BatchSocket | undefined,
): Chains {
  const first = wordOf(memory.txDescriptors);
  const stride = wordOf(DESCRIPTOR_BYTES);
  const nextDatagram = new Int32Array(memory.txMax);
  const nextChain = new Int32Array(memory.txMax);
  const sockets: BatchSocket[] = [];
  /** By hash of the tag: the last descriptor of a chain, valid when the stamp is this batch's. */
  const lastAt = new Int32Array(PLACES);
  const stamps = new Int32Array(PLACES);
  let stamp = 0;

  const isSameDestination = (a: number, b: number): boolean =>
    words[a + TAG] === words[b + TAG] &&
    words[a + SOCKET] === words[b + SOCKET] &&
    equalSockaddr(words, a + SOCKADDR, words, b + SOCKADDR);

  function startChain(descriptor: number, index: number): boolean {
    const id = words[descriptor + SOCKET] as number;
    const socket = socketOf(id, familyOf(words, descriptor + SOCKADDR));
    if (socket === undefined) return false;
    nextChain[index] = END;
    if (socket.firstChain === END) {
      socket.firstChain = index;
      sockets.push(socket);
    } else {
      nextChain[socket.lastChain] = index;
    }
    socket.lastChain = index;
    return true;
  }

  return {
    nextDatagram,
    nextChain,
    sockets,
    sort(count) {
      for (const socket of sockets) socket.firstChain = END;
      sockets.length = 0;
      stamp = (stamp + 1) | 0;
      let lost = 0;
      for (let i = 0; i < count; i++) {
        const descriptor = first + i * stride;
        const tag = words[descriptor + TAG] as number;
        const place = tag & (PLACES - 1);
        nextDatagram[i] = END;
        if (tag >= 0 && stamps[place] === stamp) {
          const last = lastAt[place] as number;
          if (isSameDestination(first + last * stride, descriptor)) {
            nextDatagram[last] = i;
            lastAt[place] = i;
            continue;
          }
        }
        if (!startChain(descriptor, i)) {
          lost++;
        } else if (tag >= 0) {
          lastAt[place] = i;
          stamps[place] = stamp;
        }
      }
      return lost;
    },
  };
}
