import { afterEach, beforeEach, expect, test } from 'vitest';
import { fixtureIndex } from '../../../router-core/registry/fixtures/fixture-registry.ts';
import type { Actor } from '../../_auth/index.ts';
import { checkNewPeering } from '../../_queries/peering-check.ts';
import { readPeering, readPeeringConfig } from '../../_queries/read-peerings.ts';
import { createRegistryQuestions } from '../../_registry/index.ts';
import { writeStored } from '../../_settings/index.ts';
import { FIRST_HASH, hashOfRecord } from '../audit.ts';
import { FAKE_PUBLIC_KEY } from '../testing/fake-router.ts';
import {
  ALDER,
  BASALT,
  NODE_FILE,
  newKey,
  OPERATOR,
  SETTLED_MS,
  startTestPortal,
  type TestPortal,
} from '../testing/test-portal.ts';
import { approvePeering } from './approve.ts';
import { CLAIM_MS } from './check.ts';
import { deletePeering } from './delete.ts';
import { disablePeering } from './disable.ts';
import { editPeering } from './edit.ts';
import { enablePeering } from './enable.ts';
import { rejectPeering } from './reject.ts';
import { requestPeering } from './request.ts';
import { restartPeering } from './restart.ts';

const registry = createRegistryQuestions(fixtureIndex(), { trustPersonKeys: false });
let at: TestPortal;
beforeEach(async () => {
  at = await startTestPortal({ registry });
});
afterEach(() => at.end());

const alder = (more: object = {}) => ({
  publicKey: newKey(),
  endpoint: '192.0.2.7:51820',
  ...more,
});
/** Test networks are not public: requests of members name a public endpoint. */
const PUBLIC = '45.32.1.2:51820';

test('a request becomes a row, a document and a timeline under one operation', async () => {
  const ctx = at.as(ALDER);
  const row = await requestPeering({ ctx, input: alder({ endpoint: PUBLIC }) });

  expect(row).toMatchObject({
    asn: 4242426001,
    administrative: 'enabled',
    linkLocal: 'fe80::6001',
  });
  expect(at.router.config()).toMatchObject({ operation: ctx.operation, revision: row.revision });
  expect(at.router.config()?.peerings.map((p) => p.id)).toEqual([row.id]);
  const object = await readPeering(at.portal, ALDER, row.id);
  expect(object?.timeline.map((entry) => entry.step)).toEqual([
    'requested',
    'approved',
    'provisioned',
  ]);
  expect(new Set(object?.timeline.map((entry) => entry.operation))).toEqual(
    new Set([ctx.operation]),
  );
  expect(object?.ours).toEqual({
    asn: 4242426000,
    publicKey: FAKE_PUBLIC_KEY,
    endpoint: 'node.example.net:51820',
    linkLocal: 'fe80::6000',
    addresses: ['172.21.128.1', 'fdb0:6000:100::1'],
  });
});

test('a peering of another AS does not exist, whatever is done with it', async () => {
  const { id } = await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
  const ctx = at.as(BASALT);

  expect(await readPeering(at.portal, BASALT, id)).toBeUndefined();
  expect(await readPeeringConfig(at.portal, BASALT, id, 'bird2')).toBeUndefined();
  await expect(editPeering({ ctx, id, input: { mtu: 1400 } })).rejects.toMatchObject({
    code: 'PEERING_UNKNOWN',
  });
  await expect(disablePeering({ ctx, id })).rejects.toMatchObject({ code: 'PEERING_UNKNOWN' });
  await expect(deletePeering({ ctx, id })).rejects.toMatchObject({ code: 'PEERING_UNKNOWN' });
  await expect(restartPeering({ ctx, id, scope: 'bgp' })).rejects.toMatchObject({
    code: 'PEERING_UNKNOWN',
  });
  await expect(deletePeering({ ctx: at.as({ kind: 'visitor' }), id })).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});

