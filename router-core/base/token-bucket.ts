/**
 * A token bucket: so many at once, so many a second.
 *
 * Not standardized.
 *
 * Invariant: over any time `t` at most `burst + perSecond × t` are admitted.
 *
 * @module
 */
import type { Instant } from './units.ts';

export class TokenBucket {
  private readonly perSecond: number;
  private readonly burst: number;
  private tokens: number;
  private refilled = 0;

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.tokens = burst;
  }

  /** Takes a token; false when there is none. */
  take(now: Instant): boolean {
    const gained = ((now - this.refilled) * this.perSecond) / 1000;
    this.tokens = Math.min(this.burst, this.tokens + Math.max(0, gained));
    this.refilled = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}
