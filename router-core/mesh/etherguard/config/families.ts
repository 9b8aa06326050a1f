/**
 * Which families a node uses, and where it listens: `DisabledAf` of both files.
 *
 * @module
 */
import type { IpFamily } from '../../../base/ip-address.ts';
import type { SuperConfig } from './super-config.ts';

type DisabledAf = SuperConfig['DisabledAf'];

const FAMILIES: readonly IpFamily[] = [4, 6];

/** Families that are not switched off. */
export const familiesInUse = ({ IPv4, IPv6 }: DisabledAf): readonly IpFamily[] =>
  FAMILIES.filter((family) => !(family === 4 ? IPv4 : IPv6));

/** The address a socket of the family is bound to; the unspecified one when the file has none. */
export const listenHost = ({ ListenIPv4, ListenIPv6 }: DisabledAf, family: IpFamily): string =>
  family === 4 ? ListenIPv4 || '0.0.0.0' : ListenIPv6 || '::';
