/** Packets through several routers, as ping and traceroute see them. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import { address } from '../../netstack/testing/test-node.ts';
import { withDigest } from '../../router/digest.ts';
import { peer } from '../operated-router.ts';
import {
  ask,
  codesOf,
  establish,
  expectHealthy,
  routersOf,
  scenario,
} from '../testing/scenario.ts';

scenario('pings cross routers; each hop takes one from TTL and hop limit', (simulation) => {
  const { alder, basalt, cinder } = routersOf(simulation, 'alder', 'basalt', 'cinder');
  peer(alder, basalt);
  peer(basalt, cinder);
  establish(simulation, [
    [alder, basalt],
    [basalt, cinder],
  ]);
  simulation.run(seconds(10));
  for (const target of ['172.21.131.1', 'fdb3:6000:103::1']) {
    const rows = ask(simulation, alder, 'ping', target, { count: 3 });
    expect(rows).toMatchObject([
      { outcome: 'reply', from: target, roundTripMs: 40, detail: 'hop limit 63' },
      { outcome: 'reply' },
      { outcome: 'reply' },
    ]);
  }
  expectHealthy(alder, basalt, cinder);
});

scenario('a loop of static routes ends by the hop limit, and says so', (simulation) => {
  const { alder, basalt, cinder } = routersOf(simulation, 'alder', 'basalt', 'cinder');
  const ring = [
    [alder, basalt],
    [basalt, cinder],
    [cinder, alder],
  ] as const;
  for (const [here, there] of ring) peer(here, there);
  establish(simulation, ring);
  for (const [here, there] of ring) {
    const { digest: _digest, ...document } = here.document;
    here.simulated.apply(
      withDigest({
        ...document,
        revision: document.revision + 1,
        routes: [{ prefix: '10.77.1.0/24', via: there.node.name }],
      }),
    );
  }
  simulation.run(seconds(5));
  const rows = ask(simulation, alder, 'ping', '10.77.1.1', { count: 1 });
  expect(rows).toMatchObject([{ outcome: 'error', detail: 'hop-limit-exceeded' }]);
  expectHealthy(alder, basalt, cinder);
});

scenario('where no route leads the next router says so', (simulation) => {
  const { alder, basalt } = routersOf(simulation, 'alder', 'basalt');
  peer(alder, basalt);
  establish(simulation, [[alder, basalt]]);
  simulation.run(seconds(5));
  expect(ask(simulation, alder, 'ping', '172.21.130.9', { count: 1 })).toMatchObject([
    { outcome: 'error', from: '172.21.130.1', detail: 'no-route' },
  ]);
  expect(ask(simulation, alder, 'ping', '172.21.140.9', { count: 1 })).toMatchObject([
    { outcome: 'error', from: null },
  ]);
  expect(codesOf(alder, 'basalt')).toEqual([]);
});

scenario('traceroute, mtr and path MTU see the same path as ping', (simulation) => {
  const { alder, basalt, cinder } = routersOf(simulation, 'alder', 'basalt', 'cinder');
  peer(alder, basalt);
  peer(basalt, cinder);
  establish(simulation, [
    [alder, basalt],
    [basalt, cinder],
  ]);
  simulation.run(seconds(10));
  for (const [middle, target] of [
    ['172.21.130.1', '172.21.131.1'],
    ['fdb2:6000:102::1', 'fdb3:6000:103::1'],
  ] as const) {
    for (const protocol of ['udp', 'icmp', 'tcp']) {
      const rows = ask(simulation, alder, 'traceroute', target, { protocol, count: 1 });
      expect(rows).toMatchObject([
        { hop: 1, probes: [{ outcome: 'passed', from: middle, roundTripMs: 20 }] },
        { hop: 2, probes: [{ outcome: 'reached', from: target, roundTripMs: 40 }] },
      ]);
    }
    expect(ask(simulation, alder, 'mtr', target, { count: 2 })).toMatchObject([
      { from: [middle], sent: 2, received: 2, averageMs: 20, jitterMs: 0 },
      { from: [target], sent: 2, received: 2, averageMs: 40, jitterMs: 0 },
    ]);
    expect(ask(simulation, alder, 'pmtu', target)).toMatchObject([
      { outcome: 'fits', roundTripMs: 40 },
      { kind: 'result', pathMtu: 1420 },
    ]);
  }
  expectHealthy(alder, basalt, cinder);
});

scenario(
  'a peering with a reverse-path check keeps foreign sources out and counts them',
  (simulation) => {
    const { alder, basalt, cinder } = routersOf(simulation, 'alder', 'basalt', 'cinder');
    // Basalt trusts alder with alder's own addresses only.
    peer(basalt, alder, { reversePath: 'strict', bogons: 'drop' });
    peer(basalt, cinder);
    establish(simulation, [
      [alder, basalt],
      [basalt, cinder],
    ]);
    simulation.run(seconds(10));
    const target = '172.21.131.1';
    expect(ask(simulation, alder, 'ping', target, { count: 1 })).toMatchObject([
      { outcome: 'reply' },
    ]);
    expect(basalt.peering('alder').tunnel?.refused).toEqual({ reversePath: 0, bogons: 0 });
    expect(basalt.peering('cinder').tunnel).not.toHaveProperty('refused');
    const { netstack } = alder.simulated.router.engine;
    for (const source of ['172.21.131.1', '203.0.113.1'])
      netstack.probe(
        {
          protocol: 'icmp',
          target: address(target),
          source: address(source),
          size: 8,
          identifier: 1,
          sequence: 1,
        },
        simulation.now,
      );
    alder.simulated.touch();
    simulation.run(seconds(5));
    expect(basalt.peering('alder').tunnel?.refused).toEqual({ reversePath: 1, bogons: 1 });
    basalt.change('alder', { reversePath: 'off', bogons: 'allow' });
    simulation.run(seconds(1));
    expect(basalt.peering('alder').tunnel).not.toHaveProperty('refused');
    expect(basalt.peering('alder').sessions[0]?.state).toBe('established');
    expectHealthy(alder, basalt, cinder);
  },
);
