/**
 * Whether our own event loop keeps time: what a neighbor must not be blamed for.
 *
 * Not standardized; RFC 5880 assumes that whoever measures a detection time can read its packets.
 *
 * @module
 */
import { elapsed, type Instant } from '../../base/units.ts';
import { LATE_GRACE_MS, LATE_TIMER_MS } from './limits.ts';

export class Punctuality {
  private lateAt: Instant | undefined;
  /** Timers that ran late since the start. */
  lateTimers = 0;

  /** A timer that was due then runs now. */
  ran(due: Instant, now: Instant): void {
    if (elapsed(due, now) < LATE_TIMER_MS) return;
    this.lateAt = now;
    this.lateTimers++;
  }

  /** Whether the loop stood still a moment ago, so that packets may still wait unread. */
  wasLate(now: Instant): boolean {
    return this.lateAt !== undefined && elapsed(this.lateAt, now) < LATE_GRACE_MS;
  }
}
