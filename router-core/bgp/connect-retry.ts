/**
 * How long to wait between attempts, and between keepalives: delays with jitter.
 *
 * Standard: RFC 4271 §10 (jitter). ConnectRetry departs from it: it starts shorter and doubles,
 * 15, 30 … 120 s, because a tunnel that comes back should not wait for two minutes; and its jitter
 * is 75 to 125 % instead of 75 to 100 %.
 *
 * @module
 */
import type { Random } from '../base/random.ts';
import { type Milliseconds, milliseconds, seconds } from '../base/units.ts';
import { CONNECT_RETRY_SECONDS_MAX, JITTER_SHARE } from './constants.ts';

export class ConnectRetry {
  private readonly random: Random;
  private base: Milliseconds = milliseconds(0);

  constructor(random: Random) {
    this.random = random;
  }

  restart(base: Milliseconds): void {
    this.base = base;
  }

  /** Returns 75 to 125 % of the present base. */
  delay(): Milliseconds {
    const share = Math.floor(JITTER_SHARE * this.base);
    return milliseconds(this.base - share + this.random.below(2 * share + 1));
  }

  /** Doubles the base up to the limit; a longer one that was configured stays. */
  lengthen(): void {
    const limit = Math.max(this.base, seconds(CONNECT_RETRY_SECONDS_MAX));
    this.base = milliseconds(Math.min(2 * this.base, limit));
  }
}

/** Returns 75 to 100 % of the interval. */
export function keepaliveDelay(interval: Milliseconds, random: Random): Milliseconds {
  const share = Math.floor(JITTER_SHARE * interval);
  return milliseconds(interval - random.below(share + 1));
}
