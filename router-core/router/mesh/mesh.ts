/**
 * The layer-2 mesh in a node: an edge, a supernode, or both, beside the tunnels and in the same process.
 *
 * Not standardized; docs/mesh.md, docs/architecture.md §3 and §8.
 *
 *   datagrams ─► MeshInstance ─► MeshEdge ─► frames ─► MeshPort ─► netstack ─► routes, ping, TCP
 *                     └────────► Supernode ◄─ handleRequest ◄─ HTTP of the host
 *
 * What they share with the node is its arena, clock, randomness, crypto and timer queue; what they cannot share
 * is their end: see instance.ts.
 *
 * Invariants
 * - A wish that is wrong fails alone and with its code; what runs goes on as it was.
 * - An edge whose datagrams need no mark is carried by the packet worker, where there is one.
 *
 * @module
 */
import type { UnderlayAddress } from '../../base/endpoint.ts';
import { RouterError } from '../../base/errors.ts';
import { formatIpAddress, type IpAddress, type IpPrefix } from '../../base/ip-address.ts';
import { formatWallTime } from '../../base/rfc3339.ts';
import type { Instant, InterfaceId, PacketSlot, PeerId, SocketId } from '../../base/units.ts';
import type { EdgeConfig, SuperConfig } from '../../mesh/etherguard/config/index.ts';
import type { MeshEdge } from '../../mesh/etherguard/edge/edge-contract.ts';
import { createMeshEdge } from '../../mesh/etherguard/edge/index.ts';
import type { HttpOutcome, MeshAnswers, TimeAnswer } from '../../mesh/etherguard/ports.ts';
import {
  type ApiRequest,
  type ApiResponse,
  createSupernode,
  type Supernode,
} from '../../mesh/etherguard/supernode/index.ts';
import type { FrameSink } from '../../packet/index.ts';
import type { OpenedMessage } from '../../wireguard/index.ts';
import type { Engine } from '../engine.ts';
import type { MeshHost, RouterPorts } from '../ports.ts';
import { failureLine } from '../refused-entries.ts';
import type { ApplyReportLine } from '../types.ts';
import { type MeshCore, MeshInstance, type MeshPlace, type MeshProblem } from './instance.ts';
import { MeshHistory } from './mesh-history.ts';
import type { MeshLink } from './mesh-link.ts';
import { MeshPort } from './mesh-port.ts';
import type { MeshFiles, MeshInstanceName, MeshSettings } from './mesh-settings.ts';
import { FIRST_MESH_SOCKET, instanceOfSocket } from './mesh-sockets.ts';
import { type Clocks, viewEdge, viewSupernode } from './mesh-view.ts';
import type { MeshInstanceView, MeshView } from './mesh-view-types.ts';
import {
  type TypedMeshEdge,
  type TypedSupernode,
  typeMeshEdge,
  typeSupernode,
} from './mesh-wish.ts';

const SUPERNODE_PLACE: MeshPlace = { firstSocket: FIRST_MESH_SOCKET.supernode };

/** For the driver: answers to what the outputs of kind `mesh` ask for, and the supernode's HTTP. */
export interface MeshDoor {
  socketOpened(socket: SocketId, port: number, now: Instant): void;
  socketFailed(socket: SocketId, message: string, now: Instant): void;
  resolved(
    instance: MeshInstanceName,
    question: number,
    addresses: readonly UnderlayAddress[],
    now: Instant,
  ): void;
  /** Undefined: no answer came. */
  answered(question: number, outcome: HttpOutcome, now: Instant): void;
  timeTold(question: number, answer: TimeAnswer | undefined, now: Instant): void;
  /** What the edge and the supernode are made of; undefined: nobody wishes for one. */
  edgeConfig(): EdgeConfig | undefined;
  supernodeConfig(): SuperConfig | undefined;
  /** What a packet worker hands over of the edge; each takes the slot. */
  receiveDatagram(slot: PacketSlot, now: Instant): void;
  answerWithCookie(slot: PacketSlot, now: Instant): void;
  receiveOpened(message: OpenedMessage, slot: PacketSlot, now: Instant): void;
  receiveRoamed(peer: PeerId, index: number, slot: PacketSlot, now: Instant): void;
  /** Undefined: the supernode does not run. */
  handleRequest(request: ApiRequest, now: Instant): ApiResponse | undefined;
  /** Why the supernode's APIs cannot be reached, or that they can. */
  apisChanged(failure: { readonly code: string; readonly message: string } | undefined): void;
  view(now: Instant): MeshView | undefined;
  /** What it was like. */
  readonly history: MeshHistory;
}

