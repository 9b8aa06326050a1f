/**
 * Edges and a supernode in this process, over loopback: what goes in at one interface comes out at another.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromBase64, toHex } from '../../base/bytes.ts';
import {
  EDGE_SAMPLE,
  type EdgeConfig,
  freshKeys,
  type Reading,
  readEdgeConfig,
  readSuperConfig,
  SUPER_SAMPLE,
  type SuperConfig,
} from '../../mesh/etherguard/config/index.ts';
import type { MeshEdgeView } from '../../mesh/etherguard/edge/index.ts';
import type { SupernodeView } from '../../mesh/etherguard/supernode/index.ts';
import { createNobleCrypto } from '../../router/index.ts';
import { createNativeCrypto } from '../native-crypto.ts';
import { systemRandom } from '../system-random.ts';
import { freePort } from '../testing/free-port.ts';
import { newYamlFile } from '../yaml-file.ts';
import { renderEdgeTemplate } from './edge-template.ts';
import { startEdge } from './run-edge.ts';
import { startSupernode } from './run-supernode.ts';
import type { RunMeshOptions, RunningMesh } from './running-mesh.ts';

const crypto = createNativeCrypto(createNobleCrypto(systemRandom));
const keys = freshKeys(systemRandom, crypto);
const SILENT = {
  'LogLevel.LogControl': false,
  'LogLevel.LogInternal': false,
  'LogLevel.LogNTP': false,
};

let folder: string;
let lines: string[];
let cleanups: (() => unknown)[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'r42-run-mesh-'));
  lines = [];
  cleanups = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  rmSync(folder, { recursive: true });
});

type Places = Readonly<Record<string, unknown>>;

function read<T>(sample: unknown, places: Places, reader: (values: unknown) => Reading<T>): T {
  const file = newYamlFile(sample);
  file.change(Object.entries(places).map(([path, value]) => ({ path: path.split('.'), value })));
  const { config, findings } = reader(file.values());
  if (config === undefined) throw new Error(JSON.stringify(findings));
  return config;
}

const edgeConfig = (node: number, privateKey: string, places: Places): EdgeConfig =>
  read(
    EDGE_SAMPLE,
    {
      ...SILENT,
      'Interface.IType': 'dummy',
      NodeID: node,
      NodeName: `edge${node}`,
      PrivKey: privateKey,
      'DisabledAf.ListenIPv4': '127.0.0.1',
      'DisabledAf.IPv6': true,
      'DynamicRoute.SendPingInterval': 1,
      'DynamicRoute.PeerAliveTimeout': 5,
      'DynamicRoute.TimeoutCheckInterval': 1,
      'DynamicRoute.ConnNextTry': 1,
      'DynamicRoute.SuperNode.UseSuperNode': false,
      'DynamicRoute.NTPConfig.UseNTP': false,
      ...places,
    },
    readEdgeConfig,
  );

const superConfig = (places: Places): SuperConfig =>
  read(
    SUPER_SAMPLE,
    {
      ...SILENT,
      'DisabledAf.ListenIPv4': '127.0.0.1',
      'DisabledAf.IPv6': true,
      NodeName: 'super',
      PrivKeyV4: keys.pair().privateKey,
      HttpPostInterval: 2,
      SendPingInterval: 1,
      PeerAliveTimeout: 5,
      'GraphRecalculateSetting.RecalculateCoolDown': 0,
      ...places,
    },
    readSuperConfig,
  );

function options(changes: Partial<RunMeshOptions> = {}): RunMeshOptions {
  return {
    crypto,
    hasUapi: true,
    environment: { EG_UAPI_DIR: folder },
    signal: new AbortController().signal,
    log: (level, message) => lines.push(`${level} ${message}`),
    changeConfig: () => undefined,
    ...changes,
  };
}

async function runEdge(
  config: EdgeConfig,
  changes?: Partial<RunMeshOptions>,
): Promise<RunningMesh<EdgeConfig, MeshEdgeView>> {
  const running = await startEdge(config, options(changes));
  cleanups.push(() => running.stop());
  return running;
}

async function runSupernode(config: SuperConfig): Promise<RunningMesh<SuperConfig, SupernodeView>> {
  const running = await startSupernode(config, { ...options(), edgeTemplate: undefined });
  cleanups.push(() => running.stop());
  return running;
}

async function udpSocket(): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  cleanups.push(() => socket.close());
  return { socket, port: socket.address().port };
}

/** What the socket for `wg show` answers. */
async function ask(path: string): Promise<string> {
  const socket = connect(path);
  socket.end('get=1\n\n');
  let text = '';
  for await (const part of socket) text += String(part);
  return text;
}

