/**
 * The UDP side of a supernode, as its edges see it.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Instant, instant } from '../../../base/units.ts';
import type { NodeNumber } from '../../node-number.ts';
import { type Pong, pingMessage, pongMessage, SERVER_ACTION, USAGE } from '../wire/index.ts';
import type { Supernode } from './index.ts';
import { freshEdge, type LabEdge, SuperLab, superConfig } from './testing/super-lab.ts';

const { shutdown, throwError, updatePeers, updateNextHops, updateParameters } = SERVER_ACTION;
const TOLD = { ttl: 0, destination: 65533, source: 65533, node: 65533, code: 0 };

/** Three edges that have registered and were told what there is. */
function joined(options: ConstructorParameters<typeof SuperLab>[0] = {}) {
  const lab = new SuperLab(options);
  const edges = [1, 2, 3].map((node) => lab.edge(node));
  for (const edge of edges) edge.register();
  lab.runFor(0.5);
  const [one, two, three] = edges as [LabEdge, LabEdge, LabEdge];
  return { lab, one, two, three, edges };
}

const actions = (edge: LabEdge): number[] => edge.told.map(({ action }) => action);

/** Fetches all an edge was told of. */
function fetchAll(edge: LabEdge): void {
  for (const [kind, action] of [
    ['peerinfo', updatePeers],
    ['superparams', updateParameters],
    ['nhtable', updateNextHops],
  ] as const) {
    const told = edge.lastTold(action);
    if (told !== undefined) expect(edge.read(kind, told.text).status).toBe(200);
  }
}

const tableOf = (supernode: Supernode, now: Instant) => supernode.view(now).table.toMaps();

describe('register', () => {
  test('an edge that registers is told peers and parameters at once, by texts nobody can guess', () => {
    const lab = new SuperLab();
    const one = lab.edge(1);
    one.register();
    lab.runFor(0.02);
    expect(actions(one).sort()).toEqual([updatePeers, updateParameters]);
    for (const told of one.told) {
      expect(told).toMatchObject(TOLD);
      expect(told.text).toMatch(/^[0-9a-f]{32}$/);
    }
    const view = lab.supernode.view(lab.now).edges.find(({ node }) => node === 1);
    expect(view).toMatchObject({ isAlive: true, name: 'fx1', lastSeen: lab.wallClock.now() - 17 });
  });

  test('another version is refused in the words of the original', () => {
    const lab = new SuperLab();
    const one = lab.edge(1);
    one.register({ version: 'v9.9.9' });
    lab.runFor(0.02);
    expect(one.told).toEqual([
      {
        ...TOLD,
        node: 1,
        action: throwError,
        code: 38,
        text: 'Your version: "v9.9.9" is not compatible with our version: "v0.3.5-f5"',
        at: one.told[0]?.at,
        family: 4,
      },
    ]);
    expect(lab.supernode.view(lab.now).edges[0]?.isAlive).toBe(false);
  });

  test('what follows the first hyphen of a version may differ', () => {
    const lab = new SuperLab({ version: 'v0.3.5-rootless' });
    const one = lab.edge(1);
    one.register({ version: 'v0.3.5' });
    lab.runFor(0.02);
    expect(actions(one)).not.toContain(throwError);
  });

  test('a number that is not that of the key is refused in the words of the original', () => {
    const lab = new SuperLab();
    const stranger = lab.edge(9, 3);
    stranger.register();
    lab.runFor(0.02);
    expect(
      stranger.told.map(({ action, code, node, text }) => ({ action, code, node, text })),
    ).toEqual([
      {
        action: throwError,
        code: 1,
        node: 3,
        text: 'Your nodeID: 9 is not match with registered nodeID: 3',
      },
    ]);
  });

  test('nothing but register messages and pongs for the supernode is taken', () => {
    const { lab, one } = joined();
    const before = { ...lab.supernode.drops };
    const ping = pingMessage.encode({
      requestId: 0,
      source: 1 as NodeNumber,
      time: { unixSeconds: 1_800_000_000, nanoseconds: 0 },
      repliesWanted: 0,
    });
    one.send(USAGE.ping, ping);
    one.send(USAGE.normal, new Uint8Array(60));
    one.send(USAGE.pong, pongMessage.encode(one.pongOf(2, 0.01)), 2 as NodeNumber);
    one.send(USAGE.pong, new Uint8Array(200).fill(0xff));
    lab.runFor(0.1);
    const { drops } = lab.supernode;
    expect(drops['unknown-protocol'] - before['unknown-protocol']).toBe(2);
    expect(drops['not-for-us'] - before['not-for-us']).toBe(1);
    expect(drops.malformed - before.malformed).toBe(1);
    expect(lab.supernode.view(lab.now).latencies).toEqual([]);
  });

  test('an edge that sends too much is no longer listened to for a while', () => {
    const { lab, one } = joined();
    for (let i = 0; i < 2100; i++) {
      one.pong(2, 0.01);
      if (i % 50 === 0) lab.runFor(0.002);
    }
    lab.runFor(0.1);
    expect(lab.supernode.drops['rate-limited']).toBeGreaterThan(0);
    lab.runFor(5);
    const before = lab.supernode.drops['rate-limited'];
    one.pong(2, 0.01);
    lab.runFor(0.1);
    expect(lab.supernode.drops['rate-limited']).toBe(before);
  });
});

