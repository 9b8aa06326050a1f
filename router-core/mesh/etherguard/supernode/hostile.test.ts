/**
 * A supernode in bad company: whatever comes over UDP or HTTP ends in a counter or an answer.
 *
 * @module
 */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type NodeNumber, SUPERNODE } from '../../node-number.ts';
import { peerReportMessage, pongMessage, registerMessage, USAGE } from '../wire/index.ts';
import { FAILING_SOURCES_MAX } from './limits.ts';
import { compression, type LabEdge, PREFIX, SuperLab, superConfig } from './testing/super-lab.ts';

let lab: SuperLab;
let edge: LabEdge;

/** A fresh supernode with one edge that has registered; the properties share it. */
function begin(options: ConstructorParameters<typeof SuperLab>[0] = {}): void {
  lab = new SuperLab(options);
  edge = lab.edge(1);
  edge.register();
  lab.runFor(0.5);
}

/** It goes on as if nothing had been. */
afterEach(() => {
  lab.runFor(60);
  edge.told.length = 0;
  edge.register();
  lab.runFor(1);
  expect(edge.told.length).toBeGreaterThan(0);
  expect(lab.arena.free()).toBe(lab.arena.slots);
  edge.expectNoLeak();
});

/** Octets of which some are others, some are missing, and some are too many. */
const damaged = (octets: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      changes: fc.array(fc.tuple(fc.nat(octets.length - 1), fc.nat(255)), { maxLength: 6 }),
      length: fc.nat(octets.length),
      isCut: fc.boolean(),
      more: fc.uint8Array({ maxLength: 20 }),
    })
    .map(({ changes, length, isCut, more }) => {
      const copy = octets.slice();
      for (const [at, octet] of changes) copy[at] = octet;
      return isCut ? copy.slice(0, length) : new Uint8Array([...copy, ...more]);
    });

const REPORT = {
  pongs: [1, 2, 3].map((source) => ({
    requestId: 0,
    source: source as NodeNumber,
    destination: 1 as NodeNumber,
    latency: 0.01,
    timeToAlive: 20,
    additionalCost: 0,
  })),
  localV4: new Map([['10.0.0.1:3101', 100]]),
  localV6: new Map<string, number>(),
};

describe('over UDP', () => {
  test('any content of a session', () => {
    begin();
    const register = registerMessage.encode({
      node: 1 as NodeNumber,
      version: 'v0.3.5',
      peerStateHash: 'a',
      nextHopStateHash: 'b',
      parameterStateHash: 'c',
      reportSecret: new Uint8Array(32).fill(200),
      reportCount: 2n ** 64n - 1n,
    });
    const pong = pongMessage.encode(edge.pongOf(2, Number.NEGATIVE_INFINITY));
    const content = fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged(register), damaged(pong));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...Object.values(USAGE)), content), { maxLength: 10 }),
        fc.constantFrom(SUPERNODE, 1 as NodeNumber, 65535 as NodeNumber),
        (messages, destination) => {
          for (const [usage, body] of messages) edge.send(usage, body, destination);
          lab.runFor(0.1);
        },
      ),
    );
  });

  test('pongs with any numbers leave a table and finite latencies', () => {
    begin();
    const two = lab.edge(2);
    two.register();
    lab.runFor(0.5);
    fc.assert(
      fc.property(fc.double(), fc.double(), fc.double(), (latency, timeToAlive, additionalCost) => {
        edge.pong(2, latency, { timeToAlive, additionalCost });
        two.pong(1, additionalCost, { timeToAlive: latency, additionalCost: timeToAlive });
        lab.runFor(0.1);
        const { latencies, table } = lab.supernode.view(lab.now);
        for (const { seconds, costSeconds } of latencies)
          expect(Number.isFinite(seconds) && Number.isFinite(costSeconds)).toBe(true);
        expect(table.nodes.every((node) => node === 1 || node === 2)).toBe(true);
        const page = lab.request('/manage/super/state?Password=passwd_showstate').body;
        expect(() => JSON.parse(page)).not.toThrow();
      }),
    );
  });
});

