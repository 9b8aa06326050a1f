/**
 * BMP: everything that happens in sessions and tables, to all monitoring stations.
 *
 * Standard: RFC 7854, 8671, 9069; see station.ts and route-feed.ts.
 *
 *   sessions ──SessionTap──► peers that are up ──┐
 *   routes ──RouteWatcher──► prefixes owed ──────┴─► stations ──StationPort──► host TCP
 *
 * Invariants
 * - Without a station nothing is kept but the OPENs of sessions that are up.
 * - A connection that is over has no effect, whatever still comes of it.
 *
 * @module
 */
import type { Random } from '../../base/random.ts';
import type { TimerQueue } from '../../base/timer-queue.ts';
import { type Asn, type Instant, type WallTime, wallTime } from '../../base/units.ts';
import { buildOurOpen } from '../negotiate.ts';
import { u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import type { RouteNeighbor } from '../routes/neighbor.ts';
import type { RouteWatcher, WatchedTables } from '../routes/route-watcher.ts';
import type { MessageDirection, SessionEnds, SessionOpens, SessionTap } from '../session-tap.ts';
import {
  type BgpNotification,
  FAMILIES,
  type NegotiatedSession,
  type NeighborId,
} from '../types.ts';
import { LOC_RIB_PEER } from './constants.ts';
import {
  downReason,
  headerOf,
  type LastWord,
  type MonitoredPeer,
  NO_LONGER_MONITORED,
} from './monitored-peers.ts';
import { FeedEncoder } from './route-feed.ts';
import {
  Station,
  type StationConfig,
  type StationConnection,
  type StationContext,
  type StationPort,
  type StationView,
  stationName,
} from './station.ts';

export type BmpMonitorOptions = {
  readonly tables: WatchedTables;
  readonly asn: Asn;
  readonly routerId: number;
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  readonly port: StationPort;
  /** Calendar time of an instant. */
  wallAt(at: Instant): WallTime;
  /** TCP ports of the session of a neighbor. */
  portsOf(neighbor: NeighborId): { readonly localPort: number; readonly remotePort: number };
};

/** How the node calls itself towards stations. */
export type BmpIdentity = { readonly name: string; readonly description: string };

export class BmpMonitor implements SessionTap, RouteWatcher {
  private readonly options: BmpMonitorOptions;
  private readonly encoder: FeedEncoder;
  private readonly peers = new Map<NeighborId, MonitoredPeer>();
  private readonly ends = new Map<NeighborId, SessionEnds>();
  private readonly lastWords = new Map<NeighborId, LastWord>();
  private readonly stations = new Map<string, Station>();
  private connections = 0;

  constructor(options: BmpMonitorOptions) {
    this.options = options;
    this.encoder = new FeedEncoder(options.tables, options.routerId);
  }

  /** Follows the configuration; what stays the same keeps its connection. */
  setStations(configs: readonly StationConfig[], identity: BmpIdentity, now: Instant): void {
    const wanted = new Map(configs.map((config) => [stationName(config), config]));
    for (const [name, station] of this.stations) {
      const config = wanted.get(name);
      if (config === undefined) {
        this.stations.delete(name);
        station.stop(now);
      } else station.setViews(config.views, now);
    }
    for (const [name, config] of wanted) {
      if (!this.stations.has(name))
        this.stations.set(name, new Station(config, this.contextFor(identity), now));
    }
  }

  /** Ends every connection; the router goes. */
  stop(now: Instant): void {
    for (const station of this.stations.values()) station.stop(now);
    this.stations.clear();
  }

  views(): StationView[] {
    return [...this.stations.values()].map((station) => station.view());
  }

  /** Sends what there is room for; returns whether more could be sent at once. */
  run(now: Instant): boolean {
    let hasMore = false;
    for (const station of this.stations.values()) hasMore = station.run(now) || hasMore;
    return hasMore;
  }

  // ── the connections ───────────────────────────────────────────────────────────────────────────

  stationOpened(connection: StationConnection, now: Instant): void {
    this.stationOf(connection)?.opened(now);
  }

  stationClosed(connection: StationConnection, reason: string, now: Instant): void {
    this.stationOf(connection)?.closed(reason, now);
  }

  stationTook(connection: StationConnection, octets: number, now: Instant): void {
    this.stationOf(connection)?.taken(octets, now);
  }

  // ── sessions ──────────────────────────────────────────────────────────────────────────────────

  neighborConfigured(neighbor: NeighborId, ends: SessionEnds): void {
    this.ends.set(neighbor, ends);
  }

  neighborRemoved(neighbor: NeighborId, now: Instant): void {
    this.down(neighbor, NO_LONGER_MONITORED, now);
    this.ends.delete(neighbor);
    this.lastWords.delete(neighbor);
  }

  messagePassed(): void {
    // Tables are mirrored, not messages.
  }

  stateChanged(): void {
    // Only sessions that are up are told of.
  }

  notified(neighbor: NeighborId, direction: MessageDirection, of: BgpNotification): void {
    this.lastWords.set(neighbor, { kind: 'notification', direction, of });
  }

  replaced(neighbor: NeighborId): void {
    this.lastWords.set(neighbor, { kind: 'replaced' });
  }

  established(
    neighbor: NeighborId,
    session: NegotiatedSession,
    opens: SessionOpens,
    now: Instant,
  ): void {
    const ends = this.ends.get(neighbor);
    const source = this.options.tables.byId.get(neighbor)?.source;
    if (ends === undefined || source === undefined) return;
    this.lastWords.delete(neighbor);
    const peer: MonitoredPeer = {
      neighbor,
      source,
      header: headerOf(session.remoteAddress, session.peerAsn, session.peerRouterId),
      ends: { local: session.localAddress, ...this.options.portsOf(neighbor) },
      opens,
      families: session.families,
      addPath: session.addPath ?? { receive: [], send: [] },
      since: this.options.wallAt(now),
    };
    this.peers.set(neighbor, peer);
    for (const station of this.stations.values()) station.peerUp(peer, now);
  }

  ended(neighbor: NeighborId, now: Instant): void {
    this.down(neighbor, downReason(this.lastWords.get(neighbor)), now);
    this.lastWords.delete(neighbor);
  }

  private down(neighbor: NeighborId, why: ReturnType<typeof downReason>, now: Instant): void {
    const peer = this.peers.get(neighbor);
    if (peer === undefined) return;
    this.peers.delete(neighbor);
    for (const station of this.stations.values()) station.peerDown(peer, why, now);
  }

  // ── routes ────────────────────────────────────────────────────────────────────────────────────

  // An iterator per path would cost a full table more than all stations together: most nodes have none.

  pathChanged(rib: FamilyRib, prefix: number, source: number): void {
    if (this.stations.size === 0) return;
    for (const station of this.stations.values()) station.pathChanged(rib, prefix, source);
  }

  bestChanged(rib: FamilyRib, prefixes: Uint32Array, count: number): void {
    if (this.stations.size === 0) return;
    for (const station of this.stations.values())
      for (let i = 0; i < count; i++) station.bestChanged(rib, u32(prefixes, i));
  }

  told(neighbor: RouteNeighbor, rib: FamilyRib, prefixes: Uint32Array, count: number): void {
    if (this.stations.size === 0) return;
    for (const station of this.stations.values())
      for (let i = 0; i < count; i++) station.told(neighbor, rib, u32(prefixes, i));
  }

  holds(family: 4 | 6): number {
    let holds = 0;
    for (const station of this.stations.values()) holds += station.holds(family);
    return holds;
  }

  private stationOf(connection: StationConnection): Station | undefined {
    return [...this.stations.values()].find((station) => station.id === connection);
  }

  private contextFor(identity: BmpIdentity): StationContext {
    const { options, encoder, peers } = this;
    const { asn, routerId } = options;
    // RFC 9069 §5.2: the OPENs of a Loc-RIB are made up, with what its messages need.
    const open = buildOurOpen(
      {
        localAsn: asn,
        peerAsn: asn,
        routerId,
        families: FAMILIES,
        extendedNextHop: true,
        holdTimeSeconds: 0,
      },
      { family: 6, bytes: new Uint8Array(16) },
    );
    return {
      ...identity,
      encoder,
      peers,
      port: options.port,
      timerQueue: options.timerQueue,
      random: options.random,
      locRib: {
        header: { type: LOC_RIB_PEER, flags: 0, asn, routerId },
        opens: { sent: open, received: open },
      },
      wallAt: (at) => wallTime(options.wallAt(at)),
      nextConnection: () => ++this.connections,
    };
  }
}
