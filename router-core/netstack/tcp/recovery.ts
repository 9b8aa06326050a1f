/**
 * What of the flight is lost, and what to send again.
 *
 * Standard: RFC 6675 (SACK), RFC 6582 (without SACK), RFC 5681 §3.2; RFC 2018 §8 (reneging).
 *
 *   SND.UNA                    lossEdge                     SND.NXT
 *      │  lost unless SACKed       │  in flight unless SACKed  │
 *      │▒▒ sent again ▒▒│
 *                    highRxt
 *
 * Simplified against RFC 6675: IsLost() is monotonic in the sequence number, so one edge tells all, and
 * there is no rescue retransmission (its §4, NextSeg rule 4): a lost tail waits for the timer.
 * Without SACK every duplicate acknowledgment stands for one SMSS that left the network, which is the
 * inflation of RFC 6582 written as a smaller pipe.
 *
 *   open ──3 duplicates or IsLost(SND.UNA)──► recovery ──┐
 *     │                                         │ RTO    ├─ ack ≥ recoveryPoint ──► open
 *     └───────────────RTO──────────────────────►loss ────┘
 *
 * Invariants
 * - SACK blocks count only between SND.UNA and SND.NXT.
 * - In `loss` every octet below `recoveryPoint` that is not SACKed is lost.
 *
 * @module
 */
import { DUP_THRESH } from './constants.ts';
import { RangeSet } from './range-set.ts';
import {
  advance,
  distance,
  earlier,
  isAfter,
  isAtOrAfter,
  isAtOrBefore,
  isBefore,
  later,
  type SequenceNumber,
} from './sequence-number.ts';

type RecoveryPhase = 'open' | 'recovery' | 'loss';

export class Recovery {
  phase: RecoveryPhase = 'open';
  dupAcks = 0;
  /** The result of `findHole`. */
  holeStart: SequenceNumber;
  holeEnd: SequenceNumber;
  readonly sacked: RangeSet;
  private hasSack = false;
  private smss: number;
  private recoveryPoint: SequenceNumber;
  private lossEdge: SequenceNumber;
  private highRxt: SequenceNumber;

  constructor(start: SequenceNumber, smss: number, rangesMax: number) {
    this.sacked = new RangeSet(rangesMax);
    this.smss = smss;
    this.recoveryPoint = start;
    this.lossEdge = start;
    this.highRxt = start;
    this.holeStart = start;
    this.holeEnd = start;
  }

  /** The handshake told whether the peer sends SACK blocks. */
  begin(hasSack: boolean, smss: number): void {
    this.hasSack = hasSack;
    this.smss = smss;
  }

  setSmss(smss: number): void {
    this.smss = smss;
  }

  /** Takes a block of the peer; returns whether it tells something new. */
  block(
    left: SequenceNumber,
    right: SequenceNumber,
    una: SequenceNumber,
    nxt: SequenceNumber,
  ): boolean {
    // Blocks at or below SND.UNA report duplicates (RFC 2883 §4); beyond SND.NXT they are forged.
    if (isBefore(left, una) || isAfter(right, nxt) || isAtOrBefore(right, left)) return false;
    return this.hasSack && this.sacked.add(left, right) > 0;
  }

  /** A duplicate acknowledgment; returns whether recovery begins with it. */
  duplicate(una: SequenceNumber, nxt: SequenceNumber): boolean {
    // After a timeout without SACK duplicates stem from before it and say nothing about the pipe.
    if (this.hasSack || this.phase !== 'loss') this.dupAcks++;
    if (this.phase !== 'open') {
      this.moveLossEdge();
      return false;
    }
    const edge = this.edgeOfSack();
    const isLost = edge !== undefined && isAfter(edge, una);
    if (this.dupAcks < DUP_THRESH && !isLost) return false;
    this.phase = 'recovery';
    this.recoveryPoint = nxt;
    this.highRxt = una;
    this.lossEdge = isLost ? edge : this.firstSegment(una, nxt);
    return true;
  }

