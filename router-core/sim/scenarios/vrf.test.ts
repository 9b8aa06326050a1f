/** Virtual routers: what is here in one of them is not there in another, and what becomes of them. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import type { OperatedRouter } from '../operated-router.ts';
import { peer } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import {
  ask,
  bestPath,
  establish,
  expectHealthy,
  isEstablished,
  routersOf,
  scenario,
} from '../testing/scenario.ts';

/** The same in every virtual router of a node: its addresses and prefixes overlap with themselves. */
const ownIn = ({ node: { addresses, announce } }: OperatedRouter) => ({ addresses, announce });

/**
 * Operator in the middle: alder on one side and basalt on the other of one virtual router, cinder and drift in
 * another. Basalt and drift both have 172.21.140.0/27 and the address 172.21.140.1.
 */
function twoWorlds(simulation: Simulation) {
  const routers = routersOf(simulation, 'operator', 'alder', 'basalt', 'cinder', 'drift');
  const { operator, alder, basalt, cinder, drift } = routers;
  operator.setVrfs({ blue: ownIn(operator), red: ownIn(operator) });
  for (const both of [basalt, drift])
    both.setNode({
      addresses: [...both.node.addresses, '172.21.140.1'],
      announce: [...both.node.announce, '172.21.140.0/27'],
    });
  const accept = { policy: 'accept-all' } as const;
  peer(operator, alder, { vrf: 'blue', ...accept }, accept);
  peer(operator, basalt, { vrf: 'blue', ...accept }, accept);
  peer(operator, cinder, { vrf: 'red', ...accept }, accept);
  peer(operator, drift, { vrf: 'red', ...accept }, accept);
  establish(simulation, [
    [operator, alder],
    [operator, basalt],
    [operator, cinder],
    [operator, drift],
  ]);
  simulation.run(seconds(10));
  return routers;
}

scenario('one prefix leads to two places, by the virtual router one asks from', (simulation) => {
  const { operator, alder, basalt, cinder, drift } = twoWorlds(simulation);
  const prefix = '172.21.140.0/27';
  expect(bestPath(simulation, alder, prefix)).toBe(`${operator.node.asn} ${basalt.node.asn}`);
  expect(bestPath(simulation, cinder, prefix)).toBe(`${operator.node.asn} ${drift.node.asn}`);
  for (const [vrf, next] of [
    ['blue', 'basalt'],
    ['red', 'drift'],
  ] as const) {
    const [best] = ask(simulation, operator, 'route', prefix, { vrf });
    expect(best).toMatchObject({ isBest: true, from: next });
    const [path, ...more] = ask(simulation, operator, 'why', prefix, { vrf });
    expect(path).toMatchObject({ kind: 'path', from: next });
    const told = more.filter(({ kind }) => kind === 'export').map(({ to }) => to);
    expect(told.toSorted()).toEqual(vrf === 'blue' ? ['alder', 'basalt'] : ['cinder', 'drift']);
    expect(ask(simulation, operator, 'history', prefix, { vrf })).not.toEqual([]);
    expect(ask(simulation, operator, 'summary', '', { vrf }).map((row) => row.peering)).toEqual(
      told.toSorted(),
    );
    expect(ask(simulation, operator, 'ping', '172.21.140.1', { vrf, count: 1 })).toMatchObject([
      { outcome: 'reply', from: '172.21.140.1' },
    ]);
  }
  // In the default one nobody announces anything, and there is no way.
  expect(ask(simulation, operator, 'route', prefix)).toEqual([]);
  expect(ask(simulation, operator, 'ping', '172.21.140.1', { count: 1 })).toMatchObject([
    { outcome: 'error', from: null },
  ]);
  expect(() => ask(simulation, operator, 'route', prefix, { vrf: 'green' })).toThrow(
    expect.objectContaining({ code: 'VRF_UNKNOWN' }),
  );
  expectHealthy(operator, alder, basalt, cinder, drift);
});

