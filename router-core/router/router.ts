/**
 * The Router: protocols put together, configured by complete documents, with no I/O of its own.
 *
 * Not standardized; docs/architecture.md §3 (driving rule) and §7 (which document wins).
 *
 *   receiveDatagram(slot, now) ─►┌────────┐─► DatagramSink           at once
 *   tick(now) ──────────────────►│ Router │─► nextOutput()           sockets, names, events
 *   apply(document, now) ───────►└────────┘─► nextDeadline()
 *
 * Invariants
 * - A document is applied as a whole or refused as a whole; within it an entity that fails keeps its
 *   previous revision and stops no other.
 * - Applying the same document twice does nothing.
 * - After a batch of calls `settle` has taken every event of every room.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import type { DropCounters } from '../base/drop-reason.ts';
import { parseEndpoint } from '../base/endpoint.ts';
import { RouterError } from '../base/errors.ts';
import { type IpAddress, type IpPrefix, parseIpPrefix } from '../base/ip-address.ts';
import { formatWallTime } from '../base/rfc3339.ts';
import {
  addMilliseconds,
  elapsed,
  type Instant,
  type InterfaceId,
  type Milliseconds,
  milliseconds,
  type PacketSlot,
  type PeerId,
  type SocketId,
  socketId,
} from '../base/units.ts';
import {
  type BmpIdentity,
  type NeighborId,
  type PrefixFilters,
  RECORDER_DEFAULTS,
  type RecorderBounds,
  type Roa,
  type StationConfig,
  type StationConnection,
} from '../bgp/index.ts';
import type { OpenedMessage } from '../wireguard/index.ts';
import { followBfd } from './bfd-sessions.ts';
import { type Captures, createCaptures } from './captures.ts';
import {
  type TypedHostNeighbor,
  type TypedNode,
  type TypedPeering,
  typeHostNeighbor,
  typeNode,
  typePeering,
} from './config.ts';
import { createDynamicNeighbors } from './dynamic-neighbors.ts';
import { createEngine, type Engine } from './engine.ts';
import { seen } from './facts.ts';
import { lineOfFlap } from './flap-line.ts';
import { applyHostNeighbors } from './host-neighbors.ts';
import {
  COUNTERS_INTERVAL_MS,
  LEAVING_MS,
  MESH_NODES_SMALL,
  MESH_PUBLISH_MS,
  PUBLISH_INTERVAL_MS,
  REOPEN_AGAIN_MS,
  RESOLVE_AGAIN_MS,
  ROUTE_SLICE_MS,
} from './limits.ts';
import { createMeasuredLatency } from './measured-latency.ts';
import { type RememberedPeer, type RuntimeMemory, timestampText } from './memory.ts';
import { Mesh, type MeshDoor } from './mesh/mesh.ts';
import { parseMeshAddress } from './mesh/mesh-link.ts';
import type { MeshFiles } from './mesh/mesh-settings.ts';
import { isMeshSocket } from './mesh/mesh-sockets.ts';
import type { MeshView } from './mesh/mesh-view-types.ts';
import { createOverlaySockets, type OverlaySockets } from './overlay-sockets.ts';
import { createPeeringEvents, followName, requestResolution } from './peering-events.ts';
import {
  addPeering,
  changePeering,
  finishRemoval,
  rememberPeering,
  removePeering,
} from './peering-lifecycle.ts';
import { brake, planPeerings } from './plan.ts';
import { createPolicies, type Policies } from './policies.ts';
import type { RouterIdentity, RouterOutput, RouterPorts } from './ports.ts';
import { actOnLimit, actOnShortage } from './prefix-limits.ts';
import { failureLine, noteRefusals, typeEntries } from './refused-entries.ts';
import { createReturnToService } from './return-to-service.ts';
import type { HostNeighbor, Peering } from './roster.ts';
import { effectOfChange } from './session-options.ts';
import { listTunnels, type TunnelList } from './tunnel-list.ts';
import type {
  ApplyReport,
  ApplyReportLine,
  Health,
  HostNeighborConfig,
  NodeConfig,
  NodeView,
  PeeringView,
  RecorderSettings,
  RoaSourceView,
  RouterEvent,
  Snapshot,
} from './types.ts';
import {
  type FailedSocket,
  sumDrops,
  type ViewContext,
  viewHostNeighbor,
  viewNode,
  viewPeering,
  viewVrfs,
} from './views.ts';
import type { Vrf } from './vrf.ts';
import { nodeIn } from './vrf-wish.ts';

/** The registry as the router needs it, and where it came from. */
export type RouterRegistry = {
  readonly roas: readonly Roa[];
  readonly filters: PrefixFilters;
  readonly commit: string | null;
  readonly loadedAt: string;
  readonly checkedAt: string;
};

/** What the sources of ROAs that a document names have said so far. */
export type RouterRoas = {
  /** Undefined: none has had a table yet. The same array means that nothing changed. */
  readonly roas: readonly Roa[] | undefined;
  readonly sources: readonly RoaSourceView[];
};

