/**
 * When an initiation to one peer may leave, and when we give up.
 *
 * Standard: WireGuard paper §6.4 (REKEY_TIMEOUT, REKEY_ATTEMPT_TIME). The backoff is ours
 * (docs/architecture.md §8): a stranger names the endpoint, and we are no cannon.
 *
 *   endpoint that has answered    every 5 s for 90 s, give up; the next wish begins a new series
 *   endpoint that never answered  every 5 s for 90 s, give up; then single initiations,
 *                                 five of them 2 min apart, from then on 15 min apart
 *
 * A wish is data or a keepalive without a key pair. The paper restarts REKEY_ATTEMPT_TIME with each
 * wish; we end the series after 90 s all the same and let the next wish begin another one, so that
 * the outside hears of the failure. On the wire the two are alike, except under backoff.
 *
 * Invariant: between two initiations at least REKEY_TIMEOUT passes, whoever asks.
 *
 * @module
 */
import { type Instant, instant } from '../base/units.ts';
import {
  BACKOFF_INTERVALS,
  BACKOFF_PROBES,
  REKEY_ATTEMPT_TIME,
  REKEY_TIMEOUT,
} from './constants.ts';

const NEVER = instant(Number.NEGATIVE_INFINITY);

export class HandshakeAttempts {
  /** When a handshake message was last sent, a response of ours included (as in wireguard-go). */
  private lastSent = NEVER;
  /** When the series under way began. */
  private seriesBegan: Instant | undefined;
  /** Index into BACKOFF_INTERVALS: 0 is plain WireGuard. */
  private level: 0 | 1 | 2 = 0;
  private probes = 0;

  /** Whether something that wants a handshake gets an initiation now. */
  admits(now: Instant): boolean {
    return now - this.lastSent >= BACKOFF_INTERVALS[this.level];
  }

  /** Whether packets may wait for the outcome: a series or a probe is under way, or one may begin. */
  isHopeful(now: Instant): boolean {
    return this.level === 0 || now - this.lastSent < REKEY_TIMEOUT || this.admits(now);
  }

  /** Whether this endpoint gets single initiations only. */
  isBackedOff(): boolean {
    return this.level > 0;
  }

  /** When the retransmission may leave: REKEY_TIMEOUT after the last handshake message. */
  earliestRetry(): Instant {
    return instant(this.lastSent + REKEY_TIMEOUT);
  }

  /** What to do when an initiation was not answered in time. */
  unanswered(now: Instant): 'retry' | 'give-up' | 'probe-failed' {
    if (this.level > 0) return 'probe-failed';
    const began = this.seriesBegan ?? now;
    return now - began >= REKEY_ATTEMPT_TIME ? 'give-up' : 'retry';
  }

  initiationSent(now: Instant): void {
    this.lastSent = now;
    this.seriesBegan ??= now;
    if (this.level === 1 && ++this.probes >= BACKOFF_PROBES) this.level = 2;
  }

  responseSent(now: Instant): void {
    this.lastSent = now;
  }

  gaveUp(hasEndpointAnswered: boolean): void {
    this.seriesBegan = undefined;
    this.probes = 0;
    this.level = hasEndpointAnswered ? 0 : 1;
  }

  /** A key pair was made, the endpoint changed, or the operator asks: begin afresh. */
  reset(): void {
    this.seriesBegan = undefined;
    this.probes = 0;
    this.level = 0;
  }
}
