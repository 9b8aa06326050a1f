/**
 * Edges and supernodes of a layer-2 mesh in hosts of the lab, as an operator runs them: a file and a command.
 *
 * They run as root, because a tap takes CAP_NET_ADMIN of its namespace. Which program runs is the suite's to say: ours, or
 * the original, whose options are the same.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { newYamlFile } from '../../router-core/host/yaml-file.ts';
import {
  ALWAYS_QUOTED,
  EDGE_SAMPLE,
  SUPER_SAMPLE,
} from '../../router-core/mesh/etherguard/config/index.ts';
import { makeWireguardKeys, type WireguardKeys } from './daemons.ts';
import type { Host, Lab } from './network.ts';
import { Daemon, eventually, run } from './process.ts';

/** How a node is started: the words before `-config FILE`. */
export type MeshProgram = (mode: 'edge' | 'super') => readonly string[];

const COMMAND = resolve(import.meta.dirname, '../../bin/rootless42.mjs');
export const OURS: MeshProgram = (mode) => [process.execPath, COMMAND, mode];
/** The original's binary, or something that takes its options. */
export const original =
  (path: string): MeshProgram =>
  (mode) => [path, '-mode', mode];

export type MeshMember = {
  readonly number: number;
  readonly name: string;
  readonly host: Host;
  readonly keys: WireguardKeys;
};

export const EDGE_PORT = 3100;
export const SUPER_PORT = 3000;
/** Of taps: 10.77.0.<number>. */
export const MESH_NETWORK = '10.77.0';
export const TAP = 'eg0';

export const meshAddress = ({ number }: { number: number }): string => `${MESH_NETWORK}.${number}`;

/** Returns members with fresh keys; their names are nobody else's on this machine, as `wg show` needs it. */
export const meshMembers = (lab: Lab, hosts: readonly string[]): Promise<MeshMember[]> =>
  Promise.all(
    hosts.map(async (host, i) => ({
      number: i + 1,
      name: `${host}${process.pid % 100_000}`,
      host: lab.host(host),
      keys: await makeWireguardKeys(),
    })),
  );

/** Places of a file by dots, such as `DynamicRoute.P2P.UseP2P`. */
export type Places = Readonly<Record<string, unknown>>;

const changesOf = (places: Places) =>
  Object.entries(places).map(([path, value]) => ({ path: path.split('.'), value }));

/**
 * Of every node: a relay is worth it when it saves more than a busy machine of tests holds a ping up for. What may move
 * without consequence is less than that, or a table made from late first pings would stay.
 */
const COST_MS = 20;
const JITTER_MS = 10;

/** What all nodes of a test have: quick, quiet, over IPv4, without time servers. */
const EDGE_PLACES: Places = {
  'Interface.Name': TAP,
  'Interface.MacAddrPrefix': '02:42:AC:10',
  'Interface.IPv4CIDR': `${MESH_NETWORK}.0/24`,
  'DisabledAf.IPv6': true,
  'DynamicRoute.SendPingInterval': 1,
  'DynamicRoute.PeerAliveTimeout': 6,
  'DynamicRoute.TimeoutCheckInterval': 1,
  'DynamicRoute.ConnNextTry': 1,
  'DynamicRoute.AdditionalCost': COST_MS,
  'DynamicRoute.DampingFilterRadius': 0,
  'DynamicRoute.SaveNewPeers': false,
  'DynamicRoute.SuperNode.UseSuperNode': false,
  'DynamicRoute.P2P.SendPeerInterval': 2,
  'DynamicRoute.P2P.GraphRecalculateSetting.JitterTolerance': JITTER_MS,
  'DynamicRoute.P2P.GraphRecalculateSetting.TimeoutCheckInterval': 1,
  'DynamicRoute.P2P.GraphRecalculateSetting.RecalculateCoolDown': 0,
  'DynamicRoute.NTPConfig.UseNTP': false,
};

/** Returns the file of an edge; `places` win over what all tests have. */
export function edgeFile(member: MeshMember, places: Places): string {
  const file = newYamlFile(EDGE_SAMPLE);
  file.change(
    changesOf({
      ...EDGE_PLACES,
      NodeID: member.number,
      NodeName: member.name,
      PrivKey: member.keys.privateKey,
      ListenPort: EDGE_PORT,
      ...places,
    }),
  );
  return file.text(ALWAYS_QUOTED);
}

/** Returns entries of `Peers` for these members, at their hosts. */
export const edgePeers = (members: readonly MeshMember[]) =>
  members.map(({ number, keys, host }) => ({
    NodeID: number,
    PubKey: keys.publicKey,
    PSKey: '',
    EndPoint: `${host.ipv4}:${EDGE_PORT}`,
    PersistentKeepalive: 0,
    Static: true,
  }));