type Running<Core extends MeshCore, Wish> = {
  readonly instance: MeshInstance<Core>;
  wish: Wish | undefined;
  /** Why the last document could not be followed. */
  refused: MeshProblem | undefined;
  /** What it lacks while it runs. */
  lacks: MeshProblem | undefined;
};

export class Mesh implements MeshDoor {
  readonly history = new MeshHistory();
  private readonly engine: Engine;
  private readonly ports: RouterPorts;
  private readonly edge: Running<MeshEdge, TypedMeshEdge>;
  private readonly supernode: Running<Supernode, TypedSupernode>;
  private port: MeshPort | undefined;

  constructor(engine: Engine, ports: RouterPorts) {
    this.engine = engine;
    this.ports = ports;
    this.edge = this.running('edge');
    this.supernode = this.running('supernode');
  }

  /** Makes the mesh what a document says; returns a line for what it says of it. */
  apply(settings: MeshSettings | undefined, files: MeshFiles, now: Instant): ApplyReportLine[] {
    const { edge, supernode } = settings ?? {};
    return [
      ...(edge === undefined
        ? this.leaveMesh(now)
        : [this.follow(this.edge, 'edge', () => this.joinMesh(typeMeshEdge(edge, files), now))]),
      ...(supernode === undefined
        ? this.endSupernode()
        : [
            this.follow(this.supernode, 'supernode', () =>
              this.runSupernode(typeSupernode(supernode, files), now),
            ),
          ]),
    ];
  }

  /** Takes the slot of a datagram of a mesh socket. */
  receiveDatagram(slot: PacketSlot, now: Instant): void {
    const socket = this.engine.arena.socket[slot] as number;
    const { instance } = this.runningOf(socket);
    instance.take(slot, now, (core) => core.receiveDatagram(slot, now));
  }

  /** What a packet worker hands over of the edge; each takes the slot. */
  answerWithCookie(slot: PacketSlot, now: Instant): void {
    this.edge.instance.take(slot, now, (edge) => edge.answerWithCookie(slot, now));
  }

  receiveOpened(message: OpenedMessage, slot: PacketSlot, now: Instant): void {
    this.edge.instance.take(slot, now, (edge) => edge.receiveOpened(message, slot, now));
  }

  receiveRoamed(peer: PeerId, index: number, slot: PacketSlot, now: Instant): void {
    this.edge.instance.take(slot, now, (edge) => edge.receiveRoamed(peer, index, slot));
  }

  /** Takes events and outputs of both; true when work is left. */
  settle(now: Instant, clock: () => Instant): boolean {
    const hasMore = this.edge.instance.settle(now, clock);
    return this.supernode.instance.settle(now, clock) || hasMore;
  }

  /** Returns the way out to a neighbor on the mesh, or undefined when it does not live there. */
  nextHop(address: IpAddress): InterfaceId | undefined {
    return this.port?.nextHop(address);
  }

  /** Whether this is a prefix whose addresses live on the mesh. */
  isOnLink(prefix: IpPrefix): boolean {
    return this.port?.isOnLink(prefix) ?? false;
  }

  /** Returns how to speak to a neighbor on the mesh. @throws RouterError when there is no way */
  link(address: IpAddress): MeshLink {
    const link = this.port?.link(address);
    if (link !== undefined) return link;
    throw new RouterError(
      'MESH_ADDRESS',
      `${formatIpAddress(address)} does not live on the mesh of this node.`,
      { path: 'address' },
    );
  }

  keepHops(used: ReadonlySet<InterfaceId>, now: Instant): void {
    this.port?.keepHops(used, now);
  }

