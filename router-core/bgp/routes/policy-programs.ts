/**
 * The operator's policies as programs: one per neighbor on import, one per group on export.
 *
 * Not standardized; BGP specification §6.5, §13.2.
 *
 * @module
 */
import type { AttributeStore } from '../attribute/attribute-store.ts';
import type { ImportPolicy, ImportView } from '../policy/import-policy.ts';
import type { Reasons } from '../policy/reason.ts';
import type { Chain } from '../policy/rules/chain.ts';
import type { PeerFacts, PolicySession } from '../policy/rules/condition.ts';
import { PolicyProgram, type ProgramParts, type RouteFacts } from '../policy/rules/program.ts';
import type { NegotiatedSession } from '../types.ts';
import { CANONICAL_BYTES_MAX } from '../update/canonicalize.ts';
import { peerFactsOf } from './peer-facts.ts';
import type { RouteNeighborConfig } from './types.ts';

/** What facts about a route depend on, beside the route. */
type FactsView = Pick<ImportView, 'ownAddresses' | 'role' | 'peerAsn'>;
/** A route that leaves came from somebody else: no next hop of ours is at stake, and no leak. */
const NOT_RECEIVED: FactsView = { ownAddresses: [], role: undefined, peerAsn: 0 };

/** The operator's rules by family; undefined: there are none. */
export type FamilyPrograms = {
  readonly 4: PolicyProgram | undefined;
  readonly 6: PolicyProgram | undefined;
};
const NO_PROGRAMS: FamilyPrograms = { 4: undefined, 6: undefined };

export class PolicyPrograms {
  readonly parts: Omit<ProgramParts, 'facts'>;
  private readonly policy: ImportPolicy;
  readonly asn: number;

  constructor(store: AttributeStore, policy: ImportPolicy, reasons: Reasons, asn: number) {
    this.parts = { store, reasons, scratch: new Uint8Array(CANONICAL_BYTES_MAX) };
    this.policy = policy;
    this.asn = asn;
  }

  ofImport({ rules }: RouteNeighborConfig, peer: PeerFacts, view: FactsView): FamilyPrograms {
    if (rules === undefined) return NO_PROGRAMS;
    return this.programs('import', rules.import, rules.parameters, peer, view);
  }

  ofExport(config: RouteNeighborConfig, session: NegotiatedSession): FamilyPrograms {
    const { rules } = config;
    if (rules === undefined) return NO_PROGRAMS;
    const peer = peerFactsOf(config, session);
    return this.programs('export', rules.export, rules.parameters, peer, NOT_RECEIVED);
  }

  /** What the import policy answers about routes of one session. */
  factsOf(direction: 'import' | 'export', received: FactsView): RouteFacts {
    const { policy } = this;
    const view = direction === 'import' ? received : NOT_RECEIVED;
    return {
      get hasRegistry() {
        return policy.hasRegistry;
      },
      isOwnPrefix: (route) => policy.isOwnPrefix(route),
      isBogon: (route) => policy.isBogon(route),
      filterRow: (route) => policy.filterRow(route),
      validity: (route, origin) => policy.validity(route, origin),
      isReflected: (id) => policy.isReflected(id),
      isLeaked: (id) => policy.isLeaked(view, id),
      isNextHopUsable: (id) => policy.hasUsableNextHop(view, id),
    };
  }

  /** What an evaluation is about, beside the route. */
  sessionOf(
    direction: 'import' | 'export',
    family: 4 | 6,
    peer: PeerFacts,
    parameters: PolicySession['parameters'],
  ): PolicySession {
    // What a neighbor may ask of us has no meaning for what it is told.
    const known = direction === 'import' ? peer : { ...peer, mayBlackhole: false };
    return { direction, family, ownAsn: this.asn, peer: known, parameters };
  }

  private programs(
    direction: 'import' | 'export',
    chain: Chain,
    parameters: PolicySession['parameters'],
    peer: PeerFacts,
    view: FactsView,
  ): FamilyPrograms {
    // Both or none: where rules may set MED, a received one must be taken out in either family.
    if (chain.policies[4].length + chain.policies[6].length === 0) return NO_PROGRAMS;
    const parts = { ...this.parts, facts: this.factsOf(direction, view) };
    const program = (family: 4 | 6): PolicyProgram =>
      new PolicyProgram(
        chain.policies[family],
        this.sessionOf(direction, family, peer, parameters),
        parts,
      );
    return { 4: program(4), 6: program(6) };
  }
}
