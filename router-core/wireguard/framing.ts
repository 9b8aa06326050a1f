/**
 * Where the fields of a message stand: a descriptor, not code, so that one engine and the fast path
 * serve more than one framing.
 *
 * Standard: WireGuard paper §5.4.2 to §5.4.7. EtherGuard uses one type octet and a TTL octet
 * (shared Noise core, shared timers); its descriptor is mesh/etherguard/wire/framing.ts.
 *
 *   initiation    │ type │ sender 4 │ ephemeral 32 │ static 32+16 │ timestamp 12+16 │ mac1 │ mac2 │
 *   response      │ type │ sender 4 │ receiver 4 │ ephemeral 32 │ empty 0+16 │ mac1 │ mac2 │
 *   cookie reply  │ type │ receiver 4 │ nonce 24 │ cookie 16+16 │
 *   transport     │ type │ … receiver 4 │ counter 8 │ packet, padded, +16 │
 *
 * Integers are little-endian. Handshake messages differ between framings only in the length of the
 * type field; the transport header has offsets of its own. The header is outside the AEAD.
 *
 * Where the header has a TTL, type and TTL are the packet's own: whoever hands a packet in has written
 * both octets where they leave, in the headroom, and whoever gets one finds them where they came.
 *
 * @module
 */
import { at, readUint32LittleEndian } from '../base/bytes.ts';
import { NONE } from '../base/units.ts';
import { TAG_BYTES } from './constants.ts';

export type Framing = {
  /** Octets of the type field: 4, little-endian, or 1. */
  readonly typeBytes: 4 | 1;
  readonly initiationType: number;
  readonly responseType: number;
  readonly cookieReplyType: number;
  /** Transport types form a range: plain WireGuard has one, EtherGuard one per usage. */
  readonly transportTypeMin: number;
  readonly transportTypeMax: number;
  /** The type of the keepalives we send; the TTL of one is 0. */
  readonly keepaliveType: number;
  /** Whether a datagram of a keepalive's length is one, whatever its type: no handshake message is so short. */
  readonly isKeepaliveByLength: boolean;

  /** Octets of the transport header and the offsets in it. */
  readonly transportHeaderBytes: number;
  readonly receiverOffset: number;
  readonly counterOffset: number;
  /** The TTL octet of a relayed frame, NONE where there is none. */
  readonly ttlOffset: number;

  /**
   * Whether contents are IP packets: those are cut to their own length and pass the source filter. Others
   * are passed on with their padding.
   */
  readonly carriesIp: boolean;
  /**
   * Where nodes read the index of the sender of a message they answer with a cookie, but should not: their
   * replies carry these octets of our message. NONE: nobody does that.
   */
  readonly misreadSenderOffset: number;
};

export const WIREGUARD_FRAMING: Framing = {
  typeBytes: 4,
  initiationType: 1,
  responseType: 2,
  cookieReplyType: 3,
  transportTypeMin: 4,
  transportTypeMax: 4,
  keepaliveType: 4,
  isKeepaliveByLength: false,
  transportHeaderBytes: 16,
  receiverOffset: 4,
  counterOffset: 8,
  ttlOffset: NONE,
  carriesIp: true,
  misreadSenderOffset: NONE,
};

// Offsets of handshake fields after the type field.
export const INITIATION = {
  sender: 0,
  ephemeral: 4,
  static: 36,
  timestamp: 84,
  mac1: 112,
  mac2: 128,
  end: 144,
} as const;
export const RESPONSE = {
  sender: 0,
  receiver: 4,
  ephemeral: 8,
  empty: 40,
  mac1: 56,
  mac2: 72,
  end: 88,
} as const;
export const COOKIE_REPLY = { receiver: 0, nonce: 4, cookie: 28, end: 60 } as const;

export const initiationBytes = (f: Framing): number => f.typeBytes + INITIATION.end;
export const responseBytes = (f: Framing): number => f.typeBytes + RESPONSE.end;
export const cookieReplyBytes = (f: Framing): number => f.typeBytes + COOKIE_REPLY.end;
/** The smallest transport message, a keepalive. */
export const keepaliveBytes = (f: Framing): number => f.transportHeaderBytes + TAG_BYTES;

/** Whether a message of this type and length is a transport message. */
export const isTransport = (f: Framing, type: number, octets: number): boolean =>
  (type >= f.transportTypeMin && type <= f.transportTypeMax) ||
  (f.isKeepaliveByLength && octets === keepaliveBytes(f));

/** Returns the type of a message of at least four octets. */
export const readMessageType = (f: Framing, b: Uint8Array, offset: number): number =>
  f.typeBytes === 4 ? readUint32LittleEndian(b, offset) : at(b, offset);

export function writeMessageType(f: Framing, b: Uint8Array, offset: number, type: number): void {
  b[offset] = type;
  for (let i = 1; i < f.typeBytes; i++) b[offset + i] = 0;
}
