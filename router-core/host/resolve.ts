/**
 * Names of endpoints to addresses: the only place where names are resolved.
 *
 * Not standardized; docs/architecture.md §8. Every answer passes `isPublicUnderlay`, a changed one
 * again, and is used as a literal: a name cannot turn the router on its own house.
 *
 * @module
 */
import { lookup } from 'node:dns/promises';
import { type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { isPublicUnderlay } from '../base/public-underlay.ts';

/** Returns the first address we may send to, or undefined. */
export async function resolveEndpoint(
  host: string,
  allowPrivate: boolean,
): Promise<IpAddress | undefined> {
  const literal = parseIpAddress(host);
  const addresses = literal === undefined ? await lookupAll(host) : [literal];
  return addresses.find((address) => allowPrivate || isPublicUnderlay(address));
}

async function lookupAll(host: string): Promise<IpAddress[]> {
  try {
    const answers = await lookup(host, { all: true, order: 'verbatim' });
    return answers
      .map((answer) => parseIpAddress(answer.address))
      .filter((address): address is IpAddress => address !== undefined);
  } catch (error) {
    // ENOTFOUND, EAI_AGAIN …: no address now; the router asks again when a handshake gives up.
    if ((error as NodeJS.ErrnoException).syscall === 'getaddrinfo') return [];
    throw error;
  }
}
