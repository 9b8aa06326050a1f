/**
 * What the user wrote and the peer has not acknowledged.
 *
 * Standard: RFC 9293 §3.4.1 (the retransmission queue holds octets, not segments, so that they can be
 * cut anew after the MSS changed).
 *
 *        first                  SND.NXT               end
 *          │ sent, not acknowledged │ not yet sent     │ free
 *
 * Invariant: `end` - `first` never exceeds the maximum; SYN and FIN are not in it.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { Ring } from './ring.ts';
import { advance, distance, earlier, type SequenceNumber } from './sequence-number.ts';

export class SendBuffer {
  /** The sequence number of the oldest octet. */
  first: SequenceNumber;
  private length = 0;
  private readonly ring: Ring;

  constructor(first: SequenceNumber, initial: number, maximum: number) {
    this.first = first;
    this.ring = new Ring(initial, maximum);
  }

  /** The sequence number after the newest octet. */
  get end(): SequenceNumber {
    return advance(this.first, this.length);
  }

  get free(): number {
    return this.ring.maximum - this.length;
  }

  get maximum(): number {
    return this.ring.maximum;
  }

  /** Takes what fits; returns how many octets that is. */
  append(bytes: Uint8Array, start: number, end: number): number {
    const taken = Math.min(end - start, this.free);
    this.ring.write(this.length, bytes, start, start + taken);
    this.length += taken;
    return taken;
  }

  /** Copies the octets `seq` … `seq` + `length` into `into` at `at`. */
  copyTo(seq: SequenceNumber, length: number, into: Uint8Array, at: number): void {
    if (length === 0) return;
    const offset = distance(this.first, seq);
    assert(offset >= 0, 'acknowledged octets are not sent again');
    assert(offset + length <= this.length, 'only written octets are sent');
    this.ring.copyTo(offset, length, into, at);
  }

  /** Forgets what stands before `ack`. */
  acknowledge(ack: SequenceNumber): void {
    const octets = distance(this.first, earlier(ack, this.end));
    if (octets <= 0) return;
    this.ring.discard(octets);
    this.first = advance(this.first, octets);
    this.length -= octets;
    if (this.length === 0) this.ring.emptied();
  }

  release(): void {
    this.first = this.end;
    this.length = 0;
    this.ring.release();
  }
}
