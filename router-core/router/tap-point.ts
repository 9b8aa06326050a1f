/**
 * Where packets between WireGuard and the netstack may be looked at in passing.
 *
 * Not standardized; docs/architecture.md §4. The engine asks `tap` once per packet and direction: one
 * comparison while nobody looks.
 *
 * @module
 */
import type { Instant, InterfaceId, PacketSlot } from '../base/units.ts';
import type { CaptureDirection } from './capture.ts';

/** Sees packets in passing; it must not keep the slot. */
export interface PacketTap {
  packetPassed(
    tunnel: InterfaceId,
    direction: CaptureDirection,
    slot: PacketSlot,
    now: Instant,
  ): void;
}

export type TapPoint = { tap: PacketTap | undefined };