/**
 * Of the enabled sessions of the default virtual router, whose packets a former life carries: one is down;
 * all are up; all are up and each neighbor has told everything.
 */
export type RouteRecovery = 'waiting' | 'established' | 'complete';

export interface Router {
  readonly engine: Engine;
  readonly captures: Captures;
  readonly policies: Policies;
  /** The edge and the supernode of this node. */
  readonly mesh: MeshDoor;
  /** For services of the node. */
  readonly overlay: OverlaySockets;
  /** Takes the slot. */
  receiveDatagram(slot: PacketSlot, now: Instant): void;
  /** Takes a handshake message that needs a cookie first, as the plane found. */
  answerWithCookie(slot: PacketSlot, now: Instant): void;
  /** Takes what the plane opened and did not forward. */
  receiveOpened(message: OpenedMessage, slot: PacketSlot, now: Instant): void;
  /** The plane heard a peer from the address in the slot's columns. */
  receiveRoamed(peer: PeerId, index: number, slot: PacketSlot): void;
  /** Runs due timers, takes the events of all rooms, works on routes; true when work is left. */
  settle(now: Instant, clock: () => Instant): boolean;
  nextOutput(): RouterOutput | undefined;
  nextDeadline(): Instant | undefined;
  /** @throws RouterError when the document as a whole cannot be applied. */
  apply(config: NodeConfig, now: Instant, files?: MeshFiles): ApplyReport;
  setRegistry(registry: RouterRegistry | undefined, now: Instant): void;
  /** Counts when the document names sources of ROAs. */
  setRoaSources(roas: RouterRoas, now: Instant): void;
  /** How packets pass the underlay: asked whenever the node is shown. */
  setUnderlay(underlay: () => NodeView['underlay']): void;
  /** Where the driver offers the tunnels to `wg show`. */
  setUapi(uapi: NodeView['uapi'], now: Instant): void;
  /** Where the driver accepts BGP over the machine's TCP; absent: nowhere. */
  setBgpListen(listen: NodeView['bgpListen'], now: Instant): void;
  /** What the driver offers in and into DN42: asked whenever the node is shown. */
  setServices(services: () => NodeView['services']): void;
  /** Counters of the driver's own, shown with the rooms'. */
  addDrops(drops: () => DropCounters): void;
  /** What became of `open-socket`; a failed one is asked for again. */
  socketOpened(socket: SocketId, now: Instant): void;
  socketFailed(socket: SocketId, port: number, host: string, message: string, now: Instant): void;
  /** What became of `open-station` and `send-station`. */
  stationOpened(connection: StationConnection, now: Instant): void;
  stationClosed(connection: StationConnection, reason: string, now: Instant): void;
  stationTook(connection: StationConnection, octets: number, now: Instant): void;
  endpointResolved(peering: string, address: IpAddress | undefined, now: Instant): void;
  restart(entity: string, scope: 'tunnel' | 'bgp', now: Instant): boolean;
  /** Cease / administrative shutdown to every neighbor, with this text. */
  stop(text: string, now: Instant): void;
  /** How far the routes are back after a restart. */
  recovery(): RouteRecovery;
  /** Whether every goodbye of `stop` is acknowledged or given up. */
  isQuiet(): boolean;
  snapshot(now: Instant): Snapshot;
  health(now: Instant): Health;
  memory(): RuntimeMemory;
  /** All tunnels as wg(8) lists them. */
  listTunnels(): TunnelList;
  /** The whole present state as events, for a new watcher. */
  currentEvents(now: Instant): RouterEvent[];
  registry(): RouterRegistry | undefined;
}