describe('pushes', () => {
  test('they repeat every second until the edge has fetched, or says that it has', () => {
    const { lab, one, two } = joined();
    one.told.length = 0;
    two.told.length = 0;
    lab.runFor(3);
    const peerPushes = one.told.filter(({ action }) => action === updatePeers);
    expect(peerPushes.length).toBe(3);
    expect((peerPushes[2]?.at ?? 0) - (peerPushes[1]?.at ?? 0)).toBe(1000);
    fetchAll(one);
    two.register({
      peerStateHash: two.lastTold(updatePeers)?.text ?? '',
      parameterStateHash: two.lastTold(updateParameters)?.text ?? '',
    });
    lab.runFor(0.1);
    one.told.length = 0;
    two.told.length = 0;
    lab.runFor(5);
    expect(one.told).toEqual([]);
    expect(two.told).toEqual([]);
  });

  test('all are told when an edge joins, and when one has not been heard for PeerAliveTimeout', () => {
    const { lab, one, two, three } = joined();
    for (const edge of [one, two, three]) fetchAll(edge);
    const before = one.lastTold(updatePeers)?.text;
    for (let at = 4; at < 30; at += 4) {
      lab.runUntil(at);
      one.register({
        peerStateHash: one.lastTold(updatePeers)?.text ?? '',
        parameterStateHash: one.lastTold(updateParameters)?.text ?? '',
      });
      if (at === 16) expect(one.lastTold(updatePeers)?.text).toBe(before);
    }
    const after = one.lastTold(updatePeers)?.text ?? '';
    expect(after).not.toBe(before);
    const list = JSON.parse(one.read('peerinfo', after).body);
    const nobody = { ExternalV4: null, ExternalV6: null, LocalV4: null, LocalV6: null };
    expect(list[two.keyText].Connurl).toEqual(nobody);
    // Who is not alive is not told.
    two.told.length = 0;
    lab.runFor(3);
    expect(two.told).toEqual([]);
  });

  test('a changed table is pushed at once, and to all every RePushConfigInterval', () => {
    const { lab, one, two, three } = joined();
    for (const edge of [one, two, three]) edge.told.length = 0;
    one.pong(2, 0.01);
    two.pong(1, 0.011);
    const sent = lab.now;
    lab.runFor(0.3);
    for (const edge of [one, two, three]) {
      const told = edge.lastTold(updateNextHops);
      expect(told).toMatchObject(TOLD);
      expect((told?.at ?? 0) - sent).toBeLessThan(20);
      expect(JSON.parse(edge.read('nhtable', told?.text ?? '').body)).toEqual({
        1: { 2: 2 },
        2: { 1: 1 },
      });
      fetchAll(edge);
      edge.told.length = 0;
    }
    lab.runUntil(15.5);
    for (const edge of [one, two, three]) expect(actions(edge)).toContain(updateNextHops);
  });

  test('routes that are gone are news', () => {
    const { lab, one, two } = joined();
    one.pong(2, 0.01, { timeToAlive: 4 });
    two.pong(1, 0.01, { timeToAlive: 100 });
    lab.runFor(0.5);
    const before = one.lastTold(updateNextHops)?.text;
    lab.runFor(10);
    const after = one.lastTold(updateNextHops)?.text ?? '';
    expect(after).not.toBe(before);
    expect(JSON.parse(one.read('nhtable', after).body)).toEqual({ 1: { 2: 2 } });
  });

  test('an edge with two sessions is told by both, and known by both addresses', () => {
    const af = { IPv4: false, IPv6: false, ListenIPv4: '', ListenIPv6: '' };
    const lab = new SuperLab({ config: superConfig({ DisabledAf: af }) });
    expect(lab.outputsOf('open-socket')).toMatchObject([
      { family: 4, host: '0.0.0.0', port: 3456 },
      { family: 6, host: '::', port: 3456 },
    ]);
    const one = lab.edge(1);
    one.register();
    one.register({}, 6);
    lab.runFor(1.5);
    for (const family of [4, 6])
      expect(one.told.filter((told) => told.family === family).map(({ action }) => action)).toEqual(
        expect.arrayContaining([updatePeers, updateParameters]),
      );
    const two = lab.edge(2);
    two.register();
    lab.runFor(1.5);
    const list = JSON.parse(two.read('peerinfo', two.lastTold(updatePeers)?.text ?? '').body);
    expect(list[one.keyText].Connurl).toMatchObject({
      ExternalV4: { '127.0.0.1:3101': 4 },
      ExternalV6: { '[::1]:3101': 6 },
    });
  });

  test('a family that is off has neither socket nor key', () => {
    const lab = new SuperLab();
    expect(lab.outputsOf('open-socket').map(({ family, host }) => ({ family, host }))).toEqual([
      { family: 4, host: '127.0.0.1' },
    ]);
    const view = lab.supernode.view(lab.now);
    expect(Object.keys(view.publicKeys)).toEqual(['v4']);
    expect(view.listenPorts).toEqual([{ family: 4, port: 3456 }]);
  });
});

