/**
 * The forwarding table of a virtual router and its two writers: BGP, and the configuration.
 *
 * Not standardized; docs/architecture.md §3 (`FibSink`).
 *
 * Invariant: a static route is never replaced by one of BGP for the same prefix.
 *
 * @module
 */
import { formatIpPrefix, hostPrefix, type IpAddress, type IpPrefix } from '../base/ip-address.ts';
import { PrefixTrie } from '../base/prefix-trie.ts';
import { type InterfaceId, NONE } from '../base/units.ts';
import type { FibSink, NextHopLookup } from '../bgp/index.ts';
import type { Netstack } from '../netstack/index.ts';
import type { StaticRoutes } from './vrf.ts';

/** The forwarding table with two writers: static routes win, BGP's come back when they go. */
export function createFib(netstack: Netstack): {
  fib: FibSink;
  staticRoutes: StaticRoutes;
  nextHops: NextHopLookup;
} {
  const fixed = new Map<string, IpPrefix>();
  const hidden = new Map<string, InterfaceId>();
  const links = new PrefixTrie<InterfaceId>();
  const keyOf = (family: 4 | 6, bytes: Uint8Array, offset: number, length: number): string =>
    formatIpPrefix({
      family,
      bytes: bytes.slice(offset, offset + (family === 4 ? 4 : 16)),
      length,
    });
  return {
    nextHops(address: IpAddress) {
      const found = links.covering(hostPrefix(address)).at(-1);
      return found && { out: found.value, length: found.prefix.length };
    },
    fib: {
      set(family, bytes, offset, length, out) {
        if (fixed.size > 0) {
          const key = keyOf(family, bytes, offset, length);
          if (fixed.has(key)) {
            hidden.set(key, out);
            return;
          }
        }
        netstack.routes.set(family, bytes, offset, length, out);
      },
      remove(family, bytes, offset, length) {
        if (fixed.size > 0) {
          const key = keyOf(family, bytes, offset, length);
          hidden.delete(key);
          if (fixed.has(key)) return;
        }
        netstack.routes.remove(family, bytes, offset, length);
      },
    },
    staticRoutes: {
      set(prefix, out) {
        fixed.set(formatIpPrefix(prefix), prefix);
        links.set(prefix, out);
        netstack.routes.set(prefix.family, prefix.bytes, 0, prefix.length, out);
      },
      setOnLink(prefix, port) {
        // A next hop of BGP in there is a neighbor on the port, never the port itself.
        fixed.set(formatIpPrefix(prefix), prefix);
        netstack.routes.set(prefix.family, prefix.bytes, 0, prefix.length, port);
      },
      remove(prefix) {
        const key = formatIpPrefix(prefix);
        if (!fixed.delete(key)) return;
        links.delete(prefix);
        const below = hidden.get(key) ?? NONE;
        hidden.delete(key);
        if (below === NONE) netstack.routes.remove(prefix.family, prefix.bytes, 0, prefix.length);
        else
          netstack.routes.set(prefix.family, prefix.bytes, 0, prefix.length, below as InterfaceId);
      },
    },
  };
}
