/**
 * Compiles the fast path from AssemblyScript into dist/router-core/fast-path.wasm.
 *
 * The module imports its memory, which is shared between threads, as `env.memory`. Its few constants
 * stand below STATIC_END; the tables of the fast path begin above (router-core/packet/plane-layout.ts).
 * Compiled again only when its sources have changed: a digest of them stands beside the module.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const sources = join(root, 'router-core/fast-path/assembly');
/** What the sources import from elsewhere. */
const SHARED_SOURCES = [join(root, 'router-core/packet/plane-layout.ts')];
const generated = join(sources, 'generated/passes.ts');
const out = join(root, 'dist/router-core');
export const moduleFile = join(out, 'fast-path.wasm');
const digestFile = join(out, 'fast-path.digest');

const STATIC_END = 0x8000;
const OPTIONS = [
  '-O3',
  '--noAssert',
  ...['--runtime', 'stub'],
  ...['--enable', 'simd', '--enable', 'threads'],
  ...['--memoryBase', '1024'],
  '--importMemory',
  '--sharedMemory',
  ...['--initialMemory', '1', '--maximumMemory', '65536'],
];

/** Builds the module unless it is there and of these sources. */
export async function buildFastPath() {
  const digest = digestOfSources();
  const isDone = existsSync(moduleFile) && existsSync(digestFile);
  if (isDone && readFileSync(digestFile, 'utf8') === digest) return;
  const { generatePasses } = await import('../router-core/fast-path/assembly/generate-passes.mjs');
  replaceFile(generated, generatePasses());
  const binary = await compile();
  refuseLargeStatics(binary);
  replaceFile(moduleFile, binary);
  replaceFile(digestFile, digest);
}

/** Another build or a starting node may read the file at this moment: it sees the old one or the new one. */
export function replaceFile(file, contents) {
  mkdirSync(dirname(file), { recursive: true });
  const whole = `${file}.${process.pid}`;
  writeFileSync(whole, contents);
  renameSync(whole, file);
}

async function compile() {
  const { default: asc } = await import('assemblyscript/asc');
  let binary;
  const { error, stderr } = await asc.main(
    [join(sources, 'index.ts'), '--baseDir', root, '--outFile', 'module.wasm', ...OPTIONS],
    {
      writeFile(name, contents) {
        if (name === 'module.wasm') binary = contents;
      },
    },
  );
  if (error !== null || binary === undefined)
    throw new Error(`the fast path does not compile\n${stderr}`);
  return binary;
}

function refuseLargeStatics(binary) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  // Nothing but the memory is imported: no function of the host is called on the packet path.
  const module = new WebAssembly.Module(binary);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const end = exports.staticEnd();
  if (end > STATIC_END)
    throw new Error(`static data of the fast path ends at ${end}, above ${STATIC_END}`);
}

function digestOfSources() {
  const hash = createHash('sha256').update(OPTIONS.join(' '));
  const compiler = join(root, 'node_modules/assemblyscript/package.json');
  const files = readdirSync(sources)
    .filter((name) => /\.(?:ts|mjs)$/.test(name))
    .sort()
    .map((name) => join(sources, name));
  for (const file of [compiler, ...SHARED_SOURCES, ...files])
    hash.update(`\0${file.slice(root.length)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

if (process.argv[1] === import.meta.filename) await buildFastPath();
