/**
 * Policies beside a real BIRD: what we add arrives there, what it says is changed and rejected here, and
 * another policy is told without losing the session.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { eventually } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';

const OURS = '172.21.128.0/27';
const OURS6 = 'fdb0:6000:100::/48';
const TAGGED = '172.21.129.0/27';
const UNWANTED = 'fdb1:6000:101::/48';

const POLICY = {
  policies: {
    'from-peers': {
      rules: [
        { name: 'no-backup', if: { community: '65000:666' }, then: { reject: true } },
        {
          name: 'mark',
          then: { linkFlags: true, localPref: { add: 50 }, removeCommunities: '65000:*' },
        },
      ],
    },
    'to-peers': {
      rules: [
        {
          name: 'origin',
          then: { linkFlags: true, linkOrigin: { region: 52, country: 1392 }, med: 'dn42' },
        },
        { name: 'longer', if: { family: 'ipv6' }, then: { prepend: 2 } },
        { name: 'large', then: { addCommunities: ['4242426000:101:52', 'rt:42:7'] } },
      ],
    },
  },
  defaults: {
    import: ['from-peers'],
    export: ['to-peers'],
    parameters: { bandwidth: 24, encryption: 34 },
  },
};
const PEERING = { parameters: { latency: 3 } };

let pair: Pair;

beforeAll(async () => {
  pair = await startPair({
    settings: { policy: POLICY },
    peering: PEERING,
    sessions: `
protocol bgp tokyo from peers {
  neighbor fe80::6000%'DEVICE' as 4242426000;
  ipv4 { export filter { bgp_community.add((64511, 5)); bgp_community.add((65000, 1)); accept; }; };
  ipv6 { export filter { bgp_community.add((65000, 666)); accept; }; };
}`,
  });
  await pair.bird.established('tokyo');
});
afterAll(() => pair?.stop());

test('communities, MED and prepends arrive at BIRD as configured', async () => {
  const ours = await pair.bird.hasRoute(OURS);
  expect(ours).toMatch(/BGP\.as_path: 4242426000\s*$/m);
  // (4 − 4)·600 + (9 − 4)·100 + (3 − 1)·300
  expect(ours).toMatch(/BGP\.med: 1100/);
  for (const value of [3, 24, 34, 52, 1392]) expect(ours).toContain(`(64511,${value})`);
  expect(ours).toContain('(4242426000, 101, 52)');
  expect(ours).toContain('(rt, 42, 7)');
  const ours6 = await pair.bird.hasRoute(OURS6);
  expect(ours6).toMatch(/BGP\.as_path: 4242426000 4242426000 4242426000\s*$/m);
});

test('routes of BIRD are changed and rejected by rules, which are named', async () => {
  const rejected = await eventually(
    'the unwanted route is rejected',
    () => pair.router.cli('lg', 'rejected', 'alder'),
    (text) => text.includes(UNWANTED),
  );
  expect(rejected).toContain('rule:no-backup, code 16, from-peers, rule 1 "no-backup"');
  const why = await pair.router.cli('lg', 'why', TAGGED);
  expect(why).toContain('changed by from-peers, rule 2 "mark": local preference: 100 -> 150');
  const [row] = (await pair.router.cli('lg', 'why', TAGGED, '--json')).split('\n');
  expect(JSON.parse(row as string)).toMatchObject({
    attributes: { localPref: 150, communities: ['64511:5', '64511:24', '64511:34'] },
  });
});

test('the command line shows, tests and checks', async () => {
  const shown = await pair.router.cli('policy', 'show');
  expect(shown).toMatch(/^policy version \d+, digest [0-9a-f]{16}, since 20/);
  expect(shown).toContain('import dn42-import from-peers\n    export dn42-export to-peers');
  const tested = await pair.router.cli('policy', 'test', UNWANTED, '--direction', 'in');
  expect(tested).toMatch(/fdb1:6000:101::\/48 from alder\S*: rejected: rule:no-backup/);
  expect(tested).toMatch(/from-peers 1 no-backup +reject/);
  const supposed = await pair.router.cli(
    ...['policy', 'test', '172.22.250.0/27', 'path', '4242426001', '--direction', 'in'],
  );
  expect(supposed).toContain('rejected: roa-not-found');
  const wrong = join(pair.router.folder, 'wrong.yaml');
  writeFileSync(
    wrong,
    stringify({
      policies: { a: { rules: [{ name: 'x', if: { prefix: 'lost' }, then: { accept: true } }] } },
    }),
  );
  expect(await pair.router.cli('policy', 'check', wrong)).toContain(
    'Rule 1 "x" of a: no prefix set is named lost. Known: . (POLICY_NAME_UNKNOWN)',
  );
});

test('a candidate is compared, then runs: what differs is told, and the session stays', async () => {
  const since = (await pair.router.snapshot()).peerings[0]?.sessions[0]?.since;
  const [first, ...rest] = POLICY.policies['to-peers'].rules;
  const candidate = {
    ...POLICY,
    policies: {
      'from-peers': {
        rules: [{ name: 'no-tagged', if: { community: '65000:1' }, then: { reject: true } }],
      },
      'to-peers': {
        rules: [first, { name: 'more', if: { family: 'ipv4' }, then: { prepend: 1 } }, ...rest],
      },
    },
  };
  const file = join(pair.router.folder, 'candidate.yaml');
  writeFileSync(file, stringify(candidate));
  const difference = await pair.router.cli('policy', 'diff', file);
  expect(difference).toMatch(
    /172\.21\.129\.0\/27 +from alder\S* +would be rejected: from-peers, rule 1 "no-tagged"/,
  );
  expect(difference).toMatch(
    /fdb1:6000:101::\/48 +from alder\S* +would be accepted: from-peers, rule 1 "no-backup"/,
  );
  expect(difference).toMatch(/172\.21\.129\.0\/27 +best path alder\S* -> none/);
  expect(difference).toMatch(/172\.21\.128\.0\/27 +to +alder\S* +would be changed/);
  expect(difference).toContain('newly rejected 1, newly accepted 1');

  const updates = async (): Promise<number> => {
    const text = await pair.bird.ask('show', 'protocols', 'all', 'tokyo');
    return [...text.matchAll(/Import updates: +(\d+)/g)].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    );
  };
  const before = await updates();
  pair.router.reload({ ...(pair.config as object), policy: candidate });
  await eventually(
    'BIRD hears the longer path',
    () => pair.bird.ask('show', 'route', OURS, 'all'),
    (text) => /as_path: 4242426000 4242426000\s*$/m.test(text),
  );
  // IPv6 is as it was, so nothing of it is said again.
  expect((await updates()) - before).toBe(1);
  await pair.router.reaches(
    'the other verdicts',
    ({ peerings }) => peerings[0]?.sessions[0]?.rejectedReasons['rule:no-tagged'] === 1,
  );
  const after = await pair.router.snapshot();
  const session = after.peerings[0]?.sessions[0];
  expect(session?.state).toBe('established');
  // A calendar time made of a monotonic one: a few milliseconds differ, a new session by much more.
  const moved = Date.parse(session?.since ?? '') - Date.parse(since ?? '');
  expect(Math.abs(moved)).toBeLessThan(1000);
  expect(await pair.router.cli('lg', 'why', UNWANTED)).toMatch(/best: the only/);
});
