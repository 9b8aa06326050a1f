/**
 * Two of our nodes with a disguised tunnel between them, and real wireguard-go, plain, at both ends.
 *
 *   alder ══plain, IPv4══ one AS4242426000 ══disguised, IPv6══ two AS4242426001 ══plain, IPv4══ birch
 *
 * Each node has one port for both tunnels. Between the nodes runs BGP; their routes to the ends are
 * static. The disguised tunnel is on IPv6, so that a full packet fills the line exactly.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PacketPath } from '../../router-core/base/underlay-wish.ts';
import type { ObfuscationConfig } from '../../router-core/router/index.ts';
import { makeWireguardKeys, startWireguard, type WireguardKeys } from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { type Daemon, must } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { cutRuns } from '../lab/wire-capture.ts';
import { copyRegistry } from './pair.ts';

/** A node that comes again begins at once; an end would wait for answers to its old key pair. */
const KEEPALIVE_SECONDS = 25;
const NODE_PORT = 51820;
const END_PORT = 26000;
/** Of all tunnels, before a disguise takes its part. */
const NODE_MTU = 1420;
/** The ends may send more than passes between the nodes; IPv4 has room for it. */
const END_MTU = 1440;

/** A node and what is behind it: prefixes of the fixture registry. */
type Side = {
  readonly node: 'one' | 'two';
  readonly end: 'alder' | 'birch';
  readonly asn: number;
  readonly endAsn: number;
  readonly prefixes: readonly [string, string];
  readonly address: string;
  readonly address6: string;
  readonly endAddress: string;
  readonly endAddress6: string;
  readonly linkLocal: string;
};

const ONE: Side = {
  node: 'one',
  end: 'alder',
  asn: 4242426000,
  endAsn: 4242426002,
  prefixes: ['172.21.128.0/27', 'fdb0:6000:100::/48'],
  address: '172.21.128.1',
  address6: 'fdb0:6000:100::1',
  endAddress: '172.21.128.2',
  endAddress6: 'fdb0:6000:100::2',
  linkLocal: 'fe80::6000',
};
const TWO: Side = {
  node: 'two',
  end: 'birch',
  asn: 4242426001,
  endAsn: 4242426003,
  prefixes: ['172.21.129.0/27', 'fdb1:6000:101::/48'],
  address: '172.21.129.1',
  address6: 'fdb1:6000:101::1',
  endAddress: '172.21.129.2',
  endAddress6: 'fdb1:6000:101::2',
  linkLocal: 'fe80::6001',
};

/** What answers where, as alder sees it. */
export const ONE_ADDRESS = ONE.address;
export const ONE_ADDRESS6 = ONE.address6;
export const TWO_ADDRESS = TWO.address;
export const BIRCH_ADDRESS = TWO.endAddress;
export const BIRCH_ADDRESS6 = TWO.endAddress6;

export type DisguisedNodes = {
  readonly one: OurRouter;
  readonly two: OurRouter;
  stop(): Promise<void>;
};

export type DisguisedPlace = {
  readonly lab: Lab;
  readonly alder: Host;
  readonly birch: Host;
  /** Starts both nodes with this disguise between them, each with the packet path it is given. */
  startNodes(
    form: ObfuscationConfig,
    paths: readonly [one: PacketPath, two: PacketPath],
  ): Promise<DisguisedNodes>;
  stop(): Promise<void>;
};

type Keys = Readonly<Record<Side['node'] | Side['end'], WireguardKeys>>;

