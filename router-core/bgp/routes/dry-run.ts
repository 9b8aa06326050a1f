/**
 * What other policies would change, found out on the present tables without changing them.
 *
 * Not standardized; BGP specification §13.2 ("dry run"), §14.3 (reads in slices).
 *
 *   each prefix ──► each path judged anew ──► decided anew beside the table ──► offered anew
 *
 * What is held beside it is as it is: limits of prefixes, and the routes that lead to the next hops of
 * neighbors over several hops.
 *
 * Invariants
 * - Nothing of the tables changes; sets of attributes made on the way are forgotten with the next slice.
 * - A slice is SLICE_PREFIXES prefixes; the table may change between two, as under any long question.
 *
 * @module
 */
import { formatIpPrefix } from '../../base/ip-address.ts';
import {
  ACCEPTED,
  isTreatedAsWithdrawn,
  PREFIX_LIMIT,
  RECEIVE_LIMIT,
  type Reasons,
} from '../policy/reason.ts';
import { type PolicyBinding, ruleOfReason } from '../policy/rules/chain.ts';
import type { PeerFacts } from '../policy/rules/condition.ts';
import { u8, u16, u32 } from '../rib/columns.ts';
import type { Decision } from '../rib/decision.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { PathTable } from '../rib/path-table.ts';
import { NO_SOURCE, OWN } from '../rib/source-table.ts';
import type { Family, NeighborId } from '../types.ts';
import { DEFAULT_SOURCE } from './default-routes.ts';
import type { Exporter } from './exporter.ts';
import { type ImportTerms, importTermsOf } from './import-terms.ts';
import type { RouteNeighbor } from './neighbor.ts';
import { idView } from './path-id.ts';
import type { PathJudge } from './path-judge.ts';
import type { PathOffer } from './path-selection.ts';
import type { PolicyPrograms } from './policy-programs.ts';
import type { DryRunRow } from './types.ts';
import { UpdateGroup } from './update-group.ts';

type DryRunParts = {
  readonly ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
  readonly bySource: ReadonlyMap<number, RouteNeighbor>;
  readonly byId: ReadonlyMap<NeighborId, RouteNeighbor>;
  readonly programs: PolicyPrograms;
  readonly judge: PathJudge;
  readonly decision: Decision;
  readonly exporter: Exporter;
  readonly reasons: Reasons;
};

/** A neighbor as it would be. */
type Candidate = {
  readonly neighbor: RouteNeighbor;
  readonly rules: PolicyBinding;
  readonly terms: Readonly<Record<Family, ImportTerms>>;
  /** Undefined: no session, so nothing is told. */
  readonly group: UpdateGroup | undefined;
};

type BestPath = { readonly source: number; readonly attributes: number; readonly pathId: number };

/** A millisecond or so with fifty neighbors. */
const SLICE_PREFIXES = 32;
/** The scratch table has one prefix. */
const SCRATCH = 1;

export function* dryRun(
  bindings: ReadonlyMap<NeighborId, PolicyBinding>,
  parts: DryRunParts,
): Generator<DryRunRow, void> {
  const candidates = new Map<number, Candidate>();
  for (const [id, rules] of bindings) {
    const neighbor = parts.byId.get(id);
    if (neighbor !== undefined)
      candidates.set(neighbor.source, candidateOf(neighbor, rules, parts.programs));
  }
  const run = new DryRun(parts, candidates);
  for (const rib of [parts.ribs[4], parts.ribs[6]]) {
    let looked = 0;
    for (let prefix = 1; prefix < rib.prefixes.idLimit; prefix++) {
      if (!rib.prefixes.isAlive(prefix)) continue;
      yield* run.prefix(rib, prefix);
      if (++looked % SLICE_PREFIXES === 0) yield { kind: 'progress', prefixes: looked };
    }
  }
}

function candidateOf(
  neighbor: RouteNeighbor,
  rules: PolicyBinding,
  programs: PolicyPrograms,
): Candidate {
  const { session } = neighbor;
  const config = { ...neighbor.config, rules };
  return {
    neighbor,
    rules,
    terms: importTermsOf(neighbor.source, config, session ?? neighbor.keptSession, programs),
    group: session === undefined ? undefined : new UpdateGroup(session, config, programs),
  };
}

