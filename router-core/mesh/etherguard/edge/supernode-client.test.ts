/**
 * Super mode against what a real supernode sent and answered.
 *
 * @module
 */
import { gunzipSync } from 'node:zlib';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import { fromBase64, fromHex, toBase64 } from '../../../base/bytes.ts';
import { type NodeNumber, SUPERNODE } from '../../node-number.ts';
import { changed, fixtureYaml } from '../config/testing/fixture-files.ts';
import type { HttpAnswer, HttpOutcome } from '../ports.ts';
import { peerReportMessage, USAGE } from '../wire/index.ts';
import recordedHttp from './fixtures/http-edge-api.json' with { type: 'json' };
import recordedDual from './fixtures/http-edge-api-dualstack.json' with { type: 'json' };
import recorded from './fixtures/session-super.json' with { type: 'json' };
import { reportToken } from './report-token.ts';
import {
  AnswerProblem,
  readParameters,
  readPeers,
  readTable,
  type ToldPeers,
} from './supernode-answers.ts';
import { type LabNode, MeshLab, type Request } from './testing/mesh-lab.ts';
import { ScriptedSupernode } from './testing/scripted-supernode.ts';

type Exchange = {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly responseBody: string;
};

const HOST = 'http://127.0.0.1:3456';
const SUPER_ADDRESS = '127.0.0.1:3456';
const exchanges: readonly Exchange[] = recordedHttp;
const reports = [...recordedHttp, ...recordedDual].filter(({ method }) => method === 'POST');
const supernodeValues = fixtureYaml('config/super.yaml').values() as {
  readonly PrivKeyV4: string;
  readonly PrivKeyV6: string;
  readonly Peers: readonly {
    readonly NodeID: string;
    readonly PubKey: string;
    readonly PSKey: string;
  }[];
};

