/**
 * A token bucket for answers to strangers.
 *
 * Standard: RFC 9293 §3.10.7.1 wants a RST per stray segment; RFC 5961 §7 and RFC 4443 §2.4 (f) show why
 * such answers need a bound.
 *
 * Invariant: at most `perSecond` tokens are saved up, so at most twice as many are spent in a second.
 *
 * @module
 */
import type { Instant } from '../../base/units.ts';

export class RateLimit {
  private readonly perSecond: number;
  private tokens: number;
  private filledAt: Instant;

  constructor(perSecond: number, now: Instant) {
    this.perSecond = perSecond;
    this.tokens = perSecond;
    this.filledAt = now;
  }

  /** Takes a token; false when there is none. */
  take(now: Instant): boolean {
    const earned = ((now - this.filledAt) / 1000) * this.perSecond;
    this.tokens = Math.min(this.perSecond, this.tokens + Math.max(0, earned));
    this.filledAt = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}
