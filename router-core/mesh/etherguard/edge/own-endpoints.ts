/**
 * Where an edge listens, as far as it is known: bound addresses, or those of the host.
 *
 * Not standardized.
 *
 * @module
 */
import type { UnderlayAddress } from '../../../base/endpoint.ts';
import { type IpAddress, parseIpAddress } from '../../../base/ip-address.ts';
import { isLoopback } from './endpoint-admission.ts';
import { OWN_ADDRESSES_MAX } from './limits.ts';
import type { Family, Sockets } from './sockets.ts';

/** Returns at most OWN_ADDRESSES_MAX per family whose socket is open. */
export const ownEndpoints = (
  sockets: Sockets,
  host: readonly IpAddress[],
): readonly UnderlayAddress[] =>
  sockets.families.flatMap((family) => {
    const port = sockets.port(family);
    if (port === undefined) return [];
    const bound = boundAddress(sockets, family);
    const addresses =
      bound === undefined ? host.filter((address) => address.family === family) : [bound];
    return addresses.slice(0, OWN_ADDRESSES_MAX).map((address) => ({ address, port }));
  });

/** Whether the file has us listen on a loopback address: then peers on loopback are meant. */
export const listensOnLoopback = (sockets: Sockets): boolean =>
  sockets.families.some((family) => {
    const bound = boundAddress(sockets, family);
    return bound !== undefined && isLoopback(family, bound.bytes);
  });

/** The address a socket is bound to, undefined when it is bound to all. */
function boundAddress(sockets: Sockets, family: Family): IpAddress | undefined {
  const address = parseIpAddress(sockets.hosts[family]);
  return address?.bytes.some((octet) => octet !== 0) === true ? address : undefined;
}
