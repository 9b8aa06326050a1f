/**
 * `npm run soak`: the bulk that CI only tastes. Property tests with fifty times the inputs, storms of
 * the simulation with fifty times the seeds, two days on the virtual clock; as root also ten minutes and
 * 10 GB with real peers, and ten topologies beside BIRD.
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

/** Runs a project of vitest; returns its exit code. */
function vitest(...words) {
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...words],
    {
      cwd: path.dirname(import.meta.dirname),
      stdio: 'inherit',
      env: { ...process.env, ROOTLESS42_SEED: seed, ROOTLESS42_SOAK: values.times },
    },
  );
  return status ?? 1;
}

const inMemory = vitest('--project', 'unit', '--testTimeout', '3600000', 'router-core');
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('left out: real peers, which need root');
const withPeers = isRoot ? vitest('--project', 'soak') : 0;
process.exitCode = inMemory || withPeers;
