/**
 * Runs a supernode: its tunnels, its HTTP APIs, its sockets for `wg show`.
 *
 * Not standardized; the order is EtherGuard's: PostScript, then everything in the background, then READY.
 *
 *   edges ─ datagrams ─► supernode ◄─ mesh-driver.ts
 *   edges, operators ─ HTTP ─► api-server.ts ─┘
 *
 * Invariants
 * - Whatever fails on the way, what was opened before is closed again.
 * - A port or socket that cannot be opened ends it: edges would wait for nobody.
 *
 * @module
 */
import { familiesInUse, type SuperConfig } from '../../mesh/etherguard/config/index.ts';
import { createSupernode, type SupernodeView } from '../../mesh/etherguard/supernode/index.ts';
import { runPostScript } from '../services/post-script.ts';
import { monotonicNow } from '../system-clock.ts';
import { startApiServer } from './api-server.ts';
import { renderEdgeTemplate } from './edge-template.ts';
import { createMeshDriver } from './mesh-driver.ts';
import { checkUapi, openMeshUapi, supernodeTunnels } from './mesh-uapi.ts';
import {
  checkUnchanged,
  type MeshParts,
  type RunMeshOptions,
  type RunningMesh,
  STOPPED,
  startingWith,
} from './running-mesh.ts';

export type RunSupernodeOptions = RunMeshOptions & {
  /** The text of `EdgeTemplate`; absent: the sample. */
  readonly edgeTemplate: string | undefined;
};

/** What sockets, keys and files are made of. */
const FIXED = [
  'NodeName',
  'PrivKeyV4',
  'PrivKeyV6',
  'ListenPort',
  'ListenPort_EdgeAPI',
  'ListenPort_ManageAPI',
  'FwMark',
  'DisabledAf',
  'EdgeTemplate',
] as const;

/** Starts a supernode; resolves when it serves edges. @throws RouterError that names what could not be opened */
export const startSupernode = (
  config: SuperConfig,
  options: RunSupernodeOptions,
): Promise<RunningMesh<SuperConfig, SupernodeView>> =>
  startingWith((parts) => start(config, options, parts));

async function start(
  config: SuperConfig,
  options: RunSupernodeOptions,
  parts: MeshParts,
): Promise<RunningMesh<SuperConfig, SupernodeView>> {
  const { environment, edgeTemplate } = options;
  let current = config;
  // The original's supernodes tell their scripts nothing.
  await runPostScript({ command: config.PostScript, environment: {}, signal: options.signal });
  const driver = createMeshDriver({
    ...options,
    families: familiesInUse(config.DisabledAf),
    logLevel: () => current.LogLevel.LogLevel,
    ended: (end) => void parts.end(end),
  });
  await parts.add(() => driver.stop());
  const supernode = createSupernode(
    {
      ports: driver.ports,
      config,
      renderEdgeTemplate,
      ...(edgeTemplate === undefined ? {} : { edgeTemplate }),
    },
    monotonicNow(),
  );
  await driver.drive(supernode);
  const view = (): SupernodeView => supernode.view(monotonicNow());

  const api = await startApiServer(
    { edge: config.ListenPort_EdgeAPI, manage: config.ListenPort_ManageAPI },
    (request) => {
      const response = supernode.handleRequest(request, monotonicNow());
      driver.wake();
      return response;
    },
  );
  await parts.add(() => api.stop());
  if (options.hasUapi) {
    const { v4, v6 } = view().publicKeys;
    const wishes = ([4, 6] as const)
      .filter((family) => (family === 4 ? v4 : v6) !== undefined)
      .map((family) => ({
        name: `${config.NodeName}_v${family}`,
        listTunnels: () => supernodeTunnels(view(), family),
      }));
    const uapi = await openMeshUapi(wishes, environment);
    await parts.add(() => uapi.close());
    checkUapi(uapi);
  }
  return {
    ended: parts.ended,
    about: { listenPorts: view().listenPorts, http: api.listening },
    configure(changed) {
      checkUnchanged(config, changed, FIXED);
      current = changed;
      supernode.configure(changed, monotonicNow());
      driver.wake();
    },
    view,
    stop: () => parts.end(STOPPED),
  };
}