describe('the recorded exchange of a real supernode', () => {
  test('makes the edge ask what a real edge asked, in its order', () => {
    const { lab, supernode, node } = joined(2);
    replay(lab, supernode, 2);
    lab.runUntil(6);
    const asked = node.requests.map(({ method, url }) => `${method} ${url.slice(HOST.length)}`);
    const before = exchanges.filter(({ target }) => target.includes('NodeID=2'));
    const gets = before.filter(({ method }) => method === 'GET');
    const shown = asked.filter((line) => gets.some(({ target }) => line === `GET ${target}`));
    expect(shown).toEqual(gets.map(({ target }) => `GET ${target}`));
    expect(asked.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  test('ends with the peers, keys, parameters and table of the supernode', () => {
    const { lab, supernode, node } = joined(2);
    replay(lab, supernode, 2);
    lab.runUntil(6);
    const view = node.edge.view(lab.now);
    expect(view.mode).toBe('super');
    expect(view.tableFrom).toBe('supernode');
    expect(view.table.toMaps()).toEqual({
      1: { 2: 2, 3: 2 },
      2: { 1: 1, 3: 3 },
      3: { 1: 2, 2: 2 },
    });
    expect(view.links.map(({ node: number, role, origin }) => [number, role, origin])).toEqual([
      [65533, 'supernode', 'file'],
      [3, 'edge', 'supernode'],
      [1, 'edge', 'supernode'],
    ]);
    expect(view.links.find(({ node: number }) => number === 1)?.candidates).toEqual([
      '127.0.0.1:3101',
    ]);
    expect(view.supernode).toMatchObject({ url: `${HOST}/eg_net/eg_api` });
    expect(view.supernode?.problem).toBeUndefined();
    expect(view.supernode?.lastReported).toBeDefined();
  });

  test('registrations say what recorded ones say, with the hashes adopted meanwhile', () => {
    const { lab, supernode, node } = joined(2);
    replay(lab, supernode, 2);
    lab.runUntil(6);
    const [first, second] = recorded.filter(
      (event) => event.event === 'register' && event.node === 2,
    );
    const [ours, later] = supernode.registers;
    expect(ours).toMatchObject({
      by: 2,
      node: first?.fields.Node_id,
      version: first?.fields.Version,
      peerStateHash: '',
      nextHopStateHash: '',
      parameterStateHash: '',
      reportCount: 0n,
    });
    expect(later).toMatchObject({
      nextHopStateHash: second?.fields.NhStateHash,
      parameterStateHash: second?.fields.SuperParamStateHash,
      reportCount: 1n,
    });
    expect(later?.reportSecret).toEqual(ours?.reportSecret);
    node.expectNoLeak();
  });

  test('the supernode verifies our report by the secret we registered', () => {
    const { lab, supernode, node } = joined(2);
    replay(lab, supernode, 2);
    lab.runUntil(6);
    const report = node.requests.find(({ method }) => method === 'POST') as Request;
    const secret = supernode.registers[0]?.reportSecret as Uint8Array;
    const body = report.body as Uint8Array;
    const token = new URL(report.url).searchParams.get('JWTSig') as string;
    const [header = '', claims = '', signature] = token.split('.');
    const expected = hmac(sha256, secret, new TextEncoder().encode(`${header}.${claims}`));
    expect(signature).toBe(Buffer.from(expected).toString('base64url'));
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
      PostCount: 0,
      BodyHash: toBase64(body),
    });
    expect(report.headers).toEqual({
      'content-type': 'application/octet-stream',
      'content-encoding': 'gzip',
    });
    expect(peerReportMessage.decode(new Uint8Array(gunzipSync(body)))).toEqual({
      pongs: [],
      localV4: new Map([['127.0.0.1:3102', 100]]),
      localV6: new Map(),
    });
  });

  test.each(reports)('the recorded token of $target is made again', ({ target, ...report }) => {
    const secret = octets((report as { jwtSecret: string }).jwtSecret);
    const body = octets((report as { requestBody: string }).requestBody);
    const token = new URL(`${HOST}${target}`).searchParams.get('JWTSig') as string;
    const count = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(reportToken(secret, BigInt(count.PostCount), body)).toBe(token);
  });

  test.each([
    ['a wrong version', 4, 'MESH_REFUSED', 38],
    ['a wrong number', 3, 'MESH_REFUSED', 1],
    ['a removal', 2, 'MESH_SHUT_DOWN', 0],
  ])('%s ends the edge, and nothing else', (_name, to, code, exitCode) => {
    const event = recorded.find(
      (e) => e.to === to && e.event === 'serverUpdate' && [1, 2].includes(e.fields.Action ?? 0),
    );
    const { lab, supernode, node } = joined(2);
    lab.runUntil(1);
    supernode.push(2, {
      node: 2 as NodeNumber,
      action: event?.fields.Action as number,
      code: event?.fields.Code as number,
      text: event?.fields.Params as string,
    });
    lab.runUntil(2);
    expect(node.end).toMatchObject({ code, exitCode });
    const before = lab.sent.length;
    lab.runUntil(60);
    expect(lab.sent.slice(before).filter(({ from }) => from === node.address)).toEqual([]);
    node.expectNoLeak();
  });
});

describe('three edges and a supernode', () => {
  test('measure each other: pongs with the values of real ones reach the supernode', () => {
    const { lab, supernode } = threeJoined();
    lab.runUntil(20);
    const pairs = new Set(
      supernode.pongs.map(({ source, destination }) => `${source}>${destination}`),
    );
    expect([...pairs].sort()).toEqual(['1>2', '1>3', '2>1', '2>3', '3>1', '3>2']);
    for (const pong of supernode.pongs) {
      expect(pong).toMatchObject({ requestId: 0, timeToAlive: 20, additionalCost: 10 });
      expect(pong.latency).toBeCloseTo(0.01, 6);
    }
  });

  test('report what they measured, with how long it holds', () => {
    const { lab, nodes } = threeJoined();
    lab.runUntil(20);
    const last = nodes[1]?.requests.filter(({ method }) => method === 'POST').at(-1);
    const report = peerReportMessage.decode(new Uint8Array(gunzipSync(last?.body as Uint8Array)));
    expect(report.pongs.map(({ source, destination }) => [source, destination])).toEqual([
      [1, 2],
      [3, 2],
    ]);
    for (const { latency, timeToAlive, additionalCost } of report.pongs) {
      expect(latency).toBeCloseTo(0.01, 6);
      expect(timeToAlive).toBeGreaterThan(10);
      expect(timeToAlive).toBeLessThanOrEqual(20);
      expect(additionalCost).toBe(0);
    }
  });

  test('a peer that left the list goes, one with another key is another', () => {
    const { lab, supernode, nodes, answers } = threeJoined();
    lab.runUntil(10);
    const first = nodes[0] as LabNode;
    expect(first.link(3)?.isAlive).toBe(true);
    answers.set('peerinfo 2', '{}');
    supernode.push(1, { action: 4, text: '2' });
    lab.runFor(1);
    expect(first.link(3)).toBeUndefined();
    expect(first.link(65533)).toBeDefined();
  });

  test('other keys of the supernode cost no frame, and sessions are renewed with them', () => {
    const { lab, supernode, nodes, answers } = threeJoined();
    const [first, second] = nodes as [LabNode, LabNode, LabNode];
    answers.set('nhtable 1', '{"1":{"2":2},"2":{"1":1}}');
    for (const number of [1, 2]) supernode.push(number, { action: 5, text: '1' });
    lab.runUntil(10);
    // A supernode that restarted hands out new keys, to one edge earlier than to another.
    answers.set('peerinfo 2', peersFor(null, 8));
    supernode.push(1, { action: 4, text: '2' });
    lab.after(12_000, () => supernode.push(2, { action: 4, text: '2' }));
    for (let sent = 1; sent <= 300; sent++) {
      first.sends(GREETING);
      second.sends(GREETING);
      lab.runFor(1);
      expect([first, second].map(({ frames }) => frames.length)).toEqual([sent, sent]);
    }
    const sessions = first.logs.filter(
      ({ message, fields }) => message === 'there is a session' && fields.node === 2,
    );
    expect(sessions.length).toBeGreaterThan(2);
  });

  test('an edge whose file leaves super mode has the peers and the table of the file', () => {
    const { lab, nodes } = threeJoined();
    lab.runUntil(10);
    const first = nodes[0] as LabNode;
    let values = changed(configOf(1), 'DynamicRoute.SuperNode.UseSuperNode', 'false');
    values = changed(values, 'NextHopTable', { 1: { 2: '2' } });
    first.configure(
      changed(values, 'Peers', [
        { NodeID: '2', PubKey: nodes[1]?.publicKey, EndPoint: '127.0.0.1:3102', Static: 'true' },
      ]),
    );
    const { mode, tableFrom, table, links } = first.edge.view(lab.now);
    expect({ mode, tableFrom, table: table.toMaps() }).toEqual({
      mode: 'static',
      tableFrom: 'file',
      table: { 1: { 2: 2 } },
    });
    expect(links.map(({ node, origin }) => [node, origin])).toEqual([[2, 'file']]);
    const before = lab.packets().length;
    lab.runFor(30);
    const later = lab.packets().slice(before);
    expect(later.filter(({ from }) => from === first.address)).toEqual([]);
  });

  test('a table of the file does not replace that of the supernode', () => {
    const { lab, supernode, node } = joined(2);
    replay(lab, supernode, 2);
    lab.runUntil(6);
    node.configure(changed(configOf(2), 'NextHopTable', { 2: { 1: '3' } }));
    expect(node.edge.view(lab.now).tableFrom).toBe('supernode');
    expect(node.hop(2, 1)).toBe(1);
  });

  test('in super and P2P mode both are told, and the own computation replaces a table', () => {
    const { lab, supernode, nodes, answers } = threeJoined('DynamicRoute.P2P.UseP2P');
    const first = nodes[0] as LabNode;
    answers.set('nhtable t', '{"1":{"2":3,"3":3}}');
    supernode.push(1, { action: 5, text: 't' });
    lab.runUntil(30);
    expect(first.requests.map(({ url }) => new URL(url).pathname)).toContain(
      '/eg_net/eg_api/edge/nhtable',
    );
    const { mode, tableFrom } = first.edge.view(lab.now);
    expect({ mode, tableFrom }).toEqual({ mode: 'super and p2p', tableFrom: 'own computation' });
    expect(first.hop(1, 2)).toBe(2);
    expect(supernode.pongs.length).toBeGreaterThan(20);
    const usages = lab.packets().filter(({ ttl }) => ttl === 200);
    expect(new Set(usages.map(({ usage }) => usage))).toContain(USAGE.pong);
  });

  test('with QualityMetric of our supernode, jitter and loss are added to the cost', () => {
    const { lab, supernode, answers } = threeJoined();
    lab.passes = ({ from, to, usage, at }) =>
      usage !== USAGE.ping ||
      from !== '127.0.0.1:3101' ||
      to !== '127.0.0.1:3102' ||
      Math.floor(at / 4000) % 4 !== 0;
    answers.set('superparams q', PARAMETERS.replace('}', ',"QualityMetric":true}'));
    lab.runUntil(10);
    supernode.push(2, { action: 6, text: 'q' });
    lab.runUntil(120);
    const costs = (from: number, to: number) =>
      supernode.pongs
        .filter(({ source, destination }) => source === from && destination === to)
        .map(({ additionalCost }) => additionalCost);
    expect(costs(1, 2).at(-1)).toBeGreaterThan(100);
    expect(costs(3, 2).at(-1)).toBeCloseTo(10, 3);
    expect(costs(2, 1).at(-1)).toBe(10);
  });
});

test('an edge registers over both families, and both sessions bring pushes', () => {
  const lab = new MeshLab(6);
  lab.http = answerAsRecorded;
  const overV4 = addSupernode(lab);
  const overV6 = addSupernode(lab, '[::1]:3456', supernodeValues.PrivKeyV6);
  let values = changed(configOf(1), 'DisabledAf.IPv6', 'false');
  values = changed(values, 'DynamicRoute.SuperNode.EndpointV6', '[::1]:3456');
  values = changed(values, 'DynamicRoute.SuperNode.AdditionalLocalIP', ['192.0.2.7:4500']);
  const node = lab.add(values);
  lab.runUntil(2);
  expect([overV4, overV6].map(({ registers }) => registers.map(({ by }) => by))).toEqual([
    [1],
    [1],
  ]);
  overV6.push(1, { action: 6, text: '79c6ff6b481c17c2fd2c2339fc9b74c0' });
  lab.runFor(1);
  const report = node.requests.find(({ method }) => method === 'POST');
  const recordedReport = recordedDual.find(({ method }) => method === 'POST')?.report;
  const ours = peerReportMessage.decode(new Uint8Array(gunzipSync(report?.body as Uint8Array)));
  expect(Object.fromEntries(ours.localV6 ?? [])).toEqual(recordedReport?.LocalV6s);
  expect(Object.fromEntries(ours.localV4 ?? [])).toEqual({
    ...recordedReport?.LocalV4s,
    '192.0.2.7:4500': 50,
  });
});

describe('a supernode over UDP', () => {
  const lifeOf = ({ logs }: LabNode) =>
    logs.filter(({ topic, message }) => topic === 'life' && message.startsWith('the supernode'));

  test('that never was heard is not registered with, and this is told once', () => {
    const { lab, node } = joined(2);
    lab.passes = () => false;
    lab.runUntil(15);
    expect(node.edge.view(lab.now).supernode).toEqual({ url: `${HOST}/eg_net/eg_api` });
    lab.runUntil(300);
    expect(lifeOf(node).map(({ level, message, fields }) => [level, message, fields.code])).toEqual(
      [['warn', 'the supernode was never heard', 'MESH_PEER_SILENT']],
    );
    const { supernode } = node.edge.view(lab.now);
    expect(supernode).toMatchObject({ problem: 'it never answered over UDP' });
    expect(supernode?.lastRegistered).toBeUndefined();
  });

  test('that falls silent and returns is told of twice, and meanwhile nothing counts as registered', () => {
    const { lab, node } = joined(2);
    lab.runUntil(30);
    const registered = () => node.edge.view(lab.now).supernode?.lastRegistered as number;
    const before = registered();
    expect(before).toBeDefined();
    lab.passes = () => false;
    lab.runUntil(200);
    expect(registered() - before).toBeLessThan(20_000);
    expect(node.edge.view(lab.now).supernode?.problem).toMatch(
      /^it has been silent over UDP for \d+ s$/,
    );
    lab.passes = () => true;
    lab.runUntil(300);
    expect(lifeOf(node).map(({ message }) => message)).toEqual([
      'the supernode fell silent',
      'the supernode is heard again',
    ]);
    expect(node.edge.view(lab.now).supernode?.problem).toBeUndefined();
    expect(registered() - before).toBeGreaterThan(200_000);
  });
});

test('a supernode with a name hears a registration as soon as the name has an address', () => {
  const lab = new MeshLab(6);
  const supernode = addSupernode(lab);
  const at = 'DynamicRoute.SuperNode.EndpointV4';
  const node = lab.add(changed(configOf(1), at, 'super.example:3456'));
  node.names.set('super.example', '127.0.0.1');
  // The first look found nothing; the next one is after 30 s.
  lab.runUntil(30.5);
  expect(supernode.registers).toHaveLength(1);
});

test('a supernode that restarted hears a registration with the new session, not a ping interval later', () => {
  const lab = new MeshLab(5);
  const before = addSupernode(lab);
  lab.http = ({ url }) => ok(url.includes('superparams') ? RARE_PINGS : 'OK');
  const node = lab.add(configOf(1));
  lab.runUntil(1);
  before.push(1, { action: 6, text: '1' });
  lab.runUntil(30);
  const sessions = () =>
    node.logs.filter(
      ({ message, fields }) => message === 'there is a session' && fields.node === SUPERNODE,
    ).length;
  expect(sessions()).toBe(1);
  lab.hosts.splice(lab.hosts.indexOf(before), 1);
  const after = addSupernode(lab);
  while (sessions() < 2) lab.runFor(0.1);
  lab.runFor(0.5);
  expect(after.registers).toHaveLength(1);
});

describe('answers that are none', () => {
  test.each([
    ['an error', { status: 500, body: text('boom\u001b[2J') }],
    ['no JSON', { status: 200, body: text('<html>') }],
    ['no UTF-8', { status: 200, body: Uint8Array.of(0xff, 0xfe) }],
    ['a list', { status: 200, body: text('[]') }],
  ])('%s is a problem with words, and the hash is not adopted', (_name, answer) => {
    const { lab, supernode, node } = joined(2);
    lab.http = () => answer;
    lab.runUntil(1);
    for (const action of [4, 5, 6]) supernode.push(2, { action, text: 'x' });
    lab.runUntil(9);
    expect(node.edge.view(lab.now).supernode?.problem).toBeDefined();
    expect(node.logs.map(({ fields }) => fields.code)).toContain('MESH_ANSWER_INVALID');
    expect(supernode.registers.at(-1)).toMatchObject({
      peerStateHash: '',
      nextHopStateHash: '',
      parameterStateHash: '',
    });
    node.expectNoLeak();
  });

  test('none at all has words of its own, apart from UDP', () => {
    const { lab, supernode, node } = joined(2);
    lab.http = () => ({ reason: 'connect ECONNREFUSED' });
    lab.runUntil(1);
    for (const action of [4, 5, 6]) supernode.push(2, { action, text: 'x' });
    lab.runUntil(9);
    expect(node.edge.view(lab.now).supernode).toMatchObject({
      problem: 'its HTTP API (EndpointEdgeAPIUrl) does not answer: connect ECONNREFUSED',
      lastRegistered: expect.any(Number),
    });
    expect(node.logs.map(({ fields }) => fields.code)).toEqual(
      expect.arrayContaining(['MESH_API_SILENT']),
    );
    expect(supernode.registers.at(-1)).toMatchObject({ peerStateHash: '' });
  });

  const apiLines = ({ logs }: LabNode) =>
    logs
      .filter(({ message }) => message.startsWith('the HTTP API'))
      .map(({ level, message, fields }) => [level, message, fields.code]);
  const serves = ['info', 'the HTTP API of the supernode serves again', undefined];
  const serving = (code: string) => ['warn', 'the HTTP API of the supernode does not serve', code];

  test.each<[string, HttpOutcome, string]>([
    ['silent', { reason: 'connect ECONNREFUSED' }, 'MESH_API_SILENT'],
    ['not trusted', { reason: 'expired', code: 'MESH_CERTIFICATE' }, 'MESH_CERTIFICATE'],
    ['a proxy without it', { status: 502, body: text('Bad Gateway') }, 'MESH_ANSWER_INVALID'],
  ])(
    'an API that is %s for ten minutes is told of once, and once when it serves again',
    (_name, outcome, code) => {
      const { lab, supernode, nodes, answers } = threeJoined();
      const first = nodes[0] as LabNode;
      const served = lab.http;
      lab.runUntil(20);
      expect(apiLines(first)).toEqual([]);
      lab.http = () => outcome;
      for (let i = 0; i < 150; i++) {
        supernode.push(1, { action: 5, text: 't' });
        lab.runFor(4);
      }
      expect(apiLines(first)).toEqual([serving(code)]);
      answers.set('nhtable t', '{}');
      lab.http = served;
      supernode.push(1, { action: 5, text: 't' });
      lab.runFor(20);
      expect(apiLines(first)).toEqual([serving(code), serves]);
      expect(first.edge.view(lab.now).supernode?.problem).toBeUndefined();
    },
  );

  test('a table that is none is told of once, though reports are taken meanwhile', () => {
    const { lab, supernode, nodes, answers } = threeJoined();
    const first = nodes[0] as LabNode;
    answers.set('nhtable t', '[]');
    for (let i = 0; i < 150; i++) {
      supernode.push(1, { action: 5, text: 't' });
      lab.runFor(4);
    }
    expect(apiLines(first)).toEqual([serving('MESH_ANSWER_INVALID')]);
    expect(first.edge.view(lab.now).supernode?.problem).toMatch(/nhtable/);
  });

  test('an API that comes and goes fills no log', () => {
    const { lab, nodes } = threeJoined();
    const first = nodes[0] as LabNode;
    const served = lab.http;
    lab.http = (request, by) =>
      Math.floor(lab.now / 8000) % 2 === 0 ? served(request, by) : { reason: 'reset' };
    lab.runUntil(3600);
    expect(apiLines(first).length).toBeGreaterThan(32);
    expect(apiLines(first).length).toBeLessThanOrEqual(32 + 3600 / 5);
  });

  test.each([
    ['{"a":{"NodeID":1}}', 0],
    [`{"${toBase64(new Uint8Array(32))}":{"NodeID":70000,"PSKey":"","Connurl":{}}}`, 0],
    [`{"${toBase64(new Uint8Array(32))}":{"NodeID":7,"PSKey":"AA==","Connurl":{}}}`, 0],
    [`{"${toBase64(new Uint8Array(32))}":{"NodeID":7,"PSKey":""}}`, 1],
    [`{"${toBase64(new Uint8Array(32))}":{"NodeID":7,"PSKey":"","Connurl":{"ExternalV4":[1]}}}`, 1],
  ])('entries of %s', (body, count) => {
    const told = readPeers(text(body), { prefer: 4, usesLocal: true });
    expect(told).toMatchObject({ refused: 1 - count });
    expect((told as ToldPeers).peers).toHaveLength(count);
  });

  test('addresses are bounded and ranked, the preferred family first', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`192.0.2.${i}:1`, 100]));
    const connurl = { ExternalV6: { '[2001:db8::1]:1': 6 }, LocalV4: many };
    const body = { [toBase64(new Uint8Array(32))]: { NodeID: 1, PSKey: '', Connurl: connurl } };
    const told = readPeers(text(JSON.stringify(body)), { prefer: 6, usesLocal: true });
    const candidates = (told as ToldPeers).peers[0]?.candidates;
    expect(candidates).toHaveLength(16);
    expect(candidates?.[0]).toEqual({ text: '[2001:db8::1]:1', rank: -9994 });
  });

  test.each([
    ['PeerAliveTimeout', 0],
    ['SendPingInterval', 0],
    ['HttpPostInterval', -1],
    ['DampingFilterRadius', 0.5],
    ['AdditionalCost', 'x'],
  ])('parameters with %s = %s are refused', (name, value) => {
    const body = text(JSON.stringify({ ...JSON.parse(PARAMETERS), [name]: value }));
    expect(readParameters(body)).toBeInstanceOf(AnswerProblem);
    expect(readParameters(text(PARAMETERS))).toMatchObject({ PeerAliveTimeout: 20 });
  });

  test('tables that are none are refused, null is an empty one', () => {
    expect(readTable(text('{"1":{"2":70000}}'))).toBeInstanceOf(AnswerProblem);
    expect(readTable(text('null'))).toMatchObject({ nodes: [] });
  });
});

