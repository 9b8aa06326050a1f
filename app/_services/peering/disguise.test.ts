/** Disguise and rate limit of a peering: the operator's to choose, the owner's to read. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fixtureIndex } from '../../../router-core/registry/fixtures/fixture-registry.ts';
import type { Actor } from '../../_auth/index.ts';
import { checkNewPeering } from '../../_queries/peering-check.ts';
import { readPeering, readPeeringConfig } from '../../_queries/read-peerings.ts';
import { createRegistryQuestions } from '../../_registry/index.ts';
import {
  ALDER,
  BASALT,
  NODE_FILE,
  newKey,
  OPERATOR,
  startTestPortal,
  type TestPortal,
} from '../testing/test-portal.ts';
import { editPeering } from './edit.ts';
import { requestPeering } from './request.ts';

const MOSS = { kind: 'wgobfs', key: 'moss' } as const;
const LICHEN = { kind: 'wgobfs', key: 'lichen' } as const;
const AWG = { kind: 'amneziawg', s4: 12, h4: '305-404' } as const;
const FORBIDDEN = { errors: [{ code: 'OBFUSCATION_INVALID', path: 'obfuscation' }] };

const registry = createRegistryQuestions(fixtureIndex(), { trustPersonKeys: false });
let at: TestPortal;
beforeEach(async () => {
  at = await startTestPortal({ registry });
});
afterEach(() => at.end());

const wish = (more: object = {}) => ({
  publicKey: newKey(),
  endpoint: '45.32.1.2:51820',
  ...more,
});
const edit = (actor: Actor, id: string, input: object) =>
  editPeering({ ctx: at.as(actor), id, input });
const inDocument = () => at.router.config()?.peerings[0];

test('the operator disguises a peering: document, object and text for the owner say how', async () => {
  const { id } = await requestPeering({ ctx: at.as(ALDER), input: wish() });
  expect(inDocument()).not.toHaveProperty('obfuscation');
  expect(await readPeering(at.portal, ALDER, id)).toMatchObject({
    obfuscation: null,
    disguise: { obfuscation: { kind: 'none' }, ofPort: { kind: 'none' }, mtu: 1420 },
  });

  await edit(OPERATOR, id, { obfuscation: AWG });
  expect(inDocument()).toMatchObject({ obfuscation: AWG, mtu: 1420 });
  for (const actor of [ALDER, OPERATOR])
    expect(await readPeering(at.portal, actor, id)).toMatchObject({
      obfuscation: AWG,
      disguise: { obfuscation: AWG, ofPort: { kind: 'none' }, mtu: 1408 },
    });
  expect(await readPeering(at.portal, BASALT, id)).toBeUndefined();
  const [file] = (await readPeeringConfig(at.portal, ALDER, id, 'wg-quick')) ?? [];
  expect(file?.text).toContain('S4 = 12');
  expect(file?.text).toContain('MTU = 1408');

  await edit(OPERATOR, id, { mtu: 1400 });
  expect(inDocument()).toMatchObject({ obfuscation: AWG, mtu: 1400 });
  await edit(OPERATOR, id, { obfuscation: null });
  expect(inDocument()).not.toHaveProperty('obfuscation');
});

test('a network chooses no disguise, neither when it asks nor in the dry run', async () => {
  const input = wish({ obfuscation: MOSS });
  await expect(requestPeering({ ctx: at.as(ALDER), input })).rejects.toMatchObject(FORBIDDEN);
  expect(await at.portal.database.peering.count()).toBe(0);
  const { findings } = await checkNewPeering(at.as(ALDER), input);
  expect(findings).toMatchObject([{ code: 'OBFUSCATION_INVALID', severity: 'error' }]);
});

test('an owner edits beside a disguise and keeps it, but neither changes it nor takes it away', async () => {
  const { id } = await requestPeering({ ctx: at.as(ALDER), input: wish() });
  await expect(edit(ALDER, id, { obfuscation: MOSS })).rejects.toMatchObject(FORBIDDEN);
  await edit(ALDER, id, { obfuscation: null });
  await edit(OPERATOR, id, { obfuscation: MOSS });

  await edit(ALDER, id, { keepalive: 25 });
  // What was read may be sent back, whatever the order of its keys.
  await edit(ALDER, id, { obfuscation: { key: 'moss', kind: 'wgobfs' }, keepalive: 30 });
  expect(inDocument()).toMatchObject({ obfuscation: MOSS, keepalive: 30 });
  for (const obfuscation of [LICHEN, { kind: 'none' }, null])
    await expect(edit(ALDER, id, { obfuscation })).rejects.toMatchObject(FORBIDDEN);
  expect(inDocument()).toMatchObject({ obfuscation: MOSS });
});

test('a rate limit is the same: the owner keeps it, and neither raises it nor takes it away', async () => {
  const mine = requestPeering({ ctx: at.as(ALDER), input: wish({ rateLimit: 1_000_000 }) });
  await expect(mine).rejects.toMatchObject({ errors: [{ code: 'LIMIT_RANGE' }] });
  const { id } = await requestPeering({ ctx: at.as(ALDER), input: wish() });
  await edit(OPERATOR, id, { rateLimit: 5000 });
  await edit(ALDER, id, { keepalive: 25 });
  await edit(ALDER, id, { rateLimit: 5000, keepalive: 30 });
  expect(inDocument()).toMatchObject({ rateLimit: 5000, keepalive: 30 });
  expect(await readPeering(at.portal, ALDER, id)).toMatchObject({ rateLimit: 5000 });
  for (const rateLimit of [9000, null])
    await expect(edit(ALDER, id, { rateLimit })).rejects.toMatchObject({
      errors: [{ code: 'LIMIT_RANGE', path: 'rateLimit' }],
    });
  await edit(OPERATOR, id, { rateLimit: null });
  expect(inDocument()).not.toHaveProperty('rateLimit');
});

test('an option that is wrong is named, and nothing changes', async () => {
  const { id } = await requestPeering({
    ctx: at.as(OPERATOR),
    input: { ...wish(), asn: 4242426001 },
  });
  const wrong = { kind: 'amneziawg', s4: 70_000, colour: 'red' };
  await expect(edit(OPERATOR, id, { obfuscation: wrong })).rejects.toMatchObject({
    errors: [
      { code: 'CONFIG_UNKNOWN_KEY', path: 'obfuscation.colour' },
      { code: 'CONFIG_TYPE', path: 'obfuscation.s4' },
    ],
  });
  expect(inDocument()).not.toHaveProperty('obfuscation');
});

test('what the file says of port and peering is in the document of the portal', async () => {
  await at.end();
  const file = [
    NODE_FILE.replace(
      'endpoint:',
      'listen: { obfuscation: { kind: wgobfs, key: moss } }\n  endpoint:',
    ),
    'peerings:',
    `  - { asn: 4242426001, publicKey: "${newKey()}", obfuscation: { kind: wgobfs, key: lichen }, rateLimit: 500 }`,
    `  - { asn: 4242426002, publicKey: "${newKey()}" }`,
    `  - { asn: 4242426003, publicKey: "${newKey()}", obfuscation: { kind: none } }`,
    `  - { asn: 4242426004, publicKey: "${newKey()}", listenPort: 26004 }`,
  ].join('\n');
  at = await startTestPortal({ registry, file });

  const config = at.router.config();
  expect(config?.node.listen).toMatchObject({ obfuscation: MOSS });
  expect(config?.peerings.filter(({ rateLimit }) => rateLimit === 500)).toHaveLength(1);
  const said = config?.peerings.map(({ asn, obfuscation }) => [asn, obfuscation]);
  expect(Object.fromEntries(said ?? [])).toEqual({
    4242426001: LICHEN,
    4242426002: undefined,
    4242426003: { kind: 'none' },
    4242426004: undefined,
  });
  const inForce = await Promise.all(
    (config?.peerings ?? []).map(async ({ id, asn }) => {
      const peering = await readPeering(at.portal, OPERATOR, id);
      return [asn, peering?.disguise];
    }),
  );
  expect(Object.fromEntries(inForce)).toEqual({
    4242426001: { obfuscation: LICHEN, ofPort: MOSS, mtu: 1412 },
    4242426002: { obfuscation: MOSS, ofPort: MOSS, mtu: 1412 },
    4242426003: { obfuscation: { kind: 'none' }, ofPort: MOSS, mtu: 1420 },
    4242426004: { obfuscation: { kind: 'none' }, ofPort: { kind: 'none' }, mtu: 1420 },
  });
});
