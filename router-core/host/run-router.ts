/**
 * The driver: the only place where a Router meets real time and real sockets (the other is sim/).
 *
 * Not standardized; docs/architecture.md §3, "driving rule".
 *
 *   datagrams of one turn ─► receiveDatagram … ─► settle ─► outputs ─► queries ─► wait for deadline
 *
 * Invariants
 * - One batch per turn of the event loop, however many datagrams it brought.
 * - `runtime.json` is written at most once a second.
 * - A document for another identity (AS, router id, key) ends this router: the supervisor starts the next.
 *
 * @module
 */
import { join } from 'node:path';
import { createDropCounters } from '../base/drop-reason.ts';
import { RouterError } from '../base/errors.ts';
import type { Instant, PacketSlot, SocketId } from '../base/units.ts';
import { startCapture } from '../router/door/capture.ts';
import type { DoorMethod, DoorMethods, DoorReply, DoorRequest } from '../router/door/contract.ts';
import { createDispatcher, type Dispatcher, type DoorHost } from '../router/door/dispatcher.ts';
import type { MessageChannel } from '../router/door/message-channel.ts';
import { startMrt } from '../router/door/mrt.ts';
import { startQuery } from '../router/door/queries/index.ts';
import {
  type ApplyReportLine,
  createPacketArena,
  createRouter,
  type DatagramSink,
  isMeshSocket,
  type NodeConfig,
  type NodeView,
  type PacketArena,
  type Router,
  type RouterOutput,
  readMemory,
  type WireguardCrypto,
} from '../router/index.ts';
import { type CarriedPackets, type OpenCarrier, puntsTo } from './carried-packets.ts';
import { readJsonIfAny, writeFileAtomically } from './files.ts';
import { createHostTcp } from './host-tcp.ts';
import { createNodeMesh, type NodeMesh } from './mesh/node-mesh.ts';
import { readOrMakeNodeKey } from './node-key.ts';
import { createPortBook } from './port-book.ts';
import { readRouterRegistry } from './registry-file.ts';
import { resolveEndpoint } from './resolve.ts';
import { createRoaService } from './roa-sources/index.ts';
import { createBmpConnections } from './services/bmp-connections.ts';
import { createNodeServices } from './services/node-services.ts';
import { createUapiService } from './services/uapi.ts';
import { monotonicNow, systemClock } from './system-clock.ts';
import { systemRandom } from './system-random.ts';
import { createUdpSockets, type FamilySockets } from './udp-sockets.ts';

export const ARENA_SLOTS = 4096;
const MEMORY_INTERVAL_MS = 1000;
const STOP_LIMIT_MS = 1500;
const HEARTBEAT_MS = 1000;

