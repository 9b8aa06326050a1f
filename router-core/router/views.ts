/**
 * What the router shows of itself: the snapshot's parts.
 *
 * Not standardized; router/types.ts, portal specification §6 and §9.
 *
 * Invariant: building a view changes nothing and costs O(sessions).
 *
 * @module
 */
import { toBase64 } from '../base/bytes.ts';
import { formatEndpoint } from '../base/endpoint.ts';
import { formatDottedQuad, formatIpAddress } from '../base/ip-address.ts';
import { formatWallTime } from '../base/rfc3339.ts';
import { type Instant, type SocketId, type WallTime, wallTime } from '../base/units.ts';
import type { NeighborView } from '../bgp/index.ts';
import type { TypedNode } from './config.ts';
import { diagnose, diagnoseSessions, type ObservedSession } from './diagnosis/index.ts';
import type { Engine } from './engine.ts';
import { hostAddresses } from './host-neighbors.ts';
import { ingressOf } from './ingress.ts';
import { roundTripOf } from './measured-latency.ts';
import { describeNotification } from './notification-view.ts';
import type { UnclaimedKey } from './peering-events.ts';
import type { HostNeighbor, Peering, PeeringSession } from './roster.ts';
import { optionsInForce } from './session-options.ts';
import type {
  BfdSessionView,
  NodeView,
  OperationalState,
  PeeringView,
  RouteCounters,
  SessionExcess,
  SessionView,
  Snapshot,
  TunnelView,
} from './types.ts';
import type { Vrf } from './vrf.ts';

/** A UDP port of ours that could not be opened. */
export type FailedSocket = {
  readonly port: number;
  readonly host: string;
  readonly message: string;
  readonly since: WallTime;
};

export type ViewContext = {
  readonly failedSockets: ReadonlyMap<SocketId, FailedSocket>;
  readonly engine: Engine;
  readonly node: TypedNode;
  readonly hasRegistry: boolean;
  readonly isWithoutRoas: boolean;
  readonly now: Instant;
};

export function viewPeering(context: ViewContext, peering: Peering): PeeringView {
  const { engine, node } = context;
  const { vrf } = peering;
  const tunnel = viewTunnel(context, peering);
  const sessions = peering.sessions.map((session) => {
    const { local, remote } = vrf.transport.linkOf(session.neighbor);
    const addresses = {
      localAddress: formatIpAddress(local),
      remoteAddress: formatIpAddress(remote),
    };
    return viewSession(context, peering, session, addresses);
  });
  const findings = diagnose({
    config: peering.wish.config,
    facts: peering.facts,
    tunnel,
    sessions,
    provisionedAt: peering.provisionedAt,
    now: engine.clock.now(),
    hasRegistry: context.hasRegistry,
    isWithoutRoas: context.isWithoutRoas,
    failedPort: context.failedSockets.get(peering.socket),
  });
  const isDegraded = findings.some((finding) => finding.severity !== 'info');
  return {
    id: peering.wish.id,
    node: node.name,
    name: peering.wish.config.name,
    ...(vrf.vrfName === undefined ? {} : { vrf: vrf.vrfName }),
    asn: peering.wish.asn,
    revision: peering.revision,
    operational: operationalState(peering, sessions, isDegraded),
    ...sumCounters(sessions),
    tunnel,
    sessions: sessions.map(withoutTimes),
    diagnosis: findings,
    transitions: peering.transitions.entries,
  };
}

/** A neighbor over the machine's TCP: no tunnel to show or to blame. */
export function viewHostNeighbor(context: ViewContext, neighbor: HostNeighbor): PeeringView {
  const { engine, node } = context;
  const addresses = hostAddresses(engine, neighbor);
  const { config, asn, id } = neighbor.wish;
  const sessions = neighbor.sessions.map((session) =>
    viewSession(context, neighbor, session, addresses),
  );
  const findings = diagnoseSessions({
    config,
    facts: neighbor.facts,
    sessions,
    now: engine.clock.now(),
    hasRegistry: context.hasRegistry,
    isWithoutRoas: context.isWithoutRoas,
  });
  return {
    id,
    node: node.name,
    name: config.name,
    asn,
    revision: neighbor.revision,
    operational: sessions.every(({ state }) => state === 'established')
      ? 'established'
      : 'provisioned',
    ...sumCounters(sessions),
    tunnel: null,
    ...(config.over === undefined ? {} : { over: config.over }),
    sessions: sessions.map(withoutTimes),
    diagnosis: findings,
    transitions: neighbor.transitions.entries,
  };
}

