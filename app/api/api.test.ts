import { afterEach, beforeEach, expect, test } from 'vitest';
import { RouterError } from '../../router-core/index.ts';
import { fixtureIndex } from '../../router-core/registry/fixtures/fixture-registry.ts';
import { hashOfSecret, LOGIN_CHECK_MS, newCookieValue } from '../_auth/index.ts';
import { createRegistryQuestions } from '../_registry/index.ts';
import { newKey, startTestPortal, type TestPortal } from '../_services/testing/test-portal.ts';
import { BODY_BYTES_MAX } from './_http/body.ts';
import { POST as restartNode } from './v1/admin/nodes/[id]/restart/route.ts';
import { POST as capture } from './v1/admin/peerings/[id]/capture/route.ts';
import { POST as challenges } from './v1/auth/challenges/route.ts';
import { POST as verify } from './v1/auth/verify/route.ts';
import { GET as events } from './v1/events/route.ts';
import { GET as lookingGlass } from './v1/lg/[nodes]/[query]/route.ts';
import { GET as mesh } from './v1/mesh/route.ts';
import { GET as config } from './v1/peerings/[id]/config/[format]/route.ts';
import { PATCH as edit, GET as read, DELETE as remove } from './v1/peerings/[id]/route.ts';
import { POST as create, GET as list } from './v1/peerings/route.ts';

const TOKEN = 'operator-token-of-the-test';
const registry = createRegistryQuestions(fixtureIndex(), { trustPersonKeys: false });
let at: TestPortal;
beforeEach(async () => {
  at = await startTestPortal({ registry, operatorToken: TOKEN });
});
afterEach(() => at.end());

test('the operator token does everything: create, read, change, configuration, delete', async () => {
  const created = await create(
    post('/peerings', { asn: 4242426001, publicKey: newKey(), node: 'tokyo', contact: 'x' }),
    none,
  );
  expect(created.status).toBe(201);
  const peering = await created.json();
  expect(peering).toMatchObject({
    administrative: 'enabled',
    operational: 'provisioned',
    tunnel: { lastHandshakeAt: null, rxBytes: 0 },
    sessions: [],
    ours: { asn: 4242426000, linkLocal: 'fe80::6000' },
    links: { config: `/api/v1/peerings/${peering.id}/config` },
  });
  expect(created.headers.get('location')).toBe(`/api/v1/peerings/${peering.id}`);
  const id = { params: Promise.resolve({ id: peering.id as string }) };

  const etag = created.headers.get('etag') ?? '';
  const edited = await edit(patch({ mtu: 1400 }, { 'if-match': etag }), id);
  expect(await edited.json()).toMatchObject({ mtu: 1400 });
  expect((await edit(patch({ mtu: 1300 }, { 'if-match': etag }), id)).status).toBe(412);

  const disguised = await edit(patch({ obfuscation: { kind: 'wgobfs', key: 'moss' } }, {}), id);
  expect(await disguised.json()).toMatchObject({
    obfuscation: { kind: 'wgobfs', key: 'moss' },
    disguise: { mtu: 1400 },
  });
  const wrong = await edit(patch({ obfuscation: { kind: 'wgobfs', key: null } }, {}), id);
  expect(wrong.status).toBe(422);
  expect(await wrong.json()).toMatchObject({
    code: 'OBFUSCATION_INVALID',
    errors: [{ path: 'obfuscation.key' }],
  });

  for (const options of ['bfd: true', { bfd: true }])
    expect(await (await edit(patch({ options }, {}), id)).json()).toMatchObject({
      admin: { options: { bfd: true }, optionsText: 'bfd: true' },
    });
  const wrongOption = await edit(patch({ options: { role: 'friend' } }, {}), id);
  expect(await wrongOption.json()).toMatchObject({
    code: 'ROLE_INVALID',
    errors: [{ path: 'options.role' }],
  });

  const text = await config(get('/config/bird2'), {
    params: Promise.resolve({ id: peering.id as string, format: 'bird2' }),
  });
  expect(await text.text()).toContain('fe80::6000');
  const part = await config(get('/config/bird2?part=peers'), {
    params: Promise.resolve({ id: peering.id as string, format: 'bird2' }),
  });
  expect(part.status).toBe(400);
  expect(await part.json()).toMatchObject({ code: 'QUERY_MALFORMED' });
  expect((await remove(request('DELETE', '/x'), id)).status).toBe(204);
  expect((await read(get('/x'), id)).status).toBe(404);
});

