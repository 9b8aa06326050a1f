/**
 * One monitoring station: its connection, and what goes to it.
 *
 * Standard: RFC 7854 §3.2 (life of a connection), §3.3, §4.3 to §4.10, §5; RFC 9069 §5.
 *
 *   waiting ─retry 30 … 720 s─► connecting ─opened─► up: initiation, peer ups, whole tables, changes
 *      ▲                            │ 30 s             │ closed, stalled, too far behind
 *      └────────────────────────────┴──────────────────┘
 *
 *   peer ups, peer downs, statistics ──► control ──┐ first
 *   RouteFeed (one per view and peer) ─────────────┴─► at most a window of octets ──► StationPort
 *
 * Invariants
 * - Octets the system has not taken stay below the window, plus one batch; what is not sent stays in the
 *   tables, and changes of a prefix that was not sent cost nothing more.
 * - A route of a peer is sent only between its peer up and its peer down.
 * - BGP never waits for a station.
 *
 * @module
 */
import { concatBytes } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { TimerQueue, Timers } from '../../base/timer-queue.ts';
import {
  addMilliseconds,
  elapsed,
  type Instant,
  seconds,
  type WallTime,
} from '../../base/units.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import type { RouteNeighbor } from '../routes/neighbor.ts';
import type { SessionOpens } from '../session-tap.ts';
import { FAMILIES, type NeighborId } from '../types.ts';
import {
  ADJ_RIB_IN_ROUTES,
  ADJ_RIB_IN_ROUTES_OF_FAMILY,
  ADJ_RIB_OUT_ROUTES,
  ADJ_RIB_OUT_ROUTES_OF_FAMILY,
  ADMINISTRATIVELY_CLOSED,
  IS_ADJ_RIB_OUT,
  IS_POST_POLICY,
  LOC_RIB_CLOSED,
  LOC_RIB_ROUTES,
  LOC_RIB_ROUTES_OF_FAMILY,
  TREATED_AS_WITHDRAWN,
} from './constants.ts';
import {
  STATION_CONNECT_TIME,
  STATION_CONTROL_BYTES_MAX,
  STATION_RETRY_RESET_AFTER,
  STATION_RETRY_SECONDS_MAX,
  STATION_RETRY_SECONDS_MIN,
  STATION_SLICE_BYTES,
  STATION_STALL_TIME,
  STATION_WINDOW_BYTES,
  STATISTICS_INTERVAL,
} from './limits.ts';
import {
  initiation,
  type PeerHeader,
  peerDown,
  peerUp,
  routeMonitoring,
  type Statistic,
  statisticsReport,
  tableNameTlv,
  termination,
} from './messages.ts';
import { type DownReason, type MonitoredPeer, NO_LONGER_MONITORED } from './monitored-peers.ts';
import { type BmpView, type FeedEncoder, RouteFeed } from './route-feed.ts';

/** The name of the only table there is (RFC 9069 §5.2.1). */
const TABLE = 'global';

/** An OPEN has 4,096 octets at most: this many peer ups are about a batch of routes. */
const CONTROL_MESSAGES_TOGETHER = 64;

export type StationConfig = {
  readonly host: string;
  readonly port: number;
  readonly views: readonly BmpView[];
};

/** One attempt to connect, and the connection that came of it; never used again. */
export type StationConnection = number;

/** TCP, seen from the stations. None of these may call back before it returns. */
export interface StationPort {
  open(connection: StationConnection, host: string, port: number): void;
  /** What the system has taken comes back by `taken`. */
  send(connection: StationConnection, bytes: Uint8Array): void;
  /** Sends what is left, then FIN; nothing of this connection is expected any more. */
  close(connection: StationConnection): void;
}

/** What all stations of a router share. */
export type StationContext = {
  readonly encoder: FeedEncoder;
  readonly peers: ReadonlyMap<NeighborId, MonitoredPeer>;
  readonly port: StationPort;
  readonly timerQueue: TimerQueue;
  readonly random: Random;
  readonly name: string;
  readonly description: string;
  readonly locRib: { readonly header: PeerHeader; readonly opens: SessionOpens };
  wallAt(at: Instant): WallTime;
  nextConnection(): StationConnection;
};

export type StationState = 'waiting' | 'connecting' | 'up';
export type StationView = {
  readonly station: string;
  readonly views: readonly BmpView[];
  readonly state: StationState;
  readonly since: WallTime;
  /** Why the last connection ended or failed; absent while it is up. */
  readonly lastError?: string;
  /** When the next attempt comes. */
  readonly nextAttempt?: WallTime;
};