  /** SND.UNA advanced by `octets`; returns whether this ends recovery or loss. */
  advanced(una: SequenceNumber, nxt: SequenceNumber, octets: number): boolean {
    this.sacked.trimBefore(una);
    this.highRxt = later(this.highRxt, una);
    if (this.phase === 'open') {
      this.dupAcks = 0;
      return false;
    }
    if (isAtOrAfter(una, this.recoveryPoint)) {
      this.phase = 'open';
      this.dupAcks = 0;
      this.highRxt = una;
      return true;
    }
    if (this.hasSack) this.moveLossEdge();
    else if (this.phase === 'recovery') {
      // RFC 6582 §3.2: a partial acknowledgment tells that the next segment was lost too.
      this.dupAcks = Math.max(0, this.dupAcks - Math.max(0, Math.floor(octets / this.smss) - 1));
      this.lossEdge = this.firstSegment(una, nxt);
    }
    return false;
  }

  /** The retransmission timer expired. `isFirst` is false when it did before without progress. */
  timedOut(una: SequenceNumber, nxt: SequenceNumber, isFirst: boolean): void {
    // RFC 2018 §8: a peer may have thrown away what it reported. We believe it once (RFC 6675 §5.1).
    const first = this.sacked.ranges[0];
    if (!isFirst || first?.start === una) this.sacked.clear();
    this.everythingLost(una, nxt);
  }

  /** Marks the whole flight lost: after a timeout, or when it was too big for the path. */
  everythingLost(una: SequenceNumber, nxt: SequenceNumber): void {
    this.phase = 'loss';
    this.dupAcks = 0;
    this.recoveryPoint = nxt;
    this.lossEdge = nxt;
    this.highRxt = una;
  }

  /** Octets in the network (RFC 6675 §4, SetPipe). */
  pipe(una: SequenceNumber, nxt: SequenceNumber): number {
    const flight = distance(una, nxt);
    if (this.phase === 'open' && this.dupAcks === 0) return flight - this.sacked.octets;
    const edge = this.phase === 'open' ? una : later(this.lossEdge, una);
    const again = this.phase === 'open' ? una : earlier(this.highRxt, nxt);
    let pipe = this.unsacked(edge, nxt) + this.unsacked(una, again);
    if (!this.hasSack) pipe -= this.dupAcks * this.smss;
    return Math.max(0, pipe);
  }

  /** Finds lost octets that were not sent again (NextSeg rule 1): `holeStart` … `holeEnd`. */
  findLost(una: SequenceNumber): boolean {
    return this.phase !== 'open' && this.findHole(later(this.highRxt, una), this.lossEdge);
  }

  /** Finds octets below the highest SACKed that are not known to be lost (NextSeg rule 3). */
  findSuspect(una: SequenceNumber): boolean {
    const last = this.sacked.ranges.at(-1);
    return (
      this.phase !== 'open' &&
      last !== undefined &&
      this.findHole(later(this.highRxt, una), last.start)
    );
  }

  /** Octets up to `end` were sent again. */
  retransmitted(end: SequenceNumber): void {
    this.highRxt = later(this.highRxt, end);
  }

  private findHole(from: SequenceNumber, limit: SequenceNumber): boolean {
    let start = from;
    let end = limit;
    for (const range of this.sacked.ranges) {
      if (isBefore(start, range.start)) {
        end = earlier(range.start, limit);
        break;
      }
      start = later(start, range.end);
    }
    if (!isBefore(start, end)) return false;
    this.holeStart = start;
    this.holeEnd = end;
    return true;
  }

  private unsacked(from: SequenceNumber, to: SequenceNumber): number {
    const octets = distance(from, to);
    return octets <= 0 ? 0 : octets - this.sacked.octetsWithin(from, to);
  }

  private firstSegment(una: SequenceNumber, nxt: SequenceNumber): SequenceNumber {
    return earlier(advance(una, this.smss), nxt);
  }

  private moveLossEdge(): void {
    const edge = this.edgeOfSack();
    if (edge !== undefined) this.lossEdge = later(this.lossEdge, edge);
  }

  /** Below this number IsLost() holds: three islands above, or more than two SMSS in them. */
  private edgeOfSack(): SequenceNumber | undefined {
    const ranges = this.sacked.ranges;
    let octets = 0;
    for (let i = ranges.length - 1, islands = 1; i >= 0; i--, islands++) {
      const range = ranges[i];
      if (range === undefined) return undefined;
      octets += distance(range.start, range.end);
      if (islands >= DUP_THRESH || octets > (DUP_THRESH - 1) * this.smss) return range.start;
    }
    return undefined;
  }
}
