/**
 * Simulated nodes with what only the host has: clock, randomness, fast primitives, files.
 *
 * Not standardized; docs/architecture.md §13. sim/ knows no operating system and host/ knows no
 * simulation; they meet here, behind the second door (client.ts).
 *
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readMeshFiles } from './host/mesh/mesh-files.ts';
import { createNativeCrypto } from './host/native-crypto.ts';
import { readOrMakeNodeKey } from './host/node-key.ts';
import { readRouterRegistry } from './host/registry-file.ts';
import { type RouterSupervisor, scheduleOnEventLoop } from './host/supervisor.ts';
import { monotonicNow, systemClock } from './host/system-clock.ts';
import { systemRandom } from './host/system-random.ts';
import type { MeshSettings } from './router/index.ts';
import { createNobleCrypto } from './router/index.ts';
import type { NodeSettings, RegistrySource } from './router/types.ts';
import {
  createDemoNode,
  createVisitedNode,
  type DemoNode,
  type RealTime,
  SYNTHETIC_REGISTRY,
} from './sim/index.ts';

export {
  TEST_KEYS_PER_NETWORK,
  type TestKeyPair,
  type TestNetwork,
  testKeyPair,
  testNetwork,
  testNetworkOfAsn,
} from './sim/index.ts';

export type SimulatedRouterOptions = {
  readonly dataFolder: string;
  readonly version: string;
};

/** A router like any other, and what it is about. */
export type StartedDemo = {
  readonly supervisor: RouterSupervisor;
  readonly node: NodeSettings;
  readonly place: string;
  /** The synthetic registry as a folder, for sign-in and questions of the portal. */
  readonly registry: RegistrySource;
  /** What its document says of the mesh it is part of. */
  readonly mesh: MeshSettings;
  /** What the neighbors ask for. */
  readonly peerings: DemoNode['peerings'];
};

/** Starts the demo node in this process; it waits for its document. Files go below `<data>/demo`. */
export async function startDemoNode({
  dataFolder,
  version,
}: SimulatedRouterOptions): Promise<StartedDemo> {
  const folder = join(dataFolder, 'demo');
  const path = join(folder, 'registry');
  await writeRegistry(path);
  const { node, settings, mesh, peerings } = createDemoNode({ ...surroundings(), version });
  return {
    supervisor: node,
    node: { ...settings, privateKeyFile: join(folder, 'wg.key') },
    place: 'Simulation',
    registry: { kind: 'directory', path },
    mesh,
    peerings,
  };
}

/** Starts a node whose peers appear by themselves: `ROOTLESS42_ROUTER=simulated`. */
export function startSimulatedRouter({
  dataFolder,
  version,
}: SimulatedRouterOptions): RouterSupervisor {
  return createVisitedNode({
    ...surroundings(),
    version,
    readRegistry: (indexPath, checkedAt) => readRouterRegistry(indexPath, checkedAt, systemClock),
    meshFilesOf: (config) => readMeshFiles(config.mesh, dataFolder),
  });
}

function surroundings() {
  const time: RealTime = {
    wallClock: systemClock,
    now: monotonicNow,
    schedule: scheduleOnEventLoop,
  };
  return {
    time,
    crypto: createNativeCrypto(createNobleCrypto(systemRandom)),
    seed: systemRandom.below(0x7fffffff),
    privateKeyOf: (path: string): Uint8Array => readOrMakeNodeKey(path).privateKey,
  };
}

/** Written with each start: the parser thread reads registries from folders only. */
async function writeRegistry(folder: string): Promise<void> {
  for (const [path, text] of Object.entries(SYNTHETIC_REGISTRY)) {
    const file = join(folder, 'data', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