const SUPER_PLACES: Places = {
  'DisabledAf.IPv6': true,
  ListenPort: SUPER_PORT,
  ListenPort_EdgeAPI: String(SUPER_PORT),
  ListenPort_ManageAPI: String(SUPER_PORT),
  RePushConfigInterval: 5,
  HttpPostInterval: 2,
  PeerAliveTimeout: 6,
  SendPingInterval: 1,
  DampingFilterRadius: 0,
  'Passwords.DelPeer': 'delete',
  'Passwords.ShowState': 'show',
  'GraphRecalculateSetting.JitterTolerance': JITTER_MS,
  'GraphRecalculateSetting.TimeoutCheckInterval': 1,
  'GraphRecalculateSetting.RecalculateCoolDown': 0,
};

export type SupernodeKeys = { readonly keys: WireguardKeys; readonly presharedKey: string };

/** Returns the file of a supernode that knows these edges. */
export function superFile(
  name: string,
  { keys, presharedKey }: SupernodeKeys,
  edges: readonly MeshMember[],
  places: Places = {},
): string {
  const file = newYamlFile(SUPER_SAMPLE);
  file.change(
    changesOf({
      ...SUPER_PLACES,
      NodeName: name,
      PrivKeyV4: keys.privateKey,
      Peers: edges.map((edge) => ({
        NodeID: edge.number,
        Name: edge.name,
        PubKey: edge.keys.publicKey,
        PSKey: presharedKey,
        AdditionalCost: COST_MS,
        SkipLocalIP: false,
        EndPoint: '',
        ExternalIP: '',
      })),
      ...places,
    }),
  );
  return file.text(ALWAYS_QUOTED);
}

/** What an edge's file says about its supernode. */
export const superPlaces = (host: Host, { keys, presharedKey }: SupernodeKeys): Places => ({
  'DynamicRoute.SuperNode.UseSuperNode': true,
  'DynamicRoute.SuperNode.PSKey': presharedKey,
  'DynamicRoute.SuperNode.EndpointV4': `${host.ipv4}:${SUPER_PORT}`,
  'DynamicRoute.SuperNode.PubKeyV4': keys.publicKey,
  'DynamicRoute.SuperNode.EndpointEdgeAPIUrl': `http://${host.ipv4}:${SUPER_PORT}/eg_api`,
});

/** The same over IPv6, where the supernode has a key of its own. */
export const superPlacesV6 = (host: Host, { keys }: SupernodeKeys): Places => ({
  'DynamicRoute.SuperNode.EndpointV6': `[${host.ipv6}]:${SUPER_PORT}`,
  'DynamicRoute.SuperNode.PubKeyV6': keys.publicKey,
});

export class MeshNode extends Daemon {
  readonly file: string;

  constructor(
    name: string,
    host: Host,
    file: string,
    words: readonly string[],
    env: NodeJS.ProcessEnv,
  ) {
    const [command = '', ...args] = words;
    super(name, ...host.inside(command, ...args, '-config', file), env);
    this.file = file;
  }

  /** Gives it another file, which it reads at once. */
  async reload(text: string): Promise<void> {
    const before = this.output.length;
    writeFileSync(this.file, text);
    process.kill(this.pid, 'SIGHUP');
    await eventually(
      'the file was read again',
      async () => this.output.slice(before),
      (told) => told.includes('was read again'),
      5000,
    );
  }
}

/** Writes a file and starts a node with it; one of ours has said READY. */
export async function startMeshNode(
  lab: Lab,
  host: Host,
  mode: 'edge' | 'super',
  text: string,
  program: MeshProgram = OURS,
  env: NodeJS.ProcessEnv = process.env,
): Promise<MeshNode> {
  const file = join(lab.folder, `${host.name}-${mode}.yaml`);
  writeFileSync(file, text, { mode: 0o600 });
  const node = new MeshNode(`${mode} ${host.name}`, host, file, program(mode), env);
  if (program === OURS) await node.printed(/"READY"/);
  return node;
}

/** Pings until an answer comes. */
export const reaches = (from: MeshMember, to: MeshMember, timeoutMs = 20_000): Promise<string> =>
  eventually(
    `${from.name} reaches ${to.name}`,
    () => ping(from, to, '-c', '1', '-W', '1'),
    (text) => text.includes(' 0% packet loss'),
    timeoutMs,
  );

export async function ping(
  from: MeshMember,
  to: MeshMember,
  ...options: string[]
): Promise<string> {
  const { stdout, stderr } = await run(...from.host.inside('ping', ...options, meshAddress(to)));
  return stdout + stderr;
}

/** Where `wg show` says that a node's peer with this key is; empty when nowhere. */
export async function wgEndpoint(name: string, publicKey: string): Promise<string> {
  const { stdout } = await run('wg', ['show', name, 'endpoints']);
  const line = stdout.split('\n').find((text) => text.startsWith(publicKey)) ?? '';
  const [, endpoint = ''] = line.split('\t');
  return endpoint === '(none)' ? '' : endpoint;
}

/** Octets that `wg show` counts between a node and the peer with this key. */
export async function wgTransfer(
  name: string,
  publicKey: string,
): Promise<{ received: number; sent: number }> {
  const { stdout } = await run('wg', ['show', name, 'transfer']);
  const line = stdout.split('\n').find((text) => text.startsWith(publicKey)) ?? '';
  const [, received = 0, sent = 0] = line.split('\t').map(Number);
  return { received, sent };
}
