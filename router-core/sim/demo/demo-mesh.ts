/**
 * The mesh around the demo node: its other routers, how long packets take, and a little life.
 *
 * Not standardized; docs/architecture.md §13. Every few minutes the cable from Singapore to Frankfurt is slow for a
 * while, in that direction only: ways over it change and come back. New York keeps asking Hong Kong whether it is
 * there, so that somebody has frames to relay.
 *
 * @module
 */
import { formatIpAddress } from '../../base/ip-address.ts';
import { seconds } from '../../base/units.ts';
import { startQuery } from '../../router/door/queries/index.ts';
import { testKeyPair, testNetwork } from '../networks.ts';
import { addOperatedRouter, type OperatedRouter, settingsOf } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import { edgeSettings, MESH_CITIES, meshFilesOf, meshLatencyMs } from './mesh-cast.ts';

/** What the network of the demo adds to every datagram: its latency, and half of its jitter. */
const USUAL_MS = 15;
const SLOW_MS = 45;
const SLOW_EVERY = seconds(240);
const SLOW_FOR = seconds(60);
const ASKS_EVERY = seconds(5);
/** The first routers of the operator's network are others. */
const FIRST_HOST = 10;

export function createDemoMesh(simulation: Simulation): void {
  const routers = new Map<string, OperatedRouter>();
  for (const [i, city] of MESH_CITIES.entries()) {
    if (i === 0) continue;
    const { name, underlay } = city;
    const router = addOperatedRouter(simulation, {
      node: { ...settingsOf(testNetwork('operator'), FIRST_HOST + i), name, announce: [] },
      privateKey: testKeyPair(name, 1).privateKey,
      underlay,
      meshFilesOf: () => meshFilesOf(name),
    });
    router.setMesh(edgeSettings(city));
    routers.set(name, router);
  }

  let isSlow = false;
  simulation.network.setExtraLatency(({ from, to }) => {
    const [here, there] = [formatIpAddress(from.address), formatIpAddress(to.address)];
    const ms = meshLatencyMs(here, there);
    if (ms === undefined) return 0;
    const isSlowCable = here === addressOf('singapore') && there === addressOf('frankfurt');
    return Math.max(0, ms - USUAL_MS) + (isSlow && isSlowCable ? SLOW_MS : 0);
  });
  const slowDown = (): void => {
    isSlow = true;
    simulation.after(SLOW_FOR, () => {
      isSlow = false;
    });
    simulation.after(SLOW_EVERY, slowDown);
  };
  simulation.after(SLOW_EVERY, slowDown);

  const asking = routers.get('newyork');
  const asked = MESH_CITIES.find(({ name }) => name === 'hongkong')?.address;
  const ask = (): void => {
    simulation.after(ASKS_EVERY, ask);
    if (asking !== undefined && asked !== undefined) ping(simulation, asking, asked);
  };
  ask();
}

const addressOf = (name: string): string | undefined =>
  MESH_CITIES.find((city) => city.name === name)?.underlay.ipv4;

/** Sends pings, and lets nobody wait for what comes of them. */
function ping(simulation: Simulation, { simulated }: OperatedRouter, argument: string): void {
  const query = { name: 'ping', argument, options: { count: 3 } } as const;
  const run = startQuery(simulated.router, query, simulation.now);
  simulated.touch();
  const stop = simulated.onSettled(() => {
    let step = run.next();
    while (step.done !== true && step.value !== undefined) step = run.next();
    if (step.done === true) stop();
  });
}
