/**
 * BLACKHOLE (RFC 7999) from BIRD 2: single addresses of its own, asked to be discarded.
 *
 *   bird ── 172.21.129.9/32, fdb1:6000:101::9/128 with 65535:666 ══ router
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, run } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';

const LONG = '172.21.129.9';
const LONG_V6 = 'fdb1:6000:101::9';
/** Of somebody else. */
const FOREIGN = '172.21.130.9';

let pair: Pair;

beforeAll(async () => {
  const asks = '{ bgp_community.add((65535, 666)); }';
  pair = await startPair({
    peering: { blackhole: true },
    sessions: `
protocol static holes4 { route ${LONG}/32 reject ${asks}; route ${FOREIGN}/32 reject ${asks}; route 172.21.129.8/32 reject; ipv4; }
protocol static holes6 { route ${LONG_V6}/128 reject ${asks}; ipv6; }
protocol bgp tokyo from peers { neighbor fe80::6000%'DEVICE' as 4242426000; }`,
  });
  await pair.bird.established('tokyo');
});
afterAll(() => pair?.stop());

test.each([
  ['a /32', `${LONG}/32`],
  ['a /128', `${LONG_V6}/128`],
])('%s is accepted, said to be discarded, and not for others', async (_, prefix) => {
  const why = await eventually(
    `the route ${prefix}`,
    () => pair.router.cli('lg', 'why', prefix),
    (text) => text.includes('best:'),
  );
  expect(why).toContain('packets to it are discarded, as the neighbor asks (BLACKHOLE, RFC 7999)');
  expect(await pair.router.cli('lg', 'route', prefix, '--json')).toContain('65535:65281');
});

test('somebody else’s address, and a long one without the community, are rejected', async () => {
  const rejected = await eventually(
    'both are rejected',
    () => pair.router.cli('lg', 'rejected', 'alder'),
    (text) => text.includes(FOREIGN) && text.includes('172.21.129.8/32'),
  );
  expect(rejected).toMatch(/roa-invalid-origin/);
  expect(rejected).toMatch(/prefix-length/);
  expect(rejected).not.toContain(`${LONG}/32`);
});

test('packets there are dropped and counted, and nobody is told', async () => {
  const { birdHost, device, router } = pair;
  const dropped = async (): Promise<number> => (await router.snapshot()).node.drops.blackhole ?? 0;
  const before = await dropped();
  await birdHost.must('ip', 'route', 'add', `${LONG}/32`, 'dev', device);
  await birdHost.must('ip', 'route', 'add', `${LONG_V6}/128`, 'dev', device);
  const pings = await Promise.all([
    run(...birdHost.inside('ping', '-c', '3', '-W', '1', '-I', '172.21.129.1', LONG)),
    run(...birdHost.inside('ping', '-c', '3', '-W', '1', '-I', 'fdb1:6000:101::1', LONG_V6)),
  ]);
  for (const { stdout } of pings) {
    expect(stdout).toMatch(/100% packet loss/);
    expect(stdout).not.toMatch(/[Uu]nreachable|exceeded/);
  }
  await eventually('six more packets', dropped, (count) => count >= before + 6);
});
