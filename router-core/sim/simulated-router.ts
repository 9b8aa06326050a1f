/**
 * A router on the virtual network: the real Router, and around it what a process would be.
 *
 * Not standardized; docs/architecture.md §3 (driving rule) and §8 (after a crash).
 *
 *   apply(document) ──► running ──crash──► down ──start──► running, with the document it had
 *                                                          and the memory it had written
 *
 * Like the production driver it writes its memory at most once a second: a crash forgets what was
 * younger. Keys, documents and the registry survive, as files do.
 *
 * Invariants
 * - Whatever a dead Router had armed or bound is gone with it.
 * - Outputs are taken after every batch, never inside a call.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { toBase64 } from '../base/bytes.ts';
import { RouterError } from '../base/errors.ts';
import { equalAddresses, type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import { isPublicUnderlay } from '../base/public-underlay.ts';
import { type Random, seededRandom } from '../base/random.ts';
import {
  addMilliseconds,
  type Instant,
  milliseconds,
  NONE,
  type PacketSlot,
  type SocketId,
  seconds,
  type WallClock,
} from '../base/units.ts';
import type { ApiResponse } from '../mesh/etherguard/supernode/index.ts';
import {
  createPacketArena,
  createRouter,
  type MeshFiles,
  type NodeConfig,
  type PacketArena,
  type Router,
  type RouterOutput,
  type RouterRegistry,
  type RuntimeMemory,
  readMemory,
  type WireguardCrypto,
} from '../router/index.ts';
import type { ApplyReport, RouterEvent } from '../router/types.ts';
import type { Agenda } from './agenda.ts';
import type { MachineNetwork, MachineTcp } from './machine-tcp.ts';
import type { VirtualNetwork } from './network.ts';
import {
  carryOutMesh,
  type MeshMachine,
  simulatedMeshHost,
  type WebRequest,
} from './simulated-mesh.ts';

const UNDERLAY = { kind: 'simulated', reason: 'datagrams pass a virtual network' } as const;
/** Enough for a burst to every neighbor of a small network, little enough for many routers. */
const ARENA_SLOTS = 256;
const MEMORY_INTERVAL = seconds(1);
const RESOLVER_ANSWERS_AFTER = milliseconds(20);
/** Batches of one router at one instant; more means that a timer never stops being due. */
const BATCHES_AT_ONCE = 10_000;
/** Where ports begin that nobody wished for. */
const EPHEMERAL_PORTS = 32_768;

/** What a router finds around it. */
export type World = {
  readonly agenda: Agenda;
  readonly network: VirtualNetwork;
  readonly machines: MachineNetwork;
  readonly crypto: WireguardCrypto;
  readonly wallClock: WallClock;
  readonly random: Random;
  now(): Instant;
  /** Names of the underlay. */
  readonly names: ReadonlyMap<string, IpAddress>;
  /** Asks who is at an address and port by HTTP; undefined: nobody. */
  askWeb(host: string, port: number, request: WebRequest): ApiResponse | undefined;
  /** Something happened from outside: somebody has to drive. */
  worked(): void;
};

export type UnderlayPlace = { readonly ipv4?: string; readonly ipv6?: string };

export type SimulatedRouterOptions = {
  /** 32 octets. */
  readonly privateKey: Uint8Array;
  readonly underlay: UnderlayPlace;
  readonly version?: string;
  /** Keys of its mesh, which are in no document. */
  readonly meshFilesOf?: (config: NodeConfig) => MeshFiles;
  /** It may speak BGP over the TCP of its machine. */
  readonly hasMachine?: boolean;
  /** How much memory it has for the attributes of its routes, in octets. */
  readonly attributeBytesMax?: number;
};

