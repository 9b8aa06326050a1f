/**
 * Whether handshakes come faster than we want to compute them.
 *
 * Standard: WireGuard paper §5.3 leaves "under load" to the implementation. Linux and wireguard-go look
 * at the length of their handshake queue and stay under load for one second after; here nothing is
 * queued, so the rate itself is measured.
 *
 * Invariant: under load begins with the first message over the rate and ends UNDER_LOAD_AFTER_TIME
 * after the last one.
 *
 * @module
 */
import { TokenBucket } from '../base/token-bucket.ts';
import { addMilliseconds, type Instant, instant } from '../base/units.ts';
import { UNDER_LOAD_AFTER_TIME, UNDER_LOAD_BURST, UNDER_LOAD_PER_SECOND } from './limits.ts';

export class LoadMeter {
  private readonly calm = new TokenBucket(UNDER_LOAD_PER_SECOND, UNDER_LOAD_BURST);
  private until = instant(Number.NEGATIVE_INFINITY);

  isUnderLoad(now: Instant): boolean {
    return now < this.until;
  }

  /** Counts a message that costs X25519, or would if we were not under load. */
  count(now: Instant): void {
    if (!this.calm.take(now)) this.until = addMilliseconds(now, UNDER_LOAD_AFTER_TIME);
  }
}
