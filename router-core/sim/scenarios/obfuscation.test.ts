/** Peerings whose messages are disguised, from the document to BGP. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import type { PeeringConfig } from '../../router/types.ts';
import { peer } from '../operated-router.ts';
import {
  ask,
  establish,
  expectHealthy,
  minutes,
  routersOf,
  scenario,
} from '../testing/scenario.ts';

const AWG = {
  kind: 'amneziawg',
  jc: 2,
  jmin: 40,
  jmax: 60,
  s1: 24,
  s4: 12,
  h1: '5-104',
  h2: '105-204',
  h3: '205-304',
  h4: '305-404',
} as const satisfies PeeringConfig['obfuscation'];
const WGOBFS = { kind: 'wgobfs', key: 'moss' } as const;

scenario('one port serves a plain and two disguised peerings; packets cross all', (simulation) => {
  const { alder, basalt, cinder, drift } = routersOf(
    simulation,
    'alder',
    'basalt',
    'cinder',
    'drift',
  );
  peer(basalt, alder, { obfuscation: AWG });
  peer(basalt, cinder, { obfuscation: WGOBFS });
  peer(basalt, drift);
  establish(simulation, [
    [alder, basalt],
    [basalt, cinder],
    [basalt, drift],
  ]);
  simulation.run(seconds(10));
  for (const target of ['172.21.131.1', 'fdb3:6000:103::1']) {
    expect(ask(simulation, alder, 'ping', target, { count: 2 })).toMatchObject([
      { outcome: 'reply', from: target },
      { outcome: 'reply' },
    ]);
  }
  expectHealthy(alder, basalt, cinder, drift);
});

scenario('a session over a disguised tunnel lives through many key pairs', (simulation) => {
  const { alder, basalt } = routersOf(simulation, 'alder', 'basalt');
  peer(alder, basalt, { obfuscation: WGOBFS });
  establish(simulation, [[alder, basalt]]);
  const { since } = alder.session('basalt');
  simulation.run(minutes(30));
  expect(alder.session('basalt')).toMatchObject({ state: 'established', since });
  expectHealthy(alder, basalt);
});

scenario(
  'the shared port disguises all its peerings; another word makes them anew',
  (simulation) => {
    const { alder, basalt } = routersOf(simulation, 'alder', 'basalt');
    for (const router of [alder, basalt]) {
      router.setNode({ listen: { ...router.node.listen, obfuscation: AWG } });
    }
    peer(alder, basalt);
    establish(simulation, [[alder, basalt]]);
    alder.setNode({ listen: { port: 51820, host: '::' } });
    simulation.run(minutes(5));
    expect(alder.session('basalt').state).not.toBe('established');
    basalt.setNode({ listen: { port: 51820, host: '::' } });
    establish(simulation, [[alder, basalt]], minutes(5));
    expectHealthy(alder, basalt);
  },
);
