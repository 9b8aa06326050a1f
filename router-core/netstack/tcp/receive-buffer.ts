/**
 * What the peer sent: in order for the user, and islands beyond a gap.
 *
 * Standard: RFC 9293 §3.4 (window), §3.10.7.4 (segment text); RFC 2018 §4 (islands become SACK blocks).
 *
 *    oldest unread            RCV.NXT        island         edge
 *          │ unread              │    gap    │▒▒▒▒▒│          │
 *          └───────────────── at most `maximum` ──────────────┘
 *
 * Islands stay in the same ring, so what was acknowledged by SACK is never thrown away (RFC 2018 §8
 * would allow it).
 *
 * Invariants
 * - The right edge never moves left: reading moves it right, arrival does not move it.
 * - Islands lie strictly after RCV.NXT.
 *
 * @module
 */
import { RangeSet } from './range-set.ts';
import { Ring } from './ring.ts';
import {
  advance,
  distance,
  isAtOrBefore,
  isBefore,
  later,
  type SequenceNumber,
} from './sequence-number.ts';

export class ReceiveBuffer {
  readonly islands: RangeSet;
  /** Octets in order and not yet read. */
  unread = 0;
  private readonly ring: Ring;

  constructor(initial: number, maximum: number, islandsMax: number) {
    this.ring = new Ring(initial, maximum);
    this.islands = new RangeSet(islandsMax);
  }

  get maximum(): number {
    return this.ring.maximum;
  }

  /** Octets after RCV.NXT that may arrive: the greatest window to offer. */
  get room(): number {
    return this.ring.maximum - this.unread;
  }

  /**
   * Stores octets whose first has the number `seq`, all of them between `rcvNxt` and the edge.
   * Returns how far RCV.NXT advances.
   */
  store(
    rcvNxt: SequenceNumber,
    seq: SequenceNumber,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    const after = advance(seq, end - start);
    if (isBefore(rcvNxt, seq)) {
      if (this.islands.add(seq, after) > 0)
        this.ring.write(this.unread + distance(rcvNxt, seq), bytes, start, end);
      return 0;
    }
    this.ring.write(this.unread, bytes, start, end);
    let next = after;
    const first = this.islands.ranges[0];
    if (first !== undefined && isAtOrBefore(first.start, next)) {
      next = later(next, first.end);
      // A long segment may have covered several islands and reach into the next.
      this.islands.trimBefore(next);
      const touching = this.islands.ranges[0];
      if (touching !== undefined && touching.start === next) {
        next = touching.end;
        this.islands.trimBefore(next);
      }
    }
    const octets = distance(rcvNxt, next);
    this.unread += octets;
    return octets;
  }

  /** Copies the oldest octets into `into`; returns how many. */
  read(into: Uint8Array): number {
    const octets = Math.min(into.length, this.unread);
    if (octets === 0) return 0;
    this.ring.copyTo(0, octets, into, 0);
    this.ring.discard(octets);
    this.unread -= octets;
    if (this.unread === 0 && this.islands.ranges.length === 0) this.ring.emptied();
    return octets;
  }

  release(): void {
    this.unread = 0;
    this.islands.clear();
    this.ring.release();
  }
}
