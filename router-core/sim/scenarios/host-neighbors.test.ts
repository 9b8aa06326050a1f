/** Neighbors over the machine's TCP are neighbors: rules, roles, reflection, options, limits as in a tunnel. */
import { expect } from 'vitest';
import { parse } from 'yaml';
import { DISCARD, NONE, seconds } from '../../base/units.ts';
import { withDigest } from '../../router/digest.ts';
import type { HostNeighborConfig } from '../../router/types.ts';
import { testNetwork } from '../networks.ts';
import { addNetworkRouter, type OperatedRouter } from '../operated-router.ts';
import { syntheticRegistry } from '../registry.ts';
import type { Simulation } from '../simulation.ts';
import {
  ask,
  bestPath,
  codesOf,
  expectHealthy,
  isEstablished,
  minutes,
  routesTo,
  scenario,
} from '../testing/scenario.ts';

const ASN = 4242426000;
const OF_OPERATOR = '172.21.128.0/27';
const OF_ALDER = '172.21.129.0/27';
const OF_BASALT = '172.21.130.0/27';

type Name = Parameters<typeof testNetwork>[0];
type Change = Partial<HostNeighborConfig>;

function machine(simulation: Simulation, name: Name, change: { asn?: number } = {}) {
  const router = addNetworkRouter(simulation, testNetwork(name), change, { hasMachine: true });
  router.simulated.setRegistry(syntheticRegistry(simulation.wallClock.now()));
  return router;
}

/** What `transport: host` means with nothing else said, and the change. */
const entry = (there: OperatedRouter, change: Change = {}): HostNeighborConfig => ({
  id: there.node.name,
  name: there.node.name,
  asn: there.node.asn,
  address: there.underlay.ipv4 ?? '',
  port: 179,
  passive: false,
  families: ['ipv4', 'ipv6'],
  extendedNextHop: false,
  policy: 'full',
  importLimit: 9000,
  enabled: true,
  ...change,
});

const established = (simulation: Simulation, router: OperatedRouter, ...ids: string[]) =>
  simulation.until(
    `established: ${ids.join(', ')}`,
    () => ids.every((id) => isEstablished(router, id)),
    minutes(3),
  );

/** The operator with alder, who says nothing beside the defaults; what the operator says. */
function pair(simulation: Simulation, change: Change = {}, there: Change = {}) {
  const operator = machine(simulation, 'operator');
  const alder = machine(simulation, 'alder');
  const wish = (more: Change) => operator.setHostNeighbors([entry(alder, { ...change, ...more })]);
  alder.setHostNeighbors([entry(operator, there)]);
  wish({});
  return { operator, alder, wish };
}

/** All NOTIFICATIONs of a session, in words. */
const said = (router: OperatedRouter, id: string) =>
  router
    .peering(id)
    .transitions.flatMap(({ step, detail = '' }) => (step === 'notification' ? [detail] : []));

scenario('the default virtual router is one object, however it is reached', (simulation) => {
  const { operator } = pair(simulation);
  const { engine } = operator.simulated.router;
  expect(engine.vrfs.find(undefined)).toBe(engine);
  expect(engine.roster.hostNeighbors.get('alder')?.vrf).toBe(engine.vrfs.running[0]);
});

scenario('its routes are judged by the rules from the first one on, and anew', (simulation) => {
  const { operator, alder, wish } = pair(simulation);
  operator.setPolicy(
    parse(`
policies:
  no-alder: { rules: [{ name: alder, if: { prefix: ${OF_ALDER} }, then: { reject: true } }] }
  nothing: { rules: [{ name: all, then: { reject: true } }] }
`),
  );
  wish({ import: ['no-alder'], export: ['nothing'] });
  established(simulation, operator, 'alder');
  simulation.run(seconds(5));
  const { since } = operator.session('alder');
  expect(operator.session('alder')).toMatchObject({
    families: { ipv4: { received: 1, accepted: 0 }, ipv6: { received: 1, accepted: 1 } },
    rejectedReasons: { 'rule:alder': 1 },
    sent: 0,
  });
  expect(ask(simulation, operator, 'history', OF_ALDER)).toEqual([]);
  expect(ask(simulation, operator, 'policy-show', '')).toMatchObject([
    { kind: 'version' },
    { name: 'alder', import: { ipv4: ['dn42-import', 'no-alder'] } },
  ]);
  const milder = { policies: { 'no-alder': { rules: [] }, nothing: { rules: [] } } };
  const diff = ask(simulation, operator, 'policy-diff', JSON.stringify(milder));
  expect(diff.at(-1)).toMatchObject({ kind: 'summary', accepted: 1, announced: 2 });

  expect(wish({ import: ['dn42-import'] }).lines).toMatchObject([
    { id: 'alder', outcome: 'applied' },
  ]);
  simulation.run(seconds(5));
  expect(bestPath(simulation, operator, OF_ALDER)).toBe(`${alder.node.asn}`);
  expect(operator.session('alder')).toMatchObject({ since, sent: 2, lastNotification: null });
  expect(() => wish({ import: ['unheard-of'] })).toThrow(
    expect.objectContaining({ code: 'POLICY_NAME_UNKNOWN' }),
  );
  expectHealthy(operator, alder);
});

