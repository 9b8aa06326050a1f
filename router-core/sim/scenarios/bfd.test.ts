/** BFD between two routers in a tunnel: how soon a failure is known, and what is no failure. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import type { BfdParameters, NeighborId } from '../../bgp/index.ts';
import { type OperatedRouter, peer } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import {
  bestPath,
  codesOf,
  establish,
  expectHealthy,
  minutes,
  routersOf,
  scenario,
} from '../testing/scenario.ts';

const FAST: BfdParameters = { minTx: 300, minRx: 300, multiplier: 5 };
const FAR = '172.21.130.0/27';

type Pair = Record<'alder' | 'basalt', OperatedRouter>;

/** Both ends have BFD, which was switched on while the sessions were up. */
function watchedPair(simulation: Simulation): Pair {
  const pair = routersOf(simulation, 'alder', 'basalt');
  const { alder, basalt } = pair;
  peer(alder, basalt);
  establish(simulation, [[alder, basalt]]);
  alder.change('basalt', { bfd: FAST });
  basalt.change('alder', { bfd: FAST });
  simulation.until('BFD is up', () => isUp(pair), seconds(10));
  return pair;
}

const bfdOf = (router: OperatedRouter, id: string) => router.peering(id).sessions[0]?.bfd;
const isUp = ({ alder, basalt }: Pair): boolean =>
  bfdOf(alder, 'basalt')?.state === 'up' && bfdOf(basalt, 'alder')?.state === 'up';
const sessionOf = (router: OperatedRouter, id: string) => router.peering(id).sessions[0];

scenario('BFD comes and goes on a living session', (simulation) => {
  const pair = watchedPair(simulation);
  const { alder, basalt } = pair;
  const since = sessionOf(alder, 'basalt')?.since;
  basalt.change('alder', { bfd: { ...FAST, minTx: 900, minRx: 900 } });
  simulation.run(seconds(5));
  expect(bfdOf(alder, 'basalt')).toMatchObject({
    transmitIntervalMs: 900,
    detectionTimeMs: 4500,
    downs: 0,
  });
  alder.change('basalt', { bfd: undefined as never });
  simulation.run(seconds(30));
  expect(bfdOf(alder, 'basalt')).toBeUndefined();
  expect(bfdOf(basalt, 'alder')).toMatchObject({ state: 'down', remoteState: 'admin-down' });
  expect(sessionOf(alder, 'basalt')).toMatchObject({ state: 'established', since });
  expect(codesOf(basalt, 'alder')).toEqual(['BFD_ADMIN_DOWN']);
  expectHealthy(alder, basalt);
});

scenario('a dynamic neighbor has BFD from its session on, and loses it with it', (simulation) => {
  const { alder, basalt } = routersOf(simulation, 'alder', 'basalt');
  const dynamicNeighbors = { range: 'fe80::/64', asns: [basalt.node.asn] };
  const watched = { bfd: FAST } as const;
  peer(
    alder,
    basalt,
    { sessions: 'none', dynamicNeighbors, ...watched },
    { sessions: 'mp-bgp', ...watched },
  );
  simulation.until('BFD is up', () => isUp({ alder, basalt }), minutes(2));
  const { bfd, roster } = alder.simulated.router.engine;
  const neighbor = roster.byId.get('basalt')?.sessions[0]?.neighbor as NeighborId;
  basalt.change('alder', { enabled: false });
  simulation.run(seconds(5));
  expect(alder.peering('basalt').sessions).toEqual([]);
  expect(bfd.view(neighbor)).toBeUndefined();
  expectHealthy(alder, basalt);
});

scenario(
  'a path that breaks is known after the detection time, not after the hold time',
  (simulation) => {
    const pair = watchedPair(simulation);
    const { alder, basalt } = pair;
    expect(bestPath(simulation, alder, FAR)).toBe('4242426002');
    simulation.network.setConditions({ loss: 1 });
    const took = simulation.until(
      'alder knows',
      () => sessionOf(alder, 'basalt')?.state !== 'established',
      seconds(5),
    );
    expect(took).toBeGreaterThan(1000);
    expect(took).toBeLessThanOrEqual(1600);
    expect(sessionOf(alder, 'basalt')?.lastNotification).toMatchObject({
      direction: 'sent',
      code: 6,
    });
    expect(sessionOf(alder, 'basalt')?.stale).toBeUndefined();
    expect(bestPath(simulation, alder, FAR)).toBeUndefined();
    expect(codesOf(alder, 'basalt')).toContain('BFD_DOWN');
    const steps = alder.peering('basalt').transitions.map(({ detail }) => detail);
    expect(steps).toContain('BFD: detection time expired');

    simulation.network.setConditions({ loss: 0 });
    establish(simulation, [[alder, basalt]], minutes(3));
    simulation.until('BFD is up again', () => isUp(pair), seconds(20));
    expect(bestPath(simulation, alder, FAR)).toBe('4242426002');
    expect(codesOf(alder, 'basalt')).toEqual([]);
    expectHealthy(alder, basalt);
  },
);

scenario('a neighbor without BFD has a session like any other', (simulation) => {
  const { alder, basalt } = routersOf(simulation, 'alder', 'basalt');
  peer(alder, basalt);
  alder.change('basalt', { bfd: FAST });
  establish(simulation, [[alder, basalt]]);
  simulation.run(minutes(5));
  expect(sessionOf(alder, 'basalt')).toMatchObject({
    state: 'established',
    bfd: { state: 'down', downs: 0, detectionTimeMs: null },
  });
  expect(codesOf(alder, 'basalt')).toEqual(['BFD_NOT_UP']);
  expectHealthy(alder, basalt);
});

scenario('an operator who disables a peering is no failure to the other side', (simulation) => {
  const { alder, basalt } = watchedPair(simulation);
  alder.change('basalt', { enabled: false, disabledReason: 'maintenance' });
  simulation.run(seconds(1));
  // RFC 8538: a shutdown that is meant, to a neighbor that would keep our routes.
  expect(sessionOf(basalt, 'alder')?.lastNotification).toMatchObject({
    direction: 'received',
    name: expect.stringContaining('Administrative Shutdown'),
  });
  simulation.run(seconds(10));
  expect(bfdOf(basalt, 'alder')).toMatchObject({
    state: 'down',
    remoteState: 'admin-down',
    downs: 1,
  });
  alder.change('basalt', { enabled: true });
  establish(simulation, [[alder, basalt]]);
  simulation.until('BFD is up again', () => bfdOf(alder, 'basalt')?.state === 'up', seconds(20));
  expectHealthy(alder, basalt);
});

scenario('a machine that slept blames nobody for it', (simulation) => {
  const pair = watchedPair(simulation);
  simulation.skipTo(((simulation.now as number) + 4000) as typeof simulation.now);
  simulation.run(seconds(20));
  expect(bfdOf(pair.alder, 'basalt')).toMatchObject({ state: 'up', downs: 0 });
  expect(sessionOf(pair.alder, 'basalt')?.state).toBe('established');
});

scenario('a peering that is deleted leaves no BFD behind', (simulation) => {
  const { alder, basalt } = watchedPair(simulation);
  alder.remove('basalt');
  simulation.run(seconds(30));
  expect(alder.simulated.router.snapshot(simulation.now).peerings).toEqual([]);
  expect(sessionOf(basalt, 'alder')?.lastNotification).toMatchObject({
    direction: 'received',
    name: expect.stringContaining('Peer De-configured'),
  });
  expectHealthy(alder, basalt);
});
