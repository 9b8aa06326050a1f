/**
 * The management interface: every answer recorded of a real supernode, who may ask, and what becomes of the file.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { milliseconds, wallTime } from '../../../../base/units.ts';
import { parseYamlFile } from '../../../../host/yaml-file.ts';
import type { NodeNumber } from '../../../node-number.ts';
import {
  ALWAYS_QUOTED,
  readEdgeConfig,
  readSuperConfig,
  type SuperConfig,
} from '../../config/index.ts';
import { fixtureText } from '../../config/testing/fixture-files.ts';
import { SERVER_ACTION } from '../../wire/index.ts';
import type { ApiResponse } from '../index.ts';
import { type LabEdge, SuperLab, superConfig } from '../testing/super-lab.ts';
import { goTime } from './go-time.ts';

type Exchange = {
  readonly path: string;
  readonly form: Readonly<Record<string, string | number>> | null;
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
};
const EXCHANGES: readonly Exchange[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/http-manage-api.json'), 'utf8'),
).exchanges;

const formOf = (fields: Readonly<Record<string, string | number>>): Map<string, string> =>
  new Map(Object.entries(fields).map(([key, value]) => [key, String(value)]));

const send = (lab: SuperLab, { path, form }: Pick<Exchange, 'path' | 'form'>): ApiResponse =>
  lab.request(path, { form: formOf(form ?? {}) });

/** The super's file as the changes so far leave it. */
function fileAfter(lab: SuperLab, text = fixtureText('config/super.yaml')): string {
  const file = parseYamlFile(text, 'super.yaml');
  for (const { changes } of lab.outputsOf('change-config')) file.change(changes);
  return file.text(ALWAYS_QUOTED);
}

function configIn(text: string): SuperConfig | undefined {
  return readSuperConfig(parseYamlFile(text, 'super.yaml').values()).config;
}

/** Lines without their order, in which the original is free. */
const sortedLines = (text: string): string[] => text.split('\n').sort();

describe('recorded', () => {
  /** Latencies of the first recorded state. */
  const EDGES = {
    1: { 2: 0.000921104, 3: 0.011280394 },
    2: { 1: 0.000733912, 3: 0.000951669 },
    3: { 1: 0.007239981, 2: 0.00067562 },
  };

  test('the requests in their order get the answers they got', () => {
    const lab = new SuperLab();
    const edges = new Map([1, 2, 3].map((node) => [node, lab.edge(node)]));
    lab.runUntil(13.009);
    for (const edge of edges.values()) edge.register();
    lab.runUntil(13.02);
    for (const [from, row] of Object.entries(EDGES))
      for (const [to, latency] of Object.entries(row))
        edges.get(Number(to))?.pong(Number(from), latency, { timeToAlive: 60 });
    lab.runFor(0.1);

    for (const exchange of EXCHANGES) {
      const isPrivateKey = exchange.path.includes('PrivKey');
      const answer = send(lab, exchange);
      if (isPrivateKey) {
        expect(answer).toMatchObject({ status: 400, body: expect.stringContaining('Not offered') });
        send(lab, { path: '/manage/peer/del?Password=passwd_delpeer&NodeID=4', form: null });
        continue;
      }
      expect([exchange.path, answer.status, answer.contentType]).toEqual([
        exchange.path,
        exchange.status,
        exchange.contentType,
      ]);
      if (exchange.path.includes('super/state') && exchange.status === 200) {
        if (exchange === EXCHANGES[0])
          expectState(JSON.parse(answer.body), JSON.parse(exchange.body));
      } else if (exchange.path.includes('peer/add') && exchange.status === 200)
        expectEdgeFile(answer.body, exchange.body);
      else expect(sortedLines(answer.body)).toEqual(sortedLines(exchange.body));
    }
    // The last state: two edges are left, and nothing else.
    lab.runFor(6);
    const state = JSON.parse(lab.request('/manage/super/state?Password=passwd_showstate').body);
    expect(Object.keys(state.PeerInfo)).toEqual(['1', '3']);
    expect(state.NhTable).toEqual({ 1: { 3: 3 }, 3: { 1: 1 } });
    expect(state.Dist[1][3]).toBeCloseTo(0.021280394, 9);
  });

  type Seconds = Record<string, Record<string, number>>;
  type State = {
    readonly PeerInfo: Record<string, { readonly Name: string; readonly LastSeen: string }>;
    readonly NhTable: Seconds;
    readonly Infinity: number;
  } & Record<'Edges' | 'Edges_Nh' | 'Dist' | 'Dist_noAC', Seconds>;

  function expectState(state: State, recorded: State): void {
    expect(Object.keys(state)).toEqual(Object.keys(recorded));
    for (const [node, { Name, LastSeen }] of Object.entries(state.PeerInfo)) {
      expect(Name).toBe(recorded.PeerInfo[node]?.Name);
      expect(LastSeen).toMatch(/^2026-11-20 13:49:36\.\d{1,3} \+0000 UTC m=\+13\.01\d{7}$/);
    }
    for (const table of ['Edges', 'Edges_Nh', 'Dist', 'Dist_noAC'] as const)
      for (const [from, row] of Object.entries(recorded[table])) {
        expect(Object.keys(state[table][from] ?? {})).toEqual(Object.keys(row));
        for (const [to, seconds] of Object.entries(row))
          expect(state[table][from]?.[to]).toBeCloseTo(seconds, 9);
      }
    expect(state.NhTable).toEqual(recorded.NhTable);
    expect(state.Infinity).toBe(99999);
  }

  /** The recorded network had its edges ask another port. */
  function expectEdgeFile(body: string, recorded: string): void {
    const read = (text: string) =>
      readEdgeConfig(parseYamlFile(text.replace('Your_Private_Key', ''), 'e').values());
    const [ours, theirs] = [body, recorded.replace('127.0.0.1:3457', '127.0.0.1:3456')].map(
      (text) => parseYamlFile(text, 'edge.yaml').values(),
    );
    // `DumpNormal` is missing in the template, and so false.
    expect({ ...(ours as object), LogLevel: null }).toEqual({
      ...(theirs as object),
      LogLevel: null,
    });
    expect(read(body).findings.map(({ path }) => path)).toEqual(['PrivKey']);
  }
});

