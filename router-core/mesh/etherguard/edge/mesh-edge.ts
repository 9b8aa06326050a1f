/**
 * An edge of the mesh: one WireGuard device with EtherGuard's framing, and everything around it.
 *
 * Not standardized; behaves as an edge of etherguard-go v0.3.5-f5 but where the files say otherwise.
 *
 *   datagrams ─► device ─► Forwarding ─┬─► frames                NextHops ◄─┬─ file
 *   frames ──────────────►             ├─► device                           ├─ SupernodeClient
 *                                      └─► control: Measurements            └─ LatencyGraph ◄─ Measurements
 *                                                   Introductions ─► LinkTable ◄─ SupernodeClient, file
 *                                                   SupernodeClient      │
 *                                          EndpointHunter, Endpoints ◄───┘
 *
 * Begins when its sockets are open or refused: what left before would be lost, and a handshake with it for 5 s.
 *
 * Invariants
 * - Whatever comes from the network ends in a counted drop, a log line with a code, or `ended`.
 * - After `ended` nothing is sent, asked or logged.
 *
 * @module
 */
import type { DropCounters, DropReason } from '../../../base/drop-reason.ts';
import { formatEndpoint, type UnderlayAddress } from '../../../base/endpoint.ts';
import {
  type Instant,
  type InterfaceId,
  instant,
  type PacketSlot,
  type PeerId,
  type SocketId,
  seconds,
} from '../../../base/units.ts';
import {
  createWireguardDevice,
  type OpenedMessage,
  type WireguardDevice,
} from '../../../wireguard/index.ts';
import { NextHopTable, readNextHopTable } from '../../graph/index.ts';
import { type NodeNumber, SUPERNODE } from '../../node-number.ts';
import { tableValues } from '../config/config-change.ts';
import type { EdgeConfig } from '../config/index.ts';
import type { HttpOutcome, MeshOutput, TimeAnswer } from '../ports.ts';
import { ORIGINAL_VERSION } from '../version.ts';
import {
  broadcastPeerMessage,
  contentLimit,
  ETHERGUARD_FRAMING,
  GobError,
  type Pong,
  pingMessage,
  pongMessage,
  queryPeerMessage,
  serverUpdateMessage,
  USAGE,
} from '../wire/index.ts';
import type { MeshEdge, MeshEdgeOptions, MeshEdgeView } from './edge-contract.ts';
import { viewOf } from './edge-view.ts';
import type { AdmissionParts } from './endpoint-admission.ts';
import { EndpointHunter, type HunterSettings } from './endpoint-hunter.ts';
import { Endpoints } from './endpoints.ts';
import { Forwarding, forwardingStateOf } from './forwarding.ts';
import { Introductions } from './introductions.ts';
import { LifeWatch } from './life-watch.ts';
import { LinkRoster } from './link-roster.ts';
import { type Link, LinkTable } from './links.ts';
import { Measurements } from './measurements.ts';
import { MeshClock } from './mesh-clock.ts';
import { NextHops } from './next-hops.ts';
import { Outputs, QuestionNumbers, Questions } from './outputs.ts';
import { OwnComputation } from './own-computation.ts';
import { listensOnLoopback, ownEndpoints } from './own-endpoints.ts';
import { PlaneHops } from './plane-hops.ts';
import {
  type EdgeSettings,
  type SuperParameters,
  settingsOfFile,
  settingsOfSupernode,
} from './settings.ts';
import { SharedKeyWatch } from './shared-key-watch.ts';
import { Sockets } from './sockets.ts';
import type { ToldPeer } from './supernode-answers.ts';
import { SupernodeClient } from './supernode-client.ts';

/** Before everything: nothing is due at it. */
const BEGINNING = instant(0);

/** Creates an edge, which begins by asking for its sockets. */
export const createMeshEdge = (options: MeshEdgeOptions): MeshEdge => new Edge(options);

