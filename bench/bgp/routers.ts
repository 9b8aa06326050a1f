/**
 * The routers under test, each ready for one feeder and one sink.
 *
 *   plain    peers 10.201.1.2, .3 ══veth══ router: BIRD, or our engine on the sockets of the kernel
 *   tunnel   peers wg, wg ══veth══ router: two wireguard-go and BIRD, or `rootless42 node`
 *
 * In the tunnels sessions are between link-local addresses, and IPv4 routes have IPv6 next hops, as is
 * the custom of DN42.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeWireguardKeys, startBird, startWireguard } from '../../e2e/lab/daemons.ts';
import { Daemon } from '../../e2e/lab/process.ts';
import { programLine } from '../../e2e/lab/programs.ts';
import { startOurRouter } from '../../e2e/lab/router.ts';
import { deviceName, pinned, type Star, startStar } from '../lab/star.ts';
import type { EngineOptions } from './engine-router.ts';
import type { RelayOptions } from './relay.ts';

export const BGP_VARIANTS = ['plain', 'tunnel'] as const;
export type BgpVariant = (typeof BGP_VARIANTS)[number];
/** Per variant the anchor first. */
export const BGP_ROUTERS = {
  plain: ['BIRD', 'rootless42 engine'],
  tunnel: ['BIRD + wireguard-go', 'rootless42'],
} as const satisfies Record<BgpVariant, readonly [string, string]>;

export type BgpPlace = {
  readonly star: Star;
  /** What the speakers need to know, and whom to measure. */
  readonly relay: Pick<RelayOptions, 'pids' | 'feeder' | 'sink' | 'nextHop'>;
};

const OUR_ASN = 4242426000;
const SPEAKERS = {
  feeder: { name: 'feeder', asn: 4242426001, routerId: '10.201.1.2', linkLocal: 'fe80::6001' },
  sink: { name: 'sink', asn: 4242426002, routerId: '10.201.1.3', linkLocal: 'fe80::6002' },
} as const;
const ROLES = ['feeder', 'sink'] as const;
type Role = (typeof ROLES)[number];
const PLAIN_PORT = 1790;
const BGP_PORT = 179;
const ROUTER_ID = '10.201.0.1';
const ROUTER_LINK_LOCAL = 'fe80::6000';
/** The greatest a peering may have (router/peering-rules.ts); a run of tunnels cannot announce more. */
export const IMPORT_LIMIT = 200_000;

/** Starts one router of a variant: 0 the anchor, 1 ours. */
export async function startBgpPlace(
  variant: BgpVariant,
  which: 0 | 1,
  processors: { readonly router: string; readonly ends: string },
): Promise<BgpPlace> {
  const star = await startStar('router', ['peers']);
  try {
    if (variant === 'plain') return await plain(star, which, processors.router);
    return await tunnel(star, which, processors);
  } catch (error) {
    await star.stop();
    throw error;
  }
}

async function plain(star: Star, which: 0 | 1, processor: string): Promise<BgpPlace> {
  const peers = star.host('peers');
  await peers.must('ip', 'addr', 'add', `${SPEAKERS.sink.routerId}/24`, 'dev', 'eth0');
  const host = star.centerAddress('peers');
  const start = which === 0 ? startPlainBird : startEngine;
  const pid = await start(star, host, processor);
  const speaker = (role: Role) => ({
    ...SPEAKERS[role],
    remote: { host, port: PLAIN_PORT },
    localAddress: SPEAKERS[role].routerId,
    isExtendedNextHop: false,
  });
  return {
    star,
    relay: {
      pids: [pid],
      feeder: speaker('feeder'),
      sink: speaker('sink'),
      nextHop: SPEAKERS.feeder.routerId,
    },
  };
}

async function startPlainBird(star: Star, host: string, processor: string): Promise<number> {
  const sessions = ROLES.map(
    (role) => `protocol bgp ${role} {
  local ${host} port ${PLAIN_PORT} as ${OUR_ASN};
  neighbor ${SPEAKERS[role].routerId} as ${SPEAKERS[role].asn};
  passive on; hold time 240; direct;
  ipv4 { import all; export all; };
}`,
  );
  return startBirdIn(star, sessions, processor);
}

async function startEngine(star: Star, host: string, processor: string): Promise<number> {
  const options: EngineOptions = {
    asn: OUR_ASN,
    routerId: ROUTER_ID,
    listen: { host, port: PLAIN_PORT },
    neighbors: ROLES.map((role) => ({
      name: role,
      asn: SPEAKERS[role].asn,
      address: SPEAKERS[role].routerId,
    })),
  };
  const line = programLine('engine', options);
  const daemon = new Daemon('engine', ...pinned(star.host('router'), processor).inside(...line));
  await daemon.printed(/READY/);
  return daemon.pid;
}

