/**
 * The packet arena: preallocated slots over one memory, and what is known about each packet.
 *
 * Not standardized; sizes and columns are docs/architecture.md §4.
 *
 *   slot n │ headroom 128 │ data 9,216 │ tailroom 64 │   in `bytes`, and one row in every column
 *                         ↑ start                end ↑   (absolute offsets into `bytes`)
 *
 * Layers move `start` and `end` instead of copying: the 16 octets of a consumed WireGuard header
 * become headroom. A datagram for or from the underlay carries its socket and remote address in
 * columns of the slot, so no address object is made per packet.
 *
 * Ownership: a function that takes a slot must release it or hand it on, on every way out.
 *
 * Invariants
 * - No table holds an object reference; all columns are typed arrays over one buffer (packet/layout.ts),
 *   which may be shared memory.
 * - `slot base ≤ start ≤ end ≤ slot base + SLOT_BYTES` for every slot in use.
 * - A slot is released once (asserted).
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { NONE, type PacketSlot } from '../base/units.ts';
import { arenaLayout, HEADROOM_BYTES, SLOT_BYTES } from './layout.ts';

export interface PacketArena {
  readonly slots: number;
  readonly bytes: Uint8Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /** The interface a packet came in by; NONE for our own. */
  readonly ingress: Int32Array;
  readonly flags: Uint32Array;
  /** Underlay: the socket (SocketId), NONE while unknown. */
  readonly socket: Int32Array;
  /** Underlay: 4, 6, or 0 while unknown. */
  readonly remoteFamily: Uint8Array;
  readonly remotePort: Uint16Array;
  /** Underlay: 16 octets per slot; IPv4 in the first four. */
  readonly remoteAddress: Uint8Array;

  /** Returns a free slot with `start` = `end` after the headroom, or NONE when all are in use. */
  allocate(): PacketSlot;
  release(slot: PacketSlot): void;
  /** How many slots are free; tests look for leaks with it. */
  free(): number;
}

/** Creates an arena of `slots` slots; `shared` puts it into a SharedArrayBuffer. */
export function createPacketArena(slots: number, shared = false): PacketArena {
  const layout = arenaLayout(slots);
  const buffer = shared ? new SharedArrayBuffer(layout.bytes) : new ArrayBuffer(layout.bytes);
  const bytes = new Uint8Array(buffer, layout.data, slots * SLOT_BYTES);
  const start = new Uint32Array(buffer, layout.start, slots);
  const end = new Uint32Array(buffer, layout.end, slots);
  const ingress = new Int32Array(buffer, layout.ingress, slots);
  const flags = new Uint32Array(buffer, layout.flags, slots);
  const socket = new Int32Array(buffer, layout.socket, slots);
  const remoteFamily = new Uint8Array(buffer, layout.remoteFamily, slots);
  const remotePort = new Uint16Array(buffer, layout.remotePort, slots);
  const remoteAddress = new Uint8Array(buffer, layout.remoteAddress, slots * 16);
  // A stack of free slots, and whether each is in use: private to the owner, never shared.
  const stack = new Uint32Array(slots);
  const isInUse = new Uint8Array(slots);
  let top = slots;
  for (let i = 0; i < slots; i++) stack[i] = slots - 1 - i;

  return {
    slots,
    bytes,
    start,
    end,
    ingress,
    flags,
    socket,
    remoteFamily,
    remotePort,
    remoteAddress,
    allocate() {
      if (top === 0) return NONE as PacketSlot;
      const slot = stack[--top] as PacketSlot;
      isInUse[slot] = 1;
      const data = slot * SLOT_BYTES + HEADROOM_BYTES;
      start[slot] = data;
      end[slot] = data;
      ingress[slot] = NONE;
      flags[slot] = 0;
      socket[slot] = NONE;
      remoteFamily[slot] = 0;
      return slot;
    },
    release(slot) {
      assert(isInUse[slot] === 1, 'a slot is released once');
      isInUse[slot] = 0;
      stack[top++] = slot;
    },
    free: () => top,
  };
}