type Feed = { readonly feed: RouteFeed; readonly header: PeerHeader };

export class Station {
  private config: StationConfig;
  private readonly context: StationContext;
  private readonly timers: Timers<'retry' | 'connect' | 'stall' | 'statistics'>;
  private state: StationState = 'connecting';
  private since: Instant;
  private connection: StationConnection = 0;
  private attempts = 0;
  private lastError: string | undefined;
  private underWay = 0;
  private control: Uint8Array[] = [];
  private controlOctets = 0;
  private readonly bySource = new Map<number, Feed[]>();
  private locRib: Feed | undefined;
  private readonly ready = new Set<Feed>();

  constructor(config: StationConfig, context: StationContext, now: Instant) {
    this.config = config;
    this.context = context;
    this.since = now;
    this.timers = context.timerQueue.add<'retry' | 'connect' | 'stall' | 'statistics'>(this);
    this.connect(now);
  }

  get id(): StationConnection {
    return this.connection;
  }

  view(): StationView {
    const { views } = this.config;
    const { wallAt } = this.context;
    const nextAttempt = this.timers.deadline('retry');
    return {
      station: stationName(this.config),
      views,
      state: this.state,
      since: wallAt(this.since),
      ...(this.lastError === undefined ? {} : { lastError: this.lastError }),
      ...(nextAttempt === undefined ? {} : { nextAttempt: wallAt(nextAttempt) }),
    };
  }

  /** Prefixes of a family it keeps in the table until it has told of them. */
  holds(family: 4 | 6): number {
    let holds = 0;
    for (const { feed } of this.feeds()) holds += feed.holds(family);
    return holds;
  }

  // ── the connection ────────────────────────────────────────────────────────────────────────────

  opened(now: Instant): void {
    if (this.state !== 'connecting') return;
    const { name, description } = this.context;
    this.timers.clear('connect');
    this.enter('up', now);
    this.lastError = undefined;
    this.say(initiation(name, description), now);
    this.beginViews(now);
    this.timers.set('statistics', addMilliseconds(now, STATISTICS_INTERVAL));
  }

  closed(reason: string, now: Instant): void {
    if (this.state === 'waiting') return;
    this.fail(reason, now);
  }

  /** The system has taken so many octets. */
  taken(octets: number, now: Instant): void {
    if (this.state !== 'up') return;
    this.underWay = Math.max(0, this.underWay - octets);
    if (this.underWay === 0) this.timers.clear('stall');
    else this.timers.set('stall', addMilliseconds(now, STATION_STALL_TIME));
  }

  /** Other views: every table begins anew, between a peer down and a peer up. */
  setViews(views: readonly BmpView[], now: Instant): void {
    if (this.config.views.join() === views.join()) return;
    if (this.state === 'up') this.endViews(now);
    this.config = { ...this.config, views };
    if (this.state === 'up') this.beginViews(now);
  }

  /** The station is no longer wanted, or the router goes. */
  stop(now: Instant): void {
    this.timers.clearAll();
    this.stopFeeds();
    if (this.state === 'up') {
      this.say(termination(ADMINISTRATIVELY_CLOSED), now);
      this.flush(now);
    }
    if (this.state !== 'waiting') this.context.port.close(this.connection);
    this.enter('waiting', now);
  }

  timerExpired(name: 'retry' | 'connect' | 'stall' | 'statistics', now: Instant): void {
    if (name === 'retry') this.connect(now);
    else if (name === 'statistics') this.reportStatistics(now);
    else {
      this.context.port.close(this.connection);
      this.fail(name === 'connect' ? 'no answer' : 'the station stopped reading', now);
    }
  }

  private connect(now: Instant): void {
    this.enter('connecting', now);
    this.timers.set('connect', addMilliseconds(now, STATION_CONNECT_TIME));
    this.connection = this.context.nextConnection();
    this.context.port.open(this.connection, this.config.host, this.config.port);
  }

  private fail(reason: string, now: Instant): void {
    if (this.state === 'up' && elapsed(this.since, now) >= STATION_RETRY_RESET_AFTER)
      this.attempts = 0;
    this.timers.clearAll();
    this.stopFeeds();
    this.control = [];
    this.controlOctets = 0;
    this.underWay = 0;
    this.lastError = reason;
    this.enter('waiting', now);
    const longest = Math.min(
      STATION_RETRY_SECONDS_MIN * 2 ** this.attempts,
      STATION_RETRY_SECONDS_MAX,
    );
    this.attempts = Math.min(this.attempts + 1, 10);
    // Many routers of one station shall not return at the same instant.
    const delay = longest * (0.75 + this.context.random.below(250) / 1000);
    this.timers.set('retry', addMilliseconds(now, seconds(delay)));
  }

