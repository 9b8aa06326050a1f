/**
 * A policy document: what an operator writes about routes, as plain data.
 *
 * Not standardized; BGP specification §13.2. The schema is data, so a file, a form and a JSON schema
 * follow from one description; `resolve.ts` turns the words into meaning.
 *
 *   sets       named prefixes, AS numbers and communities
 *   parameters typed inputs that every peering fills (latency: 1 to 9 …)
 *   policies   named, ordered lists of rules { name, if, then }
 *   defaults   which policies all peerings have, in which direction
 *   groups     the same for peerings that say they belong to one
 *
 * Invariant: there is no recursion and no loop in it, and every list has a limit, so an evaluation
 * ends after at most RULES_MAX rules per policy.
 *
 * @module
 */
import type { Schema } from '../../../base/schema.ts';
import type { RoaValidity } from '../../roa/roa-table.ts';
import type { NeighborPolicy } from '../export-policy.ts';
import {
  CHAIN_MAX,
  CONDITION_DEPTH_MAX,
  GROUPS_MAX,
  PARAMETERS_MAX,
  POLICIES_MAX,
  PREPEND_MAX,
  RULES_MAX,
  SET_ENTRIES_MAX,
  SETS_MAX,
} from './limits.ts';

/** A number, or both ends of a range, either of which may be open. */
export type RangeText = number | { readonly min?: number; readonly max?: number };
/** AS numbers, ranges `4242420000-4242429999`, `own`, `peer`, or names of sets. */
export type AsText = number | string | readonly (number | string)[];
export type Texts = string | readonly string[];
export type ParameterValue = number | string | boolean;

export type ConditionText = {
  /** Names of prefix sets or patterns: `172.20.0.0/14{21,29}`, `fd00::/8+`, `10.0.0.0/8-`. */
  readonly prefix?: Texts;
  readonly prefixLength?: RangeText;
  readonly family?: 'ipv4' | 'ipv6';
  /** Inside a prefix of this node. */
  readonly ownPrefix?: boolean;
  readonly bogon?: boolean;
  /** What the registry's filter rows say of the prefix. */
  readonly filterRow?: 'permitted' | 'denied' | 'wrong-length';
  readonly registry?: 'present' | 'missing';
  readonly roa?: RoaValidity | readonly RoaValidity[];
  readonly source?: 'own' | 'learnt';
  /** The neighbor of the session the policy runs for. */
  readonly peer?: Texts;
  readonly peerAsn?: AsText;
  readonly group?: Texts;
  readonly role?: NeighborPolicy | readonly NeighborPolicy[];
  readonly session?: 'external' | 'internal';
  /** The neighbor's session has the option `blackhole`. */
  readonly mayBlackhole?: boolean;
  /** The neighbor the route was learnt from: the same one on import. */
  readonly fromPeer?: Texts;
  readonly fromAsn?: AsText;
  readonly fromGroup?: Texts;
  readonly fromRole?: NeighborPolicy | readonly NeighborPolicy[];
  /** As the decision counts it. */
  readonly pathLength?: RangeText;
  /** Every AS written down. */
  readonly pathCount?: RangeText;
  readonly pathFirst?: AsText;
  readonly pathLast?: AsText;
  readonly pathContains?: AsText;
  /** The one AS the whole path consists of. */
  readonly pathOnly?: AsText;
  /** Masks such as `4242420000 * 4242421000-4242421999 ?`. */
  readonly pathMatches?: Texts;
  /** Names of community sets or patterns: `64511:1-9`, `4242420000:1:*`, `rt:42:*`. */
  readonly community?: Texts;
  readonly nextHop?: Texts;
  readonly nextHopUsable?: boolean;
  /** The route went through this router before, by a reflector (RFC 4456 §8). */
  readonly reflected?: boolean;
  /** RFC 9234: it came from where it must not come from. On import only. */
  readonly leaked?: boolean;
  readonly localPref?: RangeText;
  readonly med?: RangeText | 'absent';
  readonly origin?: 'igp' | 'egp' | 'incomplete';
  readonly parameter?: Readonly<Record<string, RangeText | string | boolean>>;
  readonly all?: readonly ConditionText[];
  readonly any?: readonly ConditionText[];
  readonly not?: ConditionText;
};

