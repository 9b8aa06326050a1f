/**
 * The HTTP interface of edges: every answer recorded of a real supernode, and what it refuses.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assert } from '../../../../base/assert.ts';
import { fromHex, toBase64 } from '../../../../base/bytes.ts';
import type { NodeNumber } from '../../../node-number.ts';
import { SERVER_ACTION } from '../../wire/index.ts';
import type { ApiResponse } from '../index.ts';
import { compression, type LabEdge, PREFIX, SuperLab, superConfig } from '../testing/super-lab.ts';

type Exchange = {
  readonly target: string;
  readonly path: string;
  readonly query: { readonly NodeID?: string };
  readonly status: number;
  readonly contentType: string;
  readonly responseBody: string;
  readonly requestBody?: string;
  readonly jwtSecret?: string;
};
const recorded = (name: string): readonly Exchange[] =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures', name), 'utf8')).exchanges;

const READS = {
  '/edge/peerinfo': SERVER_ACTION.updatePeers,
  '/edge/nhtable': SERVER_ACTION.updateNextHops,
  '/edge/superparams': SERVER_ACTION.updateParameters,
} as Readonly<Record<string, number>>;

/** Sends a recorded request; where it named a state that was right, with the state that is right here. */
function replay(lab: SuperLab, edge: LabEdge, exchange: Exchange): ApiResponse {
  const action = READS[exchange.path];
  const query = new URLSearchParams(exchange.target.split('?')[1]);
  if (action !== undefined && exchange.status === 200)
    query.set('State', edge.lastTold(action)?.text ?? '');
  const body = fromHex(exchange.requestBody ?? '');
  assert(body !== undefined, 'bodies are hexadecimal');
  return lab.request(`${exchange.path}?${query}`, { body });
}

/** The values of an answer, with keys between edges masked. */
const masked = (body: string): unknown =>
  body.startsWith('{')
    ? JSON.parse(body.replace(/"PSKey":"[\w+/]{43}="/g, '"PSKey":"<key>"'))
    : body;

function expectRecorded(lab: SuperLab, edge: LabEdge, exchange: Exchange): void {
  const answer = replay(lab, edge, exchange);
  expect({ ...answer, body: masked(answer.body) }).toEqual({
    status: exchange.status,
    contentType: exchange.contentType,
    body: masked(exchange.responseBody),
  });
}

const edgeOf = (edges: ReadonlyMap<string, LabEdge>, exchange: Exchange): LabEdge => {
  const edge = edges.get(exchange.query.NodeID ?? '');
  assert(edge !== undefined, 'an edge of the recording');
  return edge;
};

/** Edges with the secrets they had when they were recorded. */
function recordedEdges(lab: SuperLab, exchanges: readonly Exchange[]): Map<string, LabEdge> {
  const numbers = [...new Set(exchanges.map(({ query }) => query.NodeID ?? ''))];
  return new Map(
    numbers.map((number) => {
      const edge = lab.edge(Number(number));
      const report = exchanges.find((e) => e.query.NodeID === number && e.jwtSecret);
      edge.secret = fromHex(report?.jwtSecret ?? '') ?? edge.secret;
      return [number, edge];
    }),
  );
}

