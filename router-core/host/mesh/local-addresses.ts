/**
 * By which addresses of this machine an edge speaks to its supernode: what others behind the same NAT can reach.
 *
 * Not standardized; as the original, the address that the system's routes choose. A connected UDP socket tells it, and
 * nothing is sent. It is asked again now and then: laptops move.
 *
 * @module
 */
import { parseEndpoint } from '../../base/endpoint.ts';
import { formatIpAddress, type IpAddress, parseIpAddress } from '../../base/ip-address.ts';
import type { EdgeConfig } from '../../mesh/etherguard/config/index.ts';
import { resolveAll } from '../resolve.ts';
import { openSocket } from '../underlay/dgram-ports.ts';

const INTERVAL_MS = 30_000;

export interface LocalAddresses {
  /** As they were when last looked at. */
  current(): readonly IpAddress[];
  /** Looked for the first time, which takes as long as the resolver does. */
  readonly looked: Promise<void>;
  stop(): void;
}

/** Looks now, and from time to time. */
export function watchLocalAddresses({ DynamicRoute }: EdgeConfig): LocalAddresses {
  const { UseSuperNode, EndpointV4, EndpointV6 } = DynamicRoute.SuperNode;
  const wishes = (
    [
      [EndpointV4, 4],
      [EndpointV6, 6],
    ] as const
  )
    .map(([text, family]) => ({ endpoint: parseEndpoint(text), family }))
    .filter(({ endpoint }) => UseSuperNode && endpoint !== undefined);
  let current: readonly IpAddress[] = [];

  async function look(): Promise<void> {
    const found = await Promise.all(
      wishes.map(async ({ endpoint, family }) => {
        const addresses = await resolveAll(endpoint?.host ?? '');
        const target = addresses.find((address) => address.family === family);
        return target === undefined ? undefined : localAddressTowards(target, endpoint?.port ?? 0);
      }),
    );
    current = found.filter((address) => address !== undefined);
  }

  const looked = look();
  const timer = setInterval(look, INTERVAL_MS).unref();
  return { current: () => current, looked, stop: () => clearInterval(timer) };
}

/** Returns the address the system would send from; undefined without a route. */
export function localAddressTowards(
  target: IpAddress,
  port: number,
): Promise<IpAddress | undefined> {
  const socket = openSocket(target.family, false);
  return new Promise((resolve) => {
    const end = (address: IpAddress | undefined): void => {
      socket.close();
      resolve(address);
    };
    // No route there now.
    socket.once('error', () => end(undefined));
    socket.once('connect', () => end(parseIpAddress(socket.address().address)));
    socket.connect(port, formatIpAddress(target));
  });
}
