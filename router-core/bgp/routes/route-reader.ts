/**
 * Reads for people: which routes there are, which is best and why, which were rejected and why.
 *
 * Not standardized; looking glass specification §2, BGP specification §5 and §13.3.
 *
 * Off the hot path: it makes objects and strings, as many as were asked for and no more.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import {
  equalPrefixes,
  formatDottedQuad,
  formatIpAddress,
  formatIpPrefix,
  type IpPrefix,
  prefixCovers,
} from '../../base/ip-address.ts';
import { DISCARD, type Instant, type InterfaceId, NONE } from '../../base/units.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { decodeAttributes, ORIGINS, type RouteAttributes } from '../attribute/decode.ts';
import { exportReason } from '../policy/export-reason.ts';
import type { ImportPolicy } from '../policy/import-policy.ts';
import { ACCEPTED, type Reasons, reasonCode } from '../policy/reason.ts';
import { ruleOfReason } from '../policy/rules/chain.ts';
import {
  CHANGE_CAUSES,
  DECISION,
  REJECTED,
  type RecordedChange,
} from '../rib/best-path-history.ts';
import { f64, u8, u16, u32 } from '../rib/columns.ts';
import { DECISION_STEPS, type Decision, stepOf } from '../rib/decision.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import type { PathTable } from '../rib/path-table.ts';
import { FORMER_SOURCE, NO_SOURCE, OWN } from '../rib/source-table.ts';
import type { Roa, RoaValidity } from '../roa/roa-table.ts';
import { DEFAULT_PATH_ID, DEFAULT_SOURCE } from './default-routes.ts';
import type { Exporter } from './exporter.ts';
import type { RouteNeighbor } from './neighbor.ts';
import { idView } from './path-id.ts';
import type { PolicyExplainer } from './policy-explainer.ts';
import type {
  BestPathChange,
  ComparedValue,
  DecisionStep,
  ExportView,
  RoaView,
  RoutePage,
  RouteQuery,
  RouteSelection,
  RouteView,
} from './types.ts';
import type { UpdateGroup } from './update-group.ts';

/** Cursors of IPv6 begin here: prefix ids of one family stay below it. */
const IPV6_CURSOR = 0x100000000;

export class RouteReader {
  private readonly store: AttributeStore;
  private readonly decision: Decision;
  private readonly policy: ImportPolicy;
  private readonly ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
  private readonly bySource: ReadonlyMap<number, RouteNeighbor>;
  private readonly exporter: Exporter;
  private readonly reasons: Reasons;
  private readonly explainer: PolicyExplainer;

  constructor(parts: {
    store: AttributeStore;
    decision: Decision;
    policy: ImportPolicy;
    ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
    bySource: ReadonlyMap<number, RouteNeighbor>;
    exporter: Exporter;
    reasons: Reasons;
    explainer: PolicyExplainer;
  }) {
    this.store = parts.store;
    this.decision = parts.decision;
    this.policy = parts.policy;
    this.ribs = parts.ribs;
    this.bySource = parts.bySource;
    this.exporter = parts.exporter;
    this.reasons = parts.reasons;
    this.explainer = parts.explainer;
  }

  lookup(query: RouteQuery, limit: number): RouteView[] {
    const wanted = wantedPrefix(query);
    if (wanted === undefined) return [];
    const rib = this.ribs[wanted.family];
    const views: RouteView[] = [];
    for (const prefix of this.prefixesFor(rib, wanted, query.mode)) {
      for (const row of this.inOrder(rib, prefix)) {
        if (views.length >= limit) return views;
        views.push(this.view(rib, prefix, row));
      }
    }
    return views;
  }

  routesOf(
    neighbor: RouteNeighbor,
    which: RouteSelection,
    cursor: number,
    limit: number,
  ): RoutePage {
    const routes: RouteView[] = [];
    for (const family of [4, 6] as const) {
      const base = family === 4 ? 0 : IPV6_CURSOR;
      if (family === 4 && cursor >= IPV6_CURSOR) continue;
      const rib = this.ribs[family];
      for (let prefix = Math.max(1, cursor - base); prefix < rib.prefixes.idLimit; prefix++) {
        if (!rib.prefixes.isAlive(prefix)) continue;
        const views =
          which === 'sent'
            ? this.sentViews(rib, prefix, neighbor)
            : this.receivedViews(rib, prefix, neighbor, which);
        if (views.length === 0) continue;
        // A cursor is a prefix: its paths stay together, on a page of their own if they are too many.
        const isFull = routes.length > 0 && routes.length + views.length > limit;
        if (isFull) return { routes, next: base + prefix };
        routes.push(...views);
      }
    }
    return { routes };
  }

