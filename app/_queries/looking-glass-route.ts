/**
 * Rows of `route` in the shape of pages: paths, why the best is best, why others were rejected.
 *
 * Not standardized; BGP specification §5 (decision steps), §13.3 (reasons); looking-glass
 * specification §8 (their numbers).
 *
 * @module
 */
import 'server-only';
import { parseIpAddress, parseIpPrefix, type QueryRow } from '../../router-core/index.ts';
import type { Portal } from '../_router/index.ts';
import { rejectionCode } from '../_text/rejection.ts';
import { DECISION_STEPS } from '../_text/route-words.ts';
import { numberOrNull, textOrNull } from './looking-glass-rows.ts';
import type { RoaState, RoaView, RouteFacts, RoutePath } from './view-models.ts';
import { networkOf } from './viewer.ts';

const ROA_STATES: readonly RoaState[] = ['valid', 'invalid-origin', 'invalid-length', 'not-found'];

export function answerOfRoutes(
  portal: Portal,
  argument: string,
  rows: readonly QueryRow[],
): RouteFacts {
  const all = rows.map((row) => pathOf(portal, row));
  const paths = all.filter((path) => path.rejected === null);
  const rejected = all.filter((path) => path.rejected !== null);
  const best = paths.find((path) => path.isBest) ?? paths[0] ?? rejected[0];
  return {
    prefix: best?.prefix ?? null,
    roa: best?.roa ?? null,
    holder: holderOf(portal, best?.prefix ?? argument),
    paths,
    rejected,
    coveringRoas: coveringRoas(portal, best?.prefix ?? argument),
    registryCommit: portal.registry.state().commit,
  };
}

export function pathOf(portal: Portal, row: QueryRow): RoutePath {
  const attributes = recordOf(row.attributes);
  const asns = asnsOf(attributes.asPath);
  // The door keeps the neighbor's number to itself; a route of ours was learnt from nobody.
  const isOwn = textOrNull(row.learntFrom) === null;
  const isInternal = !isOwn && Number(row.peerAsn) === ourAsn(portal);
  const rejected = row.rejected === null ? undefined : recordOf(row.rejected);
  return {
    prefix: String(row.prefix),
    neighbor: isOwn ? null : String(row.from),
    pathId: numberOrNull(row.pathId),
    from: textOrNull(row.learntFrom),
    learntBy: isOwn ? 'own' : isInternal ? 'ibgp' : 'ebgp',
    asPath: asns.map((asn) => networkOf(portal, asn)),
    origin: originOf(attributes.origin),
    localPref: numberOrNull(attributes.localPref) ?? 100,
    med: numberOrNull(attributes.med),
    // BIRD fills an absent global part with `::`; the address that counts is the other one.
    nextHop: listOf(attributes.nextHop)
      .filter((address) => address !== '::')
      .join(' '),
    communities: [
      ...listOf(attributes.communities),
      ...listOf(attributes.largeCommunities),
      ...listOf(attributes.extendedCommunities),
    ],
    since: textOrNull(row.since) ?? new Date().toISOString(),
    isBest: row.isBest === true,
    isMultipath: row.isMultipath === true,
    isBlackhole: row.isBlackhole === true,
    decidedBy: DECISION_STEPS[Number(recordOf(row.why).step)] ?? null,
    compared: comparisonOf(recordOf(row.why)),
    roa:
      ROA_STATES.find((state) => state === row.roa) ??
      roaStateOf(portal, String(row.prefix), isOwn ? ourAsn(portal) : asns.at(-1)),
    rejected: rejected === undefined ? null : rejectionOf(rejected),
  };
}

function comparisonOf(why: Readonly<Record<string, unknown>>): RoutePath['compared'] {
  const { against, againstPathId, value, otherValue } = why;
  return against === undefined
    ? null
    : {
        against: String(against),
        againstPathId: numberOrNull(againstPathId),
        value: String(value),
        otherValue: String(otherValue),
      };
}

function rejectionOf(rejected: Readonly<Record<string, unknown>>): RoutePath['rejected'] {
  const token = String(rejected.reason);
  const code = rejectionCode(token) ?? token;
  const rule = code === 'OPERATOR_FILTER' ? textOrNull(rejected.rule) : null;
  const roas = Array.isArray(rejected.roas) ? rejected.roas.map(recordOf) : [];
  return {
    code,
    text: rule ?? token.replaceAll('-', ' '),
    rule,
    roas: roas.map((roa) => {
      const prefix = String(roa.prefix);
      const { maxLength, asn } = roa;
      return {
        prefix,
        maxLength: Number(maxLength),
        asn: Number(asn),
        object: registryObject(prefix),
      };
    }),
  };
}

const registryObject = (prefix: string): string =>
  `${prefix.includes(':') ? 'route6' : 'route'}/${prefix.replace('/', '_')}`;

/** From the registry, so that a valid route shows what makes it valid. */
function coveringRoas(portal: Portal, target: string): RoaView[] {
  const prefix = parseIpPrefix(target);
  if (prefix === undefined) return [];
  return (portal.registry.find()?.coveringRoas(prefix) ?? []).map((roa) => ({
    ...roa,
    object: registryObject(roa.prefix),
  }));
}

/** RFC 6811 §2, for prefixes of our own, which the router does not judge. */
function roaStateOf(portal: Portal, target: string, origin: number | undefined): RoaState {
  const prefix = parseIpPrefix(target);
  const covering = coveringRoas(portal, target);
  if (prefix === undefined || covering.length === 0) return 'not-found';
  const sameOrigin = covering.filter((roa) => roa.asn === origin);
  if (sameOrigin.length === 0) return 'invalid-origin';
  return sameOrigin.some((roa) => prefix.length <= roa.maxLength) ? 'valid' : 'invalid-length';
}

function holderOf(portal: Portal, target: string): RouteFacts['holder'] {
  const address = parseIpAddress(target.split('/')[0] ?? '');
  const holder = address === undefined ? undefined : portal.registry.find()?.holderOf(address);
  if (holder === undefined || holder.asn === null) return null;
  return { ...networkOf(portal, holder.asn), maintainer: holder.maintainer };
}

function ourAsn(portal: Portal): number | undefined {
  for (const node of portal.nodes.values()) {
    const asn = node.hub.node()?.asn;
    if (asn !== undefined) return asn;
  }
  return undefined;
}

/** Segments one after the other; a set counts by its members. */
function asnsOf(path: unknown): number[] {
  if (typeof path === 'string')
    return path
      .split(/[\s{},]+/)
      .filter(Boolean)
      .map(Number);
  return Array.isArray(path)
    ? path.flatMap((segment) => listOf(recordOf(segment).asns).map(Number))
    : [];
}

function originOf(origin: unknown): RoutePath['origin'] {
  return origin === 'IGP' || origin === 'EGP' ? origin : 'Incomplete';
}

export const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : [];
