/**
 * The last step: counting, and the sink of the links.
 *
 * Not standardized; docs/architecture.md §3 "Hot edges".
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import { type Instant, NONE, type PacketSlot } from '../base/units.ts';
import type { Stack } from './stack.ts';

/**
 * Hands the slot over to the link of the interface with this index, or to its Ethernet port, where it may wait
 * for its neighbor or find none.
 */
export function transmit(
  stack: Stack,
  slot: PacketSlot,
  out: number,
  now: Instant,
): DropReason | undefined {
  const { arena, interfaces } = stack;
  if (interfaces.port[out] !== NONE) return stack.ethernet.transmit(slot, out, now);
  const octets = (arena.end[slot] as number) - (arena.start[slot] as number);
  interfaces.txPackets[out] = (interfaces.txPackets[out] as number) + 1;
  interfaces.txBytes[out] = (interfaces.txBytes[out] as number) + octets;
  stack.isTransmitting = true;
  stack.links.transmit(interfaces.idOf(out), slot, now);
  stack.isTransmitting = false;
  return undefined;
}
