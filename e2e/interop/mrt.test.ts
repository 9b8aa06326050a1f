/**
 * MRT files both ways: bgpdump reads ours, and we read those of BIRD and FRR of the same moment.
 *
 * BIRD has two sessions: with our node, and with FRR beside it, which sees the same routes.
 */
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Frr, startFrr } from '../lab/daemons.ts';
import { eventually, must } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';

const MANY = 300;
/** The first two hosts of every lab. */
const [ROUTER, BIRD] = ['10.42.0.1', '10.42.0.2'];
/** BIRD opens it when it reads its configuration, before the lab's folder is known. */
const BIRD_MESSAGES = join(tmpdir(), `rootless42-mrt-${process.pid}.mrt`);
let pair: Pair;
let frr: Frr;
let folder: string;
const file = (name: string): string => join(folder, name);
/** FRR writes where its user may. */
const frrFile = (name: string): string => join(pair.lab.folder, 'frr-router', `${name}.mrt`);

beforeAll(async () => {
  const many = Array.from(
    { length: MANY },
    (_, i) => `route 10.${100 + (i >> 8)}.${i & 255}.0/24 reject;`,
  );
  pair = await startPair({
    peering: { policy: 'accept-all' },
    sessions: `
mrtdump "${BIRD_MESSAGES}";
protocol static many { ipv4 { import filter { bgp_community.add((64511, 3)); bgp_large_community.add((4242426001, 1, 2)); accept; }; export none; }; ${many.join(' ')} }
protocol bgp tokyo from peers { mrtdump { states, messages }; neighbor fe80::6000%'DEVICE' as 4242426000; }
protocol bgp oslo from peers { neighbor ${ROUTER} as 4242426003; }`,
  });
  folder = pair.router.folder;
  frr = await startFrr(
    pair.lab,
    pair.routerHost,
    `dump bgp all ${frrFile('messages')}
dump bgp routes-mrt ${frrFile('table')} 5
router bgp 4242426003
 bgp router-id 172.21.131.1
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor ${BIRD} remote-as 4242426001
 address-family ipv4 unicast
  network 172.21.131.0/27
 exit-address-family
`,
  );
  await pair.bird.established('tokyo');
  await pair.bird.established('oslo');
  await pair.router.reaches('every route', (now) => now.tables.ipv4.prefixes >= MANY + 2);
}, 60_000);
afterAll(async () => {
  await frr?.stop();
  await pair?.stop();
  rmSync(BIRD_MESSAGES, { force: true });
});

const show = async (path: string): Promise<string[]> =>
  (await pair.router.cli('mrt', 'show', path)).trim().split('\n');
const bgpdump = async (...args: string[]): Promise<string[]> =>
  (await must('bgpdump', args)).trim().split('\n');

describe('our files, read by bgpdump', () => {
  test('a table: every path with its attributes', async () => {
    const path = file('table.mrt');
    expect(await pair.router.cli('mrt', 'dump', path)).toMatch(/^\d+ octets in .*table\.mrt/);
    const lines = await bgpdump('-m', path);
    const of = (prefix: string): string[][] =>
      lines.map((line) => line.split('|')).filter((fields) => fields[5] === prefix);
    expect(lines.filter((line) => /\|10\.1\d\d\.\d+\.0\/24\|/.test(line))).toHaveLength(MANY);
    // Type, time, B, peer, AS, prefix, path, origin, next hop, LOCAL_PREF, MED, communities …
    expect(of('10.100.7.0/24')).toEqual([
      [
        'TABLE_DUMP2',
        expect.stringMatching(/^\d+$/),
        'B',
        'fe80::6001',
        '4242426001',
        '10.100.7.0/24',
        '4242426001',
        'IGP',
        expect.stringMatching(/^(fe80::6001|::)/),
        '100',
        '0',
        expect.stringContaining('64511:3'),
        ...Array.from({ length: 3 }, () => expect.any(String)),
      ],
    ]);
    expect(of('172.21.128.0/27')[0]?.slice(3, 8)).toEqual([
      '0.0.0.0',
      '4242426000',
      '172.21.128.0/27',
      '',
      'IGP',
    ]);
    expect(of('fdb1:6000:101::/48')[0]?.[6]).toBe('4242426001');
  });

  test('before the policy there is no LOCAL_PREF of ours and no own prefix', async () => {
    await pair.router.cli('mrt', 'dump', '--before', file('before.mrt'));
    const lines = await bgpdump('-m', file('before.mrt'));
    expect(lines.some((line) => line.includes('|172.21.128.0/27|'))).toBe(false);
    expect(lines.find((line) => line.includes('|10.100.7.0/24|'))?.split('|')[9]).toBe('0');
  });

  test('what the flight recorder has of a session, and our own reader agrees', async () => {
    const path = file('alder.mrt');
    await pair.router.cli('mrt', 'record', 'alder', path);
    const lines = await bgpdump('-m', path);
    const states = lines
      .filter((line) => line.includes('|STATE|'))
      .map((line) => line.split('|').slice(5));
    expect(states.at(-1)).toEqual(['5', '6']);
    const announced = lines.filter((line) =>
      /^BGP4MP_ET\|.*\|A\|fe80::6001\|.*\|10\.100\.7\.0\/24\|/.test(line),
    );
    expect(announced).toHaveLength(1);
    expect(announced[0]).toContain('|4242426001|IGP|');
    const words = await show(path);
    expect(words.filter((line) => line.includes(' OPEN '))).toHaveLength(2);
    expect(
      words.some((line) =>
        / from fe80::6001 AS4242426001: UPDATE announces .*10\.100\./.test(line),
      ),
    ).toBe(true);
    expect(words.join()).not.toContain('damaged');
  });
});

