/**
 * Which numbers are whose in DN42: AS ranges, address space, transfer nets.
 *
 * Not standardized; DN42 address plan as in the portal specification §1.4. What may be announced is
 * never decided here but by the registry's own filter rows (filters.ts): these tables only name.
 *
 * @module
 */
import {
  type IpAddress,
  type IpPrefix,
  isLinkLocal,
  parseIpPrefix,
  prefixContains,
} from '../base/ip-address.ts';
import type { Asn } from '../base/units.ts';

export type AsnRange =
  | 'dn42'
  | 'dn42-reserved'
  | 'dn42-sub-allocation'
  | 'legacy'
  | 'neonetwork'
  | 'other';

const ASN_RANGES: readonly (readonly [first: number, last: number, range: AsnRange])[] = [
  [4242420000, 4242423999, 'dn42'],
  [4242424000, 4242426999, 'dn42-reserved'],
  [4242427000, 4242429999, 'dn42-sub-allocation'],
  [76100, 76199, 'legacy'],
  // Also used by Freifunk and others.
  [64512, 65534, 'legacy'],
  [4201270000, 4201279999, 'neonetwork'],
];

/** Returns the range an AS number belongs to; public numbers are `other`, and allowed. */
export function asnRangeOf(asn: Asn): AsnRange {
  return ASN_RANGES.find(([first, last]) => asn >= first && asn <= last)?.[2] ?? 'other';
}

export type AddressSpace =
  | 'dn42-native'
  | 'dn42-anycast'
  | 'dn42-transfer'
  | 'dn42-ula'
  | 'chaosvpn'
  | 'neonetwork'
  | 'freifunk'
  | 'link-local'
  | 'other';

/** The most specific first. */
const SPACES: readonly (readonly [prefix: IpPrefix, space: AddressSpace])[] = (
  [
    ['172.20.0.0/24', 'dn42-anycast'],
    ['172.21.0.0/24', 'dn42-anycast'],
    ['172.22.0.0/24', 'dn42-anycast'],
    ['172.23.0.0/24', 'dn42-anycast'],
    ['fd42:d42:d42::/48', 'dn42-anycast'],
    ['172.20.240.0/20', 'dn42-transfer'],
    ['172.22.240.0/20', 'dn42-transfer'],
    ['172.20.0.0/14', 'dn42-native'],
    ['172.31.0.0/16', 'chaosvpn'],
    ['10.127.0.0/16', 'neonetwork'],
    ['10.100.0.0/14', 'chaosvpn'],
    ['10.0.0.0/8', 'freifunk'],
    ['169.254.0.0/16', 'link-local'],
    ['fd00::/8', 'dn42-ula'],
  ] as const
).map(([text, space]) => [parseIpPrefix(text) as IpPrefix, space]);

/** Returns the space an address belongs to by the address plan. */
export function addressSpaceOf(address: IpAddress): AddressSpace {
  if (isLinkLocal(address)) return 'link-local';
  return SPACES.find(([prefix]) => prefixContains(prefix, address))?.[1] ?? 'other';
}
