/**
 * Tunnels from other hosts to our node, where a network has several.
 *
 * @module
 */
import { startWireguard } from '../lab/daemons.ts';
import type { Host, Lab } from '../lab/network.ts';
import type { Daemon } from '../lab/process.ts';
import type { OurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';

export type TunnelEnd = {
  readonly host: Host;
  readonly device: string;
  readonly privateKey: string;
  /** 26001 unless it says otherwise. */
  readonly listenPort?: number;
  readonly addresses: readonly string[];
};

/** Gives each end its tunnel to our node; whoever calls stops them. */
export async function startTunnels(
  lab: Lab,
  router: OurRouter,
  ends: readonly TunnelEnd[],
): Promise<Daemon[]> {
  const peer = {
    publicKey: router.publicKey,
    endpoint: `${lab.host('router').ipv4}:${NODE.listen.port}`,
  };
  return Promise.all(
    ends.map(({ host, listenPort = 26001, ...end }) =>
      startWireguard(lab, host, { ...end, listenPort, peer }),
    ),
  );
}