describe('measurements', () => {
  const tableCases = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../graph/fixtures/floyd-warshall.json'), 'utf8'),
  ) as {
    readonly name: string;
    readonly edges: readonly {
      src: number;
      dst: number;
      latency: number;
      additionalCostMs: number;
    }[];
    readonly manualLatency: Record<string, Record<string, number>> | null;
    readonly next: Record<string, Record<string, number>>;
  }[];

  test.each(tableCases)('the table for $name is that of real nodes', (recorded) => {
    const nodes = [...new Set(recorded.edges.flatMap(({ src, dst }) => [src, dst]))];
    const fresh = nodes.map(freshEdge);
    const config = superConfig();
    const manual = new Map(
      Object.entries(recorded.manualLatency ?? {}).map(([from, row]) => [
        Number(from) as NodeNumber,
        new Map(Object.entries(row).map(([to, ms]) => [Number(to) as NodeNumber, ms])),
      ]),
    );
    const lab = new SuperLab({
      config: {
        ...config,
        Peers: fresh.map(({ settings }) => settings),
        GraphRecalculateSetting: { ...config.GraphRecalculateSetting, ManualLatency: manual },
      },
    });
    const edges = new Map(fresh.map((f, i) => [nodes[i], lab.edge(nodes[i] ?? 0, 1, f.config)]));
    for (const edge of edges.values()) edge.register();
    lab.runFor(0.1);
    for (const [node, edge] of edges) {
      const pongs: Pong[] = recorded.edges
        .filter(({ dst }) => dst === node)
        .map(({ src, latency, additionalCostMs }) =>
          edge.pongOf(src, latency, { additionalCost: additionalCostMs, timeToAlive: 1000 }),
        );
      expect(edge.post({ pongs, localV4: undefined, localV6: undefined }).body).toBe('OK');
    }
    lab.runFor(12);
    expect(tableOf(lab.supernode, lab.now)).toEqual(recorded.next);
  });

  test('only the edge that measured may tell, and only of edges there are', () => {
    const { lab, one } = joined();
    one.pong(2, 0.01, { destination: 3 as NodeNumber });
    one.pong(17, 0.01);
    lab.runFor(0.2);
    expect(lab.supernode.view(lab.now).latencies).toEqual([]);
    expect(lab.supernode.drops['bad-source']).toBe(2);
  });

  test('the cost in the file stands for what the edge says, by UDP and by HTTP alike', () => {
    const config = superConfig();
    const Peers = config.Peers.map((peer) =>
      peer.NodeID === 3 ? { ...peer, AdditionalCost: -1 } : { ...peer, AdditionalCost: 25 },
    );
    const { lab, one, two, three } = joined({ config: { ...config, Peers } });
    one.pong(2, 0.01, { additionalCost: 1 });
    two.post({
      pongs: [two.pongOf(1, 0.01, { additionalCost: 1 })],
      localV4: undefined,
      localV6: undefined,
    });
    three.pong(1, 0.01, { additionalCost: 7 });
    lab.runFor(0.2);
    const costs = lab.supernode
      .view(lab.now)
      .latencies.map(({ from, to, costSeconds }) => [from, to, Math.round(costSeconds * 1000)]);
    expect(costs).toEqual([
      [1, 2, 25],
      [1, 3, 7],
      [2, 1, 25],
    ]);
  });

  test('with QualityMetric a penalty above the cost in the file counts, and never less than that', () => {
    const config = superConfig();
    const Peers = config.Peers.map((peer) => ({ ...peer, AdditionalCost: 25 }));
    const { lab, one, two } = joined({ config: { ...config, Peers, QualityMetric: true } });
    one.pong(2, 0.01, { additionalCost: 325 });
    two.pong(1, 0.01, { additionalCost: 0 });
    lab.runFor(0.2);
    const costs = lab.supernode
      .view(lab.now)
      .latencies.map(({ from, to, costSeconds }) => [from, to, Math.round(costSeconds * 1000)]);
    expect(costs).toEqual([
      [1, 2, 25],
      [2, 1, 325],
    ]);
  });

  test('within the cool-down a link that merely got slower waits', () => {
    const { lab, one, two } = joined();
    one.pong(2, 0.01);
    two.pong(1, 0.01);
    one.pong(3, 0.02);
    two.pong(3, 0.001);
    lab.runFor(0.5);
    expect(tableOf(lab.supernode, lab.now)[3]).toEqual({ 1: 1, 2: 2 });
    one.pong(3, 0.5, { timeToAlive: 60 });
    lab.runFor(0.5);
    expect(tableOf(lab.supernode, lab.now)[3]).toEqual({ 1: 1, 2: 2 });
    lab.runFor(11);
    expect(tableOf(lab.supernode, lab.now)[3]).toEqual({ 1: 2, 2: 2 });
  });

  test('in static mode the table is that of the file, whatever is measured', () => {
    const config = superConfig();
    const rows = { 1: { 2: 3, 3: 3 }, 2: { 1: 3, 3: 3 }, 3: { 1: 1, 2: 2 } };
    const NextHopTable = new Map(
      Object.entries(rows).map(([from, row]) => [
        Number(from) as NodeNumber,
        new Map(Object.entries(row).map(([to, hop]) => [Number(to), hop])) as never,
      ]),
    );
    const { lab, one, two } = joined({
      config: {
        ...config,
        NextHopTable,
        GraphRecalculateSetting: { ...config.GraphRecalculateSetting, StaticMode: true },
      },
    });
    one.pong(2, 0.01);
    two.pong(1, 0.01);
    lab.runFor(12);
    expect(tableOf(lab.supernode, lab.now)).toEqual(rows);
    const state = two.lastTold(updateNextHops)?.text ?? '';
    expect(JSON.parse(two.read('nhtable', state).body)).toEqual(rows);
  });

  test('every message recorded of real edges is taken, and they have the tables real nodes had', () => {
    const { events } = JSON.parse(
      readFileSync(join(import.meta.dirname, 'fixtures/session-super.json'), 'utf8'),
    ) as {
      events: {
        ms: number;
        node: number;
        event: string;
        fields: { Src_nodeID?: number; Timediff?: number; TimeToAlive?: number };
      }[];
    };
    const lab = new SuperLab();
    const edges = new Map([1, 2, 3].map((node) => [node, lab.edge(node)]));
    for (const { ms, node, event, fields } of events) {
      const edge = edges.get(node);
      if (edge === undefined || ms > 8000) continue;
      lab.runUntil(ms / 1000);
      if (event === 'register')
        edge.register({
          peerStateHash: edge.lastTold(updatePeers)?.text ?? '',
          nextHopStateHash: edge.lastTold(updateNextHops)?.text ?? '',
          parameterStateHash: edge.lastTold(updateParameters)?.text ?? '',
        });
      if (event === 'pong')
        edge.pong(fields.Src_nodeID ?? 0, fields.Timediff ?? 0, {
          timeToAlive: fields.TimeToAlive ?? 0,
        });
    }
    lab.runFor(1);
    const { drops } = lab.supernode;
    expect([drops.malformed, drops['bad-source'], drops['not-for-us']]).toEqual([0, 0, 0]);
    expect(tableOf(lab.supernode, lab.now)).toEqual({
      1: { 2: 2, 3: 2 },
      2: { 1: 1, 3: 3 },
      3: { 1: 2, 2: 2 },
    });
  });
});

