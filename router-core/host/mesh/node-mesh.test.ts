/** Two nodes with real sockets: one runs the supernode, both are edges of its mesh. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { assert } from '../../base/assert.ts';
import { toBase64 } from '../../base/bytes.ts';
import { documentOfFile, readConfigFile } from '../../router/config-file.ts';
import { createDoorClient } from '../../router/door/client.ts';
import type { DoorReply, DoorRequest, RouterClient } from '../../router/door/contract.ts';
import { memoryChannel } from '../../router/door/message-channel.ts';
import { createNobleCrypto } from '../../router/index.ts';
import type { MeshEdgeStatus } from '../../router/mesh/mesh-view-types.ts';
import { createNativeCrypto } from '../native-crypto.ts';
import { readOrMakeNodeKey } from '../node-key.ts';
import { type RunningRouter, runRouter } from '../run-router.ts';
import { scheduleOnEventLoop } from '../supervisor.ts';
import { systemRandom } from '../system-random.ts';
import { freePort } from '../testing/free-port.ts';
import { QUICK_SUPERNODE } from '../testing/mesh-node.ts';
import { readYamlFile } from '../yaml-file.ts';
import { API_RETRY_MS } from './limits.ts';

const crypto = createNativeCrypto(createNobleCrypto(systemRandom));
const folder = mkdtempSync(join(tmpdir(), 'r42-node-mesh-'));
const nodes: TestNode[] = [];

type TestNode = {
  readonly router: RunningRouter;
  readonly client: RouterClient;
  readonly data: string;
};

/** Applies one file, with a mesh, to a router in this process. */
async function startNode(
  name: string,
  values: Record<string, unknown>,
  failures: readonly string[] = [],
): Promise<TestNode> {
  const data = join(folder, name);
  const router = runRouter({
    dataFolder: data,
    version: 'test',
    crypto,
    underlay: { kind: 'inline', reason: 'a test' },
    end: () => undefined,
    log: () => undefined,
  });
  const [theirs, ours] = memoryChannel<DoorRequest, DoorReply>((run) => setImmediate(run));
  router.serve(ours);
  const client = createDoorClient(theirs, scheduleOnEventLoop);
  const started = { router, client, data };
  nodes.push(started);
  const { file, findings } = readConfigFile(
    {
      node: {
        name,
        asn: 4242426000,
        addresses: [],
        listen: { port: await freePort(), host: '127.0.0.1' },
        privateKeyFile: join(data, 'wg.key'),
      },
      uapi: { enabled: false },
      ...values,
    },
    (path) => resolve(folder, path),
    undefined,
    (path) => readYamlFile(path, 1_000_000).values(),
  );
  assert(file !== undefined, JSON.stringify(findings));
  const { publicKey } = readOrMakeNodeKey(file.node.privateKeyFile);
  const { config } = documentOfFile(file, toBase64(publicKey));
  assert(config !== undefined, 'a document');
  expect(JSON.stringify(config)).not.toContain('PrivKey');
  const report = await client.call('apply', { config });
  const failed = report.lines.filter(({ outcome }) => outcome === 'failed');
  expect(failed.map(({ code }) => code)).toEqual(failures);
  return started;
}

const keys = {
  first: keyPair(),
  second: keyPair(),
  supernode: keyPair(),
};

function keyPair(): { readonly secret: string; readonly open: string } {
  const key = systemRandom.bytes(32);
  return { secret: toBase64(key), open: toBase64(crypto.importPrivateKey(key).publicKey.bytes) };
}

let first: TestNode;
let second: TestNode;

beforeAll(async () => {
  const port = await freePort();
  const http = await freePort();
  const edge = (node: number): Record<string, unknown> => ({
    Interface: { MacAddrPrefix: '02:42:AC:10', IPv6CIDR: 'fd42:42::/64' },
    NodeID: node,
    NodeName: `edge${node}`,
    DefaultTTL: 20,
    DisabledAf: { IPv6: true, ListenIPv4: '127.0.0.1' },
    DynamicRoute: {
      SendPingInterval: 1,
      PeerAliveTimeout: 20,
      TimeoutCheckInterval: 1,
      ConnNextTry: 1,
      DupCheckTimeout: 40,
      SuperNode: {
        UseSuperNode: true,
        EndpointV4: `127.0.0.1:${port}`,
        PubKeyV4: keys.supernode.open,
        EndpointEdgeAPIUrl: `http://127.0.0.1:${http}/mesh`,
      },
    },
  });
  const supernode = {
    ...QUICK_SUPERNODE,
    NodeName: 'super',
    PrivKeyV4: keys.supernode.secret,
    ListenPort: port,
    ListenPort_EdgeAPI: http,
    API_Prefix: '/mesh',
    UsePSKForInterEdge: true,
    Peers: [
      { NodeID: 1, Name: 'first', PubKey: keys.first.open },
      { NodeID: 2, Name: 'second', PubKey: keys.second.open },
    ],
  };
  writeFileSync(join(folder, 'super.yaml'), JSON.stringify(supernode), { mode: 0o600 });
  writeFileSync(join(folder, 'first.key'), `${keys.first.secret}\n`, { mode: 0o600 });
  const original = { ...edge(2), PrivKey: keys.second.secret };
  writeFileSync(join(folder, 'second.yaml'), JSON.stringify(original), { mode: 0o600 });
  first = await startNode('first', {
    mesh: { edge: edge(1), privateKeyFile: './first.key', supernode: './super.yaml' },
  });
  second = await startNode('second', { mesh: { edge: './second.yaml' } });
});

