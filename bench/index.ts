/**
 * The benchmarks, for bin/bench.mjs and the smoke test.
 *
 * @module
 */
export { BGP_CASE_NAMES, BGP_CASES, BGP_ROUTERS } from './bgp/cases.ts';
export { BGP_DEFAULTS, runBgp } from './bgp/run.ts';
export { UNDERLAYS } from './forwarding/routers.ts';
export { CASE_NAMES, FORWARDING_DEFAULTS, runForwarding } from './forwarding/run.ts';
export { casesOf } from './lab/cases.ts';
export { missingFor } from './lab/requirements.ts';
export { type Report, tableOf } from './lab/results.ts';
export { stopAllStars } from './lab/star.ts';
export { MESH_DEFAULTS, MESH_SIZES, runMesh } from './mesh/run.ts';
export { MESH_RELAY_DEFAULTS, runMeshRelay } from './mesh-relay/run.ts';
export { runMicro } from './micro/run.ts';