  validate(
    prefix: IpPrefix,
    origin: number,
  ): { validity: RoaValidity | null; roas: readonly RoaView[] } {
    return { validity: this.validity(prefix, origin), roas: this.coveringRoas(prefix) };
  }

  exportsOf(prefix: IpPrefix): ExportView[] {
    const rib = this.ribs[prefix.family];
    rib.prefixes.loadPrefix(prefix);
    const id = rib.prefixes.find();
    if (id === 0) return [];
    const neighbors = [...this.bySource.values()].filter((neighbor) => !neighbor.isRemoved);
    return neighbors.flatMap((neighbor) => this.exportViews(rib, id, neighbor));
  }

  private exportViews(rib: FamilyRib, prefix: number, neighbor: RouteNeighbor): ExportView[] {
    const { out } = neighbor.of(rib.family);
    const to = {
      neighbor: neighbor.id,
      to: neighbor.config.name,
      peerAsn: neighbor.importView.peerAsn,
    };
    const best = this.decision.best(rib.paths, prefix);
    const rows = this.inOrder(rib, prefix).filter((row) =>
      this.decision.isEligible(rib.paths, row),
    );
    const { paths } = out;
    const { group } = neighbor;
    const isOriginated =
      group !== undefined && this.exporter.encoder.isOriginated(group, rib, prefix);
    const ofBest = (): ExportView => ({
      ...to,
      path: null,
      isAnnounced: out.has(prefix),
      ...this.exportVerdict(rib, prefix, neighbor, best),
    });
    if (paths === undefined || rows.length === 0 || isOriginated) return [ofBest()];
    if (!paths.hasPathIds) {
      const { selection } = this.exporter.pathEncoder;
      const chosen = group === undefined ? -1 : selection.only(group, rib, prefix, neighbor);
      if (chosen === -1 || chosen === best) return [ofBest()];
      return [{ ...to, ...this.chosenView(rib, prefix, neighbor, chosen, best) }];
    }
    return rows.map((row) => {
      const sentId = rib.paths.sentId.get(row);
      const isAnnounced = sentId !== 0 && paths.find(prefix, sentId) !== 0;
      return {
        ...to,
        path: {
          ...this.pathName(rib.paths, row),
          sentId: isAnnounced ? sentId : null,
        },
        isAnnounced,
        ...this.exportVerdict(rib, prefix, neighbor, row),
      };
    });
  }

  private exportVerdict(
    rib: FamilyRib,
    prefix: number,
    neighbor: RouteNeighbor,
    row: number,
  ): Pick<ExportView, 'reason' | 'rule'> {
    const reason = exportReason(this.exporter.refusal(neighbor, rib, prefix, row));
    const isRule = reason === 'policy';
    return { reason, rule: isRule ? this.exportRule(rib, prefix, neighbor, row) : null };
  }

  /** RFC 7947 §2.3: a client is told another path than the best. */
  private chosenView(
    rib: FamilyRib,
    prefix: number,
    neighbor: RouteNeighbor,
    chosen: number,
    best: number,
  ): Omit<ExportView, 'neighbor' | 'to' | 'peerAsn'> {
    const { paths } = rib;
    const sent = neighbor.of(rib.family).out.paths;
    const { reason, rule } = this.exportVerdict(rib, prefix, neighbor, best);
    assert(reason !== null, 'the best path is told if nothing keeps it back');
    return {
      path: { ...this.pathName(paths, chosen), sentId: null },
      isAnnounced: sent !== undefined && sent.find(prefix, paths.sentId.get(chosen)) !== 0,
      reason: null,
      rule: null,
      insteadOf: { ...this.pathName(paths, best), reason, rule },
    };
  }

  private pathName(paths: PathTable, row: number): { from: string; pathId: number | null } {
    return {
      from: this.nameOf(u16(paths.source, row)),
      pathId: idView(paths.pathId.get(row)),
    };
  }

  private exportRule(
    rib: FamilyRib,
    prefix: number,
    neighbor: RouteNeighbor,
    row: number,
  ): string | null {
    const { rules } = neighbor.config;
    if (rules === undefined || row === -1) return null;
    const address = rib.prefixes.prefixOf(prefix);
    const from = this.bySource.get(u16(rib.paths.source, row));
    const id = u32(rib.paths.attributes, row);
    const reason = this.explainer.exportRefusal(neighbor, address, id, from);
    return reason === null ? null : ruleOfReason(rules.export, rib.family, reason);
  }

