/**
 * Go's time.Time, which brings an encoding of its own.
 *
 * Standard: documentation of Go's package time, Time.MarshalBinary and Time.GobEncode: octets as below,
 * all most significant first.
 *
 *   │ version 1 │ seconds since 0001-01-01 8 │ nanoseconds 4 │ zone, minutes east of UTC 2 │
 *   version 2 for zones with seconds in their offset: │ … │ seconds of the offset 1 │
 *   zone -1: UTC
 *
 * Only the instant counts; the zone is kept so that a time can be written again as it came.
 *
 * @module
 */
import { assert } from '../../../../base/assert.ts';
import { GobError } from './gob-error.ts';
import { expectKind, type GobKind } from './gob-kind.ts';
import { GOB_ENCODER_FORM } from './wire-types.ts';

/** An instant to the nanosecond, in two numbers that are both exact. */
export type GobTime = {
  /** Since 1970-01-01 UTC; negative before. */
  readonly unixSeconds: number;
  /** 0 to 999,999,999, forward from the second. */
  readonly nanoseconds: number;
  /** The sender's zone, seconds east of UTC; absent is UTC. */
  readonly zoneSeconds?: number;
};

/** Seconds from 0001-01-01 to 1970-01-01, both UTC. */
const UNIX_EPOCH = 62_135_596_800;
/** Go's zero time, which a field holds that was left out. */
export const GOB_ZERO_TIME: GobTime = { unixSeconds: -UNIX_EPOCH, nanoseconds: 0 };

const SECONDS = 1,
  NANOSECONDS = 9,
  ZONE_MINUTES = 13,
  ZONE_SECONDS = 15;
const VERSION_1_BYTES = 15;
const VERSION_2_BYTES = 16;
const UTC = -1;

export function gobTime(typeName: string): GobKind<GobTime> {
  return {
    absent: () => GOB_ZERO_TIME,
    isLeftOut: (time) => time.unixSeconds === GOB_ZERO_TIME.unixSeconds && time.nanoseconds === 0,
    check: (type, types) => expectKind(types.get(type)?.form === GOB_ENCODER_FORM, 'time'),
    read: (reader) => readTime(reader.octets()),
    define(definitions) {
      return definitions.add(this, GOB_ENCODER_FORM, typeName, [], () => undefined);
    },
    write: (writer, time) => writer.octets(timeOctets(time)),
  };
}

function readTime(octets: Uint8Array): GobTime {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const length = octets[0] === 1 ? VERSION_1_BYTES : octets[0] === 2 ? VERSION_2_BYTES : 0;
  if (octets.length !== length) throw new GobError('bad-time', 'no time of version 1 or 2');
  const unixSeconds = Number(view.getBigInt64(SECONDS) - BigInt(UNIX_EPOCH));
  const nanoseconds = view.getUint32(NANOSECONDS);
  if (!Number.isSafeInteger(unixSeconds) || nanoseconds > 999_999_999) {
    throw new GobError('bad-time', 'seconds or nanoseconds out of range');
  }
  const minutes = view.getInt16(ZONE_MINUTES);
  if (minutes === UTC) return { unixSeconds, nanoseconds };
  const seconds = length === VERSION_2_BYTES ? view.getInt8(ZONE_SECONDS) : 0;
  return { unixSeconds, nanoseconds, zoneSeconds: minutes * 60 + seconds };
}

function timeOctets({ unixSeconds, nanoseconds, zoneSeconds }: GobTime): Uint8Array {
  assert(Number.isSafeInteger(unixSeconds), 'whole seconds');
  assert(nanoseconds >= 0 && nanoseconds <= 999_999_999, 'nanoseconds of one second');
  const minutes = zoneSeconds === undefined ? UTC : Math.trunc(zoneSeconds / 60);
  const seconds = (zoneSeconds ?? 0) % 60;
  const octets = new Uint8Array(seconds === 0 ? VERSION_1_BYTES : VERSION_2_BYTES);
  const view = new DataView(octets.buffer);
  view.setUint8(0, seconds === 0 ? 1 : 2);
  view.setBigInt64(SECONDS, BigInt(unixSeconds) + BigInt(UNIX_EPOCH));
  view.setUint32(NANOSECONDS, nanoseconds);
  view.setInt16(ZONE_MINUTES, minutes);
  if (seconds !== 0) view.setInt8(ZONE_SECONDS, seconds);
  return octets;
}
