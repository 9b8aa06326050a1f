/** Whole routers in one layer-2 mesh: relays, ways that change, a supernode inside of one of them. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import type { PingRow } from '../../router/measurements/index.ts';
import type { OperatedRouter } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import {
  addMeshRouter,
  edgeFields,
  peerFields,
  supernodeFields,
  underSupernode,
} from '../testing/mesh-settings.ts';
import { ask, expectHealthy, scenario } from '../testing/scenario.ts';

scenario('a ping crosses a pure relay, by the table of the file', (simulation) => {
  const { alder, basalt, cinder } = chain(simulation);
  simulation.run(seconds(10));

  expect(pings(simulation, alder, '10.42.0.3')).toEqual(['reply', 'reply', 'reply']);
  expect(pings(simulation, cinder, 'fd42:42::1')).toEqual(['reply', 'reply', 'reply']);
  expect(edgeOf(simulation, alder).ways).toContainEqual({ from: 1, to: 3, nodes: [1, 2, 3] });
  expect(edgeOf(simulation, basalt).links.find(({ node }) => node === 3)?.relayedFrames).toBeGreaterThan(6);
  expect(edgeOf(simulation, alder).port?.neighbors).toContainEqual(
    expect.objectContaining({ address: '10.42.0.3', linkAddress: '02:42:ac:10:00:03' }),
  );
  expectHealthy(alder, basalt, cinder);
});

scenario('a static route leads over the mesh, with no kernel at all', (simulation) => {
  const { alder, cinder } = chain(simulation, {
    alder: [{ prefix: '172.21.131.0/27', via: '10.42.0.3' }],
    cinder: [{ prefix: '172.21.129.0/27', via: 'fe80::1%mesh' }],
  });
  simulation.run(seconds(10));

  expect(pings(simulation, alder, '172.21.131.1')).toEqual(['reply', 'reply', 'reply']);
  alder.setMesh(alder.document.mesh);
  expect(pings(simulation, alder, '172.21.131.1')).toEqual(['error', 'error', 'error']);
  expectHealthy(alder, cinder);
});

/** Alder (1), basalt (2, a relay without an interface) and cinder (3); the ends do not know each other. */
function chain(
  simulation: Simulation,
  routes: Readonly<Record<string, OperatedRouter['document']['routes']>> = {},
): { alder: OperatedRouter; basalt: OperatedRouter; cinder: OperatedRouter } {
  const [alder, basalt, cinder] = (['alder', 'basalt', 'cinder'] as const).map((name) =>
    addMeshRouter(simulation, name),
  ) as [OperatedRouter, OperatedRouter, OperatedRouter];
  const NextHopTable = {
    1: { 2: 2, 3: 2 },
    2: { 1: 1, 3: 3 },
    3: { 1: 2, 2: 2 },
  };
  const hub = [peerFields(2, 'basalt')];
  alder.setMesh({ edge: edgeFields(1, { NextHopTable, Peers: hub }) }, routes.alder);
  cinder.setMesh({ edge: edgeFields(3, { NextHopTable, Peers: hub }) }, routes.cinder);
  const Peers = [peerFields(1, 'alder'), peerFields(3, 'cinder')];
  basalt.setMesh({
    edge: edgeFields(2, { NextHopTable, Peers, Interface: { IType: 'dummy' } }),
  });
  return { alder, basalt, cinder };
}

/** What became of three pings. */
const pings = (simulation: Simulation, router: OperatedRouter, target: string): string[] =>
  (ask(simulation, router, 'ping', target, { count: 3 }) as unknown as PingRow[]).map(
    ({ outcome }) => outcome,
  );

function edgeOf(simulation: Simulation, router: OperatedRouter) {
  const status = router.simulated.router.mesh.view(simulation.now)?.edge?.status;
  if (status === undefined || status === null)
    throw new Error(`${router.node.name} has no edge that runs`);
  return status;
}
