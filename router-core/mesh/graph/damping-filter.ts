/**
 * Takes outliers out of the latencies measured on one link: a running median.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5 (`device/peer.go`, the filter of `SingleWayLatency`).
 *
 * A window of 2·radius + 1 values; of an even number the oldest is left out. With fewer than three there is
 * no median, and the value is the last one.
 *
 * @module
 */
import { INFINITE_SECONDS } from './constants.ts';
import { DAMPING_RADIUS_MAX } from './limits.ts';

const FEWEST = 3;

export class DampingFilter {
  /** The filtered latency in seconds. */
  value = INFINITE_SECONDS;
  private size = 0;
  /** Oldest first. */
  private readonly window: number[] = [];

  constructor(radius: number) {
    this.setRadius(radius);
  }

  /** Sets half the window; a shorter window keeps the newest values. */
  setRadius(radius: number): void {
    this.size = 2 * Math.min(radius, DAMPING_RADIUS_MAX) + 1;
    this.trim();
  }

  /** Takes a measurement in seconds and returns the filtered latency. */
  push(seconds: number): number {
    this.value = this.filtered(seconds);
    return this.value;
  }

  private filtered(seconds: number): number {
    if (this.size < FEWEST || seconds >= INFINITE_SECONDS) return seconds;
    this.window.push(seconds);
    this.trim();
    const odd = this.window.length % 2 === 0 ? this.window.slice(1) : [...this.window];
    if (odd.length < FEWEST) return seconds;
    odd.sort((a, b) => a - b);
    return odd[odd.length >>> 1] as number;
  }

  private trim(): void {
    this.window.splice(0, this.window.length - this.size);
  }
}
