/**
 * `npm run soak`: the bulk that CI only tastes. Property tests with fifty times the inputs, storms of
 * the simulation with fifty times the seeds.
 *
 *   npm run soak -- --times 200        more of it
 *   ROOTLESS42_SEED=5 npm run soak     the same inputs again
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { prepareRouter } from './prepare.mjs';

const { values } = parseArgs({ options: { times: { type: 'string', default: '50' } } });
const seed = process.env.ROOTLESS42_SEED ?? String(Date.now() % 0x7fffffff);
await prepareRouter();
console.log(`seed ${seed}, ${values.times} times what CI does`);
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    'unit',
    '--testTimeout',
    '3600000',
    'router-core',
  ],
  {
    cwd: path.dirname(import.meta.dirname),
    stdio: 'inherit',
    env: { ...process.env, ROOTLESS42_SEED: seed, ROOTLESS42_SOAK: values.times },
  },
);
process.exitCode = status ?? 1;
