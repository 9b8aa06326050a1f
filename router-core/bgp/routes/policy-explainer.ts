/**
 * Tells how policies judge a route: by the interpreter, never by what was remembered.
 *
 * Not standardized; BGP specification §13.3.
 *
 * @module
 */
import { formatIpPrefix, type IpPrefix } from '../../base/ip-address.ts';
import { AS_SEQUENCE } from '../attribute/as-path.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { type Chain, describeRule } from '../policy/rules/chain.ts';
import { EditableAttributes } from '../policy/rules/editable-attributes.ts';
import { interpret, type PolicyRoute } from '../policy/rules/interpreter.ts';
import { exactCommunity, parseCommunityPattern } from '../policy/rules/patterns.ts';
import { u16, u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { NO_SOURCE } from '../rib/source-table.ts';
import { importViewOf, peerFactsOf, type RouteNeighbor } from './neighbor.ts';
import type { PolicyPrograms } from './policy-programs.ts';
import type { PolicyExplanation, SupposedRoute } from './types.ts';

/** A set of attributes that may stand in no store, and whose route it is. */
type Subject = {
  readonly prefix: IpPrefix;
  readonly attributes: EditableAttributes;
  /** The set in the store, 0: a supposed route. */
  readonly id: number;
  readonly from: RouteNeighbor | undefined;
};

export class PolicyExplainer {
  private readonly store: AttributeStore;
  private readonly ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
  private readonly bySource: ReadonlyMap<number, RouteNeighbor>;
  private readonly programs: PolicyPrograms;

  constructor(parts: {
    store: AttributeStore;
    ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
    bySource: ReadonlyMap<number, RouteNeighbor>;
    programs: PolicyPrograms;
  }) {
    this.store = parts.store;
    this.ribs = parts.ribs;
    this.bySource = parts.bySource;
    this.programs = parts.programs;
  }

  /** Undefined: the neighbor has no such route, or no policies yet. */
  explain(
    neighbor: RouteNeighbor,
    direction: 'import' | 'export',
    what: IpPrefix | SupposedRoute,
  ): PolicyExplanation | undefined {
    const { rules } = neighbor.config;
    if (rules === undefined) return undefined;
    const subject =
      'path' in what
        ? this.supposed(neighbor, direction, what)
        : direction === 'import'
          ? this.received(neighbor, what)
          : this.best(what);
    return subject === undefined
      ? undefined
      : this.judge(neighbor, direction, rules[direction], subject);
  }

  /** Rules of the import policy that change a route this neighbor sent with these attributes. */
  changedBy(neighbor: RouteNeighbor, prefix: IpPrefix, received: number): string[] {
    const judgement = this.explainPath(neighbor, 'import', prefix, received, neighbor);
    return (judgement?.trace ?? [])
      .filter(({ changes }) => changes.length > 0)
      .map(
        ({ policy, number, rule, changes }) =>
          `${describeRule(policy, { number, name: rule })}: ${changes.join(', ')}`,
      );
  }

  /** Judges a set of the store as a route of `from`, undefined: our own. */
  explainPath(
    neighbor: RouteNeighbor,
    direction: 'import' | 'export',
    prefix: IpPrefix,
    id: number,
    from: RouteNeighbor | undefined,
  ): PolicyExplanation | undefined {
    const { rules } = neighbor.config;
    if (rules === undefined) return undefined;
    const subject = { prefix, attributes: this.attributesOf(id), id, from };
    return this.judge(neighbor, direction, rules[direction], subject);
  }

  private judge(
    neighbor: RouteNeighbor,
    direction: 'import' | 'export',
    chain: Chain,
    subject: Subject,
  ): PolicyExplanation {
    const { prefix, from } = subject;
    const session = this.programs.sessionOf(
      direction,
      prefix.family,
      peerFactsOf(neighbor.config, neighbor.session ?? neighbor.keptSession),
      neighbor.config.rules?.parameters ?? new Map(),
    );
    const policies = [chain.basePolicy, ...chain.policies[prefix.family]];
    const { verdict, rule, policy, trace } = interpret(
      policies,
      this.routeOf(neighbor, subject),
      session,
    );
    const reason = rule?.action.reason ?? `rule:${rule?.name ?? policy}`;
    return {
      session: neighbor.config.name,
      direction,
      prefix: formatIpPrefix(prefix),
      from: from?.config.name ?? 'own',
      verdict,
      reason: verdict === 'accept' ? null : reason,
      trace,
    };
  }

  private routeOf(neighbor: RouteNeighbor, { prefix, attributes, id, from }: Subject): PolicyRoute {
    const view = importViewOf(neighbor.config, neighbor.session ?? neighbor.keptSession);
    const facts = this.programs.factsOf(view);
    const { prefixes } = this.ribs[prefix.family];
    prefixes.loadPrefix(prefix);
    return {
      prefix,
      attributes,
      from: from?.peerFacts,
      isOwnPrefix: facts.isOwnPrefix(prefixes),
      isBogon: facts.isBogon(prefixes),
      hasRegistry: facts.hasRegistry,
      filterRow: facts.filterRow(prefixes),
      roa: facts.validity(prefixes, attributes.originIn(this.programs.asn)),
      // A supposed route came the right way.
      isNextHopUsable: id === 0 || facts.isNextHopUsable(id),
      isReflected: id !== 0 && facts.isReflected(id),
    };
  }

  private received(neighbor: RouteNeighbor, prefix: IpPrefix): Subject | undefined {
    const rib = this.ribs[prefix.family];
    rib.prefixes.loadPrefix(prefix);
    const row = rib.paths.lowestOf(rib.prefixes.find(), neighbor.source);
    if (row === -1) return undefined;
    const id = rib.paths.receivedOf(row) || u32(rib.paths.attributes, row);
    return { prefix, attributes: this.attributesOf(id), id, from: neighbor };
  }

  private best(prefix: IpPrefix): Subject | undefined {
    const rib = this.ribs[prefix.family];
    rib.prefixes.loadPrefix(prefix);
    const row = rib.prefixes.find();
    const source = u16(rib.best, row);
    if (row === 0 || source === NO_SOURCE) return undefined;
    const id = u32(rib.bestAttributes, row);
    return { prefix, attributes: this.attributesOf(id), id, from: this.bySource.get(source) };
  }

  private attributesOf(id: number): EditableAttributes {
    const { store } = this;
    return new EditableAttributes(store.bytes, store.start(id), store.end(id));
  }

  private supposed(
    neighbor: RouteNeighbor,
    direction: 'import' | 'export',
    { prefix, path, communities, med, localPref }: SupposedRoute,
  ): Subject {
    const attributes = new EditableAttributes(new Uint8Array(0), 0, 0);
    attributes.origin = 0;
    attributes.path = path.length === 0 ? [] : [{ type: AS_SEQUENCE, asns: [...path] }];
    attributes.med = med;
    attributes.localPrefAttribute = localPref;
    for (const text of communities) {
      const pattern = parseCommunityPattern(text);
      const community = pattern === undefined ? undefined : exactCommunity(pattern);
      if (community !== undefined) attributes.add(community);
    }
    // On export somebody tells it whose AS comes first; without one it is ours.
    const teller = [...this.bySource.values()].find(({ config }) => config.peerAsn === path[0]);
    return { prefix, attributes, id: 0, from: direction === 'import' ? neighbor : teller };
  }
}
