/**
 * The header of every BGP message.
 *
 * Standard: RFC 4271 §4.1 (format) and §6.1 (errors); RFC 8654 §3 (65535 octets).
 *
 *    0                16        18     19
 *   +------------------+---------+------+----
 *   | marker, all ones |  length | type | …
 *   +------------------+---------+------+----
 *
 * Invariant: after `checkHeader` returned undefined, the message has at least the fixed part of its
 * type, and its length is one this session may carry. ROUTE-REFRESH checks its own length, because
 * RFC 7313 §5 gave it an error of its own.
 *
 * @module
 */
import { at, readUint16, writeUint16 } from '../../base/bytes.ts';
import {
  BAD_MESSAGE_LENGTH,
  BAD_MESSAGE_TYPE,
  CONNECTION_NOT_SYNCHRONIZED,
  HEADER_BYTES,
  KEEPALIVE,
  MARKER_BYTES,
  MAX_MESSAGE_BYTES,
  MESSAGE_HEADER_ERROR,
  MIN_MESSAGE_BYTES,
  OPEN,
  ROUTE_REFRESH,
} from '../constants.ts';
import type { BgpNotification } from '../types.ts';

const LENGTH = 16,
  TYPE = 18;

export const messageLength = (b: Uint8Array, start: number): number =>
  readUint16(b, start + LENGTH);
export const messageType = (b: Uint8Array, start: number): number => at(b, start + TYPE);

/** Writes marker, length and type in front of a body that begins at `start + HEADER_BYTES`. */
export function writeHeader(b: Uint8Array, start: number, length: number, type: number): void {
  b.fill(0xff, start, start + MARKER_BYTES);
  writeUint16(b, start + LENGTH, length);
  b[start + TYPE] = type;
}

/** Returns a message with its header written and its body zero. */
export function newMessage(type: number, bodyBytes: number): Uint8Array {
  const message = new Uint8Array(HEADER_BYTES + bodyBytes);
  writeHeader(message, 0, message.length, type);
  return message;
}

/**
 * Returns what is wrong with the 19 octets at `start`, or undefined.
 *
 * `maxBytes` is what we told the other side to be able to receive.
 */
export function checkHeader(
  b: Uint8Array,
  start: number,
  maxBytes: number,
): BgpNotification | undefined {
  for (let i = start; i < start + MARKER_BYTES; i++)
    if (b[i] !== 0xff) return headerError(CONNECTION_NOT_SYNCHRONIZED, new Uint8Array(0));
  const length = messageLength(b, start);
  const type = messageType(b, start);
  if (length < HEADER_BYTES || length > maxBytes) return lengthError(b, start);
  if (type < OPEN || type > ROUTE_REFRESH)
    return headerError(BAD_MESSAGE_TYPE, b.slice(start + TYPE, start + TYPE + 1));
  const hasBadLength =
    length < (MIN_MESSAGE_BYTES[type] ?? HEADER_BYTES) ||
    (type === KEEPALIVE && length !== HEADER_BYTES) ||
    // RFC 8654 §4: OPEN and KEEPALIVE keep the old limit.
    (type === OPEN && length > MAX_MESSAGE_BYTES);
  return hasBadLength ? lengthError(b, start) : undefined;
}

// RFC 4271 §6.1: the data of "bad message length" is the erroneous length field.
const lengthError = (b: Uint8Array, start: number): BgpNotification =>
  headerError(BAD_MESSAGE_LENGTH, b.slice(start + LENGTH, start + TYPE));

const headerError = (subcode: number, data: Uint8Array): BgpNotification => ({
  code: MESSAGE_HEADER_ERROR,
  subcode,
  data,
});