class Edge implements MeshEdge {
  readonly node: NodeNumber;
  readonly publicKey: Uint8Array;
  readonly drops: DropCounters;
  private readonly options: MeshEdgeOptions;
  private readonly device: WireguardDevice;
  private readonly outputs: Outputs;
  private readonly resolutions: Questions<readonly UnderlayAddress[]>;
  private readonly requests: Questions<HttpOutcome>;
  private readonly timeQuestions: Questions<TimeAnswer | undefined>;
  private readonly sockets: Sockets;
  private readonly links: LinkTable;
  private readonly nextHops: NextHops;
  private readonly planeHops: PlaneHops | undefined;
  private readonly forwarding: Forwarding;
  private readonly clock: MeshClock;
  private readonly endpoints: Endpoints;
  private readonly roster: LinkRoster;
  private readonly measurements: Measurements;
  private readonly hunter: EndpointHunter;
  private readonly introductions: Introductions;
  private readonly supernode: SupernodeClient;
  private readonly computation: OwnComputation;
  private readonly lifeWatch: LifeWatch;
  private readonly admission: AdmissionParts;
  private readonly sharedKeys: SharedKeyWatch;
  private config: EdgeConfig;
  private settings: EdgeSettings;
  private parameters: SuperParameters | undefined;
  private hasBegun = false;

  constructor(options: MeshEdgeOptions) {
    const { ports, config, mtu } = options;
    const { arena, random, wallClock, timerQueue, crypto, datagrams, plane } = ports;
    this.options = options;
    this.config = config;
    this.node = config.NodeID;
    this.settings = settingsOfFile(config);
    const numbers = new QuestionNumbers();
    this.resolutions = new Questions(numbers);
    this.requests = new Questions(numbers);
    this.timeQuestions = new Questions(numbers);
    this.outputs = new Outputs(config.LogLevel);
    this.device = createWireguardDevice({
      arena,
      random,
      wallClock,
      timerQueue,
      crypto,
      datagrams,
      packets: { receivePacket: (slot, now) => this.forwarding.receivePacket(slot, now) },
      privateKey: config.PrivKey,
      framing: ETHERGUARD_FRAMING,
      ...(plane !== undefined && { plane }),
    });
    this.publicKey = this.device.publicKey;
    this.drops = this.device.drops;
    this.sockets = new Sockets(config, timerQueue, this.outputs, ports.firstSocket);
    this.links = new LinkTable(this.device, contentLimit(mtu));
    this.planeHops = plane && new PlaneHops(plane, this.links, () => this.outputs.tells('transit'));
    this.nextHops = new NextHops(this.node, this.links, (changed) =>
      this.planeHops?.publish(changed),
    );
    this.forwarding = new Forwarding(
      {
        arena,
        device: this.device,
        links: this.links,
        nextHops: this.nextHops,
        frames: options.frames,
        control: this,
        outputs: this.outputs,
        mtu,
      },
      forwardingStateOf(config, random, BEGINNING),
    );
    this.clock = new MeshClock(
      wallClock,
      timerQueue,
      this.outputs,
      this.timeQuestions,
      config.DynamicRoute.NTPConfig,
      (now) => this.measurements.start(now),
    );
    this.computation = new OwnComputation(
      {
        timerQueue,
        nextHops: this.nextHops,
        outputs: this.outputs,
        peerAliveTimeout: () => this.settings.peerAliveTimeout,
      },
      config,
    );
    const isAlive = (link: Link, now: Instant) => this.isAlive(link, now);
    this.endpoints = new Endpoints(
      {
        device: this.device,
        links: this.links,
        sockets: this.sockets,
        outputs: this.outputs,
        questions: this.resolutions,
        timerQueue,
        isAlive,
        pointed: (link, now) => {
          if (link.node === SUPERNODE) this.supernode.addressFound(now);
        },
      },
      config,
    );
    this.roster = new LinkRoster({
      device: this.device,
      links: this.links,
      sockets: this.sockets,
      endpoints: this.endpoints,
      nextHops: this.nextHops,
      outputs: this.outputs,
      dampingFilterRadius: () => this.settings.dampingFilterRadius,
      added: (link, now) => this.computation.nodeAdded(link.node, now),
      removed: (link) => this.linkRemoved(link),
    });
    this.measurements = new Measurements({
      own: this.node,
      timerQueue,
      links: this.links,
      clock: this.clock,
      forwarding: this.forwarding,
      settings: () => this.settings,
      modes: () => this.modes,
      isAlive,
      measured: (pong, now) => this.computation.learn(pong, now),
    });
    this.admission = {
      ownEndpoints: () => this.ownEndpoints(),
      listensOnLoopback: listensOnLoopback(this.sockets),
      isInUse: (family) => this.sockets.isInUse(family),
    };
    this.sharedKeys = new SharedKeyWatch(this.outputs);
    this.hunter = new EndpointHunter(
      {
        timerQueue,
        links: this.links,
        endpoints: this.endpoints,
        isAlive,
        ping: (link, now) => this.measurements.ping(link, 1, now),
        admission: this.admission,
      },
      this.hunterSettings(),
    );
    this.introductions = new Introductions(
      {
        own: this.node,
        ownKey: this.publicKey,
        timerQueue,
        links: this.links,
        forwarding: this.forwarding,
        outputs: this.outputs,
        isAlive,
        peerAliveTimeout: () => this.settings.peerAliveTimeout,
        addLink: (link, now) => this.roster.add(link, now),
        removeLink: (link) => this.roster.remove(link),
        wakeHunter: (now) => this.hunter.wake(now),
      },
      config,
    );
    this.supernode = new SupernodeClient(
      {
        own: this.node,
        publicKey: this.publicKey,
        version: options.version ?? ORIGINAL_VERSION,
        random,
        wallClock,
        compression: ports.compression,
        timerQueue,
        links: this.links,
        forwarding: this.forwarding,
        outputs: this.outputs,
        questions: this.requests,
        settings: () => this.settings,
        pongs: (now) => this.measurements.forReport(now),
        ownEndpoints: () => this.ownEndpoints(),
        peersTold: (peers, now) => this.followPeers(peers, now),
        parametersTold: (parameters, now) => this.followParameters(parameters, now),
        tableTold: (table) => this.followTable(table),
      },
      config,
    );
    this.lifeWatch = new LifeWatch({
      timerQueue,
      device: this.device,
      links: this.links,
      outputs: this.outputs,
      peerAliveTimeout: () => this.settings.peerAliveTimeout,
      isPinging: () => this.modes.isSuper || this.modes.isP2p,
    });
    this.takeTableOfFile();
  }