class DryRun {
  private readonly parts: DryRunParts;
  private readonly candidates: ReadonlyMap<number, Candidate>;
  private readonly scratch = new PathTable();

  constructor(parts: DryRunParts, candidates: ReadonlyMap<number, Candidate>) {
    this.parts = parts;
    this.candidates = candidates;
  }

  /** The rows of one prefix, all found before the first is handed out. */
  prefix(rib: FamilyRib, prefix: number): DryRunRow[] {
    const rows: DryRunRow[] = [];
    const text = formatIpPrefix(rib.prefixes.prefixOf(prefix));
    const best = this.rejudge(rib, prefix, text, rows);
    const before = u16(rib.best, prefix);
    const pathIdBefore = before === NO_SOURCE ? 0 : rib.bestPathId.get(prefix);
    if (best.source !== before || best.pathId !== pathIdBefore)
      rows.push({
        kind: 'best',
        prefix: text,
        from: this.nameOf(before),
        to: this.nameOf(best.source),
        fromPathId: idView(pathIdBefore),
        toPathId: idView(best.pathId),
      });
    for (const candidate of this.candidates.values())
      rows.push(...this.compareOffers(candidate, rib, prefix, text, best));
    const { scratch } = this;
    while (u16(scratch.count, SCRATCH) > 0) scratch.remove(SCRATCH, scratch.first(SCRATCH));
    return rows;
  }

  /** Judges every path, puts them into the scratch table, and returns what would be the best one. */
  private rejudge(rib: FamilyRib, prefix: number, text: string, rows: DryRunRow[]): BestPath {
    const { paths } = rib;
    const { scratch } = this;
    const first = paths.first(prefix);
    const count = u16(paths.count, prefix);
    for (let row = first; row < first + count; row++) {
      const source = u16(paths.source, row);
      let reason = u16(paths.reason, row);
      let attributes = u32(paths.attributes, row);
      const candidate = this.candidates.get(source);
      if (candidate !== undefined && source !== OWN && !isTreatedAsWithdrawn(reason)) {
        const received = paths.receivedOf(row) || attributes;
        const judged = this.judge(candidate, rib, prefix, received);
        // Whether there is room for one more is not asked here.
        const isLimited = reason === PREFIX_LIMIT || reason === RECEIVE_LIMIT;
        const next = judged.reason === ACCEPTED && isLimited ? reason : judged.reason;
        const isChanged = next === ACCEPTED && judged.attributes !== attributes;
        const change = this.changeOf(candidate, rib.family, reason, next, isChanged);
        if (change !== undefined)
          rows.push({
            kind: 'path',
            session: candidate.neighbor.config.name,
            prefix: text,
            pathId: idView(paths.pathId.get(row)),
            ...change,
          });
        reason = next;
        attributes = judged.attributes;
      }
      const copy = scratch.insert(SCRATCH, source, paths.pathId.get(row));
      scratch.attributes[copy] = attributes;
      scratch.reason[copy] = reason;
      scratch.since[copy] = paths.since[row] as number;
      scratch.epoch[copy] = u8(paths.epoch, row);
    }
    const winner = count === 0 ? -1 : this.parts.decision.best(scratch, SCRATCH);
    if (winner === -1) return { source: NO_SOURCE, attributes: 0, pathId: 0 };
    return {
      source: u16(scratch.source, winner),
      attributes: u32(scratch.attributes, winner),
      pathId: scratch.pathId.get(winner),
    };
  }

  private judge(
    { neighbor, terms }: Candidate,
    rib: FamilyRib,
    prefix: number,
    received: number,
  ): { reason: number; attributes: number } {
    const { judge } = this.parts;
    const ofFamily = terms[neighbor.of(rib.family).family];
    judge.beginSet(ofFamily, received);
    rib.prefixes.loadRow(prefix);
    const reason = judge.judge(ofFamily, rib, received);
    return { reason, attributes: judge.attributes };
  }

