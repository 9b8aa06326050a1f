/**
 * Blocks of a capture file that Wireshark and tcpdump read.
 *
 * Standard: draft-ietf-opsawg-pcapng (Section Header, Interface Description, Enhanced Packet and
 * Interface Statistics Block), little-endian. Link type RAW (101): a packet begins with its IP header.
 *
 *   section header │ interface 0 │ packet … │ interface 1 │ packet … │ statistics of 0 │ of 1
 *
 *   block: type 4 │ length 4 │ body │ options │ length 4      every part padded to 4 octets
 *
 * Each function returns one whole block; a file is blocks one after the other, so it may be cut
 * between any two of them and is still a file.
 *
 * Invariants
 * - Times are nanoseconds since 1970 (if_tsresol 9) of 64 bits, computed without rounding above 2^53.
 * - All interfaces of a file have one link type and one snap length: libpcap reads no others.
 *
 * @module
 */
import { concatBytes, writeUint32LittleEndian } from '../base/bytes.ts';
import type { WallTime } from '../base/units.ts';

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINK_TYPE_RAW = 101;
/** if_tsresol: a negative power of ten. */
const NANOSECONDS = 9;

const OPTION_COMMENT = 1,
  SECTION_APPLICATION = 4,
  INTERFACE_NAME = 2,
  INTERFACE_TEXT = 3,
  INTERFACE_RESOLUTION = 9,
  PACKET_FLAGS = 2,
  PACKET_DROPS = 4,
  STATISTICS_START = 2,
  STATISTICS_END = 3,
  STATISTICS_RECEIVED = 4,
  STATISTICS_DROPPED = 5;

/** Type, both lengths, and the five words of an enhanced packet. */
const PACKET_FIXED_BYTES = 12 + 20;
/** Flags, drop count, end of options. */
const PACKET_OPTION_BYTES = 8 + 12 + 4;

/** Bits 0 and 1 of epb_flags. */
export const CAPTURED_INBOUND = 1;
export const CAPTURED_OUTBOUND = 2;

export type CapturedPacket = {
  /** Interfaces count from 0 in the order of their blocks. */
  readonly interface: number;
  readonly at: WallTime;
  /** 0 when the direction is not known. */
  readonly direction: 0 | typeof CAPTURED_INBOUND | typeof CAPTURED_OUTBOUND;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly snapLength: number;
  /** Packets of this interface lost since the one before. */
  readonly drops: number;
};

/** Begins a file. */
export function sectionHeaderBlock(application: string, comment: string): Uint8Array {
  const body = new Uint8Array(16);
  writeUint32LittleEndian(body, 0, BYTE_ORDER_MAGIC);
  body[4] = 1; // version 1.0
  body.fill(0xff, 8); // the section's length is not known before its end
  return block(SECTION_HEADER, body, [
    textOption(OPTION_COMMENT, comment),
    textOption(SECTION_APPLICATION, application),
  ]);
}

/** Tells of the next interface. */
export function interfaceDescriptionBlock(
  name: string,
  description: string,
  snapLength: number,
): Uint8Array {
  const body = new Uint8Array(8);
  body[0] = LINK_TYPE_RAW;
  writeUint32LittleEndian(body, 4, snapLength);
  return block(INTERFACE_DESCRIPTION, body, [
    textOption(INTERFACE_NAME, name),
    textOption(INTERFACE_TEXT, description),
    option(INTERFACE_RESOLUTION, Uint8Array.of(NANOSECONDS)),
  ]);
}

