/** ROAs from sources beside the registry: they decide, and a change of theirs ends no session. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import { withDigest } from '../../router/digest.ts';
import type { RoaSourceView } from '../../router/types.ts';
import { type OperatedRouter, peer } from '../operated-router.ts';
import { syntheticRegistry } from '../registry.ts';
import type { Simulation } from '../simulation.ts';
import { codesOf, establish, expectHealthy, routersOf, scenario } from '../testing/scenario.ts';

const SOURCE: RoaSourceView = {
  source: 'rtr 127.0.0.1:8282',
  state: 'synchronized',
  roas: 2,
  updatedAt: null,
  isInUse: true,
};

/** Gives the router its document again, with or without a source of ROAs. */
function wish({ simulated, document }: OperatedRouter, hasSource: boolean): void {
  const { digest: _digest, roa: _roa, ...rest } = document;
  const roa = {
    sources: [{ kind: 'rtr', host: '127.0.0.1', port: 8282, preference: 10 }],
  } as const;
  simulated.apply(withDigest({ ...rest, ...(hasSource ? { roa } : {}) }));
}

/** What the sources say: the registry's table, but for the ROAs of some networks. */
function say(simulation: Simulation, { simulated }: OperatedRouter, ...without: number[]): void {
  const { roas } = syntheticRegistry(simulation.wallClock.now());
  const left = roas.filter(({ asn }) => !without.includes(asn));
  simulated.router.setRoaSources({ roas: left, sources: [SOURCE] }, simulation.now);
  simulated.touch();
  simulation.run(seconds(2));
}

scenario('sources of ROAs decide instead of the registry, and no session ends', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  simulation.run(seconds(5));
  expect(operator.session('alder')).toMatchObject({ accepted: 2, rejected: 0 });
  expect(operator.simulated.router.snapshot(simulation.now).node).not.toHaveProperty('roa');

  wish(operator, true);
  simulation.run(seconds(2));
  expect(operator.session('alder')).toMatchObject({ accepted: 0, rejected: 2 });
  expect(codesOf(operator, 'alder')).toContain('ROAS_MISSING');

  say(simulation, operator);
  expect(operator.session('alder')).toMatchObject({ accepted: 2, rejected: 0 });
  expect(codesOf(operator, 'alder')).toEqual([]);
  expect(operator.simulated.router.snapshot(simulation.now).node.roa?.sources).toEqual([SOURCE]);

  say(simulation, operator, 4242426001);
  expect(operator.session('alder').rejectedReasons).toEqual({ 'roa-not-found': 2 });

  wish(operator, false);
  simulation.run(seconds(2));
  expect(operator.session('alder')).toMatchObject({ accepted: 2, rejected: 0 });
  const steps = operator.peering('alder').transitions.map(({ step }) => step);
  expect(steps).not.toContain('down');
  expectHealthy(operator, alder);
});
