/**
 * The other shapes of a peering with BIRD 2: preshared key, IPv6 underlay, separate sessions.
 */
import { afterEach, expect, test } from 'vitest';
import { must } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';

let pair: Pair | undefined;
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

test('with a preshared key, over an IPv6 underlay', async () => {
  const presharedKey = (await must('wg', ['genpsk'])).trim();
  pair = await startPair({ presharedKey, endpoint: 'ipv6' });
  await pair.bird.established('tokyo');
  await pair.bird.hasRoute('172.21.128.0/27');
  const [peering] = (await pair.router.snapshot()).peerings;
  expect(peering?.tunnel?.endpoint).toBe(`[${pair.birdHost.ipv6}]:26001`);
});

test('with separate sessions for IPv4 and IPv6', async () => {
  pair = await startPair({
    peering: { sessions: 'separate', addresses: { ipv4: '172.21.129.1' } },
    addresses: ['fe80::6001/64', '172.21.129.1/32 peer 172.21.128.1/32'],
    sessions: `
protocol bgp tokyo_v6 from peers { neighbor fe80::6000%'DEVICE' as 4242426000; ipv4 { import none; export none; }; }
protocol bgp tokyo_v4 from peers { neighbor 172.21.128.1 as 4242426000; source address 172.21.129.1; ipv6 { import none; export none; }; }`,
  });
  await pair.bird.established('tokyo_v4');
  await pair.bird.established('tokyo_v6');
  expect(await pair.bird.hasRoute('172.21.128.0/27')).toMatch(/via 172\.21\.128\.1 on/);
  expect(await pair.bird.hasRoute('fdb0:6000:100::/48')).toMatch(/via fe80::6000 on/);
  const [peering] = (await pair.router.snapshot()).peerings;
  expect(peering?.sessions.map((session) => [session.name, session.state])).toEqual([
    ['alder_v6', 'established'],
    ['alder_v4', 'established'],
  ]);
  await pair.birdHost.must('ping', '-c', '2', '-W', '2', '-I', '172.21.129.1', '172.21.128.1');
});

test('with a port of its own', async () => {
  pair = await startPair({ peering: { listenPort: 26099 } });
  const snapshot = await pair.router.snapshot();
  expect(snapshot.node.ports).toEqual([51820, 26099]);
  await pair.birdHost.must(
    'wg',
    'set',
    pair.device,
    'peer',
    snapshot.node.publicKey,
    'endpoint',
    `${pair.routerHost.ipv4}:26099`,
  );
  await pair.bird.established('tokyo');
});