  sendFrame(_port: InterfaceId, slot: PacketSlot, now: Instant): void {
    if (this.outputs.hasEnded) this.options.ports.arena.release(slot);
    else this.forwarding.sendFrame(slot, now);
  }

  receiveDatagram(slot: PacketSlot, now: Instant): void {
    if (this.outputs.hasEnded) this.options.ports.arena.release(slot);
    else this.device.receiveDatagram(slot, now);
  }

  receiveOpened(message: OpenedMessage, slot: PacketSlot, now: Instant): void {
    if (this.outputs.hasEnded) this.options.ports.arena.release(slot);
    else this.device.receiveOpened(message, slot, now);
  }

  receiveRoamed(peer: PeerId, index: number, slot: PacketSlot): void {
    if (this.outputs.hasEnded) this.options.ports.arena.release(slot);
    else this.device.receiveRoamed(peer, index, slot);
  }

  answerWithCookie(slot: PacketSlot, now: Instant): void {
    if (this.outputs.hasEnded) this.options.ports.arena.release(slot);
    else this.device.answerWithCookie(slot, now);
  }

  receiveControl(
    usage: number,
    link: Link,
    b: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): DropReason | undefined {
    try {
      return this.dispatch(usage, link, b, start, end, now);
    } catch (error) {
      // Relays of the original mix contents up, so a body that is none is no news.
      if (error instanceof GobError) return 'malformed';
      throw error;
    }
  }

  settle(now: Instant): boolean {
    if (this.outputs.hasEnded) {
      this.stop();
      return false;
    }
    this.takeEvents(now);
    this.forwarding.state.macTable.tick(now);
    return this.computation.settle(now);
  }

  nextOutput(): MeshOutput | undefined {
    return this.outputs.next();
  }

  socketOpened(socket: SocketId, port: number, now: Instant): void {
    if (this.sockets.opened(socket, port)) this.begin(now);
  }

  socketFailed(socket: SocketId, message: string, now: Instant): void {
    if (this.sockets.failed(socket, message, now)) this.begin(now);
  }

  resolved(question: number, addresses: readonly UnderlayAddress[], now: Instant): void {
    if (!this.outputs.hasEnded) this.resolutions.answer(question, addresses, now);
  }

  answered(question: number, outcome: HttpOutcome, now: Instant): void {
    if (!this.outputs.hasEnded) this.requests.answer(question, outcome, now);
  }