  history(prefix: IpPrefix, mode: 'exact' | 'covering', limit: number): BestPathChange[] {
    const isWanted = mode === 'exact' ? equalPrefixes : prefixCovers;
    return this.ribs[prefix.family].history
      .find((changed) => isWanted(changed, prefix), limit)
      .map((change) => this.changeView(change));
  }

  private prefixesFor(rib: FamilyRib, wanted: IpPrefix, mode: RouteQuery['mode']): number[] {
    const { prefixes } = rib;
    const hasRoutes = (id: number): boolean => id !== 0 && u16(rib.paths.count, id) > 0;
    if (mode === 'subnets') {
      prefixes.loadPrefix(wanted);
      const found: number[] = [];
      for (let id = 1; id < prefixes.idLimit; id++) {
        if (prefixes.isAlive(id) && hasRoutes(id) && prefixes.isInsideLoaded(id)) found.push(id);
      }
      const order = new Map(found.map((id) => [id, prefixes.prefixOf(id)]));
      return found.sort((a, b) => compareFound(order.get(a), order.get(b)));
    }
    const found: number[] = [];
    const shortest = mode === 'exact' ? wanted.length : 0;
    for (let length = wanted.length; length >= shortest; length--) {
      prefixes.loadBytes(wanted.bytes, 0, wanted.bytes.length, length);
      const id = prefixes.find();
      if (!hasRoutes(id)) continue;
      // The longest match is what packets follow: a prefix of rejected routes alone is no match.
      if (mode === 'longest' && u16(rib.best, id) === NO_SOURCE) continue;
      found.push(id);
      if (mode === 'longest') break;
    }
    return found.reverse();
  }

  /** The rows of a prefix: the best, the other accepted ones by rank, then the rejected. */
  private inOrder(rib: FamilyRib, prefix: number): number[] {
    const { paths } = rib;
    const first = paths.first(prefix);
    const rows = Array.from({ length: u16(paths.count, prefix) }, (_, i) => first + i);
    const best = this.decision.best(paths, prefix);
    const rank = (row: number): number =>
      row === best ? 0 : this.decision.isEligible(paths, row) ? 1 : 2;
    return rows.sort(
      (x, y) => rank(x) - rank(y) || (rank(x) === 1 ? this.decision.compare(paths, x, y) : x - y),
    );
  }

  private receivedViews(
    rib: FamilyRib,
    prefix: number,
    neighbor: RouteNeighbor,
    which: RouteSelection,
  ): RouteView[] {
    const { paths } = rib;
    const end = paths.firstOf(prefix, neighbor.source + 1);
    const views: RouteView[] = [];
    for (let row = paths.firstOf(prefix, neighbor.source); row < end; row++) {
      const isAccepted = u16(paths.reason, row) === ACCEPTED;
      if (which === 'received' || (which === 'accepted') === isAccepted) {
        views.push(this.view(rib, prefix, row));
      }
    }
    return views;
  }

  /** The paths the neighbor was told, as it sees them: with our AS, next hop and path id. */
  private sentViews(rib: FamilyRib, prefix: number, neighbor: RouteNeighbor): RouteView[] {
    const { out } = neighbor.of(rib.family);
    if (!out.has(prefix)) return [];
    const { paths } = rib;
    const { group } = neighbor;
    if (group === undefined) return [];
    const { encoder } = this.exporter;
    if (out.paths === undefined) {
      const source = encoder.sourceFor(group, rib, prefix);
      if (source === NO_SOURCE) return [];
      const attributes = encoder.outgoing(group, rib, prefix, source);
      // A default route of our own for this neighbor has no row.
      const row = paths.find(prefix, source, rib.bestPathId.get(prefix));
      return this.sentView(rib, prefix, { row, source, attributes, pathId: null }, group);
    }
    const told = out.paths;
    const views: RouteView[] = [];
    const show = (row: number, source: number, pathId: number): void => {
      const attributes = told.attributesOf(prefix, pathId);
      if (attributes === 0) return;
      views.push(
        ...this.sentView(
          rib,
          prefix,
          { row, source, attributes, pathId: told.hasPathIds ? pathId : null },
          group,
        ),
      );
    };
    // A default route of our own for this neighbor has no row.
    show(-1, DEFAULT_SOURCE, DEFAULT_PATH_ID);
    for (const row of this.inOrder(rib, prefix))
      show(row, u16(paths.source, row), paths.sentId.get(row));
    return views;
  }

