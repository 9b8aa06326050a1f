import { expect, test } from 'vitest';
import type { MeshHistoryView, MeshLinkStatus, MeshView } from '../../router-core/index.ts';
import { meshObjectOf } from './mesh-object.ts';

type Edge = NonNullable<NonNullable<MeshView['edge']>['status']>;
type Supernode = NonNullable<NonNullable<MeshView['supernode']>['status']>;

const KEY = 'c2VjcmV0IGVub3VnaCB0byBiZSBmb3VuZCBpbiBhIHRleHQ=';
const ENDPOINT = '203.0.113.7:3000';
const LOCAL = '192.168.1.7';

test('a latency is one way: there and back are two numbers, and each direction has the ways it carries', () => {
  const { links, ways } = objectOf({ supernode: supernodeOf() });
  const direct = links.find(({ a, b }) => a === 1 && b === 3);
  expect(direct?.there).toMatchObject({ from: 1, to: 3, ms: 118, carries: [] });
  expect(direct?.back).toMatchObject({ from: 3, to: 1, ms: 111, carries: [{ from: 3, to: 1 }] });
  const first = links.find(({ a, b }) => a === 1 && b === 2);
  expect(first?.there.carries).toEqual([
    { from: 1, to: 2 },
    { from: 1, to: 3 },
  ]);
  expect(ways.find(({ from, to }) => from === 1 && to === 3)).toEqual({
    from: 1,
    to: 3,
    nodes: [1, 2, 3],
    ms: 115,
  });
});

test('who is between both ends of a way relays it', () => {
  const { nodes } = objectOf({ supernode: supernodeOf() });
  expect(nodes.map(({ number, relays }) => [number, relays])).toEqual([
    [1, []],
    [2, [{ from: 1, to: 3 }]],
    [3, []],
  ]);
});

test('a way over a link that nobody measured has no latency, and a table that ends early no last leg', () => {
  const { ways } = objectOf({
    supernode: supernodeOf({ ways: [{ from: 1, to: 3, nodes: [1, 9] }], latencies: [] }),
  });
  expect(ways).toEqual([{ from: 1, to: 3, nodes: [1, 9], ms: null }]);
});

test('a silent node says since when; names that are places stand on the map', () => {
  const { nodes } = objectOf({ supernode: supernodeOf() });
  expect(nodes.map(({ name, position }) => [name, position?.place ?? null])).toEqual([
    ['tokyo', 'Tokyo'],
    ['sin1', 'Singapore'],
    ['attic', null],
  ]);
  expect(nodes[2]).toMatchObject({ isAlive: false, heardAt: '2026-11-27T12:00:00.000Z' });
});

test.each([
  [{ endpoint: null, candidates: [] }, 'endpoint-unknown'],
  [{ endpoint: null, candidates: [ENDPOINT] }, 'endpoints-tried'],
  [{ lastHandshakeAt: null }, 'unanswered'],
  [{ lastHandshakeAt: '2026-11-27T12:00:00.000Z' }, 'silent'],
] as const)('a link that is not alive has a reason without an address: %o', (link, problem) => {
  const { links } = objectOf({
    edge: edgeOf({ isAlive: false, problem: `… ${ENDPOINT}`, ...link }),
  });
  expect(links).toMatchObject([{ a: 1, b: 2, state: 'down', problem }]);
});

test('what our own node measures is the way to it', () => {
  const { links, nodes, isSupernode } = objectOf({ edge: edgeOf({ latencyMs: 42, loss: 0.05 }) });
  expect(links).toMatchObject([
    { a: 1, b: 2, state: 'loss', there: { ms: null }, back: { ms: 42 } },
  ]);
  expect(links[0]?.own).toMatchObject({ neighbor: 2, loss: 0.05, relayedFrames: 7 });
  // The supernode is no node of the graph.
  expect(nodes.map(({ number }) => number)).toEqual([1, 2]);
  expect(isSupernode).toBe(false);
});

