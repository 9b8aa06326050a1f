/** Whole routers in one layer-2 mesh: relays, ways that change, a supernode inside of one of them. */
import { expect } from 'vitest';
import { formatIpAddress, type IpAddress } from '../../base/ip-address.ts';
import { seconds } from '../../base/units.ts';
import type { MeshSettings } from '../../router/index.ts';
import type { PingRow } from '../../router/measurements/index.ts';
import type { HostNeighborConfig, RouterEvent } from '../../router/types.ts';
import type { OperatedRouter } from '../operated-router.ts';
import { syntheticRegistry } from '../registry.ts';
import type { Simulation } from '../simulation.ts';
import {
  addMeshRouter,
  edgeFields,
  peerFields,
  supernodeFields,
  underSupernode,
} from '../testing/mesh-settings.ts';
import {
  ask,
  bestPath,
  establish,
  expectHealthy,
  isEstablished,
  scenario,
} from '../testing/scenario.ts';

scenario('a ping crosses a pure relay, by the table of the file', (simulation) => {
  const { alder, basalt, cinder } = chain(simulation);
  simulation.run(seconds(10));

  expect(pings(simulation, alder, '10.42.0.3')).toEqual(['reply', 'reply', 'reply']);
  expect(pings(simulation, cinder, 'fd42:42::1')).toEqual(['reply', 'reply', 'reply']);
  expect(edgeOf(simulation, alder).ways).toContainEqual({ from: 1, to: 3, nodes: [1, 2, 3] });
  expect(
    edgeOf(simulation, basalt).links.find(({ node }) => node === 3)?.relayedFrames,
  ).toBeGreaterThan(6);
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

scenario('a prefix that had a static route becomes that of the mesh', (simulation) => {
  const prefix = '10.43.0.0/24';
  const { alder, cinder } = chain(simulation, { alder: [{ prefix, via: '10.42.0.3' }] });
  simulation.run(seconds(10));
  const Interface = { MacAddrPrefix: '02:42:AC:10', IPv4CIDR: prefix };
  const hub = [peerFields(2, 'basalt')];
  alder.setMesh(chainEdge(1, hub, { Interface }));
  cinder.setMesh(chainEdge(3, hub, { Interface }));
  simulation.run(seconds(10));
  expect(pings(simulation, alder, '10.43.0.3')).toEqual(['reply', 'reply', 'reply']);
  expectHealthy(alder, cinder);
});

scenario(
  'a supernode inside of one router joins all three, and ways follow one direction',
  (simulation) => {
    const { alder, basalt, cinder } = superMesh(simulation);
    const isJoined = (): boolean =>
      [alder, basalt, cinder].every((router) => edgeOf(simulation, router).ways.length === 2);
    simulation.until('all have a table of all', isJoined, seconds(60));
    simulation.run(seconds(10));
    expect(pings(simulation, alder, '10.42.0.3')).toEqual(['reply', 'reply', 'reply']);
    expect(wayTo(simulation, alder, 3)).toEqual([1, 3]);
    const { supernode } = basalt.simulated.router.mesh.view(simulation.now) ?? {};
    expect(supernode?.status?.edges.map(({ node, isAlive }) => [node, isAlive])).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ]);

    // From alder to cinder it takes longer than by basalt; the other way nothing changes.
    simulation.network.setExtraLatency(({ from, to }) =>
      isAt(from, '203.0.113.11') && isAt(to, '203.0.113.13') ? 100 : 0,
    );
    simulation.until(
      'the way from alder to cinder leads by basalt',
      () => wayTo(simulation, alder, 3)?.join() === '1,2,3',
      seconds(20),
    );
    expect(wayTo(simulation, cinder, 1)).toEqual([3, 1]);
    expect(pings(simulation, alder, '10.42.0.3')).toEqual(['reply', 'reply', 'reply']);
    expectHealthy(alder, basalt, cinder);
  },
);

scenario('what a document takes back is gone, and the node goes on', (simulation) => {
  const { alder, basalt, cinder } = superMesh(simulation);
  simulation.run(seconds(40));
  expect(edgeOf(simulation, cinder).ways).toHaveLength(2);

  const report = basalt.setMesh(undefined);
  expect(report.lines).toEqual([
    { entity: 'mesh', id: 'edge', outcome: 'removing' },
    { entity: 'mesh', id: 'supernode', outcome: 'removing' },
  ]);
  simulation.run(seconds(60));
  expect(basalt.simulated.router.snapshot(simulation.now).mesh).toBeUndefined();
  expect(edgeOf(simulation, cinder).supernode?.problem).toMatch(/./);
  const link = edgeOf(simulation, cinder).links.find(({ node }) => node === 2);
  expect(link).toMatchObject({ isAlive: false, problem: expect.stringMatching(/./) });
  expectHealthy(alder, basalt, cinder);
});

scenario('a wish that is wrong leaves what runs as it was, and says so', (simulation) => {
  const { alder, basalt, cinder } = chain(simulation);
  const told: RouterEvent[] = [];
  alder.simulated.onEvent((event) => told.push(event));
  simulation.run(seconds(10));
  const good = alder.document.mesh;
  const report = alder.setMesh({ edge: { ...good?.edge, DefaultTTL: 0 } });
  expect(report.lines).toContainEqual({
    entity: 'mesh',
    id: 'edge',
    outcome: 'failed',
    code: 'CONFIG_TYPE',
    path: 'mesh.edge.DefaultTTL',
    message: expect.stringContaining('mesh.edge.DefaultTTL must be'),
  });
  expect(pings(simulation, alder, '10.42.0.3')).toEqual(['reply', 'reply', 'reply']);
  const { mesh } = alder.simulated.router.snapshot(simulation.now);
  expect(mesh?.edge?.problem).toMatchObject({ code: 'CONFIG_TYPE' });
  expect(JSON.parse(JSON.stringify(mesh))).toEqual(mesh);

  alder.setMesh(good);
  alder.setMesh(undefined);
  const events = told.flatMap((event) => (event.kind === 'mesh' ? [event.mesh] : []));
  expect(events.some((view) => view?.edge?.problem !== null)).toBe(true);
  expect(events.at(-2)?.edge?.problem).toBeNull();
  simulation.run(seconds(1));
  expect(told.findLast((event) => event.kind === 'mesh')).toEqual({ kind: 'mesh', mesh: null });
  expectHealthy(alder, basalt, cinder);
});