describe('over HTTP', () => {
  const NAMES = [
    'NodeID',
    'PubKey',
    'State',
    'JWTSig',
    'Password',
    'PrivKey',
    'Name',
    'PSKey',
    'AdditionalCost',
    'SkipLocalIP',
    'NextHopTable',
    'SendPingInterval',
    'HttpPostInterval',
    'PeerAliveTimeout',
    'DampingFilterRadius',
    '__proto__',
  ];
  const PATHS = [
    'edge/superparams',
    'edge/peerinfo',
    'edge/nhtable',
    'edge/post/nodeinfo',
    'manage/super/state',
    'manage/super/update',
    'manage/peer/add',
    'manage/peer/del',
    'manage/peer/update',
  ];
  const VALUES = [
    '1',
    '2',
    '4',
    '65533',
    '-1',
    '1e309',
    'true',
    '',
    'passwd_addpeer',
    'passwd_updatepeer',
    'passwd_updatesuper',
    'passwd_showstate',
    '{"1":{"2":2}}',
    '__proto__',
  ];
  const fields = fc
    .array(fc.tuple(fc.constantFrom(...NAMES), fc.oneof(fc.constantFrom(...VALUES), fc.string())))
    .map((entries) => new Map(entries));

  test.each([false, true])(
    'any request gets an answer of the interface, static %s',
    (StaticMode) => {
      const config = superConfig();
      const GraphRecalculateSetting = { ...config.GraphRecalculateSetting, StaticMode };
      begin({ config: { ...config, GraphRecalculateSetting } });
      fc.assert(
        fc.property(
          fc.oneof(
            fc.constantFrom(...PATHS).map((path) => `${PREFIX}/${path}`),
            fc.string(),
          ),
          fields,
          fields,
          fc.uint8Array({ maxLength: 100 }),
          fc.string(),
          (path, query, form, body, from) => {
            const answer = lab.request('', { path, query, form, body, from });
            expect([200, 400, 401, 404, 409, 417, 429]).toContain(answer.status);
            expect(['application/json', 'text/plain; charset=utf-8']).toContain(answer.contentType);
          },
        ),
      );
      // What the management changed can be read again: its passwords were among the values.
      edge = lab.edge(1);
      lab.supernode.configure(config, lab.now);
      lab.runFor(5);
    },
  );

  test('any static table that is offered is refused, or is whole', () => {
    const config = superConfig();
    const GraphRecalculateSetting = { ...config.GraphRecalculateSetting, StaticMode: true };
    begin({ config: { ...config, GraphRecalculateSetting, Peers: config.Peers.slice(0, 1) } });
    const form = (table: string) =>
      new Map([
        ['NodeID', '4'],
        ['Name', 'fx4'],
        ['PubKey', 'aGVyANPMzcimfmbL4U1XFb5myTIMv+jwpP8BO9qGHHA='],
        ['AdditionalCost', '1'],
        ['SkipLocalIP', ''],
        ['NextHopTable', table],
      ]);
    const node = fc.constantFrom('1', '4', '9', '65533', 'x');
    const rows = fc.dictionary(
      node,
      fc.dictionary(node, fc.oneof(fc.constantFrom(1, 4, 9), fc.json())),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          rows.map((row) => JSON.stringify(row)),
          fc.string(),
        ),
        (table) => {
          const path = '/manage/peer/add?Password=passwd_addpeer';
          const { status } = lab.request(path, { form: form(table) });
          if (status === 200) {
            expect(lab.supernode.view(lab.now).table.toMaps()).toMatchObject({
              1: { 4: expect.any(Number) },
            });
            lab.request('/manage/peer/del?Password=passwd_delpeer&NodeID=4');
          } else expect(status).toBe(417);
        },
      ),
    );
  });

  test('reports that are damaged before or after they were packed', () => {
    begin();
    const gob = peerReportMessage.encode(REPORT);
    const body = fc.oneof(
      damaged(compression.gzip(gob)),
      damaged(gob).map(compression.gzip),
      damaged(gob),
    );
    fc.assert(
      fc.property(body, (octets) => {
        lab.runFor(1);
        expect([200, 400]).toContain(edge.postBody(octets).status);
      }),
    );
  });

  test('tokens that are damaged, or say anything', () => {
    begin();
    const right = edge.token({ PostCount: 0, BodyHash: '' });
    const asText = (octets: Uint8Array) => new TextDecoder('latin1').decode(octets);
    const token = fc.oneof(
      fc.string(),
      damaged(new TextEncoder().encode(right)).map(asText),
      fc.dictionary(fc.string(), fc.jsonValue()).map((claims) => edge.token(claims)),
      fc
        .record({ PostCount: fc.jsonValue(), BodyHash: fc.jsonValue() })
        .map((claims) => edge.token(claims)),
      fc.record({ alg: fc.jsonValue() }).map((header) => edge.token({}, header)),
    );
    fc.assert(
      fc.property(token, (text) => {
        lab.runFor(1);
        const query = new URLSearchParams({ NodeID: '1', PubKey: edge.keyText, JWTSig: text });
        const { status, body } = lab.request(`/edge/post/nodeinfo?${query}`);
        // An empty body is no gzip, so nothing gets farther than that.
        expect(status).toBe(400);
        expect(body.length).toBeLessThan(200);
      }),
    );
  });

  test('the longest token there is, made of dots', () => {
    begin();
    const query = new URLSearchParams({
      NodeID: '1',
      PubKey: edge.keyText,
      JWTSig: '.'.repeat(200_000),
    });
    expect(lab.request(`/edge/post/nodeinfo?${query}`).status).toBe(400);
  });

  test('more failing sources than are remembered', () => {
    begin();
    const fails = (from: string) =>
      lab.request('/manage/super/state?Password=wrong', { from }).status;
    for (let i = 0; i < 11; i++) fails('192.0.2.1');
    expect(fails('192.0.2.1')).toBe(429);
    for (let i = 0; i < FAILING_SOURCES_MAX; i++) fails(`10.0.${i >> 8}.${i & 255}`);
    expect(fails('192.0.2.1')).toBe(401);
  });
});
