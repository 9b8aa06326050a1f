/** EtherGuard's configuration files: what other rooms may use. */

// files
export {
  ALWAYS_QUOTED,
  type ConfigChange,
  change,
  keyText,
  tableValues,
} from './config-change.ts';
// a node's addresses and script
export { type Derived, ipAddressOf, macAddressOf } from './derive-addresses.ts';
// solve
export { MATRIX_TEXT_MAX, readDistanceMatrix } from './distance-matrix.ts';
export { readEdgeConfig } from './edge-config.ts';
export type { EdgeConfig, InterfaceConf, InterfaceType } from './edge-shape.ts';
// families
export { familiesInUse, listenHost } from './families.ts';
// gencfg and example
export { type FreshKeys, freshKeys } from './fresh-keys.ts';
export { type GeneratedFile, generateEdges, generateSuper } from './gencfg.ts';
export {
  readEdgesInput,
  readSuperInput,
  readTemplateCosts,
  superEndpoint,
} from './gencfg-input.ts';
export { CONFIG_OCTETS_MAX, NODES_MAX, SECONDS_MAX } from './limits.ts';
export { type ScriptSubject, scriptEnvironment, splitWords } from './post-script.ts';
export {
  EDGE_SAMPLE,
  EDGES_INPUT_SAMPLE,
  edgeExample,
  type MeshMode,
  SAMPLE_MATRIX,
  SUPER_INPUT_SAMPLE,
  SUPER_SAMPLE,
  superExample,
  superPeer,
} from './samples.ts';
export { shortestWays } from './shortest-ways.ts';
export {
  distanceLines,
  type Link,
  type LinkGraph,
  type Solution,
  solveReport,
  tableLines,
} from './solve.ts';
export { readSuperConfig, type SuperConfig } from './super-config.ts';
export { type DistanceTable, type NextHopTable, nextHopTable } from './tables.ts';
export { decimalOf, integerOf, Notes, type Reading } from './value-readers.ts';
