/**
 * Counts everything anew and says what disagrees with the running counts.
 *
 * Not standardized; BGP specification §14.2 (leaks of references are the classic fault of daemons).
 *
 * Expensive: for tests, and once an hour at most.
 *
 * @module
 */
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { ACCEPTED } from '../policy/reason.ts';
import { u16, u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import type { SentPaths } from '../rib/sent-paths.ts';
import { NO_SOURCE, OWN } from '../rib/source-table.ts';
import type { AdjRibOut } from './adj-rib-out.ts';
import type { RouteNeighbor } from './neighbor.ts';
import type { RouteWatcher } from './route-watcher.ts';

type AuditInput = {
  readonly store: AttributeStore;
  readonly ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
  readonly bySource: ReadonlyMap<number, RouteNeighbor>;
  /** Sets held for good: the own one and the empty one. */
  readonly pinned: number;
  readonly ownCount: number;
  readonly watcher: Pick<RouteWatcher, 'holds'> | undefined;
  /** Rows held for default routes of our own. */
  readonly defaultHolds: (family: 4 | 6) => number;
};

export function auditRoutes(input: AuditInput): readonly string[] {
  const problems: string[] = [];
  const expect = (what: string, counted: number, kept: number): void => {
    if (counted !== kept) problems.push(`${what}: counted ${counted}, kept ${kept}`);
  };
  const references = new Uint32Array(input.store.idLimit);
  let ownPaths = 0;
  for (const rib of [input.ribs[4], input.ribs[6]]) {
    const held = input.defaultHolds(rib.family) + (input.watcher?.holds(rib.family) ?? 0);
    ownPaths += auditRib(rib, references, input.bySource, held, expect);
  }
  expect('own prefixes', ownPaths, input.ownCount);
  let pinned = 0;
  for (let id = 1; id < references.length; id++) {
    const difference = u32(input.store.refs, id) - u32(references, id);
    if (difference === 1) pinned++;
    else if (difference !== 0)
      problems.push(`attribute set ${id}: ${difference} references too many`);
  }
  expect('references without a path', pinned, input.pinned);
  return problems;
}

/** Counts what one neighbor was told of one family. */
function auditSent(
  { rib, sent, paths }: AdjRibOut,
  count: (attributes: number) => void,
  expect: (what: string, counted: number, kept: number) => void,
): number {
  let routes = 0;
  for (let prefix = 1; prefix < rib.prefixes.idLimit; prefix++) {
    if (sent.has(prefix)) routes++;
    if (paths !== undefined) routes += auditSentPaths(rib, prefix, paths, count, expect);
  }
  return routes;
}

function auditSentPaths(
  rib: FamilyRib,
  prefix: number,
  paths: SentPaths,
  count: (attributes: number) => void,
  expect: (what: string, counted: number, kept: number) => void,
): number {
  const ids = new Set<number>();
  let entries = 0;
  for (let entry = paths.first(prefix); entry !== 0; entry = paths.after(entry)) {
    entries++;
    ids.add(u32(paths.pathId, entry));
    const attributes = u32(paths.attributes, entry);
    if (attributes !== 0) count(attributes);
  }
  expect(`ids of paths told of prefix ${prefix}`, ids.size, entries);
  if (entries > 0) expect(`use of prefix ${prefix}`, rib.prefixes.isAlive(prefix) ? 1 : 0, 1);
  return entries;
}

function auditRib(
  rib: FamilyRib,
  references: Uint32Array,
  bySource: ReadonlyMap<number, RouteNeighbor>,
  heldForGood: number,
  expect: (what: string, counted: number, kept: number) => void,
): number {
  const { paths, prefixes } = rib;
  const count = (id: number): void => {
    references[id] = u32(references, id) + 1;
  };
  const received = new Map<number, number>();
  const accepted = new Map<number, number>();
  let rows = 0;
  let alive = 0;
  let reachable = 0;
  let holds = 0;
  for (let prefix = 1; prefix < prefixes.idLimit; prefix++) {
    if (!prefixes.isAlive(prefix)) continue;
    alive++;
    holds += rib.holdsOf(prefix);
    if (rib.isVacant(prefix)) expect(`use of prefix ${prefix}`, 0, 1);
    prefixes.loadRow(prefix);
    expect(`place of prefix ${prefix}`, prefixes.find(), prefix);
    if (u16(rib.best, prefix) !== NO_SOURCE) {
      reachable++;
      count(u32(rib.bestAttributes, prefix));
    }
    const first = paths.first(prefix);
    let last = -1;
    let lastPathId = -1;
    const sentIds = new Set<number>();
    for (let row = first; row < first + u16(paths.count, prefix); row++) {
      const source = u16(paths.source, row);
      const pathId = paths.pathId.get(row);
      if (source < last || (source === last && pathId <= lastPathId)) {
        expect(`order of sources of prefix ${prefix}`, source, last + 1);
      }
      last = source;
      lastPathId = pathId;
      const sentId = paths.sentId.get(row);
      if (sentIds.has(sentId)) expect(`paths of prefix ${prefix} sent as ${sentId}`, 2, 1);
      if (sentId !== 0) sentIds.add(sentId);
      rows++;
      count(u32(paths.attributes, row));
      if (paths.receivedOf(row) !== 0) count(paths.receivedOf(row));
      received.set(source, (received.get(source) ?? 0) + 1);
      const isAccepted = u16(paths.reason, row) === ACCEPTED;
      if (isAccepted) accepted.set(source, (accepted.get(source) ?? 0) + 1);
    }
  }
  expect(`IPv${rib.family} paths`, rows, paths.size);
  expect(`IPv${rib.family} prefixes`, alive, prefixes.size);
  expect(`IPv${rib.family} prefixes with a best path`, reachable, rib.reachable);
  let owed = 0;
  for (const [source, neighbor] of bySource) {
    const of = neighbor.of(rib.family);
    const who = `IPv${rib.family} of ${neighbor.config.name}`;
    expect(`${who}, received`, received.get(source) ?? 0, of.received);
    expect(`${who}, accepted`, accepted.get(source) ?? 0, of.accepted);
    owed += of.out.owedCount;
    expect(`${who}, sent`, auditSent(of.out, count, expect), of.out.sentCount);
  }
  expect(`IPv${rib.family} prefixes owed`, owed, holds - heldForGood);
  return received.get(OWN) ?? 0;
}
