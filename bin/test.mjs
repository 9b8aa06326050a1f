/**
 * `npm test`: installs what the tests need, then runs everything: static checks, unit and simulation,
 * interoperability with real peers, and the journeys in a browser.
 *
 *   npm test                       everything this machine allows; says what is left out and why
 *   npm test -- --strict           what is left out counts as failed (CI)
 *   npm test -- --only unit,check  some suites
 *
 * Names again at the end what failed, and ends with the line `N passed, N failed`.
 *
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { readPlaywrightReport, readVitestReport, withSecondRun } from './test-reports.mjs';

const root = join(import.meta.dirname, '..');
const reports = join(root, 'test-results');
const VITEST = 'node_modules/vitest/vitest.mjs';
const NOTHING = { passed: 0, leftOut: 0, failures: [] };
const { values } = parseArgs({
  options: { strict: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const wanted = values.only?.split(',');
const isRoot = process.getuid?.() === 0;

/** Debian packages by the program that tells whether they are there. */
const PACKAGES = {
  bird: 'bird2',
  '/usr/lib/frr/bgpd': 'frr',
  gobgpd: 'gobgpd',
  'wireguard-go': 'wireguard-go',
  stayrtr: 'stayrtr',
  bgpdump: 'bgpdump',
  tshark: 'tshark',
  tcpdump: 'tcpdump',
  wg: 'wireguard-tools',
  ip: 'iproute2',
  sysctl: 'procps',
  ping: 'iputils-ping',
  traceroute: 'traceroute',
  iperf3: 'iperf3',
  openssl: 'openssl',
  gpg: 'gnupg',
  'ssh-keygen': 'openssh-client',
  setpriv: 'util-linux',
  git: 'git',
  [process.env.CHROMIUM ?? '/usr/bin/chromium']: 'chromium',
};
const BROWSER_PACKAGES = new Set(['chromium', 'gnupg', 'openssh-client']);

const SUITES = [
  { name: 'check', run: async () => (await import('./check.mjs')).check() },
  { name: 'unit', run: () => vitest('unit') },
  { name: 'interop', needsRoot: true, run: () => vitest('interop') },
  { name: 'journeys', needsBrowser: true, run: playwright },
];

const has = (program) =>
  program.startsWith('/')
    ? existsSync(program)
    : spawnSync('sh', ['-c', `command -v ${program}`]).status === 0 ||
      existsSync(`/usr/sbin/${program}`);
const missing = () =>
  Object.entries(PACKAGES)
    .filter(([program]) => !has(program))
    .map(([, name]) => name);

/** Runs a program with its output shown; resolves with its exit code. */
function run(program, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
        NEXT_TELEMETRY_DISABLED: '1',
        CHECKPOINT_DISABLE: '1',
        ROOTLESS42_SEED: seed,
        npm_config_loglevel: 'error',
        ...env,
      },
    });
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

async function installPackages() {
  const packages = missing();
  if (packages.length === 0 || !isRoot || !existsSync('/etc/debian_version')) return;
  console.log(`Installing Debian packages: ${packages.join(' ')}`);
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], quiet);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet);
}

/** Why a suite cannot run here, or undefined. */
function hindrance(suite) {
  const lacking = missing();
  if (suite.needsRoot && !isRoot) return 'needs root: it makes network namespaces';
  if (suite.needsRoot && lacking.length > 0)
    return `needs the Debian packages ${lacking.join(', ')}`;
  if (suite.needsRoot && !existsSync('/dev/net/tun'))
    return 'needs /dev/net/tun for the real peers';
  const forBrowser = lacking.filter((name) => BROWSER_PACKAGES.has(name));
  if (suite.needsBrowser && forBrowser.length > 0)
    return `needs the Debian packages ${forBrowser.join(', ')}`;
  return undefined;
}

