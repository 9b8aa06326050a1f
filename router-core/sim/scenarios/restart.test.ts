/** A router dies and returns: the others must not have to wait for their hold timers. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import { testKeyPair, testNetwork } from '../networks.ts';
import { addOperatedRouter, type OperatedRouter, peer, settingsOf } from '../operated-router.ts';
import { mirrored, peeringWith } from '../peering-pair.ts';
import {
  bestPath,
  establish,
  expectHealthy,
  isEstablished,
  minutes,
  routersOf,
  scenario,
} from '../testing/scenario.ts';

scenario(
  'after a crash all sessions return within 10 s, also with a peer that has no endpoint and hold time 90',
  (simulation) => {
    const { operator, alder, basalt } = routersOf(simulation, 'operator', 'alder', 'basalt');
    simulation.network.setConditions({ latencyMs: 20, jitterMs: 10 });
    peer(operator, alder, { holdTime: 90 }, { holdTime: 90 });
    peer(operator, basalt, { withoutEndpoint: true, holdTime: 90 }, { holdTime: 90 });
    const pairs = [
      [operator, alder],
      [operator, basalt],
    ] as const;
    establish(simulation, pairs);
    simulation.run(minutes(3));

    operator.simulated.crash();
    simulation.run(seconds(1));
    expect(isEstablished(alder, 'operator')).toBe(true);
    operator.simulated.start();
    expect(establish(simulation, pairs, seconds(10))).toBeLessThan(seconds(5));
    simulation.run(seconds(10));
    expect(bestPath(simulation, alder, '172.21.130.0/27')).toBe('4242426000 4242426002');
    expectHealthy(operator, alder, basalt);
  },
  { seeds: [1, 2, 3, 4, 5] },
);

scenario('sessions with a password and ttlSecurity return as fast', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  const secured = { sessions: 'separate', extendedNextHop: false, holdTime: 90 } as const;
  peer(
    operator,
    alder,
    { ...secured, password: 'moss', ttlSecurity: true },
    { ...secured, password: 'moss', ttlSecurity: true },
  );
  establish(simulation, [[operator, alder]]);
  expect(operator.peering('alder').sessions).toHaveLength(2);
  simulation.run(minutes(3));
  operator.simulated.crash();
  simulation.run(seconds(1));
  operator.simulated.start();
  expect(establish(simulation, [[operator, alder]], seconds(10))).toBeLessThan(seconds(5));
  const { drops } = operator.simulated.router.snapshot(simulation.now).node;
  expect(Object.keys(drops).join()).not.toMatch(/signature|hop-limit-low/);
});

scenario('a second crash before the first return is complete costs no memory', (simulation) => {
  const { operator, basalt } = routersOf(simulation, 'operator', 'basalt');
  peer(operator, basalt, { withoutEndpoint: true, holdTime: 90 }, { holdTime: 90 });
  establish(simulation, [[operator, basalt]]);
  simulation.run(minutes(1));

  operator.simulated.crash();
  simulation.network.setFilter(() => false);
  operator.simulated.start();
  simulation.run(seconds(3));
  operator.simulated.crash();
  expect(operator.simulated.memory.peers[basalt.publicKey]).toMatchObject({
    endpoint: '203.0.113.12:51820',
    sessions: [{ remote: 'fe80::6002' }],
  });
  simulation.network.setFilter(undefined);
  operator.simulated.start();
  establish(simulation, [[operator, basalt]], seconds(10));
});

scenario('a router whose clock went back by an hour is still believed', (simulation) => {
  const { operator, basalt } = routersOf(simulation, 'operator', 'basalt');
  peer(operator, basalt);
  establish(simulation, [[operator, basalt]]);
  simulation.run(minutes(1));
  operator.simulated.crash();
  simulation.moveWallClock(minutes(-60));
  operator.simulated.start();
  establish(simulation, [[operator, basalt]], seconds(10));
});

scenario(
  'a router that stops says goodbye (Cease 6/9 for 6/2), and returns when it starts',
  (simulation) => {
    const { operator, alder } = routersOf(simulation, 'operator', 'alder');
    peer(operator, alder);
    establish(simulation, [[operator, alder]]);
    simulation.run(seconds(30));
    operator.simulated.stop('see you tomorrow');
    simulation.run(seconds(2));
    expect(operator.simulated.isUp).toBe(false);
    expect(alder.session('operator')).toMatchObject({
      lastNotification: { direction: 'received', code: 6, subcode: 9, text: 'see you tomorrow' },
    });
    expect(bestPath(simulation, alder, '172.21.128.0/27')).toBeUndefined();
    operator.simulated.start();
    establish(simulation, [[operator, alder]], seconds(10));
  },
);

scenario('a dead peer is noticed by the hold timer, and comes back by itself', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  simulation.run(seconds(30));
  alder.simulated.crash();
  simulation.until('the hold timer', () => !isEstablished(operator, 'alder'), seconds(100));
  expect(operator.session('alder').lastNotification).toMatchObject({ direction: 'sent', code: 4 });
  expect(operator.peering('alder').diagnosis.map(({ code }) => code)).toContain('BGP_HOLD_TIMER');
  simulation.run(minutes(20));
  alder.simulated.start();
  establish(simulation, [[operator, alder]], seconds(30));
  expect(operator.peering('alder').diagnosis).toEqual([]);
  expectHealthy(operator, alder);
});

scenario(
  'a peer that left the place it had roamed to is found where the form says',
  (simulation) => {
    const { operator } = routersOf(simulation, 'operator');
    const alderAt = (ipv4: string): OperatedRouter =>
      addOperatedRouter(simulation, {
        node: settingsOf(testNetwork('alder')),
        privateKey: testKeyPair('alder').privateKey,
        underlay: { ipv4 },
      });
    const roaming = alderAt('203.0.113.77');
    const ours = peeringWith(roaming, { endpoint: '203.0.113.11:51820' });
    operator.add(ours);
    roaming.add(mirrored(operator, ours));
    establish(simulation, [[operator, roaming]]);
    expect(operator.peering('alder').tunnel?.endpoint).toBe('203.0.113.77:51820');

    simulation.removeRouter(roaming.simulated);
    const { endpoint: _endpoint, ...theirs } = mirrored(operator, ours);
    const home = alderAt('203.0.113.11');
    home.add({ ...theirs, keepalive: 0 });
    establish(simulation, [[operator, home]], minutes(8));
  },
);
