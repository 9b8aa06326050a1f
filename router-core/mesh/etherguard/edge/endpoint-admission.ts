/**
 * Which endpoints that others told are tried, and why the others are not.
 *
 * Not standardized. Members name addresses, so they could point us at anybody: an endpoint must be a unicast address, none of
 * ours, not link-local, and loopback only where we listen on loopback.
 *
 * @module
 */
import type { UnderlayAddress } from '../../../base/endpoint.ts';
import { equalAddresses, type IpAddress, isLinkLocal } from '../../../base/ip-address.ts';

/** Why an endpoint is not tried; `static`: the file's alone counts. */
export type NotTried = 'static' | 'no unicast' | 'loopback' | 'link-local' | 'ours' | 'family';

export type AdmissionParts = {
  /** Where we are reached; nobody else is there. */
  readonly ownEndpoints: () => readonly UnderlayAddress[];
  readonly listensOnLoopback: boolean;
  /** Whether there is a socket of the family. */
  readonly isInUse: (family: 4 | 6) => boolean;
};

/** Returns why an endpoint is not tried, undefined of one that is. */
export function whyNotTried(
  { address, port }: UnderlayAddress,
  { ownEndpoints, listensOnLoopback, isInUse }: AdmissionParts,
): NotTried | undefined {
  if (!isUnicast(address.family, address.bytes)) return 'no unicast';
  if (isLoopback(address.family, address.bytes) && !listensOnLoopback) return 'loopback';
  if (isOfOneWire(address)) return 'link-local';
  if (!isInUse(address.family)) return 'family';
  const isOurs = ownEndpoints().some(
    (own) => own.port === port && equalAddresses(own.address, address),
  );
  return isOurs ? 'ours' : undefined;
}

export function isLoopback(family: 4 | 6, bytes: Uint8Array): boolean {
  if (family === 4) return bytes[0] === 127;
  return bytes.subarray(0, 15).every((octet) => octet === 0) && bytes[15] === 1;
}

/** RFC 3927, RFC 4291 §2.5.6. */
const isOfOneWire = (address: IpAddress): boolean =>
  isLinkLocal(address) ||
  (address.family === 4 && address.bytes[0] === 169 && address.bytes[1] === 254);

/** Neither unspecified, nor a group, nor the broadcast address (RFC 6890, RFC 4291 §2.4). */
function isUnicast(family: 4 | 6, bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  if (family === 4) return first !== 0 && first < 224;
  return first !== 0xff && bytes.some((octet) => octet !== 0);
}