  socketOpened(socket: SocketId, port: number, now: Instant): void {
    const { instance } = this.runningOf(socket);
    instance.call(now, (core) => core.socketOpened(socket, port, now));
  }

  socketFailed(socket: SocketId, message: string, now: Instant): void {
    const { instance } = this.runningOf(socket);
    instance.call(now, (core) => core.socketFailed(socket, message, now));
  }

  resolved(
    instance: MeshInstanceName,
    question: number,
    addresses: readonly UnderlayAddress[],
    now: Instant,
  ): void {
    this[instance].instance.answer(question, now, (core: MeshAnswers, own) =>
      core.resolved(own, addresses, now),
    );
  }

  answered(question: number, outcome: HttpOutcome, now: Instant): void {
    this.edge.instance.answer(question, now, (edge, own) => edge.answered(own, outcome, now));
  }

  timeTold(question: number, answer: TimeAnswer | undefined, now: Instant): void {
    this.edge.instance.answer(question, now, (edge, own) => edge.timeTold(own, answer, now));
  }

  edgeConfig(): EdgeConfig | undefined {
    return this.edge.wish?.config;
  }

  supernodeConfig(): SuperConfig | undefined {
    return this.supernode.wish?.config;
  }

  handleRequest(request: ApiRequest, now: Instant): ApiResponse | undefined {
    return this.supernode.instance.call(now, (core) => core.handleRequest(request, now));
  }

  apisChanged(failure: { readonly code: string; readonly message: string } | undefined): void {
    this.supernode.lacks = failure && { ...failure, at: this.engine.clock.now() };
  }

  view(now: Instant): MeshView | undefined {
    const clocks: Clocks = { now, wall: this.engine.clock.now() };
    const port = this.port?.view(now);
    const edge = viewOf(this.edge, now, (core) =>
      viewEdge(core.view(now), port, core.drops, clocks),
    );
    const supernode = viewOf(this.supernode, now, (core) =>
      viewSupernode(core.view(now), core.drops, clocks),
    );
    if (edge === undefined && supernode === undefined) return undefined;
    return {
      ...(edge === undefined ? {} : { edge }),
      ...(supernode === undefined ? {} : { supernode }),
    };
  }

  private running<Core extends MeshCore, Wish>(name: MeshInstanceName): Running<Core, Wish> {
    const { arena, clock, timerQueue, outputs } = this.engine;
    const { crypto, datagrams, random, mesh } = this.ports;
    const wallClock = mesh?.wallClock ?? clock;
    return {
      wish: undefined,
      refused: undefined,
      lacks: undefined,
      instance: new MeshInstance<Core>({
        name,
        ports: { arena, random, wallClock, timerQueue, crypto, datagrams },
        outputs,
        receiveFrame: (slot, now) => this.receiveFrame(slot, now),
      }),
    };
  }

  /** Tries a wish; one that is wrong leaves what runs as it was. */
  private follow<Core extends MeshCore, Wish>(
    running: Running<Core, Wish>,
    id: MeshInstanceName,
    carryOut: () => boolean,
  ): ApplyReportLine {
    try {
      this.host();
      const isNews = carryOut();
      running.refused = undefined;
      return { entity: 'mesh', id, outcome: isNews ? 'applied' : 'unchanged' };
    } catch (error) {
      const line = failureLine(id, error, undefined, 'mesh');
      running.refused = {
        code: line.code ?? 'ENTITY_FAILED',
        message: line.message ?? '',
        at: this.engine.clock.now(),
      };
      return line;
    }
  }

  /** @throws RouterError when the driver serves no mesh */
  private host(): MeshHost {
    const { mesh } = this.ports;
    if (mesh !== undefined) return mesh;
    throw new RouterError('ENTITY_FAILED', 'This router has no host that serves a mesh.');
  }

