/** Wrong things through the API: each has its named error, and nothing changes by it. */
import type { APIRequestContext } from '@playwright/test';
import { askChallenge, expectProblem, newAutomation, newClient, newMember } from './client.ts';
import { expect, test } from './journey.ts';
import { signBySsh } from './keys.ts';
import { newPublicKey, type Portal, REGISTRY, startPortal } from './portal.ts';

const TAKEN_KEY = newPublicKey();
let portal: Portal;
let automation: APIRequestContext;
let alder: APIRequestContext;
/** A member without a peering. */
let fjord: APIRequestContext;
let peering: { readonly id: string; readonly revision: number };
let before: string;

test.beforeAll(async () => {
  portal = await startPortal({
    config: {
      registry: { path: REGISTRY },
      approval: 'automatic',
      peerings: [{ asn: 4242426003, publicKey: TAKEN_KEY, linkLocal: 'fe80::6003' }],
    },
    believesForwarding: true,
  });
  automation = await newAutomation(portal);
  [alder, fjord] = await Promise.all([
    newMember(portal, 4242426001, 'alder_ed25519'),
    newMember(portal, 4242426006, 'fjord_ecdsa256'),
  ]);
  const created = await alder.post('/api/v1/peerings', {
    data: { publicKey: newPublicKey(), endpoint: '203.0.113.5:26001' },
  });
  expect(created.status(), await created.text()).toBe(201);
  peering = (await created.json()) as typeof peering;
});
test.afterAll(() => portal.stop());

/** Everything people decided about every peering; what the router sees moves by itself. */
async function decided(client: APIRequestContext): Promise<string> {
  const answer = await client.get('/api/v1/peerings');
  const { peerings } = (await answer.json()) as { peerings: Record<string, unknown>[] };
  const kept = peerings.map(({ id, revision, administrative, publicKey, endpoint, addresses }) => ({
    id,
    revision,
    administrative,
    publicKey,
    endpoint,
    addresses,
  }));
  return JSON.stringify(kept);
}

test.beforeEach(async () => {
  before = await decided(automation);
});
test.afterEach(async () => {
  expect(await decided(automation)).toBe(before);
});

test.describe('proofs', () => {
  test('a challenge works once: replayed, and from another browser, it is worthless', async () => {
    const [client, thief] = await Promise.all([newClient(portal), newClient(portal)]);
    const { nonce, text } = await askChallenge(client, 4242426013);
    await askChallenge(thief, 4242426013);
    const data = { nonce, method: 'ssh', signature: await signBySsh('moss_ed25519', text) };
    await expectProblem(await thief.post('/api/v1/auth/verify', { data }), 409, 'CHALLENGE_USED');
    expect((await client.post('/api/v1/auth/verify', { data })).status()).toBe(200);
    await expectProblem(await client.post('/api/v1/auth/verify', { data }), 409, 'CHALLENGE_USED');
  });

  test('a stranger’s key, another purpose’s signature and another text prove nothing', async () => {
    const client = await newClient(portal);
    const { nonce, text } = await askChallenge(client, 4242426001);
    const other = await askChallenge(client, 4242426006);
    const verify = (signature: string) =>
      client.post('/api/v1/auth/verify', { data: { nonce, method: 'ssh', signature } });
    const sign = (key: string, words: string, namespace?: string) =>
      signBySsh(key, words, namespace);
    for (const [signature, code] of [
      [await sign('stranger_ed25519', text), 'KEY_NOT_REGISTERED'],
      [await sign('alder_ed25519', text, 'dn42'), 'NAMESPACE_MISMATCH'],
      [await sign('alder_ed25519', other.text), 'MESSAGE_MISMATCH'],
      [await sign('alder_ed25519', `${text} and more`), 'BAD_SIGNATURE'],
    ] as const)
      await expectProblem(await verify(signature), 422, code);
    expect(await (await client.get('/api/v1/me')).json()).toMatchObject({ kind: 'visitor' });
  });

  test('no key, no AS', async () => {
    const client = await newClient(portal);
    const ask = (asn: unknown) => client.post('/api/v1/auth/challenges', { data: { asn } });
    await expectProblem(await ask(4242426004), 422, 'NO_METHOD');
    await expectProblem(await ask(4242426999), 404, 'ASN_UNKNOWN');
    await expectProblem(await ask('4242426001'), 422, 'CONFIG_TYPE');
    await expectProblem(await ask(0), 422, 'CONFIG_TYPE');
  });
});

