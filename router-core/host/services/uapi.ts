/**
 * The socket on which `wg show` finds our tunnels: `<folder>/<name>.sock`, mode 0600, read-only.
 *
 * Standard: https://www.wireguard.com/xplatform/; the folder is where wireguard-tools look. The socket is uapi-socket.ts.
 *
 *   use(settings) ─► folder given:  there or nowhere
 *                    folder absent: /var/run/wireguard, else <data>/wireguard
 *
 * Invariants
 * - No failure here is one of the node's: it is logged, shown, and the tunnels run on.
 * - After `stop` the socket is gone.
 *
 * @module
 */
import { join } from 'node:path';
import {
  interfaceNameOfNode,
  isInterfaceName,
  type NodeConfig,
  type TunnelList,
} from '../../router/index.ts';
import { UapiSocket, type UapiState, WIREGUARD_FOLDER } from './uapi-socket.ts';

export type UapiOptions = {
  readonly dataFolder: string;
  /** Where wireguard-tools look; tests look elsewhere. */
  readonly wireguardFolder?: string;
  listTunnels(): TunnelList;
  /** Called when the socket came, went or moved. */
  onState(state: UapiState): void;
};

export interface UapiService {
  /** Follows a document; does nothing when it says what the last one said. */
  use(config: Pick<NodeConfig, 'node' | 'uapi'>): Promise<void>;
  stop(): Promise<void>;
}

export function createUapiService(options: UapiOptions): UapiService {
  const { dataFolder, wireguardFolder = WIREGUARD_FOLDER, listTunnels, onState } = options;
  const socket = new UapiSocket(listTunnels);
  let used: { readonly wish: string; readonly done: Promise<void> } | undefined;

  return {
    use({ node, uapi }) {
      const name = uapi?.name ?? interfaceNameOfNode(node.name);
      const folders =
        uapi?.dir === undefined ? [wireguardFolder, join(dataFolder, 'wireguard')] : [uapi.dir];
      const isWanted = uapi?.enabled !== false;
      const wish = JSON.stringify([isWanted, name, folders]);
      if (used?.wish === wish) return used.done;
      const before = used?.done ?? Promise.resolve();
      const done = before.then(async () => {
        await socket.close();
        if (!isWanted) onState({ path: null, note: 'switched off' });
        else if (isInterfaceName(name)) onState(await socket.open(name, folders));
        else onState({ path: null, note: `${name} is no name of an interface` });
      });
      used = { wish, done };
      return done;
    },
    async stop() {
      await used?.done;
      used = undefined;
      await socket.close();
    },
  };
}