export function createRouter(
  ports: RouterPorts,
  identity: RouterIdentity,
  startedAt: Instant,
): Router {
  const engine = createEngine(ports, identity, startedAt);
  const { roster, outputs, changed, timerQueue, clock } = engine;
  const startedWall = clock.now();
  const overlay = createOverlaySockets(engine.netstack);
  const mesh = new Mesh(engine, ports);
  const captures = createCaptures(engine, () => ({
    application: `rootless42 ${identity.version}`,
    comment: `node ${applied().node.name}, AS${identity.asn}: inner packets, decrypted`,
  }));
  captures.onTapsChanged((tunnels) => engine.planeWatch.setTapped(tunnels));
  const latency = createMeasuredLatency(engine, latencyChanged, startedAt);
  const policies = createPolicies(engine, latency.of);
  const events = createPeeringEvents(engine);
  /** The node as it is in each virtual router, by the last document that had that one. */
  const nodes = new WeakMap<Vrf, TypedNode>();
  const dynamic = createDynamicNeighbors(
    engine,
    ({ vrf }) => nodes.get(vrf) ?? applied().node,
    policies.rulesOf,
  );
  const sockets = new Map<number, SocketId>();
  const failedSockets = new Map<SocketId, FailedSocket>();
  const leavingSince = new Map<Peering, Instant>();
  const remembered = { ...identity.memory.peers };
  let config: NodeConfig | undefined;
  let node: TypedNode | undefined;
  let registry: RouterRegistry | undefined;
  let underlay: () => NodeView['underlay'] = () => ({ kind: 'none', reason: '' });
  let uapi: NodeView['uapi'] = { path: null, note: '' };
  let bgpListen: NodeView['bgpListen'];
  let services: () => NodeView['services'] = () => [];
  const dropCounters: (() => DropCounters)[] = [
    () => engine.wireguard.drops,
    () => engine.netstack.drops,
  ];
  /** Static routes as the last document had them, each in the virtual router of its peering. */
  const placedRoutes: { readonly vrf: Vrf; readonly prefix: IpPrefix }[] = [];
  let counted = new Map<string, number>();
  let isRegistryKnown = false;
  let roaSources: RouterRoas = { roas: undefined, sources: [] };
  let publishedNode = '';
  let publishedMesh = '';

  const timers = timerQueue.add<'publish' | 'counters' | 'leaving' | 'resolve' | 'reopen' | 'mesh'>(
    {
      timerExpired(name, now) {
        if (name === 'publish') publish(now);
        else if (name === 'counters') noteCounters(now);
        else if (name === 'resolve') resolveAgain();
        else if (name === 'reopen') reopen();
        else if (name === 'mesh') publishMesh(now);
        else finishLeaving(now);
      },
    },
  );
  const hasRules = (): boolean =>
    (config?.registry === undefined || registry !== undefined) &&
    (config?.roa === undefined || roaSources.roas !== undefined);
  const returnToService = createReturnToService(engine, hasRules, startedAt);
  engine.hostTransport.onClosed(events.transportClosed);
  listenTo(engine);
  timers.set('counters', addMilliseconds(startedAt, milliseconds(COUNTERS_INTERVAL_MS)));

  const stationIdentity = ({ node: { name, asn } }: NodeConfig): BmpIdentity => ({
    name,
    description: `rootless42 ${identity.version}, AS${asn}`,
  });

  function applied(): { config: NodeConfig; node: TypedNode } {
    if (config === undefined || node === undefined)
      throw new RouterError('ROUTER_AWAY', 'The router has no configuration yet.');
    return { config, node };
  }
  const context = (now: Instant): ViewContext => ({
    engine,
    node: applied().node,
    hasRegistry: registry !== undefined,
    isWithoutRoas: applied().config.roa !== undefined && roaSources.roas === undefined,
    failedSockets,
    now,
  });

  const viewOf = (peering: Peering | HostNeighbor, now: Instant): PeeringView =>
    'peer' in peering
      ? viewPeering(context(now), peering)
      : viewHostNeighbor(context(now), peering);

  function publish(now: Instant): void {
    for (const id of changed) {
      const peering = roster.byId.get(id) ?? roster.hostNeighbors.get(id);
      const event: RouterEvent =
        peering === undefined
          ? { kind: 'peering-gone', id }
          : { kind: 'peering', peering: viewOf(peering, now) };
      outputs.push({ kind: 'event', event });
    }
    changed.clear();
  }

  /** A class of latency is another one, so policies may say other things. */
  function latencyChanged(now: Instant): void {
    policies.rebind(now);
  }

  /** Marks peerings whose octets changed, and looks whether silence has become worth a sentence. */
  function noteCounters(now: Instant): void {
    timers.set('counters', addMilliseconds(now, milliseconds(COUNTERS_INTERVAL_MS)));
    const next = new Map<string, number>();
    for (const [id, peering] of roster.byId) {
      const view = engine.wireguard.view(peering.peer);
      const sum = view.rxBytes + view.txBytes;
      next.set(id, sum);
      if (counted.get(id) !== sum || !peering.facts.hasKeyPair) changed.add(id);
    }
    counted = next;
    publishNode(now);
  }

  /** Tells of the node when it is news: routes, ports, drops, registry, unclaimed keys. */
  function publishNode(now: Instant): void {
    if (config === undefined) return;
    const { underlay: path, services: offered, ...rest } = nodeView(now);
    // Counters of datagrams and connections are never news; a snapshot has them.
    const view: NodeView = {
      ...rest,
      underlay: { kind: path.kind, reason: path.reason },
      services: offered.map(({ connections: _, ...service }) => service),
    };
    const text = JSON.stringify(view);
    if (text === publishedNode) return;
    publishedNode = text;
    outputs.push({ kind: 'event', event: { kind: 'node', node: view } });
  }

  /** Tells of the mesh while the node has one, and once when it has one no longer. */
  function publishMesh(now: Instant): void {
    const view = mesh.view(now) ?? null;
    if (view !== null) {
      mesh.history.note(view, now, clock.now());
      timers.set('mesh', addMilliseconds(now, publishAgainAfter(view)));
    }
    const text = view === null ? '' : JSON.stringify(view);
    if (text === publishedMesh) return;
    publishedMesh = text;
    outputs.push({ kind: 'event', event: { kind: 'mesh', mesh: view } });
  }

  /** Without an address nothing is sent, so no handshake gives up and asks again. */
  function resolveAgain(): void {
    for (const peering of roster.byId.values()) {
      if (peering.facts.endpointUnresolved !== undefined) requestResolution(engine, peering);
    }
  }

  function finishLeaving(now: Instant): void {
    for (const [peering, since] of leavingSince) {
      const isOver = elapsed(since, now) >= LEAVING_MS || !hasOpenTransport(peering);
      if (isOver) {
        leavingSince.delete(peering);
        if (peering.isLeaving) finishRemoval(engine, peering, now);
        closeUnusedSockets();
        engine.vrfs.sweep();
      }
    }
    if (leavingSince.size > 0) timers.set('leaving', addMilliseconds(now, milliseconds(100)));
  }

  const hasOpenTransport = (peering: Peering): boolean =>
    peering.vrf.transport
      .tuples()
      .some((tuple) => peering.sessions.some((session) => session.neighbor === tuple.neighbor));

  function socketOf(port: number, host: string): SocketId {
    const open = sockets.get(port);
    if (open !== undefined) return open;
    // A port is its own number: the same over restarts of the router, whoever else keeps it open.
    const id = socketId(port);
    sockets.set(port, id);
    outputs.push({ kind: 'open-socket', socket: id, port, host });
    return id;
  }

  /** A port that could not be opened is tried again: whoever held it may be gone. */
  function reopen(): void {
    for (const [socket, { port, host }] of failedSockets)
      outputs.push({ kind: 'open-socket', socket, port, host });
  }

  function touchPeeringsOf(socket: SocketId): void {
    for (const [id, peering] of roster.byId) if (peering.socket === socket) changed.add(id);
  }

  function closeUnusedSockets(): void {
    const used = new Set([
      applied().node.listenPort,
      ...[...roster.byId.values(), ...roster.leaving()].map((peering) => peering.wish.port),
    ]);
    for (const [port, socket] of sockets) {
      if (used.has(port)) continue;
      sockets.delete(port);
      failedSockets.delete(socket);
      outputs.push({ kind: 'close-socket', socket });
    }
  }

  function apply(document: NodeConfig, now: Instant, files: MeshFiles = {}): ApplyReport {
    const typed = typeNode(document);
    if (
      config !== undefined &&
      config.epoch === document.epoch &&
      document.revision < config.revision
    ) {
      throw new RouterError(
        'CONFIG_STALE',
        `Revision ${document.revision} is older than ${config.revision}, which runs.`,
      );
    }
    const book = policies.check(document);
    const { wishes: desired, refused: refusedPeerings } = typeEntries(
      'peerings',
      document.peerings,
      roster.byId,
      (entry): TypedPeering => typePeering(entry, nodeIn(typed, entry.vrf)),
    );
    const { wishes: hostNeighbors, refused: refusedHostNeighbors } = typeEntries(
      'hostNeighbors',
      document.hostNeighbors ?? [],
      roster.hostNeighbors,
      (entry): TypedHostNeighbor => typeHost(entry, typed),
    );
    const refused = new Map([...refusedPeerings, ...refusedHostNeighbors]);
    const lines = [...refused.values()];
    const actual = new Map([...roster.byId].map(([id, peering]) => [id, peering.wish]));
    // An equal document gives no step, except for what failed the last time.
    const steps = planPeerings(actual, desired);
    const removals = steps.filter((step) => step.kind === 'remove').length;
    brake(actual.size, removals, document.allowMassRemoval === true || document.source === 'file');

    const before = config;
    config = document;
    node = typed;
    engine.recorder.setBounds(recorderBounds(document.recorder));
    engine.bmp.setStations(stationsOf(document), stationIdentity(document), now);
    engine.setAllowPrivate(document.node.privateEndpoints || document.source !== 'database');
    applyVrfs(document, typed, now);
    if (!isRegistryKnown) setRegistry(undefined, now);
    else if ((before?.roa === undefined) !== (document.roa === undefined)) applyRules(now);
    socketOf(typed.listenPort, document.node.listen.host);
    policies.adopt(book, refused);
    withdrawRoutes();
    lines.push(...mesh.apply(document.mesh, files, now));
    for (const step of steps) lines.push(carryOut(step, document, typed, now));
    const request = {
      wishes: hostNeighbors,
      node: typed,
      linkOverMesh: (address: IpAddress) => mesh.link(address),
      rulesOf: policies.rulesOf,
      revision: document.revision,
      ...(document.operation === undefined ? {} : { operation: document.operation }),
    };
    for (const line of applyHostNeighbors(engine, request, now))
      if (!refused.has(line.id)) lines.push(line);
    noteRefusals(engine, refused);
    policies.rebind(now);
    applyRoutes(document, lines, now);
    for (const { routes } of engine.vrfs.running) routes.nextHopsChanged(now);
    engine.vrfs.sweep();
    closeUnusedSockets();
    captures.peeringsChanged();
    const touched = new Set(lines.map((line) => line.id));
    for (const id of desired.keys())
      if (!touched.has(id)) lines.push({ entity: 'peering', id, outcome: 'unchanged' });
    const { epoch, revision, digest } = document;
    publishNode(now);
    publishMesh(now);
    return { epoch, revision, digest, lines };
  }

  /** Hears what becomes of the sessions of a virtual router. */
  function listenTo({ transport }: Vrf): void {
    transport.onClosed(events.transportClosed);
    transport.onRefused(events.segmentsRefused);
    transport.onUnknown(dynamic.admit);
  }

  /**
   * Gives every virtual router what a document says of it. One of which it says nothing waits for its
   * peerings to go, and keeps what it has.
   */
  function applyVrfs(document: NodeConfig, typed: TypedNode, now: Instant): void {
    const before = new Set(engine.vrfs.running);
    engine.vrfs.wish(typed.vrfs.keys());
    for (const vrf of engine.vrfs.running) {
      if (!before.has(vrf)) {
        listenTo(vrf);
        tellRules(vrf, now);
      }
      if (vrf.vrfName !== undefined && !typed.vrfs.has(vrf.vrfName)) continue;
      const here = nodeIn(typed, vrf.vrfName);
      const { addresses, announce } = here;
      nodes.set(vrf, here);
      vrf.netstack.setLocalAddresses(addresses);
      vrf.routes.setOwnPrefixes(announce, now);
      vrf.routes.setDecision(document.bgp?.decision ?? {}, now);
      vrf.routes.setFlapping(document.bgp?.flapping ?? {});
    }
  }

  function typeHost(entry: HostNeighborConfig, typed: TypedNode): TypedHostNeighbor {
    if (ports.hostTcp === undefined && entry.over !== 'mesh')
      throw new RouterError('ENTITY_FAILED', 'This router has no TCP of a machine to use.');
    return typeHostNeighbor(entry, typed);
  }

  function carryOut(
    step: ReturnType<typeof planPeerings>[number],
    document: NodeConfig,
    typed: TypedNode,
    now: Instant,
  ): ApplyReportLine {
    const id = step.kind === 'remove' ? step.id : step.peering.id;
    const running = roster.byId.get(id);
    try {
      if (step.kind === 'remove') {
        if (running !== undefined) leave(running, now);
        return { entity: 'peering', id, outcome: 'removing' };
      }
      if (step.kind === 'change' && running !== undefined) {
        const { revision, operation } = document;
        const effect = effectOfChange(running.wish.config, step.peering.config);
        const here = nodeIn(typed, step.peering.config.vrf);
        changePeering(engine, running, step.peering, here, revision, operation, now);
        requestResolution(engine, running);
        const line = { entity: 'peering', id, outcome: 'applied' } as const;
        return effect === undefined ? line : { ...line, effect };
      }
      const key = step.peering.config.publicKey;
      const past = (running && placeOf(running, key)) ?? remembered[key];
      if (running !== undefined) leave(running, now);
      delete remembered[key];
      const { vrf: vrfName } = step.peering.config;
      const vrf = engine.vrfs.find(vrfName);
      assert(vrf !== undefined, 'a peering is typed in a virtual router that runs');
      const added = addPeering(
        engine,
        {
          wish: step.peering,
          vrf,
          node: nodeIn(typed, vrfName),
          socket: socketOf(step.peering.port, document.node.listen.host),
          rules: policies.rulesOf(step.peering),
          revision: document.revision,
          ...(document.operation === undefined ? {} : { operation: document.operation }),
          ...(past === undefined ? {} : { remembered: past }),
        },
        now,
      );
      requestResolution(engine, added);
      return { entity: 'peering', id, outcome: 'applied' };
    } catch (error) {
      return failureLine(id, error, undefined);
    }
  }

  /** Where a peering that is made anew with its key was met last; its sessions end with it. */
  function placeOf(peering: Peering, key: string): RememberedPeer | undefined {
    const [knownKey, place] = rememberPeering(engine, peering);
    return knownKey === key ? { ...place, sessions: [] } : undefined;
  }

  function leave(peering: Peering, now: Instant): void {
    removePeering(engine, peering, now);
    changed.add(peering.wish.id);
    leavingSince.set(peering, now);
    timers.set('leaving', addMilliseconds(now, milliseconds(100)));
  }

  /** Before the mesh is joined: a prefix that a static route had may be its own by now. */
  function withdrawRoutes(): void {
    for (const { vrf, prefix } of placedRoutes.splice(0)) vrf.staticRoutes.remove(prefix);
  }

  /** Static routes name a peering, and follow it when it is made anew, or a neighbor on the mesh. */
  function applyRoutes(document: NodeConfig, lines: ApplyReportLine[], now: Instant): void {
    // Neighbors on the mesh need theirs as well.
    const hops = new Set<InterfaceId>(
      [...roster.hostNeighbors.values()].flatMap(({ meshLink }) => meshLink?.hop ?? []),
    );
    for (const [i, route] of document.routes.entries()) {
      const prefix: IpPrefix | undefined = parseIpPrefix(route.prefix);
      const via = wayOf(route.via);
      if (prefix === undefined)
        lines.push(
          failureLine(
            route.prefix,
            new RouterError(
              'PREFIX_SYNTAX',
              `${route.prefix} is not a prefix with zero host bits.`,
            ),
            `routes[${i}].prefix`,
            'route',
          ),
        );
      else if (mesh.isOnLink(prefix))
        lines.push(
          failureLine(
            route.prefix,
            new RouterError('DUPLICATE', `${route.prefix} is the prefix of the mesh itself.`),
            `routes[${i}].prefix`,
            'route',
          ),
        );
      else if (via === undefined)
        lines.push(
          failureLine(
            route.prefix,
            new RouterError(
              'ROUTE_VIA_UNKNOWN',
              `No peering is named ${route.via}, nor is it an address on the mesh.`,
            ),
            `routes[${i}].via`,
            'route',
          ),
        );
      else {
        via.vrf.staticRoutes.set(prefix, via.interface);
        placedRoutes.push({ vrf: via.vrf, prefix });
        hops.add(via.interface);
        lines.push({ entity: 'route', id: route.prefix, outcome: 'applied' });
      }
    }
    mesh.keepHops(hops, now);
  }

  /** By which interface of which virtual router a static route leads. */
  function wayOf(via: string): Pick<Peering, 'vrf' | 'interface'> | undefined {
    const peering = [...roster.byId.values()].find(({ wish }) => wish.config.name === via);
    if (peering !== undefined) return peering;
    const address = parseMeshAddress(via);
    const hop = address && mesh.nextHop(address);
    return hop === undefined ? undefined : { vrf: engine, interface: hop };
  }

  function setRegistry(next: RouterRegistry | undefined, now: Instant): void {
    registry = next;
    isRegistryKnown = true;
    applyRules(now);
  }

  /** Looks at every route again, by the ROAs and filters in force; sessions stay. */
  function applyRules(now: Instant): void {
    for (const vrf of engine.vrfs.running) tellRules(vrf, now);
    returnToService.consider(now);
    for (const { wish } of roster.all()) changed.add(wish.id);
    publishNode(now);
  }

  function tellRules({ routes }: Vrf, now: Instant): void {
    const roas = config?.roa === undefined ? registry?.roas : roaSources.roas;
    routes.setRoas(roas, registry?.filters, now);
  }

  const nodeView = (now: Instant): NodeView =>
    viewNode({
      ...context(now),
      startedAt: startedWall,
      ports: [...sockets.keys()],
      underlay: underlay(),
      uapi,
      bgpListen,
      services: services(),
      registry:
        registry === undefined
          ? null
          : {
              commit: registry.commit,
              loadedAt: registry.loadedAt,
              checkedAt: registry.checkedAt,
              roas: registry.roas.length,
            },
      roa:
        config?.roa === undefined
          ? undefined
          : { roas: roaSources.roas?.length ?? null, sources: roaSources.sources },
      unclaimedKeys: events.unclaimedKeys,
      drops: sumDrops(...dropCounters.map((read) => read())),
    });
  const meshOf = (now: Instant): Pick<Snapshot, 'mesh'> => {
    const view = mesh.view(now);
    return view === undefined ? {} : { mesh: view };
  };
  const peeringViews = (now: Instant): PeeringView[] =>
    roster.all().map((peering) => viewOf(peering, now));

  /** Takes every event of every room; each may cause more in another. */
  function takeEvents(now: Instant): void {
    for (let isBusy = true; isBusy; ) {
      isBusy = takeTunnelEvents(now);
      for (const vrf of engine.vrfs.running) isBusy = takeEventsOf(vrf, now) || isBusy;
    }
  }

  /** Takes the events of WireGuard; false when there were none. */
  function takeTunnelEvents(now: Instant): boolean {
    let isBusy = false;
    for (
      let event = engine.wireguard.nextOutput();
      event !== undefined;
      event = engine.wireguard.nextOutput()
    ) {
      isBusy = true;
      events.wireguard(event, now);
    }
    return isBusy;
  }

  /** Takes the events of one virtual router; false when there were none. */
  function takeEventsOf(vrf: Vrf, now: Instant): boolean {
    // The node's services are in the default one.
    const hasServices = vrf.vrfName === undefined;
    let isBusy = false;
    for (
      let event = vrf.netstack.nextOutput();
      event !== undefined;
      event = vrf.netstack.nextOutput()
    ) {
      isBusy = true;
      if (event.kind === 'datagram') overlay.receiveDatagram(event);
      if (event.kind === 'first-inner-packet') engine.planeWatch.packetSeen(event.interface);
      events.netstack(event);
      vrf.measurements.netstackEvent(event);
    }
    for (
      let event = vrf.netstack.tcp.nextOutput();
      event !== undefined;
      event = vrf.netstack.tcp.nextOutput()
    ) {
      isBusy = true;
      if (!hasServices || !overlay.receiveTcpEvent(event, now))
        vrf.transport.receiveTcpEvent(event, now);
    }
    for (let event = vrf.bfd.nextOutput(); event !== undefined; event = vrf.bfd.nextOutput()) {
      isBusy = true;
      followBfd(engine, event, now);
    }
    for (
      let event = vrf.neighbors.nextOutput();
      event !== undefined;
      event = vrf.neighbors.nextOutput()
    ) {
      isBusy = true;
      events.neighbor(event);
      dynamic.neighborEvent(event, now);
      if (event.kind === 'state' && event.to === 'established') returnToService.consider(now);
    }
    for (
      let event = vrf.routes.nextOutput();
      event !== undefined;
      event = vrf.routes.nextOutput()
    ) {
      isBusy = true;
      if (event.kind === 'counters-changed') noteRoutes(event.neighbor);
      if (event.kind === 'end-of-rib') noteEndOfRib(event.neighbor, now);
      if (event.kind === 'out-of-resources') actOnShortage(engine, event.neighbor, now);
      if (
        event.kind === 'flap-started' ||
        event.kind === 'flap-ended' ||
        event.kind === 'flaps-untold'
      )
        outputs.push({ kind: 'event', event: lineOfFlap(vrf, event) });
      if (event.kind === 'limit-near' || event.kind === 'limit-hit') actOnLimit(engine, event, now);
    }
    return isBusy;
  }

  function noteEndOfRib(neighbor: NeighborId, now: Instant): void {
    const peering = roster.ofNeighbor(neighbor)?.peering;
    if (peering !== undefined) changed.add(peering.wish.id);
    returnToService.consider(now);
  }

  function noteRoutes(neighbor: Parameters<typeof roster.ofNeighbor>[0]): void {
    const found = roster.ofNeighbor(neighbor);
    if (found === undefined || found.peering.isLeaving) return;
    const { peering } = found;
    changed.add(peering.wish.id);
    const established = peering.transitions.last('established');
    const routes = peering.transitions.last('routes');
    const isFirst =
      established !== undefined && (routes === undefined || routes.number < established.number);
    if (!isFirst) return;
    const { accepted, sent } = peering.vrf.routes.counters(neighbor);
    if (accepted + sent > 0) peering.transitions.add('routes', `${accepted} in, ${sent} out`);
  }

  return {
    engine,
    captures,
    overlay,
    mesh,
    policies,
    receiveDatagram(slot, now) {
      if (isMeshSocket(engine.arena.socket[slot] as number)) mesh.receiveDatagram(slot, now);
      else engine.wireguard.receiveDatagram(slot, now);
    },
    answerWithCookie(slot, now) {
      engine.wireguard.answerWithCookie(slot, now);
    },
    receiveOpened(message, slot, now) {
      engine.wireguard.receiveOpened(message, slot, now);
    },
    receiveRoamed(peer, index, slot) {
      engine.wireguard.receiveRoamed(peer, index, slot);
    },
    settle(now, clockNow) {
      timerQueue.runDue(now);
      const hasMeshWork = mesh.settle(now, clockNow);
      takeEvents(now);
      const until = addMilliseconds(now, milliseconds(ROUTE_SLICE_MS));
      let hasMore = engine.vrfs.runPending(now, until, clockNow);
      hasMore = engine.bmp.run(now) || hasMeshWork || hasMore;
      takeEvents(now);
      for (const { netstack } of engine.vrfs.running) netstack.settle();
      if (changed.size > 0 && !timers.isSet('publish'))
        timers.set('publish', addMilliseconds(now, milliseconds(PUBLISH_INTERVAL_MS)));
      return hasMore;
    },
    nextOutput: () => outputs.shift(),
    nextDeadline: () => timerQueue.nextDeadline(),
    apply,
    setRegistry,
    setRoaSources(next, now) {
      const isNews = next.roas !== roaSources.roas;
      roaSources = next;
      if (isNews && config?.roa !== undefined) applyRules(now);
      else publishNode(now);
    },
    setUnderlay(next) {
      underlay = next;
    },
    setUapi(next, now) {
      uapi = next;
      publishNode(now);
    },
    setBgpListen(next, now) {
      bgpListen = next;
      publishNode(now);
    },
    setServices(next) {
      services = next;
    },
    addDrops(drops) {
      dropCounters.push(drops);
    },
    socketOpened(socket, now) {
      if (!failedSockets.delete(socket)) return;
      touchPeeringsOf(socket);
      publishNode(now);
    },
    socketFailed(socket, port, host, message, now) {
      if (sockets.get(port) !== socket) return;
      const since = failedSockets.get(socket)?.since ?? clock.now();
      failedSockets.set(socket, { port, host, message, since });
      touchPeeringsOf(socket);
      publishNode(now);
      timers.set('reopen', addMilliseconds(now, milliseconds(REOPEN_AGAIN_MS)));
    },
    stationOpened: (connection, now) => engine.bmp.stationOpened(connection, now),
    stationClosed: (connection, reason, now) => engine.bmp.stationClosed(connection, reason, now),
    stationTook: (connection, octets, now) => engine.bmp.stationTook(connection, octets, now),
    endpointResolved(id, address, now) {
      const peering = roster.byId.get(id);
      const endpoint = peering?.wish.endpoint;
      if (peering === undefined || endpoint === undefined) return;
      changed.add(id);
      if (address === undefined) {
        peering.facts.endpointUnresolved = seen(
          peering.facts.endpointUnresolved,
          endpoint.host,
          clock.now(),
        );
        if (!timers.isSet('resolve'))
          timers.set('resolve', addMilliseconds(now, milliseconds(RESOLVE_AGAIN_MS)));
        return;
      }
      delete peering.facts.endpointUnresolved;
      followName(engine, peering, { address, port: endpoint.port }, now);
    },
    restart(entity, scope, now) {
      const [id = '', name] = entity.split('/');
      const peering = roster.byId.get(id) ?? roster.hostNeighbors.get(id);
      if (peering === undefined) return false;
      const sessions = peering.sessions.filter(
        (session) => name === undefined || session.name === name,
      );
      for (const session of sessions) peering.vrf.neighbors.restart(session.neighbor, now);
      if (scope === 'tunnel' && 'peer' in peering) engine.wireguard.initiate(peering.peer, now);
      peering.transitions.add('restarted', scope);
      changed.add(id);
      return sessions.length > 0 || scope === 'tunnel';
    },
    stop(text, now) {
      for (const { neighbors, bfd } of engine.vrfs.running) {
        neighbors.stopAll(text, now);
        bfd.stopAll(now);
      }
      engine.bmp.stop(now);
    },
    recovery() {
      const expected = [...roster.byId.values()]
        .filter(({ wish, vrf }) => wish.config.enabled && vrf.vrfName === undefined)
        .flatMap(({ sessions }) => sessions.filter(({ isDynamic }) => !isDynamic))
        .map(({ neighbor }) => neighbor);
      if (!expected.every((id) => engine.neighbors.view(id).state === 'established'))
        return 'waiting';
      return expected.every((id) => engine.routes.hasToldAll(id)) ? 'complete' : 'established';
    },
    isQuiet: () => engine.vrfs.running.every(({ neighbors }) => neighbors.openTransports() === 0),
    snapshot(now) {
      const { epoch, revision, digest } = applied().config;
      return {
        epoch,
        revision,
        digest,
        at: formatWallTime(clock.now()),
        node: nodeView(now),
        tables: engine.routes.tables(),
        ...viewVrfs(engine.vrfs.running),
        peerings: peeringViews(now),
        ...meshOf(now),
      };
    },
    health(now) {
      const { epoch, revision, digest } = config ?? { epoch: '', revision: 0, digest: '' };
      const uptimeSeconds = Math.floor(elapsed(startedAt, now) / 1000);
      return {
        version: identity.version,
        epoch,
        revision,
        digest,
        registryCommit: registry?.commit ?? null,
        uptimeSeconds,
        loopDelayMs: 0,
      };
    },
    memory() {
      const peers = Object.fromEntries(
        [...roster.byId.values()].map((peering) => rememberPeering(engine, peering)),
      );
      return {
        version: 1,
        greatestTimestamp: timestampText(engine.wireguard.greatestTimestamp()),
        peers,
      };
    },
    currentEvents(now) {
      if (config === undefined) return [];
      const peerings = peeringViews(now).map(
        (peering): RouterEvent => ({ kind: 'peering', peering }),
      );
      const { mesh: view } = meshOf(now);
      return [
        { kind: 'node', node: nodeView(now) },
        ...peerings,
        ...(view === undefined ? [] : [{ kind: 'mesh', mesh: view } as const]),
      ];
    },
    listTunnels: () => listTunnels(engine, applied().node.listenPort),
    registry: () => registry,
  };
}

/** A view grows with the square of the nodes, and so does the time to the next one: a thousand take three minutes. */
function publishAgainAfter({ edge, supernode }: MeshView): Milliseconds {
  const nodes = Math.max(edge?.status?.ways.length ?? 0, supernode?.status?.edges.length ?? 0);
  return milliseconds(MESH_PUBLISH_MS * Math.max(1, nodes / MESH_NODES_SMALL) ** 2);
}

/** The document was checked where somebody wrote it; a station that cannot be read is none. */
const stationsOf = ({ bmp = [] }: NodeConfig): StationConfig[] =>
  bmp.flatMap(({ station, views }) => {
    const endpoint = parseEndpoint(station);
    return endpoint === undefined ? [] : [{ host: endpoint.host, port: endpoint.port, views }];
  });

function recorderBounds(settings: RecorderSettings = {}): RecorderBounds {
  const { perNeighborKib, totalKib } = settings;
  return {
    bytesPerNeighbor:
      perNeighborKib === undefined ? RECORDER_DEFAULTS.bytesPerNeighbor : perNeighborKib * 1024,
    bytesTotal: totalKib === undefined ? RECORDER_DEFAULTS.bytesTotal : totalKib * 1024,
  };
}