  private changeOf(
    { neighbor, rules }: Candidate,
    family: 4 | 6,
    before: number,
    after: number,
    isChanged: boolean,
  ): Pick<DryRunRow & { kind: 'path' }, 'change' | 'rule'> | undefined {
    const { reasons } = this.parts;
    if (before === after) return isChanged ? { change: 'changed', rule: null } : undefined;
    if (before !== ACCEPTED && after !== ACCEPTED) return undefined;
    const isRejected = after !== ACCEPTED;
    const token = reasons.token(isRejected ? after : before);
    const present = neighbor.config.rules?.import;
    const chain = isRejected ? rules.import : present;
    return {
      change: isRejected ? 'rejected' : 'accepted',
      rule: (chain && ruleOfReason(chain, family, token)) ?? token,
    };
  }

  private compareOffers(
    { neighbor, group }: Candidate,
    rib: FamilyRib,
    prefix: number,
    text: string,
    best: BestPath,
  ): DryRunRow[] {
    if (group === undefined || neighbor.group === undefined) return [];
    const { out } = neighbor.of(rib.family);
    if (!out.isActive) return [];
    const { encoder } = this.parts.exporter;
    const row = { kind: 'export', session: neighbor.config.name, prefix: text } as const;
    // A default route of our own is told alone, whatever the paths are.
    const isOriginated = encoder.isOriginated(group, rib, prefix);
    if (out.paths !== undefined && !isOriginated)
      return this.comparePaths(neighbor, neighbor.group, group, rib, prefix).map((change) => ({
        ...row,
        ...change,
      }));
    const present = encoder.sourceFor(neighbor.group, rib, prefix);
    const offer = encoder.offer(neighbor.group, rib, prefix);
    const before = encoder.isTold(neighbor.group, rib, neighbor, offer, present) ? offer : 0;
    const source = isOriginated ? DEFAULT_SOURCE : best.source;
    const from = this.factsOf(source);
    const other = encoder.offerOf(group, rib, prefix, source, best.attributes, from);
    const after = encoder.isTold(group, rib, neighbor, other, source) ? other : 0;
    const change = changeBetween(before, after);
    return change === undefined ? [] : [{ ...row, change }];
  }

  /** Of a neighbor that takes several paths, each path that it has or would have (RFC 7911). */
  private comparePaths(
    neighbor: RouteNeighbor,
    present: UpdateGroup,
    group: UpdateGroup,
    rib: FamilyRib,
    prefix: number,
  ): Pick<DryRunRow & { kind: 'export' }, 'path' | 'change'>[] {
    const { selection } = this.parts.exporter.pathEncoder;
    const keyOf = ({ source, pathId }: PathOffer): string => `${source} ${pathId}`;
    const before = new Map(
      selection.offers(present, rib, prefix, neighbor).map((offer) => [keyOf(offer), offer]),
    );
    const supposed = {
      paths: this.scratch,
      prefix: SCRATCH,
      factsOf: (source: number) => this.factsOf(source),
    };
    const after = new Map(
      selection
        .offers(group, rib, prefix, neighbor, supposed)
        .map((offer) => [keyOf(offer), offer]),
    );
    return [...new Map([...before, ...after])].flatMap(([key, { source, pathId }]) => {
      const change = changeBetween(
        before.get(key)?.attributes ?? 0,
        after.get(key)?.attributes ?? 0,
      );
      const path = { from: this.nameOf(source) ?? 'own', pathId: idView(pathId) };
      return change === undefined ? [] : [{ path, change }];
    });
  }

  /** What policies would see of whom a path comes from; undefined: it is ours. */
  private factsOf(source: number): PeerFacts | undefined {
    // Neighbors without policies, as those over the host's own TCP, are no candidates.
    return (
      this.candidates.get(source)?.terms.ipv4.peer ?? this.parts.bySource.get(source)?.peerFacts
    );
  }

  private nameOf(source: number): string | null {
    if (source === NO_SOURCE) return null;
    return this.parts.bySource.get(source)?.config.name ?? 'own';
  }
}

/** Between two offers, 0: none. */
const changeBetween = (
  before: number,
  after: number,
): 'announced' | 'withdrawn' | 'changed' | undefined =>
  before === after ? undefined : before === 0 ? 'announced' : after === 0 ? 'withdrawn' : 'changed';
