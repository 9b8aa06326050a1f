/**
 * What the engine knows about a route, as sentences for a terminal and for programs that show them.
 *
 * Not standardized; BGP specification §5, §6.1, §13.3 and §17. The portal's pages have their own words
 * for the same tokens (app/_text/messages).
 *
 * @module
 */
import { assertNever } from '../../../base/assert.ts';
import {
  type BestPathChange,
  type ExportReason,
  isReasonToken,
  type ReasonToken,
  type RejectedView,
  type RouteView,
} from '../../../bgp/index.ts';

/** A step of the decision as it leaves the router: times are calendar times. */
export type StepRow = {
  readonly step: number;
  readonly name: string;
  readonly against: string;
  readonly againstPathId?: number;
  readonly value: number | string;
  readonly otherValue: number | string;
};

/** Returns from whom a path came, e.g. `alder`, or `alder path 7` when it came with a path id. */
export const sourceInWords = (from: string, pathId: number | null | undefined): string =>
  pathId == null ? from : `${from} path ${pathId}`;

/** Returns e.g. `AS path length 3 > 2` or `older route: since … vs …`. */
export function comparisonInWords({ name, value, otherValue }: StepRow): string {
  if (typeof value === 'number' && typeof otherValue === 'number')
    return `${name} ${value} ${value < otherValue ? '<' : '>'} ${otherValue}`;
  const since = name === 'older route' ? 'since ' : '';
  return `${name}: ${since}${value} vs ${otherValue}`;
}

/** A rule of the import policy in words, and what would make the route acceptable. */
type Rule = readonly [rule: string, remedy: string];
const RULES: Readonly<Record<ReasonToken, Rule>> = {
  'not-dn42-space': [
    'the prefix is not in the address space of DN42',
    'announce prefixes that filter.txt or filter6.txt of the registry permits',
  ],
  'prefix-length': [
    'the prefix is longer or shorter than DN42 routes',
    'announce a length that the row of filter.txt or filter6.txt permits',
  ],
  'own-prefix': ['the prefix is ours', 'nothing: only this network announces it'],
  'own-as': ['our AS is in the path: a loop', 'nothing: the route came from us'],
  'path-too-long': ['the AS path has more than 50 ASes', 'prepend less'],
  'first-as': [
    'the path does not begin with the AS of the neighbor',
    'the neighbor has to put its own AS first',
  ],
  'roa-not-found': [
    'no ROA covers the prefix',
    'the holder adds a route or route6 object with this prefix and origin to the registry',
  ],
  'roa-invalid-origin': [
    'the ROAs that cover the prefix name another origin AS',
    'announce it from that AS, or the holder adds its origin to the route object',
  ],
  'roa-invalid-length': [
    'the prefix is longer than its ROA permits',
    'announce a shorter prefix, or the holder raises max-length or adds a route object for this one; with BLACKHOLE (RFC 7999) the operator may permit it to the peering',
  ],
  'otc-leak': [
    'a route leak: it was meant for customers only (RFC 9234), and the neighbor passed it on to us',
    'the network that ONLY_TO_CUSTOMER names, or one behind it, has to filter what it sends upwards',
  ],
  'prefix-limit': [
    'the import limit of the peering is reached',
    'announce fewer prefixes, or the operator raises the limit',
  ],
  'receive-limit': [
    'the limit of received prefixes of the peering is reached, so this one was not even judged',
    'announce fewer prefixes, or the operator raises prefixLimit.received',
  ],
  'next-hop': [
    'the next hop can not be used',
    'the neighbor has to tell an address of its own as next hop',
  ],
  'next-hop-unresolved': [
    'no tunnel, static route or neighbor at the other end of a tunnel leads to the next hop, or only the route itself would',
    'the operator adds a static route to the next hop, or the neighbor tells another one',
  ],
  'martian-as': [
    'a reserved AS number is in the path (23456, 65535 or 4294967295)',
    'the network that put it there has to use a number of its own',
  ],
  'peer-only': [
    'the policy of the peering takes only routes the neighbor originates',
    'the operator chooses another policy for the peering',
  ],
  'registry-missing': [
    'this node has no copy of the registry to check it with',
    'load the registry, or give the peering the policy accept-all',
  ],
  'loop-cluster': ['the route came back within our AS', 'nothing: it is a loop'],
  'no-policy': [
    'the import policy of the peering takes nothing',
    'the operator chooses another policy for the peering',
  ],
};
const OPERATORS: Rule = [
  'a rule of the operator rejects it',
  'the operator changes the policy; `policy test` shows how it judges',
];
const MALFORMED: Rule = [
  'an attribute is malformed, so the route counts as withdrawn (RFC 7606)',
  'the neighbor has to send the attribute as its standard says; `lg malformed` shows the octets',
];

