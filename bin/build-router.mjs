/**
 * Bundles router-core for Node: worker, registry worker and command line, into dist/router-core/, and
 * the fast path beside them.
 *
 * The bundles are started by path and need neither Next.js nor node_modules.
 *
 * @module
 */
import { join } from 'node:path';
import { buildFastPath, replaceFile } from './build-fast-path.mjs';

const root = join(import.meta.dirname, '..');

/** The entry points and the files they become. */
const ENTRIES = {
  worker: 'router-core/host/workers/router.ts',
  'packet-worker': 'router-core/host/workers/packets.ts',
  'registry-worker': 'router-core/host/workers/registry.ts',
  cli: 'router-core/cli/main.ts',
};

const OPTIONS = {
  absWorkingDir: root,
  outdir: 'dist/router-core',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'linked',
  legalComments: 'none',
  // Every thread keeps the text of its bundle.
  minifyWhitespace: true,
  // Optional, with native code in packages of its own: found in node_modules or not at all.
  external: ['koffi'],
  logLevel: 'warning',
  entryPoints: ENTRIES,
  // `yaml` is CommonJS inside: it asks for `require` of built-ins.
  banner: {
    js: "import { createRequire as r42CreateRequire } from 'node:module'; const require = r42CreateRequire(import.meta.url);",
  },
};

/** Builds every bundle and the module of the fast path. */
export async function buildRouter() {
  await buildFastPath();
  const { build } = await import('esbuild');
  const { outputFiles } = await build({ ...OPTIONS, write: false });
  for (const { path, contents } of outputFiles) replaceFile(path, contents);
}

/** Builds, and again when a source changes; `onBuilt` hears of each. The result ends it. */
export async function watchRouter(onBuilt) {
  await buildFastPath();
  const { context } = await import('esbuild');
  const watching = await context({
    ...OPTIONS,
    plugins: [{ name: 'tell', setup: (build) => build.onEnd(onBuilt) }],
  });
  await watching.watch();
  return () => watching.dispose();
}

if (process.argv[1] === import.meta.filename) await buildRouter();
