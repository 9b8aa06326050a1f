/**
 * Tail latency inside the packet worker: what a batch waits between being received and being handed to
 * the kernel, idle and while 100,000 routes are loaded through two tunnels of the same router.
 *
 *   client flood ══ ROUTER ══ server flood        a steady flow of packets, all the time
 *   feeder BGP   ══ ROUTER ══ sink BGP            afterwards 100,000 routes through it
 *
 * The router counts its batches by duration from its start on; the difference of two readings is what
 * happened between them. All threads of the router share its processor (`--router-cpu`): whatever makes
 * packets wait, shows.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startWireguard } from '../../e2e/lab/daemons.ts';
import { type FloodOptions, floodDatagramBytes } from '../../e2e/lab/flood.ts';
import { Daemon } from '../../e2e/lab/process.ts';
import { programLine } from '../../e2e/lab/programs.ts';
import { type OurRouter, startOurRouter } from '../../e2e/lab/router.ts';
import { BGP_CASES, scaled } from '../bgp/cases.ts';
import type { FleetResult, Peer } from '../bgp/fleet.ts';
import { ourPathCount } from '../bgp/routers.ts';
import { BGP_DEFAULTS } from '../bgp/run.ts';
import { runSpeakers } from '../bgp/speakers.ts';
import { deviceName, pinned, type Star, startStar } from '../lab/star.ts';
import { environmentOf, type Processors, type RouterUnderTest } from './routers.ts';
import { MTU, makeKeys } from './topology.ts';

export const TAIL = 'tail';

/** Batches since the start of the router by duration; bucket n ends at 2^(n/4) µs. */
type Histogram = readonly number[];

const ROUTES = 100_000;
const FLOOD_PACKETS_PER_SECOND = 8000;
const FLOOD_INNER_BYTES = 512;
/** The flow lasts until it is ended; sealed for so long. */
const FLOOD_SECONDS = 60;
const SETTLE_SECONDS = 2;
const RELAY_LIMIT_SECONDS = 40;
const PORT = 51820;
const OUR_ASN = 4242426000;
const LINK_LOCAL = 'fe80::6000';
const SPEAKERS = {
  feeder: { name: 'feeder', asn: 4242426003, routerId: '10.201.3.2', linkLocal: 'fe80::6003' },
  sink: { name: 'sink', asn: 4242426004, routerId: '10.201.3.3', linkLocal: 'fe80::6004' },
} as const;
const FLOODS = {
  client: { asn: 4242426001, inner: '10.77.1.2' },
  server: { asn: 4242426002, inner: '10.77.2.2' },
} as const;

/** Returns why this router cannot be measured, or undefined. */
export async function tailHindrance(
  router: RouterUnderTest,
  processors: Processors,
): Promise<string | undefined> {
  const place = await startTailPlace(router, processors);
  try {
    if ((await latencyOf(place.ours)) !== undefined) return undefined;
    return 'no packet worker carries packets (`rootless42 status` has no latency)';
  } finally {
    await place.star.stop();
  }
}

/** Runs once: a flow alone, then the same flow beside 100,000 routes. */
export async function runTail(
  router: RouterUnderTest,
  processors: Processors,
  seconds: number,
): Promise<Record<string, number>> {
  const place = await startTailPlace(router, processors);
  try {
    const sink = startFlood(place, 'server', 'sink', processors);
    const source = startFlood(place, 'client', 'source', processors);
    await sink.printed(/LISTENING/);
    await source.printed(/LOADED/, RELAY_LIMIT_SECONDS * 1000);
    process.kill(sink.pid, 'SIGUSR2');
    process.kill(source.pid, 'SIGUSR2');
    await pause(SETTLE_SECONDS);
    const begun = await mustHaveLatency(place.ours);
    const sentBefore = await place.star.sentTo('server');
    await pause(seconds);
    const sentAfter = await place.star.sentTo('server');
    const idle = await mustHaveLatency(place.ours);
    const relay = await loadRoutes(place, processors);
    const loaded = await mustHaveLatency(place.ours);
    const idleP99Us = quantileBetween(begun, idle, 0.99);
    const loadedP99Us = quantileBetween(idle, loaded, 0.99);
    return {
      idleP50Us: quantileBetween(begun, idle, 0.5),
      loadedP50Us: quantileBetween(idle, loaded, 0.5),
      idleP99Us,
      loadedP99Us,
      loadedOverIdle: loadedP99Us / idleP99Us,
      loadingSeconds: relay.seconds,
      routes: relay.present,
      loadedBatches: total(loaded) - total(idle),
      idleForwardedPerSecond: datagramsOf(sentAfter.bytes - sentBefore.bytes) / seconds,
      idleBatches: total(idle) - total(begun),
    };
  } finally {
    await place.star.stop();
  }
}

/** Returns the upper bound of the bucket in which the quantile falls, in microseconds. */
function quantileBetween(before: Histogram, after: Histogram, part: number): number {
  const counts = after.map((count, i) => count - (before[i] ?? 0));
  const all = counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of counts.entries()) {
    seen += count;
    if (all > 0 && seen >= all * part) return 2 ** (bucket / 4);
  }
  return Number.NaN;
}