test('the mesh: none, then as the router tells it, with endpoints for operators alone', async () => {
  const ask = async (search = '', authorization = '') =>
    mesh(get(`/mesh${search}`, { authorization }), none);
  expect(await (await ask()).json()).toEqual({ mesh: null });

  const problem = {
    code: 'MESH_ENDED',
    message: '203.0.113.7 said so.',
    at: '2026-11-27T12:00:00Z',
  };
  at.router.reportMesh({ edge: { status: null, problem } });
  const open = (await (await ask()).json()).mesh;
  expect(open).toMatchObject({ node: 'tokyo', isEdge: true, nodes: [], details: null });
  expect(open.problems).toMatchObject([{ code: 'MESH_ENDED', message: null }]);
  const whole = await (await ask('', `Bearer ${TOKEN}`)).json();
  expect(whole.mesh.problems).toMatchObject([{ message: '203.0.113.7 said so.' }]);

  expect((await ask('?range=day')).status).toBe(200);
  const wrong = await ask('?range=year');
  expect(wrong.status).toBe(400);
  expect(await wrong.json()).toMatchObject({ code: 'QUERY_MALFORMED' });

  at.router.reportMesh(null);
  expect(await (await ask()).json()).toEqual({ mesh: null });
});

test('a body above the cap is refused, announced or not, without reading all of it', async () => {
  const large = 'a'.repeat(BODY_BYTES_MAX + 1);
  const announced = await create(
    request('POST', '/peerings', large, { 'content-length': String(large.length) }),
    none,
  );
  expect(announced.status).toBe(413);
  expect(await announced.json()).toMatchObject({ code: 'BODY_TOO_LARGE', status: 413 });

  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(16_384));
    },
  });
  const streamed = new Request('http://localhost/api/v1/peerings', {
    method: 'POST',
    headers: headersOf({}),
    body: endless,
    duplex: 'half',
  } as RequestInit);
  expect((await create(streamed, none)).status).toBe(413);
  expect(pulled).toBeLessThan(20);
});

test.each([
  ['no JSON', '{', 400, 'BODY_SYNTAX'],
  ['a list', '[]', 422, 'CONFIG_TYPE'],
  ['an unknown key', '{"publicKey":"x","colour":"red"}', 422, 'CONFIG_UNKNOWN_KEY'],
  ['a number for a key', '{"publicKey":1}', 422, 'CONFIG_TYPE'],
])('%s is a problem document with its code', async (_name, body, status, code) => {
  const answer = await create(request('POST', '/peerings', body), none);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(await answer.json()).toMatchObject({ status, code, operation: expect.any(String) });
});

test('what is wrong with a value is the code of the problem, and all of it is listed', async () => {
  const answer = await create(
    post('/peerings', { asn: 4242426001, publicKey: 'x', presharedKey: 'a\nb', endpoint: 'nope' }),
    none,
  );
  const problem = await answer.json();
  expect(problem.code).toBe('KEY_ENCODING');
  expect(problem.errors.map((error: { code: string }) => error.code)).toEqual([
    'KEY_ENCODING',
    'PSK_ENCODING',
    'ENDPOINT_SYNTAX',
  ]);
});

