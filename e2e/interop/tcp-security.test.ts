/**
 * Signed sessions (RFC 2385) and GTSM (RFC 5082) with the TCP of Linux: BIRD 2 and FRR.
 */
import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { Snapshot } from '../../router-core/index.ts';
import { type Pair, startFrrInstead, startPair } from './pair.ts';

const PASSWORD = 'moss under the alder 42';
/** FRR takes no spaces. */
const WORD = 'moss-under-the-alder';
const hasFrr = existsSync('/usr/lib/frr/bgpd');

let pair: Pair | undefined;
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

const bird = (options: string, neighbor = "fe80::6000%'DEVICE'"): string =>
  `protocol bgp tokyo from peers { neighbor ${neighbor} as 4242426000; connect delay time 1; connect retry time 5; ${options} }`;

const codesOf = ({ peerings }: Snapshot): string[] =>
  peerings.flatMap(({ diagnosis }) => diagnosis.map(({ code }) => code));

const says =
  (code: string) =>
  (snapshot: Snapshot): boolean =>
    codesOf(snapshot).includes(code);

test('a session with a password exchanges routes, and shows it nowhere', async () => {
  pair = await startPair({
    peering: { password: PASSWORD },
    sessions: bird(`password "${PASSWORD}";`),
  });
  await pair.bird.established('tokyo');
  await pair.bird.hasRoute('172.21.128.0/27');
  const snapshot = await pair.router.reaches(
    'routes of BIRD',
    ({ peerings }) => peerings[0]?.sessions[0]?.accepted === 2,
  );
  expect(codesOf(snapshot)).toEqual([]);
  expect(JSON.stringify(snapshot.node.drops)).not.toContain('signature');
  const everything =
    JSON.stringify(snapshot) + (await pair.router.cli('status')) + pair.router.daemon.output;
  expect(everything).not.toContain(PASSWORD);
});

test('after a crash of ours the signed session returns at once', async () => {
  pair = await startPair({
    peering: { password: PASSWORD },
    sessions: bird(`password "${PASSWORD}";`),
  });
  await pair.bird.established('tokyo');
  await pair.router.reaches(
    'remembered',
    ({ peerings }) => peerings[0]?.operational === 'established',
  );
  // Memory is written at most once a second.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await pair.router.daemon.stop('SIGKILL');
  await pair.startRouter();
  const returned = await pair.router.reaches(
    'Established again',
    ({ peerings }) => peerings[0]?.operational === 'established',
    15_000,
  );
  expect(codesOf(returned)).toEqual([]);
});

test.each([
  ['another password', { password: PASSWORD }, 'password "lichen";', 'TCP_MD5_WRONG'],
  ['no password there', { password: PASSWORD }, '', 'TCP_MD5_MISSING'],
  ['no password here', {}, `password "${PASSWORD}";`, 'TCP_MD5_UNEXPECTED'],
  ['ttlSecurity here only', { ttlSecurity: true }, '', 'TCP_TTL_LOW'],
])('%s: no session, and the diagnosis says why', async (_, peering, options, code) => {
  pair = await startPair({ peering, sessions: bird(options) });
  const snapshot = await pair.router.reaches(code, says(code), 40_000);
  expect(snapshot.peerings[0]?.sessions[0]?.state).not.toBe('established');
  expect(await pair.router.cli('status')).toContain(code);
});

test('ttl security on both ends, link-local', async () => {
  pair = await startPair({
    peering: { ttlSecurity: true },
    sessions: bird('ttl security on;'),
  });
  await pair.bird.established('tokyo');
  await pair.bird.hasRoute('fdb0:6000:100::/48');
});

test('ttl security of BIRD alone, link-local: we send 255 there anyway', async () => {
  pair = await startPair({ sessions: bird('ttl security on;') });
  await pair.bird.established('tokyo');
});

test('password and ttl security over IPv4', async () => {
  pair = await startPair({
    peering: {
      sessions: 'ipv4-only',
      families: ['ipv4'],
      extendedNextHop: false,
      addresses: { ipv4: '172.21.129.1' },
      password: PASSWORD,
      ttlSecurity: true,
    },
    addresses: ['fe80::6001/64', '172.21.129.1/32 peer 172.21.128.1/32'],
    sessions: bird(
      `source address 172.21.129.1; ipv6 { import none; export none; }; password "${PASSWORD}"; ttl security on;`,
      '172.21.128.1',
    ),
  });
  await pair.bird.established('tokyo');
  await pair.bird.hasRoute('172.21.128.0/27');
});

test.skipIf(!hasFrr)('FRR with password and ttl-security hops 1', async () => {
  pair = await startPair({
    peering: { password: WORD, ttlSecurity: true },
    sessions: '',
  });
  const neighbor = 'fe80::6000';
  const frr = await startFrrInstead(pair, [
    `neighbor ${neighbor} password ${WORD}`,
    `neighbor ${neighbor} ttl-security hops 1`,
  ]);
  try {
    await frr.established(neighbor);
    await frr.hasRoute('ipv6', 'fdb0:6000:100::/48');
  } finally {
    await frr.stop();
  }
});
