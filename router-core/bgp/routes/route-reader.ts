/**
 * Reads for people: which routes there are, which is best and why, which were rejected and why.
 *
 * Not standardized; looking glass specification §2, BGP specification §5 and §13.3.
 *
 * Off the hot path: it makes objects and strings, as many as were asked for and no more.
 *
 * @module
 */
import {
  equalPrefixes,
  formatDottedQuad,
  formatIpAddress,
  formatIpPrefix,
  type IpPrefix,
  prefixCovers,
} from '../../base/ip-address.ts';
import { type Instant, type InterfaceId, NONE } from '../../base/units.ts';
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
import { FORMER_SOURCE, NO_SOURCE, OWN } from '../rib/source-table.ts';
import type { Roa, RoaValidity } from '../roa/roa-table.ts';
import type { Exporter } from './exporter.ts';
import type { RouteNeighbor } from './neighbor.ts';
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
        const view =
          which === 'sent'
            ? this.sentView(rib, prefix, neighbor)
            : this.receivedView(rib, prefix, neighbor, which);
        if (view === undefined) continue;
        if (routes.length >= limit) return { routes, next: base + prefix };
        routes.push(view);
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
    return neighbors.map((neighbor) => {
      const reason = exportReason(this.exporter.refusal(neighbor, rib, id));
      return {
        neighbor: neighbor.id,
        to: neighbor.config.name,
        peerAsn: neighbor.config.peerAsn,
        isAnnounced: neighbor.of(rib.family).out.sent.has(id),
        reason,
        rule: reason === 'policy' ? this.exportRule(neighbor, prefix) : null,
      };
    });
  }

  private exportRule(neighbor: RouteNeighbor, prefix: IpPrefix): string | null {
    const { rules } = neighbor.config;
    const reason = this.explainer.explain(neighbor, 'export', prefix)?.reason ?? null;
    return rules === undefined || reason === null
      ? null
      : ruleOfReason(rules.export, prefix.family, reason);
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

  private receivedView(
    rib: FamilyRib,
    prefix: number,
    neighbor: RouteNeighbor,
    which: RouteSelection,
  ): RouteView | undefined {
    const row = rib.paths.find(prefix, neighbor.source);
    if (row === -1) return undefined;
    const isAccepted = u16(rib.paths.reason, row) === ACCEPTED;
    if (which === 'accepted' ? !isAccepted : which === 'rejected' && isAccepted) return undefined;
    return this.view(rib, prefix, row);
  }

  /** The best path as the neighbor sees it: with our AS and next hop. */
  private sentView(rib: FamilyRib, prefix: number, neighbor: RouteNeighbor): RouteView | undefined {
    const { group } = neighbor;
    if (group === undefined || !neighbor.of(rib.family).out.sent.has(prefix)) return undefined;
    const { encoder } = this.exporter;
    const source = encoder.sourceFor(group, rib, prefix);
    if (source === NO_SOURCE) return undefined;
    const outgoing = encoder.outgoing(group, rib, prefix, source);
    if (outgoing === 0) return undefined;
    const nextHop = encoder.prepare(group, rib.family, outgoing, source);
    const row = rib.paths.find(prefix, source);
    if (nextHop === undefined) return undefined;
    const { writer } = encoder;
    const block = writer.prepared();
    const width = group.view.fourOctetAs ? 4 : 2;
    const sent = decodeAttributes(block, 0, block.length, width);
    const addresses = nextHop.kind === 'classic' ? sent.nextHop : mpNextHop(nextHop.bytes);
    // A default route of our own for this neighbor has no row.
    const view = row === -1 ? this.originatedView(rib, prefix) : this.view(rib, prefix, row);
    return { ...view, attributes: { ...sent, nextHop: addresses } };
  }

  private originatedView(rib: FamilyRib, prefix: number): Omit<RouteView, 'attributes'> {
    return {
      prefix: formatIpPrefix(rib.prefixes.prefixOf(prefix)),
      family: rib.family === 4 ? 'ipv4' : 'ipv6',
      neighbor: null,
      from: this.nameOf(OWN),
      peerAsn: 0,
      interface: null,
      learntFrom: null,
      isBest: false,
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
      peerAsn: neighbor?.config.peerAsn ?? 0,
      interface: out === NONE ? null : (out as InterfaceId),
      learntFrom: neighbor === undefined ? null : formatIpAddress(neighbor.config.remoteAddress),
      isBest: this.decision.best(paths, prefix) === row,
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
          : this.explainer.changedBy(neighbor, address),
      roa: source === OWN ? null : this.validity(address, this.policy.originOf(attributes)),
      since: f64(paths.since, row) as Instant,
      attributes: this.decode(attributes),
    };
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
    return {
      step,
      name: DECISION_STEPS[step] ?? 'equal',
      against: this.nameOf(u16(paths.source, other)),
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