test('another site cannot change anything, with cookie or without; the token may come from anywhere', async () => {
  const from = (headers: Record<string, string>) =>
    challenges(
      request('POST', '/auth/challenges', '{"asn":4242426001}', { authorization: '', ...headers }),
      none,
    );
  expect(await (await from({ origin: 'https://evil.example' })).json()).toMatchObject({
    code: 'ORIGIN_FORBIDDEN',
  });
  expect((await from({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await from({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
  expect((await from({ origin: 'null' })).status).toBe(403);
  expect((await from({ origin: 'http://localhost', 'sec-fetch-site': 'same-origin' })).status).toBe(
    200,
  );
  const withToken = post(
    '/peerings',
    { asn: 4242426001, publicKey: newKey() },
    { origin: 'https://tool.example' },
  );
  expect((await create(withToken, none)).status).toBe(201);
});

test('the portal answers under its own names only', async () => {
  const under = (host: string, local: string) =>
    list(get('/peerings', { host, 'x-rootless42-local-address': local }), none);
  for (const [host, local] of [
    ['localhost:4242', '127.0.0.1'],
    ['localhost:4242', '::1'],
    ['192.0.2.1:4242', '192.0.2.1'],
    ['[2001:db8::1]:4242', '2001:db8::1'],
    ['node.example.net', '192.0.2.1'],
  ] as const)
    expect((await under(host, local)).status).toBe(200);
  // Another site that relays our challenge has another name, whatever it is.
  for (const [host, local] of [
    ['evil.example', '192.0.2.1'],
    ['203.0.113.66', '192.0.2.1'],
    ['localhost:4242', '192.0.2.1'],
  ] as const)
    expect(await (await under(host, local)).json()).toMatchObject({ code: 'HOST_FORBIDDEN' });
});

test('a wrong token is refused, and no token sees nothing', async () => {
  expect(
    await (await list(get('/peerings', { authorization: 'Bearer wrong' }), none)).json(),
  ).toMatchObject({ code: 'TOKEN_INVALID' });
  const refused = await list(get('/peerings', { authorization: '' }), none);
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  const restart = await restartNode(post('/x', { crash: true }, { authorization: '' }), {
    params: Promise.resolve({ id: 'tokyo' }),
  });
  expect(restart.status).toBe(401);
});

test('a capture is a file that grows while it is read; what the router refuses is a problem', async () => {
  const created = await create(
    post('/peerings', { asn: 4242426001, publicKey: newKey(), name: 'alder', contact: 'x' }),
    none,
  );
  const { id } = (await created.json()) as { id: string };
  const about = { params: Promise.resolve({ id }) };
  at.router.answerCaptures(async function* () {
    yield Uint8Array.of(1, 2);
    yield Uint8Array.of(3);
  });
  const answer = await capture(post('/x', { seconds: 5 }), about);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/x-pcapng');
  expect(answer.headers.get('content-disposition')).toMatch(
    /^attachment; filename="tokyo-alder-\d{8}T\d{6}Z\.pcapng"$/,
  );
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3));
  expect(at.router.captures).toEqual([{ seconds: 5, peering: id }]);

  expect((await capture(post('/x', { seconds: 0 }), about)).status).toBe(422);
  at.router.answerCaptures(() => {
    throw new RouterError('TOO_MANY', '4 captures are running; end one, or wait for one to end.');
  });
  const refused = await capture(post('/x', {}), about);
  expect([refused.status, (await refused.json()).code]).toEqual([429, 'TOO_MANY']);
});

test('a challenge comes with the cookie that binds it; an answer without that cookie is refused', async () => {
  const asked = await challenges(
    post('/auth/challenges', { asn: 4242426001 }, { authorization: '' }),
    none,
  );
  const challenge = await asked.json();
  expect(challenge.text).toMatch(
    /^rootless42-v1 portal=localhost asn=4242426001 purpose=login nonce=/,
  );
  expect(challenge.methods).toEqual([
    expect.objectContaining({ method: 'ssh', keyType: 'ssh-ed25519', keyFile: 'id_ed25519' }),
  ]);
  expect(asked.headers.get('set-cookie')).toMatch(
    /^rootless42-visit=[^;]{43}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/,
  );
  const secure = await challenges(
    post(
      '/auth/challenges',
      { asn: 4242426001 },
      { authorization: '', 'x-forwarded-proto': 'https' },
    ),
    none,
  );
  expect(secure.headers.get('set-cookie')).toMatch(/^__Host-rootless42-visit=.*; Secure$/);
  const answer = await verify(
    post(
      '/auth/verify',
      { nonce: challenge.nonce, method: 'ssh', signature: 'x' },
      { authorization: '' },
    ),
    none,
  );
  expect(await answer.json()).toMatchObject({ code: 'CHALLENGE_USED' });
});

test('the event stream gives whole objects, again when they change, and ends with its login', async () => {
  const cookie = newCookieValue();
  await at.portal.database.login.create({
    data: {
      id: hashOfSecret(cookie),
      kind: 'member',
      asns: '4242426001',
      level: 'key',
      operator: null,
      createdAt: new Date(),
      lastSeenAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
    },
  });
  const mine = await create(post('/peerings', { asn: 4242426001, publicKey: newKey() }), none);
  const { id } = await mine.json();
  await create(post('/peerings', { asn: 4242426002, publicKey: newKey() }), none);

  const answer = await events(
    get('/events', { authorization: '', cookie: `rootless42=${cookie}` }),
    none,
  );
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const stream = readEvents(answer);
  expect(await stream.next()).toMatchObject({ id, operational: 'provisioned', admin: null });

  at.router.report(id, { operational: 'handshake' });
  expect(await stream.next()).toMatchObject({ id, operational: 'handshake' });

  await at.portal.database.login.updateMany({ data: { revokedAt: new Date() } });
  expect(await stream.next()).toBeUndefined();
  expect(LOGIN_CHECK_MS).toBeLessThan(5_000);
});

test('an address has eight event streams, and a stop of the portal ends them', async () => {
  const open = () => events(get('/events', { 'x-rootless42-client-address': '192.0.2.77' }), none);
  const streams = [];
  for (let i = 0; i < 8; i++) streams.push(readEvents(await open()));
  expect(await (await open()).json()).toMatchObject({ code: 'STREAMS_FULL' });
  const ended = Promise.all(streams.map((stream) => stream.next()));
  await at.portal.stop('test');
  expect(await ended).toEqual(Array.from({ length: 8 }));
});

test('the looking glass draws what the router answers, and a node that is none hides no other', async () => {
  at.router.answerQueries([
    {
      peering: 'alder',
      session: 'alder',
      asn: 4242426001,
      state: 'established',
      since: 't',
      families: ['ipv4'],
      received: 3,
      accepted: 2,
      rejected: 1,
      sent: 9,
      roundTripMs: 8.5,
      lastError: null,
    },
  ]);
  const answer = await lookingGlass(get('/lg/tokyo,atlantis/summary'), {
    params: Promise.resolve({ nodes: 'tokyo,atlantis', query: 'summary' }),
  });
  const { results } = await answer.json();
  expect(results[0]).toMatchObject({
    node: 'tokyo',
    neighbors: [{ name: 'alder', network: { name: 'alder' }, counters: { accepted: 2 } }],
  });
  expect(results[1]).toMatchObject({ node: 'atlantis', query: 'error', code: 'NODE_UNKNOWN' });
});

test('of one node the error is the status of the answer, and slips cost no probe', async () => {
  const ask = (nodes: string, query: string, q = '', more: Record<string, string> = {}) =>
    lookingGlass(
      get(`/lg/x/${query}?q=${q}`, { 'x-rootless42-client-address': '192.0.2.99', ...more }),
      {
        params: Promise.resolve({ nodes, query }),
      },
    );
  for (const query of ['route', 'neighbor']) expect((await ask('%zz', query)).status).toBe(404);
  const unknown = await ask('atlantis', 'summary');
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({
    results: [{ node: 'atlantis', query: 'error', code: 'NODE_UNKNOWN' }],
  });

  for (let i = 0; i < 10; i++) expect((await ask('tokyo', 'ping', 'nowhere')).status).toBe(400);
  for (let i = 0; i < 6; i++) expect((await ask('tokyo', 'ping', '172.20.0.1')).status).toBe(200);
  const limited = await ask('tokyo', 'ping', '172.20.0.1');
  expect(limited.status).toBe(429);
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await limited.json()).results[0]).toMatchObject({ code: 'TOO_MANY' });
  // All that sends packets draws on the same few.
  for (const query of ['traceroute', 'mtr', 'pmtu']) {
    expect((await ask('tokyo', query, 'nowhere')).status).toBe(400);
    expect((await ask('tokyo', query, '172.20.0.1')).status).toBe(429);
  }
  const text = await ask('tokyo', 'ping', '172.20.0.1&format=text');
  expect(text.status).toBe(429);
  expect(await text.text()).toContain('TOO_MANY');
});

test('what a neighbor did wrong is for operators, an explained prefix is for everybody', async () => {
  const ask = (query: string, more: Record<string, string> = {}) =>
    lookingGlass(get(`/lg/tokyo/${query}?q=alder`, more), {
      params: Promise.resolve({ nodes: 'tokyo', query }),
    });
  for (const query of ['rejected', 'malformed', 'routes-from']) {
    expect((await ask(query, { authorization: '' })).status, query).toBe(401);
    expect((await ask(query)).status, query).toBe(200);
  }
  for (const query of ['why', 'history', 'flaps'])
    expect((await ask(query, { authorization: '' })).status, query).toBe(200);
});

const none = { params: Promise.resolve({}) };

function headersOf(more: Record<string, string>): Headers {
  const headers = new Headers({
    host: 'localhost',
    'x-rootless42-local-address': '127.0.0.1',
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/json',
    'x-rootless42-client-address': '192.0.2.1',
    ...more,
  });
  if (more.authorization === '') headers.delete('authorization');
  return headers;
}

function request(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Request {
  const init = body === undefined ? {} : { body };
  return new Request(`http://localhost/api/v1${path}`, {
    method,
    headers: headersOf(headers),
    ...init,
  });
}
const get = (path: string, headers?: Record<string, string>) =>
  request('GET', path, undefined, headers);
const post = (path: string, body: object, headers?: Record<string, string>) =>
  request('POST', path, JSON.stringify(body), headers);
const patch = (body: object, headers: Record<string, string>) =>
  request('PATCH', '/x', JSON.stringify(body), headers);

/** Reads events one by one; undefined is the end. */
function readEvents(answer: Response): { next(): Promise<Record<string, unknown> | undefined> } {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    async next() {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end !== -1) {
          const block = text.slice(0, end);
          text = text.slice(end + 2);
          const data = /^event: peering\ndata: (.*)$/m.exec(block)?.[1];
          if (data !== undefined) return JSON.parse(data);
          continue;
        }
        const part = await reader.read();
        if (part.done) return undefined;
        text += decoder.decode(part.value, { stream: true });
      }
    },
  };
}
