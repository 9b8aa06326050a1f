/**
 * The portal's hold on routers: the running portal, its nodes, what rows mean for documents.
 *
 * @module
 */
export { DEMO_NODE, demoNodeOf, type RunningDemo, type StartDemoNode, startDemo } from './demo.ts';
export {
  makeEdges,
  type NewEdge,
  readMeshText,
  type SupernodeToJoin,
  writeMeshText,
} from './mesh-file.ts';
export {
  dropMeshKey,
  keepMeshKey,
  readStoredMesh,
  type StoredMesh,
  writeStoredMesh,
} from './mesh-settings.ts';
export { ofFile } from './node-config.ts';
export { nodeFactsIn, nodeFactsOf, ruleNodeOf } from './node-facts.ts';
export { startNodeRuntime } from './node-runtime.ts';
export { openOptions, sealOptions } from './peering-options.ts';
export {
  type AdministrativeState,
  type PeeringRow,
  passwordOwner,
  peeringColumns,
  peeringRowOf,
  presharedKeyOwner,
} from './peering-row.ts';
export { findPortal, getPortal, type NodeRuntime, type Portal, setPortal } from './portal.ts';
export { type RouterHandle, type RouterState, startRouter } from './supervisor.ts';
export { recordStep } from './timelines.ts';
