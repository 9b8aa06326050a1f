/**
 * Conditions and actions with their words resolved: no names of sets, no texts, nothing to look up.
 *
 * Not standardized; BGP specification §13.2. What `resolve.ts` makes and `interpreter.ts` and
 * `program.ts` run.
 *
 * @module
 */
import type { NeighborPolicy } from '../export-policy.ts';
import type { Direction } from './builtin.ts';
import type { ParameterDeclaration, ParameterValue, PolicyDocument } from './document.ts';
import type {
  AsSet,
  Community,
  CommunityPattern,
  MaskToken,
  PrefixPattern,
  Range,
  Translation,
} from './patterns.ts';

/** Of a neighbor: what a policy may ask. */
export type PeerFacts = {
  /** The peering's name. */
  readonly name: string;
  readonly asn: number;
  readonly groups: readonly string[];
  readonly role: NeighborPolicy;
  readonly isInternal: boolean;
  /** It may ask for packets to be discarded (RFC 7999). */
  readonly mayBlackhole?: boolean;
};

export type FilterVerdict = 'permitted' | 'denied' | 'wrong-length';

export type Condition =
  | { readonly op: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition }
  // Of the prefix, or of where the route came from.
  | { readonly op: 'prefix'; readonly patterns: readonly PrefixPattern[] }
  | { readonly op: 'prefixLength'; readonly range: Range }
  | { readonly op: 'ownPrefix' | 'bogon' | 'registry' | 'isOwn'; readonly wanted: boolean }
  | { readonly op: 'filterRow'; readonly wanted: FilterVerdict }
  /** By position in ROA_VALIDITIES. */
  | { readonly op: 'roa'; readonly wanted: readonly number[] }
  | { readonly op: 'fromPeer' | 'fromGroup' | 'fromRole'; readonly names: readonly string[] }
  | { readonly op: 'fromAsn'; readonly asns: AsSet }
  // Of the session.
  | { readonly op: 'family'; readonly wanted: 4 | 6 }
  | { readonly op: 'peer' | 'group' | 'role'; readonly names: readonly string[] }
  | { readonly op: 'peerAsn'; readonly asns: AsSet }
  | { readonly op: 'session'; readonly isInternal: boolean }
  | { readonly op: 'mayBlackhole'; readonly wanted: boolean }
  | { readonly op: 'parameter'; readonly name: string; readonly wanted: Range | string | boolean }
  // Of the attributes.
  | { readonly op: 'pathLength' | 'pathCount' | 'localPref'; readonly range: Range }
  | { readonly op: 'med'; readonly range: Range | 'absent' }
  | {
      readonly op: 'pathFirst' | 'pathLast' | 'pathContains' | 'pathOnly';
      readonly asns: AsSet;
    }
  | { readonly op: 'pathMatches'; readonly masks: readonly (readonly MaskToken[])[] }
  | { readonly op: 'community'; readonly patterns: readonly CommunityPattern[] }
  | { readonly op: 'nextHop'; readonly patterns: readonly PrefixPattern[] }
  | { readonly op: 'nextHopUsable' | 'reflected' | 'leaked'; readonly wanted: boolean }
  | { readonly op: 'origin'; readonly wanted: number };

export type Action = {
  readonly remove: readonly CommunityPattern[];
  readonly translate: readonly Translation[];
  readonly add: readonly Community[];
  readonly linkFlags: boolean;
  readonly linkOrigin: { readonly region?: number; readonly country?: number } | undefined;
  readonly localPref: number | { readonly add: number } | undefined;
  readonly med: number | 'remove' | 'dn42' | { readonly add: number } | undefined;
  readonly origin: number | undefined;
  readonly prepend: number;
  readonly actionCommunities: boolean;
  readonly verdict: 'accept' | 'reject' | undefined;
  /** Of `reject`: the token of a built-in reason; absent: the rule itself is the reason. */
  readonly reason: string | undefined;
};

export type Rule = {
  readonly name: string;
  /** From 1, as people count. */
  readonly number: number;
  readonly condition: Condition;
  readonly action: Action;
};

export type Policy = {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly otherwise: 'accept' | 'reject';
};

/** What an evaluation is about, beside the route itself. */
export type PolicySession = {
  readonly direction: Direction;
  readonly family: 4 | 6;
  readonly ownAsn: number;
  readonly peer: PeerFacts;
  readonly parameters: ReadonlyMap<string, ParameterValue>;
};

/** A document that can be used. */
export type PolicyBook = {
  readonly document: PolicyDocument;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly bases: Readonly<Record<Direction, ReadonlyMap<string, Policy>>>;
  readonly parameters: ReadonlyMap<string, ParameterDeclaration>;
};