describe('removal', () => {
  test('an edge is told ten times in a second, served no more, and its sessions end', () => {
    const { lab, one, two, three } = joined();
    one.pong(2, 0.01);
    two.pong(1, 0.01);
    lab.runFor(0.5);
    for (const edge of [one, two, three]) fetchAll(edge);
    two.told.length = 0;
    const began = lab.now;
    const config = superConfig();
    lab.supernode.configure(
      { ...config, Peers: config.Peers.filter(({ NodeID }) => NodeID !== 2) },
      lab.now,
    );
    lab.settle();
    lab.runFor(2);
    const farewells = two.told.filter(({ action }) => action === shutdown);
    expect(farewells.map(({ at }) => Math.round((at - began - 1) / 100))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect(farewells[0]).toMatchObject({
      destination: 2,
      node: 2,
      code: 2,
      text: "You've been removed from supernode.",
    });
    expect(lab.supernode.view(lab.now).edges.map(({ node }) => node)).toEqual([1, 3]);
    // Its routes are gone, and the others know.
    expect(one.read('nhtable', one.lastTold(updateNextHops)?.text ?? '').body).toBe('{}');
    const list = JSON.parse(one.read('peerinfo', one.lastTold(updatePeers)?.text ?? '').body);
    expect(Object.keys(list)).toEqual([three.keyText]);
    // It knocks in vain.
    two.told.length = 0;
    const unknown = lab.supernode.drops['unknown-key'];
    lab.runFor(130);
    two.register();
    lab.runFor(10);
    expect(two.told).toEqual([]);
    expect(lab.supernode.drops['unknown-key']).toBeGreaterThan(unknown);
  });

  test('an edge that comes back under the same key while the old one leaves is served at once', () => {
    const { lab, two } = joined();
    const config = superConfig();
    const without = config.Peers.filter(({ NodeID }) => NodeID !== 2);
    lab.supernode.configure({ ...config, Peers: without }, lab.now);
    lab.runFor(0.25);
    lab.supernode.configure(config, lab.now);
    two.told.length = 0;
    lab.runFor(20);
    two.register();
    lab.runFor(10);
    expect(actions(two)).not.toContain(shutdown);
    expect(lab.supernode.view(lab.now).edges.map(({ node }) => node)).toEqual([1, 3, 2]);
  });

  test('nothing is left behind: slots, timers of the edge', () => {
    const { lab, one, two, three } = joined();
    lab.supernode.configure({ ...superConfig(), Peers: [] }, lab.now);
    lab.runFor(5);
    expect(lab.arena.free()).toBe(lab.arena.slots);
    for (const edge of [one, two, three]) edge.expectNoLeak();
  });
});

describe('keys between edges', () => {
  const keyIn = (reader: LabEdge, of: LabEdge): string =>
    JSON.parse(reader.read('peerinfo', reader.lastTold(updatePeers)?.text ?? '').body)[of.keyText]
      .PSKey;

  test('both ends get the same one, other pairs another', () => {
    const { one, two, three } = joined();
    expect(keyIn(one, two)).toMatch(/^[\w+/]{43}=$/);
    expect(keyIn(one, two)).toBe(keyIn(two, one));
    expect(keyIn(one, three)).toBe(keyIn(three, one));
    expect(new Set([keyIn(one, two), keyIn(one, three), keyIn(two, three)]).size).toBe(3);
  });

  test('they are others once an edge went and came back', () => {
    const { lab, one, two, three } = joined();
    const before = [keyIn(one, two), keyIn(one, three)];
    const config = superConfig();
    const without = config.Peers.filter(({ NodeID }) => NodeID !== 2);
    lab.supernode.configure({ ...config, Peers: without }, lab.now);
    lab.runFor(3);
    lab.supernode.configure(config, lab.now);
    lab.runFor(180);
    for (const edge of [one, two, three]) edge.register();
    lab.runFor(10);
    expect(keyIn(one, two)).not.toBe(before[0]);
    expect(keyIn(one, two)).toBe(keyIn(two, one));
    expect(keyIn(one, three)).toBe(before[1]);
  });
});

describe('addresses', () => {
  test('ExternalIP takes the place of the address, names are looked up', () => {
    const config = superConfig();
    const Peers = config.Peers.map((peer) => ({
      ...peer,
      ExternalIP: { 1: '192.0.2.1', 2: 'two.example.net', 3: '' }[peer.NodeID as number] ?? '',
    }));
    const { lab, three } = joined({ config: { ...config, Peers } });
    const [asked] = lab.outputsOf('resolve');
    expect(asked).toMatchObject({ host: 'two.example.net', prefer: 0 });
    lab.supernode.resolved(
      asked?.question ?? 0,
      [{ address: { family: 4, bytes: new Uint8Array([198, 51, 100, 2]) }, port: 1 }],
      lab.now,
    );
    lab.settle();
    lab.runFor(1);
    const list = JSON.parse(three.read('peerinfo', three.lastTold(updatePeers)?.text ?? '').body);
    const external = Object.values(list as Record<string, { Connurl: { ExternalV4: unknown } }>);
    expect(external.map(({ Connurl }) => Connurl.ExternalV4)).toEqual([
      { '192.0.2.1:3101': 4 },
      { '198.51.100.2:3102': 4 },
    ]);
  });

  test('an edge with an endpoint is called, and looked up again while it is silent', () => {
    const config = superConfig();
    const Peers = config.Peers.map((peer) => ({
      ...peer,
      EndPoint:
        peer.NodeID === 1 ? '127.0.0.1:3101' : peer.NodeID === 2 ? 'two.example.net:3102' : '',
    }));
    const lab = new SuperLab({ config: { ...config, Peers, ResetEndPointInterval: 60 } });
    expect(lab.outputsOf('resolve')).toHaveLength(1);
    lab.supernode.resolved(1, [], lab.now);
    lab.runFor(61);
    expect(lab.outputsOf('resolve')).toHaveLength(2);
    const view = lab.supernode.view(lab.now).edges;
    expect(view[0]?.externalAddresses).toEqual([lab.edge(1).address(4)]);
    expect(view[1]?.externalAddresses).toEqual([]);
  });

  test('SkipLocalIP of one reader empties the local addresses of nobody else', () => {
    const config = superConfig();
    const Peers = config.Peers.map((peer) => ({ ...peer, SkipLocalIP: peer.NodeID === 2 }));
    const { lab, one, two, three } = joined({ config: { ...config, Peers } });
    for (const edge of [one, two, three])
      edge.post({
        pongs: [],
        localV4: new Map([[`127.0.0.1:${edge.port}`, 100]]),
        localV6: new Map(),
      });
    lab.runFor(1.5);
    const listOf = (edge: LabEdge) =>
      JSON.parse(edge.read('peerinfo', edge.lastTold(updatePeers)?.text ?? '').body);
    expect(listOf(two)[one.keyText].Connurl).toMatchObject({ LocalV4: {}, LocalV6: {} });
    expect(listOf(three)[one.keyText].Connurl).toMatchObject({
      LocalV4: { '127.0.0.1:3101': 100 },
      LocalV6: {},
    });
    expect(listOf(three)[two.keyText].Connurl).toMatchObject({ LocalV4: null, LocalV6: null });
  });
});

describe('sockets', () => {
  const opened = (lab: SuperLab) => lab.outputsOf('open-socket').map(({ socket }) => socket);

  test('the last port that cannot be opened ends the supernode, with a reason and no timers', () => {
    const lab = new SuperLab();
    for (const socket of opened(lab)) lab.supernode.socketFailed(socket, 'EADDRINUSE', instant(1));
    lab.settle();
    expect(lab.outputs.at(-1)).toEqual({
      kind: 'ended',
      end: {
        code: 'MESH_SOCKET',
        message: 'UDP port 3456 over IPv4 cannot be opened: EADDRINUSE.',
        exitCode: 1,
      },
    });
    expect(lab.timerQueue.armed()).toBe(0);
  });

  test('with one family left it goes on', () => {
    const af = { IPv4: false, IPv6: false, ListenIPv4: '', ListenIPv6: '' };
    const lab = new SuperLab({ config: superConfig({ DisabledAf: af }) });
    const [, six] = opened(lab);
    lab.supernode.socketFailed(six ?? (6 as never), 'EAFNOSUPPORT', instant(1));
    const one = lab.edge(1);
    one.register();
    lab.runFor(1);
    expect(lab.outputsOf('ended')).toEqual([]);
    expect(one.told.length).toBeGreaterThan(0);
    expect(lab.outputsOf('log').map(({ message }) => message)).toContain(
      'UDP port 3456 over IPv6 cannot be opened: EAFNOSUPPORT.',
    );
  });

  test('a datagram of a socket nobody asked for is dropped', () => {
    const lab = new SuperLab();
    const slot = lab.arena.allocate();
    lab.supernode.receiveDatagram(slot, lab.now);
    expect(lab.supernode.drops['socket-error']).toBe(1);
    expect(lab.arena.free()).toBe(lab.arena.slots);
  });
});
