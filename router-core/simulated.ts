/**
 * Simulated nodes with what only the host has: clock, randomness, fast primitives, files.
 *
 * Not standardized; docs/architecture.md §13. sim/ knows no operating system and host/ knows no
 * simulation; they meet here, behind the second door (client.ts).
 *
 * @module
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createNativeCrypto } from './host/native-crypto.ts';
import { readOrMakeNodeKey } from './host/node-key.ts';
import { readRouterRegistry } from './host/registry-file.ts';
import { type RouterSupervisor, scheduleOnEventLoop } from './host/supervisor.ts';
import { monotonicNow, systemClock } from './host/system-clock.ts';
import { systemRandom } from './host/system-random.ts';
import { createNobleCrypto } from './router/index.ts';
import type { RegistrySource } from './router/types.ts';
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

export type StartedDemo = Omit<DemoNode, 'node'> & {
  readonly router: RouterSupervisor;
  /** The synthetic registry as a folder, for sign-in and questions of the portal. */
  readonly registry: RegistrySource;
};

/** Starts the demo node in this process; it waits for its document. */
export function startDemoNode({ dataFolder, version }: SimulatedRouterOptions): StartedDemo {
  const { node, settings, peerings } = createDemoNode({ ...surroundings(), version });
  const path = join(dataFolder, 'demo-registry');
  writeRegistry(path);
  return { router: node, settings, peerings, registry: { kind: 'directory', path } };
}

/** Starts a node whose peers appear by themselves: `ROOTLESS42_ROUTER=simulated`. */
export function startSimulatedRouter({ version }: SimulatedRouterOptions): RouterSupervisor {
  return createVisitedNode({
    ...surroundings(),
    version,
    readRegistry: (indexPath, checkedAt) => readRouterRegistry(indexPath, checkedAt, systemClock),
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

/** Written once: the parser thread reads registries from folders only. */
function writeRegistry(folder: string): void {
  for (const [path, text] of Object.entries(SYNTHETIC_REGISTRY)) {
    const file = join(folder, 'data', path);
    if (existsSync(file)) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