const PASSWORDS = {
  'super/state': 'passwd_showstate',
  'super/update': 'passwd_updatesuper',
  'peer/add': 'passwd_addpeer',
  'peer/del': 'passwd_delpeer',
  'peer/update': 'passwd_updatepeer',
} as const;

const call = (
  lab: SuperLab,
  name: keyof typeof PASSWORDS,
  query: string,
  form: Readonly<Record<string, string | number>> = {},
): ApiResponse =>
  lab.request(`/manage/${name}?Password=${PASSWORDS[name]}${query === '' ? '' : `&${query}`}`, {
    form: formOf(form),
  });

describe('passwords', () => {
  test.each(Object.keys(PASSWORDS) as (keyof typeof PASSWORDS)[])(
    '%s has one of its own',
    (name) => {
      const lab = new SuperLab();
      for (const [other, password] of Object.entries(PASSWORDS)) {
        const { status } = lab.request(`/manage/${name}?Password=${password}`, { from: other });
        expect(status === 401).toBe(other !== name);
      }
    },
  );

  test('an empty one in the file switches the call off', () => {
    const Passwords = { ...superConfig().Passwords, ShowState: '' };
    const lab = new SuperLab({ config: superConfig({ Passwords }) });
    expect(lab.request('/manage/super/state?Password=')).toMatchObject({
      status: 401,
      body: 'Paramater Password: Wrong password',
    });
  });

  test('after ten wrong ones a source waits, whatever it says; others do not', () => {
    const lab = new SuperLab();
    const tries = (from: string, password = 'wrong') =>
      lab.request(`/manage/super/state?Password=${password}`, { from }).status;
    const source = '2001:db8::';
    const statuses = Array.from({ length: 12 }, (_, i) => tries(`${source}${i + 1}`));
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    expect(tries(`${source}99`, 'passwd_showstate')).toBe(429);
    expect(tries('2001:db8:0:1::1', 'passwd_showstate')).toBe(200);
    lab.runFor(13);
    expect(tries(`${source}99`, 'passwd_showstate')).toBe(200);
    // One was forgotten meanwhile; the one after it makes the source wait again.
    expect([1, 2, 3].map(() => tries(`${source}99`))).toEqual([401, 401, 429]);
  });

  test('no line of the log has a password or a query', () => {
    const config = superConfig();
    const lab = new SuperLab({ config });
    for (let i = 0; i < 12; i++) lab.request('/manage/super/state?Password=hunter2');
    call(lab, 'peer/del', 'NodeID=2');
    const log = JSON.stringify(lab.outputsOf('log'));
    expect(log).toContain('a wrong password');
    expect(log).not.toMatch(/hunter2|passwd_|Password=/);
  });
});

