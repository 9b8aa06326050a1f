/** Session options between routers of our own: on the wire, in the views, and what changing them costs. */
import { expect } from 'vitest';
import { parse } from 'yaml';
import { seconds } from '../../base/units.ts';
import type { PeeringConfig } from '../../router/types.ts';
import type { OperatedRouter } from '../operated-router.ts';
import { peer } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import {
  ask,
  bestPath,
  codesOf,
  establish,
  expectHealthy,
  isEstablished,
  minutes,
  routersOf,
  routesTo,
  scenario,
} from '../testing/scenario.ts';

const OPERATOR = 4242426000;
const ALDER = 4242426001;
const LOCAL = 4242426099;
const OF_OPERATOR = '172.21.128.0/27';

/** Operator and alder, peered and up; what the operator's half says beside the defaults. */
function pair(
  simulation: Simulation,
  change: Partial<PeeringConfig> = {},
  changeThere: Partial<PeeringConfig> = {},
): { operator: OperatedRouter; alder: OperatedRouter } {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  const there = { policy: 'accept-all', ...changeThere } as const;
  peer(operator, alder, { policy: 'accept-all', ...change }, there);
  return { operator, alder };
}
const both = (a: OperatedRouter, b: OperatedRouter) => [[a, b]] as const;
const transitionsOf = (router: OperatedRouter, id: string, step: string) =>
  router.peering(id).transitions.filter((transition) => transition.step === step);

scenario(
  'local-as: the other side sees the local AS, with ours behind it or alone',
  (simulation) => {
    const localAs = { asn: LOCAL };
    const { operator, alder } = pair(simulation, { localAs }, { asn: LOCAL });
    establish(simulation, both(operator, alder));
    simulation.run(seconds(2));
    expect(bestPath(simulation, alder, OF_OPERATOR)).toBe(`${LOCAL} ${OPERATOR}`);
    expect(bestPath(simulation, operator, '172.21.129.0/27')).toBe(`${LOCAL} ${ALDER}`);
    expect(operator.session('alder').options).toMatchObject({ localAs: LOCAL });

    operator.change('alder', { localAs: { asn: LOCAL, noPrepend: true, replaceAs: true } });
    establish(simulation, both(operator, alder));
    simulation.run(seconds(5));
    expect(bestPath(simulation, alder, OF_OPERATOR)).toBe(`${LOCAL}`);
    expect(bestPath(simulation, operator, '172.21.129.0/27')).toBe(`${ALDER}`);
    expectHealthy(operator, alder);
  },
);

scenario(
  'hot options change nothing for the session, refresh ones no more than routes',
  (simulation) => {
    const { operator, alder } = pair(simulation);
    establish(simulation, both(operator, alder));
    simulation.run(seconds(2));
    const { since } = operator.session('alder');
    const changes: Partial<PeeringConfig>[] = [
      { description: 'by the lake' },
      { connectRetryTime: 60 },
      { prefixLimit: { received: 50, action: 'warn' } },
      { allowasIn: 1 },
      { enforceFirstAs: false },
      { blackhole: true },
      { asOverride: true },
      { removePrivateAs: 'all' },
      { nextHopSelf: 'off' },
      { nextHopKeep: true },
      { importTable: false },
      { ipv4: { defaultOriginate: true } },
    ];
    for (const change of changes) {
      operator.change('alder', change);
      simulation.run(seconds(2));
      expect(operator.session('alder'), JSON.stringify(change)).toMatchObject({
        since,
        state: 'established',
        lastNotification: null,
      });
    }
    expect(bestPath(simulation, alder, '0.0.0.0/0')).toBe(`${OPERATOR}`);
    expect(operator.session('alder').options).toMatchObject({
      description: 'by the lake',
      connectRetryTime: 60,
      families: {
        ipv4: { allowasIn: 1, defaultOriginate: true },
        ipv6: { defaultOriginate: false },
      },
    });
    expectHealthy(operator, alder);
  },
);

scenario('restart options end the session with 6/6 and leave the tunnel alone', (simulation) => {
  const { operator, alder } = pair(simulation);
  establish(simulation, both(operator, alder));
  const tunnel = operator.peering('alder').tunnel?.firstPacketAt;
  const { lines } = operator.change('alder', { description: 'by the lake' });
  expect(lines).toEqual([{ entity: 'peering', id: 'alder', outcome: 'applied', effect: 'hot' }]);
  const changes: Partial<PeeringConfig>[] = [
    { holdTime: 30 },
    { keepaliveTime: 5 },
    { gracefulRestart: false },
  ];
  for (const [i, change] of changes.entries()) {
    operator.change('alder', change);
    simulation.run(seconds(1));
    expect(transitionsOf(operator, 'alder', 'down')).toHaveLength(i + 1);
    expect(operator.session('alder').lastNotification).toMatchObject({
      direction: 'sent',
      code: 6,
    });
    establish(simulation, both(operator, alder));
  }
  expect(transitionsOf(operator, 'alder', 'handshake')).toHaveLength(1);
  expect(operator.peering('alder').tunnel?.firstPacketAt).toBe(tunnel);
  expect(alder.session('operator').holdTimeSeconds).toBe(30);
});

