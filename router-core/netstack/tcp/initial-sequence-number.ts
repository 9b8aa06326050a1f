/**
 * Where a connection's sequence numbers and timestamps begin.
 *
 * Standard: RFC 6528 §3 (ISN = M + F(tuple, secret)), RFC 7323 §5.4 (an offset per tuple, so that
 * timestamps do not tell how long we have been running).
 *
 * M advances by one every 4 µs, so a new connection of a tuple begins behind the old one. The clock
 * is monotonic within a process; after a restart secret and offset are new, which RFC 6528 §3 allows.
 *
 * @module
 */
import { writeUint16, writeUint32 } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { Instant } from '../../base/units.ts';
import type { TcpTuple } from './contract.ts';
import { type SequenceNumber, sequenceNumber } from './sequence-number.ts';
import { SIPHASH_KEY_BYTES, siphash } from './siphash.ts';

const TICKS_PER_MILLISECOND = 250;

export interface InitialSequenceNumbers {
  /** Returns the ISN and the offset to add to milliseconds for the timestamp clock. */
  choose(tuple: TcpTuple, now: Instant): { iss: SequenceNumber; timestampOffset: number };
}

export function createInitialSequenceNumbers(random: Random): InitialSequenceNumbers {
  const secret = random.bytes(SIPHASH_KEY_BYTES);
  return {
    choose(tuple, now) {
      const [low, high] = siphash(secret, encodeTuple(tuple));
      // Taken modulo 2^32 first: `now` times 250 may pass 2^53 only after a thousand years.
      const clock = Math.floor(now * TICKS_PER_MILLISECOND) % 0x1_0000_0000;
      return { iss: sequenceNumber(clock + low), timestampOffset: high };
    },
  };
}

function encodeTuple(tuple: TcpTuple): Uint8Array {
  const local = tuple.local.bytes;
  const remote = tuple.remote.bytes;
  const out = new Uint8Array(8 + local.length + remote.length);
  writeUint32(out, 0, tuple.interface);
  writeUint16(out, 4, tuple.localPort);
  writeUint16(out, 6, tuple.remotePort);
  out.set(local, 8);
  out.set(remote, 8 + local.length);
  return out;
}
