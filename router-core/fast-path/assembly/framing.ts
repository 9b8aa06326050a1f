/**
 * Where the fields of a transport message stand, by the framing of its socket.
 *
 * Standard: WireGuard paper §5.4.6. The same facts as wireguard/framing.ts; EtherGuard has one type
 * octet and a TTL octet in front of index and counter (docs/architecture.md §3).
 *
 *   WireGuard    │ type 1 │ 0 0 0 │ receiver 4 │ counter 8 │ sealed …
 *   EtherGuard   │ type 1 │ TTL 1 │ receiver 4 │ counter 8 │ sealed …
 *
 * @module
 */
import { FRAMING_ETHERGUARD } from '../../packet/plane-layout';

/** Octets before the sealed packet. */
export function headerBytes(framing: u32): u32 {
  return framing === FRAMING_ETHERGUARD ? 14 : 16;
}

export function receiverOffset(framing: u32): usize {
  return framing === FRAMING_ETHERGUARD ? 2 : 4;
}

export function counterOffset(framing: u32): usize {
  return framing === FRAMING_ETHERGUARD ? 6 : 8;
}

/** The handshake messages, as WireGuard numbers them; EtherGuard counts from 0. */
export const NO_HANDSHAKE: u32 = 0;
const INITIATION: u32 = 1;
const RESPONSE: u32 = 2;
export const COOKIE_REPLY: u32 = 3;

/** Which handshake message begins at `message`; it has four octets at least and is no transport message. */
export function handshakeType(framing: u32, message: usize): u32 {
  if (framing === FRAMING_ETHERGUARD) return <u32>load<u8>(message) + 1;
  const type = load<u32>(message);
  return type <= COOKIE_REPLY ? type : NO_HANDSHAKE;
}

/** How long it is: one octet of type takes the place of four. */
export function handshakeBytes(framing: u32, type: u32): u32 {
  const octets: u32 = type === INITIATION ? 148 : type === RESPONSE ? 92 : 64;
  return framing === FRAMING_ETHERGUARD ? octets - 3 : octets;
}

/** EtherGuard's keepalive: header and tag. */
const ETHERGUARD_KEEPALIVE_BYTES: u32 = 30;

/**
 * Whether the message is of a transport type. EtherGuard leaves any usage in its keepalives, also those
 * of handshake messages, none of which is as short.
 */
export function isTransport(framing: u32, message: usize, length: u32): bool {
  if (length < 4) return false;
  if (framing !== FRAMING_ETHERGUARD) return load<u32>(message) === 4;
  return load<u8>(message) >= 3 || length === ETHERGUARD_KEEPALIVE_BYTES;
}
