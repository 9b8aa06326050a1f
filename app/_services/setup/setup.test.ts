import { afterEach, expect, test } from 'vitest';
import { findLogin } from '../../_auth/index.ts';
import { readSetupView } from '../../_queries/setup.ts';
import type { SetupInput } from '../../_queries/view-models.ts';
import { signInOperator } from '../auth/sign-in-operator.ts';
import {
  NODE_FILE,
  newKey,
  SETTLED_MS,
  startTestPortal,
  type TestPortal,
} from '../testing/test-portal.ts';
import { completeSetup } from './complete.ts';

let at: TestPortal;
afterEach(() => at.end());

const INPUT: SetupInput = {
  operatorName: 'ada',
  password: 'correct horse battery',
  asn: 4242426000,
  networkName: 'operator',
  node: {
    name: 'tokyo',
    place: 'Tokyo',
    country: 'jp',
    addresses: ['172.21.128.1'],
    announce: ['172.21.128.0/27'],
    linkLocal: '',
    listenPort: 51820,
    endpoint: 'node.example.net',
  },
  registry: { kind: 'none' },
  approval: 'manual',
};

test('the link of the first start opens the set-up once and makes the operator', async () => {
  at = await startTestPortal({ file: null });
  const token = tokenOf(at);
  expect(await readSetupView(at.portal, token, new Date())).toMatchObject({
    state: 'open',
    fixed: {},
  });
  expect(await readSetupView(at.portal, 'guess', new Date())).toMatchObject({
    state: 'link-needed',
  });

  const cookie = await complete({ token });
  expect(await findLogin(at.portal.database, cookie.value, new Date())).toMatchObject({
    kind: 'operator',
    name: 'ada',
  });
  await at.portal.nodes.get('tokyo')?.reconciler.settled(SETTLED_MS);
  expect(at.router.config()?.node).toMatchObject({
    name: 'tokyo',
    routerId: '172.21.128.1',
    linkLocal: 'fe80::6000',
    privateKeyFile: `${at.folder}/keys/tokyo.key`,
  });
  await expect(complete({ token })).rejects.toMatchObject({ code: 'SETUP_LINK_INVALID' });
  expect(await readSetupView(at.portal, token, new Date())).toMatchObject({ state: 'done' });
});

test('two answers to one link at the same moment make one operator', async () => {
  at = await startTestPortal({ file: null });
  const token = tokenOf(at);
  const results = await Promise.allSettled([complete({ token }), complete({ token })]);
  expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await at.portal.database.operator.count()).toBe(1);
});

test('wrong values leave the link open and name the field', async () => {
  at = await startTestPortal({ file: null });
  const token = tokenOf(at);
  await expect(
    complete({ token, input: { ...INPUT, password: 'too short' } }),
  ).rejects.toMatchObject({ code: 'PASSWORD_TOO_SHORT' });
  await expect(
    complete({
      token,
      input: { ...INPUT, node: { ...INPUT.node, announce: ['172.21.128.1/27'] } },
    }),
  ).rejects.toMatchObject({ errors: [{ code: 'PREFIX_SYNTAX', path: 'node.announce.0' }] });
  expect(await readSetupView(at.portal, token, new Date())).toMatchObject({ state: 'open' });
});

test('a link older than an hour is closed', async () => {
  at = await startTestPortal({ file: null });
  const later = new Date(Date.now() + 3_600_001);
  await expect(complete({ token: tokenOf(at), now: later })).rejects.toMatchObject({
    code: 'SETUP_LINK_INVALID',
  });
});

test('the operator signs in by password, and a wrong one costs as much', async () => {
  at = await startTestPortal({ file: null });
  await complete({ token: tokenOf(at) });
  const signIn = (name: string, password: string) =>
    signInOperator({ ctx: visitor(), name, password, userAgent: null });
  await expect(signIn('ada', INPUT.password)).resolves.toMatchObject({ maxAgeSeconds: 12 * 3600 });
  await expect(signIn('ada', 'wrong horse battery')).rejects.toMatchObject({
    code: 'SIGN_IN_REFUSED',
  });
  await expect(signIn('eve', INPUT.password)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' });
  expect(JSON.stringify(await at.portal.database.operator.findMany())).not.toContain(
    INPUT.password,
  );
});

test('file and token together need no set-up page; the file wins and shows as fixed', async () => {
  at = await startTestPortal({ operatorToken: 'operator-token-of-the-test' });
  expect(at.portal.setupPath).toBeUndefined();
  expect(await readSetupView(at.portal, undefined, new Date())).toMatchObject({
    defaults: { asn: 4242426000, node: { name: 'tokyo', endpoint: 'node.example.net' } },
    fixed: { asn: `${at.folder}/node.yaml`, 'node.announce': `${at.folder}/node.yaml` },
  });
});

test("the file's peerings go into an empty database, and not again", async () => {
  const file = `${NODE_FILE}peerings:\n  - { asn: 4242426001, publicKey: "${newKey()}", name: alder }\n`;
  at = await startTestPortal({ file });
  expect(at.router.config()?.peerings).toMatchObject([{ name: 'alder', asn: 4242426001 }]);
});

test('a peering of the file that breaks a rule stops the start with one line', async () => {
  at = await startTestPortal();
  const file = `${NODE_FILE}peerings:\n  - { asn: 4242426001, publicKey: "nonsense" }\n`;
  await expect(startTestPortal({ file })).rejects.toThrow(
    /node.yaml: peerings\[0\].publicKey: .* \(KEY_ENCODING\)$/,
  );
});

const tokenOf = ({ portal }: TestPortal): string => portal.setupPath?.split('token=')[1] ?? '';

let networks = 0;
const visitor = (now = new Date()) => ({
  ...at.as({ kind: 'visitor' }, now),
  // Limits count per client network: each call has its own.
  address: `2001:db8:${(++networks).toString(16)}::1`,
});

const complete = ({
  token,
  input = INPUT,
  now = new Date(),
}: {
  token: string;
  input?: SetupInput;
  now?: Date;
}) => completeSetup({ ctx: visitor(now), token, input, userAgent: null });
