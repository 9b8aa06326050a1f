/**
 * Which message of WireGuard a datagram can be, by type and length alone.
 *
 * Standard: WireGuard paper §5.4.2 to §5.4.7.
 *
 * @module
 */
import { readInt32LittleEndian } from '../../base/bytes.ts';
import {
  cookieReplyBytes,
  initiationBytes,
  keepaliveBytes,
  responseBytes,
  WIREGUARD_FRAMING,
} from '../framing.ts';

/** The type numbers of plain WireGuard, and 0 for what is no message. */
export const NO_MESSAGE = 0,
  INITIATION_KIND = 1,
  RESPONSE_KIND = 2,
  COOKIE_REPLY_KIND = 3,
  TRANSPORT_KIND = 4;
export type MessageKind = 0 | 1 | 2 | 3 | 4;

export const INITIATION_BYTES = initiationBytes(WIREGUARD_FRAMING);
export const RESPONSE_BYTES = responseBytes(WIREGUARD_FRAMING);
export const COOKIE_REPLY_BYTES = cookieReplyBytes(WIREGUARD_FRAMING);
export const KEEPALIVE_BYTES = keepaliveBytes(WIREGUARD_FRAMING);
export const TRANSPORT_HEADER_BYTES = WIREGUARD_FRAMING.transportHeaderBytes;

/** Octets of a handshake message; of a transport message the fewest. */
const MESSAGE_BYTES = [
  0,
  INITIATION_BYTES,
  RESPONSE_BYTES,
  COOKIE_REPLY_BYTES,
  KEEPALIVE_BYTES,
] as const;
export const messageBytes = (kind: MessageKind): number => MESSAGE_BYTES[kind];

/** Returns the message of this type and length, or NO_MESSAGE. */
export function messageKind(type: number, octets: number): MessageKind {
  switch (type) {
    case INITIATION_KIND:
      return octets === INITIATION_BYTES ? INITIATION_KIND : NO_MESSAGE;
    case RESPONSE_KIND:
      return octets === RESPONSE_BYTES ? RESPONSE_KIND : NO_MESSAGE;
    case COOKIE_REPLY_KIND:
      return octets === COOKIE_REPLY_BYTES ? COOKIE_REPLY_KIND : NO_MESSAGE;
    case TRANSPORT_KIND:
      return octets >= KEEPALIVE_BYTES ? TRANSPORT_KIND : NO_MESSAGE;
    default:
      return NO_MESSAGE;
  }
}

/** Where a message names one of our indices: after the type, in a response after its sender. */
const RECEIVER_OFFSET = [0, 0, 8, 4, 4] as const;

/** Returns the index of ours in a plain message, as a signed number; initiations have none: 0. */
export const receiverIndex = (kind: MessageKind, b: Uint8Array, start: number): number =>
  kind <= INITIATION_KIND ? 0 : readInt32LittleEndian(b, start + RECEIVER_OFFSET[kind]);
