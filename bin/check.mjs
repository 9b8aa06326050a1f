/**
 * Static checks: format and lint, types, import rules, dead code, documentation paths and error codes.
 *
 * `npm run check` runs exactly what CI runs. Prints a line per check and what failed in full.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Each check: a name, and a command or a function that returns what is wrong. */
const CHECKS = [
  [
    'format and lint',
    ['npx', '--no-install', 'biome', 'ci', '--error-on-warnings', '--colors=off', '.'],
  ],
  ['types', ['npx', '--no-install', 'tsc', '--noEmit', '-p', '.']],
  [
    'import rules',
    [
      'npx',
      '--no-install',
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err-long',
      'router-core',
      'app',
      'bin',
      'bench',
      'e2e',
      'proxy.ts',
      'instrumentation.ts',
    ],
  ],
  ['dead code', ['npx', '--no-install', 'knip', '--no-progress']],
  ['documentation paths', documentationPaths],
  ['error catalogue', errorCatalogue],
];

/** Runs all checks; returns how many passed and failed. */
export async function check() {
  let failed = 0;
  for (const [name, step] of CHECKS) {
    const started = Date.now();
    const problem = typeof step === 'function' ? step() : await command(step);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(`${problem === undefined ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
    if (problem !== undefined) {
      failed++;
      console.log(problem);
    }
  }
  return { passed: CHECKS.length - failed, failed };
}

function command([program, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', npm_config_loglevel: 'error' },
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('close', (code) => {
      // A cruiser that found nothing to cruise reports success; it means its parser is broken.
      const isEmpty = args.includes('depcruise') && /\(0 modules/.test(output);
      resolve(code === 0 && !isEmpty ? undefined : output || `ended with ${code}`);
    });
  });
}

/** Every path that a document names in backticks or links to must exist. */
function documentationPaths() {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    ...markdownIn('docs'),
    ...markdownIn('router-core'),
    ...markdownIn('app'),
    ...markdownIn('bench'),
    ...markdownIn('e2e'),
  ];
  const missing = [];
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');
    const folder = join(document, '..');
    for (const [, path] of text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)) {
      if (!existsSync(join(root, folder, path))) missing.push(`${document}: ${path}`);
    }
    for (const [, path] of text.matchAll(
      /`((?:router-core|app|bin|e2e|bench|docs|prisma)\/[A-Za-z0-9_.()[\]/-]+)`/g,
    )) {
      const exact = path.replace(/\/$/, '');
      if (!existsSync(join(root, exact))) missing.push(`${document}: ${path}`);
    }
  }
  return missing.length === 0 ? undefined : `paths that do not exist:\n  ${missing.join('\n  ')}`;
}

function markdownIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && entry.name.endsWith('.md') && !entry.parentPath.includes('generated'),
    )
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

/** docs/errors.md and the code name the same errors. */
function errorCatalogue() {
  const rows = readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `([A-Z0-9_]+)`/gm);
  const documented = [...rows].map(([, code]) => code);
  const used = new Set([
    ...codesIn('router-core/base/errors.ts', 'ROUTER_ERROR_CODES'),
    ...codesIn('app/_text/errors.ts', 'PORTAL_ERROR_CODES'),
  ]);
  const trouble = {
    'docs/errors.md lacks': [...used].filter((code) => !documented.includes(code)),
    'docs/errors.md describes what the code does not have': documented.filter(
      (code) => !used.has(code),
    ),
    'docs/errors.md describes twice': documented.filter(
      (code, i) => documented.indexOf(code) !== i,
    ),
  };
  const lines = Object.entries(trouble).filter(([, codes]) => codes.length > 0);
  return lines.length === 0
    ? undefined
    : lines.map(([what, codes]) => `${what}: ${codes.join(', ')}`).join('\n');
}

/** The words of `const <name> = [ … ] as const` in a file. */
function codesIn(file, name) {
  const text = readFileSync(join(root, file), 'utf8');
  const list = new RegExp(`^(?:export )?const ${name} = \\[([\\s\\S]*?)\\] as const`, 'm').exec(
    text,
  )?.[1];
  if (list === undefined) throw new Error(`${file} has no list ${name}`);
  return [...list.matchAll(/'([A-Z0-9_]+)'/g)].map(([, code]) => code);
}

if (process.argv[1] === import.meta.filename) {
  const { failed } = await check();
  process.exitCode = failed === 0 ? 0 : 1;
}
