/**
 * What all kinds of interfaces have in common beside the contract.
 *
 * @module
 */
import type { FrameDevice } from './frame-device.ts';

/** Of a carrier that has none of its own. */
export const ASSUMED_MTU = 1500;

/** Of one interface, over all its connections. */
export type FrameCounters = {
  /** Frames that could not be written. */
  dropped: number;
  /** Frames that came in and were dropped: too short, too long, or no slot was free. */
  rejected: number;
};

export interface CountedFrameDevice extends FrameDevice {
  /** Frames that came in and were dropped: too short, too long, or no slot was free. */
  readonly rejected: () => number;
}

/** Returns a device with its counters; the rest is its kind's. */
export const counted = (
  counters: FrameCounters,
  device: Omit<FrameDevice, 'dropped'>,
): CountedFrameDevice => ({
  ...device,
  dropped: () => counters.dropped,
  rejected: () => counters.rejected,
});
