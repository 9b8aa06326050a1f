/**
 * What runs for one peering: which built-in base, which policies after it, with which values.
 *
 * Not standardized; BGP specification §6.5 (policy and its parameters are part of what tells groups
 * apart), RFC 8212 (a base always comes first).
 *
 *   peering's own words ─► its groups, in order ─► defaults of the document ─► the base alone
 *
 * Invariant: two neighbors with equal keys get equal results for equal routes.
 *
 * @module
 */
import type { NeighborPolicy } from '../export-policy.ts';
import { BASES, type Direction } from './builtin.ts';
import type { Action, Condition, Policy, PolicyBook, Rule } from './condition.ts';
import type { Assignment, ChainText, ParameterValue } from './document.ts';

type FamilyNames = Readonly<Record<4 | 6, readonly string[]>>;

/** One direction of a peering. */
export type Chain = {
  readonly base: string;
  /** The base in the language, for those who explain. */
  readonly basePolicy: Policy;
  readonly policies: Readonly<Record<4 | 6, readonly Policy[]>>;
  /** What a result depends on beside the route; empty: on the base alone. */
  readonly key: string;
  /** A result may depend on the AS at the other end, which for a dynamic neighbor only the session knows. */
  readonly isPersonal: boolean;
};

/** All that a neighbor's routes are judged by. */
export type PolicyBinding = {
  readonly peering: string;
  readonly groups: readonly string[];
  readonly import: Chain;
  readonly export: Chain;
  readonly parameters: ReadonlyMap<string, ParameterValue>;
};

/** What a peering says of its policies, beside its role. */
export type PeeringPolicyWish = Assignment & {
  readonly name: string;
  readonly asn: number;
  readonly role: NeighborPolicy;
  readonly groups: readonly string[];
};

/** Binds the policies of a peering; `measured` are values nobody wrote. */
export function bindPolicies(
  book: PolicyBook,
  wish: PeeringPolicyWish,
  measured: Readonly<Record<string, ParameterValue>> = {},
): PolicyBinding {
  const ofGroups = wish.groups.flatMap((name) => book.document.groups?.[name] ?? []);
  const assignments: readonly Assignment[] = [
    wish,
    ...ofGroups,
    ...(book.document.defaults === undefined ? [] : [book.document.defaults]),
  ];
  const parameters = new Map<string, ParameterValue>(Object.entries(measured));
  // The nearest word is written last.
  for (const { parameters: values = {} } of assignments.toReversed())
    for (const [name, value] of Object.entries(values)) parameters.set(name, value);
  const chainOf = (direction: Direction): Chain => {
    const text = assignments.find((assignment) => assignment[direction] !== undefined)?.[direction];
    return makeChain(book, direction, namesOf(text), wish, parameters);
  };
  return {
    peering: wish.name,
    groups: wish.groups,
    import: chainOf('import'),
    export: chainOf('export'),
    parameters,
  };
}

function namesOf(text: ChainText | undefined): FamilyNames {
  if (text === undefined) return { 4: [], 6: [] };
  if (Array.isArray(text)) return { 4: text, 6: text };
  const { ipv4 = [], ipv6 = [] } = text as Exclude<ChainText, readonly string[]>;
  return { 4: ipv4, 6: ipv6 };
}

function makeChain(
  book: PolicyBook,
  direction: Direction,
  names: FamilyNames,
  wish: PeeringPolicyWish,
  parameters: ReadonlyMap<string, ParameterValue>,
): Chain {
  const named = [...names[4], ...names[6]].find((name) => BASES[direction].includes(name));
  const isFree = direction === 'import' && wish.role === 'accept-all';
  const base = named ?? (isFree ? 'accept-all' : `dn42-${direction}`);
  const basePolicy = book.bases[direction].get(base) as Policy;
  const policies = { 4: policiesOf(book, names[4]), 6: policiesOf(book, names[6]) };
  const all = [...new Set([...policies[4], ...policies[6]])];
  const isDefault = all.length === 0 && named === undefined;
  return {
    base,
    basePolicy,
    policies,
    key: isDefault ? '' : keyOf(base, policies, all, wish, parameters),
    isPersonal: isPersonal(all),
  };
}

const policiesOf = (book: PolicyBook, names: readonly string[]): readonly Policy[] =>
  names.flatMap((name) => book.policies.get(name) ?? []);

/** The texts of the policies, the values they ask for, and the neighbor where they ask for it. */
function keyOf(
  base: string,
  policies: Chain['policies'],
  all: readonly Policy[],
  wish: PeeringPolicyWish,
  parameters: ReadonlyMap<string, ParameterValue>,
): string {
  const actions = all.flatMap((policy) => policy.rules.map((rule) => rule.action));
  const conditions = conditionsOf(all);
  const asked = new Set(actions.flatMap(parametersOfAction));
  for (const condition of conditions) if (condition.op === 'parameter') asked.add(condition.name);
  const values = [...asked].sort().map((name) => [name, parameters.get(name) ?? null]);
  const { name, asn, role, groups } = wish;
  return JSON.stringify([
    base,
    [4, 6].map((family) =>
      policies[family as 4 | 6].map(({ name: of, rules, otherwise }) => [of, rules, otherwise]),
    ),
    values,
    isPersonal(all) ? [name, asn, role, groups] : [],
  ]);
}

const isPersonal = (all: readonly Policy[]): boolean =>
  all.some(({ rules }) =>
    rules.some(({ action }) => action.actionCommunities || action.prepend > 0),
  ) || conditionsOf(all).some(asksPeer);

/** Every condition of some policies, those inside others included. */
export function conditionsOf(policies: readonly Policy[]): Condition[] {
  const found: Condition[] = [];
  const visit = (condition: Condition): void => {
    found.push(condition);
    if (condition.op === 'all' || condition.op === 'any') condition.of.forEach(visit);
    else if (condition.op === 'not') visit(condition.of);
  };
  for (const { rules } of policies) for (const rule of rules) visit(rule.condition);
  return found;
}

const PEER_CONDITIONS: ReadonlySet<Condition['op']> = new Set(['peer', 'group', 'role', 'peerAsn']);

const asksPeer = (condition: Condition): boolean =>
  PEER_CONDITIONS.has(condition.op) || ('asns' in condition && condition.asns.hasPeer);

const parametersOfAction = (action: Action): string[] => [
  ...(action.linkFlags ? ['latency', 'bandwidth', 'encryption', 'kind', 'loss'] : []),
  ...(action.med === 'dn42' ? ['latency', 'bandwidth', 'encryption'] : []),
  ...(action.actionCommunities ? ['region'] : []),
];

/** Returns `mine, rule 3 "no-transit"` for a reason of this chain, or null when no rule of it gives it. */
export function ruleOfReason(chain: Chain, family: 4 | 6, reason: string): string | null {
  const policies = [chain.basePolicy, ...chain.policies[family]];
  for (const { name, rules } of policies) {
    for (const rule of rules) {
      const token = rule.action.reason ?? `rule:${rule.name}`;
      if (token === reason) return describeRule(name, rule);
    }
    if (reason === `rule:${name}`) return `${name}, none of its rules`;
  }
  return null;
}

export const describeRule = (
  policy: string,
  { number, name }: Pick<Rule, 'number' | 'name'>,
): string => `${policy}, rule ${number} "${name}"`;
