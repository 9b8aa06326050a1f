/**
 * The mesh of a node on its machine: what the edge and supernode inside a Router ask of sockets, names, HTTP and files.
 *
 * Not standardized; docs/architecture.md §3. The Router is driven by run-router.ts; this carries out its outputs of
 * kind `mesh`, and serves the supernode's APIs.
 *
 * Invariants
 * - Nothing that fails here ends the node: it is a line of the report, or a log line.
 * - Sockets of the supernode are the router worker's own, whoever carries those of the edge and the tunnels.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import { createDropCounters, type DropCounters } from '../../base/drop-reason.ts';
import { RouterError, type RouterErrorCode } from '../../base/errors.ts';
import type { PacketSlot } from '../../base/units.ts';
import { type ConfigChange, familiesInUse } from '../../mesh/etherguard/config/index.ts';
import type { ApiRequest, ApiResponse } from '../../mesh/etherguard/supernode/index.ts';
import {
  type ApplyReportLine,
  type DatagramSink,
  isCarriedMeshSocket,
  type MeshDoor,
  type MeshFiles,
  type MeshHost,
  type MeshInstanceName,
  type MeshSettings,
  type NodeConfig,
  type PacketArena,
  type RouterOutput,
} from '../../router/index.ts';
import type { PortBook } from '../port-book.ts';
import { monotonicNow } from '../system-clock.ts';
import { createUdpSockets, type FamilySockets } from '../udp-sockets.ts';
import { type ApiPorts, type ApiServer, startApiServer } from './api-server.ts';
import { zlibCompression } from './compression.ts';
import { ConfigSaver } from './config-saver.ts';
import { renderEdgeTemplate } from './edge-template.ts';
import { createFineClock } from './fine-clock.ts';
import { API_RETRY_MS } from './limits.ts';
import { type LocalAddresses, watchLocalAddresses } from './local-addresses.ts';
import { isWanted } from './log-levels.ts';
import { createMeshErrands, type MeshErrands } from './mesh-errands.ts';
import { readMeshFiles } from './mesh-files.ts';

type MeshOutput = Extract<RouterOutput, { readonly kind: 'mesh' }>;

export type NodeMeshOptions = {
  readonly arena: PacketArena;
  readonly dataFolder: string;
  /** Of the packet worker, for an edge that it carries; in the book. */
  readonly carried: FamilySockets | undefined;
  /** Has the ports of all sockets of the node. */
  readonly portBook: PortBook;
  /** Undefined: the Router is not there yet, or no more. */
  door(): MeshDoor | undefined;
  /** Takes the slot of a datagram of a mesh socket. */
  receive(slot: PacketSlot): void;
  /** Called after each answer. */
  wake(): void;
  log(
    level: 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void;
};

export interface NodeMesh {
  /** For the ports of the Router. */
  readonly host: MeshHost;
  readonly datagrams: DatagramSink;
  readonly drops: DropCounters;
  /** What goes with a document. */
  filesOf(config: NodeConfig): MeshFiles;
  carryOut(output: MeshOutput): void;
  /** After a document was applied: opens the supernode's APIs; returns a line for what failed. */
  use(config: NodeConfig): Promise<ApplyReportLine[]>;
  stop(): Promise<void>;
}

