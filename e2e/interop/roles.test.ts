/**
 * Roles and Only-To-Customer (RFC 9234) with BIRD 2.0.12.
 */
import { afterEach, expect, test } from 'vitest';
import type { Snapshot } from '../../router-core/index.ts';
import { eventually } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';

let pair: Pair | undefined;
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

const bird = (options: string): string =>
  `protocol bgp tokyo from peers { neighbor fe80::6000%'DEVICE' as 4242426000; ${options} }`;
const OURS = '172.21.128.0/27';
const accepted = ({ peerings }: Snapshot): number => peerings[0]?.sessions[0]?.accepted ?? 0;

test('provider and customer agree, and BIRD sees our routes marked', async () => {
  pair = await startPair({
    peering: { role: 'provider', strictRole: true },
    sessions: bird('local role customer; require roles on;'),
  });
  await pair.bird.established('tokyo');
  expect(await pair.bird.hasRoute(OURS)).toMatch(/otc: 4242426000/i);
  const snapshot = await pair.router.reaches('routes of BIRD', (s) => accepted(s) === 2);
  expect(snapshot.peerings[0]?.sessions[0]?.capabilities).toContain('Role provider');
});

test('what a provider tells a customer is marked on arrival, by either of them', async () => {
  pair = await startPair({
    peering: { role: 'customer' },
    sessions: bird('local role provider;'),
  });
  await pair.bird.established('tokyo');
  await pair.router.reaches('routes of BIRD', (s) => accepted(s) === 2);
  expect(await pair.router.cli('lg', 'route', '172.21.129.0/27', '--json')).toMatch(
    /"onlyToCustomer": ?4242426001/,
  );
  expect(await pair.bird.hasRoute(OURS)).toContain('4242426000');
});

test('roles that do not fit: 2/11, and the diagnosis names both', async () => {
  pair = await startPair({
    peering: { role: 'provider' },
    sessions: bird('local role peer;'),
  });
  const snapshot = await pair.router.reaches('a mismatch', ({ peerings }) =>
    (peerings[0]?.diagnosis ?? []).some(({ code }) => code === 'BGP_ROLES_DIFFER'),
  );
  const text = snapshot.peerings[0]?.diagnosis.find(
    ({ code }) => code === 'BGP_ROLES_DIFFER',
  )?.text;
  expect(text).toMatch(/"provider".*"peer".*"customer"/);
  await eventually(
    'BIRD says so too',
    () => pair?.bird.ask('show', 'protocols', 'all', 'tokyo') ?? Promise.resolve(''),
    (answer) => /Role mismatch/i.test(answer),
  );
});

test('a leak is rejected and shown', async () => {
  pair = await startPair({
    peering: { role: 'provider' },
    sessions: bird(
      'ipv4 { export filter { if source != RTS_STATIC then reject; bgp_otc = 4242426077; accept; }; };',
    ),
  });
  await pair.bird.established('tokyo');
  await pair.router.reaches('a leak', ({ peerings }) => peerings[0]?.rejected === 1);
  const rejected = await pair.router.cli('lg', 'rejected', 'alder');
  expect(rejected).toContain('otc-leak');
  expect(await pair.router.cli('lg', 'why', '172.21.129.0/27')).toContain('a route leak');
  const tested = await pair.router.cli('policy', 'test', '172.21.129.0/27', '--direction', 'in');
  expect(tested).toContain('rejected: otc-leak');
});
