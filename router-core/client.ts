/**
 * The second door: what starts and feeds a router. Only app/_router and app/_registry may open it.
 *
 * @module
 */

export { makeEdges, type NewEdge, type SupernodeToJoin } from './host/mesh/new-edges.ts';
export { readOrMakeNodeKey, writeNodeKey } from './host/node-key.ts';
export {
  indexInWorker,
  loadRegistryIndex,
  newestRegistryIndex,
  type OpenedRegistrySource,
  openRegistrySource,
  readLastCheck,
  writeLastCheck,
} from './host/registry-sources/index.ts';
export { resolveEndpoint } from './host/resolve.ts';
export {
  type RouterSupervisor,
  type SupervisorOptions,
  type SupervisorState,
  startRouterSupervisor,
} from './host/supervisor.ts';
export { newYamlFile, parseYamlFile } from './host/yaml-file.ts';
export { ALWAYS_QUOTED } from './mesh/etherguard/config/index.ts';
export {
  type SimulatedRouterOptions,
  type StartedDemo,
  startDemoNode,
  startSimulatedRouter,
  TEST_KEYS_PER_NETWORK,
  type TestKeyPair,
  type TestNetwork,
  testKeyPair,
  testNetwork,
  testNetworkOfAsn,
} from './simulated.ts';
