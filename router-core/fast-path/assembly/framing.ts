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
  return framing == FRAMING_ETHERGUARD ? 14 : 16;
}

export function receiverOffset(framing: u32): usize {
  return framing == FRAMING_ETHERGUARD ? 2 : 4;
}

export function counterOffset(framing: u32): usize {
  return framing == FRAMING_ETHERGUARD ? 6 : 8;
}

/** Whether the message is of a transport type. */
export function isTransport(framing: u32, message: usize): bool {
  const type = load<u8>(message);
  return framing == FRAMING_ETHERGUARD ? type >= 3 : load<u32>(message) == 4;
}
