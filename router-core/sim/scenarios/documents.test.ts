/** Documents: applied whole or not at all, twice without effect, and never by mistake. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import { peer } from '../operated-router.ts';
import { peeringWith } from '../peering-pair.ts';
import { bestPath, establish, routersOf, scenario } from '../testing/scenario.ts';

scenario('a document applied again and again does nothing', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  const { since } = operator.session('alder');
  const steps = operator.peering('alder').transitions.length;
  for (let i = 0; i < 2; i++) {
    const report = operator.simulated.apply(operator.document);
    expect(report.lines).toEqual([{ entity: 'peering', id: 'alder', outcome: 'unchanged' }]);
    simulation.run(seconds(30));
  }
  operator.simulated.apply({ ...operator.document, revision: 99 });
  simulation.run(seconds(30));
  expect(operator.session('alder')).toMatchObject({ since, state: 'established' });
  expect(operator.peering('alder').transitions.length - steps).toBeLessThanOrEqual(1);
});

scenario('an older revision of the same epoch is refused', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  const first = operator.document;
  peer(operator, alder);
  expect(() => operator.simulated.apply(first)).toThrow(
    expect.objectContaining({ code: 'CONFIG_STALE' }),
  );
  expect(operator.peering('alder').asn).toBe(4242426001);
});

scenario('a document that loses more than a third needs a word (brake)', (simulation) => {
  const { operator, alder, basalt, cinder } = routersOf(
    simulation,
    'operator',
    'alder',
    'basalt',
    'cinder',
  );
  for (const other of [alder, basalt, cinder]) peer(operator, other);
  const all = operator.peerings;
  expect(() => operator.setPeerings(all.slice(0, 1), false)).toThrow(
    expect.objectContaining({ code: 'CONFIG_BRAKE' }),
  );
  establish(
    simulation,
    [alder, basalt, cinder].map((other) => [operator, other] as const),
  );
  operator.setPeerings(all.slice(0, 2), false);
  operator.setPeerings([]);
  simulation.run(seconds(5));
  expect(operator.simulated.router.snapshot(simulation.now).peerings).toEqual([]);
});

scenario('one wrong peering fails alone and keeps what it had', (simulation) => {
  const { operator, alder, basalt } = routersOf(simulation, 'operator', 'alder', 'basalt');
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  const { since } = operator.session('alder');
  const broken = { ...peeringWith(alder), publicKey: 'no key' };
  const report = operator.setPeerings([broken, peeringWith(basalt)]);
  expect(report.lines).toMatchObject([
    {
      entity: 'peering',
      id: 'alder',
      outcome: 'failed',
      code: 'KEY_ENCODING',
      path: 'peerings[0].publicKey',
    },
    { entity: 'peering', id: 'basalt', outcome: 'applied' },
  ]);
  simulation.run(seconds(10));
  expect(operator.session('alder')).toMatchObject({ since, state: 'established' });
});

scenario('a peering that failed is tried again with the same document', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder);
  const twin = { ...peeringWith(alder), id: 'twin', name: 'twin' };
  const report = operator.add(twin);
  expect(report.lines).toContainEqual(expect.objectContaining({ id: 'twin', outcome: 'failed' }));
  const again = operator.simulated.apply(operator.document);
  expect(again.lines).toContainEqual(expect.objectContaining({ id: 'twin', outcome: 'failed' }));
  establish(simulation, [[operator, alder]]);
});

scenario('a peering made anew finds a peer that has no endpoint', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder, { withoutEndpoint: true });
  establish(simulation, [[operator, alder]]);
  simulation.run(seconds(30));
  operator.change('alder', { mtu: 1400 });
  simulation.run(seconds(1));
  expect(establish(simulation, [[operator, alder]])).toBeLessThan(seconds(10));
});

scenario('a new name, address or link-local of ours reaches every peering', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  operator.change('alder', { name: 'erle' });
  simulation.run(seconds(2));
  expect(operator.session('alder')).toMatchObject({ name: 'erle', state: 'established' });

  operator.setNode({ linkLocal: 'fe80::42', addresses: ['172.21.128.7'] });
  alder.change('operator', { linkLocal: 'fe80::42' });
  establish(simulation, [[operator, alder]]);
  simulation.run(seconds(5));
  expect(operator.session('alder').localAddress).toBe('fe80::42');
  expect(bestPath(simulation, alder, '172.21.128.0/27')).toBe('4242426000');
});
