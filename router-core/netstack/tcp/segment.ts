/**
 * A received segment as numbers, and the options of segments we send.
 *
 * Standard: RFC 9293 §3.1 and §3.2; RFC 7323 §2.2, §3.2 and appendix A (layout of options);
 * RFC 2018 §2 and §3; RFC 2385 §3. The header's fixed fields are packet/tcp-header.ts.
 *
 * The stack has one `Segment` and fills it anew for every packet, so nothing is allocated. Names are
 * those of RFC 9293 §3.3.1: SEG.SEQ, SEG.ACK, SEG.LEN, SEG.WND.
 *
 * @module
 */
import { at, readUint16, readUint32, writeUint16, writeUint32 } from '../../base/bytes.ts';
import type { DropReason } from '../../base/drop-reason.ts';
import { NONE } from '../../base/units.ts';
import {
  isTcpHeaderComplete,
  TCP_FIN,
  TCP_HEADER_BYTES,
  TCP_OPTION_END,
  TCP_OPTION_MD5,
  TCP_OPTION_MD5_BYTES,
  TCP_OPTION_MSS,
  TCP_OPTION_MSS_BYTES,
  TCP_OPTION_NOP,
  TCP_OPTION_SACK,
  TCP_OPTION_SACK_PERMITTED,
  TCP_OPTION_SACK_PERMITTED_BYTES,
  TCP_OPTION_TIMESTAMPS,
  TCP_OPTION_TIMESTAMPS_BYTES,
  TCP_OPTION_WINDOW_SCALE,
  TCP_OPTION_WINDOW_SCALE_BYTES,
  TCP_SYN,
  tcpAcknowledgment,
  tcpDestinationPort,
  tcpFlags,
  tcpHeaderBytes,
  tcpSequence,
  tcpSourcePort,
  tcpWindow,
} from '../../packet/index.ts';
import { TCP_OPTION_AO, TCP_OPTION_AO_BYTES } from './authentication-option.ts';
import { type SequenceNumber, sequenceNumber } from './sequence-number.ts';

/** Timestamps behind two NOPs, as RFC 7323 appendix A lays them out. */
export const TIMESTAMPS_BYTES = 12;
/** SACK behind two NOPs: two octets of kind and length, then eight per block. */
export const sackBytes = (blocks: number): number => (blocks === 0 ? 0 : 4 + 8 * blocks);
/** RFC 2018 §3: at most four fit into 40 octets of options, three beside timestamps. */
export const SACK_BLOCKS_MAX = 4;
/**
 * A signature and two octets to the next word: NOPs, or kind and length of the SACK option behind it.
 * Only so do all options of a SYN, or timestamps and a block, fit into 40 octets beside it.
 */
export const SIGNATURE_BYTES = 20;
/** At most two blocks fit beside a signature, one beside timestamps as well. */
export const SIGNED_SACK_BLOCKS_MAX = 2;
/** What blocks take behind a signature, in whose octets the head of their option is counted. */
export const signedSackBytes = (blocks: number): number => 8 * blocks;

export class Segment {
  sourcePort = 0;
  destinationPort = 0;
  seq: SequenceNumber = sequenceNumber(0);
  ack: SequenceNumber = sequenceNumber(0);
  flags = 0;
  /** As it stands in the header, not scaled. */
  window = 0;
  /** Where the payload stands, absolute in the arena. */
  dataStart = 0;
  dataEnd = 0;
  /** 0 when absent. */
  mss = 0;
  /** NONE when absent. */
  windowScale: number = NONE;
  isSackPermitted = false;
  hasTimestamps = false;
  tsVal = 0;
  tsEcr = 0;
  sackCount = 0;
  /** Where the octets of a signature stand, absolute in the arena; NONE when absent. */
  signature: number = NONE;
  /** Where an authentication option stands, absolute in the arena; NONE when absent. */
  authentication: number = NONE;
  /** Left and right edges, alternating. */
  readonly sacks = new Uint32Array(2 * SACK_BLOCKS_MAX);

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** SEG.LEN: payload, plus one for SYN and one for FIN. */
  get length(): number {
    return (
      this.dataEnd - this.dataStart + (this.has(TCP_SYN) ? 1 : 0) + (this.has(TCP_FIN) ? 1 : 0)
    );
  }
}

/** Reads the segment from `start` to `end`; returns what is wrong with it. */
export function parseSegment(
  into: Segment,
  b: Uint8Array,
  start: number,
  end: number,
): DropReason | undefined {
  if (end - start < TCP_HEADER_BYTES) return 'truncated';
  if (!isTcpHeaderComplete(b, start, end)) return 'malformed';
  into.sourcePort = tcpSourcePort(b, start);
  into.destinationPort = tcpDestinationPort(b, start);
  into.seq = sequenceNumber(tcpSequence(b, start));
  into.ack = sequenceNumber(tcpAcknowledgment(b, start));
  into.flags = tcpFlags(b, start);
  into.window = tcpWindow(b, start);
  into.dataStart = start + tcpHeaderBytes(b, start);
  into.dataEnd = end;
  into.mss = 0;
  into.windowScale = NONE;
  into.isSackPermitted = false;
  into.hasTimestamps = false;
  into.tsVal = 0;
  into.tsEcr = 0;
  into.sackCount = 0;
  into.signature = NONE;
  into.authentication = NONE;
  return parseOptions(into, b, start + TCP_HEADER_BYTES, into.dataStart) ? undefined : 'malformed';
}

