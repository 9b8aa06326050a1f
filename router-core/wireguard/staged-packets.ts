/**
 * Inner packets that wait for a key pair, per peer, oldest first.
 *
 * Not standardized; Linux and wireguard-go drop the oldest when the queue is full, so do we.
 *
 * Invariants
 * - A staged slot belongs to the queue until it is taken.
 * - All peers together hold STAGED_PACKETS_TOTAL slots at most.
 *
 * @module
 */
import { NONE, type PacketSlot, type PeerId } from '../base/units.ts';
import { STAGED_PACKETS_PER_PEER, STAGED_PACKETS_TOTAL } from './limits.ts';

export class StagedPackets {
  private readonly slots: Int32Array;
  private readonly first: Uint8Array;
  private readonly count: Uint8Array;
  private total = 0;

  constructor(peers: number) {
    this.slots = new Int32Array(peers * STAGED_PACKETS_PER_PEER);
    this.first = new Uint8Array(peers);
    this.count = new Uint8Array(peers);
  }

  countOf(peer: PeerId): number {
    return this.count[peer] as number;
  }

  /** Whether `put` needs the oldest packet of this peer taken before. */
  isFull(peer: PeerId): boolean {
    return this.countOf(peer) === STAGED_PACKETS_PER_PEER || this.total === STAGED_PACKETS_TOTAL;
  }

  put(peer: PeerId, slot: PacketSlot): void {
    const place = ((this.first[peer] as number) + this.countOf(peer)) % STAGED_PACKETS_PER_PEER;
    this.slots[peer * STAGED_PACKETS_PER_PEER + place] = slot;
    this.count[peer] = this.countOf(peer) + 1;
    this.total++;
  }

  /** Takes the oldest packet of the peer, or NONE. */
  take(peer: PeerId): PacketSlot {
    if (this.countOf(peer) === 0) return NONE as PacketSlot;
    const place = this.first[peer] as number;
    this.first[peer] = (place + 1) % STAGED_PACKETS_PER_PEER;
    this.count[peer] = this.countOf(peer) - 1;
    this.total--;
    return this.slots[peer * STAGED_PACKETS_PER_PEER + place] as PacketSlot;
  }
}