test('visitors see no endpoint, key or address; operators see all', () => {
  const view = {
    edge: edgeOf(
      { isAlive: false, problem: `Nothing from ${ENDPOINT}.`, candidates: [ENDPOINT] },
      true,
    ),
    supernode: supernodeOf(),
  };
  const seen = JSON.stringify(objectOf(view));
  for (const hidden of [KEY, ENDPOINT, LOCAL]) expect(seen).not.toContain(hidden);
  const whole = JSON.stringify(objectOf(view, { isForOperator: true }));
  for (const shown of [KEY, ENDPOINT, LOCAL]) expect(whole).toContain(shown);
});

test('history belongs to its direction', () => {
  const history: MeshHistoryView = {
    since: '2026-11-27T12:00:00.000Z',
    sampleSeconds: 60,
    links: [{ from: 3, to: 1, samples: [null, 111] }],
    changes: [],
  };
  const { links } = objectOf({ supernode: supernodeOf() }, { history });
  const link = links.find(({ a, b }) => a === 1 && b === 3);
  expect(link?.there.samples).toEqual([]);
  expect(link?.back.samples).toEqual([null, 111]);
});

function objectOf(
  view: MeshView,
  { history, isForOperator = false }: { history?: MeshHistoryView; isForOperator?: boolean } = {},
) {
  return meshObjectOf({ node: 'ours', place: null, view, range: 'hour', history, isForOperator });
}

function supernodeOf(change: Partial<Supernode> = {}): NonNullable<MeshView['supernode']> {
  const session = {
    endpoint: ENDPOINT,
    lastHandshakeAt: null,
    lastReceivedAt: null,
    rxBytes: 0,
    txBytes: 0,
  };
  const edge = (node: number, name: string, isAlive: boolean) => ({
    node,
    name,
    publicKey: KEY,
    isAlive,
    lastSeenAt: '2026-11-27T12:00:00.000Z',
    v4: session,
    v6: null,
    localAddresses: [LOCAL],
    externalAddresses: [ENDPOINT],
  });
  const latency = (from: number, to: number, ms: number) => ({ from, to, ms, costMs: ms });
  return {
    problem: null,
    status: {
      name: 'super',
      publicKeys: { v4: KEY, v6: null },
      listenPorts: [],
      edges: [edge(1, 'tokyo', true), edge(2, 'sin1', true), edge(3, 'attic', false)],
      ways: [
        { from: 1, to: 2, nodes: [1, 2] },
        { from: 1, to: 3, nodes: [1, 2, 3] },
        { from: 3, to: 1, nodes: [3, 1] },
      ],
      latencies: [latency(1, 2, 34), latency(2, 3, 81), latency(1, 3, 118), latency(3, 1, 111)],
      drops: {},
      ...change,
    },
  };
}

function edgeOf(change: Partial<MeshLinkStatus>, hasFailed = false): NonNullable<MeshView['edge']> {
  const link: MeshLinkStatus = {
    node: 2,
    role: 'edge',
    publicKey: KEY,
    origin: 'file',
    isStatic: false,
    isAlive: true,
    problem: null,
    latencyMs: null,
    jitterMs: null,
    loss: null,
    candidates: [],
    relayedFrames: 7,
    relayedBytes: 700,
    endpoint: ENDPOINT,
    lastHandshakeAt: null,
    lastReceivedAt: null,
    rxBytes: 0,
    txBytes: 0,
    ...change,
  };
  const status: Edge = {
    node: 1,
    name: 'tokyo',
    mode: 'super',
    publicKey: KEY,
    listenPorts: [],
    links: [link, { ...link, node: 65_533, role: 'supernode', isAlive: true, latencyMs: 1 }],
    ways: [],
    tableFrom: 'supernode',
    addresses: [],
    latencies: [],
    supernode: null,
    clock: { offsetMs: 0, serversAnswering: 0 },
    endpointsOfOurs: [ENDPOINT],
    port: null,
    drops: {},
  };
  const problem = {
    code: 'MESH_INSTANCE_FAILED',
    message: `At ${ENDPOINT}`,
    at: '2026-11-27T12:00:00.000Z',
  };
  return { status, problem: hasFailed ? problem : null };
}
