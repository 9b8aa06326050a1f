/**
 * Runs a policy rule by rule and writes down what happened: the meaning of the language, for people.
 *
 * Not standardized; BGP specification §13.3. `program.ts` must give the same verdicts and attributes; a
 * property test holds it to that.
 *
 * @module
 */
import { assertNever } from '../../../base/assert.ts';
import { formatIpAddress, type IpAddress, type IpPrefix } from '../../../base/ip-address.ts';
import { applyAction } from './actions.ts';
import type {
  Condition,
  FilterVerdict,
  PeerFacts,
  Policy,
  PolicySession,
  Rule,
} from './condition.ts';
import type { EditableAttributes } from './editable-attributes.ts';
import {
  type AsSet,
  formatCommunityValue,
  inRange,
  matchesMask,
  matchesPrefix,
  type Range,
} from './patterns.ts';

/** A route as a policy meets it. */
export type PolicyRoute = {
  readonly prefix: IpPrefix;
  readonly attributes: EditableAttributes;
  /** Whom it was learnt from; undefined: it is ours. */
  readonly from: PeerFacts | undefined;
  readonly isOwnPrefix: boolean;
  readonly isBogon: boolean;
  readonly hasRegistry: boolean;
  readonly filterRow: FilterVerdict;
  /** By position in ROA_VALIDITIES. */
  readonly roa: number;
  readonly isNextHopUsable: boolean;
  readonly isReflected: boolean;
  readonly isLeaked: boolean;
};

export type RuleTrace = {
  readonly policy: string;
  readonly number: number;
  readonly rule: string;
  readonly isMatched: boolean;
  /** `local preference: 100 -> 600`. */
  readonly changes: readonly string[];
  readonly outcome: 'next' | 'accept' | 'reject';
};

export type Judgement = {
  readonly verdict: 'accept' | 'reject';
  /** The rule that rejected; undefined: accepted, or by `otherwise`. */
  readonly rule: Rule | undefined;
  readonly policy: string;
  readonly trace: readonly RuleTrace[];
};

/** Judges a route by all policies of a chain, each of which must accept; changes its attributes. */
export function interpret(
  chain: readonly Policy[],
  route: PolicyRoute,
  session: PolicySession,
): Judgement {
  const trace: RuleTrace[] = [];
  for (const policy of chain) {
    let verdict: 'accept' | 'reject' = policy.otherwise;
    let decisive: Rule | undefined;
    for (const rule of policy.rules) {
      const isMatched = holds(rule.condition, route, session);
      const before = isMatched ? valuesOf(route.attributes) : undefined;
      const outcome = isMatched
        ? applyAction(rule.action, route.attributes, session, route.from === undefined)
        : 'next';
      const changes = before === undefined ? [] : differences(before, valuesOf(route.attributes));
      const { number, name } = rule;
      trace.push({ policy: policy.name, number, rule: name, isMatched, changes, outcome });
      if (outcome === 'next') continue;
      verdict = outcome;
      decisive = rule;
      break;
    }
    if (verdict === 'reject') return { verdict, rule: decisive, policy: policy.name, trace };
  }
  return { verdict: 'accept', rule: undefined, policy: chain.at(-1)?.name ?? '', trace };
}