  timeTold(question: number, answer: TimeAnswer | undefined, now: Instant): void {
    if (!this.outputs.hasEnded) this.timeQuestions.answer(question, answer, now);
  }

  configure(config: EdgeConfig, now: Instant): void {
    if (this.outputs.hasEnded) return;
    const before = this.config;
    this.config = config;
    this.outputs.setSwitches(config.LogLevel);
    this.planeHops?.publish(this.nextHops);
    if (!this.modes.isSuper) {
      this.parameters = undefined;
      this.supernode.stop();
    }
    this.applySettings();
    this.forwarding.state = forwardingStateOf(config, this.options.ports.random, now, {
      config: before,
      state: this.forwarding.state,
    });
    this.computation.configure(config, now);
    const isLeft = this.nextHops.tableFrom === 'supernode' && !this.modes.isSuper;
    const isOther = !sameTable(before.NextHopTable, config.NextHopTable);
    if (isLeft || (isOther && !this.supernode.holds('table'))) this.takeTableOfFile();
    if (!this.hasBegun) return;
    this.roster.followFile(config, !this.supernode.holds('peers'), now);
    this.startParts(now);
    this.clock.configure(config.DynamicRoute.NTPConfig, now);
    this.measurements.start(now);
  }

  view(now: Instant): MeshEdgeView {
    const ownEndpoints = this.ownEndpoints();
    return viewOf({
      now,
      config: this.config,
      publicKey: this.publicKey,
      device: this.device,
      sockets: this.sockets,
      links: this.links,
      isAlive: (link) => this.isAlive(link, now),
      nextHops: this.nextHops,
      relayed: this.options.ports.plane?.relayed,
      macTable: this.forwarding.state.macTable,
      graph: this.computation.graph,
      modes: this.modes,
      additionalCostOf: (link) => this.measurements.costOf(link),
      supernode: this.supernode,
      isSilent: (link) => this.lifeWatch.isSilent(link),
      clock: this.clock,
      ownEndpoints,
      admission: { ...this.admission, ownEndpoints: () => ownEndpoints },
      sharedKeys: this.sharedKeys,
    });
  }

  private get modes(): { readonly isSuper: boolean; readonly isP2p: boolean } {
    const { SuperNode, P2P } = this.config.DynamicRoute;
    return { isSuper: SuperNode.UseSuperNode, isP2p: P2P.UseP2P };
  }

  private begin(now: Instant): void {
    if (this.hasBegun || this.outputs.hasEnded) return;
    this.hasBegun = true;
    this.roster.followFile(this.config, true, now);
    this.startParts(now);
    this.clock.start(now);
  }

  private startParts(now: Instant): void {
    const { isSuper, isP2p } = this.modes;
    this.endpoints.configure(this.config, now);
    this.introductions.start(this.config, now);
    if (isSuper || isP2p) this.hunter.start(this.hunterSettings(), now);
    else this.hunter.stop();
    this.supernode.start(this.config, now);
    this.lifeWatch.start(now);
  }

  /** The edge ended: nothing of it is left in the timer queue. */
  private stop(): void {
    this.lifeWatch.stop();
    this.supernode.stop();
    this.introductions.stop();
    this.hunter.stop();
    this.measurements.stop();
    this.endpoints.stop();
    this.clock.stop();
    this.sockets.stop();
    this.computation.stop();
    // Their timers would send keepalives.
    for (const link of [...this.links.all()]) this.roster.remove(link);
    this.planeHops?.stop();
  }

  private dispatch(
    usage: number,
    link: Link,
    b: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): DropReason | undefined {
    switch (usage) {
      case USAGE.serverUpdate:
        this.supernode.receiveUpdate(serverUpdateMessage.decode(b, start, end));
        return undefined;
      case USAGE.ping:
        return this.measurements.receivePing(link, pingMessage.decode(b, start, end), now);
      case USAGE.pong:
        return this.receivePong(link, pongMessage.decode(b, start, end), now);
      case USAGE.queryPeer:
        return this.introductions.receiveQuery(queryPeerMessage.decode(b, start, end), now);
      case USAGE.broadcastPeer:
        return this.introductions.receivePeer(
          link,
          broadcastPeerMessage.decode(b, start, end),
          now,
        );
      default:
        return 'not-for-us';
    }
  }