test('a member asks only for networks that the login proved', async () => {
  const ctx = at.as(ALDER);
  await expect(
    requestPeering({ ctx, input: { ...alder(), asn: 4242426002 } }),
  ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const other = await requestPeering({
    ctx,
    input: { ...alder({ endpoint: PUBLIC }), asn: 4242426101 },
  });
  expect(other.asn).toBe(4242426101);
});

test.each([
  ['a key with a newline', { publicKey: `${newKey()}\n` }, 'KEY_ENCODING'],
  [
    'a preshared key with a newline',
    { presharedKey: `${newKey()}\nPostUp = reboot` },
    'PSK_ENCODING',
  ],
  ['our own key', { publicKey: FAKE_PUBLIC_KEY }, 'KEY_IS_OURS'],
  ['a malformed endpoint', { endpoint: 'example.net' }, 'ENDPOINT_SYNTAX'],
  ['a private endpoint', { endpoint: '192.168.1.7:51820' }, 'ENDPOINT_PRIVATE'],
  ["somebody else's address", { addresses: { ipv4: '172.21.130.1' } }, 'ADDRESS_NOT_YOURS'],
  ['an unknown node', { node: 'atlantis' }, 'NODE_UNKNOWN'],
  ["a policy that is the operator's", { policy: 'upstream' }, 'POLICY_UNKNOWN'],
])('%s is refused with its code and changes nothing', async (_name, wrong, code) => {
  const applied = at.router.applied();
  const input = { ...alder({ endpoint: PUBLIC }), ...wrong };
  const refusal = requestPeering({ ctx: at.as(ALDER), input });
  await expect(refusal).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    errors: expect.arrayContaining([expect.objectContaining({ code })]),
  });
  expect(await at.portal.database.peering.count()).toBe(0);
  expect(await at.portal.database.node.findFirst()).toMatchObject({ revision: 1 });
  expect(at.router.applied()).toBe(applied);
});

test('one key is used once per node, and the refusal does not say by whom', async () => {
  const publicKey = newKey();
  await requestPeering({ ctx: at.as(ALDER), input: alder({ publicKey, endpoint: PUBLIC }) });
  const second = requestPeering({
    ctx: at.as(BASALT),
    input: alder({ publicKey, endpoint: PUBLIC }),
  });
  await expect(second).rejects.toMatchObject({ errors: [{ code: 'KEY_IN_USE' }] });
  await expect(second).rejects.not.toThrow(/6001|alder/);
});

test('of two requests for one key at the same moment one wins', async () => {
  const publicKey = newKey();
  const results = await Promise.allSettled([
    requestPeering({ ctx: at.as(ALDER), input: alder({ publicKey, endpoint: PUBLIC }) }),
    requestPeering({ ctx: at.as(BASALT), input: alder({ publicKey, endpoint: PUBLIC }) }),
  ]);
  expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await at.portal.database.peering.count()).toBe(1);
});

test('a claim without a handshake yields after a day, one with a handshake does not', async () => {
  const publicKey = newKey();
  const first = await requestPeering({
    ctx: at.as(ALDER),
    input: alder({ publicKey, endpoint: PUBLIC }),
  });
  const later = new Date(Date.now() + CLAIM_MS + 60_000);
  const second = await requestPeering({
    ctx: at.as(BASALT, later),
    input: alder({ publicKey, endpoint: PUBLIC }),
  });
  expect(await readPeering(at.portal, ALDER, first.id)).toMatchObject({
    administrative: 'rejected',
  });
  expect(at.router.config()?.peerings.map((p) => p.id)).toEqual([second.id]);

  at.router.report(second.id, {
    tunnel: { ...emptyTunnel, lastHandshakeAt: new Date().toISOString() },
  });
  await until(async () => (await row(second.id))?.firstHandshakeAt !== null);
  const muchLater = new Date(later.getTime() + 2 * CLAIM_MS);
  await expect(
    requestPeering({ ctx: at.as(ALDER, muchLater), input: alder({ publicKey, endpoint: PUBLIC }) }),
  ).rejects.toMatchObject({ errors: [{ code: 'KEY_IN_USE' }] });
});

test('a network has one peering per node until the operator gives it more', async () => {
  await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
  await expect(
    requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) }),
  ).rejects.toMatchObject({ errors: [{ code: 'DUPLICATE', path: 'node' }] });
  const more = await requestPeering({
    ctx: at.as(OPERATOR),
    input: { ...alder(), asn: 4242426001 },
  });
  expect(more.name).toBe('as4242426001-2');
});

test('manual approval: pending is not in the document, approved is, rejected is not and frees the key', async () => {
  await at.end();
  at = await startTestPortal({ registry, file: NODE_FILE.replace('automatic', 'manual') });
  const publicKey = newKey();
  const { id } = await requestPeering({
    ctx: at.as(ALDER),
    input: alder({ publicKey, endpoint: PUBLIC }),
  });
  expect(at.router.config()?.peerings).toEqual([]);
  await expect(approvePeering({ ctx: at.as(ALDER), id })).rejects.toMatchObject({
    code: 'STATE_CONFLICT',
  });

  await approvePeering({ ctx: at.as(OPERATOR), id });
  expect(at.router.config()?.peerings.map((p) => p.id)).toEqual([id]);

  const second = await requestPeering({ ctx: at.as(BASALT), input: alder({ endpoint: PUBLIC }) });
  const rejected = await rejectPeering({
    ctx: at.as(OPERATOR),
    id: second.id,
    reason: 'new\u001b[31m AS',
  });
  expect(rejected).toMatchObject({ administrative: 'rejected', administrativeReason: 'new AS' });
  expect(await row(second.id)).toMatchObject({ keyClaim: null });
  expect(at.router.config()?.peerings.map((p) => p.id)).toEqual([id]);
});