const peer = (node: number, publicKey: string, port: number) => ({
  NodeID: node,
  PubKey: publicKey,
  PSKey: '',
  EndPoint: `127.0.0.1:${port}`,
  PersistentKeepalive: node,
  Static: true,
});

const FRAME = Buffer.from(`ffffffffffff0242ac1000010800${'42'.repeat(46)}`, 'hex');

test('a frame goes in here and comes out there; wg show tells of the session', async () => {
  const [one, two] = [keys.pair(), keys.pair()];
  const [first, second] = [await freePort(), await freePort()];
  const [inside, outside] = [await udpSocket(), await udpSocket()];
  const frames = await freePort();
  const table = { 1: { 2: 2 }, 2: { 1: 1 } };
  const socketPlaces = (recv: string, send: number) => ({
    'Interface.IType': 'udpsock',
    'Interface.RecvAddr': recv,
    'Interface.SendAddr': `127.0.0.1:${send}`,
    NextHopTable: table,
  });
  await runEdge(
    edgeConfig(1, one.privateKey, {
      ...socketPlaces(`127.0.0.1:${frames}`, inside.port),
      ListenPort: first,
      Peers: [peer(2, two.publicKey, second)],
    }),
  );
  const running = await runEdge(
    edgeConfig(2, two.privateKey, {
      ...socketPlaces('', outside.port),
      ListenPort: second,
      Peers: [peer(1, one.publicKey, first)],
    }),
  );
  inside.socket.send(FRAME, frames, '127.0.0.1');
  const [received] = (await once(outside.socket, 'message')) as [Buffer];
  expect(received.subarray(0, FRAME.length)).toEqual(FRAME);

  const shown = await ask(join(folder, 'edge1.sock'));
  expect(shown).toContain(`listen_port=${first}\npublic_key=${toHex(octetsOf(two.publicKey))}\n`);
  expect(shown).toContain(`endpoint=127.0.0.1:${second}\n`);
  expect(shown).toContain(
    'persistent_keepalive_interval=2\nallowed_ip=0.0.0.0/0\nallowed_ip=::/0\n',
  );
  expect(shown).toMatch(/last_handshake_time_sec=[1-9]/);
  expect(shown).not.toContain('private_key');

  await running.stop();
  expect(await running.ended).toMatchObject({ exitCode: 0 });
  expect(existsSync(join(folder, 'edge2.sock'))).toBe(false);
});

test('a supernode introduces two edges, and removes one, which ends', async () => {
  const [port, http] = [await freePort(), await freePort()];
  const superKeys = keys.pair();
  const pairs = [keys.pair(), keys.pair()];
  const secret = keys.preshared();
  const supernode = await runSupernode(
    superConfig({
      PrivKeyV4: superKeys.privateKey,
      ListenPort: port,
      ListenPort_EdgeAPI: String(http),
      ListenPort_ManageAPI: String(http),
      'Passwords.DelPeer': 'word',
      Peers: pairs.map(({ publicKey }, i) => ({
        NodeID: i + 1,
        Name: `edge${i + 1}`,
        PubKey: publicKey,
        PSKey: secret,
        AdditionalCost: -1,
        SkipLocalIP: false,
        EndPoint: '',
        ExternalIP: '',
      })),
    }),
  );
  const edges = [];
  for (const [i, { privateKey }] of pairs.entries())
    edges.push(
      await runEdge(
        edgeConfig(i + 1, privateKey, {
          'DynamicRoute.SuperNode.UseSuperNode': true,
          'DynamicRoute.SuperNode.PSKey': secret,
          'DynamicRoute.SuperNode.EndpointV4': `127.0.0.1:${port}`,
          'DynamicRoute.SuperNode.PubKeyV4': superKeys.publicKey,
          'DynamicRoute.SuperNode.EndpointEdgeAPIUrl': `http://127.0.0.1:${http}/eg_api`,
        }),
      ),
    );
  const [first, second] = edges;
  await until(() => first?.view().tableFrom === 'supernode' && hasWay(first.view(), 1, 2));
  await until(() => second !== undefined && hasWay(second.view(), 2, 1));
  expect(supernode.view().edges.map((edge) => edge.isAlive)).toEqual([true, true]);
  // The first report may come after the first table: pings go by another way.
  await until(() => supernode.view().edges[0]?.localAddresses.length === 1);
  expect(supernode.view().edges[0]?.localAddresses).toEqual([
    `127.0.0.1:${first?.view().listenPorts[0]?.port}`,
  ]);
  expect(await ask(join(folder, 'super_v4.sock'))).toContain(
    `public_key=${toHex(octetsOf(pairs[0]?.publicKey ?? ''))}\n`,
  );
  expect(existsSync(join(folder, 'super_v6.sock'))).toBe(false);

  const removed = await fetch(
    `http://127.0.0.1:${http}/eg_api/manage/peer/del?Password=word&NodeID=2`,
  );
  expect(await removed.text()).toContain('NodeID: 2 deleted.');
  expect(await second?.ended).toMatchObject({ exitCode: 0 });
});

