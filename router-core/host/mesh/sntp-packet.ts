/**
 * The 48 octets of a time server's question and answer.
 *
 * Standard: RFC 4330 §4 (format), §5 (client: what of an answer is believed).
 *
 *   T1 asked (our clock)   T2 received, T3 sent (its clock)   T4 answered (our clock)
 *   offset = ((T2 − T1) + (T3 − T4)) / 2        round trip = (T4 − T1) − (T3 − T2)
 *
 * Departure: the transmit timestamp of a question is random. The server only returns it, so that our clock is nobody's
 * business and an answer from a third party is not believed.
 *
 * @module
 */
import { readUint32 } from '../../base/bytes.ts';

const PACKET_BYTES = 48;
/** No leap second announced, version 4, mode 3 (client). */
const CLIENT_VERSION_4 = 0x23;
const MODE_SERVER = 4;
const LEAP_UNSYNCHRONIZED = 3;
const STRATUM_MAX = 15;
const ORIGINATE = 24;
const RECEIVE = 32;
const TRANSMIT = 40;
/** From 1900-01-01, where NTP counts from, to 1970-01-01. */
const UNIX_EPOCH_SECONDS = 2_208_988_800;
/** RFC 4330 §3: with the highest bit clear, seconds count from 2036-02-07. */
const ERA_SECONDS = 2 ** 32;

/** Returns a question that carries these eight octets. */
export function sntpQuestion(nonce: Uint8Array): Uint8Array {
  const packet = new Uint8Array(PACKET_BYTES);
  packet[0] = CLIENT_VERSION_4;
  packet.set(nonce, TRANSMIT);
  return packet;
}

export type SntpAnswer = {
  /** When the server received and sent, seconds since 1970 by its clock. */
  readonly received: number;
  readonly sent: number;
};

/** Reads an answer to the question with these octets; undefined when it is none, or not to be believed. */
export function readSntpAnswer(packet: Uint8Array, nonce: Uint8Array): SntpAnswer | undefined {
  if (packet.length < PACKET_BYTES) return undefined;
  const [flags = 0, stratum = 0] = packet;
  if ((flags & 7) !== MODE_SERVER || flags >> 6 === LEAP_UNSYNCHRONIZED) return undefined;
  // Stratum 0 is a "kiss of death": asked too often, or not welcome.
  if (stratum === 0 || stratum > STRATUM_MAX) return undefined;
  if (nonce.some((octet, i) => packet[ORIGINATE + i] !== octet)) return undefined;
  if (readUint32(packet, TRANSMIT) === 0) return undefined;
  return { received: secondsAt(packet, RECEIVE), sent: secondsAt(packet, TRANSMIT) };
}

/** Seconds since 1970 of a timestamp: 32 bits of seconds, 32 of their fractions. */
function secondsAt(packet: Uint8Array, at: number): number {
  const whole = readUint32(packet, at);
  const era = whole >= 0x80000000 ? 0 : ERA_SECONDS;
  return era + whole - UNIX_EPOCH_SECONDS + readUint32(packet, at + 4) / ERA_SECONDS;
}

/** Returns offset and round trip in seconds; `asked` and `answered` are seconds since 1970 by our clock. */
export const offsetAndRoundTrip = (
  { received, sent }: SntpAnswer,
  asked: number,
  answered: number,
): { offset: number; roundTrip: number } => ({
  offset: (received - asked + (sent - answered)) / 2,
  roundTrip: Math.max(0, answered - asked - (sent - received)),
});
