/**
 * The routing table as an MRT file, in slices: a peer index table, then a record per prefix.
 *
 * Standard: RFC 6396 §4.3 (TABLE_DUMP_V2), §4.3.4 (abridged MP_REACH_NLRI); RFC 8950 (IPv4 routes with
 * IPv6 next hops stay IPv4 routes), RFC 8050 §4.1 (path ids).
 *
 *   peer index table │ 172.20.0.0/24: 2 paths │ 172.20.1.0/24: 1 path │ … │ fd42::/48: 2 paths │ …
 *
 *   before   the Adj-RIBs-In: every route as it was received, those that the policy rejects included
 *   after    the routes that take part in the decision, with the LOCAL_PREF it uses, and our own
 *
 * Peer 0 is this node; its prefixes have no next hop, and are in `after` alone.
 *
 * Invariants
 * - A slice is bounded by octets and rows, whatever the size of the table.
 * - Every prefix that lives from the first slice to the last is written exactly once, as it is when its
 *   slice is: the file is no picture of one instant.
 * - Neighbors that came after the first slice have no place in the index and are left out.
 *
 * @module
 */
import type { IpAddress } from '../../base/ip-address.ts';
import { type Asn, type Instant, type WallTime, wallTime } from '../../base/units.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { ACCEPTED, isTreatedAsWithdrawn } from '../policy/reason.ts';
import { f64, u8, u16, u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { OWN, type SourceTable } from '../rib/source-table.ts';
import { CANONICAL_BYTES_MAX } from '../update/canonicalize.ts';
import { PATH_ID_BYTES } from '../update/nlri.ts';
import { writeStoredAttributes } from '../update/stored-attributes.ts';
import {
  PEER_HAS_AS4,
  PEER_INDEX_TABLE,
  PEER_IS_IPV6,
  RIB_IPV4_UNICAST,
  RIB_IPV4_UNICAST_ADDPATH,
  RIB_IPV6_UNICAST,
  RIB_IPV6_UNICAST_ADDPATH,
  TABLE_DUMP_V2,
} from './constants.ts';
import { DUMP_SLICE_BYTES, DUMP_SLICE_ROWS } from './limits.ts';
import { RecordWriter } from './record-writer.ts';

export type TableDumpRequest = {
  readonly policy: 'before' | 'after';
  /** Calendar time at `now`. */
  readonly wallNow: WallTime;
  readonly now: Instant;
};

/** A neighbor as the index names it. */
export type DumpedPeer = {
  readonly source: number;
  readonly address: IpAddress;
  readonly asn: number;
};

export type DumpedTables = {
  readonly asn: Asn;
  readonly routerId: number;
  readonly store: AttributeStore;
  readonly sources: SourceTable;
  readonly ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
};

const UINT16_MAX = 0xffff;
/** Peer index 2, originated 4, attribute length 2. */
const ENTRY_FIXED_BYTES = 8;
const SUBTYPES = {
  4: [RIB_IPV4_UNICAST, RIB_IPV4_UNICAST_ADDPATH],
  6: [RIB_IPV6_UNICAST, RIB_IPV6_UNICAST_ADDPATH],
} as const;

export class TableDump {
  /** Entries that do not fit the 16 bits of their length or their number; no real table has any. */
  leftOut = 0;
  private readonly tables: DumpedTables;
  private readonly request: TableDumpRequest;
  private readonly writer = new RecordWriter(2 * DUMP_SLICE_BYTES);
  private readonly block = new Uint8Array(CANONICAL_BYTES_MAX);
  /** By source: its place in the peer index. */
  private readonly index = new Map<number, number>();
  private family: 4 | 6 | undefined = 4;
  private cursor = 1;
  private sequence = 0;

  constructor(tables: DumpedTables, peers: readonly DumpedPeer[], request: TableDumpRequest) {
    this.tables = tables;
    this.request = request;
    this.writeIndex(peers);
  }

  /** Whether everything was taken. */
  get isDone(): boolean {
    return this.family === undefined && this.writer.end === 0;
  }

  /** Returns the next whole records, or undefined when nothing is left. */
  next(): Uint8Array | undefined {
    for (;;) {
      this.writeSlice();
      if (this.writer.end > 0) return this.writer.take();
      if (this.family === undefined) return undefined;
    }
  }

  private writeIndex(peers: readonly DumpedPeer[]): void {
    const { writer, request, tables } = this;
    const view = new TextEncoder().encode(`${request.policy} import policy`);
    writer.begin(TABLE_DUMP_V2, PEER_INDEX_TABLE, request.wallNow);
    writer.uint32(tables.routerId);
    writer.uint16(view.length);
    writer.octets(view);
    writer.uint16(peers.length + 1);
    this.index.set(OWN, 0);
    writer.uint8(PEER_HAS_AS4);
    writer.uint32(tables.routerId);
    writer.uint32(0);
    writer.uint32(tables.asn);
    for (const { source, address, asn } of peers) {
      this.index.set(source, this.index.size);
      writer.uint8(PEER_HAS_AS4 | (address.family === 6 ? PEER_IS_IPV6 : 0));
      writer.uint32(u32(tables.sources.routerId, source));
      writer.octets(address.bytes);
      writer.uint32(asn);
    }
    writer.finish();
  }

  private writeSlice(): void {
    let rows = 0;
    while (this.family !== undefined && this.writer.end < DUMP_SLICE_BYTES) {
      if (rows++ >= DUMP_SLICE_ROWS) return;
      const { prefixes } = this.tables.ribs[this.family];
      if (this.cursor >= prefixes.idLimit) {
        this.family = this.family === 4 ? 6 : undefined;
        this.cursor = 1;
      } else {
        const prefix = this.cursor++;
        if (prefixes.isAlive(prefix)) this.writePrefix(this.tables.ribs[this.family], prefix);
      }
    }
  }

  private writePrefix(rib: FamilyRib, prefix: number): void {
    const { paths, prefixes } = rib;
    const count = u16(paths.count, prefix);
    if (count === 0) return;
    const { writer } = this;
    // RFC 8050 §4.1: where some neighbor gives ids, every entry has one.
    const [plain, withIds] = SUBTYPES[rib.family];
    const subtype = paths.pathId.isEmpty ? plain : withIds;
    writer.begin(TABLE_DUMP_V2, subtype, this.request.wallNow);
    writer.uint32(this.sequence);
    writer.reserve(prefixes.nlriBytes(prefix));
    writer.end = prefixes.writeNlri(prefix, writer.bytes, writer.end);
    const countAt = writer.end;
    writer.uint16(0);
    let entries = 0;
    const first = paths.first(prefix);
    for (let row = first; row < first + count; row++) {
      if (this.isWanted(rib, row) && this.writeEntry(rib, row)) entries++;
    }
    if (entries === 0) {
      writer.abandon();
      return;
    }
    writer.bytes[countAt] = entries >>> 8;
    writer.bytes[countAt + 1] = entries;
    writer.finish();
    this.sequence = (this.sequence + 1) >>> 0;
  }

  private isWanted({ paths }: FamilyRib, row: number): boolean {
    const source = u16(paths.source, row);
    const reason = u16(paths.reason, row);
    if (!this.index.has(source)) return false;
    if (this.request.policy === 'before') return source !== OWN && !isTreatedAsWithdrawn(reason);
    return reason === ACCEPTED && u8(this.tables.sources.isUp, source) === 1;
  }

  private writeEntry({ paths, family }: FamilyRib, row: number): boolean {
    const { writer, block, request } = this;
    const view = {
      reach: 'abridged',
      family,
      withLocalPref: request.policy === 'after',
    } as const;
    const isBefore = request.policy === 'before';
    const attributes = (isBefore && paths.receivedOf(row)) || u32(paths.attributes, row);
    const length = writeStoredAttributes(this.tables.store, attributes, view, block, 0);
    if (length > UINT16_MAX) {
      this.leftOut++;
      return false;
    }
    writer.reserve(ENTRY_FIXED_BYTES + PATH_ID_BYTES + length);
    writer.uint16(this.index.get(u16(paths.source, row)) as number);
    const since = wallTime(request.wallNow + f64(paths.since, row) - request.now);
    writer.uint32(Math.max(0, Math.floor(since / 1000)));
    if (!paths.pathId.isEmpty) writer.uint32(paths.pathId.get(row));
    writer.uint16(length);
    writer.octets(block, 0, length);
    return true;
  }
}