scenario('two nodes speak BGP over the mesh, and packets follow its routes', (simulation) => {
  const { alder, basalt, cinder } = chain(simulation);
  const registry = syntheticRegistry(simulation.wallClock.now());
  for (const router of [alder, cinder]) router.simulated.setRegistry(registry);
  alder.setHostNeighbors([overMesh(cinder, '10.42.0.3')]);
  cinder.setHostNeighbors([overMesh(alder, '10.42.0.1')]);
  establish(simulation, [[alder, cinder]]);
  simulation.run(seconds(5));

  expect(bestPath(simulation, alder, '172.21.131.0/27')).toBe('4242426003');
  expect(bestPath(simulation, cinder, 'fdb1:6000:101::/48')).toBe('4242426001');
  expect(pings(simulation, alder, '172.21.131.1')).toEqual(['reply', 'reply', 'reply']);
  expect(pings(simulation, cinder, 'fdb1:6000:101::1')).toEqual(['reply', 'reply', 'reply']);
  expect(alder.peering('cinder')).toMatchObject({ over: 'mesh', tunnel: null });

  // Without the mesh there is no way to it, and the document says which entry that is.
  const report = alder.setMesh(undefined);
  expect(report.lines).toContainEqual(
    expect.objectContaining({ id: 'cinder', outcome: 'failed', code: 'MESH_ADDRESS' }),
  );
  simulation.run(seconds(12));
  expect(isEstablished(cinder, 'alder')).toBe(false);
  alder.setMesh(chainEdge(1, [peerFields(2, 'basalt')]));
  establish(simulation, [[alder, cinder]], seconds(180));
  simulation.run(seconds(5));
  expect(pings(simulation, alder, '172.21.131.1')).toEqual(['reply', 'reply', 'reply']);
  expectHealthy(alder, basalt, cinder);
});

/** A neighbor at an address on the mesh, as a document has it. */
const overMesh = ({ node }: OperatedRouter, address: string): HostNeighborConfig => ({
  id: node.name,
  name: node.name,
  asn: node.asn,
  over: 'mesh',
  address,
  port: 179,
  passive: false,
  families: ['ipv4', 'ipv6'],
  extendedNextHop: false,
  policy: 'full',
  importLimit: 9000,
  holdTime: 9,
  enabled: true,
});

/** Alder (1), basalt (2) and cinder (3) by a supernode that runs in basalt. */
function superMesh(simulation: Simulation): {
  alder: OperatedRouter;
  basalt: OperatedRouter;
  cinder: OperatedRouter;
} {
  const names = ['alder', 'basalt', 'cinder'] as const;
  const edges = names.map((name, i) => [i + 1, name] as const);
  const [alder, basalt, cinder] = names.map((name) => addMeshRouter(simulation, name)) as [
    OperatedRouter,
    OperatedRouter,
    OperatedRouter,
  ];
  const change = underSupernode('basalt');
  basalt.setMesh({ edge: edgeFields(2, change), supernode: supernodeFields(edges) });
  alder.setMesh({ edge: edgeFields(1, change) });
  cinder.setMesh({ edge: edgeFields(3, change) });
  return { alder, basalt, cinder };
}

const wayTo = (simulation: Simulation, router: OperatedRouter, node: number) =>
  edgeOf(simulation, router).ways.find(({ to }) => to === node)?.nodes;

const isAt = ({ address }: { readonly address: IpAddress }, text: string): boolean =>
  formatIpAddress(address) === text;

/** Alder (1), basalt (2, a relay without an interface) and cinder (3); the ends do not know each other. */
function chain(
  simulation: Simulation,
  routes: Readonly<Record<string, OperatedRouter['document']['routes']>> = {},
): { alder: OperatedRouter; basalt: OperatedRouter; cinder: OperatedRouter } {
  const [alder, basalt, cinder] = (['alder', 'basalt', 'cinder'] as const).map((name) =>
    addMeshRouter(simulation, name),
  ) as [OperatedRouter, OperatedRouter, OperatedRouter];
  const hub = [peerFields(2, 'basalt')];
  alder.setMesh(chainEdge(1, hub), routes.alder);
  cinder.setMesh(chainEdge(3, hub), routes.cinder);
  const Peers = [peerFields(1, 'alder'), peerFields(3, 'cinder')];
  basalt.setMesh(chainEdge(2, Peers, { Interface: { IType: 'dummy' } }));
  return { alder, basalt, cinder };
}

const chainEdge = (
  node: number,
  Peers: readonly unknown[],
  change: Parameters<typeof edgeFields>[1] = {},
): MeshSettings => ({
  edge: edgeFields(node, {
    NextHopTable: { 1: { 2: 2, 3: 2 }, 2: { 1: 1, 3: 3 }, 3: { 1: 2, 2: 2 } },
    Peers,
    ...change,
  }),
});

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
