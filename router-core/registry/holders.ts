/**
 * Who holds an address, and whether an AS may use it inside a tunnel.
 *
 * Not standardized; portal specification §4.3. Asked are first inetnum and inet6num, and only where
 * none covers the address, route and route6.
 *
 * @module
 */
import type { IpAddress, IpPrefix } from '../base/ip-address.ts';
import type { Asn } from '../base/units.ts';
import { coveringAddress, lookupOf, objectPath } from './lookup.ts';
import { addressSpaceOf } from './numbers.ts';
import { isNetworkMaintainer } from './ownership.ts';
import type { RegistryIndex } from './registry-index.ts';

export type AddressHolder = {
  /** The object, e.g. `inetnum/172.21.128.0_27`. */
  readonly object: string;
  readonly prefix: IpPrefix;
  /** `netname`; empty for a route. */
  readonly name: string;
  readonly maintainers: readonly string[];
  readonly adminC: readonly string[];
  /** Origins of the route objects there: at this prefix or a more specific one over the address. */
  readonly origins: readonly Asn[];
};

/** Returns the longest registered prefix over an address, or undefined when there is none. */
export function addressHolder(index: RegistryIndex, address: IpAddress): AddressHolder | undefined {
  const lookup = lookupOf(index);
  const routes = coveringAddress(lookup.routes, address);
  const holder = coveringAddress(lookup.holders, address)[0];
  const entry = holder ?? routes[0];
  if (entry === undefined) return undefined;
  return {
    object: objectPath(holder === undefined ? 'route' : 'holder', entry.prefix),
    prefix: entry.prefix,
    name: holder?.value.netname ?? '',
    maintainers: entry.value.mntBy,
    adminC: entry.value.adminC,
    origins: [
      ...new Set(
        routes
          .filter((route) => route.prefix.length >= entry.prefix.length)
          .flatMap((route) => route.value.origins),
      ),
    ] as Asn[],
  };
}

/** Returns the origins of the most specific route over an address: whose it seems to be (§3.10). */
export function originsOfAddress(index: RegistryIndex, address: IpAddress): readonly Asn[] {
  return (coveringAddress(lookupOf(index).routes, address)[0]?.value.origins ?? []) as Asn[];
}

export type AddressPermission =
  | {
      readonly allowed: true;
      readonly because: 'origin' | 'maintainer' | 'contact' | 'link-local' | 'transfer';
      readonly holder?: string;
    }
  | {
      readonly allowed: false;
      readonly code: 'ADDRESS_NOT_YOURS';
      /** The holder object, when one covers the address. */
      readonly holder?: string;
    };

/** Whether an AS may use an address as its own end of a tunnel. */
export function mayUseAddress(
  index: RegistryIndex,
  asn: Asn,
  address: IpAddress,
): AddressPermission {
  const space = addressSpaceOf(address);
  if (space === 'link-local') return { allowed: true, because: 'link-local' };
  if (space === 'dn42-transfer') return { allowed: true, because: 'transfer' };

  const holder = addressHolder(index, address);
  if (holder === undefined) return { allowed: false, code: 'ADDRESS_NOT_YOURS' };
  const allowed = (because: 'origin' | 'maintainer' | 'contact'): AddressPermission => ({
    allowed: true,
    because,
    holder: holder.object,
  });
  if (holder.origins.includes(asn)) return allowed('origin');
  const network = lookupOf(index).networks.get(asn);
  if (network !== undefined) {
    const maintainers = holder.maintainers.filter((name) => !isNetworkMaintainer(name));
    if (meet(maintainers, network.mntBy)) return allowed('maintainer');
    if (meet(holder.adminC, network.adminC)) return allowed('contact');
  }
  return { allowed: false, code: 'ADDRESS_NOT_YOURS', holder: holder.object };
}

function meet(a: readonly string[], b: readonly string[]): boolean {
  const names = new Set(b.map((name) => name.toLowerCase()));
  return a.some((name) => names.has(name.toLowerCase()));
}