export function createNodeMesh(options: NodeMeshOptions): NodeMesh {
  const { arena, dataFolder, carried, portBook, door, receive, wake, log } = options;
  const drops = createDropCounters();
  const own = portBook.keep(createUdpSockets({ arena, drops, receive }));
  const socketsOf = (socket: number): FamilySockets =>
    carried !== undefined && isCarriedMeshSocket(socket) ? carried : own;
  const wallClock = createFineClock();
  const saver = new ConfigSaver((level, message, fields) =>
    log(level === 'debug' ? 'info' : level, message, fields),
  );
  const errands = { edge: errandsOf('edge'), supernode: errandsOf('supernode') };
  let settings: MeshSettings = {};
  let api: { readonly ports: ApiPorts; readonly server: ApiServer } | undefined;
  let again: NodeJS.Timeout | undefined;
  let following: Promise<ApplyReportLine[]> = Promise.resolve([]);
  let local: { readonly about: unknown; readonly addresses: LocalAddresses } | undefined;

  const configOf = (name: MeshInstanceName) =>
    name === 'edge' ? door()?.edgeConfig() : door()?.supernodeConfig();

  function errandsOf(name: MeshInstanceName): MeshErrands {
    return createMeshErrands({
      families: () => {
        const config = configOf(name);
        return config === undefined ? [] : familiesInUse(config.DisabledAf);
      },
      sockets: {
        openFamily: (socket, wish) => socketsOf(socket).openFamily(socket, wish),
        close: (socket) => socketsOf(socket).close(socket),
      },
      wallClock,
      log: (level, message, fields) =>
        log(level === 'debug' ? 'info' : level, message, { mesh: name, ...fields }),
      changeConfig: (changes) => changeFile(name, changes),
      answers: () => {
        const mesh = door();
        return (
          mesh && {
            socketOpened: mesh.socketOpened.bind(mesh),
            socketFailed: mesh.socketFailed.bind(mesh),
            resolved: (question, addresses, now) => mesh.resolved(name, question, addresses, now),
            answered: mesh.answered.bind(mesh),
            timeTold: mesh.timeTold.bind(mesh),
          }
        );
      },
      wake,
    });
  }

  function changeFile(name: MeshInstanceName, changes: readonly ConfigChange[]): void {
    const path = name === 'edge' ? settings.edgeFile : settings.supernodeFile;
    if (path === undefined)
      log('info', 'what the mesh learnt is not kept: its settings have no file of their own', {
        mesh: name,
        places: changes.map((change) => change.path.join('.')),
      });
    else saver.save(path, changes);
  }

  function handle(request: ApiRequest): ApiResponse {
    const response = door()?.handleRequest(request, monotonicNow());
    wake();
    return response ?? AWAY;
  }

  /** One after the other: a document may come while what failed before it is tried again. */
  function followApi(): Promise<ApplyReportLine[]> {
    following = following.then(followApiNow);
    return following;
  }

  async function followApiNow(): Promise<ApplyReportLine[]> {
    const config = door()?.supernodeConfig();
    const ports = config && {
      edge: config.ListenPort_EdgeAPI,
      manage: config.ListenPort_ManageAPI,
    };
    if (isDeepStrictEqual(ports, api?.ports)) return [];
    const before = api;
    api = undefined;
    clearTimeout(again);
    await before?.server.stop();
    const failure = ports && (await openApi(ports));
    door()?.apisChanged(failure);
    return failure === undefined
      ? []
      : [{ entity: 'mesh', id: 'supernode', outcome: 'failed', ...failure }];
  }

  /** Returns why they cannot be opened; whoever holds them may let them go, so they are tried again. */
  async function openApi(
    ports: ApiPorts,
  ): Promise<{ readonly code: RouterErrorCode; readonly message: string } | undefined> {
    try {
      api = { ports, server: await startApiServer(ports, handle) };
      for (const { port, serves } of api.server.listening)
        log('info', 'the supernode is asked over HTTP', { port, ...serves });
      return undefined;
    } catch (error) {
      if (!(error instanceof RouterError)) throw error;
      again = setTimeout(followApi, API_RETRY_MS);
      const { code, message } = error;
      return { code, message };
    }
  }

  /** Waits for no resolver: the edge runs already, and a name may be answered over the mesh. */
  function followLocalAddresses(): void {
    const config = door()?.edgeConfig();
    const about = config?.DynamicRoute.SuperNode;
    if (isDeepStrictEqual(about, local?.about)) return;
    local?.addresses.stop();
    local = undefined;
    if (config !== undefined) local = { about, addresses: watchLocalAddresses(config) };
  }

  return {
    host: {
      compression: zlibCompression,
      wallClock,
      renderEdgeTemplate,
      localAddresses: () => local?.addresses.current() ?? [],
    },
    datagrams: {
      sendDatagram: (slot) => socketsOf(arena.socket[slot] as number).sendDatagram(slot),
    },
    drops,
    filesOf: (config) => readMeshFiles(config.mesh, dataFolder),
    carryOut({ instance, output }) {
      if (output.kind === 'open-socket') {
        errands[instance].openSocket(output).then(({ failure, missing }) => {
          const reason = failure ?? missing;
          if (reason !== undefined)
            log('error', 'cannot listen', { code: 'SOCKET_FAILED', mesh: instance, reason });
        });
      } else if (output.kind === 'log') {
        const config = configOf(instance);
        if (config === undefined || !isWanted(config.LogLevel.LogLevel, output)) return;
        const level = output.level === 'debug' ? 'info' : output.level;
        log(level, output.message, { mesh: instance, ...output.fields });
      } else errands[instance].carryOut(output);
    },
    use(config) {
      settings = config.mesh ?? {};
      followLocalAddresses();
      return followApi();
    },
    async stop() {
      local?.addresses.stop();
      errands.edge.stop();
      errands.supernode.stop();
      saver.stop();
      own.closeAll();
      await following;
      clearTimeout(again);
      await api?.server.stop();
    },
  };
}

const AWAY: ApiResponse = {
  status: 503,
  contentType: 'text/plain; charset=utf-8',
  body: 'The supernode does not run.\n',
};