/** What stands before a path: the best, one that carries packets beside it, a rejected one. */
export const markOf = ({
  isBest,
  isMultipath,
  rejected,
}: Pick<RouteView, 'isBest' | 'isMultipath' | 'rejected'>): string =>
  isBest ? '*' : isMultipath ? '=' : rejected === null ? ' ' : '-';

/** The rule that rejected a route; the token stands for itself when it has no words. */
export const ruleInWords = (reason: string): string => ruleOf(reason)?.[0] ?? reason;
export const remedyInWords = (reason: string): string | null => ruleOf(reason)?.[1] ?? null;

const ruleOf = (reason: string): Rule | undefined =>
  reason.startsWith('rule:')
    ? OPERATORS
    : reason.startsWith('taw:')
      ? MALFORMED
      : isReasonToken(reason)
        ? RULES[reason]
        : undefined;

/** Returns e.g. `ROA 172.20.0.0/24 max 28 AS64511`. */
export const roasInWords = ({ roas }: Pick<RejectedView, 'roas'>): string =>
  roas.length === 0
    ? 'no ROA'
    : roas.map((roa) => `ROA ${roa.prefix} max ${roa.maxLength} AS${roa.asn}`).join(', ');

export const EXPORT_WORDS: Readonly<Record<ExportReason, string>> = {
  'not-established': 'the session is not established',
  'family-not-agreed': 'the session does not carry this address family',
  'no-next-hop': 'no address of ours can be the next hop on this session',
  'no-best-path': 'there is no best path',
  'split-horizon': 'the best path comes from this neighbor',
  'not-reflected': 'it was learnt inside our AS, and neither side is a client of ours (RFC 4456)',
  'no-advertise': 'community NO_ADVERTISE (RFC 1997)',
  'no-export': 'community NO_EXPORT (RFC 1997)',
  'only-to-customers':
    'it came from a provider, a peer or a route server, so it goes to customers only (RFC 9234)',
  'llgr-stale':
    'it is stale for long, and the neighbor does not know long-lived graceful restart (RFC 9494)',
  'as-in-path': 'the AS of the neighbor is in the path already',
  policy: 'the policies of both peerings: not a route for this neighbor',
  'message-too-long': 'its attributes do not fit a message of this session',
  'not-among-best': 'among the paths that may go to this neighbor there are better ones',
};

/** The same of one path of several. */
export const PATH_EXPORT_WORDS: typeof EXPORT_WORDS = {
  ...EXPORT_WORDS,
  'split-horizon': 'the path comes from this neighbor',
};

/** Why the best path changed. */
export function causeInWords(change: Omit<BestPathChange, 'at'>): string {
  const { cause, detail } = change;
  const from = sourceInWords(change.from ?? 'nobody', change.fromPathId);
  switch (cause) {
    case 'first-path':
      return 'first path';
    case 'attributes-changed':
      return 'other attributes from the same neighbor';
    case 'decision':
      return `better at ${detail}`;
    case 'withdrawn':
      return `${from} withdrew it`;
    case 'session-down':
      return `the session with ${from} ended`;
    case 'rejected':
      return `the path from ${from} is rejected: ${ruleInWords(detail ?? '')}`;
    default:
      return assertNever(cause);
  }
}

/** A path in words: its place and why. */
export const pathInWords = (
  view: Pick<RouteView, 'isBest' | 'isMultipath' | 'rejected' | 'isBlackhole'> & {
    readonly why: StepRow | null;
  },
): string => {
  const { isBest, isMultipath, rejected, why, isBlackhole } = view;
  if (rejected !== null) {
    const remedy = remedyInWords(rejected.reason);
    const code = rejected.code === null ? '' : `, code ${rejected.code}`;
    const rule = rejected.rule === null ? '' : `, ${rejected.rule}`;
    return `rejected: ${ruleInWords(rejected.reason)} (${rejected.reason}${code}${rule}); ${roasInWords(rejected)}${remedy === null ? '' : `; to be accepted: ${remedy}`}`;
  }
  const discarded = isBlackhole
    ? '; packets to it are discarded, as the neighbor asks (BLACKHOLE, RFC 7999)'
    : '';
  if (why === null)
    return isBest ? `best: the only usable path${discarded}` : 'not used: its session is down';
  const against = sourceInWords(why.against, why.againstPathId);
  return isBest
    ? `best: wins against ${against} by ${comparisonInWords(why)}${isMultipath ? '; shares packets with the paths marked =' : ''}${discarded}`
    : `lost against ${against}: ${comparisonInWords(why)}${isMultipath ? '; as good down to there, so it carries packets beside it (multipath)' : ''}`;
};