scenario('another source address moves the session over IPv4, and nothing else', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  operator.setNode({ addresses: ['172.21.128.1', '172.21.128.9', 'fdb0:6000:100::1'] });
  const wish = { sessions: 'separate', extendedNextHop: false } as const;
  peer(operator, alder, wish);
  establish(simulation, both(operator, alder));
  const of = (index: number) => operator.peering('alder').sessions[index];
  const { since } = of(0) ?? {};
  expect(of(1)).toMatchObject({ name: 'alder_v4', localAddress: '172.21.128.1' });
  operator.change('alder', { sourceAddress: '172.21.128.9' });
  alder.change('operator', { addresses: { ipv4: '172.21.128.9' } });
  establish(simulation, both(operator, alder), minutes(3));
  expect(of(1)).toMatchObject({ localAddress: '172.21.128.9', state: 'established' });
  expect(since).toBeDefined();
});

scenario(
  'a limit with restart: 6/1, down for the time, told by the diagnosis, up again',
  (simulation) => {
    const prefixLimit = { accepted: 1, action: 'restart', restartAfter: 60 } as const;
    const { operator, alder } = pair(simulation, { ipv4: { prefixLimit } });
    alder.setNode({ announce: ['172.21.129.0/27', '172.21.129.32/27'] });
    simulation.until('the limit', () => operator.session('alder').excess !== undefined, minutes(2));
    expect(alder.session('operator').lastNotification).toMatchObject({
      direction: 'received',
      data: expect.stringContaining('00010100000001'),
    });
    expect(operator.session('alder')).toMatchObject({
      state: 'idle',
      received: 0,
      excess: { family: 'ipv4', counted: 'accepted', limit: 1, restartsAt: expect.any(String) },
    });
    expect(codesOf(operator, 'alder')).toContain('BGP_PREFIX_LIMIT');
    simulation.run(seconds(50));
    expect(operator.session('alder').state).toBe('idle');
    alder.setNode({ announce: ['172.21.129.0/27'] });
    establish(simulation, both(operator, alder), minutes(3));
    simulation.run(seconds(2));
    expect(operator.session('alder')).toMatchObject({ accepted: 1 });
    // One of one is above 80 percent.
    expect(codesOf(operator, 'alder')).toContain('BGP_PREFIX_LIMIT_NEAR');
    expectHealthy(operator, alder);
  },
);

scenario('a limit with disable: down until it is raised', (simulation) => {
  const prefixLimit = { received: 1, action: 'disable' } as const;
  const { operator, alder } = pair(simulation, { prefixLimit });
  alder.setNode({ announce: ['172.21.129.0/27', '172.21.129.32/27'] });
  simulation.until('the limit', () => operator.session('alder').excess !== undefined, minutes(2));
  expect(operator.session('alder').excess).toMatchObject({ counted: 'received', restartsAt: null });
  operator.change('alder', { description: 'noisy' });
  simulation.run(minutes(60));
  expect(operator.session('alder').state).toBe('idle');
  operator.change('alder', { prefixLimit: { received: 10, action: 'disable' } });
  establish(simulation, both(operator, alder), minutes(5));
  simulation.run(seconds(2));
  expect(operator.session('alder')).toMatchObject({ received: 2 });
  expect(codesOf(operator, 'alder')).toEqual([]);
});

scenario(
  'as-override and allowas-in: two sites of one AS reach each other through us',
  (simulation) => {
    const { operator, alder, basalt } = routersOf(simulation, 'operator', 'alder', 'basalt');
    // Basalt plays a second site of alder's AS towards the operator.
    const open = { policy: 'accept-all' } as const;
    peer(operator, alder, { ...open, asOverride: true }, open);
    peer(
      operator,
      basalt,
      { ...open, asn: ALDER, asOverride: true },
      { ...open, localAs: { asn: ALDER, replaceAs: true, noPrepend: true } },
    );
    establish(simulation, [
      [operator, alder],
      [operator, basalt],
    ]);
    simulation.run(seconds(3));
    expect(bestPath(simulation, alder, '172.21.130.0/27')).toBe(`${OPERATOR} ${OPERATOR}`);
    operator.change('alder', { asOverride: false });
    simulation.run(seconds(3));
    expect(routesTo(simulation, alder, '172.21.130.0/27')).toEqual([]);
  },
);

