import { afterEach, expect, test } from 'vitest';
import { readPeerings } from '../../_queries/read-peerings.ts';
import { DEMO_NODE, type StartDemoNode } from '../../_router/index.ts';
import { startDemo } from '../setup/demo.ts';
import { createFakeRouter } from '../testing/fake-router.ts';
import {
  newKey,
  OPERATOR,
  SETTLED_MS,
  startTestPortal,
  type TestPortal,
} from '../testing/test-portal.ts';

let at: TestPortal;
afterEach(() => at.end());

const router = createFakeRouter();
const startDemoNode: StartDemoNode = async () => ({
  supervisor: {
    client: router.client,
    state: 'running',
    restarts: 0,
    onState: () => () => undefined,
    crash: () => undefined,
    restart: async () => undefined,
    stop: router.stop,
  },
  node: {
    name: DEMO_NODE,
    asn: 4242426000,
    routerId: '172.21.128.1',
    addresses: ['172.21.128.1'],
    announce: ['172.21.128.0/27'],
    linkLocal: 'fe80::6000',
    listen: { port: 51820, host: '::' },
    privateKeyFile: '/nowhere',
    privateEndpoints: true,
  },
  place: 'Nowhere',
  registry: { kind: 'directory', path: '/nowhere' },
  peerings: [
    { asn: 4242426001, name: 'alder', publicKey: newKey() },
    { asn: 4242426002, name: 'basalt', publicKey: newKey() },
  ],
});

test('the demo needs the link, brings a node with its neighbors, and goes without a trace', async () => {
  at = await startTestPortal({ file: null, startDemoNode });
  const ctx = at.as({ kind: 'visitor' });
  await expect(startDemo({ ctx, token: 'guess' })).rejects.toMatchObject({
    code: 'SETUP_LINK_INVALID',
  });

  const token = at.portal.setupPath?.split('token=')[1] ?? '';
  await startDemo({ ctx, token });
  await startDemo({ ctx, token });
  await at.portal.nodes.get(DEMO_NODE)?.reconciler.settled(SETTLED_MS);
  expect(router.config()).toMatchObject({ source: 'demo', node: { name: DEMO_NODE } });
  expect((await readPeerings(at.portal, OPERATOR)).map((peering) => peering.name).sort()).toEqual([
    'alder',
    'basalt',
  ]);

  await at.portal.endDemo();
  expect(at.portal.nodes.size).toBe(0);
  expect(await at.portal.database.node.count()).toBe(0);
  expect(await at.portal.database.peering.count()).toBe(0);
});

test('a build without a demo says so', async () => {
  at = await startTestPortal({ file: null });
  const token = at.portal.setupPath?.split('token=')[1] ?? '';
  await expect(startDemo({ ctx: at.as({ kind: 'visitor' }), token })).rejects.toMatchObject({
    code: 'DEMO_UNAVAILABLE',
  });
});
