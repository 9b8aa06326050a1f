/**
 * Makes the checkout ready to run: packages, database clients, router bundles, pages.
 *
 * Only Node built-ins at the top: nothing may be installed yet. Each step runs when its inputs have
 * changed since its stamp in .cache/ was written, so a start with nothing to do takes a moment and
 * writes nowhere in the checkout, which may belong to somebody else.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const stamps = path.join(root, '.cache');

/** In order; a step's inputs are files and folders, its outputs must exist for the stamp to count. */
const STEPS = {
  packages: {
    says: 'installing packages',
    inputs: ['package-lock.json'],
    outputs: ['node_modules/next/package.json'],
    isDoneByHand: isInstalledByHand,
    run: () => npm(['ci', '--include=dev', '--no-audit', '--no-fund']),
  },
  clients: {
    says: 'generating the database client',
    inputs: ['prisma/schema.prisma', 'bin/generate-clients.mjs', 'package-lock.json'],
    outputs: ['app/_db/generated/sqlite/client.ts'],
    run: async () => (await import('./generate-clients.mjs')).generateClients(root),
  },
  router: {
    says: 'bundling the router',
    inputs: ['router-core', 'bin/build-router.mjs', 'bin/build-fast-path.mjs', 'package-lock.json'],
    outputs: [
      'dist/router-core/worker.js',
      'dist/router-core/packet-worker.js',
      'dist/router-core/registry-worker.js',
      'dist/router-core/fast-path.wasm',
    ],
    run: async () => (await import('./build-router.mjs')).buildRouter(),
  },
  pages: {
    says: 'building the pages (about half a minute)',
    inputs: [
      'app',
      'public',
      'router-core',
      'prisma/schema.prisma',
      'instrumentation.ts',
      'proxy.ts',
      'next.config.js',
      'postcss.config.mjs',
      'tsconfig.json',
      'package-lock.json',
    ],
    outputs: ['.next/BUILD_ID'],
    run: () =>
      node([path.join(root, 'node_modules/next/dist/bin/next'), 'build'], {
        NODE_ENV: 'production',
      }),
  },
};

/** Does every step that is due. */
export async function prepare() {
  await doSteps(['packages', 'clients', 'router', 'pages']);
}

/** What the command line and a headless node need. */
export async function prepareRouter() {
  await doSteps(['packages', 'router']);
}

/** What a development server needs: it builds pages by itself. */
export async function prepareDevelopment() {
  await doSteps(['packages', 'clients', 'router']);
}

async function doSteps(names) {
  for (const name of names) {
    const step = STEPS[name];
    const digest = digestOf(step.inputs);
    const stamp = path.join(stamps, `${name}.stamp`);
    const isDone =
      step.outputs.every((output) => existsSync(path.join(root, output))) &&
      readIfThere(stamp) === digest;
    if (isDone) continue;
    refuseReadOnly(step);
    if (step.isDoneByHand?.() !== true) {
      console.log(`rootless42: ${step.says}`);
      await step.run().catch((error) => {
        console.error(`rootless42: ${step.says} failed: ${error.message}`);
        process.exit(1);
      });
    }
    mkdirSync(stamps, { recursive: true });
    // Read again: a step may have changed its own inputs, such as a file Next completes.
    writeFileSync(stamp, digestOf(step.inputs));
  }
}

function refuseReadOnly(step) {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    console.error(
      `rootless42: ${step.says} is due, but this user cannot write to ${root}. ` +
        'Run `npm start` once as its owner.',
    );
    process.exit(1);
  }
}

/** Whether somebody ran `npm ci` since the lock file changed: npm then writes a lock of its own. */
function isInstalledByHand() {
  const ours = statSync(path.join(root, 'package-lock.json'));
  const npms = statSync(path.join(root, 'node_modules/.package-lock.json'), {
    throwIfNoEntry: false,
  });
  return (
    npms !== undefined &&
    npms.mtimeMs >= ours.mtimeMs &&
    existsSync(path.join(root, 'node_modules/next/package.json'))
  );
}

/** Returns a digest of names and contents; tests and generated files do not count. */
function digestOf(inputs) {
  const hash = createHash('sha256').update(`node ${process.versions.modules}\n`);
  for (const input of inputs) {
    for (const file of filesUnder(path.join(root, input))) {
      hash.update(`${path.relative(root, file)}\0`);
      hash.update(readFileSync(file));
      hash.update('\0');
    }
  }
  return hash.digest('hex');
}

function filesUnder(start) {
  const stats = statSync(start, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (stats.isFile()) return [start];
  return readdirSync(start, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const full = path.join(start, entry.name);
      if (entry.isDirectory())
        return ['generated', 'fixtures', 'node_modules'].includes(entry.name)
          ? []
          : filesUnder(full);
      return entry.isFile() && !/\.(?:test\.tsx?|md)$/.test(entry.name) ? [full] : [];
    });
}

const readIfThere = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** The npm that started us, so that nvm and the like are respected. */
function npm(args) {
  const command = process.env.npm_execpath;
  return command?.endsWith('.js') ? node([command, ...args]) : run('npm', args);
}

const node = (args, environment = {}) => run(process.execPath, args, environment);

function run(command, args, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        NEXT_TELEMETRY_DISABLED: '1',
        CHECKPOINT_DISABLE: '1',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        ...environment,
      },
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${path.basename(command)} ${args[0]} ended with ${code}`)),
    );
  });
}