  private receivePong(link: Link, pong: Pong, now: Instant): DropReason | undefined {
    if (!this.modes.isP2p) return 'not-for-us';
    // What comes to us we measure ourselves.
    if (pong.destination === this.node) return 'malformed';
    this.introductions.pongReceived(link, now);
    // Numbers that nobody introduced would fill the graph with nodes that are none.
    if (!this.isNamed(pong.source) || !this.isNamed(pong.destination)) return 'bad-source';
    for (const node of [pong.source, pong.destination]) this.introductions.mentioned(node, now);
    return this.computation.learn(pong, now);
  }

  private isNamed(node: NodeNumber): boolean {
    return node === this.node || this.roster.isNamed(node);
  }

  private takeEvents(now: Instant): void {
    for (let event = this.device.nextOutput(); event; event = this.device.nextOutput()) {
      const link = 'peer' in event ? this.links.ofPeer(event.peer) : undefined;
      switch (event.kind) {
        case 'handshake-completed':
          if (link !== undefined) this.sessionReady(link, now);
          break;
        case 'handshake-gave-up':
          if (link?.isStatic === true) this.endpoints.point(link, now);
          break;
        case 'first-packet':
          if (link !== undefined) this.introductions.peerHeard(link);
          break;
        case 'unknown-key':
          this.outputs.log('info', 'internal', 'a handshake of an unknown key', {});
          break;
        default:
      }
    }
  }

  private sessionReady(link: Link, now: Instant): void {
    this.outputs.log('info', 'internal', 'there is a session', { node: link.node });
    const endpoint = this.links.endpointOf(link);
    if (endpoint !== undefined)
      this.sharedKeys.handshakeCompleted(link, formatEndpoint(endpoint), now);
    if (link.node === SUPERNODE) this.supernode.sessionReady(link, now);
    this.measurements.sessionReady(link, now);
  }

  private isAlive(link: Link, now: Instant): boolean {
    return this.links.isAlive(link, this.settings.peerAliveTimeout, now);
  }

  private hunterSettings(): HunterSettings {
    const { TimeoutCheckInterval, ConnNextTry } = this.config.DynamicRoute;
    return {
      checkInterval: seconds(TimeoutCheckInterval),
      nextTry: seconds(ConnNextTry),
      peerAliveTimeout: this.settings.peerAliveTimeout,
    };
  }

  private takeTableOfFile(): void {
    const table = readNextHopTable(tableValues(this.config.NextHopTable));
    if (!(table instanceof NextHopTable)) {
      const fields = { code: 'MESH_TABLE', problem: table.message };
      this.outputs.log('error', 'life', 'the table of the file is none', fields);
      return;
    }
    this.nextHops.setTable(table, 'file');
    this.computation.tableTold(table);
  }

  private linkRemoved(link: Link): void {
    this.measurements.forget(link);
    this.hunter.forget(link);
    this.lifeWatch.forget(link);
    this.sharedKeys.forget(link);
    this.computation.nodeRemoved(link.node);
  }

  private applySettings(): void {
    const file = settingsOfFile(this.config);
    this.settings =
      this.parameters === undefined ? file : settingsOfSupernode(this.parameters, file);
    for (const link of this.links.edges())
      link.meter.setDampingRadius(this.settings.dampingFilterRadius);
  }

  private followPeers(told: readonly ToldPeer[], now: Instant): void {
    // Preshared keys and peers that others introduce do not go together: those have none.
    this.roster.followPeers(told, this.publicKey, !this.modes.isP2p, now);
    for (const link of this.links.edges())
      if (!this.isAlive(link, now)) return this.hunter.wake(now);
  }

  private followParameters(parameters: SuperParameters, now: Instant): void {
    this.parameters = parameters;
    this.applySettings();
    this.hunter.start(this.hunterSettings(), now);
    this.measurements.start(now);
  }

  private followTable(table: NextHopTable): void {
    this.nextHops.setTable(table, 'supernode');
    this.computation.tableTold(table);
  }

  private ownEndpoints(): readonly UnderlayAddress[] {
    return ownEndpoints(this.sockets, this.options.localAddresses?.() ?? []);
  }
}

const sameTable = (a: EdgeConfig['NextHopTable'], b: EdgeConfig['NextHopTable']): boolean =>
  JSON.stringify(tableValues(a)) === JSON.stringify(tableValues(b));
