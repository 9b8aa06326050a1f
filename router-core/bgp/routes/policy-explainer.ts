/**
 * Tells what becomes of a route and by which rules: judged anew, never by what was remembered.
 *
 * Not standardized; BGP specification §13.3.
 *
 *   verdict and reason   of the code that decides: `path-judge.ts` on import, `exporter.ts` on export
 *   trace                of the interpreter, which gives what the compiled rules give (a property test)
 *
 * Invariant: a route gets the verdict here that the engine gives it, or would when it came.
 *
 * @module
 */
import { formatIpPrefix, type IpAddress, type IpPrefix } from '../../base/ip-address.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { EXPORT_POLICY, exportReason, ONLY_TO_CUSTOMERS } from '../policy/export-reason.ts';
import { keepsFromNeighbor } from '../policy/only-to-customer.ts';
import { ACCEPTED, isTreatedAsWithdrawn, RECEIVE_LIMIT, type Reasons } from '../policy/reason.ts';
import { describeRule } from '../policy/rules/chain.ts';
import type { Policy } from '../policy/rules/condition.ts';
import { EditableAttributes } from '../policy/rules/editable-attributes.ts';
import {
  interpret,
  type Judgement,
  type PolicyRoute,
  type RuleTrace,
} from '../policy/rules/interpreter.ts';
import { u16, u32 } from '../rib/columns.ts';
import type { Decision } from '../rib/decision.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { OWN } from '../rib/source-table.ts';
import type { Exporter } from './exporter.ts';
import type { RouteNeighbor } from './neighbor.ts';
import { idView } from './path-id.ts';
import { NOT_KNOWN, type PathJudge } from './path-judge.ts';
import type { PolicyPrograms } from './policy-programs.ts';
import { supposedSet } from './supposed-set.ts';
import type { PolicyExplanation, SupposedRoute } from './types.ts';
import { isOfOurAs } from './update-group.ts';

/** A path with a set of the store, and whose it is; undefined: our own. */
type Subject = {
  readonly prefix: IpPrefix;
  readonly id: number;
  readonly from: RouteNeighbor | undefined;
  readonly pathId: number;
};
/** Of a path of the table. */
type KnownPath = Subject & { readonly row: number };

type ExplainerParts = {
  readonly store: AttributeStore;
  readonly ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
  readonly bySource: ReadonlyMap<number, RouteNeighbor>;
  readonly programs: PolicyPrograms;
  readonly judge: PathJudge;
  readonly decision: Decision;
  readonly exporter: Exporter;
  readonly reasons: Reasons;
};

/** What one direction says of a route: the rules that were asked, and the reason of a rejection. */
type Traced = { readonly trace: readonly RuleTrace[]; readonly reason: string | null };

const NOTHING_ASKED: Traced = { trace: [], reason: null };

export class PolicyExplainer {
  private readonly parts: ExplainerParts;

  constructor(parts: ExplainerParts) {
    this.parts = parts;
  }

  /** Judges every path there is of a prefix, or a supposed one; empty: there is none. */
  explain(
    neighbor: RouteNeighbor,
    direction: 'import' | 'export',
    what: IpPrefix | SupposedRoute,
  ): PolicyExplanation[] {
    const prefix = 'path' in what ? what.prefix : what;
    // A default route of our own passes every rule by, and stands for whatever there is.
    if (direction === 'export' && this.isOriginated(neighbor, prefix))
      return [
        explanationOf(
          neighbor,
          'export',
          {
            prefix,
            id: this.parts.exporter.encoder.defaults.attributes,
            from: undefined,
            pathId: 0,
          },
          NOTHING_ASKED,
        ),
      ];
    if ('path' in what)
      return [
        direction === 'import'
          ? this.supposedImport(neighbor, what)
          : this.supposedExport(neighbor, what),
      ];
    return direction === 'import'
      ? this.received(neighbor, what).map((path) => this.importOf(neighbor, path))
      : this.told(neighbor, what).map((path) => this.exportOf(neighbor, path));
  }