export interface SimulatedRouter {
  /** Base64. */
  readonly publicKey: string;
  readonly underlay: UnderlayPlace;
  /** Whether a process is there. */
  readonly isUp: boolean;
  /** The running Router. @throws RouterError `ROUTER_AWAY` while it is down or has no document. */
  readonly router: Router;
  /** Slots nobody holds, of all: equal when nothing is under way. */
  readonly slots: { readonly free: number; readonly all: number };
  /** Timers that are armed. */
  readonly armedTimers: number;
  /** As it was written last. */
  readonly memory: RuntimeMemory;
  /** @throws RouterError when the document as a whole cannot be applied. */
  apply(config: NodeConfig): ApplyReport;
  setRegistry(registry: RouterRegistry | undefined): void;
  /** Ends it without a word; memory younger than a second is lost. */
  crash(): void;
  /** Starts what crashed or stopped. */
  start(): void;
  /** Cease to every neighbor; then, when they have answered or after a while, the end. */
  stop(reason: string, ended?: () => void): void;
  /** Somebody called the Router from outside: settle it at the next chance. */
  touch(): void;
  onEvent(listener: (event: RouterEvent) => void): () => void;
  /** Answers HTTP, when it has something there. */
  answerWeb(host: string, port: number, request: WebRequest): ApiResponse | undefined;
  /** Called after each batch. */
  onSettled(listener: () => void): () => void;
  /** For the simulation: when to settle. */
  nextDeadline(): Instant | undefined;
  settle(now: Instant): void;
}

type Life = {
  readonly router: Router;
  readonly arena: PacketArena;
  readonly identity: string;
  readonly machine: MachineTcp | undefined;
  readonly sockets: Map<SocketId, { readonly port: number; readonly unbind: (() => void)[] }>;
};