  private sentView(
    rib: FamilyRib,
    prefix: number,
    told: { row: number; source: number; attributes: number; pathId: number | null },
    group: UpdateGroup,
  ): RouteView[] {
    const { row, source, attributes, pathId } = told;
    const { encoder } = this.exporter;
    const nextHop =
      attributes === 0 ? undefined : encoder.prepare(group, rib.family, attributes, source);
    if (nextHop === undefined) return [];
    const { writer } = encoder;
    const block = writer.prepared();
    const width = group.view.fourOctetAs ? 4 : 2;
    const sent = decodeAttributes(block, 0, block.length, width);
    const addresses = nextHop.kind === 'classic' ? sent.nextHop : mpNextHop(nextHop.bytes);
    // A default route of our own for this neighbor has no row.
    const view = row === -1 ? this.originatedView(rib, prefix) : this.view(rib, prefix, row);
    return [{ ...view, pathId, attributes: { ...sent, nextHop: addresses } }];
  }

  private originatedView(rib: FamilyRib, prefix: number): Omit<RouteView, 'attributes'> {
    return {
      prefix: formatIpPrefix(rib.prefixes.prefixOf(prefix)),
      family: rib.family === 4 ? 'ipv4' : 'ipv6',
      neighbor: null,
      from: this.nameOf(OWN),
      pathId: null,
      peerAsn: 0,
      interface: null,
      isBlackhole: false,
      learntFrom: null,
      isBest: false,
      isMultipath: false,
      why: null,
      rejected: null,
      changedBy: [],
      roa: null,
      since: 0 as Instant,
    };
  }

  private view(rib: FamilyRib, prefix: number, row: number): RouteView {
    const { paths } = rib;
    const source = u16(paths.source, row);
    const attributes = u32(paths.attributes, row);
    const reason = u16(paths.reason, row);
    const neighbor = this.bySource.get(source);
    const address = rib.prefixes.prefixOf(prefix);
    const out = source === OWN ? NONE : rib.resolution.outOf(source, attributes);
    return {
      prefix: formatIpPrefix(address),
      family: rib.family === 4 ? 'ipv4' : 'ipv6',
      neighbor: neighbor?.id ?? null,
      from: this.nameOf(source),
      pathId: idView(paths.pathId.get(row)),
      peerAsn: neighbor?.importView.peerAsn ?? 0,
      interface: out === NONE || out === DISCARD ? null : (out as InterfaceId),
      isBlackhole: out === DISCARD && reason === ACCEPTED,
      learntFrom: neighbor === undefined ? null : formatIpAddress(neighbor.config.remoteAddress),
      isBest: this.decision.best(paths, prefix) === row,
      isMultipath: this.isMultipath(rib, prefix, row),
      why: this.why(rib, prefix, row),
      rejected:
        reason === ACCEPTED
          ? null
          : {
              reason: this.reasons.token(reason),
              code: reasonCode(reason),
              rule: this.ruleOf(neighbor, rib.family, this.reasons.token(reason)),
              roas: this.coveringRoas(address),
            },
      changedBy:
        neighbor === undefined || paths.receivedOf(row) === 0
          ? []
          : this.explainer.changedBy(neighbor, address, paths.receivedOf(row)),
      roa: source === OWN ? null : this.validity(address, this.policy.originOf(attributes)),
      since: f64(paths.since, row) as Instant,
      attributes: this.decode(attributes),
    };
  }

  /** Whether the path carries packets together with others. */
  private isMultipath(rib: FamilyRib, prefix: number, row: number): boolean {
    if (this.decision.options.maxPaths === 1) return false;
    const best = this.decision.best(rib.paths, prefix);
    const rows = best === -1 ? [] : rib.carriers(prefix, best);
    return rows.length > 1 && rows.includes(row);
  }

  private ruleOf(
    neighbor: RouteNeighbor | undefined,
    family: 4 | 6,
    reason: string,
  ): string | null {
    const rules = neighbor?.config.rules;
    return rules === undefined ? null : ruleOfReason(rules.import, family, reason);
  }

  private decode(attributes: number): RouteAttributes {
    const { store } = this;
    const decoded = decodeAttributes(store.bytes, store.start(attributes), store.end(attributes));
    return { ...decoded, localPref: store.localPref(attributes) };
  }