/** One packet, or as much of it as the snap length allows. */
export function enhancedPacketBlock(packet: CapturedPacket): Uint8Array {
  const { bytes, start, end, drops } = packet;
  const captured = Math.min(end - start, packet.snapLength);
  const padded = paddedLength(captured);
  // One allocation: this is the only block that a busy tunnel makes many of.
  const b = new Uint8Array(PACKET_FIXED_BYTES + padded + PACKET_OPTION_BYTES);
  writeUint32LittleEndian(b, 0, ENHANCED_PACKET);
  writeUint32LittleEndian(b, 4, b.length);
  writeUint32LittleEndian(b, 8, packet.interface);
  writeTimestamp(b, 12, packet.at);
  writeUint32LittleEndian(b, 20, captured);
  writeUint32LittleEndian(b, 24, end - start);
  b.set(bytes.subarray(start, start + captured), 28);
  let at = 28 + padded;
  at = writeOptionHeader(b, at, PACKET_FLAGS, 4);
  writeUint32LittleEndian(b, at, packet.direction);
  at = writeOptionHeader(b, at + 4, PACKET_DROPS, 8);
  writeCounter(b, at, drops);
  writeUint32LittleEndian(b, b.length - 4, b.length);
  return b;
}

export type CaptureStatistics = {
  readonly interface: number;
  readonly startedAt: WallTime;
  readonly endedAt: WallTime;
  /** Packets seen, with those that were dropped. */
  readonly received: number;
  readonly dropped: number;
};

/** What an interface had in all; stands at the end of the file. */
export function interfaceStatisticsBlock(statistics: CaptureStatistics): Uint8Array {
  const body = new Uint8Array(12);
  writeUint32LittleEndian(body, 0, statistics.interface);
  writeTimestamp(body, 4, statistics.endedAt);
  return block(INTERFACE_STATISTICS, body, [
    timeOption(STATISTICS_START, statistics.startedAt),
    timeOption(STATISTICS_END, statistics.endedAt),
    counterOption(STATISTICS_RECEIVED, statistics.received),
    counterOption(STATISTICS_DROPPED, statistics.dropped),
  ]);
}

function block(type: number, body: Uint8Array, options: readonly Uint8Array[]): Uint8Array {
  const head = new Uint8Array(8);
  const tail = new Uint8Array(8); // opt_endofopt, which is all zero, then the length again
  const whole = concatBytes(head, body, ...options, tail);
  writeUint32LittleEndian(whole, 0, type);
  writeUint32LittleEndian(whole, 4, whole.length);
  writeUint32LittleEndian(whole, whole.length - 4, whole.length);
  return whole;
}

function option(code: number, value: Uint8Array): Uint8Array {
  const b = new Uint8Array(4 + paddedLength(value.length));
  writeOptionHeader(b, 0, code, value.length);
  b.set(value, 4);
  return b;
}

const textOption = (code: number, text: string): Uint8Array =>
  option(code, new TextEncoder().encode(text));

function timeOption(code: number, at: WallTime): Uint8Array {
  const value = new Uint8Array(8);
  writeTimestamp(value, 0, at);
  return option(code, value);
}

function counterOption(code: number, count: number): Uint8Array {
  const value = new Uint8Array(8);
  writeCounter(value, 0, count);
  return option(code, value);
}

/** Writes code and length; returns where the value begins. */
function writeOptionHeader(b: Uint8Array, at: number, code: number, length: number): number {
  writeUint32LittleEndian(b, at, code | (length << 16));
  return at + 4;
}

/** An unsigned 64-bit number, low half first. */
function writeCounter(b: Uint8Array, at: number, count: number): void {
  writeUint32LittleEndian(b, at, count);
  writeUint32LittleEndian(b, at + 4, Math.floor(count / 2 ** 32));
}

/**
 * Writes nanoseconds since 1970, the high half first.
 *
 * The number of milliseconds is cut at 2^20, so that every product stays below 2^53:
 * ns = (upper · 10^6) · 2^20 + lower · 10^6 + fraction.
 */
function writeTimestamp(b: Uint8Array, at: number, time: WallTime): void {
  const whole = Math.floor(time);
  const upper = Math.floor(whole / 2 ** 20) * 1e6;
  const lower = (whole % 2 ** 20) * 1e6 + Math.floor((time - whole) * 1e6);
  const low = (upper % 2 ** 12) * 2 ** 20 + lower;
  writeUint32LittleEndian(b, at, Math.floor(upper / 2 ** 12) + Math.floor(low / 2 ** 32));
  writeUint32LittleEndian(b, at + 4, low);
}

const paddedLength = (length: number): number => (length + 3) & ~3;