export function createSimulatedRouter(
  world: World,
  options: SimulatedRouterOptions,
): SimulatedRouter {
  const { agenda, network, crypto } = world;
  const publicKey = toBase64(crypto.importPrivateKey(options.privateKey).publicKey.bytes);
  const addresses = [options.underlay.ipv4, options.underlay.ipv6].flatMap((text) => {
    const address = text === undefined ? undefined : parseIpAddress(text);
    return address === undefined ? [] : [address];
  });
  const eventListeners = new Set<(event: RouterEvent) => void>();
  const settledListeners = new Set<() => void>();
  let life: Life | undefined;
  let isEnded = false;
  let config: NodeConfig | undefined;
  let registry: RouterRegistry | undefined;
  let memory: RuntimeMemory = readMemory(undefined);
  let isTouched = false;
  let isMemoryDue = false;
  /** Sent by the call that asked for the port: as in the host, they wait until it is open. */
  let waiting: { readonly id: SocketId; send(port: number): void }[] = [];

  function away(): RouterError {
    return new RouterError(
      'ROUTER_AWAY',
      'The router is restarting. Your peerings are stored; they return by themselves.',
    );
  }

  function living(): Life {
    if (life === undefined) throw away();
    return life;
  }

  function begin(first: NodeConfig): Life {
    const arena = createPacketArena(ARENA_SLOTS);
    const sockets: Life['sockets'] = new Map();
    const machine = options.hasMachine ? world.machines.join(addresses, touch) : undefined;
    const router = createRouter(
      {
        arena,
        random: seededRandom(world.random.below(0x7fffffff)),
        wallClock: world.wallClock,
        crypto,
        mesh: { ...simulatedMeshHost, localAddresses: () => addresses },
        ...(machine === undefined ? {} : { hostTcp: machine }),
        ...(options.attributeBytesMax === undefined
          ? {}
          : { attributeBytesMax: options.attributeBytesMax }),
        datagrams: {
          sendDatagram(slot) {
            sendDatagram(arena, sockets, slot);
            arena.release(slot);
          },
        },
      },
      {
        asn: first.node.asn,
        routerId: first.node.routerId,
        ...(first.node.bgp?.clusterId === undefined ? {} : { clusterId: first.node.bgp.clusterId }),
        privateKey: options.privateKey,
        version: options.version ?? 'simulated',
        // A file is read anew: nothing of a former life is shared.
        memory: readMemory(JSON.parse(JSON.stringify(memory))),
      },
      world.now(),
    );
    router.setUnderlay(() => UNDERLAY);
    return { router, arena, machine, sockets, identity: identityOf(first) };
  }

  function sendDatagram(arena: PacketArena, sockets: Life['sockets'], slot: PacketSlot): void {
    const family = arena.remoteFamily[slot] === 4 ? 4 : 6;
    const id = arena.socket[slot] as SocketId;
    const source = addresses.find((address) => address.family === family);
    if (source === undefined) return;
    const remote = arena.remoteAddress.slice(slot * 16, slot * 16 + (family === 4 ? 4 : 16));
    const to = {
      address: { family, bytes: remote },
      port: arena.remotePort[slot] as number,
    } as const;
    const bytes = arena.bytes.slice(arena.start[slot], arena.end[slot]);
    const send = (port: number): void =>
      network.send({ from: { address: source, port }, to, bytes }, world.now());
    const socket = sockets.get(id);
    if (socket !== undefined) send(socket.port);
    else if (waiting.length < ARENA_SLOTS) waiting.push({ id, send });
  }

  function carryOut(running: Life, output: RouterOutput): void {
    switch (output.kind) {
      case 'open-socket':
        openSocket(running, output.socket, output.port);
        return;
      case 'close-socket':
        closeSocket(running, output.socket);
        return;
      case 'resolve': {
        const { peering, host, allowPrivate } = output;
        later(RESOLVER_ANSWERS_AFTER, running, (now) => {
          const address = world.names.get(host);
          const isUsable = address !== undefined && (allowPrivate || isPublicUnderlay(address));
          running.router.endpointResolved(peering, isUsable ? address : undefined, now);
          isTouched = true;
        });
        return;
      }
      case 'open-station': {
        const { connection } = output;
        later(RESOLVER_ANSWERS_AFTER, running, (now) => {
          const reason = 'a simulated node has no network of its host';
          running.router.stationClosed(connection, reason, now);
          isTouched = true;
        });
        return;
      }
      case 'send-station':
      case 'close-station':
        return;
      case 'mesh':
        carryOutMesh(meshMachine(running), output);
        return;
      case 'event':
        for (const listener of eventListeners) listener(output.event);
        return;
      case 'memory-changed':
        if (isMemoryDue) return;
        isMemoryDue = true;
        later(MEMORY_INTERVAL, running, () => {
          isMemoryDue = false;
          memory = running.router.memory();
        });
    }
  }

  /** Runs it unless this life is over by then. */
  function later(
    ms: ReturnType<typeof milliseconds>,
    running: Life,
    run: (now: Instant) => void,
  ): void {
    agenda.add(addMilliseconds(world.now(), ms), (now) => {
      if (life === running) run(now);
    });
  }

  const meshMachine = (running: Life): MeshMachine => ({
    router: running.router,
    later: (ms, run) =>
      later(ms, running, (now) => {
        run(now);
        isTouched = true;
      }),
    open(socket, family, wish) {
      const port = wish === 0 ? EPHEMERAL_PORTS + (socket % EPHEMERAL_PORTS) : wish;
      const isOpen = openSocket(running, socket, port, family);
      return isOpen ? port : undefined;
    },
    close: (socket) => closeSocket(running, socket),
    addressOf: (name) => world.names.get(name),
    askWeb: world.askWeb,
  });

  function closeSocket(running: Life, socket: SocketId): void {
    for (const unbind of running.sockets.get(socket)?.unbind ?? []) unbind();
    running.sockets.delete(socket);
  }

  /** Listens on the addresses of the machine, or those of one family; whether on any. */
  function openSocket(running: Life, socket: SocketId, port: number, family?: 4 | 6): boolean {
    const here = addresses.filter((address) => family === undefined || address.family === family);
    const unbind = here.flatMap((address) => {
      const off = network.bind({ address, port }, (datagram, now) => {
        const { arena, router } = running;
        const slot = arena.allocate();
        if (slot === NONE) return;
        const start = arena.start[slot] as number;
        arena.bytes.set(datagram.bytes, start);
        arena.end[slot] = start + datagram.bytes.length;
        arena.socket[slot] = socket;
        arena.remoteFamily[slot] = datagram.from.address.family;
        arena.remotePort[slot] = datagram.from.port;
        arena.remoteAddress.set(datagram.from.address.bytes, slot * 16);
        router.receiveDatagram(slot, now);
        isTouched = true;
      });
      return off === undefined ? [] : [off];
    });
    running.sockets.set(socket, { port, unbind });
    for (const { id, send } of waiting) if (id === socket) send(port);
    waiting = waiting.filter(({ id }) => id !== socket);
    return unbind.length > 0;
  }

  function end(): void {
    if (life === undefined) return;
    for (const { unbind } of life.sockets.values()) for (const off of unbind) off();
    life.machine?.leave();
    life = undefined;
    waiting = [];
    isMemoryDue = false;
    isTouched = false;
  }

  function applyTo(document: NodeConfig): ApplyReport {
    if (life !== undefined && life.identity !== identityOf(document)) {
      // Another AS, router id or key is another router: the production driver starts anew as well.
      life.router.stop('the node is being reconfigured', world.now());
      settle(world.now());
      end();
    }
    const isFirst = life === undefined;
    life ??= begin(document);
    const report = life.router.apply(document, world.now(), options.meshFilesOf?.(document));
    if (isFirst && registry !== undefined) life.router.setRegistry(registry, world.now());
    config = document;
    touch();
    return report;
  }

  function settle(now: Instant): void {
    const running = life;
    if (running === undefined) return;
    isTouched = false;
    let isBusy = true;
    for (let i = 0; isBusy; i++) {
      assert(i < BATCHES_AT_ONCE, 'a router comes to rest at every instant');
      isBusy = running.router.settle(now, () => now);
      for (
        let output = running.router.nextOutput();
        output !== undefined;
        output = running.router.nextOutput()
      )
        carryOut(running, output);
    }
    for (const listener of [...settledListeners]) listener();
  }

  function touch(): void {
    isTouched = true;
    world.worked();
  }

  return {
    publicKey,
    underlay: options.underlay,
    get isUp() {
      return life !== undefined;
    },
    get router() {
      return living().router;
    },
    get slots() {
      const { arena } = living();
      return { free: arena.free(), all: arena.slots };
    },
    get armedTimers() {
      return living().router.engine.timerQueue.armed();
    },
    get memory() {
      return memory;
    },
    apply(document) {
      if (isEnded) throw away();
      return applyTo(document);
    },
    setRegistry(next) {
      registry = next;
      life?.router.setRegistry(next, world.now());
      touch();
    },
    crash: () => {
      end();
      isEnded = true;
    },
    start() {
      isEnded = false;
      if (life === undefined && config !== undefined)
        applyTo({ ...config, allowMassRemoval: true });
    },
    stop(reason, ended) {
      const running = life;
      isEnded = true;
      if (running === undefined) {
        ended?.();
        return;
      }
      running.router.stop(reason, world.now());
      touch();
      const until = addMilliseconds(world.now(), seconds(1.5));
      const look = (): void => {
        if (!running.router.isQuiet() && world.now() < until) {
          later(milliseconds(20), running, look);
          return;
        }
        memory = running.router.memory();
        end();
        ended?.();
      };
      later(milliseconds(20), running, look);
    },
    touch,
    answerWeb(host, port, request) {
      const asked = parseIpAddress(host);
      const isHere = addresses.some((address) => asked && equalAddresses(address, asked));
      const config = life?.router.mesh.supernodeConfig();
      if (life === undefined || config === undefined || !isHere) return undefined;
      const { ListenPort_EdgeAPI: edge, ListenPort_ManageAPI: manage } = config;
      const serves = { edge: port === edge, manage: port === manage };
      if (!serves.edge && !serves.manage) return undefined;
      const response = life.router.mesh.handleRequest({ ...request, serves }, world.now());
      touch();
      return response;
    },
    onEvent(listener) {
      eventListeners.add(listener);
      return () => eventListeners.delete(listener);
    },
    onSettled(listener) {
      settledListeners.add(listener);
      return () => settledListeners.delete(listener);
    },
    nextDeadline() {
      if (life === undefined) return undefined;
      return isTouched ? world.now() : life.router.nextDeadline();
    },
    settle,
  };
}

const identityOf = ({ node }: NodeConfig): string =>
  `${node.asn} ${node.routerId} ${node.privateKeyFile}`;
