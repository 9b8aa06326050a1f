/**
 * ARP for IPv4 over Ethernet: who has this address, and who says so.
 *
 * Standard: RFC 826; RFC 5227 §1.1 (probe: sender address zero; announcement: sender and target alike).
 *
 *   │ hardware 2 │ protocol 2 │ lengths 1+1 │ operation 2 │
 *   │ sender: hardware 6 │ protocol 4 │ target: hardware 6 │ protocol 4 │
 *
 * @module
 */
import { at, readInt32, readUint16, writeUint16 } from '../base/bytes.ts';
import { MAC_ADDRESS_BYTES } from '../base/mac-address.ts';
import { ETHERTYPE_IPV4 } from './ethernet.ts';
import { writeIpv4Address } from './ipv4.ts';

const HARDWARE_TYPE = 0;
const PROTOCOL_TYPE = 2;
const LENGTHS = 4;
const OPERATION = 6;
export const ARP_SENDER_MAC = 8;
export const ARP_SENDER_IP = 14;
export const ARP_TARGET_MAC = 18;
export const ARP_TARGET_IP = 24;
export const ARP_BYTES = 28;

export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

const HARDWARE_ETHERNET = 1;
/** Octets of a hardware address and of a protocol address. */
const LENGTHS_ETHERNET_IPV4 = 0x0604;

/** Whether a whole message about IPv4 over Ethernet stands between `start` and `end`; padding may follow. */
export const isArpComplete = (b: Uint8Array, start: number, end: number): boolean =>
  end - start >= ARP_BYTES &&
  readUint16(b, start + HARDWARE_TYPE) === HARDWARE_ETHERNET &&
  readUint16(b, start + PROTOCOL_TYPE) === ETHERTYPE_IPV4 &&
  readUint16(b, start + LENGTHS) === LENGTHS_ETHERNET_IPV4;

export const arpOperation = (b: Uint8Array, i: number): number => readUint16(b, i + OPERATION);

/** RFC 5227 §1.1: the sender asks whether anybody has the target address, and claims none yet. */
export const isArpProbe = (b: Uint8Array, i: number): boolean =>
  arpOperation(b, i) === ARP_REQUEST && readInt32(b, i + ARP_SENDER_IP) === 0;

/** Writes a message whose target hardware address is zero. */
export function writeArp(
  b: Uint8Array,
  i: number,
  operation: number,
  senderMac: Uint8Array,
  senderIp: Uint8Array,
  targetIp: Uint8Array,
): void {
  writeUint16(b, i + HARDWARE_TYPE, HARDWARE_ETHERNET);
  writeUint16(b, i + PROTOCOL_TYPE, ETHERTYPE_IPV4);
  writeUint16(b, i + LENGTHS, LENGTHS_ETHERNET_IPV4);
  writeUint16(b, i + OPERATION, operation);
  for (let k = 0; k < MAC_ADDRESS_BYTES; k++) {
    b[i + ARP_SENDER_MAC + k] = at(senderMac, k);
    b[i + ARP_TARGET_MAC + k] = 0;
  }
  writeIpv4Address(b, i + ARP_SENDER_IP, senderIp, 0);
  writeIpv4Address(b, i + ARP_TARGET_IP, targetIp, 0);
}