type TailPlace = {
  readonly star: Star;
  readonly ours: OurRouter;
  readonly routerPublicKey: string;
  readonly privateKeys: Readonly<Record<keyof typeof FLOODS, string>>;
};

async function startTailPlace(router: RouterUnderTest, processors: Processors): Promise<TailPlace> {
  const star = await startStar('router', ['client', 'server', 'peers']);
  try {
    return await furnish(star, router, processors);
  } catch (error) {
    await star.stop();
    throw error;
  }
}

async function furnish(
  star: Star,
  router: RouterUnderTest,
  processors: Processors,
): Promise<TailPlace> {
  const keys = {
    router: makeKeys(),
    client: makeKeys(),
    server: makeKeys(),
    feeder: makeKeys(),
    sink: makeKeys(),
  };
  const privateKeyFile = join(star.folder, 'router-key', 'wg.key');
  mkdirSync(join(privateKeyFile, '..'));
  writeFileSync(privateKeyFile, `${keys.router.privateKey}\n`, { mode: 0o644 });
  const ours = await startOurRouter(
    star,
    pinned(star.host('router'), processors.router),
    {
      node: {
        name: 'bench',
        asn: OUR_ASN,
        routerId: '10.201.0.1',
        addresses: ['10.77.0.1'],
        linkLocal: LINK_LOCAL,
        listen: { port: PORT, host: '::' },
        privateKeyFile,
        privateEndpoints: true,
      },
      peerings: [
        ...(['client', 'server'] as const).map((end) => ({
          name: end,
          asn: FLOODS[end].asn,
          publicKey: keys[end].publicKey,
          sessions: 'none',
          mtu: MTU,
        })),
        ...(['feeder', 'sink'] as const).map((role) => ({
          name: role,
          asn: SPEAKERS[role].asn,
          publicKey: keys[role].publicKey,
          linkLocal: SPEAKERS[role].linkLocal,
          policy: 'accept-all',
          importLimit: ROUTES,
        })),
      ],
      routes: (['client', 'server'] as const).map((end) => ({
        prefix: `${FLOODS[end].inner}/32`,
        via: end,
      })),
    },
    'node',
    environmentOf(router),
  );
  for (const role of ['feeder', 'sink'] as const)
    await startWireguard(star, pinned(star.host('peers'), processors.ends), {
      device: deviceName('t', role),
      privateKey: keys[role].privateKey,
      peer: {
        publicKey: keys.router.publicKey,
        endpoint: `${star.centerAddress('peers')}:${PORT}`,
        keepalive: 25,
      },
      addresses: [`${SPEAKERS[role].linkLocal}/64`],
    });
  return {
    star,
    ours,
    routerPublicKey: keys.router.publicKey,
    privateKeys: { client: keys.client.privateKey, server: keys.server.privateKey },
  };
}

function startFlood(
  place: TailPlace,
  end: keyof typeof FLOODS,
  role: FloodOptions['role'],
  processors: Processors,
): Daemon {
  const to = end === 'client' ? 'server' : 'client';
  const options: FloodOptions = {
    role,
    port: PORT,
    routerPublicKey: place.routerPublicKey,
    router: { address: place.star.centerAddress(end), port: PORT },
    tunnels: [
      { privateKey: place.privateKeys[end], from: FLOODS[end].inner, to: FLOODS[to].inner },
    ],
    innerBytes: FLOOD_INNER_BYTES,
    mtu: MTU,
    seconds: FLOOD_SECONDS,
    packetsPerSecond: FLOOD_PACKETS_PER_SECOND,
  };
  const host = pinned(place.star.host(end), processors.ends);
  return new Daemon(`flood ${role}`, ...host.inside(...programLine('flood', options)));
}

function loadRoutes(place: TailPlace, processors: Processors): Promise<FleetResult> {
  const speaker = (role: keyof typeof SPEAKERS): Peer => ({
    ...SPEAKERS[role],
    nextHop: SPEAKERS[role].linkLocal,
    remote: { host: `${LINK_LOCAL}%${deviceName('t', role)}`, port: 179 },
    isExtendedNextHop: true,
  });
  return runSpeakers(place.star, processors.ends, {
    bgpCase: scaled('relay-tunnel', ROUTES / BGP_CASES['relay-tunnel'].routesPerFeeder),
    pids: [place.ours.daemon.pid],
    peers: [speaker('feeder'), speaker('sink')],
    isEchoing: false,
    pathCount: ourPathCount(place.ours.folder),
    limitSeconds: RELAY_LIMIT_SECONDS,
    quietMs: BGP_DEFAULTS.quietMs,
  });
}

/** Returns undefined where no packet worker runs. */
async function latencyOf(ours: OurRouter): Promise<Histogram | undefined> {
  return (await ours.snapshot()).node.underlay.latency?.histogram;
}

async function mustHaveLatency(ours: OurRouter): Promise<Histogram> {
  const latency = await latencyOf(ours);
  if (latency === undefined) throw new Error('the packet worker is gone');
  return latency;
}

/** About: super-packets of a segmenting router have fewer headers. */
const datagramsOf = (wireBytes: number): number =>
  Math.round(wireBytes / floodDatagramBytes(FLOOD_INNER_BYTES, MTU));
const total = (histogram: Histogram): number => histogram.reduce((sum, count) => sum + count, 0);
const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));
