/**
 * Property tests: a seed that is printed, and more runs for a soak.
 *
 * `ROOTLESS42_SEED` replays a run; `ROOTLESS42_SOAK` multiplies how many inputs are tried where a test
 * names no number of its own. A failing property prints its seed and path as well.
 *
 * @module
 */
import fc from 'fast-check';

const seed = Number(process.env.ROOTLESS42_SEED ?? Date.now() % 0x7fffffff);
const soak = Number(process.env.ROOTLESS42_SOAK ?? 1);
fc.configureGlobal({ seed, numRuns: 100 * soak });