export type RunRouterOptions = {
  readonly dataFolder: string;
  readonly version: string;
  readonly crypto: WireguardCrypto;
  readonly underlay: NodeView['underlay'];
  /** Has packets carried by packet workers; absent: all pass the Router, by sockets of its own. */
  readonly openCarrier?: OpenCarrier;
  /** Called when the process or thread should end: after `stop`, or for a new identity. */
  end(because: 'stopped' | 'identity-changed'): void;
  log(
    level: 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void;
};

type Running = {
  readonly router: Router;
  readonly mesh: NodeMesh;
  /** What makes another router of a document. */
  readonly identity: string;
  readonly punts: Parameters<CarriedPackets['drain']>[0];
};

export interface RunningRouter {
  /** Serves a door over this channel. */
  serve(channel: MessageChannel<DoorReply, DoorRequest>): void;
  stop(reason: string): Promise<void>;
}

export function runRouter(options: RunRouterOptions): RunningRouter {
  const { dataFolder, log } = options;
  const arena = createPacketArena(ARENA_SLOTS);
  const drops = createDropCounters();
  const memoryPath = join(dataFolder, 'runtime.json');
  const dispatchers = new Set<Dispatcher>();
  const opening = new Set<Promise<ApplyReportLine | undefined>>();
  const uapi = createUapiService({
    dataFolder,
    listTunnels: () => present().listTunnels(),
    onState(state) {
      running?.router.setUapi(state, monotonicNow());
      schedule();
      log('info', 'socket for wg show', state);
    },
  });
  const hostTcp = createHostTcp({
    clock: monotonicNow,
    wake: schedule,
    onListen(state) {
      running?.router.setBgpListen(state, monotonicNow());
      schedule();
      if (state !== undefined)
        log(state.error === null ? 'info' : 'warn', 'BGP over the TCP of the machine', state);
    },
  });
  const services = createNodeServices({
    dataFolder,
    overlay: { sockets: () => present().overlay, now: monotonicNow, wake: schedule },
    log,
  });
  const roaService = createRoaService({
    dataFolder,
    log,
    onRoas(roas) {
      running?.router.setRoaSources(roas, monotonicNow());
      schedule();
    },
  });
  const stations = createBmpConnections({
    opened(connection) {
      running?.router.stationOpened(connection, monotonicNow());
      schedule();
    },
    closed(connection, reason) {
      running?.router.stationClosed(connection, reason, monotonicNow());
      log('warn', 'connection to a BMP station ended', { reason });
      schedule();
    },
    took(connection, octets) {
      running?.router.stationTook(connection, octets, monotonicNow());
      schedule();
    },
  });
  const portBook = createPortBook();
  /** Sockets that the present batch wishes for, in their order. */
  const wishes = new Map<SocketId, () => void>();
  let sockets: FamilySockets | undefined;
  let carrier: CarriedPackets | undefined;
  let running: Running | undefined;
  let isScheduled = false;
  let timer: NodeJS.Timeout | undefined;
  let memoryTimer: NodeJS.Timeout | undefined;
  let loopDelayMs = 0;
  const heartbeat = setInterval(() => {
    const expected = monotonicNow();
    if (running !== undefined) carrier?.considerTakeOver(running.router.recovery(), expected);
    setImmediate(() => {
      loopDelayMs = Math.round((monotonicNow() - expected) * 10) / 10;
    });
  }, HEARTBEAT_MS);
  heartbeat.unref();

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(batch);
  }

  /** Everything after the datagrams of one turn. */
  function batch(): void {
    isScheduled = false;
    if (running === undefined) return;
    const { router, punts } = running;
    const hasMorePunts = carrier?.drain(punts) ?? false;
    const now = monotonicNow();
    const hasMoreWork = router.settle(now, monotonicNow);
    for (let output = router.nextOutput(); output !== undefined; output = router.nextOutput())
      carryOut(output);
    openWished();
    const until = now + 5;
    let hasMoreRows = false;
    for (const dispatcher of dispatchers)
      hasMoreRows = dispatcher.runQueries(() => monotonicNow() >= until) || hasMoreRows;
    carrier?.flush();
    hostTcp.flush();
    if (hasMoreWork || hasMoreRows || hasMorePunts) schedule();
    else waitFor(router.nextDeadline());
  }

  function waitFor(deadline: Instant | undefined): void {
    clearTimeout(timer);
    const isWaitingForRows = [...dispatchers].some((dispatcher) => dispatcher.hasQueries());
    const longest = isWaitingForRows ? 20 : 60_000;
    const ms =
      deadline === undefined ? longest : Math.min(longest, Math.max(0, deadline - monotonicNow()));
    timer = setTimeout(schedule, ms);
  }

  function carryOut(output: RouterOutput): void {
    switch (output.kind) {
      case 'open-socket': {
        const { socket, port, host } = output;
        wishes.set(socket, () => {
          const attempt = openSocket(socket, port, host);
          opening.add(attempt);
          attempt.finally(() => opening.delete(attempt));
        });
        return;
      }
      case 'close-socket':
        wishes.delete(output.socket);
        sockets?.close(output.socket);
        return;
      case 'resolve':
        resolve(output);
        return;
      case 'open-station':
        stations.open(output.connection, output.host, output.port);
        return;
      case 'send-station':
        stations.send(output.connection, output.bytes);
        return;
      case 'close-station':
        stations.close(output.connection);
        return;
      case 'mesh':
        carryOutForMesh(output);
        return;
      case 'event':
        if (output.event.kind === 'log' && output.event.level !== 'debug')
          log(output.event.level, output.event.message, output.event.fields);
        for (const dispatcher of dispatchers) dispatcher.publish(output.event);
        return;
      case 'memory-changed':
        memoryTimer ??= setTimeout(writeMemory, MEMORY_INTERVAL_MS);
    }
  }

  function carryOutForMesh(output: Extract<RouterOutput, { readonly kind: 'mesh' }>): void {
    const mesh = running?.mesh;
    const { output: wish } = output;
    if (wish.kind === 'open-socket') {
      wishes.set(wish.socket, () => mesh?.carryOut(output));
      return;
    }
    if (wish.kind === 'close-socket') wishes.delete(wish.socket);
    mesh?.carryOut(output);
  }

  /** What a batch closes is closed by now, so that sockets may change places within it. */
  function openWished(): void {
    for (const open of wishes.values()) open();
    wishes.clear();
  }

  async function openSocket(
    socket: SocketId,
    port: number,
    host: string,
  ): Promise<ApplyReportLine | undefined> {
    try {
      const { families, note } = (await sockets?.open(socket, port, host)) ?? { families: [] };
      running?.router.socketOpened(socket, monotonicNow());
      schedule();
      log('info', 'listening', {
        port,
        families: families.map((family) => `IPv${family}`).join(', '),
        ...(note === undefined ? {} : { note }),
      });
      return undefined;
    } catch (error) {
      running?.router.socketFailed(socket, port, host, (error as Error).message, monotonicNow());
      schedule();
      log('error', 'cannot listen', {
        code: 'SOCKET_FAILED',
        port,
        host,
        cause: (error as Error).message,
      });
      return {
        entity: 'socket',
        id: String(port),
        outcome: 'failed',
        code: 'SOCKET_FAILED',
        message: `UDP port ${port} on ${host} cannot be opened: ${(error as Error).message}.`,
      };
    }
  }

  function resolve({ peering, host, allowPrivate }: RouterOutput & { kind: 'resolve' }): void {
    resolveEndpoint(host, allowPrivate).then(
      (address) => {
        running?.router.endpointResolved(peering, address, monotonicNow());
        schedule();
      },
      (error: Error) => log('warn', 'name resolution failed', { host, cause: error.message }),
    );
  }

  function writeMemory(): void {
    memoryTimer = undefined;
    if (running === undefined) return;
    try {
      writeFileAtomically(memoryPath, `${JSON.stringify(running.router.memory())}\n`);
    } catch (error) {
      log('warn', 'runtime.json cannot be written; a restart will be slower', {
        path: memoryPath,
        cause: (error as Error).message,
      });
    }
  }

  /** Returns what runs a document, made with the first one. */
  function routerFor(config: NodeConfig): Running {
    const identity = `${config.node.asn} ${config.node.routerId} ${config.node.privateKeyFile}`;
    if (running !== undefined) {
      if (running.identity === identity) return running;
      log('info', 'the node has another identity; the router starts anew', {
        asn: config.node.asn,
      });
      stop('the node is being reconfigured').then(() => options.end('identity-changed'));
      throw new RouterError(
        'ROUTER_AWAY',
        'The node has another identity; the router starts anew.',
      );
    }
    const { privateKey } = readOrMakeNodeKey(config.node.privateKeyFile);
    carrier = options.openCarrier?.(arena, schedule);
    sockets = portBook.keep(carrier?.sockets ?? createUdpSockets({ arena, drops, receive }));
    const mesh = createNodeMesh({
      arena,
      dataFolder,
      carried: carrier && portBook.keep(carrier.meshSockets),
      portBook,
      door: () => running?.router.mesh,
      receive,
      wake: schedule,
      log,
    });
    const router = createRouter(
      {
        arena,
        ...(carrier === undefined
          ? {}
          : {
              plane: carrier.plane,
              formsListener: carrier.formsListener,
              forwarding: carrier.isTakingOver ? 'preserved' : 'outlives-us',
            }),
        random: systemRandom,
        wallClock: systemClock,
        crypto: options.crypto,
        datagrams: dividedSinks(arena, sockets, mesh.datagrams),
        mesh: mesh.host,
        hostTcp,
      },
      {
        asn: config.node.asn,
        routerId: config.node.routerId,
        ...(config.node.bgp?.clusterId === undefined
          ? {}
          : { clusterId: config.node.bgp.clusterId }),
        privateKey,
        version: options.version,
        memory: readMemory(readJsonIfAny(memoryPath)),
      },
      monotonicNow(),
    );
    router.setUnderlay(() => carrier?.view() ?? options.underlay);
    router.setServices(() => services.views());
    router.addDrops(() => (carrier === undefined ? drops : carrier.drops()));
    router.addDrops(() => mesh.drops);
    running = {
      router,
      mesh,
      identity,
      punts: { tunnels: puntsTo(router), mesh: puntsTo(router.mesh) },
    };
    return running;
  }

  function receive(slot: PacketSlot): void {
    running?.router.receiveDatagram(slot, monotonicNow());
    schedule();
  }

  const methods: {
    [M in DoorMethod]: (
      input: DoorMethods[M]['in'],
    ) => DoorMethods[M]['out'] | Promise<DoorMethods[M]['out']>;
  } = {
    async apply({ config }) {
      const { router, mesh } = routerFor(config);
      const report = router.apply(config, monotonicNow(), mesh.filesOf(config));
      batch();
      // Each leaves the set when it is done, which may be while something else is waited for.
      const attempts = [...opening];
      uapi.use(config);
      await hostTcp.listen(config.bgp?.listen);
      await services.use(config);
      const meshFailures = await mesh.use(config);
      roaService.use(config);
      const failures = (await Promise.all(attempts)).filter((line) => line !== undefined);
      return { ...report, lines: [...report.lines, ...failures, ...meshFailures] };
    },
    snapshot: () => present().snapshot(monotonicNow()),
    health: () => ({ ...present().health(monotonicNow()), loopDelayMs }),
    meshHistory: ({ range }) => present().mesh.history.view(range, monotonicNow()),
    restart({ entity, scope }) {
      const restarted = present().restart(entity, scope, monotonicNow());
      schedule();
      return { restarted };
    },
    registry({ indexPath, checkedAt }) {
      const registry = readRouterRegistry(indexPath, checkedAt, systemClock);
      present().setRegistry(registry, monotonicNow());
      schedule();
      return { commit: registry.commit ?? '', roas: registry.roas.length };
    },
    async stop({ reason }) {
      await stop(reason);
      setImmediate(() => options.end('stopped'));
      return { stopped: true };
    },
  };

  function present(): Router {
    if (running === undefined)
      throw new RouterError('ROUTER_AWAY', 'The router has no configuration yet.');
    return running.router;
  }

  async function stop(reason: string): Promise<void> {
    if (running === undefined) return;
    const { router, mesh } = running;
    roaService.stop();
    await uapi.stop();
    await services.stop();
    await mesh.stop();
    router.stop(reason, monotonicNow());
    batch();
    const until = monotonicNow() + STOP_LIMIT_MS;
    while (!router.isQuiet() && monotonicNow() < until)
      await new Promise((go) => setTimeout(go, 20));
    writeMemory();
    clearTimeout(timer);
    clearTimeout(memoryTimer);
    clearInterval(heartbeat);
    running = undefined;
    sockets?.closeAll();
    hostTcp.closeAll();
  }

  const host: DoorHost = {
    call(method, input) {
      if (!Object.hasOwn(methods, method))
        throw new RouterError('QUERY_INVALID', 'The door has no such method.');
      const method_ = methods[method] as (input: unknown) => never;
      return method_(input);
    },
    startQuery(query, now) {
      const run = startQuery(present(), query, now);
      schedule();
      return run;
    },
    startCapture(capture, now) {
      const taps = startCapture(present(), capture, now);
      schedule();
      return taps;
    },
    startMrt(mrt, now) {
      const file = startMrt(present(), mrt, now);
      schedule();
      return file;
    },
    currentEvents: () => running?.router.currentEvents(monotonicNow()) ?? [],
  };

  return {
    serve(channel) {
      const dispatcher = createDispatcher(channel, host, monotonicNow);
      dispatchers.add(dispatcher);
      channel.onClose(() => dispatchers.delete(dispatcher));
    },
    stop,
  };
}

/** Datagrams of the mesh leave by its own sockets, whoever carries the tunnels'. */
function dividedSinks(arena: PacketArena, tunnels: DatagramSink, mesh: DatagramSink): DatagramSink {
  return {
    sendDatagram(slot) {
      if (isMeshSocket(arena.socket[slot] as number)) mesh.sendDatagram(slot);
      else tunnels.sendDatagram(slot);
    },
  };
}
