/**
 * Link-layer addresses of 48 bits.
 *
 * Standard: IEEE 802-2014 §8.2 (structure, the group bit, the octets a-b-c… in order of transmission).
 *
 * @module
 */
import { at, fromHex, toHex } from './bytes.ts';
import type { Branded } from './units.ts';

export const MAC_ADDRESS_BYTES = 6;

/** Six octets in order of transmission. */
export type MacAddress = Branded<Uint8Array, 'MacAddress'>;

/** Returns the six octets at `offset` as a value of their own. */
export const readMacAddress = (b: Uint8Array, offset: number): MacAddress =>
  b.slice(offset, offset + MAC_ADDRESS_BYTES) as MacAddress;

/** Reads `00:11:22:aa:bb:cc` of either case; undefined when it is anything else. */
export function parseMacAddress(text: string): MacAddress | undefined {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) return undefined;
  return fromHex(text.replaceAll(':', '')) as MacAddress;
}

export const formatMacAddress = (address: MacAddress): string =>
  toHex(address).replace(/..(?!$)/g, '$&:');

/** Whether the address at `i` names a group: multicast or broadcast. */
export const isGroupMacAddress = (b: Uint8Array, i: number): boolean => (at(b, i) & 1) !== 0;

/** Whether the address at `i` may belong to a station: no group, and not all zero. */
export function isStationMacAddress(b: Uint8Array, i: number): boolean {
  if (isGroupMacAddress(b, i)) return false;
  for (let k = 0; k < MAC_ADDRESS_BYTES; k++) if (at(b, i + k) !== 0) return true;
  return false;
}

export function equalMacAddresses(a: Uint8Array, i: number, b: Uint8Array, j: number): boolean {
  for (let k = 0; k < MAC_ADDRESS_BYTES; k++) if (at(a, i + k) !== at(b, j + k)) return false;
  return true;
}
