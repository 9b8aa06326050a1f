/** Peerings end in order: the other side hears why, and nothing of them stays. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import { type OperatedRouter, peer } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import {
  bestPath,
  codesOf,
  establish,
  expectHealthy,
  minutes,
  routersOf,
  routesTo,
  scenario,
} from '../testing/scenario.ts';

scenario('a deleted peering says Cease 6/9 for 6/3 and is gone, tunnel and all', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  simulation.run(seconds(5));
  operator.remove('alder');
  simulation.run(seconds(2));

  expect(alder.session('operator').lastNotification).toMatchObject({
    direction: 'received',
    code: 6,
    // RFC 8538 §3: both sides would keep routes, so that the end is a hard reset.
    subcode: 9,
    name: 'Cease: Hard Reset (Cease: Peer De-configured)',
  });
  expect(codesOf(alder, 'operator')).toContain('BGP_NOTIFICATION');
  expect(operator.simulated.router.snapshot(simulation.now).peerings).toEqual([]);
  expect(routesTo(simulation, operator, '172.21.129.0/27')).toEqual([]);
  expect(bestPath(simulation, alder, '172.21.128.0/27')).toBeUndefined();
  expect(operator.simulated.router.engine.netstack.routes.size).toEqual({ 4: 0, 6: 0 });

  // It dials on, and meets nobody: an unknown key, which operators may see.
  simulation.run(minutes(4));
  expect(operator.simulated.router.snapshot(simulation.now).node.unclaimedKeys).toMatchObject([
    { publicKey: alder.publicKey },
  ]);
  expectHealthy(operator);
});

scenario(
  'a disabled peering says Cease 6/9 for 6/2 with its text, and keeps the tunnel',
  (simulation) => {
    const { operator, alder } = routersOf(simulation, 'operator', 'alder');
    peer(operator, alder);
    establish(simulation, [[operator, alder]]);
    simulation.run(seconds(5));
    operator.change('alder', { enabled: false, disabledReason: 'maintenance until noon' });
    simulation.run(seconds(1));
    expect(alder.session('operator').lastNotification).toMatchObject({
      direction: 'received',
      code: 6,
      subcode: 9,
      name: 'Cease: Hard Reset (Cease: Administrative Shutdown)',
      text: 'maintenance until noon',
    });
    simulation.run(minutes(3));
    expect(codesOf(operator, 'alder')).toEqual([]);
    expect(operator.peering('alder').operational).toBe('handshake');

    operator.change('alder', { enabled: true });
    establish(simulation, [[operator, alder]], minutes(3));
    expect(codesOf(alder, 'operator')).toEqual([]);
    expectHealthy(operator, alder);
  },
);

scenario('peerings that come and go leave no slot, timer, route or connection', (simulation) => {
  const { operator, alder, basalt } = routersOf(simulation, 'operator', 'alder', 'basalt');
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  simulation.run(minutes(3));
  const { engine } = operator.simulated.router;
  const before = {
    routes: engine.netstack.routes.size,
    neighbors: engine.roster.byId.size,
  };
  const timersBefore = mostTimers(simulation, operator);
  for (let i = 0; i < 5; i++) {
    peer(operator, basalt, { sessions: 'separate', extendedNextHop: false, listenPort: 26002 });
    establish(simulation, [[operator, basalt]]);
    simulation.run(seconds(20));
    operator.remove('basalt');
    basalt.remove('operator');
    simulation.run(seconds(5));
    expect([...engine.roster.leaving()]).toEqual([]);
  }
  // TIME-WAIT, dead key pairs and delayed updates have run out.
  simulation.run(minutes(15));
  expect({
    routes: engine.netstack.routes.size,
    neighbors: engine.roster.byId.size,
  }).toEqual(before);
  expect(mostTimers(simulation, operator)).toBeLessThanOrEqual(timersBefore);
  expect(operator.simulated.router.snapshot(simulation.now).node.ports).toEqual([51820]);
  expectHealthy(operator, alder, basalt);
});

scenario('deleted and made anew at once, the peering comes up again', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  const [entry] = operator.peerings;
  if (entry === undefined) throw new Error('there is a peering');
  operator.setPeerings([{ ...entry, id: 'second' }]);
  const isUp = (): boolean => operator.session('second').state === 'established';
  simulation.until('established again', isUp, seconds(30));
  simulation.run(seconds(10));
  expect(isUp()).toBe(true);
  expectHealthy(operator, alder);
});

/** The most timers armed at once in two minutes: keepalives and retransmissions come and go. */
function mostTimers(simulation: Simulation, { simulated }: OperatedRouter): number {
  let most = 0;
  for (let second = 0; second < 120; second++) {
    simulation.run(seconds(1));
    most = Math.max(most, simulated.armedTimers);
  }
  return most;
}