  /** Rules of the import policy that change a route this neighbor sent with these attributes. */
  changedBy(neighbor: RouteNeighbor, prefix: IpPrefix, received: number): string[] {
    const subject = { prefix, id: received, from: neighbor, pathId: 0 };
    const { trace } = this.byImportRules(neighbor, subject);
    return trace
      .filter(({ changes }) => changes.length > 0)
      .map(
        ({ policy, number, rule, changes }) =>
          `${describeRule(policy, { number, name: rule })}: ${changes.join(', ')}`,
      );
  }

  /** Returns the reason for which the export policy keeps a path of `from`, undefined: our own; null: it does not. */
  exportRefusal(
    neighbor: RouteNeighbor,
    prefix: IpPrefix,
    id: number,
    from: RouteNeighbor | undefined,
  ): string | null {
    return this.byExportRules(neighbor, { prefix, id, from, pathId: 0 }).reason;
  }

  // ── import ────────────────────────────────────────────────────────────────────────────────────

  private received(neighbor: RouteNeighbor, prefix: IpPrefix): KnownPath[] {
    const { rib } = neighbor.of(prefix.family).out;
    return rowsOf(rib, prefix)
      .filter((row) => u16(rib.paths.source, row) === neighbor.source)
      .map((row) => this.pathOf(rib, prefix, row, rib.paths.receivedOf(row)));
  }

  private importOf(neighbor: RouteNeighbor, path: KnownPath): PolicyExplanation {
    const { paths } = neighbor.of(path.prefix.family).out.rib;
    const reason = u16(paths.reason, path.row);
    if (!isTreatedAsWithdrawn(reason)) return this.judgeImport(neighbor, path, reason);
    // What came with malformed attributes was never judged.
    const token = this.parts.reasons.token(reason);
    return explanationOf(neighbor, 'import', path, { trace: [], reason: token });
  }

  /** As if the neighbor sent it now. */
  private supposedImport(neighbor: RouteNeighbor, route: SupposedRoute): PolicyExplanation {
    const { prefix } = route;
    const { terms, out } = neighbor.of(prefix.family);
    const id = supposedSet(this.parts.programs.parts, route, addressOf(neighbor), terms);
    // Without path ids it would replace what the neighbor told before.
    const [present] = neighbor.context.pathIds[prefix.family]
      ? []
      : this.received(neighbor, prefix);
    const old = present === undefined ? NOT_KNOWN : u16(out.rib.paths.reason, present.row);
    return this.judgeImport(neighbor, { prefix, id, from: neighbor, pathId: 0 }, old);
  }

  /** `old`: the reason of the path so far. */
  private judgeImport(neighbor: RouteNeighbor, subject: Subject, old: number): PolicyExplanation {
    const { judge, reasons } = this.parts;
    const { prefix, id } = subject;
    const of = neighbor.of(prefix.family);
    const { rib } = of.out;
    judge.beginSet(of.terms, id);
    rib.prefixes.loadPrefix(prefix);
    const reason = judge.judgeCounted(of, rib, id, old);
    const isAsked = reason !== RECEIVE_LIMIT;
    const { trace } = isAsked ? this.byImportRules(neighbor, subject) : NOTHING_ASKED;
    const token = reason === ACCEPTED ? null : reasons.token(reason);
    return explanationOf(neighbor, 'import', subject, { trace, reason: token });
  }

  /** The base is told by what it decided: options of the session are in no rule. */
  private byImportRules(neighbor: RouteNeighbor, subject: Subject): Traced {
    const { judge, reasons } = this.parts;
    const { prefix, id } = subject;
    const chain = neighbor.config.rules?.import;
    if (chain === undefined) return NOTHING_ASKED;
    const of = neighbor.of(prefix.family);
    judge.beginSet(of.terms, id);
    of.out.rib.prefixes.loadPrefix(prefix);
    const base = judge.judgeBase(of.terms, of.out.rib);
    const reason = base === ACCEPTED ? null : reasons.token(base);
    const trace = traceOfBase(chain.basePolicy, reason);
    if (reason !== null) return { trace, reason };
    const rules = this.interpret(neighbor, 'import', chain.policies[prefix.family], subject);
    return { trace: [...trace, ...rules.trace], reason: reasonOf(rules) };
  }

