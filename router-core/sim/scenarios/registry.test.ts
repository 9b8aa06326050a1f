/** What the registry lets in, and what a looking glass says of the rest. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import { peer } from '../operated-router.ts';
import { syntheticRegistry } from '../registry.ts';
import {
  ask,
  bestPath,
  codesOf,
  establish,
  expectHealthy,
  routersOf,
  routesTo,
  scenario,
} from '../testing/scenario.ts';

scenario('without a registry nothing is accepted, and the diagnosis says why', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  operator.simulated.setRegistry(undefined);
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  simulation.run(seconds(5));
  expect(codesOf(operator, 'alder')).toContain('REGISTRY_MISSING');
  expect(operator.session('alder')).toMatchObject({
    received: 2,
    accepted: 0,
    rejected: 2,
    rejectedReasons: { 'registry-missing': 2 },
  });

  operator.simulated.setRegistry(syntheticRegistry(simulation.wallClock.now()));
  simulation.run(seconds(5));
  expect(operator.session('alder')).toMatchObject({ received: 2, accepted: 2, rejected: 0 });
  expect(codesOf(operator, 'alder')).toEqual([]);
  expectHealthy(operator, alder);
});

scenario('accept-all asks no registry', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  operator.simulated.setRegistry(undefined);
  peer(operator, alder, { policy: 'accept-all' });
  establish(simulation, [[operator, alder]]);
  simulation.run(seconds(5));
  expect(operator.session('alder')).toMatchObject({ accepted: 2, rejected: 0 });
  expect(codesOf(operator, 'alder')).toEqual([]);
});

scenario('a route of another origin is kept out, with its reason and the ROAs', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  alder.setNode({
    announce: ['172.21.129.0/27', '172.21.130.0/27', '172.21.129.0/28', '192.0.2.0/24'],
  });
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  simulation.run(seconds(5));

  expect(operator.session('alder').rejectedReasons).toEqual({
    'roa-invalid-origin': 1,
    'roa-invalid-length': 1,
    'not-dn42-space': 1,
  });
  expect(codesOf(operator, 'alder')).toEqual(['BGP_PREFIXES_REJECTED']);
  // A rejected path is no candidate; the operator's own prefixes are.
  const { tables, peerings } = operator.simulated.router.snapshot(simulation.now);
  expect(peerings[0]).toMatchObject({ received: 4, accepted: 1, rejected: 3 });
  expect(tables.ipv4.prefixes + tables.ipv6.prefixes).toBe(3);
  expect(tables.ipv4.paths + tables.ipv6.paths).toBe(3);
  expect(routesTo(simulation, operator, '172.21.130.0/27')).toMatchObject([
    {
      isBest: false,
      roa: 'invalid-origin',
      rejected: {
        reason: 'roa-invalid-origin',
        roas: [{ prefix: '172.21.130.0/27', maxLength: 27, asn: 4242426002 }],
      },
    },
  ]);
  expect(ask(simulation, operator, 'roa', '172.21.130.0/27 AS4242426001')).toMatchObject([
    { verdict: 'invalid-origin' },
  ]);
  // A summary, then the three.
  expect(ask(simulation, operator, 'rejected', 'alder')).toHaveLength(4);
  expect(bestPath(simulation, operator, '172.21.129.0/27')).toBe('4242426001');
  expectHealthy(operator, alder);
});

scenario('peer-only takes what the neighbor originates and nothing behind it', (simulation) => {
  const { operator, alder, basalt } = routersOf(simulation, 'operator', 'alder', 'basalt');
  peer(operator, alder, { policy: 'peer-only' });
  peer(alder, basalt);
  establish(simulation, [
    [operator, alder],
    [alder, basalt],
  ]);
  simulation.run(seconds(10));
  expect(operator.session('alder')).toMatchObject({
    accepted: 2,
    rejectedReasons: { 'peer-only': 2 },
  });
});

scenario('beyond the import limit nothing more comes in', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  alder.setNode({
    announce: ['fdc0:6000:20::/64', 'fdc0:6000:20:1::/64', 'fdc0:6000:20:2::/64'],
  });
  peer(operator, alder, { importLimit: 2 });
  establish(simulation, [[operator, alder]]);
  simulation.run(seconds(5));
  expect(operator.session('alder')).toMatchObject({
    accepted: 2,
    rejectedReasons: { 'prefix-limit': 1 },
  });
  operator.change('alder', { importLimit: 10 });
  simulation.run(seconds(5));
  expect(operator.session('alder')).toMatchObject({ accepted: 3, rejected: 0 });
});
