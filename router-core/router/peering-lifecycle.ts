/**
 * A peering comes, changes and goes: tunnel, interface and sessions as one thing.
 *
 * Not standardized; docs/architecture.md §5 (step 10, removal) and §8 (after a restart).
 *
 *   add ──► running ──change──► running ──remove──► leaving (≤ 1 s) ──► gone
 *
 * Invariants
 * - A failed step leaves nothing behind: what was made is unmade.
 * - A leaving peering keeps key, address and interface until its NOTIFICATIONs are acknowledged.
 *
 * @module
 */

import { equalBytes, toBase64 } from '../base/bytes.ts';
import { formatEndpoint, parseEndpoint, type UnderlayAddress } from '../base/endpoint.ts';
import { RouterError } from '../base/errors.ts';
import {
  equalAddresses,
  formatIpAddress,
  hostPrefix,
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
} from '../base/ip-address.ts';
import type { Instant, SocketId } from '../base/units.ts';
import type { NeighborId, PolicyBinding } from '../bgp/index.ts';
import { followBfdWish } from './bfd-sessions.ts';
import type { TypedNode, TypedPeering } from './config.ts';
import { canonicalJson } from './digest.ts';
import { removeDynamic } from './dynamic-neighbors.ts';
import type { Engine } from './engine.ts';
import { createPeeringFacts } from './facts.ts';
import { ingressOf } from './ingress.ts';
import type { RememberedPeer } from './memory.ts';
import type { Peering, PeeringSession } from './roster.ts';
import {
  type ChangedOwner,
  changeSession,
  noteChange,
  renameSessions,
  switchSession,
} from './session-changes.ts';
import {
  neighborConfigOf,
  routeConfigOf,
  segmentsComeBy,
  sessionLinkOf,
  sessionsOf,
} from './session-wish.ts';
import { createTransitionLog } from './transitions.ts';
import type { SessionSettings } from './types.ts';
import type { Vrf } from './vrf.ts';

/** Allowed IPs of every peering: they filter sources and do not route. */
export const ANYWHERE: readonly IpPrefix[] = [
  { family: 4, bytes: new Uint8Array(4), length: 0 },
  { family: 6, bytes: new Uint8Array(16), length: 0 },
];

export type AddRequest = {
  readonly wish: TypedPeering;
  /** The node as it is in the peering's virtual router. */
  readonly node: TypedNode;
  readonly vrf: Vrf;
  readonly socket: SocketId;
  /** What the routes of its sessions are judged by. */
  readonly rules: PolicyBinding;
  readonly revision: number;
  readonly operation?: string;
  readonly remembered?: RememberedPeer;
};

/** Brings a peering up. @throws RouterError when a room refuses; nothing is left behind then. */
export function addPeering(engine: Engine, request: AddRequest, now: Instant): Peering {
  const { wish, node, vrf, socket, rules } = request;
  for (const leaving of [...engine.roster.leaving()]) {
    const isInItsPlace = leaving.vrf === vrf && isAtSamePlace(leaving.wish, wish);
    if (equalBytes(leaving.wish.publicKey, wish.publicKey) || isInItsPlace)
      finishRemoval(engine, leaving, now);
  }
  for (const other of engine.roster.byId.values())
    if (other.vrf === vrf && areBothFar(other.wish, wish) && isAtSamePlace(other.wish, wish))
      throw new RouterError(
        'ADDRESS_CONFLICT',
        `${other.wish.config.name} has a session over several hops with this address.`,
        { path: 'multihop' },
      );
  const ours = [wish.ourLinkLocal, ...node.addresses];
  const theirs = [
    wish.linkLocal,
    ...(wish.ipv4 ? [wish.ipv4] : []),
    ...(wish.ipv6 ? [wish.ipv6] : []),
  ];
  const link = vrf.netstack.addInterface({
    mtu: wish.mtu,
    addresses: ours,
    peerAddresses: theirs,
    ingress: ingressOf(wish.config),
  });
  const undo: (() => void)[] = [() => vrf.netstack.removeInterface(link, now)];
  try {
    const endpoint = endpointOf(request);
    const peer = engine.wireguard.addPeer(
      {
        publicKey: wish.publicKey,
        ...(wish.presharedKey === undefined ? {} : { presharedKey: wish.presharedKey }),
        ...(endpoint === undefined ? {} : { endpoint }),
        socket,
        persistentKeepalive: wish.config.keepalive,
        interface: link,
        allowedIps: ANYWHERE,
        rateLimit: wish.config.rateLimit ?? 0,
        mtu: wish.mtu,
        obfuscation: wish.obfuscation,
      },
      now,
    );
    undo.push(() => engine.wireguard.removePeer(peer));
    for (const address of theirs.slice(1)) vrf.staticRoutes.set(hostPrefix(address), link);
    const sessions: PeeringSession[] = [];
    for (const session of sessionsOf(wish, node)) {
      const neighbor = vrf.neighbors.add(neighborConfigOf(wish, session), now);
      vrf.routes.addNeighbor(neighbor, routeConfigOf(wish, node, session, link, rules));
      vrf.transport.link(neighbor, sessionLinkOf(wish, session, link));
      const { name, families } = session;
      sessions.push({ name, neighbor, families, isDynamic: false, rules });
    }
    const peering: Peering = {
      wish,
      vrf,
      revision: request.revision,
      peer,
      interface: link,
      socket,
      sessions,
      provisionedAt: engine.clock.now(),
      facts: createPeeringFacts(),
      transitions: createTransitionLog(engine.clock),
      remembered: request.remembered,
      isLeaving: false,
    };
    engine.roster.add(peering);
    for (const session of sessions) followBfdWish(vrf, session, wish, now);
    engine.planeWatch.tunnelAdded(link);
    engine.changed.add(wish.id);
    peering.transitions.add('provisioned', undefined, request.operation);
    returnAfterRestart(engine, peering, request.remembered, now);
    return peering;
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw error;
  }
}

