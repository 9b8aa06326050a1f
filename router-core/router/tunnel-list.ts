/**
 * All tunnels as wg(8) lists them, for programs that speak its protocol.
 *
 * Not standardized; the words are those of wg(8). No secret is in it: neither our private key nor a
 * preshared key.
 *
 * @module
 */
import { formatEndpoint } from '../base/endpoint.ts';
import { formatIpPrefix } from '../base/ip-address.ts';
import type { WallTime } from '../base/units.ts';
import type { Engine } from './engine.ts';
import { ANYWHERE } from './peering-lifecycle.ts';

export type ListedTunnel = {
  /** 32 octets, the peer's. */
  readonly publicKey: Uint8Array;
  readonly endpoint?: string;
  readonly lastHandshake?: WallTime;
  readonly rxBytes: number;
  readonly txBytes: number;
  /** Seconds; 0 is off. */
  readonly persistentKeepalive: number;
  readonly allowedIps: readonly string[];
};

export type TunnelList = {
  /** The shared port; a peering's own port is in the snapshot. */
  readonly listenPort: number;
  readonly tunnels: readonly ListedTunnel[];
};

const ALLOWED_IPS = ANYWHERE.map(formatIpPrefix);

export function listTunnels({ roster, wireguard }: Engine, listenPort: number): TunnelList {
  const tunnels = [...roster.byId.values()].map(({ wish, peer }): ListedTunnel => {
    const { endpoint, lastHandshake, rxBytes, txBytes } = wireguard.view(peer);
    return {
      publicKey: wish.publicKey,
      ...(endpoint === undefined ? {} : { endpoint: formatEndpoint(endpoint) }),
      ...(lastHandshake === undefined ? {} : { lastHandshake }),
      rxBytes,
      txBytes,
      persistentKeepalive: wish.config.keepalive,
      allowedIps: ALLOWED_IPS,
    };
  });
  return { listenPort, tunnels };
}
