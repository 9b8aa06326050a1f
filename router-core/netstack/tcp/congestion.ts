/**
 * The congestion window.
 *
 * Standard: RFC 5681 (slow start, congestion avoidance, loss), RFC 6582 (end of recovery), RFC 6928
 * (initial window), RFC 3465 §2.1 (octets, not acknowledgments, are counted).
 *
 *   cwnd < ssthresh   slow start            + at most SMSS per acknowledgment
 *   cwnd ≥ ssthresh   congestion avoidance  + SMSS per window acknowledged
 *
 * Which octets are in flight and which are lost knows recovery.ts.
 *
 * Invariant: SMSS ≤ cwnd ≤ `maximum`, the send buffer, beyond which it means nothing.
 *
 * @module
 */
import { INITIAL_WINDOW_BYTES, INITIAL_WINDOW_SEGMENTS } from './constants.ts';

export class Congestion {
  cwnd: number;
  ssthresh: number;
  private smss: number;
  private readonly maximum: number;
  /** Octets acknowledged since the window last grew. */
  private credit = 0;

  constructor(smss: number, maximum: number) {
    this.smss = smss;
    this.maximum = Math.max(maximum, smss);
    this.cwnd = this.initialWindow();
    this.ssthresh = this.maximum;
  }

  /** The handshake is done. RFC 6928 §2: one segment when more than one SYN was lost. */
  begin(smss: number, isCautious: boolean): void {
    this.smss = smss;
    this.cwnd = isCautious ? smss : this.initialWindow();
  }

  /** New octets were acknowledged outside of recovery, while the window was what held us back. */
  acknowledged(octets: number): void {
    if (this.cwnd < this.ssthresh) {
      this.grow(Math.min(octets, this.smss));
      return;
    }
    this.credit += octets;
    if (this.credit < this.cwnd) return;
    this.credit -= this.cwnd;
    this.grow(this.smss);
  }

  /** Duplicates or SACK told of a loss (RFC 5681 §3.2, RFC 6675 §5 step 4.2). */
  lossDetected(flightSize: number): void {
    this.ssthresh = Math.max(flightSize / 2, 2 * this.smss);
    this.cwnd = this.ssthresh;
    this.credit = 0;
  }

  /** Everything sent before the loss is acknowledged (RFC 6582 §3.2 step 3, option 1: no burst). */
  recovered(flightSize: number): void {
    this.cwnd = Math.min(this.ssthresh, Math.max(flightSize, this.smss) + this.smss);
  }

  /** The retransmission timer expired (RFC 5681 §3.1, equation 4, only at the first time). */
  timedOut(flightSize: number, isFirst: boolean): void {
    if (isFirst) this.ssthresh = Math.max(flightSize / 2, 2 * this.smss);
    this.cwnd = this.smss;
    this.credit = 0;
  }

  /** Nothing was sent for longer than the RTO (RFC 5681 §4.1). */
  restartAfterIdle(): void {
    this.cwnd = Math.min(this.cwnd, this.initialWindow());
  }

  /** The path is narrower than thought, which is no sign of congestion: the window stays. */
  setSmss(smss: number): void {
    this.smss = smss;
  }

  private initialWindow(): number {
    return Math.min(
      INITIAL_WINDOW_SEGMENTS * this.smss,
      Math.max(2 * this.smss, INITIAL_WINDOW_BYTES),
    );
  }

  private grow(octets: number): void {
    this.cwnd = Math.min(this.cwnd + octets, this.maximum);
  }
}