test('the script is told about the edge before it speaks, and stops it by failing', async () => {
  const told = join(folder, 'told');
  const script = `sh -c 'env | grep ^EG_ | sort > ${told}'`;
  await runEdge(edgeConfig(43981, keys.pair().privateKey, { PostScript: script }));
  expect(readFileSync(told, 'utf8')).toContain('EG_NODE_ID_BYTE0_HEX=CD\n');
  expect(readFileSync(told, 'utf8')).toContain('EG_INTERFACE_TYPE=dummy\n');
  await expect(
    startEdge(edgeConfig(1, keys.pair().privateKey, { PostScript: 'false' }), options()),
  ).rejects.toMatchObject({ code: 'MESH_SCRIPT_FAILED' });
  await expect(
    startSupernode(superConfig({ ListenPort: await freePort(), PostScript: 'false' }), {
      ...options(),
      edgeTemplate: undefined,
    }),
  ).rejects.toMatchObject({ code: 'MESH_SCRIPT_FAILED' });
});

test('an edge goes on without a socket for wg show, a supernode does not', async () => {
  writeFileSync(join(folder, 'file'), 'no folder');
  const environment = { EG_UAPI_DIR: join(folder, 'file') };
  await runEdge(edgeConfig(1, keys.pair().privateKey, {}), { environment });
  expect(lines).toContain('warn socket for wg show');
  const config = superConfig({
    ListenPort: await freePort(),
    ListenPort_EdgeAPI: String(await freePort()),
    ListenPort_ManageAPI: '',
  });
  await expect(
    startSupernode(config, { ...options({ environment }), edgeTemplate: undefined }),
  ).rejects.toMatchObject({ code: 'SOCKET_FAILED', message: expect.stringContaining('wg show') });
  // What it had opened before is closed: the next one finds its ports free.
  await runSupernode(config);
});

test('a port in use stops the start, and a changed file is followed as far as it can be', async () => {
  const { socket, port } = await udpSocket();
  await expect(
    startEdge(edgeConfig(1, keys.pair().privateKey, { ListenPort: port }), options()),
  ).rejects.toMatchObject({ code: 'SOCKET_FAILED' });
  expect(socket.address().port).toBe(port);

  const pair = keys.pair();
  const other = keys.pair().publicKey;
  const running = await runEdge(edgeConfig(1, pair.privateKey, {}));
  expect(running.view().links).toEqual([]);
  running.configure(edgeConfig(1, pair.privateKey, { Peers: [peer(2, other, 9)] }));
  expect(running.view().links.map((link) => link.node)).toEqual([2]);
  expect(() => running.configure(edgeConfig(2, pair.privateKey, {}))).toThrow(
    expect.objectContaining({ code: 'MESH_RESTART_NEEDED' }),
  );
});

test('a template keeps its comments when it is filled in', () => {
  const changes = [{ path: ['NodeID'], value: 7 }];
  expect(renderEdgeTemplate('# ours\nNodeID: 1 # number\n', changes)).toBe(
    '# ours\nNodeID: 7 # number\n',
  );
  expect(renderEdgeTemplate({ NodeID: 1, Interface: { MacAddrPrefix: '02:42' } }, changes)).toBe(
    'NodeID: 7\nInterface:\n  MacAddrPrefix: "02:42"\n',
  );
});

const octetsOf = (text: string): Uint8Array => fromBase64(text) ?? new Uint8Array(0);

const hasWay = ({ table }: MeshEdgeView, from: number, to: number): boolean =>
  table.nextHop(from as never, to as never) === to;

async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!isTrue()) {
    if (Date.now() > end) expect.fail('not within 15 s');
    await new Promise((go) => setTimeout(go, 20));
  }
}
