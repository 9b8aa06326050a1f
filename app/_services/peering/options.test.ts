/** Keys of a peering that only the configuration file and the operator know: none is lost, none is shown. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { documentOfFile } from '../../../router-core/index.ts';
import { fixtureIndex } from '../../../router-core/registry/fixtures/fixture-registry.ts';
import { OPERATOR_OPTION_KEYS } from '../../../router-core/router/operator-options.ts';
import type { Actor } from '../../_auth/index.ts';
import { checkNewPeering } from '../../_queries/peering-check.ts';
import { readPeering, readPeeringConfig } from '../../_queries/read-peerings.ts';
import { createRegistryQuestions } from '../../_registry/index.ts';
import { parseConfigFile } from '../../_settings/config-file.ts';
import { seedFromFile } from '../node/seed.ts';
import { FAKE_PUBLIC_KEY } from '../testing/fake-router.ts';
import {
  ALDER,
  NODE_FILE,
  newKey,
  OPERATOR,
  startTestPortal,
  type TestPortal,
} from '../testing/test-portal.ts';
import { disablePeering } from './disable.ts';
import { editPeering } from './edit.ts';
import { enablePeering } from './enable.ts';
import { HIDDEN_SECRET } from './options.ts';
import { requestPeering } from './request.ts';

const SECRET = 'moss and lichen';
const AO = [
  { sendId: 1, receiveId: 2, key: SECRET },
  { sendId: 3, receiveId: 4, key: `${SECRET} too`, algorithm: 'aes-128-cmac-96' },
];

/** Between them they have every key. */
const PEERINGS = [
  {
    asn: 4242426001,
    name: 'alder',
    publicKey: newKey(),
    addresses: { ipv4: '172.21.129.1' },
    sessions: 'separate',
    bfd: true,
    role: 'peer',
    strictRole: true,
    tcpAo: AO,
    reversePath: 'loose',
    bogons: 'drop',
    gracefulRestart: { longLived: 600 },
    addPath: { send: 'best-2', receive: true },
    import: ['no-bogons'],
    export: ['no-bogons'],
    parameters: { bandwidth: 22 },
    groups: ['friends'],
    description: 'over the hill',
    sourceAddress: '172.21.128.1',
    localAs: { asn: 4242426099, noPrepend: true },
    removePrivateAs: 'if-all-private',
    asOverride: true,
    enforceFirstAs: false,
    allowasIn: 2,
    nextHopSelf: 'always',
    nextHopKeep: false,
    importTable: true,
    holdTime: 30,
    keepaliveTime: 10,
    connectRetryTime: 20,
    prefixLimit: { received: 5000, warnAt: 80 },
    ipv4: { allowasIn: 1 },
    ipv6: { prefixLimit: { action: 'warn' } },
  },
  {
    asn: 4242426002,
    name: 'basalt',
    publicKey: newKey(),
    sessions: 'none',
    routeServerClient: true,
    defaultOriginate: true,
    dynamicNeighbors: { range: 'fe80::/64', asns: [4242426002], max: 4 },
  },
  {
    asn: 4242426000,
    name: 'cedar',
    linkLocal: 'fe80::7',
    publicKey: newKey(),
    routeReflectorClient: true,
    bfd: false,
  },
  { asn: 4242426003, name: 'dune', publicKey: newKey(), shutdown: 'back on Monday' },
  {
    asn: 4242426003,
    name: 'elm',
    publicKey: newKey(),
    addresses: { ipv6: 'fdb0:6003::7' },
    vrf: 'lab',
    multihop: 4,
    blackhole: true,
  },
];
const POLICY = `
policy:
  groups: { friends: {} }
  policies: { no-bogons: { rules: [] } }
`;
const VRFS = { lab: { addresses: ['fd77::1'], announce: [] } };
const FILE = `${NODE_FILE}${POLICY}${stringify({ vrfs: VRFS, peerings: PEERINGS })}`;

const registry = createRegistryQuestions(fixtureIndex(), { trustPersonKeys: false });
let at: TestPortal;
beforeEach(async () => {
  at = await startTestPortal({ registry, file: FILE });
});
afterEach(() => at.end());