function operationalState(
  peering: Peering,
  sessions: readonly ObservedSession[],
  isDegraded: boolean,
): OperationalState {
  const up = sessions.filter((session) => session.state === 'established').length;
  if (up > 0) return up === sessions.length || !isDegraded ? 'established' : 'degraded';
  return peering.facts.hasKeyPair ? 'handshake' : 'provisioned';
}

function viewTunnel({ engine, now }: ViewContext, peering: Peering): TunnelView {
  const view = engine.wireguard.view(peering.peer);
  const first = peering.facts.firstPacketAt;
  const roundTrip = roundTripOf(peering);
  return {
    lastHandshakeAt: view.lastHandshake === undefined ? null : formatWallTime(view.lastHandshake),
    rxBytes: view.rxBytes,
    txBytes: view.txBytes,
    endpoint: view.endpoint === undefined ? null : formatEndpoint(view.endpoint),
    firstPacketAt: first === undefined ? null : formatWallTime(first),
    lastReceivedAt:
      view.lastReceived === undefined
        ? null
        : formatWallTime(wallOf(engine, view.lastReceived, now)),
    initiationsSent: view.initiationsSent,
    roundTripMs: roundTrip === undefined ? null : Math.round(roundTrip * 100) / 100,
    ...refusedOf(peering),
  };
}

function refusedOf({ wish, vrf, interface: link }: Peering): Partial<TunnelView> {
  if (ingressOf(wish.config) === undefined) return {};
  const { refusedReversePath, refusedBogons } = vrf.netstack.interfaceView(link);
  return { refused: { reversePath: refusedReversePath, bogons: refusedBogons } };
}

const withoutTimes = ({
  sinceAt: _sinceAt,
  staleUntilAt: _staleUntilAt,
  ...session
}: ObservedSession): SessionView => session;

type EndAddresses = Pick<SessionView, 'localAddress' | 'remoteAddress'>;

function viewSession(
  { engine, node, now }: ViewContext,
  { vrf, wish }: Peering | HostNeighbor,
  session: PeeringSession,
  addresses: EndAddresses,
): ObservedSession {
  const view = vrf.neighbors.view(session.neighbor);
  const counters = vrf.routes.counters(session.neighbor);
  const sinceAt = wallOf(engine, view.since, now);
  const { lastNotification, session: negotiated } = view;
  const families = Object.fromEntries(
    (['ipv4', 'ipv6'] as const)
      .filter((family) => (negotiated?.families ?? session.families).includes(family))
      .map((family): [string, RouteCounters] => [family, routeCounters(counters.families[family])]),
  );
  const stale = vrf.routes.stale(session.neighbor);
  const staleUntilAt = wallOf(engine, stale?.until ?? now, now);
  const bfd = viewBfd(engine, vrf, session, now);
  return {
    name: session.name,
    state: view.state,
    since: formatWallTime(sinceAt),
    sinceAt,
    ...routeCounters(counters),
    families,
    lastNotification:
      lastNotification === undefined
        ? null
        : describeNotification(
            lastNotification.direction,
            lastNotification.notification,
            wallOf(engine, lastNotification.at, now),
          ),
    ...addresses,
    routerId: negotiated === undefined ? null : formatDottedQuad(negotiated.peerRouterId),
    holdTimeSeconds: negotiated?.holdTimeSeconds ?? null,
    capabilities: negotiated?.capabilities ?? [],
    ...(stale === undefined
      ? {}
      : { stale: { ...stale, until: formatWallTime(staleUntilAt) }, staleUntilAt }),
    ...(bfd === undefined ? {} : { bfd }),
    ...excessOf(view, (at) => formatWallTime(wallOf(engine, at, now))),
    rejectedReasons: counters.rejectedReasons,
    options: optionsInForce(wish.config, session.families, node.asn),
  };
}

