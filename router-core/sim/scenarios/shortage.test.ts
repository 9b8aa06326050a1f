/** Memory for attributes runs out: whoever takes most is told Cease 6/8 (RFC 4486 §4) and goes, nobody else. */
import { expect } from 'vitest';
import { parse } from 'yaml';
import { seconds } from '../../base/units.ts';
import { testNetwork } from '../networks.ts';
import { addNetworkRouter, peer } from '../operated-router.ts';
import {
  ask,
  bestPath,
  codesOf,
  establish,
  expectHealthy,
  isEstablished,
  minutes,
  scenario,
} from '../testing/scenario.ts';

const OF_ALDER = '172.21.129.0/27';
const OF_BASALT = '172.21.130.0/27';
const PREFIXES = Array.from({ length: 50 }, (_, i) => `172.22.${i}.0/24`);
const MANY = Array.from({ length: 60 }, (_, i) => `64512:${i}`);
const BYTES_MAX = 12_000;

/** Every prefix with communities of its own, so that no two routes share their attributes. */
const WASTEFUL = parse(`
policies:
  wasteful:
    rules:
${PREFIXES.map((prefix, i) => `      - { name: r${i}, if: { prefix: ${prefix} }, then: { addCommunities: ['64513:${i}', '${MANY.join("', '")}'] } }`).join('\n')}
`);

/** Where routes would outlive a NOTIFICATION, it comes inside a hard reset (RFC 8538 §3.1). */
const NOTIFICATIONS = [
  { gracefulRestart: false, code: 6, subcode: 8, data: '' },
  { gracefulRestart: true, code: 6, subcode: 9, data: '0608' },
] as const;

for (const { gracefulRestart, ...notification } of NOTIFICATIONS)
  scenario(
    `the neighbor whose routes take too much memory goes, the others stay; gracefulRestart ${gracefulRestart}`,
    (simulation) => {
      const alder = addNetworkRouter(simulation, testNetwork('alder'));
      const basalt = addNetworkRouter(simulation, testNetwork('basalt'));
      const operator = addNetworkRouter(
        simulation,
        testNetwork('operator'),
        {},
        { attributeBytesMax: BYTES_MAX },
      );
      const open = { policy: 'accept-all' } as const;
      peer(operator, alder, open);
      peer(operator, basalt, { ...open, gracefulRestart }, { gracefulRestart });
      establish(simulation, [
        [operator, alder],
        [operator, basalt],
      ]);
      simulation.run(seconds(5));
      const { since } = operator.session('alder');
      const endsOf = () =>
        operator.peering('basalt').transitions.filter(({ step }) => step === 'down');
      expect(endsOf()).toEqual([]);

      basalt.setPolicy(WASTEFUL);
      basalt.change('operator', { export: ['wasteful'] });
      basalt.setNode({ announce: [OF_BASALT, ...PREFIXES] });
      simulation.until('the end of its session', () => endsOf().length > 0, minutes(1));
      expect(operator.session('basalt').lastNotification).toMatchObject({
        direction: 'sent',
        ...notification,
      });
      expect(codesOf(operator, 'basalt')).toEqual(['BGP_NOTIFICATION']);
      simulation.run(seconds(1));
      expect(basalt.session('operator').lastNotification).toMatchObject({
        direction: 'received',
        ...notification,
      });
      for (const [router, id, who] of [
        [operator, 'basalt', 'sent'],
        [basalt, 'operator', 'received'],
      ] as const)
        expect(router.peering(id).transitions).toContainEqual(
          expect.objectContaining({
            step: 'notification',
            detail: expect.stringMatching(new RegExp(`^${who}: .*Out of Resources`)),
          }),
        );
      // Nothing of it is kept, and nobody else pays.
      expect(ask(simulation, operator, 'routes-from', 'basalt')).toEqual([]);
      expect(operator.session('alder')).toMatchObject({ since, state: 'established', accepted: 2 });
      expect(bestPath(simulation, operator, OF_ALDER)).toBe(`${alder.node.asn}`);

      // With less to tell it may come back.
      basalt.setNode({ announce: [OF_BASALT] });
      establish(simulation, [[operator, basalt]], minutes(5));
      simulation.run(minutes(2));
      expect(isEstablished(operator, 'basalt')).toBe(true);
      expect(bestPath(simulation, operator, OF_BASALT)).toBe(`${basalt.node.asn}`);
      expect(operator.session('alder')).toMatchObject({ since, state: 'established' });
      expectHealthy(operator, alder, basalt);
    },
  );