scenario('who asks in one virtual router finds no neighbor of another by name', (simulation) => {
  const { operator } = twoWorlds(simulation);
  for (const query of ['routes-from', 'rejected', 'neighbor', 'malformed'] as const) {
    for (const vrf of ['red', 'default'])
      expect(() => ask(simulation, operator, query, 'basalt', { vrf })).toThrow(
        expect.objectContaining({ code: 'ENTITY_UNKNOWN' }),
      );
    const rows = ask(simulation, operator, query, 'basalt', { vrf: 'blue' });
    expect(rows).toEqual(ask(simulation, operator, query, 'basalt'));
    expect(rows.length > 0).toBe(query !== 'malformed');
  }
});

scenario('a packet for the other virtual router ends here, with an error', (simulation) => {
  const { operator, alder, cinder } = twoWorlds(simulation);
  const [address = ''] = cinder.node.addresses;
  // Cinder is a network of the red one: nobody in the blue one has heard of it, but alder insists.
  expect(ask(simulation, alder, 'route', address)).toEqual([]);
  alder.simulated.apply({
    ...alder.document,
    revision: alder.document.revision + 1,
    routes: [{ prefix: `${address}/32`, via: 'operator' }],
  });
  expect(ask(simulation, alder, 'ping', address, { count: 1 })).toMatchObject([
    { outcome: 'error', from: operator.node.addresses[0], detail: 'no-route' },
  ]);
  // The operator's own address is there in both; each answers by its own way.
  const [own = ''] = operator.node.addresses;
  for (const router of [alder, cinder])
    expect(ask(simulation, router, 'ping', own, { count: 1 })).toMatchObject([
      { outcome: 'reply', from: own },
    ]);
  expectHealthy(operator, alder, cinder);
});

scenario('a peering that moves takes its routes along', (simulation) => {
  const { operator, alder, basalt, cinder, drift } = twoWorlds(simulation);
  const [prefix = ''] = basalt.node.announce;
  operator.change('basalt', { vrf: 'red' });
  establish(simulation, [[operator, basalt]]);
  simulation.run(seconds(10));
  expect(bestPath(simulation, alder, prefix)).toBeUndefined();
  expect(bestPath(simulation, cinder, prefix)).toBe(`${operator.node.asn} ${basalt.node.asn}`);
  // Now both are in one: the prefix they share has two paths there, and none where alder is.
  const shared = ask(simulation, operator, 'route', '172.21.140.0/27', { vrf: 'red' });
  expect(shared.map(({ from }) => from).toSorted()).toEqual(['basalt', 'drift']);
  expect(ask(simulation, operator, 'route', '172.21.140.0/27', { vrf: 'blue' })).toEqual([]);
  expectHealthy(operator, alder, basalt, cinder, drift);
});

scenario('what changes without a new session changes in its virtual router', (simulation) => {
  const { operator, alder, basalt, cinder, drift } = twoWorlds(simulation);
  const { since } = operator.session('alder');
  operator.change('alder', {
    importLimit: 1,
    bogons: 'drop',
    bfd: { minTx: 300, minRx: 300, multiplier: 5 },
  });
  simulation.run(seconds(5));
  expect(operator.session('alder')).toMatchObject({ since, state: 'established', bfd: {} });
  expect(operator.peering('alder').tunnel?.refused).toEqual({ reversePath: 0, bogons: 0 });
  operator.change('alder', { enabled: false });
  simulation.run(seconds(5));
  expect(isEstablished(alder, 'operator')).toBe(false);
  operator.change('alder', { enabled: true });
  establish(simulation, [[operator, alder]]);
  operator.simulated.router.restart('alder', 'bgp', simulation.now);
  operator.simulated.touch();
  simulation.run(seconds(1));
  establish(simulation, [[operator, alder]]);
  expect(operator.session('cinder').state).toBe('established');
  expect(operator.session('basalt').state).toBe('established');
  expectHealthy(operator, alder, basalt, cinder, drift);
});

