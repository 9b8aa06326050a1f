/** The supernode: what other rooms of the router may use. */
export { createSupernode } from './supernode.ts';
export type {
  ApiRequest,
  ApiResponse,
  Supernode,
  SupernodeEdgeView,
  SupernodeOptions,
  SupernodeView,
} from './supernode-contract.ts';