const edit = (actor: Actor, id: string, input: object) =>
  editPeering({ ctx: at.as(actor), id, input });
const inDocument = (name: string) => at.router.config()?.peerings.find((p) => p.name === name);
const idOf = (name: string) => inDocument(name)?.id ?? '';
const shown = async (name: string) => (await readPeering(at.portal, OPERATOR, idOf(name)))?.admin;

test('every key of the file comes to the router as it does without a portal', () => {
  const written = new Set(PEERINGS.flatMap((peering) => Object.keys(peering)));
  expect(OPERATOR_OPTION_KEYS.filter((key) => !written.has(key))).toEqual([]);
  const { content } = parseConfigFile(FILE, '/etc/node.yaml');
  const { config, findings } = documentOfFile(content, FAKE_PUBLIC_KEY);
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  const headless = config?.peerings.map(({ id: _id, ...peering }) => peering) ?? [];
  expect(headless).toHaveLength(PEERINGS.length);
  for (const { name, ...peering } of headless) {
    const { id: _id, ...seeded } = inDocument(name) ?? { id: '' };
    expect(seeded).toEqual({ name, ...peering });
  }
});

test('the operator reads what was written, but no secret; the owner only what both ends have to match', async () => {
  const admin = await shown('alder');
  expect(admin?.options).toMatchObject({ bfd: true, role: 'peer', ipv4: { allowasIn: 1 } });
  expect(admin?.options.tcpAo).toEqual(AO.map((entry) => ({ ...entry, key: HIDDEN_SECRET })));
  expect(parse(admin?.optionsText ?? '')).toEqual(admin?.options);
  const owned = await readPeering(at.portal, ALDER, idOf('alder'));
  expect(owned?.admin).toBeNull();
  expect(JSON.stringify(owned)).not.toContain('over the hill');
  expect(owned?.ours.asn).toBe(4242426099);
  expect(owned?.shared).toMatchObject({
    bfd: true,
    role: 'peer',
    tcpAo: AO.map(({ sendId, receiveId }) => ({ sendId, receiveId })),
  });
  const texts = await readPeeringConfig(at.portal, ALDER, idOf('alder'), 'bird2');
  expect(texts?.[1]?.text).toContain(`as ${owned?.ours.asn};`);
  expect(texts?.[1]?.text).toContain('local role peer;');
  const row = await at.portal.database.peering.findUniqueOrThrow({ where: { id: idOf('alder') } });
  expect(
    JSON.stringify({ admin, row }, (_, value) => (typeof value === 'bigint' ? 0 : value)),
  ).not.toContain(SECRET);
});

test('edits of other keys keep all options, whoever makes them; the file has no say again', async () => {
  const before = inDocument('alder');
  await edit(ALDER, idOf('alder'), { keepalive: 40 });
  await edit(OPERATOR, idOf('alder'), { importLimit: 500 });
  await seedFromFile(at.portal, new Date());
  expect(inDocument('alder')).toEqual({ ...before, keepalive: 40, importLimit: 500 });
});

test('an owner sends no options, and is not told which a change of theirs goes against', async () => {
  const refused = { errors: [{ code: 'SESSION_OPTION_INVALID', path: 'options' }] };
  for (const options of ['bfd: true', {}, null])
    await expect(edit(ALDER, idOf('alder'), { options })).rejects.toMatchObject(refused);
  // The source address is for sessions over IPv4.
  const error = await edit(ALDER, idOf('alder'), { sessions: 'mp-bgp' }).catch((e: unknown) => e);
  expect(error).toMatchObject({ errors: [{ code: 'SESSION_OPTION_INVALID', path: 'sessions' }] });
  expect(JSON.stringify(error)).not.toMatch(/source/i);

  const ctx = at.as(ALDER);
  const wish = { publicKey: newKey(), endpoint: '45.32.1.2:51820' };
  for (const more of [{ options: { bfd: true } }, { bfd: true }, { reversePath: 'off' } as const])
    await expect(requestPeering({ ctx, input: { ...wish, ...more } })).rejects.toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ code: 'SESSION_OPTION_INVALID' })]),
    });
});