scenario('limits, policies and neighbors of a range act in the virtual router', (simulation) => {
  const { operator, alder, basalt, cinder, drift } = twoWorlds(simulation);
  // Basalt has two prefixes of IPv4.
  operator.change('basalt', { prefixLimit: { received: 1, action: 'disable' } });
  operator.simulated.router.restart('basalt', 'bgp', simulation.now);
  operator.simulated.touch();
  simulation.run(seconds(30));
  expect(isEstablished(operator, 'basalt')).toBe(false);
  expect(isEstablished(operator, 'drift')).toBe(true);
  operator.change('basalt', { prefixLimit: { received: 10, action: 'disable' } });
  establish(simulation, [[operator, basalt]]);
  simulation.run(seconds(10));
  const judged = ask(simulation, operator, 'policy-test', '172.21.140.0/27', { direction: 'in' });
  expect(judged.map(({ session }) => session).toSorted()).toEqual(['basalt', 'drift']);
  const rows = ask(simulation, operator, 'policy-diff', '{}');
  expect(rows).toMatchObject([{ kind: 'summary', rejected: 0, best: 0 }]);
  operator.change('cinder', { dynamicNeighbors: { range: 'fe80::/64', asns: [cinder.node.asn] } });
  establish(simulation, [[operator, cinder]]);
  expectHealthy(operator, alder, basalt, cinder, drift);
});

scenario('a virtual router goes when nobody is in it, and not before', (simulation) => {
  const { operator, alder, basalt, cinder, drift } = twoWorlds(simulation);
  const names = () => {
    const { engine } = operator.simulated.router;
    return engine.vrfs.running.map(({ vrfName }) => vrfName);
  };
  expect(names()).toEqual([undefined, 'blue', 'red']);
  // The document no longer has it, but peerings that still ask for it: they fail alone and stay as they are.
  const report = operator.setVrfs({ red: ownIn(operator) });
  const lines = report.lines.filter(({ code }) => code !== undefined);
  expect(lines).toMatchObject([
    { id: 'alder', outcome: 'failed', code: 'VRF_UNKNOWN', path: 'peerings[0].vrf' },
    { id: 'basalt', outcome: 'failed', code: 'VRF_UNKNOWN', path: 'peerings[1].vrf' },
  ]);
  simulation.run(seconds(5));
  expect(isEstablished(operator, 'alder')).toBe(true);
  expect(names()).toEqual([undefined, 'blue', 'red']);
  operator.setPeerings(operator.peerings.filter(({ vrf }) => vrf === 'red'));
  expect(names()).toEqual([undefined, 'blue', 'red']);
  simulation.run(seconds(5));
  expect(names()).toEqual([undefined, 'red']);
  expect(isEstablished(operator, 'cinder')).toBe(true);
  const { vrfs } = operator.simulated.router.snapshot(simulation.now);
  expect(Object.keys(vrfs ?? {})).toEqual(['red']);
  // And it comes back empty.
  operator.setVrfs({ blue: ownIn(operator), red: ownIn(operator) });
  expect(ask(simulation, operator, 'route', '172.21.140.0/27', { vrf: 'blue' })).toEqual([]);
  expectHealthy(operator, alder, basalt, cinder, drift);
});

scenario('after a crash every session is back in its virtual router', (simulation) => {
  const { operator, alder, basalt, cinder, drift } = twoWorlds(simulation);
  operator.simulated.crash();
  simulation.run(seconds(2));
  operator.simulated.start();
  establish(simulation, [
    [operator, alder],
    [operator, basalt],
    [operator, cinder],
    [operator, drift],
  ]);
  simulation.run(seconds(10));
  const { peerings, tables, vrfs } = operator.simulated.router.snapshot(simulation.now);
  expect(peerings.map(({ vrf }) => vrf)).toEqual(['blue', 'blue', 'red', 'red']);
  // Its own in each; and of both neighbors their own, and what one of them has twice.
  expect(tables.ipv4).toEqual({ prefixes: 1, paths: 1 });
  const four = { tables: { ipv4: { prefixes: 4, paths: 4 } } };
  expect(vrfs).toMatchObject({ blue: four, red: four });
  expect(bestPath(simulation, alder, '172.21.140.0/27')).toContain(`${basalt.node.asn}`);
  expect(bestPath(simulation, cinder, '172.21.140.0/27')).toContain(`${drift.node.asn}`);
  expectHealthy(operator, alder, basalt, cinder, drift);
});
