/**
 * How good the way from one link peer to us is: latency, jitter, loss.
 *
 * Standard: latency as etherguard-go v0.3.5 has it (a running median of clock differences); jitter RFC 3550 §6.4.1.
 *
 * Pings of ours carry a number in RequestID, which the original leaves 0 and ignores. Gaps tell how many were lost;
 * pings without a number tell nothing of loss.
 *
 *   number  5 6 7 . 9 . 11      expected 7, came 5: loss 2/7
 *
 * The original lets pings wait for the handshake and sends them with the time they were made at; they come all
 * at once, with latencies of many seconds. The first measurements of a link that are beyond ABSURD_SECONDS are not
 * taken, for ABSURD_FOR; a clock that is wrong by more costs one measurement.
 *
 * Invariants
 * - Negative latencies are normal: clocks differ.
 * - The window of numbers has LOSS_WINDOW places.
 *
 * @module
 */
import { addMilliseconds, type Instant } from '../../../base/units.ts';
import { DampingFilter } from '../../graph/index.ts';
import { ABSURD_FOR, ABSURD_SECONDS, LOSS_WINDOW, SEQUENCE_LEAP } from './constants.ts';

/** RFC 3550 §6.4.1: the share of a new difference in the mean. */
const JITTER_GAIN = 1 / 16;
const NUMBERS = 2 ** 32;

export class LinkMeter {
  private readonly filter: DampingFilter;
  private isMeasured = false;
  private absurdUntil: Instant | undefined;
  private lastSeconds: number | undefined;
  private jitterSeconds: number | undefined;
  /** The greatest number that came; 0: none. */
  private greatest = 0;
  /** Whether each number of the window came, by number modulo its size; and how many numbers it covers. */
  private readonly came = new Uint8Array(LOSS_WINDOW);
  private covered = 0;

  constructor(dampingRadius: number) {
    this.filter = new DampingFilter(dampingRadius);
  }

  setDampingRadius(radius: number): void {
    this.filter.setRadius(radius);
  }

  /** Takes a ping; returns the filtered latency in seconds, undefined when it says nothing. */
  pingReceived(requestId: number, seconds: number, now: Instant): number | undefined {
    if (requestId !== 0) this.count(requestId);
    if (this.isAbsurd(seconds, now)) return undefined;
    this.isMeasured = true;
    this.measureJitter(seconds);
    return this.filter.push(seconds);
  }

  /** Seconds; undefined before the first measurement. */
  get latency(): number | undefined {
    return this.isMeasured ? this.filter.value : undefined;
  }

  /** Mean difference of neighboring measurements in milliseconds; undefined with fewer than two. */
  get jitterMs(): number | undefined {
    return this.jitterSeconds === undefined ? undefined : this.jitterSeconds * 1000;
  }

  /** Share of the window's pings that did not come; undefined when they have no numbers. */
  get loss(): number | undefined {
    if (this.covered === 0) return undefined;
    let missing = 0;
    for (let back = 0; back < this.covered; back++)
      if (this.came[(this.greatest - back + NUMBERS) % LOSS_WINDOW] === 0) missing++;
    return missing / this.covered;
  }

  private isAbsurd(seconds: number, now: Instant): boolean {
    if (this.isMeasured || seconds <= ABSURD_SECONDS) return false;
    this.absurdUntil ??= addMilliseconds(now, ABSURD_FOR);
    return now < this.absurdUntil;
  }

  private measureJitter(seconds: number): void {
    if (this.lastSeconds !== undefined) {
      const difference = Math.abs(seconds - this.lastSeconds);
      this.jitterSeconds =
        this.jitterSeconds === undefined
          ? difference
          : this.jitterSeconds + (difference - this.jitterSeconds) * JITTER_GAIN;
    }
    this.lastSeconds = seconds;
  }

  private count(number: number): void {
    const ahead = number - this.greatest;
    if (this.covered === 0 || ahead > SEQUENCE_LEAP || ahead < -LOSS_WINDOW) {
      this.countAnew(number);
    } else if (ahead > 0) {
      for (let missed = 1; missed < Math.min(ahead, LOSS_WINDOW + 1); missed++)
        this.came[(number - missed) % LOSS_WINDOW] = 0;
      this.came[number % LOSS_WINDOW] = 1;
      this.covered = Math.min(this.covered + ahead, LOSS_WINDOW);
      this.greatest = number;
    } else if (-ahead < this.covered) {
      this.came[number % LOSS_WINDOW] = 1;
    }
  }

  /** The sender was restarted: its earlier numbers say nothing any more. */
  private countAnew(number: number): void {
    this.came.fill(0);
    this.came[number % LOSS_WINDOW] = 1;
    this.greatest = number;
    this.covered = 1;
  }
}
