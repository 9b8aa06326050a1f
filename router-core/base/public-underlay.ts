/**
 * Whether an address is one the public Internet can reach.
 *
 * Standard: IANA special-purpose registries (RFC 6890), RFC 6052 (NAT64), RFC 3056 (6to4),
 * RFC 4291 §2.5.5 (mapped). Every answer of a resolver passes here, a changed one again: a visitor
 * names endpoints, and a router that sends where strangers say must not be turned on its own house.
 * Documentation ranges (RFC 5737, RFC 3849) count as public: nothing answers there.
 *
 * @module
 */
import { type IpAddress, type IpPrefix, parseIpPrefix, prefixContains } from './ip-address.ts';

const prefixes = (...texts: string[]): IpPrefix[] =>
  texts.map((text) => {
    const prefix = parseIpPrefix(text);
    if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
    return prefix;
  });

const NOT_PUBLIC = prefixes(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Only 2000::/3 is global unicast; of it these are not reachable hosts of their own.
  '2001::/23',
  '2002::/16',
);
const GLOBAL_UNICAST = prefixes('2000::/3');

/** Whether packets to this address may leave for the public Internet. */
export function isPublicUnderlay(address: IpAddress): boolean {
  if (NOT_PUBLIC.some((p) => prefixContains(p, address))) return false;
  if (address.family === 4) return true;
  // Mapped, NAT64 and Teredo addresses, which hide an IPv4 address, all lie outside or in the list above.
  return GLOBAL_UNICAST.some((p) => prefixContains(p, address));
}
