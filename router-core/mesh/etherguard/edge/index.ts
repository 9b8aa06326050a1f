/** An edge of the mesh: what other rooms may use. */
export type {
  MeshEdge,
  MeshEdgeOptions,
  MeshEdgeView,
  MeshLinkView,
  MeshMode,
} from './edge-contract.ts';
export { createMeshEdge } from './mesh-edge.ts';
