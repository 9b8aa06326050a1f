/**
 * The places of a router under test.
 *
 *   pair   client wg 10.77.1.2 ══ ROUTER ══ server wg 10.77.2.2    two stock endpoints
 *   many   client 100 tunnels  ══ ROUTER ══ server 100 tunnels      both ends are generators of load
 *
 * In "many" each tunnel of an end has a key and an address on the underlay of its own (one local route
 * makes them all), so that the router meets 200 endpoints.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { startWireguard, type WireguardKeys } from '../../e2e/lab/daemons.ts';
import type { FloodOptions, FloodTunnel } from '../../e2e/lab/flood.ts';
import { type Daemon, eventually, run } from '../../e2e/lab/process.ts';
import type { OurRouter } from '../../e2e/lab/router.ts';
import { publicKeyOf } from '../../router-core/host/native-crypto.ts';
import { deviceName, pinned, type Star, startStar } from '../lab/star.ts';
import {
  type Processors,
  type RouterSide,
  type RouterUnderTest,
  type StartedRouter,
  startRouter,
} from './routers.ts';

export const MTU = 1420;
const ENDPOINT_PORT = 51820;
/** Of each end in the place "many": 200 together. */
const TUNNELS_PER_END = 100;
const FIRST_ASN = 4242426001;

/** The ends: their addresses inside the tunnels. */
const ENDS = {
  client: { inner: '10.77.1.2', prefix: '10.77.1.0/24', gateway: '10.77.1.1/24', number: 1 },
  server: { inner: '10.77.2.2', prefix: '10.77.2.0/24', gateway: '10.77.2.1/24', number: 2 },
} as const;
export type EndName = keyof typeof ENDS;
const END_NAMES = ['client', 'server'] as const;
export const innerAddress = (end: EndName): string => ENDS[end].inner;