test('disabled by the operator stays disabled for the owner; disabled by the owner does not', async () => {
  const { id } = await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
  await disablePeering({ ctx: at.as(ALDER), id });
  expect(at.router.config()?.peerings[0]).toMatchObject({
    enabled: false,
    disabledReason: 'disabled by peer',
  });
  await enablePeering({ ctx: at.as(ALDER), id });
  expect(at.router.config()?.peerings[0]).toMatchObject({ enabled: true });

  await disablePeering({ ctx: at.as(OPERATOR), id });
  await expect(enablePeering({ ctx: at.as(ALDER), id })).rejects.toMatchObject({
    code: 'STATE_CONFLICT',
  });
  await enablePeering({ ctx: at.as(OPERATOR), id });
  expect((await readPeering(at.portal, ALDER, id))?.timeline.map((entry) => entry.step)).toEqual([
    'requested',
    'approved',
    'provisioned',
    'disabled',
    'enabled',
    'disabled',
    'enabled',
  ]);
});

test('deleting asks for the AS number, passes the brake even as the last one, and leaves a tombstone', async () => {
  const publicKey = newKey();
  const { id } = await requestPeering({
    ctx: at.as(ALDER),
    input: alder({ publicKey, endpoint: PUBLIC }),
  });
  await expect(
    deletePeering({ ctx: at.as(ALDER), id, confirm: '4242426002' }),
  ).rejects.toMatchObject({ code: 'CONFIRMATION_MISMATCH' });

  await deletePeering({ ctx: at.as(ALDER), id, confirm: 'AS4242426001' });
  expect(at.router.config()).toMatchObject({ peerings: [], allowMassRemoval: true });
  expect(await readPeering(at.portal, ALDER, id)).toBeUndefined();
  expect(await row(id)).toMatchObject({ administrative: 'deleting', keyClaim: null });

  const again = await requestPeering({
    ctx: at.as(ALDER),
    input: alder({ publicKey, endpoint: PUBLIC }),
  });
  expect(again.id).not.toBe(id);
});

test('rows that vanish from the database do not empty the router: the brake holds', async () => {
  const { id } = await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
  await at.portal.database.peering.deleteMany({});
  const runtime = at.portal.nodes.get('tokyo');
  await at.portal.database.node.updateMany({ data: { revision: { increment: 1 } } });

  const outcome = await runtime?.reconciler.settled(SETTLED_MS);
  expect(outcome).toMatchObject({ kind: 'failed', code: 'CONFIG_BRAKE' });
  expect(at.router.config()?.peerings.map((p) => p.id)).toEqual([id]);
});

test('an edit keeps what it does not name, and a stale revision is refused', async () => {
  const presharedKey = newKey();
  const created = await requestPeering({
    ctx: at.as(ALDER),
    input: alder({ endpoint: PUBLIC, presharedKey, contact: 'irc: alder' }),
  });
  const edited = await editPeering({
    ctx: at.as(ALDER),
    id: created.id,
    input: { mtu: 1400, endpoint: null },
    revision: created.revision,
  });
  expect(edited).toMatchObject({ mtu: 1400, endpoint: null, contact: 'irc: alder' });
  expect(at.router.config()?.peerings[0]).toMatchObject({ presharedKey, mtu: 1400 });
  await expect(
    editPeering({
      ctx: at.as(ALDER),
      id: created.id,
      input: { mtu: 1300 },
      revision: created.revision,
    }),
  ).rejects.toMatchObject({ code: 'REVISION_MISMATCH' });

  await editPeering({ ctx: at.as(ALDER), id: created.id, input: { presharedKey: null } });
  expect(at.router.config()?.peerings[0]).not.toHaveProperty('presharedKey');
});

