/**
 * Which sockets a port consists of.
 *
 * Not standardized. `::` means both families, with a socket each
 * (the one of IPv6 takes IPv6 only), and IPv4 alone where the machine has no IPv6.
 *
 * @module
 */
import type { OpenedPort } from './io.ts';

export type FamilyWish = {
  readonly family: 4 | 6;
  readonly host: string;
  /** Whether a machine without this family is no error. */
  readonly isOptional: boolean;
};

const ANY: readonly FamilyWish[] = [
  { family: 6, host: '::', isOptional: true },
  { family: 4, host: '0.0.0.0', isOptional: false },
];

/** `only` is for whoever opens each family by itself: `::` then means IPv6. */
export function wishedFamilies(host: string, only?: 4 | 6): readonly FamilyWish[] {
  if (only !== undefined) return [{ family: only, host, isOptional: false }];
  if (host === '::') return ANY;
  return [{ family: host.includes(':') ? 6 : 4, host, isOptional: false }];
}

/** Whether this error of opening an optional family only says that the machine does not have it. */
export const isFamilyMissing = (wish: FamilyWish, code: string): boolean =>
  wish.isOptional && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL');

/** Returns what is told about a port with these families of those that were wished for. */
export function openedPort(
  wished: readonly FamilyWish[],
  families: readonly (4 | 6)[],
  port: number,
): OpenedPort {
  return families.length === wished.length
    ? { families, port }
    : { families, port, note: 'this host has no IPv6; listening on IPv4 only' };
}
