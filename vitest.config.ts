import { defineConfig } from 'vitest/config';
import { AloneLast } from './e2e/lab/alone-last.ts';

/**
 * Unit, simulation and service tests; real peers are the project `interop` (needs root), and what takes
 * them long is `soak`, run by `npm run soak` only.
 */
export default defineConfig({
  resolve: { alias: { 'server-only': new URL('./bin/empty.mjs', import.meta.url).pathname } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: AloneLast },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          globalSetup: ['bin/fast-path-setup.ts'],
          setupFiles: ['bin/property-setup.ts'],
          include: [
            '*.test.ts',
            'router-core/**/*.test.ts',
            'app/**/*.test.ts',
            'bin/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          // Who hangs is found by it, not who is slow: a machine with others on it is ten times slower than alone.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'interop',
          globalSetup: ['e2e/lab/build.ts', 'e2e/lab/turns-file.ts'],
          setupFiles: ['e2e/lab/turn.ts'],
          include: ['e2e/interop/**/*.test.ts', 'e2e/lab/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // After the unit tests, where both are run.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'etherguard',
          include: ['e2e/etherguard/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'soak',
          globalSetup: ['e2e/lab/build.ts'],
          include: [
            'e2e/interop/**/*.soak.ts',
            'e2e/interop/decision.test.ts',
            'e2e/interop/mesh-static.test.ts',
            'e2e/interop/wireguard-bulk.test.ts',
          ],
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