test('preshared key and password are sealed in the database and show nowhere', async () => {
  const presharedKey = newKey();
  const password = 'moss under the alder';
  const { id } = await requestPeering({
    ctx: at.as(ALDER),
    input: alder({ endpoint: PUBLIC, presharedKey, password, ttlSecurity: true }),
  });
  const desired = { presharedKey, password, ttlSecurity: true };
  expect(at.router.config()?.peerings[0]).toMatchObject(desired);
  const object = await readPeering(at.portal, OPERATOR, id);
  expect(object).toMatchObject({ hasPresharedKey: true, hasPassword: true, ttlSecurity: true });
  const everything = JSON.stringify([
    object,
    await readPeeringConfig(at.portal, ALDER, id),
    await at.portal.database.peering.findMany({ omit: { asn: true } }),
    await at.portal.database.audit.findMany(),
    await at.portal.database.timeline.findMany(),
  ]);
  expect(everything).not.toContain(presharedKey);
  expect(everything).not.toContain(password);
  expect(everything).toContain('password \\"<your-BGP-password>\\";');

  await editPeering({ ctx: at.as(ALDER), id, input: { mtu: 1400 } });
  expect(at.router.config()?.peerings[0]).toMatchObject(desired);
  await editPeering({ ctx: at.as(ALDER), id, input: { password: null, ttlSecurity: false } });
  expect(at.router.config()?.peerings[0]).not.toHaveProperty('password');
  expect(at.router.config()?.peerings[0]).not.toHaveProperty('ttlSecurity');
});

test('the timeline keeps what the router tells, once, over its restarts', async () => {
  const { id } = await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
  const step = (number: number, name: 'handshake' | 'established', second: number) => ({
    number,
    step: name,
    at: new Date(Date.now() + second * 1000).toISOString(),
  });
  const first = [step(2, 'handshake', 1), step(3, 'established', 2)];
  at.router.report(id, { transitions: first });
  at.router.report(id, { transitions: first });
  await until(
    async () => (await at.portal.database.timeline.count({ where: { step: 'established' } })) === 1,
  );
  // A router that started again counts from one.
  at.router.report(id, { transitions: [step(1, 'handshake', 60)] });
  await until(
    async () => (await at.portal.database.timeline.count({ where: { step: 'handshake' } })) === 2,
  );
  const timeline = (await readPeering(at.portal, ALDER, id))?.timeline ?? [];
  expect(timeline.map((entry) => entry.step).slice(-3)).toEqual([
    'handshake',
    'established',
    'handshake',
  ]);
});

test('what the router cannot set up is said in the timeline once, and tried again', async () => {
  const publicKey = newKey();
  at.router.failFor(publicKey);
  const { id } = await requestPeering({
    ctx: at.as(ALDER),
    input: alder({ publicKey, endpoint: PUBLIC }),
  });
  await at.portal.nodes.get('tokyo')?.reconciler.settled(SETTLED_MS);
  const failed = await at.portal.database.timeline.findMany({
    where: { peering: id, step: 'failed' },
  });
  expect(failed).toHaveLength(1);
  expect(failed[0]?.detail).toContain('SOCKET_FAILED');
  at.router.failFor(undefined);
  await at.portal.nodes.get('tokyo')?.reconciler.settled(SETTLED_MS);
  expect(await readPeering(at.portal, ALDER, id)).toMatchObject({ operational: 'provisioned' });
});

test('every change is in an unbroken audit chain', async () => {
  const { id } = await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
  await disablePeering({ ctx: at.as(ALDER), id });
  await deletePeering({ ctx: at.as(OPERATOR), id });
  const records = await at.portal.database.audit.findMany({ orderBy: { number: 'asc' } });
  expect(records.map((record) => [record.action, record.actor])).toEqual([
    ['peering.request', 'AS4242426001'],
    ['peering.disable', 'AS4242426001'],
    ['peering.delete', 'operator:token'],
  ]);
  let previous = FIRST_HASH;
  for (const record of records) {
    expect(record.previousHash).toBe(previous);
    expect(hashOfRecord(record)).toBe(record.hash);
    previous = record.hash;
  }
});

test('six peerings a day are enough for one network', async () => {
  for (let i = 0; i < 6; i++) {
    const { id } = await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
    await deletePeering({ ctx: at.as(ALDER), id });
  }
  await expect(
    requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) }),
  ).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
});

test('a login with several networks is charged for the one it acts for', async () => {
  const other = () =>
    requestPeering({
      ctx: at.as(ALDER),
      input: { ...alder({ endpoint: PUBLIC }), asn: 4242426101 },
    });
  for (let i = 0; i < 6; i++) {
    const { id, createdBy } = await other();
    expect(createdBy).toBe('AS4242426101');
    await deletePeering({ ctx: at.as(ALDER), id });
  }
  await expect(other()).rejects.toMatchObject({
    code: 'LIMIT_REACHED',
    message: expect.stringContaining('AS4242426101'),
  });
  const actors = await at.portal.database.audit.findMany({ distinct: ['actor'] });
  expect(actors.map((record) => record.actor)).toEqual(['AS4242426101']);
  const active = await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
  expect(active.asn).toBe(4242426001);
});

