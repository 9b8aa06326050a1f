/** The node of journeys: behind the door like a worker, with visitors that come up by themselves. */
import { expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { createNativeCrypto } from '../host/native-crypto.ts';
import { withDigest } from '../router/digest.ts';
import { createNobleCrypto } from '../router/index.ts';
import {
  NODE_CONFIG_SCHEMA,
  type NodeConfig,
  type PeeringConfig,
  type PeeringView,
} from '../router/types.ts';
import { testKeyPair, testNetwork } from './networks.ts';
import { settingsOf } from './operated-router.ts';
import { peeringWith } from './peering-pair.ts';
import { syntheticRegistry } from './registry.ts';
import { createTestEventLoop } from './testing/event-loop.ts';
import { createVisitedNode } from './visited-node.ts';

function startNode() {
  const time = createTestEventLoop();
  const node = createVisitedNode({
    time,
    crypto: createNativeCrypto(createNobleCrypto(seededRandom(5))),
    version: 'test',
    seed: 3,
    privateKeyOf: () => testKeyPair('operator').privateKey,
    readRegistry: () => syntheticRegistry(time.wallClock.now()),
    meshFilesOf: () => ({}),
  });
  let revision = 0;
  const apply = async (...peerings: readonly PeeringConfig[]): Promise<void> => {
    revision++;
    await time.answer(node.client.call('apply', { config: documentOf(revision, peerings) }));
  };
  const peering = async (id: string): Promise<PeeringView | undefined> => {
    const { peerings } = await time.answer(node.client.call('snapshot', {}));
    return peerings.find((candidate) => candidate.id === id);
  };
  return { time, node, apply, peering };
}

function documentOf(revision: number, peerings: readonly PeeringConfig[]): NodeConfig {
  return withDigest({
    schema: NODE_CONFIG_SCHEMA,
    source: 'database',
    epoch: 'e',
    revision,
    node: settingsOf(testNetwork('operator')),
    peerings,
    routes: [],
    allowMassRemoval: true,
  });
}

const formOf = (name: 'alder' | 'basalt', change: Partial<PeeringConfig> = {}): PeeringConfig =>
  peeringWith(
    {
      node: settingsOf(testNetwork(name)),
      publicKey: testKeyPair(name).publicKey,
      underlay: testNetwork(name).underlay,
    },
    change,
  );

test('a visitor with a well-known key comes up, in every shape of session', async () => {
  const { time, node, apply, peering } = startNode();
  await apply(
    formOf('alder', {
      id: 'a',
      presharedKey: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
      endpoint: '[2001:db8:1::2]:4500',
    }),
    formOf('alder', {
      id: 'b',
      publicKey: testKeyPair('alder', 1).publicKey,
      endpoint: 'alder.example.net:51820',
      sessions: 'separate',
      extendedNextHop: false,
      linkLocal: 'fe80::6101',
      listenPort: 26001,
    }),
    formOf('basalt', { id: 'c', sessions: 'ipv4-only', extendedNextHop: false }),
  );
  await time.answer(node.client.call('registry', { indexPath: '', checkedAt: '' }));
  await time.pass(10_000);
  for (const id of ['a', 'b', 'c'])
    expect(await peering(id)).toMatchObject({ operational: 'established', diagnosis: [] });
  expect((await peering('a'))?.sessions).toMatchObject([{ accepted: 2 }]);
});

test('another key of a known network is offered; an unknown network is silent', async () => {
  const { time, apply, peering } = startNode();
  await apply(
    formOf('alder', { publicKey: testKeyPair('somebody').publicKey }),
    formOf('basalt', { asn: 4242421234, endpoint: '203.0.113.200:51820' }),
  );
  await time.pass(10_000);
  expect((await peering('alder'))?.diagnosis).toMatchObject([
    { code: 'WG_KEY_UNKNOWN', proposal: { value: testKeyPair('alder').publicKey } },
  ]);
  expect((await peering('basalt'))?.diagnosis).toMatchObject([{ code: 'UDP_SILENT' }]);
});

test('it crashes, restarts and stops like a worker, and watchers stay', async () => {
  const { time, node, apply, peering } = startNode();
  const states: string[] = [];
  const heard: string[] = [];
  node.onState((state) => states.push(state));
  node.client.watch((event) => heard.push(event.kind));
  await apply(formOf('alder'));
  await time.pass(10_000);
  expect(await peering('alder')).toMatchObject({ operational: 'established' });

  node.crash();
  await expect(node.client.call('snapshot', {})).rejects.toMatchObject({ code: 'ROUTER_AWAY' });
  heard.length = 0;
  await time.pass(10_000);
  expect(await peering('alder')).toMatchObject({ operational: 'established' });
  expect(heard).toContain('peering');

  await time.answer(node.restart());
  await time.pass(10_000);
  expect(await peering('alder')).toMatchObject({ operational: 'established' });
  expect(node.restarts).toBe(2);

  await time.answer(node.stop('enough'));
  expect(states).toEqual([
    ...['waiting', 'starting', 'running'],
    ...['waiting', 'starting', 'running'],
    'stopped',
  ]);
  await expect(node.client.call('snapshot', {})).rejects.toMatchObject({ code: 'ROUTER_AWAY' });
});

test('a peering that is edited or deleted finds its visitor the same way', async () => {
  const { time, apply, peering } = startNode();
  await apply(formOf('alder'));
  await time.pass(10_000);
  await apply(formOf('alder', { endpoint: '203.0.113.201:4500', linkLocal: 'fe80::a1' }));
  await time.pass(15_000);
  expect(await peering('alder')).toMatchObject({
    operational: 'established',
    tunnel: { endpoint: '203.0.113.201:4500' },
    sessions: [{ remoteAddress: 'fe80::a1' }],
  });
  await apply();
  await time.pass(10_000);
  await apply(formOf('alder'));
  await time.pass(10_000);
  expect(await peering('alder')).toMatchObject({ operational: 'established' });
});

test('a machine that slept for hours goes on at once', async () => {
  const { time, apply, peering } = startNode();
  await apply(formOf('alder'));
  await time.pass(10_000);
  time.sleep(8 * 3_600_000);
  await time.pass(60_000);
  expect(await peering('alder')).toMatchObject({ operational: 'established' });
});
