/**
 * The sockets on which `wg show` finds the tunnels of an edge or supernode.
 *
 * Standard: https://www.wireguard.com/xplatform/; names, folder and variables are EtherGuard's:
 *
 *   <EG_UAPI_DIR, or /var/run/wireguard>/<NodeName>.sock            an edge; or the listening descriptor EG_UAPI_FD
 *                                       /<NodeName>_v4.sock, _v6    a supernode, a socket per family
 *
 * wg(8) itself takes names of at most 15 characters; longer ones are opened all the same, for other readers.
 *
 * Departure: nothing can be set, and no secret is told (services/uapi-protocol.ts).
 *
 * @module
 */
import { toHex } from '../../base/bytes.ts';
import { formatEndpoint } from '../../base/endpoint.ts';
import { RouterError } from '../../base/errors.ts';
import type { EdgeConfig } from '../../mesh/etherguard/config/index.ts';
import type { MeshEdgeView } from '../../mesh/etherguard/edge/index.ts';
import type { SupernodeView } from '../../mesh/etherguard/supernode/index.ts';
import type { ListedTunnel, TunnelList } from '../../router/index.ts';
import { UapiSocket, WIREGUARD_FOLDER } from '../services/uapi-socket.ts';

/** As the original has it: who may send from where is decided by node numbers. */
const ALLOWED_IPS = ['0.0.0.0/0', '::/0'];

export type UapiWish = { readonly name: string; listTunnels(): TunnelList };

export interface MeshUapi {
  /** Where each socket is; why not, when it is nowhere. */
  readonly states: readonly { readonly path: string | null; readonly note: string }[];
  close(): Promise<void>;
}

/** Opens a socket for each wish. The descriptor of the environment stands for the only one. */
export async function openMeshUapi(
  wishes: readonly UapiWish[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<MeshUapi> {
  const folder = environment.EG_UAPI_DIR || WIREGUARD_FOLDER;
  const inherited = environment.EG_UAPI_FD ?? '';
  const opened = await Promise.all(
    wishes.map(async ({ name, listTunnels }) => {
      const socket = new UapiSocket(listTunnels);
      const state =
        wishes.length === 1 && inherited !== ''
          ? await openInherited(socket, inherited)
          : await socket.open(name, [folder]);
      return { socket, state };
    }),
  );
  return {
    states: opened.map(({ state }) => state),
    async close() {
      await Promise.all(opened.map(({ socket }) => socket.close()));
    },
  };
}

async function openInherited(
  socket: UapiSocket,
  text: string,
): Promise<{ path: string | null; note: string }> {
  const path = `descriptor ${text}`;
  if (!/^\d{1,9}$/.test(text)) return { path: null, note: `EG_UAPI_FD is ${JSON.stringify(text)}` };
  try {
    await socket.openDescriptor(Number(text));
    return { path, note: '' };
  } catch (error) {
    return { path: null, note: `${path}: ${(error as Error).message}` };
  }
}

/** @throws RouterError `SOCKET_FAILED` when a socket is nowhere */
export function checkUapi({ states }: MeshUapi): void {
  const missing = states.find(({ path }) => path === null);
  if (missing !== undefined)
    throw new RouterError(
      'SOCKET_FAILED',
      `The socket for wg show cannot be opened: ${missing.note}. Leave it out by -no-uapi.`,
    );
}

/** What `wg show` lists of an edge: other edges, and the supernode over each family. */
export function edgeTunnels(view: MeshEdgeView, config: EdgeConfig): TunnelList {
  const keepalives = new Map(
    config.Peers.map((peer) => [toHex(peer.PubKey), peer.PersistentKeepalive]),
  );
  return {
    listenPort: view.listenPorts[0]?.port ?? 0,
    tunnels: view.links.map((link) =>
      listed(link.publicKey, link, keepalives.get(toHex(link.publicKey)) ?? 0),
    ),
  };
}

/** What `wg show` lists of a supernode's device for one family: every edge. */
export function supernodeTunnels(view: SupernodeView, family: 4 | 6): TunnelList {
  return {
    listenPort: view.listenPorts.find((port) => port.family === family)?.port ?? 0,
    tunnels: view.edges.flatMap((edge) => {
      const tunnel = family === 4 ? edge.v4 : edge.v6;
      return tunnel === undefined ? [] : [listed(edge.publicKey, tunnel, 0)];
    }),
  };
}

type Tunnel = NonNullable<SupernodeView['edges'][number]['v4']>;

const listed = (
  publicKey: Uint8Array,
  { endpoint, lastHandshake, rxBytes, txBytes }: Tunnel,
  persistentKeepalive: number,
): ListedTunnel => ({
  publicKey,
  ...(endpoint === undefined ? {} : { endpoint: formatEndpoint(endpoint) }),
  ...(lastHandshake === undefined ? {} : { lastHandshake }),
  rxBytes,
  txBytes,
  persistentKeepalive,
  allowedIps: ALLOWED_IPS,
});