scenario(
  'dynamic neighbors come from the range, up to the number, and go with their session',
  (simulation) => {
    const dynamicNeighbors = { range: 'fe80::/64', asns: [ALDER, 4242426077], max: 1 };
    const { operator, alder } = pair(
      simulation,
      { sessions: 'none', dynamicNeighbors },
      { sessions: 'mp-bgp' },
    );
    simulation.until('a dynamic session', () => isEstablished(operator, 'alder'), minutes(2));
    simulation.run(seconds(2));
    const { linkLocal } = alder.node;
    expect(operator.session('alder')).toMatchObject({
      name: `alder_${linkLocal}`,
      remoteAddress: linkLocal,
      state: 'established',
    });
    expect(bestPath(simulation, operator, '172.21.129.0/27')).toBe(`${ALDER}`);
    expect(bestPath(simulation, alder, OF_OPERATOR)).toBe(`${OPERATOR}`);

    alder.change('operator', { enabled: false, disabledReason: 'tea' });
    simulation.run(seconds(3));
    expect(operator.peering('alder').sessions).toEqual([]);
    expect(routesTo(simulation, operator, '172.21.129.0/27')).toEqual([]);
    alder.change('operator', { enabled: true });
    simulation.until('a dynamic session again', () => isEstablished(operator, 'alder'), minutes(2));

    // Another list of ASes ends what there is, and the next session is refused.
    operator.change('alder', { dynamicNeighbors: { ...dynamicNeighbors, asns: [4242426077] } });
    simulation.run(seconds(30));
    expect(alder.session('operator')).toMatchObject({
      state: expect.not.stringMatching('established'),
      lastNotification: { direction: 'received', code: 2, subcode: 2 },
    });
    operator.change('alder', {
      dynamicNeighbors: { ...dynamicNeighbors, range: '172.21.129.0/24' },
    });
    simulation.run(minutes(1));
    expect(operator.peering('alder').sessions).toEqual([]);
    expectHealthy(operator, alder);
  },
);

scenario(
  'a dynamic neighbor is judged by the rules of the operator from its first UPDATE on',
  (simulation) => {
    const prefix = '172.21.129.0/27';
    const dynamicNeighbors = { range: 'fe80::/64', asns: [ALDER] };
    const { operator, alder } = pair(
      simulation,
      { sessions: 'none', dynamicNeighbors },
      { sessions: 'mp-bgp' },
    );
    operator.setPolicy(
      parse(`
policies:
  no-alder: { rules: [{ name: alder, if: { prefix: ${prefix} }, then: { reject: true } }] }
  nothing: { rules: [{ name: all, then: { reject: true } }] }
groups:
  guests: { import: [no-alder], export: [nothing] }
`),
    );
    operator.change('alder', { groups: ['guests'] });
    simulation.until('a dynamic session', () => isEstablished(operator, 'alder'), minutes(2));
    simulation.until('its routes', () => operator.session('alder').received > 0, minutes(1));
    expect(operator.session('alder')).toMatchObject({
      families: { ipv4: { received: 1, accepted: 0 } },
      rejectedReasons: { 'rule:alder': 1 },
    });
    simulation.run(seconds(5));
    expect(ask(simulation, operator, 'history', prefix)).toEqual([]);
    expect(routesTo(simulation, alder, OF_OPERATOR)).toEqual([]);
    expectHealthy(operator, alder);
  },
);

scenario('a dynamic neighbor that tells too much is held back, not forgotten', (simulation) => {
  const dynamicNeighbors = { range: 'fe80::/64', asns: [ALDER] };
  const prefixLimit = { received: 1, action: 'restart', restartAfter: 600 } as const;
  const wish = { sessions: 'none', dynamicNeighbors, prefixLimit } as const;
  const { operator, alder } = pair(simulation, wish, { sessions: 'mp-bgp' });
  alder.setNode({ announce: ['172.21.129.0/27', '172.21.129.32/27'] });
  simulation.until(
    'the limit',
    () => operator.peering('alder').sessions[0]?.excess !== undefined,
    minutes(3),
  );
  simulation.run(minutes(5));
  expect(operator.session('alder')).toMatchObject({ state: 'idle', excess: { limit: 1 } });
  expect(isEstablished(alder, 'operator')).toBe(false);
  alder.setNode({ announce: ['172.21.129.0/27'] });
  simulation.until('a session', () => isEstablished(operator, 'alder'), minutes(10));
  expectHealthy(operator, alder);
});