describe('edges', () => {
  const NEW = {
    NodeID: 4,
    Name: 'fx4',
    PubKey: 'aGVyANPMzcimfmbL4U1XFb5myTIMv+jwpP8BO9qGHHA=',
    PSKey: 'e/P2YLEOs/6Uf2L2YBQRP64o07I+Hi/KdPJ8ALQCMVg=',
    AdditionalCost: 10,
    SkipLocalIP: 'TRUE',
  };

  test('a new one is served at once, and stands in the file without a change elsewhere', () => {
    const lab = new SuperLab();
    expect(call(lab, 'peer/add', '', NEW).status).toBe(200);
    const four = lab.edge(4);
    four.register();
    lab.runFor(0.2);
    expect(four.told.map(({ action }) => action)).toContain(SERVER_ACTION.updateParameters);

    const before = fixtureText('config/super.yaml');
    const after = fileAfter(lab);
    const left = after.split('\n');
    for (const line of before.split('\n')) expect(left).toContain(line);
    expect(configIn(after)?.Peers.at(-1)).toMatchObject({
      NodeID: 4,
      Name: 'fx4',
      AdditionalCost: 10,
      SkipLocalIP: true,
    });
    // The key of the family that is off is still there.
    expect(configIn(after)?.PrivKeyV6).toEqual(superConfig().PrivKeyV6);
  });

  test('the first one of a file without any, too', () => {
    const lab = new SuperLab({ config: superConfig({ Peers: [] }) });
    expect(call(lab, 'peer/add', '', NEW).status).toBe(200);
    for (const peers of ['', 'Peers:\n', 'Peers: []\n']) {
      const file = fixtureText('config/super.yaml').replace(/^Peers:[\s\S]*/m, peers);
      expect(configIn(fileAfter(lab, file))?.Peers).toHaveLength(1);
    }
  });

  test.each([
    [{ NodeID: 'x' }, 400, "Paramater NodeID: Can't convert to type uint16"],
    [{ NodeID: 65533 }, 400, "Paramater NodeID: Can't use special nodeID."],
    [{ NodeID: 1 }, 409, 'Paramater NodeID: NodeID exists'],
    [{ Name: 'fx2' }, 409, 'Paramater Name: Node name exists'],
    [{ Name: 'two\nlines' }, 400, 'Paramater Name: Must have 1 to 32 characters of one line.'],
    [{ AdditionalCost: 'much' }, 400, "Paramater AdditionalCost: Can't convert to type float64"],
    [
      { PubKey: 'dQl6B46Hs9GrSznkxuJ6n02YLxKh/6+904xJMAdDsQI=' },
      409,
      'Paramater PubKey: PubKey exists',
    ],
    [{ PubKey: 'short' }, 417, 'Error creating peer: keys are 32 octets in base64, 44 characters'],
    [
      { PubKey: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
      417,
      'Error creating peer: the key cannot be used: it is of low order, or our own',
    ],
    [{ PSKey: 'x' }, 417, 'Error creating peer: keys are 32 octets in base64, 44 characters'],
  ])('%j is refused, and nothing changes', (fields, status, body) => {
    const lab = new SuperLab();
    expect(call(lab, 'peer/add', '', { ...NEW, ...fields })).toMatchObject({ status, body });
    expect(lab.outputsOf('change-config')).toEqual([]);
    expect(lab.supernode.view(lab.now).edges).toHaveLength(3);
  });

  test('a template that cannot be read creates no edge', () => {
    const lab = new SuperLab({ edgeTemplate: 'a: [' });
    const answer = call(lab, 'peer/add', '', NEW);
    expect(answer.status).toBe(417);
    expect(lab.outputsOf('change-config')).toEqual([]);
    expect(lab.supernode.view(lab.now).edges).toHaveLength(3);
  });

  test('without a template the sample is filled in, our keys with it', () => {
    const lab = new SuperLab({ edgeTemplate: undefined } as never);
    const file = parseYamlFile(call(lab, 'peer/add', '', NEW).body, 'edge.yaml');
    expect(file.values()).toMatchObject({
      NodeID: '4',
      NodeName: 'fx4',
      Interface: { IType: 'tap' },
      DynamicRoute: {
        SuperNode: {
          UseSuperNode: 'true',
          PubKeyV4: '/BVhJUJyRK+RYvvTfaWULja6ommKm5VRP775WvFVXkw=',
          PubKeyV6: '',
          PSKey: NEW.PSKey,
          SkipLocalIP: 'true',
        },
      },
    });
  });

  test('a deleted one is told to go, and its entry leaves the file with nothing else', () => {
    const lab = new SuperLab();
    const two = lab.edge(2);
    two.register();
    lab.runFor(0.2);
    expect(call(lab, 'peer/del', 'NodeID=2').body).toBe('NodeID: 2 deleted.');
    lab.runFor(1.5);
    expect(two.told.filter(({ action }) => action === SERVER_ACTION.shutdown)).toHaveLength(10);
    const [before, after] = [fixtureText('config/super.yaml'), fileAfter(lab)];
    const entry = /- NodeID: 2\n(?: {2}.*\n)+/;
    expect(after).toBe(before.replace(entry, ''));
    expect(call(lab, 'peer/del', 'NodeID=2').status).toBe(404);
    expect(lab.request('/manage/peer/del')).toMatchObject({
      status: 400,
      body: 'Paramater PrivKey: Missing paramater.',
    });
  });

  test('an update reaches the edge as parameters and as cost, and the file', () => {
    const lab = new SuperLab();
    const [one, two] = [lab.edge(1), lab.edge(2)];
    for (const edge of [one, two]) edge.register();
    lab.runFor(0.2);
    const stateOf = (edge: LabEdge) => edge.lastTold(SERVER_ACTION.updateParameters)?.text ?? '';
    const before = [stateOf(one), stateOf(two)];
    call(lab, 'peer/update', 'NodeID=2', { AdditionalCost: 25, SkipLocalIP: 'true' });
    lab.runFor(0.2);
    expect(stateOf(one)).toBe(before[0]);
    expect(stateOf(two)).not.toBe(before[1]);
    expect(JSON.parse(two.read('superparams', stateOf(two)).body).AdditionalCost).toBe(25);
    const written = configIn(fileAfter(lab))?.Peers[1];
    expect(written).toMatchObject({ NodeID: 2, AdditionalCost: 25, SkipLocalIP: true });
    expect(call(lab, 'peer/update', 'NodeID=99').body).toBe('Paramater NodeID: "99" not found');
    expect(call(lab, 'peer/update', '').body).toBe('Paramater NodeID: Missing paramater.');
  });
});

describe('static mode', () => {
  const rows = (table: Record<number, Record<number, number>>): SuperConfig['NextHopTable'] =>
    new Map(
      Object.entries(table).map(([from, row]) => [
        Number(from) as NodeNumber,
        new Map(
          Object.entries(row).map(([to, hop]) => [Number(to) as NodeNumber, hop as NodeNumber]),
        ),
      ]),
    );
  const THREE = { 1: { 2: 2, 3: 3 }, 2: { 1: 1, 3: 3 }, 3: { 1: 1, 2: 2 } };
  const FOUR = {
    1: { 2: 2, 3: 3, 4: 3 },
    2: { 1: 1, 3: 3, 4: 3 },
    3: { 1: 1, 2: 2, 4: 4 },
    4: { 1: 3, 2: 3, 3: 3 },
  };
  const fresh = {
    NodeID: 4,
    Name: 'fx4',
    PubKey: 'aGVyANPMzcimfmbL4U1XFb5myTIMv+jwpP8BO9qGHHA=',
    AdditionalCost: 10,
    SkipLocalIP: 'false',
  };

  function staticLab(): SuperLab {
    const config = superConfig({ NextHopTable: rows(THREE) });
    const GraphRecalculateSetting = { ...config.GraphRecalculateSetting, StaticMode: true };
    return new SuperLab({ config: { ...config, GraphRecalculateSetting } });
  }

  test('a new edge comes with a table that knows it', () => {
    const lab = staticLab();
    expect(call(lab, 'peer/add', '', fresh)).toMatchObject({
      status: 417,
      body: 'Paramater NextHopTable: Your NextHopTable is in static mode.\nPlease provide your new NextHopTable in "NextHopTable" parmater in json format',
    });
    for (const [table, reason] of [
      ['{', 'is not JSON'],
      ['[]', 'must be a set of keys'],
      [JSON.stringify(THREE), 'NextHopTable[1][4] not found'],
      [
        JSON.stringify({ ...FOUR, 1: { ...FOUR[1], 4: 9 } }),
        'NextHopTable[1][4]=9 is not in the peer list',
      ],
    ] as const) {
      const answer = call(lab, 'peer/add', '', { ...fresh, NextHopTable: table });
      expect(answer.status).toBe(417);
      expect(answer.body).toContain(reason);
    }
    expect(lab.outputsOf('change-config')).toEqual([]);
    expect(call(lab, 'peer/add', '', { ...fresh, NextHopTable: JSON.stringify(FOUR) }).status).toBe(
      200,
    );
    expect(lab.supernode.view(lab.now).table.toMaps()).toEqual(FOUR);
    expect(configIn(fileAfter(lab))?.NextHopTable).toEqual(rows(FOUR));
    const direct = { 1: { 2: 2, 4: 4 }, 2: { 1: 1, 4: 4 }, 4: { 1: 1, 2: 2 } };
    const other = staticLab();
    call(other, 'peer/add', '', { ...fresh, NextHopTable: JSON.stringify(FOUR) });
    call(other, 'peer/del', 'NodeID=3');
    expect(other.supernode.view(other.now).table.toMaps()).toEqual(direct);
    expect(configIn(fileAfter(other))?.NextHopTable).toEqual(rows(direct));
    expect(call(lab, 'peer/del', 'NodeID=4').status).toBe(200);
    expect(lab.supernode.view(lab.now).table.toMaps()).toEqual(THREE);
    expect(configIn(fileAfter(lab))?.NextHopTable).toEqual(rows(THREE));
  });
});

describe('parameters of all', () => {
  test.each([
    [{ PeerAliveTimeout: 0 }, 'Paramater PeerAliveTimeout 0: Must > 0.\n'],
    [{ PeerAliveTimeout: 5 }, 'Paramater PeerAliveTimeout 5: Must >= 8(HttpPostInterval).\n'],
    [{ SendPingInterval: 0 }, 'Paramater SendPingInterval: Must > 0 and < 20(PeerAliveTimeout).\n'],
    [
      { SendPingInterval: 20 },
      'Paramater SendPingInterval: Must > 0 and < 20(PeerAliveTimeout).\n',
    ],
    [
      { SendPingInterval: 4, HttpPostInterval: 21 },
      'Paramater HttpPostInterval: Must > 0 and < 20(PeerAliveTimeout).\n',
    ],
    [{ DampingFilterRadius: 1025 }, 'Paramater DampingFilterRadius 1025: Must in range [0,1024]\n'],
  ])('%j is refused', (form, body) => {
    const lab = new SuperLab();
    expect(call(lab, 'super/update', '', form as never)).toMatchObject({ status: 400, body });
    expect(lab.outputsOf('change-config')).toEqual([]);
  });

  test('what is no number is no parameter', () => {
    const lab = new SuperLab();
    expect(
      call(lab, 'super/update', '', { PeerAliveTimeout: 'long', DampingFilterRadius: 1.5 }).body,
    ).toBe('SuperNode: no any paramater updated.\n');
  });

  test('they reach every edge, and the file', () => {
    const lab = new SuperLab();
    const edges = [1, 2, 3].map((node) => lab.edge(node));
    for (const edge of edges) edge.register();
    lab.runFor(0.5);
    call(lab, 'super/update', '', {
      SendPingInterval: 3,
      HttpPostInterval: 7,
      PeerAliveTimeout: 21,
    });
    lab.runFor(0.5);
    for (const edge of edges) {
      const state = edge.lastTold(SERVER_ACTION.updateParameters)?.text ?? '';
      expect(JSON.parse(edge.read('superparams', state).body)).toMatchObject({
        SendPingInterval: 3,
        HttpPostInterval: 7,
        PeerAliveTimeout: 21,
      });
    }
    const before = fixtureText('config/super.yaml');
    expect(fileAfter(lab)).toBe(
      before
        .replace(/^SendPingInterval: 4$/m, 'SendPingInterval: 3')
        .replace(/^HttpPostInterval: 8$/m, 'HttpPostInterval: 7')
        .replace(/^PeerAliveTimeout: 20$/m, 'PeerAliveTimeout: 21'),
    );
  });
});

describe('the state page', () => {
  test('it is made anew after five seconds, or after a change', () => {
    const lab = new SuperLab();
    const page = () => call(lab, 'super/state', '').body;
    const first = page();
    expect(JSON.parse(first).PeerInfo[1]).toEqual({
      Name: 'fx1',
      LastSeen: '0001-01-01 00:00:00 +0000 UTC',
    });
    lab.edge(1).register();
    lab.runFor(1);
    expect(page()).toBe(first);
    lab.runFor(4.1);
    expect(page()).not.toBe(first);
    call(lab, 'peer/del', 'NodeID=3');
    expect(Object.keys(JSON.parse(page()).PeerInfo)).toEqual(['1', '2']);
  });

  test.each([
    [1_795_182_576_611, 13_011.706, '2026-11-20 13:49:36.611 +0000 UTC m=+13.011706000'],
    [1_795_182_576_600, 0, '2026-11-20 13:49:36.6 +0000 UTC m=+0.000000000'],
    [1_795_182_570_000, -500, '2026-11-20 13:49:30 +0000 UTC m=-0.500000000'],
  ])('the time %i is told as Go tells it', (at, since, text) => {
    expect(goTime(wallTime(at), milliseconds(since))).toBe(text);
  });
});
