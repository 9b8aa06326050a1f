/**
 * Packet worker → router worker: what was punted, put into slots of the router's arena.
 *
 * Not standardized; packet/plane-layout.ts. One writer (assembly/punt.ts), one reader (this).
 *
 * Invariants
 * - The tail is published after an entry was copied.
 * - A punt of a former life of the router worker is dropped.
 *
 * @module
 */
import { NONE, type PacketSlot, type PeerId } from '../base/units.ts';
import type { PacketArena } from '../packet/arena.ts';
import * as L from '../packet/plane-layout.ts';
import { sockaddrAddress, sockaddrFamily, sockaddrPort } from './sockaddr.ts';
import { copyUsageAndTtl } from './usage-and-ttl.ts';

/** Who takes the punts of a device, by its own numbers; each method takes the slot. */
export interface PuntSink {
  /** `isChecked`: MAC1, cookie and bucket were; `needsCookie`: answer with a cookie, nothing else. */
  datagram(slot: PacketSlot, isChecked: boolean, needsCookie: boolean): void;
  /** An opened message: the packet is the slot's content, empty for a mere confirmation. */
  packet(slot: PacketSlot, peer: PeerId, row: number, index: number, confirms: boolean): void;
  /** The peer was heard from the address in the slot's columns. */
  roamed(slot: PacketSlot, peer: PeerId, index: number): void;
}

export class PuntRing {
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly bank: number;
  private tail: number;

  constructor(buffer: SharedArrayBuffer, bank: number) {
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.bank = bank;
    this.tail = Atomics.load(this.words, (L.PUNTS + L.RING_TAIL) >> 2);
  }

  /** Hands over at most `most` punts; true when more wait. Those of a device without sink are dropped. */
  drain(
    arena: PacketArena,
    { tunnels, mesh }: { readonly tunnels?: PuntSink; readonly mesh?: PuntSink },
    most: number,
  ): boolean {
    const head = Atomics.load(this.words, (L.PUNTS + L.RING_HEAD) >> 2);
    for (let i = 0; i < most && this.tail !== head; i++) {
      const position = this.tail & (L.RING_ENTRIES - 1);
      const entry = L.PUNTS + L.RING_HEADER_BYTES + position * L.ENTRY_BYTES;
      const slot = arena.allocate();
      if (slot === NONE) return true;
      this.take(entry, arena, slot, this.isOfMesh(entry) ? mesh : tunnels);
      this.tail = (this.tail + 1) | 0;
      Atomics.store(this.words, (L.PUNTS + L.RING_TAIL) >> 2, this.tail);
    }
    return this.tail !== head;
  }

  private isOfMesh(entry: number): boolean {
    return this.word(entry + L.ENTRY_KIND) === L.PUNT_DATAGRAM
      ? (this.word(entry + L.ENTRY_FLAGS) & L.PUNT_FLAG_MESH) !== 0
      : this.word(entry + L.ENTRY_PEER) >= L.FIRST_MESH_LINK;
  }

  private take(
    entry: number,
    arena: PacketArena,
    slot: PacketSlot,
    sink: PuntSink | undefined,
  ): void {
    const kind = this.word(entry + L.ENTRY_KIND);
    const length = this.word(entry + L.ENTRY_LENGTH);
    const peer = this.word(entry + L.ENTRY_PEER);
    const isOfAPeer = kind !== L.PUNT_DATAGRAM;
    const bank = this.word(entry + L.ENTRY_BANK);
    if (isOfAPeer) this.returnShare(bank, peer);
    else Atomics.sub(this.words, L.CONTROL_DATAGRAMS_WAITING >> 2, 1);
    if (sink === undefined || (isOfAPeer && bank !== this.bank)) {
      arena.release(slot);
      return;
    }
    const start = arena.start[slot] as number;
    const content = entry + L.ENTRY_FIELDS_BYTES + L.PLANE_HEADROOM;
    arena.bytes.set(this.bytes.subarray(content, content + length), start);
    arena.end[slot] = start + length;
    arena.socket[slot] = this.word(entry + L.ENTRY_SOCKET);
    const address = entry + L.ENTRY_ADDRESS;
    arena.remoteFamily[slot] = sockaddrFamily(this.bytes, address);
    arena.remotePort[slot] = sockaddrPort(this.bytes, address);
    const from = sockaddrAddress(this.bytes, address);
    const octets = arena.remoteFamily[slot] === 4 ? 4 : 16;
    for (let i = 0; i < 16; i++)
      arena.remoteAddress[slot * 16 + i] = i < octets ? (this.bytes[from + i] as number) : 0;
    const flags = this.word(entry + L.ENTRY_FLAGS);
    const index = this.word(entry + L.ENTRY_INDEX) >>> 0;
    if (kind === L.PUNT_DATAGRAM) {
      sink.datagram(
        slot,
        (flags & L.PUNT_FLAG_CHECKED) !== 0,
        (flags & L.PUNT_FLAG_NEEDS_COOKIE) !== 0,
      );
      return;
    }
    const isMesh = peer >= L.FIRST_MESH_LINK;
    const number = (isMesh ? peer - L.FIRST_MESH_LINK : peer) as PeerId;
    if (kind === L.PUNT_ROAMED) {
      sink.roamed(slot, number, index);
      return;
    }
    const row = this.word(entry + L.ENTRY_KEY_PAIR);
    const confirms = (flags & L.PUNT_FLAG_CONFIRMS) !== 0;
    if (isMesh) copyUsageAndTtl(this.bytes, content, arena.bytes, start);
    sink.packet(slot, number, isMesh ? row - L.FIRST_MESH_KEY_PAIR : row, index, confirms);
  }

  /** The entry is used: its peer may have another one under way. */
  private returnShare(bank: number, peer: number): void {
    const at = L.BANK + bank * L.BANK_BYTES + L.BANK_PEERS + peer * L.PEER_BYTES + L.PEER_PUNTS;
    Atomics.sub(this.words, at >> 2, 1);
  }

  private word(at: number): number {
    return this.words[at >> 2] as number;
  }
}
