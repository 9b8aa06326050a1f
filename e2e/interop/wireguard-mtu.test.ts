/**
 * The largest packets: exactly the MTU of a tunnel passes, one octet more is answered, and TCP finds
 * its size between tunnels of different MTU.
 */
import { afterEach, expect, test } from 'vitest';
import { run } from '../lab/process.ts';
import { ROUTER_INNER, startWireguardPlace, type WireguardPlace } from './wireguard-place.ts';

const TRANSFER_BYTES = 2_000_000;
const TRANSFER_LIMIT_MS = 30_000;
/** Room for 9,000 octets inside WireGuard, UDP and IPv6. */
const JUMBO_UNDERLAY = 9200;

let place: WireguardPlace | undefined;
afterEach(async () => {
  await place?.stop();
  place = undefined;
});

test('1,420 and 1,280 inside: full packets pass whole, larger ones are answered', async () => {
  place = await startWireguardPlace({
    ends: [{ name: 'alder' }, { name: 'birch', mtu: 1280, family: 6 }, { name: 'cinder' }],
  });
  const [alder, birch, cinder] = [place.end('alder'), place.end('birch'), place.end('cinder')];
  await alder.reaches(birch.inner);
  await alder.reaches(cinder.inner);
  for (const size of [1420, 1419, 1405, 1404]) {
    expect([size, await alder.passes(cinder.inner, size)]).toEqual([size, true]);
    expect([size, await alder.passes(ROUTER_INNER, size)]).toEqual([size, true]);
  }
  for (const size of [1280, 1279]) {
    expect([size, await birch.passes(alder.inner, size)]).toEqual([size, true]);
    expect([size, await alder.passes(birch.inner, size)]).toEqual([size, true]);
  }
  const line = ['-c', '1', '-W', '2', '-M', 'do', '-s', String(1281 - 28), birch.inner];
  const { stdout } = await run(...alder.host.inside('ping', ...line));
  expect(stdout).toMatch(/From 10\.77\.0\.1 .*Frag needed.*mtu = 1280/);
  // Forgets what ping taught the kernel: TCP has to find out by itself.
  await alder.host.must('ip', 'route', 'flush', 'cache');
  const arrived = await alder.transfers(birch, TRANSFER_BYTES, TRANSFER_LIMIT_MS);
  expect(arrived).toBe(TRANSFER_BYTES);
});

test('9,000 inside: full packets pass whole', async () => {
  place = await startWireguardPlace({
    mtu: JUMBO_UNDERLAY,
    ends: [
      { name: 'alder', mtu: 9000 },
      { name: 'birch', mtu: 9000, family: 6 },
    ],
  });
  const [alder, birch] = [place.end('alder'), place.end('birch')];
  await alder.reaches(birch.inner);
  for (const size of [9000, 8999, 2048, 1421]) {
    expect([size, await alder.passes(birch.inner, size)]).toEqual([size, true]);
    expect([size, await birch.passes(alder.inner, size)]).toEqual([size, true]);
    expect([size, await alder.passes(ROUTER_INNER, size)]).toEqual([size, true]);
  }
  const arrived = await birch.transfers(alder, TRANSFER_BYTES, TRANSFER_LIMIT_MS);
  expect(arrived).toBe(TRANSFER_BYTES);
});