describe('recorded', () => {
  test('three edges over IPv4 get the answers they got', () => {
    const exchanges = recorded('http-edge-api.json');
    const lab = new SuperLab();
    const edges = recordedEdges(lab, exchanges);
    const [one, two, three] = ['1', '2', '3'].map((n) => edges.get(n)) as [
      LabEdge,
      LabEdge,
      LabEdge,
    ];
    three.register();
    one.register();
    lab.runFor(0.5);
    for (const exchange of exchanges.slice(0, 3))
      expectRecorded(lab, edgeOf(edges, exchange), exchange);
    two.register();
    lab.runFor(0.5);
    for (const exchange of exchanges.slice(3, 13))
      expectRecorded(lab, edgeOf(edges, exchange), exchange);
    two.pong(3, 0.004339005);
    two.pong(1, 0.007465455);
    one.pong(2, 0.000678815);
    three.pong(2, 0.001447905);
    lab.runFor(1.5);
    for (const exchange of exchanges.slice(13))
      expectRecorded(lab, edgeOf(edges, exchange), exchange);
    expect(exchanges).toHaveLength(16);
    const view = lab.supernode.view(lab.now).edges;
    expect(view.map(({ localAddresses }) => localAddresses)).toEqual([
      ['127.0.0.1:3101'],
      ['127.0.0.1:3102'],
      ['127.0.0.1:3103'],
    ]);
  });

  test('two edges over both families, without keys between them, likewise', () => {
    const exchanges = recorded('http-edge-api-dualstack.json');
    const config = superConfig({ UsePSKForInterEdge: false });
    const lab = new SuperLab({
      config: {
        ...config,
        DisabledAf: { ...config.DisabledAf, IPv6: false },
        Peers: config.Peers.filter(({ NodeID }) => NodeID !== 3).map((peer) => ({
          ...peer,
          SkipLocalIP: peer.NodeID === 1,
        })),
      },
    });
    const edges = recordedEdges(lab, exchanges);
    const [one, two] = ['1', '2'].map((n) => edges.get(n)) as [LabEdge, LabEdge];
    one.register();
    one.register({}, 6);
    lab.runFor(0.5);
    for (const exchange of exchanges.slice(0, 6)) expectRecorded(lab, one, exchange);
    two.register();
    two.register({}, 6);
    lab.runFor(0.5);
    for (const exchange of exchanges.slice(6, 12))
      expectRecorded(lab, edgeOf(edges, exchange), exchange);
    one.pong(2, 0.001);
    two.pong(1, 0.001);
    lab.runFor(0.5);
    for (const exchange of exchanges.slice(12))
      expectRecorded(lab, edgeOf(edges, exchange), exchange);
    const view = lab.supernode.view(lab.now).edges;
    expect(view[1]?.localAddresses).toEqual(['127.0.0.1:3102', '192.0.2.7:4500', '[::1]:3102']);
  });
});

/** One edge that has registered. */
function registered() {
  const lab = new SuperLab();
  const edge = lab.edge(1);
  edge.register();
  lab.runFor(1.5);
  const key = encodeURIComponent(edge.keyText);
  return { lab, edge, key };
}
const NOTHING = { pongs: [], localV4: undefined, localV6: undefined };

