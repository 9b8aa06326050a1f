/**
 * TAI64N timestamps of initiations, strictly increasing over restarts and clock jumps.
 *
 * Standard: TAI64N (D. J. Bernstein); WireGuard paper §5.1 and §5.4.2.
 *
 *   │ 2^62 + TAI seconds, 8, big-endian │ nanoseconds, 4, big-endian │
 *
 * A responder takes an initiation only when its timestamp is greater than the last one of that key.
 * The greatest value sent is therefore persisted and handed in again; the next is larger by at least
 * a nanosecond whatever the clock says (docs/architecture.md §8, "clock jumps backwards").
 *
 * Invariants
 * - Values of one clock strictly increase.
 * - The clock is coarse by 2^24 ns (17 ms), as in wireguard-go, so that it tells little about the host.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { at, readUint32, writeUint32 } from '../base/bytes.ts';
import type { WallClock } from '../base/units.ts';
import { TIMESTAMP_BYTES } from './constants.ts';

/** 2^62, the label of the Unix epoch, in the upper half. */
const EPOCH_HIGH = 0x40000000;
/** TAI was 10 s ahead of UTC in 1970; leap seconds since then matter to nobody here. */
const TAI_OFFSET_SECONDS = 10;
const NANOSECONDS_PER_SECOND = 1_000_000_000;
const COARSE_NANOSECONDS = 2 ** 24;
/** Seconds stay exact: an upper half beyond this is no date. */
const HIGH_LIMIT = EPOCH_HIGH + 0x1000;

export class Tai64nClock {
  private readonly wallClock: WallClock;
  private seconds = 0;
  private nanoseconds = 0;

  constructor(wallClock: WallClock, greatest?: Uint8Array) {
    this.wallClock = wallClock;
    if (greatest === undefined) return;
    assert(isTimestamp(greatest), 'the persisted timestamp is a TAI64N value');
    this.seconds = (readUint32(greatest, 0) - EPOCH_HIGH) * 0x100000000 + readUint32(greatest, 4);
    this.nanoseconds = readUint32(greatest, 8);
  }

  /** Returns the next timestamp: the clock's, or a nanosecond after the last one. */
  next(): Uint8Array {
    const milliseconds = Math.max(0, Math.floor(this.wallClock.now()));
    const seconds = Math.floor(milliseconds / 1000) + TAI_OFFSET_SECONDS;
    const exact = (milliseconds % 1000) * 1_000_000;
    const nanoseconds = exact - (exact % COARSE_NANOSECONDS);
    if (seconds > this.seconds || (seconds === this.seconds && nanoseconds > this.nanoseconds)) {
      this.seconds = seconds;
      this.nanoseconds = nanoseconds;
    } else if (++this.nanoseconds === NANOSECONDS_PER_SECOND) {
      this.seconds++;
      this.nanoseconds = 0;
    }
    return this.greatest();
  }

  /** Returns the greatest timestamp given out, or read back: what is to be persisted. */
  greatest(): Uint8Array {
    const out = new Uint8Array(TIMESTAMP_BYTES);
    writeUint32(out, 0, EPOCH_HIGH + Math.floor(this.seconds / 0x100000000));
    writeUint32(out, 4, this.seconds % 0x100000000);
    writeUint32(out, 8, this.nanoseconds);
    return out;
  }
}

/** Whether the octets are a TAI64N value between 1970 and a far future: a check for persisted files. */
export function isTimestamp(b: Uint8Array): boolean {
  if (b.length !== TIMESTAMP_BYTES) return false;
  const high = readUint32(b, 0);
  return high >= EPOCH_HIGH && high < HIGH_LIMIT && readUint32(b, 8) < NANOSECONDS_PER_SECOND;
}

/** Whether timestamp `a` is later than `b`; big-endian, so octets compare like numbers. */
export function isLater(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < TIMESTAMP_BYTES; i++) {
    const difference = at(a, i) - at(b, i);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
