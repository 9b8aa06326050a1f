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
import { diagnose, type ObservedSession } from './diagnosis/index.ts';
import type { Engine } from './engine.ts';
import { describeNotification } from './notification-view.ts';
import type { UnclaimedKey } from './peering-events.ts';
import type { Peering, PeeringSession } from './roster.ts';
import { optionsInForce } from './session-options.ts';
import type {
  NodeView,
  OperationalState,
  PeeringView,
  RouteCounters,
  SessionExcess,
  TunnelView,
} from './types.ts';

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
  readonly now: Instant;
};

export function viewPeering(context: ViewContext, peering: Peering): PeeringView {
  const { engine, node } = context;
  const tunnel = viewTunnel(context, peering);
  const sessions = peering.sessions.map((session) => viewSession(context, peering, session));
  const findings = diagnose({
    config: peering.wish.config,
    facts: peering.facts,
    tunnel,
    sessions,
    provisionedAt: peering.provisionedAt,
    now: engine.clock.now(),
    hasRegistry: context.hasRegistry,
    failedPort: context.failedSockets.get(peering.socket),
  });
  const isDegraded = findings.some((finding) => finding.severity !== 'info');
  return {
    id: peering.wish.id,
    node: node.name,
    name: peering.wish.config.name,
    asn: peering.wish.asn,
    revision: peering.revision,
    operational: operationalState(peering, sessions, isDegraded),
    ...sumCounters(sessions),
    tunnel,
    sessions: sessions.map(
      ({ sinceAt: _sinceAt, staleUntilAt: _staleUntilAt, ...session }) => session,
    ),
    diagnosis: findings,
    transitions: peering.transitions.entries,
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
  const roundTrips = peering.sessions
    .map((session) => engine.transport.roundTrip(session.neighbor))
    .filter((rtt) => rtt !== undefined);
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
    roundTripMs: roundTrips.length === 0 ? null : Math.round(Math.min(...roundTrips) * 100) / 100,
  };
}

function viewSession(
  { engine, node, now }: ViewContext,
  { wish }: Peering,
  session: PeeringSession,
): ObservedSession {
  const view = engine.neighbors.view(session.neighbor);
  const counters = engine.routes.counters(session.neighbor);
  const sinceAt = wallOf(engine, view.since, now);
  const { lastNotification, session: negotiated } = view;
  const { local, remote } = engine.transport.linkOf(session.neighbor);
  const families = Object.fromEntries(
    (['ipv4', 'ipv6'] as const)
      .filter((family) => (negotiated?.families ?? session.families).includes(family))
      .map((family): [string, RouteCounters] => [family, routeCounters(counters.families[family])]),
  );
  const stale = engine.routes.stale(session.neighbor);
  const staleUntilAt = wallOf(engine, stale?.until ?? now, now);
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
    localAddress: formatIpAddress(local),
    remoteAddress: formatIpAddress(remote),
    routerId: negotiated === undefined ? null : formatDottedQuad(negotiated.peerRouterId),
    holdTimeSeconds: negotiated?.holdTimeSeconds ?? null,
    capabilities: negotiated?.capabilities ?? [],
    ...(stale === undefined
      ? {}
      : { stale: { ...stale, until: formatWallTime(staleUntilAt) }, staleUntilAt }),
    options: optionsInForce(wish.config, session.families, node.asn),
    ...excessOf(view, (at) => formatWallTime(wallOf(engine, at, now))),
    rejectedReasons: counters.rejectedReasons,
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
  readonly registry: NodeView['registry'];
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
    routes: engine.routes.totals(),
    drops: input.drops,
    registry: input.registry,
    unclaimedKeys: input.unclaimedKeys,
  };
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