async function tunnel(
  star: Star,
  which: 0 | 1,
  processors: { readonly router: string; readonly ends: string },
): Promise<BgpPlace> {
  const peers = pinned(star.host('peers'), processors.ends);
  const keys = {
    router: await makeWireguardKeys(),
    feeder: await makeWireguardKeys(),
    sink: await makeWireguardKeys(),
  };
  const start = which === 0 ? startTunneledBird : startOurs;
  const { pids, portTowards } = await start(star, keys, processors.router);
  for (const role of ROLES)
    await startWireguard(star, peers, {
      device: deviceName('p', role),
      privateKey: keys[role].privateKey,
      listenPort: peerPort(role),
      peer: {
        publicKey: keys.router.publicKey,
        endpoint: `${star.centerAddress('peers')}:${portTowards(role)}`,
        keepalive: 25,
      },
      addresses: [`${SPEAKERS[role].linkLocal}/64`],
    });
  const speaker = (role: Role) => ({
    ...SPEAKERS[role],
    remote: { host: `${ROUTER_LINK_LOCAL}%${deviceName('p', role)}`, port: BGP_PORT },
    isExtendedNextHop: true,
  });
  return {
    star,
    relay: {
      pids,
      feeder: speaker('feeder'),
      sink: speaker('sink'),
      nextHop: SPEAKERS.feeder.linkLocal,
    },
  };
}

type Keys = Readonly<Record<'router' | Role, { privateKey: string; publicKey: string }>>;
type Tunneled = { readonly pids: readonly number[]; portTowards(role: Role): number };

async function startTunneledBird(star: Star, keys: Keys, processor: string): Promise<Tunneled> {
  const portTowards = (role: Role): number => (role === 'feeder' ? 51001 : 51002);
  const pids: number[] = [];
  for (const role of ROLES) {
    const daemon = await startWireguard(star, pinned(star.host('router'), processor), {
      device: deviceName('r', role),
      privateKey: keys.router.privateKey,
      listenPort: portTowards(role),
      peer: {
        publicKey: keys[role].publicKey,
        endpoint: `${star.host('peers').ipv4}:${peerPort(role)}`,
      },
      addresses: [`${ROUTER_LINK_LOCAL}/64`],
    });
    pids.push(daemon.pid);
  }
  const sessions = ROLES.map(
    (role) => `protocol bgp ${role} {
  local ${ROUTER_LINK_LOCAL} as ${OUR_ASN};
  neighbor ${SPEAKERS[role].linkLocal}%'${deviceName('r', role)}' as ${SPEAKERS[role].asn};
  passive on; hold time 240;
  ipv4 { import all; export all; extended next hop on; };
}`,
  );
  pids.push(await startBirdIn(star, sessions, processor));
  return { pids, portTowards };
}

async function startOurs(star: Star, keys: Keys, processor: string): Promise<Tunneled> {
  const port = 51820;
  const privateKeyFile = join(star.folder, 'router-key', 'wg.key');
  mkdirSync(join(privateKeyFile, '..'));
  writeFileSync(privateKeyFile, `${keys.router.privateKey}\n`, { mode: 0o644 });
  const { daemon } = await startOurRouter(star, pinned(star.host('router'), processor), {
    node: {
      name: 'bench',
      asn: OUR_ASN,
      routerId: ROUTER_ID,
      linkLocal: ROUTER_LINK_LOCAL,
      listen: { port, host: '::' },
      privateKeyFile,
      privateEndpoints: true,
    },
    peerings: ROLES.map((role) => ({
      name: role,
      asn: SPEAKERS[role].asn,
      publicKey: keys[role].publicKey,
      endpoint: `${star.host('peers').ipv4}:${peerPort(role)}`,
      linkLocal: SPEAKERS[role].linkLocal,
      policy: 'accept-all',
      importLimit: IMPORT_LIMIT,
    })),
  });
  return { pids: [daemon.pid], portTowards: () => port };
}

async function startBirdIn(
  star: Star,
  sessions: readonly string[],
  processor: string,
): Promise<number> {
  const host = star.host('router');
  const config = [`router id ${ROUTER_ID};`, 'protocol device {}', ...sessions].join('\n');
  await startBird(star, pinned(host, processor), `${config}\n`);
  return Number(readFileSync(join(star.folder, `bird-${host.name}`, 'bird.pid'), 'utf8'));
}

const peerPort = (role: Role): number => (role === 'feeder' ? 51821 : 51822);
