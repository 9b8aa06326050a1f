/**
 * The last step: counting, and the sink of the links.
 *
 * Not standardized; docs/architecture.md §3 "Hot edges".
 *
 * @module
 */
import type { Instant, PacketSlot } from '../base/units.ts';
import type { Stack } from './stack.ts';

/** Hands the slot over to the link of the interface with this index. */
export function transmit(stack: Stack, slot: PacketSlot, out: number, now: Instant): void {
  const { arena, interfaces } = stack;
  const octets = (arena.end[slot] as number) - (arena.start[slot] as number);
  interfaces.txPackets[out] = (interfaces.txPackets[out] as number) + 1;
  interfaces.txBytes[out] = (interfaces.txBytes[out] as number) + octets;
  stack.isTransmitting = true;
  stack.links.transmit(interfaces.idOf(out), slot, now);
  stack.isTransmitting = false;
}