/** A project of vitest, and once more those of its files of which no test ran: their worker never began. */
async function vitest(project) {
  const first = await vitestOnce(project);
  if (first.code === 0 || first.result === undefined) return counted(first);
  const again = filesOf(project).filter((file) => !first.result.ran.has(file));
  if (again.length === 0) return counted(first);
  console.log(`\nNo test of these files ran; they are run again: ${again.join(' ')}`);
  totals.runTwice.push(...again);
  const second = await vitestOnce(project, again);
  if (second.result === undefined) return counted(first);
  const result = withSecondRun(first.result, second.result, again);
  return counted({ code: again.every((file) => result.ran.has(file)) ? 0 : 1, result });
}

async function vitestOnce(project, files = []) {
  const name = `${project}${files.length === 0 ? '' : '-again'}`;
  const report = join(reports, `${name}.json`);
  const errors = join(reports, `${name}-errors.json`);
  const code = await run(
    process.execPath,
    [
      VITEST,
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      '--reporter=./bin/unhandled-errors-reporter.mjs',
      `--outputFile.json=${report}`,
      ...files,
    ],
    { ROOTLESS42_UNHANDLED_ERRORS: errors },
  );
  if (!existsSync(report) || !existsSync(errors)) return { code };
  return { code, result: readVitestReport(readJson(report), readJson(errors), root) };
}

/** The files a project of vitest has; none where that cannot be found out. */
function filesOf(project) {
  const words = [VITEST, 'list', '--filesOnly', '--json', '--project', project];
  const { stdout, status } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout).map(({ file }) => relative(root, file)) : [];
}

async function playwright() {
  const report = join(reports, 'journeys.json');
  const code = await run(
    process.execPath,
    ['node_modules/@playwright/test/cli.js', 'test', '--config', 'playwright.config.ts'],
    { PLAYWRIGHT_JSON_OUTPUT_FILE: report },
  );
  return counted(
    existsSync(report) ? { code, result: readPlaywrightReport(readJson(report)) } : { code },
  );
}

/** What a suite adds to the sum; a runner that ends badly without a word has failed once. */
function counted({ code, result: { passed, leftOut, failures } = NOTHING }) {
  const failed = code !== 0 && failures.length === 0 ? 1 : failures.length;
  return { passed, failed, leftOut, failures: failures.map(({ text }) => text) };
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const started = Date.now();
// Property tests print theirs too; this one replays all of them.
const seed = process.env.ROOTLESS42_SEED ?? String(started % 0x7fffffff);
console.log(`Seed of the property tests: ${seed} (ROOTLESS42_SEED)`);
await installPackages();
const { prepare } = await import('./prepare.mjs');
await prepare();

const totals = { passed: 0, failed: 0, leftOut: [], failures: [], runTwice: [] };
for (const suite of SUITES) {
  if (wanted !== undefined && !wanted.includes(suite.name)) continue;
  const why = hindrance(suite);
  if (why !== undefined) {
    totals.leftOut.push(`${suite.name} (${why})`);
    if (values.strict) totals.failed++;
    continue;
  }
  console.log(`\n== ${suite.name} ==`);
  const suiteStarted = Date.now();
  const { passed, failed, leftOut = 0, failures = [] } = await suite.run();
  totals.passed += passed;
  totals.failed += failed;
  totals.failures.push(...failures);
  if (leftOut > 0) {
    totals.leftOut.push(`${leftOut} tests of ${suite.name}`);
    if (values.strict) totals.failed += leftOut;
  }
  console.log(
    `${suite.name}: ${passed} passed, ${failed} failed in ${Math.round((Date.now() - suiteStarted) / 1000)} s`,
  );
}
if (totals.runTwice.length > 0)
  console.log(`\nBegan to run only the second time: ${totals.runTwice.join(' ')}`);
if (totals.failures.length > 0) console.log(`\nFailed:\n${totals.failures.join('\n')}`);
console.log(
  `\nLeft out: ${totals.leftOut.join('; ') || 'nothing'}. Time: ${Math.round((Date.now() - started) / 1000)} s.`,
);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
