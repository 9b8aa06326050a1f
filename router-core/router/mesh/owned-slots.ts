/**
 * Which slots of the node's arena an edge or supernode holds, so that what one held when it ended is released.
 *
 * Not standardized; docs/architecture.md §8. Slots change hands at few places, and all of them pass here: into it
 * by `took` and `allocate`, out of it by `gave` and `release`.
 *
 * @module
 */
import { NONE, type PacketSlot } from '../../base/units.ts';
import type { PacketArena } from '../../packet/arena.ts';

export class OwnedSlots {
  /** The node's arena, as the owner sees it. */
  readonly arena: PacketArena;
  private readonly all: PacketArena;
  private readonly isHeld: Uint8Array;

  constructor(all: PacketArena) {
    const isHeld = new Uint8Array(all.slots);
    this.all = all;
    this.isHeld = isHeld;
    this.arena = {
      ...all,
      allocate() {
        const slot = all.allocate();
        if (slot !== NONE) isHeld[slot] = 1;
        return slot;
      },
      release(slot) {
        isHeld[slot] = 0;
        all.release(slot);
      },
    };
  }

  took(slot: PacketSlot): void {
    this.isHeld[slot] = 1;
  }

  gave(slot: PacketSlot): void {
    this.isHeld[slot] = 0;
  }

  releaseAll(): void {
    for (const [slot, isHeld] of this.isHeld.entries())
      if (isHeld === 1) this.all.release(slot as PacketSlot);
    this.isHeld.fill(0);
  }
}