  // ── export ────────────────────────────────────────────────────────────────────────────────────

  /** The best path; of a neighbor that takes several, each that takes part. */
  private told(neighbor: RouteNeighbor, prefix: IpPrefix): KnownPath[] {
    const { decision } = this.parts;
    const of = neighbor.of(prefix.family);
    const { rib } = of.out;
    const rows = rowsOf(rib, prefix).filter((row) => decision.isEligible(rib.paths, row));
    const [first] = rows;
    if (first === undefined) return [];
    const ordered = Uint32Array.from(rows);
    decision.rank(rib.paths, ordered, rows.length, rows.length);
    const wanted = of.out.paths === undefined ? ordered.subarray(0, 1) : ordered;
    return Array.from(wanted, (row) => this.pathOf(rib, prefix, row, 0));
  }

  private exportOf(neighbor: RouteNeighbor, path: KnownPath): PolicyExplanation {
    const { exporter, ribs } = this.parts;
    const rib = ribs[path.prefix.family];
    rib.prefixes.loadPrefix(path.prefix);
    const row = rib.prefixes.find();
    const refusal =
      neighbor.group === undefined
        ? this.refusalByRole(neighbor, path)
        : exporter.refusal(neighbor, rib, row, path.row);
    return this.judgeExport(neighbor, path, refusal);
  }

  private isOriginated({ group }: RouteNeighbor, prefix: IpPrefix): boolean {
    const { exporter, ribs } = this.parts;
    const rib = ribs[prefix.family];
    rib.prefixes.loadPrefix(prefix);
    return group !== undefined && exporter.encoder.isOriginated(group, rib, rib.prefixes.find());
  }

  /** As if it were the best path, told by the neighbor whose AS comes first; without one it is ours. */
  private supposedExport(neighbor: RouteNeighbor, route: SupposedRoute): PolicyExplanation {
    const { bySource, exporter, ribs } = this.parts;
    const { prefix, path } = route;
    const from = [...bySource.values()].find(
      ({ peerFacts, isRemoved }) => peerFacts.asn === path[0] && !isRemoved,
    );
    const id = supposedSet(this.parts.programs.parts, route, from && addressOf(from));
    const rib = ribs[prefix.family];
    rib.prefixes.loadPrefix(prefix);
    const row = rib.addLoadedPrefix();
    const subject = { prefix, id, from, pathId: 0 };
    const refusal =
      neighbor.group === undefined
        ? this.refusalByRole(neighbor, subject)
        : exporter.refusalOf(neighbor, rib, row, from?.source ?? OWN, id);
    rib.releasePrefix(row);
    return this.judgeExport(neighbor, subject, refusal);
  }

  /** Without a session: the configured role is known, where a chain lets anything through. */
  private refusalByRole(
    { config, importView }: RouteNeighbor,
    { id, from }: Subject,
  ): number | undefined {
    if (from === undefined || config.rules?.export.base === 'none') return undefined;
    const isKept = keepsFromNeighbor(this.parts.store, id, importView.role);
    return isKept ? ONLY_TO_CUSTOMERS : undefined;
  }

  /** `refusal`: what keeps it from the neighbor; undefined: there is no session, and policies alone are asked. */
  private judgeExport(
    neighbor: RouteNeighbor,
    subject: Subject,
    refusal: number | undefined,
  ): PolicyExplanation {
    const { trace, reason } = this.byExportRules(neighbor, subject);
    const isByRule = refusal === undefined || (refusal === EXPORT_POLICY && reason !== null);
    const token = isByRule ? reason : exportReason(refusal);
    return explanationOf(neighbor, 'export', subject, { trace, reason: token });
  }

