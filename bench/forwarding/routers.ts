/**
 * Who stands in the place: the anchor, and ours once per way of reaching the underlay.
 *
 * Both get the same key, addresses and routes: the anchor as two wireguard-go devices with the kernel's
 * forwarding between them, ours as the configuration file of `rootless42 node`.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startWireguardDevice, type WireguardKeys } from '../../e2e/lab/daemons.ts';
import type { Daemon } from '../../e2e/lab/process.ts';
import { type OurRouter, startOurRouter } from '../../e2e/lab/router.ts';
import { deviceName, pinned, type Star } from '../lab/star.ts';

/** Values of ROOTLESS42_UNDERLAY. */
export const UNDERLAYS = ['auto', 'batched', 'burst', 'plain'] as const;
export type Underlay = (typeof UNDERLAYS)[number];
export type RouterUnderTest = {
  readonly name: string;
  readonly isOurs: boolean;
  /** Absent: what the product chooses when nobody asks. */
  readonly underlay?: Underlay;
};

export const ANCHOR: RouterUnderTest = { name: 'wireguard-go + kernel', isOurs: false };
export const OURS: RouterUnderTest = { name: 'rootless42', isOurs: true };

/** Returns the anchor and ours, once per underlay. */
export const routersFor = (underlays: readonly Underlay[]): readonly RouterUnderTest[] => [
  ANCHOR,
  ...(underlays.length === 0
    ? [OURS]
    : underlays.map((underlay) => ({ ...OURS, name: `rootless42 ${underlay}`, underlay }))),
];

/** One tunnel of the router, seen from the router. */
export type RouterTunnel = {
  readonly name: string;
  readonly asn: number;
  readonly publicKey: string;
  /** Absent: the other side comes to us. */
  readonly endpoint?: string;
  /** What is behind it. */
  readonly prefix: string;
};
/** The tunnels towards one of the two ends. */
export type RouterSide = {
  readonly end: string;
  /** Address with length, on the anchor's device. */
  readonly gateway: string;
  readonly prefix: string;
  readonly tunnels: readonly RouterTunnel[];
};
export type StartedRouter = {
  readonly pids: readonly number[];
  readonly ours?: OurRouter;
  portTowards(end: string): number;
};
export type Processors = { readonly router: string; readonly ends: string };

const OUR_PORT = 51820;
const ANCHOR_FIRST_PORT = 51001;
const OUR_ASN = 4242426000;

export async function startRouter(
  star: Star,
  router: RouterUnderTest,
  keys: WireguardKeys,
  sides: readonly RouterSide[],
  processors: Processors,
  mtu: number,
): Promise<StartedRouter> {
  return router.isOurs
    ? startOurs(star, router, keys, sides, processors, mtu)
    : startAnchor(star, keys, sides, processors, mtu);
}

async function startAnchor(
  star: Star,
  keys: WireguardKeys,
  sides: readonly RouterSide[],
  processors: Processors,
  mtu: number,
): Promise<StartedRouter> {
  const host = star.host('router');
  await host.must('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  const daemons: Daemon[] = [];
  const portTowards = (end: string): number =>
    ANCHOR_FIRST_PORT + sides.findIndex((side) => side.end === end);
  for (const { end, gateway, prefix, tunnels } of sides) {
    const device = deviceName('r', end);
    daemons.push(
      await startWireguardDevice(star, pinned(host, processors.router), {
        device,
        privateKey: keys.privateKey,
        listenPort: portTowards(end),
        peers: tunnels.map(({ publicKey, endpoint, prefix: allowed }) => ({
          publicKey,
          ...(endpoint !== undefined && { endpoint }),
          // One peer of a device may send anything, as ours may; of many each has its own.
          allowedIps: tunnels.length === 1 ? '0.0.0.0/0, ::/0' : allowed,
        })),
        addresses: [gateway],
        mtu,
      }),
    );
    await host.must('ip', 'route', 'replace', prefix, 'dev', device);
  }
  return { pids: daemons.map((daemon) => daemon.pid), portTowards };
}

async function startOurs(
  star: Star,
  router: RouterUnderTest,
  keys: WireguardKeys,
  sides: readonly RouterSide[],
  processors: Processors,
  mtu: number,
): Promise<StartedRouter> {
  const privateKeyFile = join(star.folder, 'router-key', 'wg.key');
  mkdirSync(join(privateKeyFile, '..'), { recursive: true });
  // The router runs as nobody; the folder goes with the namespaces.
  writeFileSync(privateKeyFile, `${keys.privateKey}\n`, { mode: 0o644 });
  const tunnels = sides.flatMap((side) => side.tunnels);
  const ours = await startOurRouter(
    star,
    pinned(star.host('router'), processors.router),
    {
      node: {
        name: 'bench',
        asn: OUR_ASN,
        addresses: ['10.77.0.1'],
        listen: { port: OUR_PORT, host: '::' },
        privateKeyFile,
        privateEndpoints: true,
      },
      peerings: tunnels.map(({ name, asn, publicKey, endpoint }) => ({
        name,
        asn,
        publicKey,
        ...(endpoint !== undefined && { endpoint }),
        sessions: 'none',
        mtu,
      })),
      routes: tunnels.map(({ name, prefix }) => ({ prefix, via: name })),
    },
    'node',
    environmentOf(router),
  );
  return { pids: [ours.daemon.pid], ours, portTowards: () => OUR_PORT };
}

/** What the process of ours is told. */
export const environmentOf = ({ underlay }: RouterUnderTest): Record<string, string> =>
  underlay === undefined ? {} : { ROOTLESS42_UNDERLAY: underlay };