test('the operator replaces options by text or object; dots keep a secret', async () => {
  const text = `${(await shown('alder'))?.optionsText.replace('holdTime: 30', 'holdTime: 60')}`;
  await edit(OPERATOR, idOf('alder'), { options: text });
  expect(inDocument('alder')).toMatchObject({ holdTime: 60, tcpAo: AO, reversePath: 'loose' });
  await edit(OPERATOR, idOf('alder'), { options: { bfd: { minTx: 500 }, groups: null } });
  expect(inDocument('alder')).toMatchObject({ bfd: { minTx: 500, minRx: 300, multiplier: 5 } });
  expect(inDocument('alder')).not.toHaveProperty('tcpAo');
  await edit(OPERATOR, idOf('alder'), { options: '' });
  expect((await shown('alder'))?.optionsText).toBe('');
  expect(inDocument('alder')).not.toHaveProperty('bfd');
});

test.each([
  ['bfd: [', 'CONFIG_SYNTAX', 'options'],
  ['- bfd', 'CONFIG_TYPE', 'options'],
  ['colour: red', 'CONFIG_UNKNOWN_KEY', 'options.colour'],
  ['mtu: 1400', 'CONFIG_UNKNOWN_KEY', 'options.mtu'],
  ['shutdown: later', 'CONFIG_UNKNOWN_KEY', 'options.shutdown'],
  ['role: friend', 'ROLE_INVALID', 'options.role'],
  ['bfd: { multiplier: 1 }', 'BFD_RANGE', 'options.bfd'],
  ['holdTime: 1', 'SESSION_OPTION_INVALID', 'options.holdTime'],
  ['ipv4: { allowasIn: 99 }', 'SESSION_OPTION_INVALID', 'options.ipv4.allowasIn'],
  ['import: [nowhere]', 'POLICY_NAME_UNKNOWN', 'options.import'],
  ['groups: [strangers]', 'POLICY_NAME_UNKNOWN', 'options.groups'],
  [
    `tcpAo: [{ sendId: 9, receiveId: 9, key: ${HIDDEN_SECRET} }]`,
    'PASSWORD_INVALID',
    'options.tcpAo[0].key',
  ],
])('%s: %s at %s, and nothing changes', async (options, code, path) => {
  const before = inDocument('dune');
  await expect(edit(OPERATOR, idOf('dune'), { options })).rejects.toMatchObject({
    errors: [{ code, path: expect.stringContaining(path) }],
  });
  const input = { asn: 4242426004, publicKey: newKey(), options };
  const { findings } = await checkNewPeering(at.as(OPERATOR), input);
  expect(findings).toMatchObject([{ code, path: expect.stringContaining(path) }]);
  expect(inDocument('dune')).toEqual(before);
});

test('TCP-AO does not go beside a password that is there already', async () => {
  await edit(OPERATOR, idOf('dune'), { password: 'an older kind' });
  const options = { tcpAo: AO };
  await expect(edit(OPERATOR, idOf('dune'), { options })).rejects.toMatchObject({
    errors: [{ code: 'PASSWORD_INVALID', path: 'options.tcpAo' }],
  });
});

test('a shutdown of the file is a disabled peering, which the operator alone enables', async () => {
  const id = idOf('dune');
  expect(inDocument('dune')).toMatchObject({ enabled: false, disabledReason: 'back on Monday' });
  const owner: Actor = { ...ALDER, asns: [4242426003], asn: 4242426003 } as Actor;
  await expect(enablePeering({ ctx: at.as(owner), id })).rejects.toMatchObject({
    code: 'STATE_CONFLICT',
  });
  await enablePeering({ ctx: at.as(OPERATOR), id });
  expect(inDocument('dune')).toMatchObject({ enabled: true });
  await disablePeering({ ctx: at.as(owner), id });
  await enablePeering({ ctx: at.as(owner), id });
  expect(inDocument('dune')).toMatchObject({ enabled: true });
});
