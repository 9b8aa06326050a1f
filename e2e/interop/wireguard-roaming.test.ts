/**
 * Ends that move and ends that restart, while packets flow: how long none comes through.
 *
 *   alder ══ router ══ [shaper as NAT] ══ birch        birch knows us only by our packets
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Shaper } from '../lab/shaper.ts';
import {
  behind,
  nowSeconds,
  type Probe,
  pause,
  startShaperBefore,
  startWireguardPlace,
  type WireguardPlace,
} from './wireguard-place.ts';

/** Seconds between two answers that count as one flow: a lost packet or two on a busy machine. */
const SEAMLESS = 2;
/**
 * A peer that restarted and does not know us: we begin a handshake when data stayed unanswered for
 * KEEPALIVE_TIMEOUT + REKEY_TIMEOUT, 15 s and up to a third (docs/architecture.md §8).
 */
const UNANSWERED = 15 + 0.34;

let place: WireguardPlace;
let shaper: Shaper;
let probe: Probe;

beforeAll(async () => {
  place = await startWireguardPlace({
    ends: [{ name: 'alder' }, { name: 'birch', knows: 'we', endpoint: behind('nat') }],
    hosts: ['nat'],
  });
  shaper = await startShaperBefore(place, 'nat', 'birch', { seed: 1 });
  await place.end('alder').reaches(place.end('birch').inner);
  probe = place.end('alder').probe(place.end('birch').inner);
  await probe.answeredAfter(0, 10_000);
});
afterAll(async () => {
  await probe?.stop('SIGINT');
  await shaper?.stop();
  await place?.stop();
});

test('their port changes: we follow at the next packet', async () => {
  const { host, device } = place.end('alder');
  expect(await gapWhile(() => host.must('wg', 'set', device, 'listen-port', '26999'))).toBeLessThan(
    SEAMLESS,
  );
  const snapshot = await place.router.snapshot();
  expect(snapshot.peerings[0]?.tunnel?.endpoint).toBe(`${host.ipv4}:26999`);
});

test('their address changes: we follow', async () => {
  const { host, device } = place.end('alder');
  const gap = await gapWhile(async () => {
    await host.must('ip', 'addr', 'add', '10.42.0.77/24', 'dev', 'eth0');
    await host.must('ip', 'addr', 'del', `${host.ipv4}/24`, 'dev', 'eth0');
    await host.must('ip', 'addr', 'replace', '10.42.0.77/24', 'dev', 'eth0');
    // wireguard-go keeps the source it had until it is told the endpoint again.
    const endpoint = `${place.routerHost.ipv4}:51820`;
    const peer = ['peer', place.routerKeys.publicKey, 'endpoint', endpoint];
    await host.must('wg', 'set', device, ...peer);
  });
  expect(gap).toBeLessThan(SEAMLESS);
  const snapshot = await place.router.snapshot();
  expect(snapshot.peerings[0]?.tunnel?.endpoint).toBe('10.42.0.77:26999');
});

test('we move: wireguard-go follows us', async () => {
  const before = await place.end('birch').endpointOfUs();
  expect(await gapWhile(() => shaper.remap())).toBeLessThan(SEAMLESS);
  expect(await place.end('birch').endpointOfUs()).not.toBe(before);
});

test('they restart and know us: packets flow as soon as they are back', async () => {
  const alder = place.end('alder');
  await alder.daemon?.stop();
  await alder.start();
  const back = nowSeconds();
  // Its address moved before; that is where it still is.
  expect((await probe.answeredAfter(back, 10_000)) - back).toBeLessThan(SEAMLESS);
});

test('they restart and do not know us: we begin after 15 s without an answer', async () => {
  const birch = place.end('birch');
  await birch.daemon?.stop();
  const gone = nowSeconds();
  await birch.start();
  const answered = await probe.answeredAfter(nowSeconds(), 40_000);
  expect(answered - gone).toBeLessThan(UNANSWERED + SEAMLESS + 5);
});

test('we are killed and start again: packets flow as soon as we are ready', async () => {
  await pause(1.5); // runtime.json is written at most once a second
  await place.router.daemon.stop('SIGKILL');
  await place.startRouter();
  const ready = nowSeconds();
  expect((await probe.answeredAfter(ready, 20_000)) - ready).toBeLessThan(SEAMLESS);
});

/** Returns the longest gap in the flow from now until two seconds after the change. */
async function gapWhile(change: () => Promise<unknown>): Promise<number> {
  const from = nowSeconds();
  await change();
  await probe.answeredAfter(nowSeconds(), 10_000);
  await pause(2);
  return probe.longestGap(from);
}
