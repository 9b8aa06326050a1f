/**
 * Router worker → packet worker: datagrams to send and packets to seal.
 *
 * Not standardized; packet/plane-layout.ts. One writer (this), one reader (assembly/batch.ts).
 *
 * Invariant: an entry is complete before the head that shows it is published.
 *
 * @module
 */
import { NONE, type PacketSlot } from '../base/units.ts';
import type { PacketArena } from '../packet/arena.ts';
import * as L from '../packet/plane-layout.ts';
import { writeSockaddr } from './sockaddr.ts';
import { copyUsageAndTtl } from './usage-and-ttl.ts';

export class TransmitRing {
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly bank: number;
  private head: number;
  private hasPushed = false;

  constructor(buffer: SharedArrayBuffer, bank: number) {
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.bank = bank;
    this.head = Atomics.load(this.words, (L.TRANSMITS + L.RING_HEAD) >> 2);
  }

  /** Copies a complete datagram whose socket and address stand in the slot's columns. */
  pushDatagram(arena: PacketArena, slot: PacketSlot): boolean {
    const entry = this.place(arena, slot);
    if (entry === NONE) return false;
    this.setWord(entry + L.ENTRY_KIND, L.TRANSMIT_DATAGRAM);
    this.setWord(entry + L.ENTRY_SOCKET, arena.socket[slot] as number);
    const family = arena.remoteFamily[slot] as number;
    const port = arena.remotePort[slot] as number;
    writeSockaddr(
      this.bytes,
      entry + L.ENTRY_ADDRESS,
      family,
      port,
      arena.remoteAddress,
      slot * 16,
    );
    this.publish();
    return true;
  }

  /** Copies an inner packet for a peer of this bank, of the mesh with what stands in front of it. */
  pushPacket(peer: number, arena: PacketArena, slot: PacketSlot, flags: number): boolean {
    const entry = this.place(arena, slot);
    if (entry === NONE) return false;
    if (peer >= L.FIRST_MESH_LINK) {
      const to = entry + L.ENTRY_FIELDS_BYTES + L.PLANE_HEADROOM;
      copyUsageAndTtl(arena.bytes, arena.start[slot] as number, this.bytes, to);
    }
    this.setWord(entry + L.ENTRY_KIND, L.TRANSMIT_PACKET);
    this.setWord(entry + L.ENTRY_PEER, peer);
    this.setWord(entry + L.ENTRY_BANK, this.bank);
    this.setWord(entry + L.ENTRY_FLAGS, flags);
    this.publish();
    return true;
  }

  /** Whether anything was pushed since the last call: whoever pushed wakes the reader. */
  takePushed(): boolean {
    const hasPushed = this.hasPushed;
    this.hasPushed = false;
    return hasPushed;
  }

  /** Copies the content into the next entry; NONE when the ring is full. */
  private place(arena: PacketArena, slot: PacketSlot): number {
    const tail = Atomics.load(this.words, (L.TRANSMITS + L.RING_TAIL) >> 2);
    const start = arena.start[slot] as number;
    const end = arena.end[slot] as number;
    if (((this.head - tail) | 0) >= L.RING_ENTRIES || end - start > L.PLANE_DATA) return NONE;
    const position = this.head & (L.RING_ENTRIES - 1);
    const entry = L.TRANSMITS + L.RING_HEADER_BYTES + position * L.ENTRY_BYTES;
    this.bytes.set(
      arena.bytes.subarray(start, end),
      entry + L.ENTRY_FIELDS_BYTES + L.PLANE_HEADROOM,
    );
    this.setWord(entry + L.ENTRY_LENGTH, end - start);
    return entry;
  }

  private publish(): void {
    this.hasPushed = true;
    this.head = (this.head + 1) | 0;
    Atomics.store(this.words, (L.TRANSMITS + L.RING_HEAD) >> 2, this.head);
  }

  private setWord(at: number, value: number): void {
    this.words[at >> 2] = value;
  }
}