const RARE_PINGS =
  '{"SendPingInterval":15,"HttpPostInterval":60,"PeerAliveTimeout":200,"DampingFilterRadius":4,"AdditionalCost":10}';
const GREETING = octets('ffffffffffff0242ac10000188b568656c6c6f2062726f616463617374');
const PARAMETERS =
  '{"SendPingInterval":4,"HttpPostInterval":8,"PeerAliveTimeout":20,"DampingFilterRadius":4,"AdditionalCost":10}';

/** An edge of the recording at a supernode with the recorded key. */
function joined(number: number) {
  const lab = new MeshLab(3);
  lab.delay = () => 0.2;
  lab.http = answerAsRecorded;
  const supernode = addSupernode(lab);
  const node = lab.add(configOf(number));
  return { lab, supernode, node };
}

/** Three edges that were told of each other. */
function threeJoined(switchedOn?: string) {
  const lab = new MeshLab(4);
  const supernode = addSupernode(lab);
  const answers = new Map<string, string>([['superparams 1', PARAMETERS]]);
  lab.http = ({ url }) => {
    const { pathname, searchParams } = new URL(url);
    const kind = `${pathname.split('/').at(-1)} ${searchParams.get('State')}`;
    if (kind === 'peerinfo 1') return ok(peersFor(searchParams.get('NodeID')));
    if (pathname.endsWith('nodeinfo')) return ok('OK');
    const body = answers.get(kind);
    return body === undefined ? { status: 404, body: text('State not correct') } : ok(body);
  };
  const nodes = [1, 2, 3].map((number) => {
    const values = configOf(number);
    return lab.add(switchedOn === undefined ? values : changed(values, switchedOn, 'true'));
  });
  lab.runUntil(1);
  for (const number of [1, 2, 3])
    for (const action of [4, 6]) supernode.push(number, { action, text: '1' });
  return { lab, supernode, nodes, answers };
}

