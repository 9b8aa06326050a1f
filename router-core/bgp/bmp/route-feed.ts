/**
 * What one station was told of one table of one peer, and what it is still owed.
 *
 * Standard: RFC 7854 §5 (route monitoring), RFC 8671 §4 (Adj-RIB-Out), RFC 9069 §5 (Loc-RIB), RFC 7911 §3.
 *
 *   adj-in-pre    routes of the neighbor as received, rejected ones included
 *   adj-in-post   those the import policy accepts, with the LOCAL_PREF of the decision
 *   loc-rib       the best paths, likewise
 *   adj-out       what the neighbor was told, as it was told
 *
 * It works as an Adj-RIB-Out does (routes/adj-rib-out.ts): a walk at the start, then debts. A change is
 * looked up when the station takes it, so a slow station gets the newest state and no history (RFC 7854
 * §5 allows that), and costs a bit per prefix.
 *
 * AS_PATHs have four octets, whatever the session has. UPDATEs are made anew: routes with equal attributes
 * of equal age share one.
 *
 * A station reads UPDATEs by the OPENs of the peer up (RFC 7854 §4.10). Where these agree on path ids (RFC 7911)
 * it hears every path with its id: as the neighbor told it in Adj-RIB-In, as we told the neighbor in Adj-RIB-Out.
 * The OPENs of a Loc-RIB are made up and hold no such thing: of it there is the best path.
 *
 * @module
 */
