/**
 * The retransmission timeout.
 *
 * Standard: RFC 6298 (SRTT, RTTVAR, RTO, backoff), RFC 7323 §4 (samples from timestamps).
 *
 * Karn's rule is the caller's: octets that were sent twice give no sample unless a timestamp tells
 * which of them was acknowledged. Until the next sample the backed-off value stays (RFC 6298 §5.5).
 *
 * @module
 */
import { type Milliseconds, milliseconds } from '../../base/units.ts';
import { CLOCK_GRANULARITY, RTO_AFTER_LOST_SYN, RTO_INITIAL } from './constants.ts';

export class RetransmissionTimeout {
  srttMs: number | undefined = undefined;
  private rttvarMs = 0;
  private baseMs: number = RTO_INITIAL;
  private doublings = 0;
  private readonly minimum: Milliseconds;
  private readonly maximum: Milliseconds;

  constructor(minimum: Milliseconds, maximum: Milliseconds) {
    this.minimum = minimum;
    this.maximum = maximum;
  }

  /** RTO with its backoff. */
  get value(): Milliseconds {
    return milliseconds(Math.min(this.baseMs * 2 ** this.doublings, this.maximum));
  }

  /** Takes a round-trip time (RFC 6298 §2.2 and §2.3) and ends the backoff. */
  measured(rttMs: number): void {
    if (this.srttMs === undefined) {
      this.srttMs = rttMs;
      this.rttvarMs = rttMs / 2;
    } else {
      this.rttvarMs = 0.75 * this.rttvarMs + 0.25 * Math.abs(this.srttMs - rttMs);
      this.srttMs = 0.875 * this.srttMs + 0.125 * rttMs;
    }
    const rto = this.srttMs + Math.max(CLOCK_GRANULARITY, 4 * this.rttvarMs);
    this.baseMs = Math.min(Math.max(rto, this.minimum), this.maximum);
    this.doublings = 0;
  }

  /** The timer expired (RFC 6298 §5.5). */
  backOff(): void {
    if (this.value < this.maximum) this.doublings++;
  }

  /** The handshake needed more than one SYN and gave no sample (RFC 6298 §5.7). */
  handshakeWasRetransmitted(): void {
    if (this.srttMs !== undefined) return;
    this.baseMs = RTO_AFTER_LOST_SYN;
    this.doublings = 0;
  }
}