/** What is done, in the order of the fields. */
export type ActionText = {
  readonly removeCommunities?: Texts;
  /** `*` in `to` stands for what the next `*` or range of `from` matched. */
  readonly translateCommunities?: readonly { readonly from: string; readonly to: string }[];
  readonly addCommunities?: Texts;
  /** DN42's link communities by the parameters of the peering (portal specification §11.6). */
  readonly linkFlags?: boolean;
  /** DN42's origin communities, on routes of our own alone. */
  readonly linkOrigin?: { readonly region?: number; readonly country?: number };
  readonly localPref?: number | { readonly add: number };
  /** `dn42`: the formula of the wiki from the link communities. */
  readonly med?: number | 'remove' | 'dn42' | { readonly add: number };
  readonly setOrigin?: 'igp' | 'egp' | 'incomplete';
  /** Our AS on export, that of the neighbor on import. */
  readonly prepend?: number;
  /** Obeys what peers ask by (own AS, 1…3, x) of portal specification §11.6. */
  readonly actionCommunities?: boolean;
  readonly accept?: boolean;
  /** True, or the token of a reason the built-in policies give. */
  readonly reject?: boolean | string;
};

export type RuleText = {
  readonly name: string;
  /** Absent: always. */
  readonly if?: ConditionText;
  readonly then: ActionText;
};

export type PolicyText = {
  readonly rules: readonly RuleText[];
  /** When no rule has accepted or rejected; absent: accept. */
  readonly otherwise?: 'accept' | 'reject';
};

/** Names of policies, for both families or for each. */
export type ChainText =
  | readonly string[]
  | { readonly ipv4?: readonly string[]; readonly ipv6?: readonly string[] };

export type Assignment = {
  readonly import?: ChainText;
  readonly export?: ChainText;
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
};

export type ParameterDeclaration = {
  readonly type: 'number' | 'text' | 'boolean';
  readonly min?: number;
  readonly max?: number;
  readonly oneOf?: readonly string[];
};

export type PolicyDocument = {
  readonly sets?: {
    readonly prefixes?: Readonly<Record<string, readonly string[]>>;
    readonly asns?: Readonly<Record<string, readonly (number | string)[]>>;
    readonly communities?: Readonly<Record<string, readonly string[]>>;
  };
  readonly parameters?: Readonly<Record<string, ParameterDeclaration>>;
  readonly policies?: Readonly<Record<string, PolicyText>>;
  readonly defaults?: Assignment;
  readonly groups?: Readonly<Record<string, Assignment>>;
};

const NAME: Schema = { kind: 'string', maxLength: 48 };
const TEXT: Schema = { kind: 'string', maxLength: 200 };
const TEXTS: Schema = {
  kind: 'any-of',
  options: [TEXT, { kind: 'array', items: TEXT, maxItems: 1000 }],
};
const WORD: Schema = { kind: 'number', maximum: 0xffffffff };
const AS_ENTRY: Schema = { kind: 'any-of', options: [WORD, { kind: 'string', maxLength: 48 }] };
const ASNS: Schema = {
  kind: 'any-of',
  options: [
    WORD,
    { kind: 'string', maxLength: 48 },
    { kind: 'array', items: AS_ENTRY, maxItems: 1000 },
  ],
};
const RANGE: Schema = {
  kind: 'any-of',
  options: [WORD, { kind: 'object', fields: { min: WORD, max: WORD } }],
};
const oneOrMore = (oneOf: readonly string[]): Schema => {
  const one: Schema = { kind: 'string', oneOf };
  return { kind: 'any-of', options: [one, { kind: 'array', items: one, maxItems: oneOf.length }] };
};
const ROLES = oneOrMore(['full', 'peer-only', 'downstream', 'upstream', 'accept-all']);
const ORIGIN: Schema = { kind: 'string', oneOf: ['igp', 'egp', 'incomplete'] };
const ADDITION: Schema = {
  kind: 'object',
  fields: { add: { kind: 'number', minimum: -0xffffffff, maximum: 0xffffffff, required: true } },
};

/** The schema of a condition that may hold `depth` more levels of conditions. */
function conditionSchema(depth: number): Schema {
  const inner = depth === 0 ? undefined : conditionSchema(depth - 1);
  const list: Schema | undefined =
    inner === undefined ? undefined : { kind: 'array', items: inner, maxItems: 32 };
  return {
    kind: 'object',
    fields: {
      prefix: TEXTS,
      prefixLength: RANGE,
      family: { kind: 'string', oneOf: ['ipv4', 'ipv6'] },
      ownPrefix: { kind: 'boolean' },
      bogon: { kind: 'boolean' },
      mayBlackhole: { kind: 'boolean' },
      filterRow: { kind: 'string', oneOf: ['permitted', 'denied', 'wrong-length'] },
      registry: { kind: 'string', oneOf: ['present', 'missing'] },
      roa: oneOrMore(['valid', 'not-found', 'invalid-origin', 'invalid-length']),
      source: { kind: 'string', oneOf: ['own', 'learnt'] },
      peer: TEXTS,
      peerAsn: ASNS,
      group: TEXTS,
      role: ROLES,
      session: { kind: 'string', oneOf: ['external', 'internal'] },
      fromPeer: TEXTS,
      fromAsn: ASNS,
      fromGroup: TEXTS,
      fromRole: ROLES,
      pathLength: RANGE,
      pathCount: RANGE,
      pathFirst: ASNS,
      pathLast: ASNS,
      pathContains: ASNS,
      pathOnly: ASNS,
      pathMatches: TEXTS,
      community: TEXTS,
      nextHop: TEXTS,
      nextHopUsable: { kind: 'boolean' },
      reflected: { kind: 'boolean' },
      leaked: { kind: 'boolean' },
      localPref: RANGE,
      med: { kind: 'any-of', options: [RANGE, { kind: 'string', oneOf: ['absent'] }] },
      origin: ORIGIN,
      parameter: {
        kind: 'record',
        maxEntries: PARAMETERS_MAX,
        values: { kind: 'any-of', options: [RANGE, { kind: 'string' }, { kind: 'boolean' }] },
      },
      ...(inner === undefined || list === undefined ? {} : { all: list, any: list, not: inner }),
    },
  };
}