export type PlaceName = 'pair' | 'many';
/** What a generator of load needs to stand at an end. */
export type FloodTarget = Pick<FloodOptions, 'port' | 'routerPublicKey' | 'router' | 'tunnels'>;
export type Place = {
  readonly star: Star;
  readonly router: RouterUnderTest;
  readonly routerPids: readonly number[];
  readonly ours?: OurRouter;
  readonly processors: Processors;
  floodTarget(end: EndName): FloodTarget;
  /** Ends the stock endpoints, so that others may take their ports and keys. */
  stopEnds(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts a router between two ends; in the place "pair" packets pass. */
export async function startPlace(
  name: PlaceName,
  router: RouterUnderTest,
  processors: Processors,
): Promise<Place> {
  const star = await startStar('router', END_NAMES);
  try {
    return await (name === 'pair' ? furnishPair : furnishMany)(star, router, processors);
  } catch (error) {
    await star.stop();
    throw error;
  }
}

async function furnishPair(
  star: Star,
  router: RouterUnderTest,
  processors: Processors,
): Promise<Place> {
  const keys = { router: makeKeys(), client: makeKeys(), server: makeKeys() };
  const sides = END_NAMES.map(
    (end, i): RouterSide => ({
      end,
      gateway: ENDS[end].gateway,
      prefix: ENDS[end].prefix,
      tunnels: [
        {
          name: end,
          asn: FIRST_ASN + i,
          publicKey: keys[end].publicKey,
          endpoint: `${star.host(end).ipv4}:${ENDPOINT_PORT}`,
          prefix: ENDS[end].prefix,
        },
      ],
    }),
  );
  const started = await startRouter(star, router, keys.router, sides, processors, MTU);
  const place = placeOf(star, router, started, processors, keys.router, (end) => [
    { privateKey: keys[end].privateKey, from: ENDS[end].inner, to: otherEnd(end).inner },
  ]);
  const ends: Daemon[] = [];
  for (const end of END_NAMES) ends.push(await startEnd(place, end));
  await eventually(
    `packets pass ${router.name}`,
    () => run(...star.host('client').inside('ping', '-c', '1', '-W', '1', ENDS.server.inner)),
    (answer) => answer.code === 0,
  );
  return {
    ...place,
    async stopEnds() {
      for (const end of ends.splice(0)) await end.stop();
    },
  };
}

async function furnishMany(
  star: Star,
  router: RouterUnderTest,
  processors: Processors,
): Promise<Place> {
  const numbers = Array.from({ length: TUNNELS_PER_END }, (_, i) => i + 1);
  const routerKeys = makeKeys();
  const keys = { client: numbers.map(makeKeys), server: numbers.map(makeKeys) };
  const underlay = (end: EndName): string => `10.202.${ENDS[end].number}`;
  const overlay = (end: EndName): string => `10.78.${ENDS[end].number}`;
  for (const end of END_NAMES) {
    const prefix = `${underlay(end)}.0/24`;
    await star.host(end).must('ip', 'route', 'add', 'local', prefix, 'dev', 'lo');
    await star.host(end).must('ip', 'route', 'add', 'default', 'via', star.centerAddress(end));
    await star.host('router').must('ip', 'route', 'add', prefix, 'via', star.host(end).ipv4);
  }
  const sides = END_NAMES.map(
    (end, side): RouterSide => ({
      end,
      gateway: `10.77.${ENDS[end].number}.1/32`,
      prefix: `${overlay(end)}.0/24`,
      tunnels: keys[end].map(({ publicKey }, i) => ({
        name: `${end}-${numbers[i]}`,
        asn: FIRST_ASN + side * TUNNELS_PER_END + i,
        publicKey,
        prefix: `${overlay(end)}.${numbers[i]}/32`,
      })),
    }),
  );
  const started = await startRouter(star, router, routerKeys, sides, processors, MTU);
  return placeOf(star, router, started, processors, routerKeys, (end) =>
    keys[end].map(({ privateKey }, i) => ({
      privateKey,
      address: `${underlay(end)}.${numbers[i]}`,
      from: `${overlay(end)}.${numbers[i]}`,
      to: `10.78.${otherEnd(end).number}.${numbers[i]}`,
    })),
  );
}

function placeOf(
  star: Star,
  router: RouterUnderTest,
  { pids, ours, portTowards }: StartedRouter,
  processors: Processors,
  keys: WireguardKeys,
  tunnelsOf: (end: EndName) => readonly FloodTunnel[],
): Place {
  return {
    star,
    router,
    routerPids: pids,
    ...(ours !== undefined && { ours }),
    processors,
    floodTarget: (end) => ({
      port: ENDPOINT_PORT,
      routerPublicKey: keys.publicKey,
      router: { address: star.centerAddress(end), port: portTowards(end) },
      tunnels: tunnelsOf(end),
    }),
    stopEnds: async () => undefined,
    stop: () => star.stop(),
  };
}

async function startEnd({ star, processors, floodTarget }: Place, end: EndName): Promise<Daemon> {
  const host = star.host(end);
  const device = deviceName('e', end);
  const { router, routerPublicKey, tunnels } = floodTarget(end);
  const daemon = await startWireguard(star, pinned(host, processors.ends), {
    device,
    privateKey: tunnels[0]?.privateKey ?? '',
    listenPort: ENDPOINT_PORT,
    peer: {
      publicKey: routerPublicKey,
      endpoint: `${router.address}:${router.port}`,
      keepalive: 25,
    },
    addresses: [`${ENDS[end].inner}/32`],
  });
  await host.must('ip', 'route', 'add', '10.77.0.0/16', 'dev', device);
  return daemon;
}

const otherEnd = (end: EndName): (typeof ENDS)[EndName] =>
  ENDS[end === 'client' ? 'server' : 'client'];

/**
 * Keys as `wg genkey` and `wg pubkey` write them, without two processes for each of 200. Not by
 * generateKeyPairSync: Node 20 locks itself up when it collects its jobs while it exports a key.
 */
export function makeKeys(): WireguardKeys {
  const privateKey = randomBytes(32);
  return {
    privateKey: privateKey.toString('base64'),
    publicKey: Buffer.from(publicKeyOf(privateKey)).toString('base64'),
  };
}