/** Makes the hosts and starts the ends, which stay while nodes come and go. */
export async function startDisguisedPlace(): Promise<DisguisedPlace> {
  const lab = await startLab(['one', 'two', 'alder', 'birch']);
  const tunnels: Daemon[] = [];
  const stop = async (): Promise<void> => {
    for (const tunnel of tunnels) await tunnel.stop();
    await lab.stop();
  };
  try {
    const registry = await copyRegistry(lab);
    const keys: Keys = {
      one: await makeWireguardKeys(),
      two: await makeWireguardKeys(),
      alder: await makeWireguardKeys(),
      birch: await makeWireguardKeys(),
    };
    for (const side of [ONE, TWO]) {
      await cutRuns(lab.host(side.node));
      tunnels.push(await startEnd(lab, side, keys));
    }
    let starts = 0;
    const startNode = (side: Side, form: ObfuscationConfig, path: PacketPath) =>
      startOurRouter(
        lab,
        lab.host(side.node),
        { registry: { path: registry }, ...configOf(lab, side, keys, form) },
        `${side.node}${starts}`,
        { ROOTLESS42_UNDERLAY: path },
      );
    for (const { node } of [ONE, TWO]) {
      const file = keyFileOf(lab, node);
      // A node runs as nobody; the folder goes with the lab.
      writeFileSync(file, `${keys[node].privateKey}\n`);
      await must('chown', ['nobody:nogroup', file]);
      await must('chmod', ['600', file]);
    }
    return {
      lab,
      alder: lab.host('alder'),
      birch: lab.host('birch'),
      async startNodes(form, paths) {
        starts++;
        const starting = [startNode(ONE, form, paths[0]), startNode(TWO, form, paths[1])] as const;
        const stopNodes = async (): Promise<void> => {
          const started = await Promise.allSettled(starting);
          for (const node of started)
            if (node.status === 'fulfilled') await node.value.daemon.stop();
        };
        try {
          const [one, two] = await Promise.all(starting);
          return { one, two, stop: stopNodes };
        } catch (error) {
          await stopNodes();
          throw error;
        }
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const otherOf = (side: Side): Side => (side === ONE ? TWO : ONE);
const keyFileOf = (lab: Lab, node: string): string => join(lab.folder, `${node}.key`);

async function startEnd(lab: Lab, side: Side, keys: Keys): Promise<Daemon> {
  const host = lab.host(side.end);
  const device = `wgd${side.end[0]}${process.pid % 100_000}`;
  const daemon = await startWireguard(lab, host, {
    device,
    privateKey: keys[side.end].privateKey,
    listenPort: END_PORT,
    peer: {
      publicKey: keys[side.node].publicKey,
      endpoint: `${lab.host(side.node).ipv4}:${NODE_PORT}`,
    },
    addresses: [`${side.endAddress}/32`, `${side.endAddress6}/128`],
    mtu: END_MTU,
  });
  await host.must('ip', 'route', 'add', '172.21.128.0/23', 'dev', device);
  await host.must('ip', '-6', 'route', 'add', 'fdb0::/15', 'dev', device);
  return daemon;
}

function configOf(lab: Lab, side: Side, keys: Keys, form: ObfuscationConfig): object {
  const other = otherOf(side);
  return {
    node: {
      name: side.node,
      asn: side.asn,
      routerId: side.address,
      addresses: [side.address, side.address6],
      announce: side.prefixes,
      linkLocal: side.linkLocal,
      listen: { port: NODE_PORT, host: '::' },
      privateKeyFile: keyFileOf(lab, side.node),
      privateEndpoints: true,
    },
    peerings: [
      {
        name: other.node,
        asn: other.asn,
        publicKey: keys[other.node].publicKey,
        endpoint: `[${lab.host(other.node).ipv6}]:${NODE_PORT}`,
        linkLocal: other.linkLocal,
        mtu: NODE_MTU,
        obfuscation: form,
      },
      {
        name: side.end,
        asn: side.endAsn,
        publicKey: keys[side.end].publicKey,
        endpoint: `${lab.host(side.end).ipv4}:${END_PORT}`,
        keepalive: KEEPALIVE_SECONDS,
        sessions: 'none',
        mtu: NODE_MTU,
      },
    ],
    routes: [
      { prefix: `${side.endAddress}/32`, via: side.end },
      { prefix: `${side.endAddress6}/128`, via: side.end },
    ],
  };
}