scenario('a router of our AS is a reflector client where it is wished (RFC 4456)', (simulation) => {
  const operator = machine(simulation, 'operator');
  const alder = machine(simulation, 'alder', { asn: ASN });
  const basalt = machine(simulation, 'basalt', { asn: ASN });
  const hub = (change: Change) =>
    operator.setHostNeighbors([entry(alder, change), entry(basalt, change)]);
  alder.setHostNeighbors([entry(operator)]);
  basalt.setHostNeighbors([entry(operator)]);
  hub({});
  established(simulation, operator, 'alder', 'basalt');
  simulation.run(seconds(5));
  expect(bestPath(simulation, alder, OF_OPERATOR)).toBe('');
  expect(routesTo(simulation, alder, OF_BASALT)).toEqual([]);

  hub({ routeReflectorClient: true });
  simulation.run(seconds(1));
  established(simulation, operator, 'alder', 'basalt');
  simulation.run(seconds(5));
  const [reflected] = routesTo(simulation, alder, OF_BASALT);
  expect(reflected?.attributes).toMatchObject({
    originatorId: '172.21.130.1',
    clusterList: ['172.21.128.1'],
  });
  expectHealthy(operator, alder, basalt);
});

scenario(
  'it has a role, marks leaks, and refuses a role that does not fit (RFC 9234)',
  (simulation) => {
    const { operator, alder, wish } = pair(
      simulation,
      { role: 'provider', strictRole: true },
      { role: 'customer' },
    );
    established(simulation, operator, 'alder');
    simulation.run(seconds(5));
    const [told] = routesTo(simulation, alder, OF_OPERATOR);
    expect(told?.attributes).toMatchObject({ onlyToCustomer: ASN });
    wish({ role: 'peer' });
    simulation.run(seconds(20));
    expect(isEstablished(operator, 'alder')).toBe(false);
    expect(operator.session('alder').lastNotification).toMatchObject({ code: 2, subcode: 11 });
    expect(codesOf(operator, 'alder')).toContain('BGP_ROLES_DIFFER');
  },
);

scenario(
  'options change hot, with a refresh or with 6/6, as those of a tunnel do',
  (simulation) => {
    const { operator, alder, wish } = pair(simulation);
    established(simulation, operator, 'alder');
    simulation.run(seconds(2));
    const { since } = operator.session('alder');
    expect(wish({ description: 'by the lake' }).lines).toMatchObject([{ effect: 'hot' }]);
    const defaults: Change = { description: 'by the lake', ipv4: { defaultOriginate: true } };
    expect(wish(defaults).lines).toMatchObject([{ effect: 'refresh' }]);
    simulation.run(seconds(5));
    expect(operator.session('alder')).toMatchObject({
      since,
      options: { description: 'by the lake', families: { ipv4: { defaultOriginate: true } } },
    });
    expect(operator.session('alder').sent).toBe(3);

    const localAs: Change = { ...defaults, localAs: { asn: 4242426099 } };
    expect(wish(localAs).lines).toMatchObject([{ effect: 'restart' }]);
    simulation.run(seconds(1));
    expect(said(alder, 'operator')).toContainEqual(expect.stringMatching(/Configuration Change/));
    simulation.run(seconds(30));
    alder.setHostNeighbors([entry(operator, { asn: 4242426099 })]);
    established(simulation, operator, 'alder');
    simulation.run(seconds(5));
    expect(bestPath(simulation, alder, OF_OPERATOR)).toBe(`4242426099 ${ASN}`);
    expect(operator.session('alder').options).toMatchObject({ localAs: 4242426099 });
    expectHealthy(operator, alder);
  },
);

scenario(
  'it is shut down with a text and comes up again; the connection goes with it',
  (simulation) => {
    const { operator, alder, wish } = pair(simulation);
    established(simulation, operator, 'alder');
    wish({ enabled: false, disabledReason: 'tea' });
    simulation.run(seconds(30));
    expect(isEstablished(alder, 'operator')).toBe(false);
    expect(said(alder, 'operator')).toContainEqual(
      expect.stringMatching(/^received: .*Administrative Shutdown.*"tea"/),
    );
    expect(operator.peering('alder').transitions.map(({ step }) => step)).toContain('disabled');
    wish({});
    established(simulation, operator, 'alder');
    expectHealthy(operator, alder);
  },
);