afterAll(async () => {
  for (const { router } of nodes) await router.stop('the test ends');
  rmSync(folder, { recursive: true, force: true });
});

async function edgeOf({ client }: TestNode): Promise<MeshEdgeStatus> {
  const { mesh } = await client.call('snapshot', {});
  assert(mesh?.edge?.status != null, 'an edge that runs');
  return mesh.edge.status;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const since = performance.now(); !(await isSo()); ) {
    assert(performance.now() - since < 20_000, 'what is waited for happens');
    await new Promise((go) => setTimeout(go, 100));
  }
}

test('edges register over UDP, report over HTTP, and find each other by what they are told', async () => {
  await until(async () => {
    const { links } = await edgeOf(second);
    return links.some(({ node, isAlive }) => node === 1 && isAlive);
  });
  const edge = await edgeOf(second);
  expect(edge).toMatchObject({ node: 2, mode: 'super', publicKey: keys.second.open });
  expect(edge.links.find(({ node }) => node === 1)).toMatchObject({
    origin: 'supernode',
    publicKey: keys.first.open,
    problem: null,
  });
  const { mesh } = await first.client.call('snapshot', {});
  expect(mesh?.supernode?.status?.edges.map(({ node, isAlive }) => [node, isAlive])).toEqual([
    [1, true],
    [2, true],
  ]);
});

test('a ping crosses, between ports of two IP stacks', async () => {
  // Both ends: an answer needs an address and a way as a question does.
  await until(async () =>
    (await Promise.all([first, second].map(edgeOf))).every(
      ({ port, ways }) =>
        (port?.addresses.every(({ state }) => state === 'assigned') ?? false) &&
        ways.some(({ to, nodes }) => nodes.at(-1) === to),
    ),
  );
  const outcomes: unknown[] = [];
  const query = { name: 'ping', argument: 'fd42:42::2', options: { count: 3 } } as const;
  for await (const row of first.client.query(query)) outcomes.push(row.outcome);
  expect(outcomes).toEqual(['reply', 'reply', 'reply']);
});

test('a key nobody names is made on the node, for its owner only', async () => {
  const lonely = await startNode('lonely', {
    mesh: {
      edge: {
        Interface: { IType: 'dummy' },
        NodeID: 9,
        NodeName: 'lonely',
        DefaultTTL: 20,
        DisabledAf: { IPv6: true, ListenIPv4: '127.0.0.1' },
      },
    },
  });
  const path = join(lonely.data, 'keys', 'mesh', 'edge.key');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { publicKey } = readOrMakeNodeKey(path);
  expect((await edgeOf(lonely)).publicKey).toBe(toBase64(publicKey));
  expect(readFileSync(path, 'utf8')).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
});

test('a port of the API that somebody else holds is a problem in words, and tried again', async () => {
  const holder = createServer().listen(0);
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const supernode = {
      ...QUICK_SUPERNODE,
      NodeName: 'held',
      ListenPort: await freePort(),
      ListenPort_EdgeAPI: port,
    };
    const held = await startNode('held', { mesh: { supernode } }, ['SOCKET_FAILED']);
    const problem = async () => (await held.client.call('snapshot', {})).mesh?.supernode?.problem;
    expect(await problem()).toMatchObject({
      code: 'SOCKET_FAILED',
      message: expect.stringContaining(`TCP port ${port} of the EdgeAPI cannot be opened`),
    });
    holder.close();
    await once(holder, 'close');
    await vi.advanceTimersByTimeAsync(API_RETRY_MS);
    while ((await problem()) !== null) await new Promise((go) => setImmediate(go));
    const answer = await fetch(`http://127.0.0.1:${port}/eg_net/eg_api/edge/peerinfo`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  } finally {
    vi.useRealTimers();
    holder.close();
  }
});