test.describe('values', () => {
  const right = {
    publicKey: newPublicKey(),
    endpoint: '203.0.113.6:26001',
    linkLocal: 'fe80::6001',
  };
  for (const [what, change, code, path] of [
    ['a key in use', { publicKey: TAKEN_KEY }, 'KEY_IN_USE', 'publicKey'],
    ['a key that is none', { publicKey: `${'A'.repeat(42)}==` }, 'KEY_ENCODING', 'publicKey'],
    ['a key with a newline', { publicKey: `${TAKEN_KEY}\n` }, 'KEY_ENCODING', 'publicKey'],
    [
      'a preshared key with a newline',
      { presharedKey: `${TAKEN_KEY}\nPostUp = reboot` },
      'PSK_ENCODING',
      'presharedKey',
    ],
    ['a malformed endpoint', { endpoint: '203.0.113.6' }, 'ENDPOINT_SYNTAX', 'endpoint'],
    [
      'an endpoint with a newline',
      { endpoint: 'a.example:1\nPostUp = reboot' },
      'ENDPOINT_SYNTAX',
      'endpoint',
    ],
    ['a private endpoint', { endpoint: '127.0.0.1:26001' }, 'ENDPOINT_PRIVATE', 'endpoint'],
    [
      'an endpoint written as a number',
      { endpoint: '2130706433:26001' },
      'ENDPOINT_SYNTAX',
      'endpoint',
    ],
    [
      'a mapped private endpoint',
      { endpoint: '[::ffff:10.0.0.1]:26001' },
      'ENDPOINT_PRIVATE',
      'endpoint',
    ],
    [
      'a foreign address',
      { addresses: { ipv4: '172.21.131.9' } },
      'ADDRESS_NOT_YOURS',
      'addresses.ipv4',
    ],
    [
      'a foreign IPv6 address',
      { addresses: { ipv6: 'fdb3:6000:103::9' } },
      'ADDRESS_NOT_YOURS',
      'addresses.ipv6',
    ],
    [
      'an address of ours',
      { addresses: { ipv4: '172.21.128.1' } },
      'ADDRESS_CONFLICT',
      'addresses.ipv4',
    ],
    ['a policy of the operator', { policy: 'accept-all' }, 'POLICY_UNKNOWN', 'policy'],
    ['a tunnel without BGP', { sessions: 'none' }, 'SESSIONS_UNKNOWN', 'sessions'],
    ['a contact with a newline', { contact: 'me\nPostUp = reboot' }, 'CONTACT_INVALID', 'contact'],
    ['an unknown key', { endpoit: '203.0.113.6:1' }, 'CONFIG_UNKNOWN_KEY', ''],
    ['a wrong type', { mtu: '1420' }, 'CONFIG_TYPE', 'mtu'],
    ['an unknown node', { node: 'osaka' }, 'NODE_UNKNOWN', 'node'],
  ] as const) {
    test(`${what} is refused, new and in an edit`, async () => {
      const problem = await expectProblem(
        await fjord.post('/api/v1/peerings', { data: { ...right, ...change } }),
        422,
        code,
      );
      expect(problem.errors?.map((error) => error.path)).toContain(path);
      if (path === 'node') return;
      await expectProblem(
        await alder.patch(`/api/v1/peerings/${peering.id}`, { data: change }),
        422,
        code,
      );
    });
  }

  test('a second peering of the same AS on the node needs the operator', async () => {
    await expectProblem(await alder.post('/api/v1/peerings', { data: right }), 422, 'DUPLICATE');
  });

  test('an edit of what has changed meanwhile is refused', async () => {
    await expectProblem(
      await alder.patch(`/api/v1/peerings/${peering.id}`, {
        data: { mtu: 1300 },
        headers: { 'if-match': `"${peering.revision + 1000}"` },
      }),
      412,
      'REVISION_MISMATCH',
    );
  });

  test('deleting needs the right AS number', async () => {
    await expectProblem(
      await alder.delete(`/api/v1/peerings/${peering.id}`, { data: { confirm: '4242426003' } }),
      422,
      'CONFIRMATION_MISMATCH',
    );
  });
});