  /** Recomputed for each question: a stored answer would be wrong after the next change. */
  private why(rib: FamilyRib, prefix: number, row: number): DecisionStep | null {
    const { paths } = rib;
    if (!this.decision.isEligible(paths, row)) return null;
    const best = this.decision.best(paths, prefix);
    // The runner-up is the best of what would be left.
    const other =
      row === best
        ? this.decision.best(paths, prefix, best)
        : this.conquerorOf(rib, prefix, row, best);
    if (other === -1) return null;
    const step = stepOf(this.decision.compare(paths, row, other));
    const againstPathId = idView(paths.pathId.get(other));
    return {
      step,
      name: DECISION_STEPS[step] ?? 'equal',
      against: this.nameOf(u16(paths.source, other)),
      ...(againstPathId === null ? {} : { againstPathId }),
      value: this.comparedValue(step, rib, row),
      otherValue: this.comparedValue(step, rib, other),
    };
  }

  /**
   * The best path; or, where MED took a path out that would win against it, the one of its neighbor
   * AS it lost to.
   */
  private conquerorOf(rib: FamilyRib, prefix: number, row: number, best: number): number {
    const { paths } = rib;
    if (this.decision.compare(paths, row, best) > 0) return best;
    const { neighborAs } = this.store;
    const own = u32(neighborAs, u32(paths.attributes, row));
    const first = paths.first(prefix);
    for (let other = first; other < first + u16(paths.count, prefix); other++) {
      if (!this.decision.isEligible(paths, other)) continue;
      if (u32(neighborAs, u32(paths.attributes, other)) !== own) continue;
      if (this.decision.compare(paths, row, other) > 0) return other;
    }
    return best;
  }

  private comparedValue(step: number, rib: FamilyRib, row: number): ComparedValue {
    const value = this.decision.valueAt(step, rib.paths, row);
    switch (step) {
      case 0:
        return value === 1 ? 'own' : 'learnt';
      case 2:
        return value === 1 ? 'stale' : 'fresh';
      case 7:
        return ORIGINS[value] ?? 'incomplete';
      case 9:
        return value === 1 ? 'external' : 'internal';
      case 12:
        return { since: value as Instant };
      case 13:
        return formatDottedQuad(value);
      case 15: {
        const neighbor = this.bySource.get(value);
        return neighbor === undefined ? 'own' : formatIpAddress(neighbor.config.remoteAddress);
      }
      default:
        return value;
    }
  }

  private nameOf(source: number): string {
    if (source === FORMER_SOURCE) return 'a former neighbor';
    return this.bySource.get(source)?.config.name ?? 'own';
  }

  private changeView(change: RecordedChange): BestPathChange {
    const { cause, detail, originAs } = change;
    const name = (source: number): string | null =>
      source === NO_SOURCE ? null : this.nameOf(source);
    return {
      at: change.at as Instant,
      prefix: formatIpPrefix(change.prefix),
      from: name(change.from),
      to: name(change.to),
      fromPathId: idView(change.fromPathId),
      toPathId: idView(change.toPathId),
      cause: CHANGE_CAUSES[cause] ?? 'first-path',
      detail:
        cause === DECISION
          ? (DECISION_STEPS[detail] ?? null)
          : cause === REJECTED
            ? this.reasons.token(detail)
            : null,
      originAs: originAs === 0 ? null : originAs,
    };
  }

  private validity(prefix: IpPrefix, origin: number): RoaValidity | null {
    return this.policy.roas === undefined ? null : this.policy.roas.validate(prefix, origin);
  }

  private coveringRoas(prefix: IpPrefix): RoaView[] {
    const roas: readonly Roa[] = this.policy.roas?.covering(prefix) ?? [];
    return roas.map((roa) => ({ ...roa, prefix: formatIpPrefix(roa.prefix) }));
  }
}

function wantedPrefix(query: RouteQuery): IpPrefix | undefined {
  if (query.prefix !== undefined) return query.prefix;
  const { address } = query;
  return address === undefined ? undefined : { ...address, length: address.bytes.length * 8 };
}

function compareFound(a: IpPrefix | undefined, b: IpPrefix | undefined): number {
  if (a === undefined || b === undefined) return 0;
  for (let i = 0; i < a.bytes.length; i++) {
    const difference = u8(a.bytes, i) - u8(b.bytes, i);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function mpNextHop(bytes: Uint8Array): string[] {
  const addresses: string[] = [];
  for (let o = 0; o < bytes.length; o += 16) {
    addresses.push(formatIpAddress({ family: 6, bytes: bytes.slice(o, o + 16) }));
  }
  return addresses;
}
