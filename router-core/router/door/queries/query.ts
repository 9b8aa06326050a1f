/**
 * What a looking-glass query is: one file each, a schema for its argument and a generator of rows.
 *
 * Not standardized; looking-glass specification §2 and §3.
 *
 * Invariants
 * - Arguments are parsed into types before anything is read; nothing is passed through.
 * - A row is plain data; a generator that has nothing yet yields undefined.
 *
 * @module
 */
import { RouterError } from '../../../base/errors.ts';
import {
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
  parseIpPrefixLoose,
  prefixOf,
} from '../../../base/ip-address.ts';
import { printable } from '../../../base/printable.ts';
import type { Instant } from '../../../base/units.ts';
import type { Router } from '../../router.ts';
import type { Vrf } from '../../vrf.ts';
import { DEFAULT_VRF_NAME, unknownVrf } from '../../vrf-wish.ts';
import type { QueryInput, QueryRow } from '../contract.ts';
import type { QueryRun } from '../dispatcher.ts';

export type Query = {
  run(router: Router, input: QueryInput, now: Instant): QueryRun;
  /** One row for a terminal. */
  text(row: QueryRow): string;
};

/** Routes in one answer; more are read page by page. */
export const ROUTES_IN_ANSWER = 5000;

/** Reads an IP address or prefix. @throws RouterError `QUERY_INVALID` */
export function readTarget(text: string): { address: IpAddress; prefix?: IpPrefix } {
  const trimmed = text.trim();
  const address = parseIpAddress(trimmed);
  if (address !== undefined) return { address };
  const prefix = parseIpPrefixLoose(trimmed);
  if (prefix === undefined)
    throw new RouterError(
      'QUERY_INVALID',
      `${printable(trimmed, 60)} is neither an IP address nor a prefix.`,
      { path: 'q' },
    );
  return { address: prefix, prefix: prefixOf(prefix, prefix.length) };
}

/** The virtual router of the option `vrf`. @throws RouterError `VRF_UNKNOWN` */
export const vrfOf = (router: Router, { options }: QueryInput): Vrf =>
  vrfNamed(router, options.vrf);

/** The same where a question without it is about all of them. @throws RouterError `VRF_UNKNOWN` */
export const vrfAsked = (router: Router, input: QueryInput): Vrf | undefined =>
  input.options.vrf === undefined ? undefined : vrfOf(router, input);

/** A virtual router by what somebody typed; nothing is the default one. @throws RouterError `VRF_UNKNOWN` */
export function vrfNamed({ engine }: Router, typed: string | number = DEFAULT_VRF_NAME): Vrf {
  const name = String(typed);
  const vrf = engine.vrfs.find(name === DEFAULT_VRF_NAME ? undefined : name);
  if (vrf === undefined) throw new RouterError('VRF_UNKNOWN', unknownVrf(name), { path: 'vrf' });
  return vrf;
}

/** Reads a whole number option within bounds, or its default. */
export function readNumber(
  input: QueryInput,
  name: string,
  bounds: { low: number; high: number; otherwise: number },
): number {
  const value = Number(input.options[name] ?? bounds.otherwise);
  if (!Number.isInteger(value) || value < bounds.low || value > bounds.high) {
    throw new RouterError(
      'QUERY_INVALID',
      `${name} is a number from ${bounds.low} to ${bounds.high}.`,
      { path: name },
    );
  }
  return value;
}

/** Reads how many rows of routes are wanted; all that one answer may hold by default. */
export const readLimit = (input: QueryInput): number =>
  readNumber(input, 'limit', { low: 1, high: ROUTES_IN_ANSWER, otherwise: ROUTES_IN_ANSWER });
