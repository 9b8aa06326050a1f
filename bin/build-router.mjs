/**
 * Bundles router-core for Node: worker, registry worker and command line, into dist/router-core/.
 *
 * The bundles are started by path and need neither Next.js nor node_modules.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The entry points and the files they become. */
const ENTRIES = {
  worker: 'router-core/host/workers/router.ts',
  'registry-worker': 'router-core/host/workers/registry.ts',
  cli: 'router-core/cli/main.ts',
};

/** Builds every bundle; with `watch` it stays and builds again when a source changes. */
export async function buildRouter({ watch = false, onBuilt = () => {} } = {}) {
  const { build, context } = await import('esbuild');
  const options = {
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      Object.entries(ENTRIES).filter(([, path]) => existsSync(join(root, path))),
    ),
    outdir: 'dist/router-core',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'warning',
    // `yaml` is CommonJS inside: it asks for `require` of built-ins.
    banner: {
      js: "import { createRequire as r42CreateRequire } from 'node:module'; const require = r42CreateRequire(import.meta.url);",
    },
  };
  if (!watch) {
    await build(options);
    return () => {};
  }
  const watching = await context({
    ...options,
    plugins: [{ name: 'tell', setup: (b) => b.onEnd(onBuilt) }],
  });
  await watching.watch();
  return () => watching.dispose();
}

if (process.argv[1] === import.meta.filename) await buildRouter();