/** Whether a segment from one address could be of either's session, whichever tunnel it came by. */
const areBothFar = (a: TypedPeering, b: TypedPeering): boolean =>
  a.config.multihop !== undefined && b.config.multihop !== undefined;

/** Whether one address would belong to both: its host route, and the sessions over several hops. */
const isAtSamePlace = (a: TypedPeering, b: TypedPeering): boolean =>
  (['ipv4', 'ipv6'] as const).some((family) => {
    const [one, other] = [a[family], b[family]];
    return one !== undefined && other !== undefined && equalAddresses(one, other);
  });

/** Carries out what can change without a new tunnel or session. */
export function changePeering(
  engine: Engine,
  peering: Peering,
  wish: TypedPeering,
  node: TypedNode,
  revision: number,
  operation: string | undefined,
  now: Instant,
): void {
  const before = peering.wish;
  peering.wish = wish;
  peering.revision = revision;
  const { peer, vrf } = peering;
  if (before.config.endpoint !== wish.config.endpoint) {
    delete peering.facts.endpointUnresolved;
    delete peering.facts.otherSource;
    const endpoint =
      wish.endpoint?.address === undefined
        ? undefined
        : { address: wish.endpoint.address, port: wish.endpoint.port };
    if (endpoint !== undefined) engine.wireguard.updatePeer(peer, { endpoint }, now);
  }
  if (before.config.presharedKey !== wish.config.presharedKey) {
    delete peering.facts.pskDiffers;
    peering.facts.hasKeyPair = false;
    engine.wireguard.updatePeer(
      peer,
      { presharedKey: wish.presharedKey ?? new Uint8Array(32) },
      now,
    );
  }
  if (before.config.rateLimit !== wish.config.rateLimit) {
    engine.wireguard.updatePeer(peer, { rateLimit: wish.config.rateLimit ?? 0 }, now);
  }
  if (
    before.config.reversePath !== wish.config.reversePath ||
    before.config.bogons !== wish.config.bogons
  ) {
    vrf.netstack.updateInterface(peering.interface, { ingress: ingressOf(wish.config) });
  }
  if (before.config.keepalive !== wish.config.keepalive) {
    engine.wireguard.updatePeer(peer, { persistentKeepalive: wish.config.keepalive }, now);
  }
  const changed: ChangedOwner = { vrf, before: before.config, wish, nodeAsn: node.asn };
  renameSessions(peering, before.config);
  changeSessions(engine, peering, changed, node, now);
  for (const session of peering.sessions) {
    switchSession(changed, session, now);
    followBfdWish(vrf, session, wish, now);
  }
  noteChange(peering.transitions, changed, operation);
  engine.changed.add(wish.id);
}

/**
 * Gives the sessions what they are configured to now. A session restarts (6/6) only where it must, a
 * change of dynamic neighbors ends those there are.
 */
function changeSessions(
  engine: Engine,
  peering: Peering,
  changed: ChangedOwner,
  node: TypedNode,
  now: Instant,
): void {
  const { wish, vrf } = peering;
  const rangeOf = ({ dynamicNeighbors }: SessionSettings): string =>
    canonicalJson(dynamicNeighbors ?? null);
  if (rangeOf(changed.before) !== rangeOf(wish.config))
    for (const session of peering.sessions.filter(({ isDynamic }) => isDynamic))
      removeDynamic(engine, peering, session, now);
  const wishes = sessionsOf(wish, node);
  for (const [i, session] of peering.sessions.entries()) {
    const sessionWish = session.isDynamic ? undefined : wishes[i];
    if (sessionWish !== undefined) relink(vrf, session.neighbor, sessionWish.local);
    changeSession(changed, session, sessionWish, now);
  }
}

