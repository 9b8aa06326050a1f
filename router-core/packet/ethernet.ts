/**
 * Ethernet II frames, and the group addresses that IP multicast maps to.
 *
 * Standard: IEEE 802.3-2018 §3.1 and §3.2.6 (a type of 0x600 and above); RFC 894, RFC 2464 (IP over
 * Ethernet); RFC 1112 §6.4 and RFC 2464 §7 (multicast).
 *
 *   │ destination 6 │ source 6 │ type 2 │ payload … │   no preamble, no check sequence
 *
 * A frame on a wire has at least 60 octets, so a short payload comes with padding behind it: the payload
 * knows its own length. We send none: our links are tunnels and virtual segments, which carry any length.
 *
 * @module
 */
import { at, readUint16, writeUint16 } from '../base/bytes.ts';
import { MAC_ADDRESS_BYTES } from '../base/mac-address.ts';

export const ETHERNET_DESTINATION = 0;
export const ETHERNET_SOURCE = 6;
const TYPE = 12;
export const ETHERNET_HEADER_BYTES = 14;

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;

export const BROADCAST_MAC_ADDRESS = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

/** Whether a whole header stands between `start` and `end`. */
export const isEthernetComplete = (start: number, end: number): boolean =>
  end - start >= ETHERNET_HEADER_BYTES;

/** The type, or below 0x600 the length of an IEEE 802.3 frame. */
export const etherType = (b: Uint8Array, i: number): number => readUint16(b, i + TYPE);

export function writeEthernetHeader(
  b: Uint8Array,
  i: number,
  destination: Uint8Array,
  destinationAt: number,
  source: Uint8Array,
  type: number,
): void {
  for (let k = 0; k < MAC_ADDRESS_BYTES; k++) {
    b[i + ETHERNET_DESTINATION + k] = at(destination, destinationAt + k);
    b[i + ETHERNET_SOURCE + k] = at(source, k);
  }
  writeUint16(b, i + TYPE, type);
}

/** RFC 1112 §6.4: 01:00:5e and the low 23 bits of the group at `from`. */
export function writeIpv4MulticastMacAddress(
  b: Uint8Array,
  i: number,
  from: Uint8Array,
  fromAt: number,
): void {
  b[i] = 0x01;
  b[i + 1] = 0x00;
  b[i + 2] = 0x5e;
  b[i + 3] = at(from, fromAt + 1) & 0x7f;
  b[i + 4] = at(from, fromAt + 2);
  b[i + 5] = at(from, fromAt + 3);
}

/** RFC 2464 §7: 33:33 and the last four octets of the group at `from`. */
export function writeIpv6MulticastMacAddress(
  b: Uint8Array,
  i: number,
  from: Uint8Array,
  fromAt: number,
): void {
  b[i] = 0x33;
  b[i + 1] = 0x33;
  for (let k = 0; k < 4; k++) b[i + 2 + k] = at(from, fromAt + 12 + k);
}