  private enter(state: StationState, now: Instant): void {
    this.state = state;
    this.since = now;
  }

  // ── peers and tables ──────────────────────────────────────────────────────────────────────────

  peerUp(peer: MonitoredPeer, now: Instant): void {
    if (!this.isUp || !this.watchesPeers) return;
    const { header, ends, opens, since, source, families, addPath } = peer;
    this.say(peerUp(header, since, ends, opens), now);
    if (!this.isUp) return;
    const feeds = this.config.views
      .filter((view) => view !== 'loc-rib')
      .map((view) => ({
        feed: new RouteFeed(
          this.context.encoder,
          view,
          source,
          view === 'adj-out' ? addPath.send : addPath.receive,
        ),
        header: { ...header, flags: header.flags | FLAGS[view] },
      }));
    this.bySource.set(source, feeds);
    for (const one of feeds) {
      one.feed.start(families);
      this.ready.add(one);
    }
  }

  peerDown({ source, header }: MonitoredPeer, why: DownReason, now: Instant): void {
    const feeds = this.bySource.get(source);
    if (feeds === undefined) return;
    this.bySource.delete(source);
    for (const one of feeds) this.stopFeed(one);
    this.say(peerDown(header, this.context.wallAt(now), why.reason, why.data), now);
  }

  pathChanged(rib: FamilyRib, prefix: number, source: number): void {
    const feeds = this.bySource.get(source);
    if (feeds === undefined) return;
    for (const one of feeds) if (one.feed.view !== 'adj-out') this.owe(one, rib.family, prefix);
  }

  bestChanged(rib: FamilyRib, prefix: number): void {
    if (this.locRib !== undefined) this.owe(this.locRib, rib.family, prefix);
  }

  told({ source }: RouteNeighbor, rib: FamilyRib, prefix: number): void {
    const feeds = this.bySource.get(source);
    if (feeds === undefined) return;
    for (const one of feeds) if (one.feed.view === 'adj-out') this.owe(one, rib.family, prefix);
  }

  /** Sends what there is room for, about a slice; returns whether more could be sent at once. */
  run(now: Instant): boolean {
    if (this.state !== 'up') return false;
    this.flush(now);
    let octets = 0;
    while (this.hasRoom && octets < STATION_SLICE_BYTES) {
      const [one] = this.ready;
      if (one === undefined) break;
      octets += this.produce(one, now);
    }
    return this.ready.size > 0 && this.hasRoom;
  }

  /** Asked again after whatever may have ended the connection. */
  private get isUp(): boolean {
    return this.state === 'up';
  }

  private get watchesPeers(): boolean {
    return this.config.views.some((view) => view !== 'loc-rib');
  }

  private get hasRoom(): boolean {
    return this.underWay < STATION_WINDOW_BYTES && this.control.length === 0;
  }

  private owe(one: Feed, family: 4 | 6, prefix: number): void {
    one.feed.owe(family, prefix);
    if (one.feed.hasWork) this.ready.add(one);
  }

  /** One batch of one feed, which then goes to the end of the line; returns its octets, at least 1. */
  private produce(one: Feed, now: Instant): number {
    const { context } = this;
    const messages: Uint8Array[] = [];
    one.feed.produce((update, end, since) => {
      messages.push(routeMonitoring(one.header, context.wallAt(since), update, end));
    }, now);
    this.ready.delete(one);
    if (one.feed.hasWork) this.ready.add(one);
    if (messages.length === 0) return 1;
    const bytes = concatBytes(...messages);
    this.send(bytes, now);
    return bytes.length;
  }

  private beginViews(now: Instant): void {
    for (const peer of this.context.peers.values()) this.peerUp(peer, now);
    if (!this.config.views.includes('loc-rib')) return;
    const { encoder, locRib, wallAt } = this.context;
    const ends = { localPort: 0, remotePort: 0 };
    this.say(peerUp(locRib.header, wallAt(now), ends, locRib.opens, TABLE), now);
    if (!this.isUp) return;
    this.locRib = { feed: new RouteFeed(encoder, 'loc-rib'), header: locRib.header };
    this.locRib.feed.start(FAMILIES);
    this.ready.add(this.locRib);
  }