  private byExportRules(neighbor: RouteNeighbor, subject: Subject): Traced {
    const chain = neighbor.config.rules?.export;
    if (chain === undefined) return NOTHING_ASKED;
    const { prefix, id, from } = subject;
    // For the base, what another router of our AS originates is ours.
    const isOurs = from !== undefined && isOfOurAs(this.parts.store, id, from);
    const base = this.interpret(neighbor, 'export', [chain.basePolicy], {
      ...subject,
      from: isOurs ? undefined : from,
    });
    if (base.verdict === 'reject') return { trace: base.trace, reason: reasonOf(base) };
    const rules = this.interpret(neighbor, 'export', chain.policies[prefix.family], subject);
    return { trace: [...base.trace, ...rules.trace], reason: reasonOf(rules) };
  }

  // ── both ──────────────────────────────────────────────────────────────────────────────────────

  private interpret(
    neighbor: RouteNeighbor,
    direction: 'import' | 'export',
    policies: readonly Policy[],
    subject: Subject,
  ): Judgement {
    const { programs } = this.parts;
    const parameters = neighbor.config.rules?.parameters ?? new Map();
    const { family } = subject.prefix;
    const session = programs.sessionOf(direction, family, neighbor.peerFacts, parameters);
    return interpret(policies, this.routeOf(neighbor, direction, subject), session);
  }

  private routeOf(
    neighbor: RouteNeighbor,
    direction: 'import' | 'export',
    { prefix, id, from }: Subject,
  ): PolicyRoute {
    const { store, programs, ribs } = this.parts;
    const facts = programs.factsOf(direction, neighbor.importView);
    const attributes = new EditableAttributes(store.bytes, store.start(id), store.end(id));
    const { prefixes } = ribs[prefix.family];
    prefixes.loadPrefix(prefix);
    return {
      prefix,
      attributes,
      from: from?.peerFacts,
      isOwnPrefix: facts.isOwnPrefix(prefixes),
      isBogon: facts.isBogon(prefixes),
      hasRegistry: facts.hasRegistry,
      filterRow: facts.filterRow(prefixes),
      roa: facts.validity(prefixes, attributes.originIn(programs.asn)),
      isNextHopUsable: facts.isNextHopUsable(id),
      isReflected: facts.isReflected(id),
      isLeaked: facts.isLeaked(id),
    };
  }

  /** `received`: the set it came with, 0: the one it has. */
  private pathOf(rib: FamilyRib, prefix: IpPrefix, row: number, received: number): KnownPath {
    const { paths } = rib;
    return {
      prefix,
      row,
      id: received || u32(paths.attributes, row),
      from: this.parts.bySource.get(u16(paths.source, row)),
      pathId: paths.pathId.get(row),
    };
  }
}

function rowsOf({ prefixes, paths }: FamilyRib, prefix: IpPrefix): number[] {
  prefixes.loadPrefix(prefix);
  const id = prefixes.find();
  if (id === 0) return [];
  const first = paths.first(id);
  return Array.from({ length: u16(paths.count, id) }, (_, i) => first + i);
}

/** Where a neighbor's own routes point. */
const addressOf = ({ session, config }: RouteNeighbor): IpAddress =>
  session?.remoteAddress ?? config.remoteAddress;

/** The base stops at the rule with this reason; null: it accepts. */
function traceOfBase({ name: policy, rules }: Policy, reason: string | null): RuleTrace[] {
  const decisive = rules.findIndex(({ action }) => action.reason === reason);
  const asked = decisive === -1 ? rules : rules.slice(0, decisive + 1);
  return asked.map(({ number, name: rule }, i) => ({
    policy,
    number,
    rule,
    isMatched: i === decisive,
    changes: [],
    outcome: i === decisive ? 'reject' : 'next',
  }));
}

/** Returns the reason of a rejection, null: it is none. */
const reasonOf = ({ verdict, rule, policy }: Judgement): string | null =>
  verdict === 'accept' ? null : (rule?.action.reason ?? `rule:${rule?.name ?? policy}`);

const explanationOf = (
  { config }: RouteNeighbor,
  direction: 'import' | 'export',
  { prefix, from, pathId }: Subject,
  { trace, reason }: Traced,
): PolicyExplanation => ({
  session: config.name,
  direction,
  prefix: formatIpPrefix(prefix),
  from: from?.config.name ?? 'own',
  pathId: idView(pathId),
  verdict: reason === null ? 'accept' : 'reject',
  reason,
  trace,
});
