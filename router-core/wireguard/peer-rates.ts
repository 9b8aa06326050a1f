/**
 * Packets a second taken from a peer, where its operator wants a limit.
 *
 * Not standardized. Asked before the cipher: what is above the limit costs nearly nothing. The fast path
 * has the same bucket (fast-path/assembly/transport.ts).
 *
 * Invariant: over any time `t` a peer with a limit gets at most `burst + limit × t` packets in.
 *
 * @module
 */
import type { Instant, PeerId } from '../base/units.ts';
import { RATE_BURST_MIN, RATE_BURST_SECONDS } from './limits.ts';

export class PeerRates {
  /** Packets per second; 0 is no limit. */
  readonly limit: Uint32Array;
  private readonly tokens: Float64Array;
  private readonly refilled: Float64Array;

  constructor(capacity: number) {
    this.limit = new Uint32Array(capacity);
    this.tokens = new Float64Array(capacity);
    this.refilled = new Float64Array(capacity);
  }

  /** Begins with a full bucket. */
  set(peer: PeerId, limit: number, now: Instant): void {
    this.limit[peer] = limit;
    this.tokens[peer] = burstOf(limit);
    this.refilled[peer] = now;
  }

  /** Takes a token; false when there is none. */
  admits(peer: PeerId, now: Instant): boolean {
    const limit = this.limit[peer] as number;
    if (limit === 0) return true;
    const gained = ((now - (this.refilled[peer] as number)) * limit) / 1000;
    const tokens = Math.min(burstOf(limit), (this.tokens[peer] as number) + gained);
    this.refilled[peer] = now;
    const isAdmitted = tokens >= 1;
    this.tokens[peer] = isAdmitted ? tokens - 1 : tokens;
    return isAdmitted;
  }
}

const burstOf = (limit: number): number => Math.max(RATE_BURST_MIN, limit * RATE_BURST_SECONDS);
