/**
 * The simulation: what others may use.
 *
 * @module
 */
export { createDemoNode, type DemoNode, type DemoNodeOptions } from './demo/demo-node.ts';
export {
  type NetworkName,
  TEST_KEYS_PER_NETWORK,
  type TestKeyPair,
  type TestNetwork,
  testAddresses,
  testKeyPair,
  testNetwork,
  testNetworkOfAsn,
} from './networks.ts';
export type { SimulatedNode, SimulatedNodeState } from './node.ts';
export type { RealTime } from './pace.ts';
export { SYNTHETIC_REGISTRY } from './registry.ts';
export { createSimulation, type Simulation } from './simulation.ts';
export { createUnderlayCapture, type UnderlayCapture } from './underlay-capture.ts';
export { createVisitedNode, type VisitedNodeOptions } from './visited-node.ts';