function viewBfd(
  engine: Engine,
  vrf: Vrf,
  { neighbor }: PeeringSession,
  now: Instant,
): BfdSessionView | undefined {
  const view = vrf.bfd.view(neighbor);
  if (view === undefined) return undefined;
  const { since, transmitInterval, detectionTime, lastReceived, ...rest } = view;
  return {
    ...rest,
    since: formatWallTime(wallOf(engine, since, now)),
    transmitIntervalMs: transmitInterval ?? null,
    detectionTimeMs: detectionTime ?? null,
    lastReceivedAt:
      lastReceived === undefined ? null : formatWallTime(wallOf(engine, lastReceived, now)),
  };
}

function viewStations({ engine }: ViewContext): Pick<NodeView, 'bmp'> {
  const stations = engine.bmp.views();
  if (stations.length === 0) return {};
  return {
    bmp: stations.map(({ since, nextAttempt, ...station }) => ({
      ...station,
      since: formatWallTime(since),
      ...(nextAttempt === undefined ? {} : { nextAttempt: formatWallTime(nextAttempt) }),
    })),
  };
}

function excessOf(
  { excess, nextAttempt }: NeighborView,
  timeOf: (at: Instant) => string,
): { excess?: SessionExcess } {
  if (excess === undefined) return {};
  const { family, counted, limit } = excess;
  const restartsAt = nextAttempt === undefined ? null : timeOf(nextAttempt);
  return { excess: { family, counted, limit, restartsAt } };
}

export type NodeViewInput = ViewContext & {
  readonly startedAt: WallTime;
  readonly ports: readonly number[];
  readonly underlay: NodeView['underlay'];
  readonly uapi: NodeView['uapi'];
  readonly bgpListen: NodeView['bgpListen'];
  readonly services: NodeView['services'];
  readonly registry: NodeView['registry'];
  readonly roa: NodeView['roa'];
  readonly unclaimedKeys: readonly UnclaimedKey[];
  readonly drops: Readonly<Record<string, number>>;
};

export function viewNode(input: NodeViewInput): NodeView {
  const { engine, node } = input;
  return {
    name: node.name,
    asn: node.asn,
    publicKey: toBase64(engine.wireguard.publicKey),
    listenPort: node.listenPort,
    ports: input.ports,
    failedPorts: [...input.failedSockets.values()].map(({ port, message }) => ({ port, message })),
    startedAt: formatWallTime(input.startedAt),
    underlay: input.underlay,
    uapi: input.uapi,
    services: input.services,
    ...viewStations(input),
    routes: engine.routes.totals(),
    ...(input.bgpListen === undefined ? {} : { bgpListen: input.bgpListen }),
    drops: input.drops,
    registry: input.registry,
    ...(input.roa === undefined ? {} : { roa: input.roa }),
    unclaimedKeys: input.unclaimedKeys,
  };
}

/** The named virtual routers, when there are any. */
export function viewVrfs(running: readonly Vrf[]): Pick<Snapshot, 'vrfs'> {
  const named = running.flatMap(({ vrfName, routes }) =>
    vrfName === undefined ? [] : [[vrfName, { tables: routes.tables() }] as const],
  );
  return named.length === 0 ? {} : { vrfs: Object.fromEntries(named) };
}

/** Adds up drop counters of the rooms; reasons that never happened are left out. */
export function sumDrops(
  ...counters: readonly Readonly<Record<string, number>>[]
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const counter of counters) {
    for (const [reason, count] of Object.entries(counter))
      if (count > 0) sums[reason] = (sums[reason] ?? 0) + count;
  }
  return sums;
}

/** The calendar time of a monotonic instant, by the difference of both clocks now. */
export const wallOf = (engine: Engine, at: Instant, now: Instant): WallTime =>
  wallTime(engine.clock.now() - (now - at));

const sumCounters = (sessions: readonly RouteCounters[]): RouteCounters => {
  const sum = (name: keyof RouteCounters): number =>
    sessions.reduce((all, session) => all + session[name], 0);
  return {
    received: sum('received'),
    accepted: sum('accepted'),
    rejected: sum('rejected'),
    sent: sum('sent'),
  };
};

const routeCounters = ({ received, accepted, rejected, sent }: RouteCounters): RouteCounters => ({
  received,
  accepted,
  rejected,
  sent,
});
