/**
 * Handshakes with a real wireguard-go: whoever begins, with a preshared key, over both families.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from '../lab/process.ts';
import { ROUTER_INNER, startWireguardPlace, type WireguardPlace } from './wireguard-place.ts';

let place: WireguardPlace;

beforeAll(async () => {
  const presharedKey = (await must('wg', ['genpsk'])).trim();
  const otherKey = (await must('wg', ['genpsk'])).trim();
  place = await startWireguardPlace({
    ends: [
      { name: 'alder', knows: 'we' },
      { name: 'birch', knows: 'they' },
      { name: 'cinder', knows: 'we', family: 6, presharedKey },
      { name: 'dogwood', knows: 'they', family: 6, presharedKey },
      { name: 'elm', knows: 'both', presharedKey, theirPresharedKey: otherKey },
    ],
  });
});
afterAll(() => place?.stop());

test('we begin: wireguard-go, which knows no endpoint, answers us', async () => {
  const alder = place.end('alder');
  await alder.hasHandshake();
  await alder.reaches(ROUTER_INNER);
  expect(await alder.endpointOfUs()).toBe(`${place.routerHost.ipv4}:51820`);
});

test('they begin: we, who know no endpoint, answer wireguard-go', async () => {
  const birch = place.end('birch');
  await birch.reaches(ROUTER_INNER);
  await birch.hasHandshake();
  const snapshot = await place.router.snapshot();
  const peering = snapshot.peerings.find(({ name }) => name === 'birch');
  expect(peering?.tunnel?.endpoint).toBe(`${birch.host.ipv4}:${birch.port}`);
});

test('with a preshared key over IPv6, each way', async () => {
  await place.end('cinder').hasHandshake();
  await place.end('dogwood').reaches(ROUTER_INNER);
  await place.end('cinder').reaches(place.end('dogwood').inner);
});

test('packets pass between tunnels, IPv4 and IPv6', async () => {
  const [alder, dogwood] = [place.end('alder'), place.end('dogwood')];
  await alder.reaches(dogwood.inner);
  await alder.reaches(dogwood.inner6);
  await dogwood.reaches(alder.inner6);
});

test('with different preshared keys no handshake completes', async () => {
  expect(await place.end('elm').lastHandshake()).toBe(0);
  expect(await place.end('elm').passes(ROUTER_INNER, 84)).toBe(false);
  const snapshot = await place.router.snapshot();
  const peering = snapshot.peerings.find(({ name }) => name === 'elm');
  expect(peering?.tunnel?.lastHandshakeAt).toBeNull();
});