describe('reads', () => {
  test('checks come in the order of the original, in its words', () => {
    const { lab, key } = registered();
    const answers: readonly [query: string, status: number, text: string][] = [
      ['', 400, 'Paramater PubKey: Missing paramater.'],
      [`PubKey=${key}`, 400, 'Paramater State: Missing paramater.'],
      [`PubKey=${key}&State=x`, 400, 'Paramater NodeID: Missing paramater.'],
      [`PubKey=${key}&State=x&NodeID=70000`, 400, "Paramater NodeID: Can't convert to type uint16"],
      [`PubKey=${key}&State=x&NodeID=-1`, 400, "Paramater NodeID: Can't convert to type uint16"],
      [`PubKey=${key}&State=x&NodeID=65533`, 400, "Paramater NodeID: Can't use special nodeID."],
      [`PubKey=${key}&State=x&NodeID=2`, 404, 'Paramater PubKey: NodeID and PubKey are not match'],
      [`PubKey=${key}&State=x&NodeID=9`, 404, 'Paramater PubKey: NodeID and PubKey are not match'],
      [`PubKey=${key}&State=x&NodeID=1`, 404, 'Paramater State: State not correct'],
      [`PubKey=${key}&State=&NodeID=1`, 404, 'Paramater State: State not correct'],
    ];
    for (const path of Object.keys(READS))
      for (const [query, status, body] of answers)
        expect(lab.request(`${path}?${query}`)).toEqual({
          status,
          contentType: 'text/plain; charset=utf-8',
          body,
        });
  });

  test('the state of parameters is of one edge, and no permission for another', () => {
    const { lab, edge } = registered();
    const two = lab.edge(2);
    two.register();
    lab.runFor(0.5);
    const state = edge.lastTold(SERVER_ACTION.updateParameters)?.text ?? '';
    expect(two.read('superparams', state).status).toBe(404);
    expect(edge.read('superparams', state).status).toBe(200);
  });

  test('QualityMetric is told when the file says so, and otherwise there is no such key', () => {
    const lab = new SuperLab({ config: superConfig({ QualityMetric: true }) });
    const edge = lab.edge(1);
    edge.register();
    lab.runFor(0.5);
    const state = edge.lastTold(SERVER_ACTION.updateParameters)?.text ?? '';
    expect(JSON.parse(edge.read('superparams', state).body)).toEqual({
      SendPingInterval: 4,
      HttpPostInterval: 8,
      PeerAliveTimeout: 20,
      DampingFilterRadius: 4,
      AdditionalCost: 10,
      QualityMetric: true,
    });
  });

  test('paths stand under the prefix, and only where their interface is served', () => {
    const { lab, edge, key } = registered();
    const state = edge.lastTold(SERVER_ACTION.updateParameters)?.text ?? '';
    const query = `/edge/superparams?PubKey=${key}&NodeID=1&State=${state}`;
    const notFound = { status: 404, body: '404 page not found\n' };
    expect(lab.request(query).status).toBe(200);
    expect(lab.request(query, { serves: { edge: false, manage: true } })).toMatchObject(notFound);
    expect(lab.request(query, { path: '/edge/superparams' })).toMatchObject(notFound);
    expect(lab.request('/edge/')).toMatchObject(notFound);
    expect(lab.request('/manage/peer')).toMatchObject(notFound);
    expect(lab.request('', { path: PREFIX })).toMatchObject(notFound);
  });

  test('an edge reads so often and no more', () => {
    const { lab, edge } = registered();
    const state = edge.lastTold(SERVER_ACTION.updateParameters)?.text ?? '';
    const statuses = Array.from({ length: 70 }, () => edge.read('superparams', state).status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(5);
    lab.runFor(1);
    expect(edge.read('superparams', state).status).toBe(200);
  });
});

describe('reports', () => {
  test('checks come in the order of the original, in its words', () => {
    const { lab, key } = registered();
    const text = (query: string) => lab.request(`/edge/post/nodeinfo?${query}`);
    expect(text('').body).toBe('Paramater NodeID: Missing paramater.');
    expect(text('NodeID=x').body).toBe("Paramater NodeID: Can't convert to type uint16");
    expect(text('NodeID=65535').body).toBe('Paramater PubKey: Missing paramater.');
    expect(text(`NodeID=65535&PubKey=${key}`).body).toBe(
      "Paramater NodeID: Can't use special nodeID.",
    );
    expect(text(`NodeID=1&PubKey=${key}`).body).toBe('Paramater JWTSig: Missing paramater.');
    expect(text(`NodeID=2&PubKey=${key}&JWTSig=x`)).toMatchObject({
      status: 404,
      body: 'NodeID and PunKey are not match',
    });
    expect(text(`NodeID=1&PubKey=${key}&JWTSig=x`)).toMatchObject({
      status: 400,
      body: 'Paramater JWTSig: Signature verification failed: token contains an invalid number of segments',
    });
  });

  test('a token of another secret, another algorithm or none is refused', () => {
    const { lab, edge } = registered();
    const body = compression.gzip(new Uint8Array(1));
    const failed = 'Paramater JWTSig: Signature verification failed: ';
    expect(edge.postBody(body, {}, { alg: 'none' }).body).toBe(
      `${failed}signing method is not HS256`,
    );
    expect(edge.postBody(body, {}, { alg: 'HS512' }).body).toBe(
      `${failed}signing method is not HS256`,
    );
    edge.secret = new Uint8Array(32);
    expect(edge.postBody(body).body).toBe(`${failed}signature is invalid`);
    // Who never registered has no secret, not one of zeros.
    const silent = lab.edge(2);
    silent.secret = new Uint8Array(32);
    expect(silent.postBody(body).body).toBe(`${failed}signature is invalid`);
  });

  test('counts grow; a register message says where they go on', () => {
    const { lab, edge } = registered();
    edge.postCount = 5;
    expect(edge.post(NOTHING).body).toBe('OK');
    edge.postCount = 5;
    expect(edge.post(NOTHING)).toMatchObject({
      status: 400,
      body: 'Request body: postcount too small: 6',
    });
    edge.register({ reportCount: 2n });
    lab.runFor(0.1);
    edge.postCount = 2;
    expect(edge.post(NOTHING).body).toBe('OK');
  });

  test('the body is what was signed', () => {
    const { edge } = registered();
    const body = compression.gzip(new Uint8Array(10));
    const other = toBase64(compression.gzip(new Uint8Array(11)));
    expect(edge.postBody(body, { BodyHash: other })).toMatchObject({
      status: 400,
      body: `Request body: hash not match: ${other.slice(0, 64)}`,
    });
    expect(edge.postBody(body, { BodyHash: '' }).status).toBe(400);
  });

  test('what is no gzip, or no report, is refused', () => {
    const { edge } = registered();
    expect(edge.postBody(new Uint8Array([1, 2, 3])).body).toBe('Request body: gzip unzip failed');
    expect(edge.postBody(compression.gzip(new Uint8Array(8))).body).toMatch(
      /^Request body: Error parsing request body: gob stream refused/,
    );
    // A megabyte and more of zeros in a thousand octets.
    expect(edge.postBody(compression.gzip(new Uint8Array(1_100_000))).body).toBe(
      'Request body: gzip unzip failed',
    );
    expect(edge.postBody(new Uint8Array(65_537)).body).toBe(
      'Request body: Error reading request body: too large',
    );
  });

  test('reports of one edge are limited, and nobody else can use them up', () => {
    const { lab, edge } = registered();
    const right = edge.secret;
    edge.secret = new Uint8Array(32);
    for (let i = 0; i < 20; i++) expect(edge.post(NOTHING).status).toBe(400);
    edge.secret = right;
    const statuses = Array.from({ length: 8 }, () => edge.post(NOTHING).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    lab.runFor(1);
    expect(edge.post(NOTHING).status).toBe(200);
  });

  test('a report keeps an edge alive; its pongs count when they are its own', () => {
    const { lab, edge } = registered();
    const two = lab.edge(2);
    two.register();
    lab.runUntil(18);
    const foreign = edge.pongOf(1, 0.5, { destination: 2 as NodeNumber });
    edge.post({ ...NOTHING, pongs: [edge.pongOf(2, 0.25), foreign] });
    lab.runUntil(25);
    const view = lab.supernode.view(lab.now);
    expect(view.edges.map(({ node, isAlive }) => [node, isAlive])).toEqual([
      [1, true],
      [2, false],
      [3, false],
    ]);
    expect(view.latencies).toMatchObject([{ from: 2, to: 1, seconds: 0.25 }]);
  });

  test('local addresses that are none, or of the other family, are not passed on', () => {
    const { lab, edge } = registered();
    const localV4 = new Map([
      ['10.0.0.1:3101', 100],
      ['[2001:db8::1]:3101', 100],
      ['cellar.example.net:3101', 50],
      ['10.0.0.1', 100],
      ['10.0.0.2:3101', Number.NaN],
      [`${'x'.repeat(400)}:1`, 1],
      ...Array.from({ length: 200 }, (_, i) => [`10.0.1.${i}:1`, 50] as const),
    ]);
    expect(edge.post({ pongs: [], localV4, localV6: undefined }).body).toBe('OK');
    const [view] = lab.supernode.view(lab.now).edges;
    expect(view?.localAddresses.slice(0, 3)).toEqual([
      '10.0.0.1:3101',
      'cellar.example.net:3101',
      '10.0.1.0:1',
    ]);
    expect(view?.localAddresses).toHaveLength(80);
  });
});
