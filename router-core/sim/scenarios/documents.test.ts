/** Documents: applied whole or not at all, twice without effect, and never by mistake. */
import { expect } from 'vitest';
import { parse } from 'yaml';
import { seconds } from '../../base/units.ts';
import type { PolicyDocument } from '../../bgp/index.ts';
import { withDigest } from '../../router/digest.ts';
import type { PeeringConfig } from '../../router/types.ts';
import { peer } from '../operated-router.ts';
import { peeringWith } from '../peering-pair.ts';
import {
  ask,
  bestPath,
  codesOf,
  establish,
  expectHealthy,
  routersOf,
  scenario,
} from '../testing/scenario.ts';

const OF_ALDER = '172.21.129.0/27';

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

const STRICT: NonNullable<PolicyDocument['policies']> = parse(
  `strict: { rules: [{ name: alder, if: { prefix: ${OF_ALDER} }, then: { reject: true } }] }`,
);
/** Three ways to be judged by it, each gone in a document that has no policy. */
const WISHES: readonly [string, Partial<PeeringConfig>, PolicyDocument][] = [
  ['its own chain', { import: ['strict'] }, {}],
  ['its group', { groups: ['wary'] }, { groups: { wary: { import: ['strict'] } } }],
  ['the defaults', {}, { defaults: { import: ['strict'] } }],
];

for (const [whose, wish, text] of WISHES)
  scenario(
    `one wrong peering keeps its policies too, when the document has them no more: ${whose}`,
    (simulation) => {
      const { operator, alder } = routersOf(simulation, 'operator', 'alder');
      operator.setPolicy({ ...text, policies: STRICT });
      peer(operator, alder, wish);
      establish(simulation, [[operator, alder]]);
      simulation.run(seconds(5));
      const rejected = { accepted: 1, rejected: 1, rejectedReasons: { 'rule:alder': 1 } };
      expect(operator.session('alder')).toMatchObject(rejected);

      const { since } = operator.session('alder');
      const { policy: _, ...document } = operator.document;
      const broken = { ...peeringWith(alder), publicKey: 'no key' };
      const apply = (revision: number, peerings: readonly PeeringConfig[]) =>
        operator.simulated.apply(withDigest({ ...document, revision, peerings }));
      const report = apply(10, [broken]);
      expect(report.lines).toMatchObject([
        {
          id: 'alder',
          outcome: 'failed',
          message: expect.stringMatching(/and so do its policies/),
        },
      ]);
      simulation.run(seconds(5));
      expect(operator.session('alder')).toMatchObject({ ...rejected, since });
      expect(codesOf(operator, 'alder')).toEqual(['ENTRY_REFUSED', 'BGP_PREFIXES_REJECTED']);
      expect(operator.peering('alder').diagnosis[0]?.text).toContain('KEY_ENCODING');
      expect(ask(simulation, operator, 'policy-show', '')).toMatchObject([
        { kind: 'version', number: 3 },
        { name: 'alder', import: { ipv4: ['dn42-import', 'strict'] }, keptVersion: 2 },
      ]);
      const [summary] = ask(simulation, operator, 'policy-diff', '{}');
      expect(summary).toMatchObject({ kind: 'summary', accepted: 0, changedForPeers: 0 });

      // Neither a new session nor the same mistake again opens the way.
      operator.simulated.router.restart('alder', 'bgp', simulation.now);
      apply(11, [broken]);
      establish(simulation, [[operator, alder]]);
      simulation.run(seconds(5));
      expect(operator.session('alder')).toMatchObject(rejected);
      expect(bestPath(simulation, operator, OF_ALDER)).toBeUndefined();

      expect(apply(12, [peeringWith(alder)]).lines).not.toContainEqual(
        expect.objectContaining({ outcome: 'failed' }),
      );
      simulation.run(seconds(5));
      expect(bestPath(simulation, operator, OF_ALDER)).toBe(`${alder.node.asn}`);
      expect(codesOf(operator, 'alder')).toEqual([]);
      expect(ask(simulation, operator, 'policy-show', '')[1]).not.toHaveProperty('keptVersion');
      expectHealthy(operator, alder);
    },
  );

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