/** Whether a condition holds for a route. */
export function holds(condition: Condition, route: PolicyRoute, session: PolicySession): boolean {
  const { attributes, from } = route;
  const hasAsn = (asns: AsSet, asn: number): boolean => isInAsSet(asns, asn, session);
  switch (condition.op) {
    case 'all':
      return condition.of.every((each) => holds(each, route, session));
    case 'any':
      return condition.of.some((each) => holds(each, route, session));
    case 'not':
      return !holds(condition.of, route, session);
    case 'prefix':
      return condition.patterns.some((pattern) => matchesPrefix(pattern, route.prefix));
    case 'prefixLength':
      return inRange(condition.range, route.prefix.length);
    case 'ownPrefix':
      return route.isOwnPrefix === condition.wanted;
    case 'bogon':
      return route.isBogon === condition.wanted;
    case 'registry':
      return route.hasRegistry === condition.wanted;
    case 'isOwn':
      return (from === undefined) === condition.wanted;
    case 'filterRow':
      return route.filterRow === condition.wanted;
    case 'roa':
      return condition.wanted.includes(route.roa);
    case 'fromPeer':
      return from !== undefined && condition.names.includes(from.name);
    case 'fromGroup':
      return from?.groups.some((group) => condition.names.includes(group)) ?? false;
    case 'fromRole':
      return from !== undefined && condition.names.includes(from.role);
    case 'fromAsn':
      return from !== undefined && hasAsn(condition.asns, from.asn);
    case 'family':
      return route.prefix.family === condition.wanted;
    case 'peer':
      return condition.names.includes(session.peer.name);
    case 'group':
      return session.peer.groups.some((group) => condition.names.includes(group));
    case 'role':
      return condition.names.includes(session.peer.role);
    case 'peerAsn':
      return hasAsn(condition.asns, session.peer.asn);
    case 'session':
      return session.peer.isInternal === condition.isInternal;
    case 'mayBlackhole':
      return (session.peer.mayBlackhole ?? false) === condition.wanted;
    case 'parameter':
      return isParameter(condition.wanted, session.parameters.get(condition.name));
    case 'pathLength':
      return inRange(condition.range, attributes.pathLength);
    case 'pathCount':
      return inRange(condition.range, attributes.pathAsns.length);
    case 'localPref':
      return inRange(condition.range, attributes.localPref);
    case 'med':
      if (condition.range === 'absent') return attributes.med === undefined;
      return attributes.med !== undefined && inRange(condition.range, attributes.med);
    case 'pathFirst':
      return hasAsn(condition.asns, attributes.pathFirst);
    case 'pathLast':
      return hasAsn(condition.asns, attributes.pathLast);
    case 'pathContains':
      return attributes.pathAsns.some((asn) => hasAsn(condition.asns, asn));
    case 'pathOnly':
      return hasAsn(condition.asns, attributes.pathOnly);
    case 'pathMatches':
      return condition.masks.some((mask) => matchesMask(mask, attributes.pathAsns));
    case 'community':
      return condition.patterns.some((pattern) => attributes.has(pattern));
    case 'nextHop':
      return nextHopsOf(attributes).some((address) =>
        condition.patterns.some((pattern) =>
          matchesPrefix(pattern, { ...address, length: address.bytes.length * 8 }),
        ),
      );
    case 'nextHopUsable':
      return route.isNextHopUsable === condition.wanted;
    case 'reflected':
      return route.isReflected === condition.wanted;
    case 'leaked':
      return route.isLeaked === condition.wanted;
    case 'origin':
      return attributes.origin === condition.wanted;
    default:
      return assertNever(condition);
  }
}

export const isInAsSet = (asns: AsSet, asn: number, session: PolicySession): boolean =>
  asn !== 0 &&
  ((asns.hasOwn && asn === session.ownAsn) ||
    (asns.hasPeer && asn === session.peer.asn) ||
    asns.ranges.some((range) => inRange(range, asn)));

/** A parameter nobody filled fulfils nothing. */
export function isParameter(
  wanted: Range | string | boolean,
  value: number | string | boolean | undefined,
): boolean {
  if (typeof wanted === 'object') return typeof value === 'number' && inRange(wanted, value);
  return value === wanted;
}

/** The global and the link-local address, or the one there is. */
export function nextHopsOf({ nextHop }: EditableAttributes): IpAddress[] {
  if (nextHop === undefined) return [];
  if (nextHop.length === 4) return [{ family: 4, bytes: nextHop }];
  const addresses: IpAddress[] = [];
  for (let o = 0; o < nextHop.length; o += 16)
    addresses.push({ family: 6, bytes: nextHop.slice(o, o + 16) });
  return addresses;
}

/** What rules can change, in words. */
function valuesOf(attributes: EditableAttributes): ReadonlyMap<string, string> {
  return new Map([
    ['local preference', String(attributes.localPref)],
    ['MED', attributes.med === undefined ? 'none' : String(attributes.med)],
    ['origin', String(attributes.origin ?? 'none')],
    ['AS path', attributes.pathAsns.join(' ') || 'empty'],
    ['next hop', nextHopsOf(attributes).map(formatIpAddress).join(' ') || 'none'],
    ['communities', attributes.communities.map(formatCommunityValue).sort().join(' ') || 'none'],
  ]);
}

function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  return [...after].flatMap(([name, value]) => {
    const old = before.get(name);
    return old === value ? [] : [`${name}: ${old} -> ${value}`];
  });
}