test('thirty changes a day count for the network of the peering', async () => {
  const { id } = await requestPeering({
    ctx: at.as(ALDER),
    input: { ...alder({ endpoint: PUBLIC }), asn: 4242426101 },
  });
  const edit = (mtu: number) => editPeering({ ctx: at.as(ALDER), id, input: { mtu } });
  for (let i = 0; i < 30; i++) await edit(1300 + i);
  await expect(edit(1400)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
});

test.each([
  ['policy', { policy: 'upstream' }, { policy: 'accept-all' }, 'POLICY_UNKNOWN'],
  [
    'endpoint',
    { endpoint: '192.168.1.7:51820' },
    { endpoint: '192.168.1.8:51820' },
    'ENDPOINT_PRIVATE',
  ],
  [
    'address',
    { addresses: { ipv4: '172.21.130.1' } },
    { addresses: { ipv4: '172.21.130.2' } },
    'ADDRESS_NOT_YOURS',
  ],
])(
  'an owner edits beside a granted %s, and keeps it, but gets no other',
  async (_name, granted, wish, code) => {
    const { id } = await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
    await editPeering({ ctx: at.as(OPERATOR), id, input: granted });

    expect(await editPeering({ ctx: at.as(ALDER), id, input: { mtu: 1400 } })).toMatchObject({
      ...granted,
      mtu: 1400,
    });
    // A form sends everything, changed or not.
    await editPeering({ ctx: at.as(ALDER), id, input: { ...granted, mtu: 1390 } });
    await expect(editPeering({ ctx: at.as(ALDER), id, input: wish })).rejects.toMatchObject({
      errors: [{ code }],
    });
  },
);

test('an owner edits a tunnel without sessions, and the rest of it is judged still', async () => {
  const { id } = await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
  await editPeering({ ctx: at.as(OPERATOR), id, input: { sessions: 'none' } });
  const edit = (input: object) => editPeering({ ctx: at.as(ALDER), id, input });

  expect(await edit({ mtu: 1400 })).toMatchObject({ sessions: 'none', mtu: 1400 });
  await expect(edit({ families: ['ipx'] })).rejects.toMatchObject({
    errors: [{ code: 'NO_FAMILY' }],
  });
  await edit({ sessions: 'mp-bgp' });
  await expect(edit({ sessions: 'none' })).rejects.toMatchObject({
    errors: [{ code: 'SESSIONS_UNKNOWN' }],
  });
});

test('an owner edits both peerings when the operator gave a second one', async () => {
  const first = await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
  const second = await requestPeering({
    ctx: at.as(OPERATOR),
    input: { ...alder({ endpoint: PUBLIC }), asn: 4242426001 },
  });
  for (const { id } of [first, second])
    expect(await editPeering({ ctx: at.as(ALDER), id, input: { mtu: 1400 } })).toMatchObject({
      mtu: 1400,
    });
  await expect(
    editPeering({ ctx: at.as(ALDER), id: second.id, input: { name: first.name } }),
  ).rejects.toMatchObject({ errors: [{ code: 'DUPLICATE', path: 'name' }] });
});

test('the dry run answers only for networks that the login proved', async () => {
  const check = (actor: Actor) =>
    checkNewPeering(at.as(actor), { ...alder({ endpoint: PUBLIC }), asn: 4242426002 });
  await expect(check(ALDER)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(check({ kind: 'visitor' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect((await check(BASALT)).findings).toEqual([]);
  expect((await check(OPERATOR)).findings).toEqual([]);
});

test('without a registry peerings run on, and an address cannot be judged', async () => {
  await at.end();
  at = await startTestPortal();
  await writeStored(at.portal.database, 'approval', 'automatic', new Date());
  const { id } = await requestPeering({ ctx: at.as(ALDER), input: alder({ endpoint: PUBLIC }) });
  expect(at.router.config()?.peerings.map((p) => p.id)).toEqual([id]);
  await expect(
    editPeering({ ctx: at.as(ALDER), id, input: { addresses: { ipv4: '172.21.129.1' } } }),
  ).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
});

const emptyTunnel = {
  lastHandshakeAt: null,
  rxBytes: 0,
  txBytes: 0,
  endpoint: null,
  firstPacketAt: null,
  lastReceivedAt: null,
  initiationsSent: 0,
  roundTripMs: null,
};

const row = (id: string) => at.portal.database.peering.findUnique({ where: { id } });

/** Waits for something that follows an event of the router. */
const until = (isSo: () => Promise<boolean>): Promise<void> =>
  expect.poll(isSo, { timeout: 15_000, interval: 10 }).toBe(true);