/** Returns whether the options are well formed; unknown ones are skipped (RFC 9293 §3.1, MUST-6). */
function parseOptions(into: Segment, b: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; ) {
    const kind = at(b, i);
    if (kind === TCP_OPTION_END) return true;
    if (kind === TCP_OPTION_NOP) {
      i++;
      continue;
    }
    // RFC 9293 §3.1, MUST-7: illegal lengths. The segment is dropped, the connection stays.
    if (i + 1 >= end) return false;
    const length = at(b, i + 1);
    if (length < 2 || i + length > end) return false;
    readOption(into, b, i, kind, length);
    i += length;
  }
  return true;
}

/** An option of a known kind but another length is ignored. */
function readOption(into: Segment, b: Uint8Array, i: number, kind: number, length: number): void {
  switch (kind) {
    case TCP_OPTION_MSS:
      if (length === TCP_OPTION_MSS_BYTES) into.mss = readUint16(b, i + 2);
      break;
    case TCP_OPTION_WINDOW_SCALE:
      if (length === TCP_OPTION_WINDOW_SCALE_BYTES) into.windowScale = at(b, i + 2);
      break;
    case TCP_OPTION_SACK_PERMITTED:
      if (length === TCP_OPTION_SACK_PERMITTED_BYTES) into.isSackPermitted = true;
      break;
    case TCP_OPTION_TIMESTAMPS:
      if (length === TCP_OPTION_TIMESTAMPS_BYTES) {
        into.hasTimestamps = true;
        into.tsVal = readUint32(b, i + 2);
        into.tsEcr = readUint32(b, i + 6);
      }
      break;
    case TCP_OPTION_SACK:
      // A second SACK option overwrites the first; nobody sends two.
      into.sackCount = Math.min(SACK_BLOCKS_MAX, (length - 2) >>> 3);
      for (let word = 0; word < 2 * into.sackCount; word++)
        into.sacks[word] = readUint32(b, i + 2 + 4 * word);
      break;
    case TCP_OPTION_MD5:
      if (length === TCP_OPTION_MD5_BYTES) into.signature = i + 2;
      break;
    case TCP_OPTION_AO:
      if (length === TCP_OPTION_AO_BYTES) into.authentication = i;
      break;
  }
}

/** Writes an MSS option; returns where the next option goes. */
export function writeMssOption(b: Uint8Array, i: number, mss: number): number {
  b[i] = TCP_OPTION_MSS;
  b[i + 1] = TCP_OPTION_MSS_BYTES;
  writeUint16(b, i + 2, mss);
  return i + TCP_OPTION_MSS_BYTES;
}

/** Writes NOP and window scale, four octets. */
export function writeWindowScaleOption(b: Uint8Array, i: number, shift: number): number {
  b[i] = TCP_OPTION_NOP;
  b[i + 1] = TCP_OPTION_WINDOW_SCALE;
  b[i + 2] = TCP_OPTION_WINDOW_SCALE_BYTES;
  b[i + 3] = shift;
  return i + 4;
}

/** Writes two NOPs. */
export function writePadding(b: Uint8Array, i: number): number {
  b[i] = TCP_OPTION_NOP;
  b[i + 1] = TCP_OPTION_NOP;
  return i + 2;
}

/** Writes SACK-permitted, two octets. */
export function writeSackPermittedOption(b: Uint8Array, i: number): number {
  b[i] = TCP_OPTION_SACK_PERMITTED;
  b[i + 1] = TCP_OPTION_SACK_PERMITTED_BYTES;
  return i + 2;
}

export function writeTimestampsOption(
  b: Uint8Array,
  i: number,
  tsVal: number,
  tsEcr: number,
): number {
  b[i] = TCP_OPTION_NOP;
  b[i + 1] = TCP_OPTION_NOP;
  b[i + 2] = TCP_OPTION_TIMESTAMPS;
  b[i + 3] = TCP_OPTION_TIMESTAMPS_BYTES;
  writeUint32(b, i + 4, tsVal);
  writeUint32(b, i + 8, tsEcr);
  return i + TIMESTAMPS_BYTES;
}

/** Writes the head of a SACK option, two octets; the blocks follow through `writeSackBlock`. */
export function writeSackHead(b: Uint8Array, i: number, blocks: number): number {
  b[i] = TCP_OPTION_SACK;
  b[i + 1] = 2 + 8 * blocks;
  return i + 2;
}

export function writeSackBlock(
  b: Uint8Array,
  i: number,
  left: SequenceNumber,
  right: SequenceNumber,
): number {
  writeUint32(b, i, left);
  writeUint32(b, i + 4, right);
  return i + 8;
}

/** Writes an MD5 option with room for the signature, which md5-signature.ts fills in, 18 octets. */
export function writeSignatureOption(b: Uint8Array, i: number): number {
  b[i] = TCP_OPTION_MD5;
  b[i + 1] = TCP_OPTION_MD5_BYTES;
  return i + TCP_OPTION_MD5_BYTES;
}