  /** Whether anything is another. */
  private joinMesh(wish: TypedMeshEdge, now: Instant): boolean {
    const { instance, wish: before } = this.edge;
    if (before?.fingerprint === wish.fingerprint) return false;
    this.edge.wish = wish;
    this.setPort(wish, now);
    if (before?.identity === wish.identity && instance.core !== undefined) {
      instance.call(now, (edge) => edge.configure(wish.config, now));
      return true;
    }
    instance.begin(
      (ports, deliver) => {
        const { compression, localAddresses } = this.host();
        return createMeshEdge({
          ports: { ...ports, compression },
          frames: { sendFrame: (_port, slot) => deliver(slot) },
          // A later life begins with what the document says by then.
          config: (this.edge.wish ?? wish).config,
          mtu: wish.mtu,
          ...(localAddresses === undefined ? {} : { localAddresses }),
        });
      },
      this.placeOf(wish),
      now,
    );
    return true;
  }

  /** A packet worker sets no mark. */
  private placeOf({ config }: TypedMeshEdge): MeshPlace {
    const plane = config.FwMark === 0 ? this.ports.plane?.mesh : undefined;
    return plane === undefined
      ? { firstSocket: FIRST_MESH_SOCKET.edge }
      : { firstSocket: FIRST_MESH_SOCKET.carriedEdge, plane };
  }

  private runSupernode(wish: TypedSupernode, now: Instant): boolean {
    const { instance, wish: before } = this.supernode;
    if (before?.fingerprint === wish.fingerprint) return false;
    this.supernode.wish = wish;
    if (before?.identity === wish.identity && instance.core !== undefined) {
      instance.call(now, (core) => core.configure(wish.config, now));
      return true;
    }
    const { edgeTemplate } = wish;
    instance.begin(
      (ports, _deliver, at) => {
        const { compression, renderEdgeTemplate } = this.host();
        return createSupernode(
          {
            ports: { ...ports, compression },
            config: (this.supernode.wish ?? wish).config,
            renderEdgeTemplate,
            ...(edgeTemplate === undefined ? {} : { edgeTemplate }),
          },
          at,
        );
      },
      SUPERNODE_PLACE,
      now,
    );
    return true;
  }

  private leaveMesh(now: Instant): ApplyReportLine[] {
    if (this.edge.wish === undefined && this.edge.refused === undefined) return [];
    this.edge.instance.end();
    this.edge.wish = undefined;
    this.edge.refused = undefined;
    this.port?.remove(now);
    this.port = undefined;
    return [{ entity: 'mesh', id: 'edge', outcome: 'removing' }];
  }

  private endSupernode(): ApplyReportLine[] {
    if (this.supernode.wish === undefined && this.supernode.refused === undefined) return [];
    this.supernode.instance.end();
    this.supernode.wish = undefined;
    this.supernode.refused = undefined;
    return [{ entity: 'mesh', id: 'supernode', outcome: 'removing' }];
  }

  private setPort({ port: wish }: TypedMeshEdge, now: Instant): void {
    if (wish === undefined) {
      this.port?.remove(now);
      this.port = undefined;
    } else if (this.port !== undefined) this.port.update(wish, now);
    else {
      const { instance } = this.edge;
      const frames: FrameSink = {
        sendFrame: (port, slot, at) =>
          instance.hand(slot, at, (edge) => edge.sendFrame(port, slot, at)),
      };
      this.port = new MeshPort(this.engine, wish, frames, now);
    }
  }

  /** Hands a frame that came by the mesh to our IP stack. */
  private receiveFrame(slot: PacketSlot, now: Instant): void {
    const { arena, netstack } = this.engine;
    if (this.port === undefined) {
      arena.release(slot);
      return;
    }
    arena.ingress[slot] = this.port.id;
    netstack.receiveFrame(slot, now);
  }

  private runningOf(socket: number): { readonly instance: MeshInstance<MeshEdge | Supernode> } {
    return this[instanceOfSocket(socket)];
  }
}

function viewOf<Core extends MeshCore, Status>(
  { instance, wish, refused, lacks }: Running<Core, unknown>,
  now: Instant,
  status: (core: Core) => Status,
): MeshInstanceView<Status> | undefined {
  if (wish === undefined && refused === undefined) return undefined;
  const problem = instance.problem ?? refused ?? lacks;
  return {
    status: instance.call(now, status) ?? null,
    problem: problem === undefined ? null : { ...problem, at: formatWallTime(problem.at) },
  };
}
