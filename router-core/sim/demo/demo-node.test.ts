/** The demo as a newcomer sees it, through the door that a portal uses. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { createNativeCrypto } from '../../host/native-crypto.ts';
import { peeringConfigOf } from '../../router/config-file.ts';
import { withDigest } from '../../router/digest.ts';
import { createNobleCrypto } from '../../router/index.ts';
import { checkPeeringRequest, normalizePeering } from '../../router/peering-rules.ts';
import { NODE_CONFIG_SCHEMA, type NodeConfig, type RouterEvent } from '../../router/types.ts';
import { testKeyPair } from '../networks.ts';
import { createTestEventLoop } from '../testing/event-loop.ts';
import { createDemoNode, type DemoNode } from './demo-node.ts';

function startDemo() {
  const time = createTestEventLoop();
  const demo = createDemoNode({
    time,
    crypto: createNativeCrypto(createNobleCrypto(seededRandom(5))),
    version: 'test',
    seed: 1,
    privateKeyOf: () => testKeyPair('operator').privateKey,
  });
  return { time, demo, client: demo.node.client };
}

test('established sessions, routes and a looking glass within half a minute', async () => {
  const { time, demo, client } = startDemo();
  const events: RouterEvent[] = [];
  client.watch((event) => events.push(event));
  await time.answer(client.call('apply', { config: documentOf(demo) }));
  await time.pass(30_000);

  const { peerings, node } = await time.answer(client.call('snapshot', {}));
  const states = peerings.map(({ name, operational, diagnosis }) =>
    [name, operational, ...diagnosis.map(({ code }) => code)].join(' '),
  );
  expect(states.sort()).toEqual([
    'alder established',
    'basalt established',
    'cinder established',
    'drift established',
    'ember established BGP_PREFIXES_REJECTED',
    'fjord provisioned WG_KEY_UNKNOWN',
    'hazel provisioned UDP_SILENT',
    'lichen established',
  ]);
  expect(node.routes.ipv4).toBeGreaterThan(9);
  expect(node.underlay.kind).toBe('simulated');
  expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['node', 'peering']));

  const ask = (name: 'route' | 'ping', argument: string) =>
    time.rows(client.query({ name, argument, options: { count: 2 } }));
  const paths = await ask('route', '172.21.138.1');
  expect(paths.map(({ from }) => from).sort()).toEqual(['alder', 'basalt']);
  expect(await ask('ping', 'fdbf:6000:10f::1')).toMatchObject([
    { outcome: 'reply' },
    { outcome: 'reply' },
  ]);
  await time.answer(demo.node.stop('enough'));
});

test('it lives: routes come and go, sessions stay', async () => {
  const { time, demo, client } = startDemo();
  await time.answer(client.call('apply', { config: documentOf(demo) }));
  await time.pass(30_000);
  const before = await time.answer(client.call('snapshot', {}));
  const totals = new Set<number>();
  for (let i = 0; i < 60; i++) {
    await time.pass(10_000);
    const { node } = await time.answer(client.call('snapshot', {}));
    totals.add(node.routes.ipv4 * 1000 + node.routes.ipv6);
  }
  expect(totals.size).toBeGreaterThan(1);
  const after = await time.answer(client.call('snapshot', {}));
  const established = (snapshot: typeof after): string[] =>
    snapshot.peerings.flatMap(({ sessions }) =>
      sessions.filter(({ state }) => state === 'established').map(({ since }) => since),
    );
  expect(established(after)).toEqual(established(before));
  await time.answer(demo.node.stop('enough'));
});

test('who puts the offered key into the form gets unstuck', async () => {
  const { time, demo, client } = startDemo();
  const document = documentOf(demo);
  await time.answer(client.call('apply', { config: document }));
  await time.pass(10_000);
  const peerings = document.peerings.map((peering) =>
    peering.name === 'fjord' ? { ...peering, publicKey: testKeyPair('fjord').publicKey } : peering,
  );
  const config = withDigest({ ...document, revision: 2, peerings });
  await time.answer(client.call('apply', { config }));
  await time.pass(15_000);
  const snapshot = await time.answer(client.call('snapshot', {}));
  expect(snapshot.peerings.find(({ name }) => name === 'fjord')?.operational).toBe('established');
  await time.answer(demo.node.stop('enough'));
});

/** The document a portal makes of the demo's settings and requests, which pass its rules. */
function documentOf({ settings, mesh, peerings }: DemoNode): NodeConfig {
  const node = { ...settings, publicKey: testKeyPair('operator').publicKey };
  const requests = peerings.map((peering) => ({ ...peering, node: settings.name }));
  for (const request of requests)
    expect(checkPeeringRequest(request, { node, actor: 'visitor' })).toEqual([]);
  return withDigest({
    schema: NODE_CONFIG_SCHEMA,
    source: 'demo',
    epoch: 'one',
    revision: 1,
    node: { ...settings, privateKeyFile: '/demo.key' },
    mesh,
    peerings: requests.map((request) => peeringConfigOf(request.name, normalizePeering(request))),
    routes: [],
  });
}

test('the mesh of the demo: its ways follow one direction, and the demo node relays', async () => {
  const { time, demo, client } = startDemo();
  await time.answer(client.call('apply', { config: documentOf(demo) }));
  await time.pass(60_000);
  const { mesh } = await time.answer(client.call('snapshot', {}));
  const status = mesh?.supernode?.status;
  const alive = status?.edges.filter(({ isAlive }) => isAlive).map(({ name }) => name);
  expect(alive).toEqual(['tokyo', 'hongkong', 'singapore', 'fremont', 'frankfurt', 'newyork']);
  expect(status?.latencies).toHaveLength(30);
  const ways = Object.fromEntries(
    (status?.ways ?? []).map(({ from, to, nodes }) => [`${from} ${to}`, nodes.join(' ')]),
  );
  expect(ways).toMatchObject({ '1 5': '1 3 5', '5 1': '5 1', '6 2': '6 1 2', '2 6': '2 6' });
  const toHongKong = mesh?.edge?.status?.links.find(({ node }) => node === 2);
  expect(toHongKong?.relayedFrames).toBeGreaterThan(5);
  const { links } = await time.answer(client.call('meshHistory', { range: 'hour' }));
  expect(links.find(({ from, to }) => from === 6 && to === 2)?.samples.at(-1)).toBeCloseTo(142, -1);
  await time.answer(demo.node.stop('enough'));
});
