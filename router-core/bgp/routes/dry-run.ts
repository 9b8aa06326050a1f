/**
 * What other policies would change, found out on the present tables without changing them.
 *
 * Not standardized; BGP specification §13.2 ("dry run"), §14.3 (reads in slices).
 *
 *   each prefix ──► each path judged anew ──► decided anew beside the table ──► offered anew
 *
 * Invariants
 * - Nothing of the tables changes; sets of attributes made on the way are forgotten with the next slice.
 * - A slice is SLICE_PREFIXES prefixes; the table may change between two, as under any long question.
 *
 * @module
 */
import { formatIpPrefix } from '../../base/ip-address.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import type { ImportPolicy, ImportView } from '../policy/import-policy.ts';
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
import type { NeighborId } from '../types.ts';
import type { Exporter } from './exporter.ts';
import { importViewOf, peerFactsOf, type RouteNeighbor } from './neighbor.ts';
import type { FamilyPrograms, PolicyPrograms } from './policy-programs.ts';
import type { DryRunRow } from './types.ts';
import { UpdateGroup } from './update-group.ts';

type DryRunParts = {
  readonly store: AttributeStore;
  readonly ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
  readonly bySource: ReadonlyMap<number, RouteNeighbor>;
  readonly byId: ReadonlyMap<NeighborId, RouteNeighbor>;
  readonly programs: PolicyPrograms;
  readonly policy: ImportPolicy;
  readonly decision: Decision;
  readonly exporter: Exporter;
  readonly reasons: Reasons;
};

/** A neighbor as it would be. */
type Candidate = {
  readonly neighbor: RouteNeighbor;
  readonly rules: PolicyBinding;
  readonly view: ImportView;
  readonly peer: PeerFacts;
  readonly program: FamilyPrograms;
  /** Undefined: no session, so nothing is told. */
  readonly group: UpdateGroup | undefined;
};

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
  const view = importViewOf(config, session ?? neighbor.keptSession);
  const peer = peerFactsOf(config, session ?? neighbor.keptSession);
  return {
    neighbor,
    rules,
    view,
    peer,
    program: programs.ofImport(config, peer, view),
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
    if (best.source !== before)
      rows.push({
        kind: 'best',
        prefix: text,
        from: this.nameOf(before),
        to: this.nameOf(best.source),
      });
    this.compareOffers(rib, prefix, text, best, rows);
    return rows;
  }

  /** Judges every path and returns what would be the best one. */
  private rejudge(
    rib: FamilyRib,
    prefix: number,
    text: string,
    rows: DryRunRow[],
  ): { source: number; attributes: number } {
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
        const row0 = this.pathRow(candidate, rib.family, text, reason, next);
        if (row0 !== undefined) rows.push(row0);
        else if (next === ACCEPTED && judged.attributes !== attributes)
          rows.push({
            kind: 'path',
            session: candidate.neighbor.config.name,
            prefix: text,
            change: 'changed',
            rule: null,
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
    const best =
      winner === -1
        ? { source: NO_SOURCE, attributes: 0 }
        : { source: u16(scratch.source, winner), attributes: u32(scratch.attributes, winner) };
    for (let i = 0; i < count; i++) scratch.remove(SCRATCH, scratch.first(SCRATCH));
    return best;
  }

  private judge(
    { neighbor, view, peer, program }: Candidate,
    rib: FamilyRib,
    prefix: number,
    received: number,
  ): { reason: number; attributes: number } {
    const { policy } = this.parts;
    policy.judgeAttributes(view, neighbor.of(rib.family).rules, received);
    rib.prefixes.loadRow(prefix);
    const reason = policy.judgeLoadedPrefix(view, rib.prefixes);
    const rules = program[rib.family];
    if (reason !== ACCEPTED || rules === undefined) return { reason, attributes: received };
    return { reason: rules.evaluate(rib.prefixes, received, peer), attributes: rules.attributes };
  }

  private pathRow(
    { neighbor, rules }: Candidate,
    family: 4 | 6,
    prefix: string,
    before: number,
    after: number,
  ): DryRunRow | undefined {
    const { reasons } = this.parts;
    if (before === after || (before !== ACCEPTED && after !== ACCEPTED)) return undefined;
    const isRejected = after !== ACCEPTED;
    const token = reasons.token(isRejected ? after : before);
    const present = neighbor.config.rules?.import;
    const chain = isRejected ? rules.import : present;
    return {
      kind: 'path',
      session: neighbor.config.name,
      prefix,
      change: isRejected ? 'rejected' : 'accepted',
      rule: (chain && ruleOfReason(chain, family, token)) ?? token,
    };
  }

  private compareOffers(
    rib: FamilyRib,
    prefix: number,
    text: string,
    best: { source: number; attributes: number },
    rows: DryRunRow[],
  ): void {
    const { encoder } = this.parts.exporter;
    const from = this.candidates.get(best.source)?.peer;
    for (const { neighbor, group } of this.candidates.values()) {
      if (group === undefined || neighbor.group === undefined) continue;
      if (!neighbor.of(rib.family).out.isActive) continue;
      const present = encoder.sourceFor(neighbor.group, rib, prefix);
      const offer = encoder.offer(neighbor.group, rib, prefix);
      const before = encoder.isTold(neighbor.group, rib, neighbor, offer, present) ? offer : 0;
      const other = encoder.offerOf(group, rib, prefix, best.source, best.attributes, from);
      const after = encoder.isTold(group, rib, neighbor, other, best.source) ? other : 0;
      if (before === after) continue;
      const change = before === 0 ? 'announced' : after === 0 ? 'withdrawn' : 'changed';
      rows.push({ kind: 'export', session: neighbor.config.name, prefix: text, change });
    }
  }

  private nameOf(source: number): string | null {
    if (source === NO_SOURCE) return null;
    return this.parts.bySource.get(source)?.config.name ?? 'own';
  }
}
