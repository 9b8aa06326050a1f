/**
 * Names of endpoints to addresses: the only place where names are resolved.
 *
 * Not standardized; docs/architecture.md §8. Every answer for an endpoint passes `isPublicUnderlay`, a changed one
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
  const addresses = await resolveAll(host);
  return addresses.find((address) => allowPrivate || isPublicUnderlay(address));
}

/**
 * Returns every address in the resolver's order, none when the name has none now. Private ones are among them: this is
 * for names that the operator of the machine wrote, as in the files of a mesh.
 */
export async function resolveAll(host: string): Promise<IpAddress[]> {
  const literal = parseIpAddress(host);
  if (literal !== undefined) return [literal];
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