describe('files of others, read by us', () => {
  test('BIRD: a table of both families, and the messages of its sessions', async () => {
    for (const family of ['4', '6'])
      await pair.bird.ask(
        'mrt',
        'dump',
        'table',
        `master${family}`,
        'to',
        `"${file(`bird${family}.mrt`)}"`,
      );
    const ipv4 = await eventually(
      'the whole table',
      async () => (existsSync(file('bird4.mrt')) ? show(file('bird4.mrt')) : []),
      (lines) => lines.length >= MANY + 3,
    );
    expect(ipv4[0]).toMatch(
      /table "master4" of 172\.21\.129\.1, \d peers: .*fe80::6000 AS4242426000/,
    );
    const known = ipv4.find((line) => line.includes(' 172.21.128.0/27 '));
    // BIRD 2.0.12 leaves out next hops of the other family.
    expect(known).toMatch(
      /from fe80::6000 AS4242426000 since [^ ]+ AS path 4242426000, local pref 100/,
    );
    expect(ipv4.join()).not.toMatch(/malformed|damaged/);
    const ipv6 = await show(file('bird6.mrt'));
    expect(ipv6.find((line) => line.includes(' fdb0:6000:100::/48 '))).toMatch(
      / via .*fe80::6000, AS path 4242426000/,
    );
    const messages = await show(BIRD_MESSAGES);
    expect(
      messages.some((line) => /fe80::6000 AS4242426000: openconfirm -> established/.test(line)),
    ).toBe(true);
    expect(
      messages.some((line) =>
        /from fe80::6000 AS4242426000: UPDATE announces 172\.21\.128\.0\/27/.test(line),
      ),
    ).toBe(true);
    expect(messages.join()).not.toMatch(/malformed|damaged/);
  });

  test('FRR: its table and its messages', async () => {
    const table = await eventually(
      'FRR writes its table',
      async () => (existsSync(frrFile('table')) ? show(frrFile('table')) : []),
      (lines) => lines.filter((line) => line.includes(' 10.100.')).length >= 256,
    );
    expect(table.find((line) => line.includes(' 10.100.7.0/24 '))).toMatch(
      /from 10\.42\.0\.2 AS4242426001 since .* via 10\.42\.0\.2, AS path 4242426001, .*communities 64511:3/,
    );
    const messages = await show(frrFile('messages'));
    expect(
      messages.some((line) =>
        / from 10\.42\.0\.2 AS4242426001: UPDATE announces .*10\.100\./.test(line),
      ),
    ).toBe(true);
    expect([...table, ...messages].join()).not.toMatch(/malformed|damaged/);
  });
});

test('a file cut short is read to its end, says where, and ends with 1', async () => {
  await must('sh', ['-c', `head -c 2000 '${file('table.mrt')}' > '${file('cut.mrt')}'`]);
  const lines = await show(file('cut.mrt'));
  expect(lines.at(-1)).toBe('1 damaged');
  expect(lines.at(-2)).toMatch(/^octet \d+: damaged \(truncated\)/);
  expect(lines.length).toBeGreaterThan(5);
  const rows = (await pair.router.cli('mrt', 'show', '--json', file('cut.mrt'))).trim().split('\n');
  expect(rows.slice(0, -1).map((row) => (JSON.parse(row) as { kind: string }).kind)).toEqual([
    'peer-index',
    ...Array.from({ length: rows.length - 3 }, () => 'route'),
    'damaged',
  ]);
});
