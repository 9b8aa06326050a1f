/**
 * The BFD control packet.
 *
 * Standard: RFC 5880 §4.1 and the checks of §6.8.6 that need no session.
 *
 *   0                   1                   2                   3
 *   │vers │  diag   │sta│P│F│C│A│D│M│  detect mult  │    length     │
 *   │                       my discriminator                        │
 *   │                      your discriminator                       │
 *   │                  desired min TX interval, µs                  │
 *   │                 required min RX interval, µs                  │
 *   │               required min echo RX interval, µs               │
 *
 * Invariant: any octets give a packet or a drop reason, never an exception. An authentication section
 * is not read: we use none, so a packet that carries one is refused as a whole.
 *
 * @module
 */
import { at, readUint32, writeUint32 } from '../../base/bytes.ts';
import type { DropReason } from '../../base/drop-reason.ts';
import { BFD_STATES, BFD_VERSION, type BfdState } from './constants.ts';

const VERSION_AND_DIAGNOSTIC = 0,
  STATE_AND_FLAGS = 1,
  DETECT_MULT = 2,
  LENGTH = 3,
  MY_DISCRIMINATOR = 4,
  YOUR_DISCRIMINATOR = 8,
  DESIRED_MIN_TX = 12,
  REQUIRED_MIN_RX = 16,
  REQUIRED_MIN_ECHO_RX = 20;
export const CONTROL_PACKET_BYTES = 24;

const POLL = 0x20,
  FINAL = 0x10,
  CONTROL_PLANE_INDEPENDENT = 0x08,
  AUTHENTICATION_PRESENT = 0x04,
  DEMAND = 0x02,
  MULTIPOINT = 0x01;

export type ControlPacket = {
  readonly diagnostic: number;
  readonly state: BfdState;
  readonly poll: boolean;
  readonly final: boolean;
  /** C: the sender's BFD does not share the fate of its control plane. */
  readonly controlPlaneIndependent: boolean;
  readonly demand: boolean;
  readonly detectMult: number;
  readonly myDiscriminator: number;
  readonly yourDiscriminator: number;
  /** Microseconds, as the three below it. */
  readonly desiredMinTx: number;
  readonly requiredMinRx: number;
  readonly requiredMinEchoRx: number;
};

/** Reads a UDP payload; returns why it is no packet for us. */
export function readControlPacket(
  b: Uint8Array,
  start: number,
  end: number,
): ControlPacket | DropReason {
  if (end - start < CONTROL_PACKET_BYTES) return 'truncated';
  const length = at(b, start + LENGTH);
  if (start + length > end) return 'truncated';
  const flags = at(b, start + STATE_AND_FLAGS);
  const isWrong =
    at(b, start + VERSION_AND_DIAGNOSTIC) >>> 5 !== BFD_VERSION ||
    length < CONTROL_PACKET_BYTES ||
    at(b, start + DETECT_MULT) === 0 ||
    (flags & MULTIPOINT) !== 0 ||
    readUint32(b, start + MY_DISCRIMINATOR) === 0;
  if (isWrong) return 'malformed';
  if ((flags & AUTHENTICATION_PRESENT) !== 0) return 'bfd-authenticated';
  const state = BFD_STATES[flags >>> 6] as BfdState;
  const yourDiscriminator = readUint32(b, start + YOUR_DISCRIMINATOR);
  // Who does not know our discriminator has not heard us, so it is neither init nor up.
  if (yourDiscriminator === 0 && (state === 'init' || state === 'up')) return 'malformed';
  return {
    diagnostic: at(b, start + VERSION_AND_DIAGNOSTIC) & 31,
    state,
    poll: (flags & POLL) !== 0,
    final: (flags & FINAL) !== 0,
    controlPlaneIndependent: (flags & CONTROL_PLANE_INDEPENDENT) !== 0,
    demand: (flags & DEMAND) !== 0,
    detectMult: at(b, start + DETECT_MULT),
    myDiscriminator: readUint32(b, start + MY_DISCRIMINATOR),
    yourDiscriminator,
    desiredMinTx: readUint32(b, start + DESIRED_MIN_TX),
    requiredMinRx: readUint32(b, start + REQUIRED_MIN_RX),
    requiredMinEchoRx: readUint32(b, start + REQUIRED_MIN_ECHO_RX),
  };
}

/** Writes a packet without authentication to the first 24 octets of `b`. */
export function writeControlPacket(b: Uint8Array, packet: ControlPacket): void {
  b[VERSION_AND_DIAGNOSTIC] = (BFD_VERSION << 5) | packet.diagnostic;
  b[STATE_AND_FLAGS] =
    (BFD_STATES.indexOf(packet.state) << 6) |
    (packet.poll ? POLL : 0) |
    (packet.final ? FINAL : 0) |
    (packet.controlPlaneIndependent ? CONTROL_PLANE_INDEPENDENT : 0) |
    (packet.demand ? DEMAND : 0);
  b[DETECT_MULT] = packet.detectMult;
  b[LENGTH] = CONTROL_PACKET_BYTES;
  writeUint32(b, MY_DISCRIMINATOR, packet.myDiscriminator);
  writeUint32(b, YOUR_DISCRIMINATOR, packet.yourDiscriminator);
  writeUint32(b, DESIRED_MIN_TX, packet.desiredMinTx);
  writeUint32(b, REQUIRED_MIN_RX, packet.requiredMinRx);
  writeUint32(b, REQUIRED_MIN_ECHO_RX, packet.requiredMinEchoRx);
}
