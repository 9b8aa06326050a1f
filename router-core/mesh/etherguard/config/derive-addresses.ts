/**
 * Addresses of a node from the network's prefixes and its number, so that one text configures every node.
 *
 * Not standardized; EtherGuard's rules, with what it recorded in fixtures/addresses.json.
 *
 *   MAC   00 00 ‖ number as u32, then the 2 … 6 octets of the prefix written over the beginning
 *   IP    network + number; of 2^h addresses, h host bits, the last node is 2^h − 2 (2^h when that is at most 2);
 *         number 0 is the last node; a prefix without host bits is the address itself
 *
 * Consequences of the rule, kept because a network's nodes must agree: number 2 in a /31 lies outside of it, prefixes
 * of five and six octets give many nodes the same MAC address (`gencfg` refuses that).
 *
 * @module
 */
import { writeUint32 } from '../../../base/bytes.ts';
import {
  type IpAddress,
  type IpFamily,
  parseIpPrefixLoose,
  prefixOf,
} from '../../../base/ip-address.ts';
import {
  isGroupMacAddress,
  MAC_ADDRESS_BYTES,
  type MacAddress,
} from '../../../base/mac-address.ts';
import { printable } from '../../../base/printable.ts';

/** A derived address, or why there is none: the rest of a sentence that begins with the prefix's key. */
export type Derived<T> = { readonly address: T } | { readonly problem: string };

/** Returns the MAC address of node `node` under a prefix such as `02:42:AC:10`. */
export function macAddressOf(prefix: string, node: number): Derived<MacAddress> {
  const octets = prefix.split(':');
  if (octets.length < 2 || octets.length > MAC_ADDRESS_BYTES)
    return { problem: 'must have 2 to 6 octets with colons between, such as 02:42:AC:10.' };
  if (!octets.every((octet) => /^[0-9a-fA-F]{1,2}$/.test(octet)))
    return { problem: 'must consist of hexadecimal octets, such as 02:42:AC:10.' };
  const address = new Uint8Array(MAC_ADDRESS_BYTES) as MacAddress;
  writeUint32(address, 2, node);
  address.set(octets.map((octet) => Number.parseInt(octet, 16)));
  if (isGroupMacAddress(address, 0))
    return { problem: 'names a group: its first octet must be even.' };
  return { address };
}

/** Returns the address of node `node` in a prefix of the family; host bits of the prefix do not count. */
export function ipAddressOf(cidr: string, node: number, family: IpFamily): Derived<IpAddress> {
  const prefix = parseIpPrefixLoose(cidr);
  if (prefix?.family !== family)
    return { problem: `must be an IPv${family} prefix, such as ${EXAMPLE[family]}.` };
  const hostBits = prefix.bytes.length * 8 - prefix.length;
  if (hostBits === 0) return { address: { family, bytes: prefix.bytes } };
  const last = hostBits > 1 ? 2n ** BigInt(hostBits) - 2n : 2n;
  const offset = node === 0 && hostBits > 1 ? last : BigInt(node);
  if (offset > last)
    return { problem: `(${printable(cidr, 50)}) has ${last} addresses, too few for node ${node}.` };
  return { address: { family, bytes: sum(prefixOf(prefix, prefix.length).bytes, offset) } };
}

const EXAMPLE = { 4: '192.168.76.0/24', 6: 'fd95:71cb:a3df:e586::/64' } as const;

/** Adds to a number of as many octets; what does not fit is lost, as in the original. */
function sum(bytes: Uint8Array, offset: bigint): Uint8Array {
  const out = bytes.slice();
  let carry = offset;
  for (let i = out.length - 1; i >= 0 && carry > 0n; i--) {
    carry += BigInt(out[i] ?? 0);
    out[i] = Number(carry & 0xffn);
    carry >>= 8n;
  }
  return out;
}
