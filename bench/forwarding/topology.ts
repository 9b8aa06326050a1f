/**
 * The place of a router under test: two stock WireGuard endpoints, and whoever stands between them.
 *
 *   client wg 10.77.1.2 ══ ROUTER UNDER TEST ══ server wg 10.77.2.2
 *
 * Both routers get the same key, addresses and routes: the anchor as two wireguard-go devices with
 * the kernel's forwarding between them, ours as the configuration file of `rootless42 node`.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeWireguardKeys, startWireguard, type WireguardKeys } from '../../e2e/lab/daemons.ts';
import { type Daemon, eventually, run } from '../../e2e/lab/process.ts';
import { startOurRouter } from '../../e2e/lab/router.ts';
import { pinned, type Star, startStar } from '../lab/star.ts';

export const ANCHOR = 'wireguard-go + kernel';
export const OURS = 'rootless42';
export const ROUTERS = [ANCHOR, OURS] as const;
export type RouterName = (typeof ROUTERS)[number];

export const MTU = 1420;
export const ENDPOINT_PORT = 51820;
/** The ends: their place around the router, their addresses inside the tunnels. */
const ENDS = {
  client: { inner: '10.77.1.2', prefix: '10.77.1.0/24', gateway: '10.77.1.1/24', asn: 4242426001 },
  server: { inner: '10.77.2.2', prefix: '10.77.2.0/24', gateway: '10.77.2.1/24', asn: 4242426002 },
} as const;
export type EndName = keyof typeof ENDS;
export const innerAddress = (end: EndName): string => ENDS[end].inner;

export type Processors = { readonly router: string; readonly ends: string };

export type Place = {
  readonly star: Star;
  readonly router: RouterName;
  readonly routerPids: readonly number[];
  readonly processors: Processors;
  /** What speaks WireGuard as an end needs to know. */
  endKeys(end: EndName): EndKeys;
  /** Ends the stock endpoints, so that others may take their ports and keys. */
  stopEnds(): Promise<void>;
  stop(): Promise<void>;
};
export type EndKeys = {
  readonly privateKey: string;
  readonly routerPublicKey: string;
  readonly router: { readonly address: string; readonly port: number };
};

/** Starts a router between two ends, and waits until packets pass. */
export async function startPlace(router: RouterName, processors: Processors): Promise<Place> {
  const star = await startStar('router', Object.keys(ENDS));
  try {
    return await furnish(star, router, processors);
  } catch (error) {
    await star.stop();
    throw error;
  }
}

async function furnish(star: Star, router: RouterName, processors: Processors): Promise<Place> {
  const keys = {
    router: await makeWireguardKeys(),
    client: await makeWireguardKeys(),
    server: await makeWireguardKeys(),
  };
  const start = router === ANCHOR ? startAnchor : startOurs;
  const { pids, portTowards } = await start(star, keys, processors);
  const endKeys = (end: EndName): EndKeys => ({
    privateKey: keys[end].privateKey,
    routerPublicKey: keys.router.publicKey,
    router: { address: star.centerAddress(end), port: portTowards(end) },
  });
  const ends: Daemon[] = [];
  for (const end of ['client', 'server'] as const)
    ends.push(await startEnd(star, end, endKeys(end), processors));
  await eventually(
    `packets pass ${router}`,
    () => run(...star.host('client').inside('ping', '-c', '1', '-W', '1', ENDS.server.inner)),
    (answer) => answer.code === 0,
  );
  return {
    star,
    router,
    routerPids: pids,
    processors,
    endKeys,
    async stopEnds() {
      for (const end of ends.splice(0)) await end.stop();
    },
    stop: () => star.stop(),
  };
}

type Keys = Readonly<Record<'router' | EndName, WireguardKeys>>;
type Started = {
  readonly pids: readonly number[];
  portTowards(end: EndName): number;
};

async function startAnchor(star: Star, keys: Keys, processors: Processors): Promise<Started> {
  const host = star.host('router');
  await host.must('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  const ports = { client: 51001, server: 51002 } as const;
  const pids: number[] = [];
  for (const end of ['client', 'server'] as const) {
    const daemon = await startWireguard(star, pinned(host, processors.router), {
      device: deviceName('r', end),
      privateKey: keys.router.privateKey,
      listenPort: ports[end],
      peer: {
        publicKey: keys[end].publicKey,
        endpoint: `${star.host(end).ipv4}:${ENDPOINT_PORT}`,
      },
      addresses: [ENDS[end].gateway],
    });
    pids.push(daemon.pid);
  }
  return { pids, portTowards: (end) => ports[end] };
}

async function startOurs(star: Star, keys: Keys, processors: Processors): Promise<Started> {
  const port = 51820;
  const privateKeyFile = join(star.folder, 'router-key', 'wg.key');
  mkdirSync(join(privateKeyFile, '..'));
  // The router runs as nobody; the folder goes with the namespaces.
  writeFileSync(privateKeyFile, `${keys.router.privateKey}\n`, { mode: 0o644 });
  const { daemon } = await startOurRouter(star, pinned(star.host('router'), processors.router), {
    node: {
      name: 'bench',
      asn: 4242426000,
      addresses: ['10.77.0.1'],
      listen: { port, host: '::' },
      privateKeyFile,
      privateEndpoints: true,
    },
    peerings: (['client', 'server'] as const).map((end) => ({
      name: end,
      asn: ENDS[end].asn,
      publicKey: keys[end].publicKey,
      endpoint: `${star.host(end).ipv4}:${ENDPOINT_PORT}`,
      sessions: 'none',
      mtu: MTU,
    })),
    routes: (['client', 'server'] as const).map((end) => ({ prefix: ENDS[end].prefix, via: end })),
  });
  return { pids: [daemon.pid], portTowards: () => port };
}

async function startEnd(
  star: Star,
  end: EndName,
  keys: EndKeys,
  processors: Processors,
): Promise<Daemon> {
  const host = star.host(end);
  const device = deviceName('e', end);
  const { address, port } = keys.router;
  const daemon = await startWireguard(star, pinned(host, processors.ends), {
    device,
    privateKey: keys.privateKey,
    listenPort: ENDPOINT_PORT,
    peer: { publicKey: keys.routerPublicKey, endpoint: `${address}:${port}`, keepalive: 25 },
    addresses: [`${ENDS[end].inner}/32`],
  });
  await host.must('ip', 'route', 'add', '10.77.0.0/16', 'dev', device);
  return daemon;
}

/** Device names differ across namespaces: the sockets of wireguard-go meet in one folder. */
const deviceName = (place: string, end: EndName): string =>
  `r42${place}${end[0]}${process.pid % 100_000}`;