function addSupernode(
  lab: MeshLab,
  address = SUPER_ADDRESS,
  privateKey = supernodeValues.PrivKeyV4,
): ScriptedSupernode {
  return new ScriptedSupernode(
    lab,
    address,
    key(privateKey),
    lab.crypto,
    supernodeValues.Peers.map(({ NodeID, PubKey, PSKey }) => ({
      node: Number(NodeID),
      publicKey: key(PubKey),
      presharedKey: key(PSKey),
    })),
  );
}

/** Every push of the recording to this edge, at its time; it has a session by then. */
function replay(lab: MeshLab, supernode: ScriptedSupernode, to: number): void {
  for (const event of recorded) {
    if (event.event !== 'serverUpdate' || event.to !== to || event.ms > 12_000) continue;
    const { Action: action = 0, Code: code = 0, Params: said = '' } = event.fields;
    lab.after(event.ms + 20, () => supernode.push(to, { action, code, text: said }));
  }
}

function answerAsRecorded({ method, url }: Request): HttpAnswer {
  const target = url.slice(HOST.length);
  if (method === 'POST') return ok('OK');
  const exchange = exchanges.find((e) => e.target === target);
  if (exchange === undefined) return { status: 404, body: text('State not correct') };
  return { status: exchange.status, body: text(exchange.responseBody) };
}

function peersFor(reader: string | null, secretOctet = 7): string {
  const others = supernodeValues.Peers.filter(({ NodeID }) => NodeID !== reader);
  const secret = toBase64(new Uint8Array(32).fill(secretOctet));
  return JSON.stringify(
    Object.fromEntries(
      others.map(({ NodeID, PubKey }) => [
        PubKey,
        {
          NodeID: Number(NodeID),
          PSKey: secret,
          Connurl: {
            ExternalV4: { [`127.0.0.1:310${NodeID}`]: 4 },
            ExternalV6: null,
            LocalV4: null,
            LocalV6: {},
          },
        },
      ]),
    ),
  );
}

function configOf(number: number): unknown {
  return changed(
    fixtureYaml(`config/super-edge${number}.yaml`).values(),
    'DynamicRoute.DampingFilterRadius',
    '0',
  );
}

function key(base64: string): Uint8Array {
  return fromBase64(base64) as Uint8Array;
}

function octets(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array;
}

function text(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

function ok(body: string): HttpAnswer {
  return { status: 200, body: text(body) };
}