scenario(
  'another name is the name of its session too, and what was seen of it stays',
  (simulation) => {
    const { operator, wish } = pair(simulation);
    const strict: Change = { role: 'provider', strictRole: true };
    wish(strict);
    simulation.run(seconds(30));
    const { diagnosis } = operator.peering('alder');
    expect(diagnosis).toMatchObject([{ code: 'BGP_ROLES_DIFFER' }]);
    wish({ ...strict, name: 'erle' });
    expect(operator.peering('alder')).toMatchObject({ sessions: [{ name: 'erle' }], diagnosis });

    wish({ name: 'erle' });
    established(simulation, operator, 'alder');
    simulation.run(seconds(5));
    const { since } = operator.session('alder');
    wish({ name: 'beech' });
    simulation.run(seconds(5));
    expect(operator.session('alder')).toMatchObject({ name: 'beech', since, state: 'established' });
    expect(routesTo(simulation, operator, OF_ALDER)).toMatchObject([{ from: 'beech' }]);
    expect(ask(simulation, operator, 'routes-from', 'beech')).toHaveLength(2);
    expectHealthy(operator);
  },
);

scenario('a daemon beside us may trigger blackholes (RFC 7999)', (simulation) => {
  const { operator, alder, wish } = pair(simulation);
  alder.setPolicy(
    parse('policies: { trigger: { rules: [{ name: all, then: { addCommunities: blackhole } }] } }'),
  );
  alder.setHostNeighbors([entry(operator, { export: ['trigger'] })]);
  established(simulation, operator, 'alder');
  simulation.run(seconds(5));
  const { routes } = operator.simulated.router.engine.netstack;
  const ofAlder = Uint8Array.of(172, 21, 129, 9);
  expect(routes.lookup4(ofAlder, 0)).toBe(NONE);
  wish({ blackhole: true });
  simulation.run(seconds(5));
  expect(routes.lookup4(ofAlder, 0)).toBe(DISCARD);
  expectHealthy(operator, alder);
});

scenario('a prefix limit ends its session, and the diagnosis says which', (simulation) => {
  const { operator, alder } = pair(simulation, {
    prefixLimit: { received: 1, action: 'restart', restartAfter: 60 },
  });
  alder.setNode({ announce: [OF_ALDER, '172.21.129.32/27'] });
  simulation.until('the limit', () => operator.session('alder').excess !== undefined, minutes(3));
  expect(codesOf(operator, 'alder')).toEqual(['BGP_PREFIX_LIMIT']);
  alder.setNode({ announce: [OF_ALDER] });
  established(simulation, operator, 'alder');
  expectHealthy(operator, alder);
});

scenario(
  'what needs a tunnel or a TCP of our own is refused by name, and stops no other',
  (simulation) => {
    const { operator, wish } = pair(simulation);
    established(simulation, operator, 'alder');
    for (const change of [
      { password: 'sesame' },
      { tcpAo: [{ sendId: 1, receiveId: 1, key: 'sesame' }] },
      { ttlSecurity: true },
      { multihop: 2 },
      { dynamicNeighbors: { range: '172.21.129.0/24', asns: [1] } },
      { routeReflectorClient: true },
    ] as Change[]) {
      const [line] = wish(change).lines;
      expect(line, JSON.stringify(change)).toMatchObject({
        id: 'alder',
        outcome: 'failed',
        code: expect.stringMatching(/^(SESSION_OPTION|CLIENT)_INVALID$/),
        path: `hostNeighbors[0].${Object.keys(change)[0]}`,
      });
    }
    expect(isEstablished(operator, 'alder')).toBe(true);
  },
);

scenario('a refused entry leaves it what it had, its policies included', (simulation) => {
  const { operator, alder, wish } = pair(simulation);
  operator.setPolicy(
    parse(
      `policies: { strict: { rules: [{ name: alder, if: { prefix: ${OF_ALDER} }, then: { reject: true } }] } }`,
    ),
  );
  wish({ import: ['strict'] });
  established(simulation, operator, 'alder');
  simulation.run(seconds(5));
  const { policy: _, ...document } = operator.document;
  const change = (hostNeighbors: readonly HostNeighborConfig[], revision: number) =>
    operator.simulated.apply(withDigest({ ...document, hostNeighbors, revision })).lines;
  expect(change([entry(alder, { address: 'fe80::1' })], 10)).toMatchObject([
    { id: 'alder', outcome: 'failed', message: expect.stringMatching(/and so do its policies/) },
  ]);
  simulation.run(seconds(5));
  expect(operator.session('alder').rejectedReasons).toEqual({ 'rule:alder': 1 });
  expect(codesOf(operator, 'alder')).toEqual(['ENTRY_REFUSED', 'BGP_PREFIXES_REJECTED']);
  expect(change([entry(alder)], 11)).toMatchObject([{ id: 'alder', outcome: 'applied' }]);
  simulation.run(seconds(5));
  expect(bestPath(simulation, operator, OF_ALDER)).toBe(`${alder.node.asn}`);
  expect(codesOf(operator, 'alder')).toEqual([]);
  expectHealthy(operator, alder);
});