import { writeUint32 } from '../../base/bytes.ts';
import type { Instant } from '../../base/units.ts';
import { MAX_EXTENDED_MESSAGE_BYTES, MAX_MESSAGE_BYTES } from '../constants.ts';
import { ACCEPTED, isTreatedAsWithdrawn } from '../policy/reason.ts';
import { f64, u16, u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { SentPaths } from '../rib/sent-paths.ts';
import { NO_SOURCE, OWN } from '../rib/source-table.ts';
import { AdjRibOut } from '../routes/adj-rib-out.ts';
import { DEFAULT_PATH_ID, DEFAULT_SOURCE } from '../routes/default-routes.ts';
import type { RouteNeighbor } from '../routes/neighbor.ts';
import type { WatchedTables } from '../routes/route-watcher.ts';
import type { Family } from '../types.ts';
import { storedNextHop } from '../update/stored-attributes.ts';
import { type NextHopForm, UpdateWriter } from '../update/update-writer.ts';
import { FEED_BATCH_PREFIXES } from './limits.ts';

export const BMP_VIEWS = ['adj-in-pre', 'adj-in-post', 'loc-rib', 'adj-out'] as const;
export type BmpView = (typeof BMP_VIEWS)[number];

/** Takes an UPDATE from 0 to `end`, and since when its routes are so. */
export type UpdateSink = (update: Uint8Array, end: number, since: Instant) => void;

/** A path of a prefix; 0 where the station hears no path ids. */
type PathKey = { readonly prefix: number; readonly pathId: number };
type Entry = PathKey & {
  readonly attributes: number;
  /** Whose path it is. */
  readonly source: number;
  readonly since: number;
};
const NO_ATTRIBUTES = 0;

/** Encodes for all feeds of a router: the buffers are large. */
export class FeedEncoder {
  readonly writer = new UpdateWriter();
  readonly tables: WatchedTables;
  /** Routes that fit no message. */
  leftOut = 0;

  /** RFC 4271 §5 wants a next hop of our own routes too: our identifier, mapped for IPv6. */
  readonly ownNextHop: { readonly 4: NextHopForm; readonly 6: NextHopForm };

  constructor(tables: WatchedTables, routerId: number) {
    this.tables = tables;
    const mapped = new Uint8Array(16).fill(0xff, 10, 12);
    writeUint32(mapped, 12, routerId);
    this.ownNextHop = {
      4: { kind: 'classic', bytes: mapped.slice(12) },
      6: { kind: 'mp', bytes: mapped },
    };
  }
}

export class RouteFeed {
  readonly view: BmpView;
  /** Of the neighbor; a Loc-RIB has none. */
  private readonly source: number;
  private readonly encoder: FeedEncoder;
  private readonly outs: { readonly 4: AdjRibOut; readonly 6: AdjRibOut };
  /** Families of which the station hears path ids. */
  private readonly pathIds: readonly Family[];

  constructor(
    encoder: FeedEncoder,
    view: BmpView,
    source: number = NO_SOURCE,
    pathIds: readonly Family[] = [],
  ) {
    const { ribs } = encoder.tables;
    this.encoder = encoder;
    this.view = view;
    this.source = source;
    this.pathIds = pathIds;
    this.outs = { 4: new AdjRibOut(ribs[4]), 6: new AdjRibOut(ribs[6]) };
  }

  /** Begins with whole tables, each ended by an End-of-RIB. */
  start(families: readonly Family[]): void {
    for (const family of families) {
      const out = this.outs[family === 'ipv4' ? 4 : 6];
      out.paths = this.pathIds.includes(family)
        ? new SentPaths(this.encoder.tables.store, true)
        : undefined;
      out.isActive = true;
      out.owesEndOfRib = true;
      out.startWalk();
    }
  }

  stop(): void {
    this.outs[4].clear();
    this.outs[6].clear();
  }

  /** The state of a prefix may be another. */
  owe(family: 4 | 6, prefix: number): void {
    const out = this.outs[family];
    if (!out.isActive) return;
    // A walk will meet what lies ahead of it, unless the row goes before.
    if (!out.isWalking || prefix < out.cursor || out.has(prefix)) out.owe(prefix);
  }

  get hasWork(): boolean {
    return needsWork(this.outs[4]) || needsWork(this.outs[6]);
  }

  holds(family: 4 | 6): number {
    return this.outs[family].owedCount;
  }

  /** Goes on for one batch of prefixes. */
  produce(emit: UpdateSink, now: Instant): void {
    const out = needsWork(this.outs[4]) ? this.outs[4] : this.outs[6];
    if (out.isWalking) this.walk(out, emit, now);
    else if (out.owedCount > 0) this.payDebts(out, emit, now);
    else if (out.owesEndOfRib) {
      out.owesEndOfRib = false;
      const { writer } = this.encoder;
      writer.writeEndOfRib(out.rib.family);
      emit(writer.bytes, writer.end, now);
    }
  }

  private walk(out: AdjRibOut, emit: UpdateSink, now: Instant): void {
    const { prefixes } = out.rib;
    const end = Math.min(prefixes.idLimit, out.cursor + FEED_BATCH_PREFIXES);
    const batch: number[] = [];
    for (let prefix = out.cursor; prefix < end; prefix++)
      if (prefixes.isAlive(prefix)) batch.push(prefix);
    out.cursor = end;
    this.tell(out, batch, emit, now);
    if (end >= prefixes.idLimit) out.endWalk();
  }

  private payDebts(out: AdjRibOut, emit: UpdateSink, now: Instant): void {
    const batch: number[] = [];
    while (batch.length < FEED_BATCH_PREFIXES && out.owedCount > 0) batch.push(out.takeOwed());
    this.tell(out, batch, emit, now);
    for (const prefix of batch) out.rib.unhold(prefix);
  }

  private tell(out: AdjRibOut, batch: readonly number[], emit: UpdateSink, now: Instant): void {
    const entries = new Map(batch.map((prefix) => [prefix, this.entriesOf(out, prefix, now)]));
    const gone = [...entries].flatMap(([prefix, present]) => goneOf(out, prefix, present));
    this.withdraw(out, gone, emit, now);
    const announced = [...entries.values()].flat();
    announced.sort(
      (a, b) => a.attributes - b.attributes || a.since - b.since || a.source - b.source,
    );
    for (let from = 0; from < announced.length; ) {
      const first = announced[from] as Entry;
      let to = from + 1;
      while (isLike(announced[to], first)) to++;
      this.announce(out, announced.slice(from, to), emit);
      from = to;
    }
  }

  private withdraw(out: AdjRibOut, gone: readonly PathKey[], emit: UpdateSink, now: Instant): void {
    const { writer } = this.encoder;
    const { family, prefixes } = out.rib;
    const add = ({ prefix, pathId }: PathKey): boolean =>
      writer.addWithdrawn(prefixes, prefix, out.paths && pathId);
    for (let i = 0; i < gone.length; ) {
      writer.beginWithdraw(family, family === 6, MAX_MESSAGE_BYTES);
      while (i < gone.length && add(gone[i] as PathKey)) markGone(out, gone[i++] as PathKey);
      writer.finishWithdraw();
      emit(writer.bytes, writer.end, now);
    }
  }

  /** Announces paths with one set of attributes and one age. */
  private announce(out: AdjRibOut, entries: readonly Entry[], emit: UpdateSink): void {
    const { writer } = this.encoder;
    const { family, prefixes } = out.rib;
    const { attributes, source, since } = entries[0] as Entry;
    const nextHop = this.prepare(out.rib, attributes, source);
    const limit = [MAX_MESSAGE_BYTES, MAX_EXTENDED_MESSAGE_BYTES].find((octets) =>
      writer.fits(family, nextHop, octets, out.paths !== undefined),
    );
    if (limit === undefined) {
      this.encoder.leftOut += entries.length;
      return;
    }
    const add = ({ prefix, pathId }: PathKey): boolean =>
      writer.addAnnounced(prefixes, prefix, out.paths && pathId);
    for (let i = 0; i < entries.length; ) {
      writer.beginAnnounce(family, nextHop, limit);
      while (i < entries.length && add(entries[i] as Entry)) markTold(out, entries[i++] as Entry);
      writer.finishAnnounce();
      emit(writer.bytes, writer.end, since as Instant);
    }
  }

  /** What the station shall know of a prefix: one path at most, unless it hears path ids. */
  private entriesOf(out: AdjRibOut, prefix: number, now: Instant): readonly Entry[] {
    const { rib } = out;
    if (prefix >= rib.best.length) return [];
    switch (this.view) {
      case 'loc-rib':
        return bestEntries(rib, prefix, now);
      case 'adj-out':
        return this.toldEntries(rib, prefix, now);
      default:
        return this.receivedEntries(out, prefix);
    }
  }

  private receivedEntries({ rib, paths: told }: AdjRibOut, prefix: number): readonly Entry[] {
    const { paths } = rib;
    const isBefore = this.view === 'adj-in-pre';
    const first = paths.firstOf(prefix, this.source);
    const end = paths.firstOf(prefix, this.source + 1);
    const entries: Entry[] = [];
    for (let row = first; row < end; row++) {
      const reason = u16(paths.reason, row);
      if (isBefore ? isTreatedAsWithdrawn(reason) : reason !== ACCEPTED) continue;
      const accepted = u32(paths.attributes, row);
      entries.push({
        prefix,
        pathId: paths.pathId.get(row),
        attributes: isBefore ? paths.receivedOf(row) || accepted : accepted,
        source: this.source,
        since: f64(paths.since, row),
      });
    }
    // Without path ids there is more than one for a moment only: of a former session that had them.
    return told === undefined ? entries.slice(0, 1) : entries;
  }

  private toldEntries(rib: FamilyRib, prefix: number, now: Instant): readonly Entry[] {
    const { group } = this.neighbor ?? {};
    const out = this.neighbor?.of(rib.family).out;
    if (group === undefined || out?.has(prefix) !== true) return [];
    if (out.paths !== undefined) return toldPaths(rib, prefix, out.paths, now);
    const { encoder } = this.encoder.tables;
    const source = encoder.sourceFor(group, rib, prefix);
    const attributes = encoder.outgoing(group, rib, prefix, source);
    return attributes === NO_ATTRIBUTES
      ? []
      : [{ prefix, pathId: 0, attributes, source, since: now }];
  }

  private get neighbor(): RouteNeighbor | undefined {
    return this.encoder.tables.bySource.get(this.source);
  }

  /** Prepares the attributes, and returns in which form their next hop is told. */
  private prepare(rib: FamilyRib, attributes: number, source: number): NextHopForm {
    const { writer, tables } = this.encoder;
    const { family } = rib;
    const group = this.view === 'adj-out' ? this.neighbor?.group : undefined;
    const form = group && tables.encoder.formOf(group, family, attributes, source);
    if (form !== undefined) {
      writer.prepare(tables.store, attributes, { ...form.view, fourOctetAs: true }, form.nextHop);
      return form.nextHop;
    }
    const stored = storedNextHop(tables.store, attributes);
    if (stored.length === 0) {
      const own = this.encoder.ownNextHop[family];
      writer.prepare(tables.store, attributes, OWN_VIEW, own);
      return own;
    }
    const withLocalPref = this.view !== 'adj-in-pre';
    writer.prepareStored(tables.store, attributes, { reach: 'apart', family, withLocalPref });
    const isClassic = family === 4 && stored.length === 4;
    return { kind: isClassic ? 'classic' : 'mp', bytes: stored };
  }
}

/** What the Loc-RIB holds of a prefix, as last decided. */
function bestEntries(rib: FamilyRib, prefix: number, now: Instant): readonly Entry[] {
  const { paths } = rib;
  const source = u16(rib.best, prefix);
  if (source === NO_SOURCE) return [];
  const row = rib.bestRow(prefix);
  // Its path may be gone, and the next one not decided yet.
  const since = row === -1 ? now : f64(paths.since, row);
  return [{ prefix, pathId: 0, attributes: u32(rib.bestAttributes, prefix), source, since }];
}

/** Every path a neighbor that takes several was told, under the id it was told. */
function toldPaths(
  { paths }: FamilyRib,
  prefix: number,
  told: SentPaths,
  now: Instant,
): readonly Entry[] {
  const entries: Entry[] = [];
  const add = (pathId: number, source: number): void => {
    const attributes = told.attributesOf(prefix, pathId);
    if (attributes !== NO_ATTRIBUTES)
      entries.push({
        prefix,
        pathId: told.hasPathIds ? pathId : 0,
        attributes,
        source,
        since: now,
      });
  };
  const first = paths.first(prefix);
  const end = first + u16(paths.count, prefix);
  for (let row = first; row < end; row++) add(paths.sentId.get(row), u16(paths.source, row));
  add(DEFAULT_PATH_ID, DEFAULT_SOURCE);
  return entries;
}

/** What the station was told of a prefix and is there no more. */
function goneOf(out: AdjRibOut, prefix: number, present: readonly Entry[]): PathKey[] {
  const { paths, sent } = out;
  if (paths === undefined)
    return present.length === 0 && sent.has(prefix) ? [{ prefix, pathId: 0 }] : [];
  const gone: PathKey[] = [];
  for (let entry = paths.first(prefix); entry !== 0; entry = paths.after(entry)) {
    const pathId = u32(paths.pathId, entry);
    if (!present.some((one) => one.pathId === pathId)) gone.push({ prefix, pathId });
  }
  return gone;
}

function markGone(out: AdjRibOut, { prefix, pathId }: PathKey): void {
  if (out.paths === undefined) out.markWithdrawn(prefix);
  else out.paths.remove(prefix, out.paths.find(prefix, pathId));
}

function markTold(out: AdjRibOut, { prefix, pathId }: PathKey): void {
  if (out.paths === undefined) out.markSent(prefix);
  else if (out.paths.find(prefix, pathId) === 0) out.paths.add(prefix, pathId, NO_ATTRIBUTES);
}

/** Nothing is prepended. */
const OWN_VIEW = {
  isInternal: true,
  fourOctetAs: true,
  localAsn: OWN,
  onlyToCustomer: 0,
  isTransparent: false,
} as const;

const isLike = (entry: Entry | undefined, first: Entry): boolean =>
  entry?.attributes === first.attributes &&
  entry.source === first.source &&
  entry.since === first.since;

const needsWork = (out: AdjRibOut): boolean => out.isActive && !out.isAttached;