test.describe('who asks', () => {
  test('another AS’s peering does not exist, whatever is asked of it', async () => {
    const moss = await newMember(portal, 4242426013, 'moss_ed25519');
    const path = `/api/v1/peerings/${peering.id}`;
    const answers = await Promise.all([
      moss.get(path),
      moss.patch(path, { data: { mtu: 1300 } }),
      moss.delete(path, { data: { confirm: '4242426001' } }),
      moss.get(`${path}/config`),
      moss.get(`${path}/config/bird2`),
      moss.get(`${path}/events`),
      moss.post(`${path}/disable`),
      moss.post(`${path}/restart`),
      moss.get('/api/v1/peerings/00000000000000000000000000000000'),
    ]);
    for (const answer of answers) await expectProblem(answer, 404, 'PEERING_UNKNOWN');
    const own = (await (await moss.get('/api/v1/peerings')).json()) as { peerings: unknown[] };
    expect(own.peerings).toEqual([]);
  });

  test('a member does not ask for another AS, and does nothing of the operator', async () => {
    await expectProblem(
      await alder.post('/api/v1/peerings', {
        data: { asn: 4242426013, publicKey: newPublicKey(), endpoint: '203.0.113.5:1' },
      }),
      403,
      'FORBIDDEN',
    );
    const desk = '/api/v1/admin';
    for (const [path, status, code] of [
      [`${desk}/peerings/${peering.id}/approve`, 409, 'STATE_CONFLICT'],
      [`${desk}/peerings/${peering.id}/reject`, 409, 'STATE_CONFLICT'],
      [`${desk}/nodes/tokyo/restart`, 403, 'FORBIDDEN'],
    ] as const)
      await expectProblem(await alder.post(path, { data: {} }), status, code);
    await expectProblem(await alder.get('/api/v1/lg/tokyo/rejected'), 403, 'FORBIDDEN');
  });

  test('visitors and wrong tokens get nothing', async () => {
    const visitor = await newClient(portal);
    for (const path of ['/api/v1/peerings', `/api/v1/peerings/${peering.id}`, '/api/v1/events'])
      await expectProblem(await visitor.get(path), 401, 'UNAUTHENTICATED');
    const wrong = await newClient(portal, { authorization: 'Bearer journeys-operator-token-x' });
    await expectProblem(await wrong.get('/api/v1/peerings'), 401, 'TOKEN_INVALID');
  });

  test('another site’s page can neither read nor change', async () => {
    const change = (headers: Record<string, string>) =>
      alder.post(`/api/v1/peerings/${peering.id}/disable`, { headers });
    await expectProblem(await change({ origin: 'https://evil.example' }), 403, 'ORIGIN_FORBIDDEN');
    await expectProblem(await change({ origin: 'null' }), 403, 'ORIGIN_FORBIDDEN');
    await expectProblem(await change({ 'sec-fetch-site': 'cross-site' }), 403, 'ORIGIN_FORBIDDEN');
    const read = await alder.get('/api/v1/peerings', {
      headers: { origin: 'https://evil.example' },
    });
    expect(read.headers()['access-control-allow-origin']).toBeUndefined();
    const form = await alder.post('/api/v1/peerings', {
      headers: { 'content-type': 'text/plain' },
      data: JSON.stringify({ publicKey: newPublicKey() }),
    });
    await expectProblem(form, 415, 'BODY_TYPE');
  });

  test('a name that is not ours is not answered', async () => {
    const rebound = await newClient(portal, { host: 'evil.example' });
    await expectProblem(await rebound.get('/api/v1/nodes'), 421, 'HOST_FORBIDDEN');
    expect((await rebound.get('/')).status()).toBe(421);
    const ours = await newClient(portal, { host: 'node.rootless42.example' });
    expect((await ours.get('/')).status()).toBe(200);
  });
});

test.describe('shapes', () => {
  test('10 MB are refused before they are read', async () => {
    const big = 'x'.repeat(10 * 1024 * 1024);
    await expectProblem(
      await alder.post('/api/v1/peerings', { data: { publicKey: big } }),
      413,
      'BODY_TOO_LARGE',
    );
    const visitor = await newClient(portal);
    await expectProblem(
      await visitor.post('/api/v1/auth/verify', { data: { nonce: big } }),
      413,
      'BODY_TOO_LARGE',
    );
    // The portal answers on, at once.
    expect((await visitor.get('/healthz')).status()).toBe(200);
  });

  test('what is no JSON, no object, or nowhere, is a problem document too', async () => {
    const post = (data: string) =>
      alder.post('/api/v1/peerings', {
        headers: { 'content-type': 'application/json' },
        data: Buffer.from(data, 'latin1'),
      });
    await expectProblem(await post('{'), 400, 'BODY_SYNTAX');
    await expectProblem(await post('"\xff\xfe"'), 400, 'BODY_SYNTAX');
    await expectProblem(await post('[]'), 422, 'CONFIG_TYPE');
    await expectProblem(await post('null'), 422, 'CONFIG_TYPE');
    await expectProblem(await alder.get('/api/v1/nothing/here'), 404, 'PATH_UNKNOWN');
    await expectProblem(await alder.get('/api/v1/nodes/osaka'), 404, 'PATH_UNKNOWN');
    await expectProblem(
      await alder.get(`/api/v1/peerings/${peering.id}/config/quagga`),
      404,
      'FORMAT_UNKNOWN',
    );
  });

  test('what strangers wrote is shown as printable text only', async () => {
    // AS4242426009 is damaged on purpose: tabs, CRLF, bytes that are no UTF-8.
    for (const asn of [4242426009, 4242426013]) {
      const answer = await alder.get(`/api/v1/networks/${asn}`);
      expect(answer.status()).toBe(200);
      expect(await answer.text()).not.toMatch(/\\[rnt]|\\u00[01]|\\u202|\\ufffd/i);
      expect(await answer.text()).not.toMatch(/\$1\$fixture|NX0000/);
    }
    const echo = await alder.get(`/api/v1/networks/${encodeURIComponent('<script>\u202e')}`);
    await expectProblem(echo, 400, 'QUERY_MALFORMED');
  });
});