/** The next connection comes from another address of ours. */
function relink({ transport }: Vrf, neighbor: NeighborId, local: IpAddress): void {
  const link = transport.linkOf(neighbor);
  if (equalAddresses(link.local, local)) return;
  transport.unlink(neighbor);
  transport.link(neighbor, { ...link, local });
}

/** Says goodbye (Cease 6/3) and lets the peering leave; `finishRemoval` ends it. */
export function removePeering(engine: Engine, peering: Peering, now: Instant): void {
  engine.roster.leave(peering);
  const { neighbors, bfd, routes } = peering.vrf;
  for (const { neighbor } of peering.sessions) {
    neighbors.remove(neighbor, now);
    bfd.remove(neighbor, now);
    routes.removeNeighbor(neighbor, now);
  }
}

/** Ends a leaving peering: tunnel, keys, addresses. Once: its time may come after its successor's. */
export function finishRemoval(engine: Engine, peering: Peering, now: Instant): void {
  if (!peering.isLeaving) return;
  peering.isLeaving = false;
  const { vrf } = peering;
  for (const { neighbor } of peering.sessions) {
    vrf.bfd.forget(neighbor);
    vrf.transport.unlink(neighbor);
  }
  for (const address of [peering.wish.ipv4, peering.wish.ipv6]) {
    if (address !== undefined) vrf.staticRoutes.remove(hostPrefix(address));
  }
  vrf.routes.nextHopsChanged(now);
  engine.planeWatch.tunnelRemoved(peering.interface);
  vrf.netstack.removeInterface(peering.interface, now);
  engine.wireguard.removePeer(peering.peer);
  engine.roster.remove(peering);
}

/** Goes back to what was before a restart of ours, without waiting for the other side. */
function returnAfterRestart(
  engine: Engine,
  peering: Peering,
  remembered: RememberedPeer | undefined,
  now: Instant,
): void {
  if (remembered?.endpoint === undefined) return;
  engine.wireguard.initiate(peering.peer, now);
  const link = segmentsComeBy(peering.wish, peering.interface);
  for (const session of remembered.sessions) {
    const local = parseIpAddress(session.local);
    const remote = parseIpAddress(session.remote);
    if (local === undefined || remote === undefined) continue;
    const { localPort, remotePort } = session;
    peering.vrf.netstack.tcp.resetStale(
      { interface: link, local, localPort, remote, remotePort },
      now,
    );
  }
}

function endpointOf({ wish, remembered }: AddRequest): UnderlayAddress | undefined {
  // An endpoint that was edited meanwhile is what a person wants now.
  const isSameWish = remembered?.configured === (wish.config.endpoint ?? '');
  const last =
    isSameWish && remembered?.endpoint !== undefined
      ? parseEndpoint(remembered.endpoint)
      : undefined;
  if (last?.address !== undefined) return { address: last.address, port: last.port };
  return wish.endpoint?.address === undefined
    ? undefined
    : { address: wish.endpoint.address, port: wish.endpoint.port };
}

/**
 * What is worth remembering of a peering: where it was, and its open sessions. Until this life has
 * met the peer, what the former one knew stays: a second crash must not cost the memory.
 */
export function rememberPeering(engine: Engine, peering: Peering): [string, RememberedPeer] {
  const { endpoint } = engine.wireguard.view(peering.peer);
  const hasHandshake = peering.facts.firstPacketAt !== undefined;
  const sessions = peering.vrf.transport
    .tuples()
    .filter((tuple) => peering.sessions.some((session) => session.neighbor === tuple.neighbor))
    .map((tuple) => {
      const { local, remote } = tuple;
      return {
        local: formatIpAddress(local),
        localPort: tuple.localPort,
        remote: formatIpAddress(remote),
        remotePort: tuple.remotePort,
      };
    });
  const { remembered } = peering;
  const last =
    endpoint !== undefined && hasHandshake ? formatEndpoint(endpoint) : remembered?.endpoint;
  const hasBeenUp = peering.transitions.last('established') !== undefined;
  return [
    toBase64(peering.wish.publicKey),
    {
      ...(last === undefined ? {} : { endpoint: last }),
      configured: peering.wish.config.endpoint ?? '',
      port: peering.wish.port,
      sessions: sessions.length > 0 || hasBeenUp ? sessions : (remembered?.sessions ?? []),
    },
  ];
}
