/** Routers meet, exchange routes and go: the good cases. */
import { expect } from 'vitest';
import { assert } from '../../base/assert.ts';
import { parseIpAddress } from '../../base/ip-address.ts';
import { seconds } from '../../base/units.ts';
import { peer } from '../operated-router.ts';
import {
  ask,
  bestPath,
  codesOf,
  establish,
  expectHealthy,
  minutes,
  routersOf,
  routesTo,
  scenario,
} from '../testing/scenario.ts';

scenario('two routers peer and exchange the routes of both', (simulation) => {
  const { alder, basalt } = routersOf(simulation, 'alder', 'basalt');
  peer(alder, basalt);
  expect(establish(simulation, [[alder, basalt]])).toBeLessThan(seconds(5));
  simulation.run(seconds(5));

  expect(bestPath(simulation, alder, '172.21.130.0/27')).toBe('4242426002');
  expect(bestPath(simulation, alder, 'fdb2:6000:102::/48')).toBe('4242426002');
  expect(bestPath(simulation, basalt, '172.21.129.0/27')).toBe('4242426001');
  expect(codesOf(alder, 'basalt')).toEqual([]);
  expect(codesOf(basalt, 'alder')).toEqual([]);
  const steps = alder.peering('basalt').transitions.map(({ step }) => step);
  expect(steps).toEqual(expect.arrayContaining(['provisioned', 'first-packet', 'handshake']));
  expect(steps.slice(-2)).toEqual(['established', 'routes']);
  expect(alder.peering('basalt')).toMatchObject({
    operational: 'established',
    tunnel: { endpoint: '203.0.113.12:51820' },
    sessions: [{ received: 2, accepted: 2, rejected: 0, sent: 2 }],
  });
  expectHealthy(alder, basalt);
});

scenario('the routes of a third network come through the one in the middle', (simulation) => {
  const { alder, basalt, cinder } = routersOf(simulation, 'alder', 'basalt', 'cinder');
  peer(alder, basalt);
  peer(basalt, cinder);
  establish(simulation, [
    [alder, basalt],
    [basalt, cinder],
  ]);
  simulation.run(seconds(5));

  expect(bestPath(simulation, alder, '172.21.131.0/27')).toBe('4242426002 4242426003');
  expect(bestPath(simulation, cinder, 'fdb1:6000:101::/48')).toBe('4242426002 4242426001');

  cinder.setNode({ announce: [] });
  simulation.run(seconds(5));
  expect(routesTo(simulation, alder, '172.21.131.0/27')).toEqual([]);

  cinder.setNode({ announce: ['172.21.131.0/27'] });
  simulation.run(seconds(40));
  expect(bestPath(simulation, alder, '172.21.131.0/27')).toBe('4242426002 4242426003');
  expectHealthy(alder, basalt, cinder);
});

for (const sessions of ['separate', 'ipv4-only', 'ipv6-only'] as const) {
  scenario(`a peering with sessions: ${sessions}`, (simulation) => {
    const { alder, basalt } = routersOf(simulation, 'alder', 'basalt');
    peer(alder, basalt, { sessions, extendedNextHop: false });
    establish(simulation, [[alder, basalt]]);
    simulation.run(seconds(5));
    const names = alder.peering('basalt').sessions.map(({ name }) => name);
    expect(names).toEqual(sessions === 'separate' ? ['basalt_v6', 'basalt_v4'] : ['basalt']);
    expect(bestPath(simulation, alder, '172.21.130.0/27')).toBe(
      sessions === 'ipv6-only' ? undefined : '4242426002',
    );
    expect(bestPath(simulation, alder, 'fdb2:6000:102::/48')).toBe(
      sessions === 'ipv4-only' ? undefined : '4242426002',
    );
    expectHealthy(alder, basalt);
  });
}

scenario('a tunnel without BGP carries pings', (simulation) => {
  const { alder, basalt } = routersOf(simulation, 'alder', 'basalt');
  peer(alder, basalt, { sessions: 'none' });
  simulation.run(seconds(10));
  expect(alder.peering('basalt').sessions).toEqual([]);
  const rows = ask(simulation, alder, 'ping', '172.21.130.1', { count: 2 });
  expect(rows).toMatchObject([{ outcome: 'reply' }, { outcome: 'reply', roundTripMs: 20 }]);
  expect(codesOf(alder, 'basalt')).toEqual([]);
  expectHealthy(alder, basalt);
});

scenario('preshared keys, a port of its own, and an IPv6 underlay', (simulation) => {
  const { alder, basalt } = routersOf(simulation, 'alder', 'basalt');
  const presharedKey = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
  peer(
    alder,
    basalt,
    {
      presharedKey,
      listenPort: 26002,
      endpoint: '[2001:db8:42:2::1]:51820',
    },
    { endpoint: '[2001:db8:42:1::1]:26002' },
  );
  establish(simulation, [[alder, basalt]]);
  expect(basalt.peering('alder').tunnel?.endpoint).toBe('[2001:db8:42:1::1]:26002');
  expectHealthy(alder, basalt);
});

scenario('an endpoint given by name is resolved, and says so when it is not', (simulation) => {
  const { alder, basalt } = routersOf(simulation, 'alder', 'basalt');
  peer(alder, basalt, { endpoint: 'basalt.example.net:51820' }, { endpoint: 'gone.example:1' });
  simulation.run(seconds(10));
  expect(codesOf(alder, 'basalt')).toEqual(['ENDPOINT_UNRESOLVED']);

  const address = parseIpAddress('203.0.113.12');
  assert(address !== undefined, 'a literal address');
  simulation.names.set('basalt.example.net', address);
  establish(simulation, [[alder, basalt]], minutes(3));
  expect(codesOf(alder, 'basalt')).toEqual([]);
});

scenario('watchers hear of the node when its routes change, and not otherwise', (simulation) => {
  const { alder, basalt } = routersOf(simulation, 'alder', 'basalt');
  const totals: number[] = [];
  alder.simulated.onEvent((event) => {
    if (event.kind === 'node') totals.push(event.node.routes.ipv4);
  });
  peer(alder, basalt);
  establish(simulation, [[alder, basalt]]);
  simulation.run(minutes(5));
  expect(totals.at(-1)).toBe(2);
  expect(totals.length).toBeLessThan(6);
});