const ACTION: Schema = {
  kind: 'object',
  fields: {
    removeCommunities: TEXTS,
    translateCommunities: {
      kind: 'array',
      maxItems: 32,
      items: {
        kind: 'object',
        fields: { from: { ...TEXT, required: true }, to: { ...TEXT, required: true } },
      },
    },
    addCommunities: TEXTS,
    linkFlags: { kind: 'boolean' },
    linkOrigin: {
      kind: 'object',
      fields: {
        region: { kind: 'number', minimum: 41, maximum: 70 },
        country: { kind: 'number', minimum: 1000, maximum: 1999 },
      },
    },
    localPref: { kind: 'any-of', options: [WORD, ADDITION] },
    med: {
      kind: 'any-of',
      options: [WORD, { kind: 'string', oneOf: ['remove', 'dn42'] }, ADDITION],
    },
    setOrigin: ORIGIN,
    prepend: { kind: 'number', minimum: 1, maximum: PREPEND_MAX },
    actionCommunities: { kind: 'boolean' },
    accept: { kind: 'boolean' },
    reject: { kind: 'any-of', options: [{ kind: 'boolean' }, NAME] },
  },
};

const NAMES: Schema = { kind: 'array', items: NAME, maxItems: CHAIN_MAX };
/** Which policies run, of an assignment or a peering. */
export const CHAIN_SCHEMA: Schema = {
  kind: 'any-of',
  options: [NAMES, { kind: 'object', fields: { ipv4: NAMES, ipv6: NAMES } }],
};
export const PARAMETERS_SCHEMA: Schema = {
  kind: 'record',
  maxEntries: PARAMETERS_MAX,
  values: {
    kind: 'any-of',
    options: [{ kind: 'number' }, { kind: 'string', maxLength: 48 }, { kind: 'boolean' }],
  },
};
export const GROUPS_SCHEMA: Schema = { kind: 'array', items: NAME, maxItems: CHAIN_MAX };

const ASSIGNMENT: Schema = {
  kind: 'object',
  fields: { import: CHAIN_SCHEMA, export: CHAIN_SCHEMA, parameters: PARAMETERS_SCHEMA },
};
const setsOf = (items: Schema): Schema => ({
  kind: 'record',
  maxEntries: SETS_MAX,
  values: { kind: 'array', items, maxItems: SET_ENTRIES_MAX },
});

export const POLICY_SCHEMA: Schema = {
  kind: 'object',
  fields: {
    sets: {
      kind: 'object',
      fields: { prefixes: setsOf(TEXT), asns: setsOf(AS_ENTRY), communities: setsOf(TEXT) },
    },
    parameters: {
      kind: 'record',
      maxEntries: PARAMETERS_MAX,
      values: {
        kind: 'object',
        fields: {
          type: { kind: 'string', oneOf: ['number', 'text', 'boolean'], required: true },
          min: WORD,
          max: WORD,
          oneOf: { kind: 'array', items: NAME, maxItems: 64 },
        },
      },
    },
    policies: {
      kind: 'record',
      maxEntries: POLICIES_MAX,
      values: {
        kind: 'object',
        fields: {
          rules: {
            kind: 'array',
            maxItems: RULES_MAX,
            required: true,
            items: {
              kind: 'object',
              fields: {
                name: { ...NAME, required: true },
                if: conditionSchema(CONDITION_DEPTH_MAX - 1),
                then: { ...ACTION, required: true },
              },
            },
          },
          otherwise: { kind: 'string', oneOf: ['accept', 'reject'] },
        },
      },
    },
    defaults: ASSIGNMENT,
    groups: { kind: 'record', maxEntries: GROUPS_MAX, values: ASSIGNMENT },
  },
};