  private endViews(now: Instant): void {
    for (const peer of this.context.peers.values()) this.peerDown(peer, NO_LONGER_MONITORED, now);
    if (this.locRib === undefined) return;
    const { header } = this.locRib;
    this.stopFeed(this.locRib);
    this.locRib = undefined;
    const at = this.context.wallAt(now);
    this.say(peerDown(header, at, LOC_RIB_CLOSED, tableNameTlv(TABLE)), now);
  }

  private *feeds(): Generator<Feed> {
    for (const feeds of this.bySource.values()) yield* feeds;
    if (this.locRib !== undefined) yield this.locRib;
  }

  private stopFeeds(): void {
    for (const one of this.feeds()) this.stopFeed(one);
    this.bySource.clear();
    this.locRib = undefined;
  }

  private stopFeed(one: Feed): void {
    one.feed.stop();
    this.ready.delete(one);
  }

  // ── statistics ────────────────────────────────────────────────────────────────────────────────

  private reportStatistics(now: Instant): void {
    this.timers.set('statistics', addMilliseconds(now, STATISTICS_INTERVAL));
    const { peers, encoder, locRib, wallAt } = this.context;
    const at = wallAt(now);
    for (const { neighbor: id, source, header } of peers.values()) {
      const neighbor = encoder.tables.byId.get(id);
      if (neighbor !== undefined && this.bySource.has(source))
        this.say(statisticsReport(header, at, statisticsOf(neighbor)), now);
    }
    if (this.locRib === undefined) return;
    const { ribs } = encoder.tables;
    const routes = { ipv4: ribs[4].reachable, ipv6: ribs[6].reachable };
    this.say(statisticsReport(locRib.header, at, statisticsOfLocRib(routes)), now);
  }

  // ── octets ────────────────────────────────────────────────────────────────────────────────────

  /** Queues a message that must not be lost. */
  private say(message: Uint8Array, now: Instant): void {
    if (this.state !== 'up') return;
    this.control.push(message);
    this.controlOctets += message.length;
    if (this.controlOctets <= STATION_CONTROL_BYTES_MAX) return;
    this.context.port.close(this.connection);
    this.fail('the station is too far behind', now);
  }

  private flush(now: Instant): void {
    while (this.control.length > 0 && this.underWay < STATION_WINDOW_BYTES) {
      const bytes = concatBytes(...this.control.splice(0, CONTROL_MESSAGES_TOGETHER));
      this.controlOctets -= bytes.length;
      this.send(bytes, now);
    }
  }

  private send(bytes: Uint8Array, now: Instant): void {
    if (this.underWay === 0) this.timers.set('stall', addMilliseconds(now, STATION_STALL_TIME));
    this.underWay += bytes.length;
    this.context.port.send(this.connection, bytes);
  }
}

export const stationName = ({ host, port }: StationConfig): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

const FLAGS: Readonly<Record<BmpView, number>> = {
  'adj-in-pre': 0,
  'adj-in-post': IS_POST_POLICY,
  'loc-rib': 0,
  'adj-out': IS_ADJ_RIB_OUT | IS_POST_POLICY,
};

function statisticsOf(neighbor: RouteNeighbor): Statistic[] {
  const { received, sent, families, malformed } = neighbor.counters();
  const withdrawn = Object.entries(malformed)
    .filter(([kind]) => kind.startsWith('withdraw:'))
    .reduce((sum, [, count]) => sum + count, 0);
  return [
    { type: ADJ_RIB_IN_ROUTES, value: received, isGauge: true },
    { type: ADJ_RIB_OUT_ROUTES, value: sent, isGauge: true },
    { type: TREATED_AS_WITHDRAWN, value: withdrawn, isGauge: false },
    ...FAMILIES.flatMap((family): Statistic[] => [
      {
        type: ADJ_RIB_IN_ROUTES_OF_FAMILY,
        value: families[family].received,
        family,
        isGauge: true,
      },
      { type: ADJ_RIB_OUT_ROUTES_OF_FAMILY, value: families[family].sent, family, isGauge: true },
    ]),
  ];
}

const statisticsOfLocRib = (routes: { ipv4: number; ipv6: number }): Statistic[] => [
  { type: LOC_RIB_ROUTES, value: routes.ipv4 + routes.ipv6, isGauge: true },
  ...FAMILIES.map(
    (family): Statistic => ({
      type: LOC_RIB_ROUTES_OF_FAMILY,
      value: routes[family],
      family,
      isGauge: true,
    }),
  ),
];
