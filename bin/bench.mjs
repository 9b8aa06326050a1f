/**
 * Benchmarks against established programs in the same place; forwarding and bgp need root and Linux.
 *
 *   npm run bench:forwarding -- [--json] [--rounds N] [--time S] [--tests ping,udp-large]
 *                               [--underlay batched] [--variants batched,burst,plain]
 *   npm run bench:bgp        -- [--json] [--cases recv,relay] [--routers BIRD,rootless42] [--scale N] [--runs N]
 *   npm run bench:mesh       -- [--json] [--nodes 100,300,1000] [--links N] [--runs N]
 *   npm run bench:mesh-relay -- [--json] [--rounds N] [--time S] [--underlay batched]
 *   node bin/bench.mjs micro [--json]
 *
 * Builds the bundles first, so that the product under test is the one of these sources. Progress goes
 * to stderr; the report, a table or JSON (one line per case; micro: the whole report), to stdout. Method: docs/performance.md.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const USAGE = `usage: node bin/bench.mjs forwarding [--json] [--rounds N] [--time SECONDS] [--tests LIST]
                                [--underlay auto|batched|burst|plain] [--variants LIST]
                                [--router-cpu LIST] [--end-cpu LIST]
       node bin/bench.mjs bgp [--json] [--cases LIST] [--routers LIST] [--scale N] [--runs N]
                              [--router-cpu LIST] [--end-cpu LIST]
       node bin/bench.mjs mesh [--json] [--nodes LIST] [--links N] [--runs N]
       node bin/bench.mjs mesh-relay [--json] [--rounds N] [--time SECONDS] [--underlay auto|batched|burst|plain]
                                [--router-cpu LIST] [--end-cpu LIST]
       node bin/bench.mjs micro [--json]`;

function fail(...lines) {
  for (const line of lines) console.error(line);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        time: { type: 'string' },
        tests: { type: 'string' },
        cases: { type: 'string' },
        routers: { type: 'string' },
        scale: { type: 'string' },
        runs: { type: 'string' },
        nodes: { type: 'string' },
        links: { type: 'string' },
        variants: { type: 'string' },
        underlay: { type: 'string' },
        'router-cpu': { type: 'string' },
        'end-cpu': { type: 'string' },
      },
    });
  } catch (error) {
    return fail(error.message, USAGE);
  }
}

const NAMES = ['forwarding', 'bgp', 'mesh', 'mesh-relay', 'micro'];
const { values, positionals } = readArguments();
const [name] = positionals;
if (positionals.length !== 1 || !NAMES.includes(name)) fail(USAGE);
if (!existsSync(join(root, 'node_modules/tsx')))
  fail('The packages of this project are missing: npm ci');

function positive(option, fallback) {
  if (values[option] === undefined) return fallback;
  const number = Number(values[option]);
  if (!Number.isFinite(number) || number <= 0) fail(`--${option} is a number above 0.`);
  return number;
}

/** The words of a list, each known, or the fallback. */
function words(option, known, fallback) {
  const list = values[option]?.split(',') ?? fallback;
  const unknown = list?.find((word) => !known.includes(word));
  if (unknown !== undefined) fail(`--${option} knows ${known.join(', ')}; not ${unknown}.`);
  return list;
}

const log = (line) => console.error(line);
const processors = (defaults) => ({
  router: values['router-cpu'] ?? defaults.router,
  ends: values['end-cpu'] ?? defaults.ends,
});

async function forwarding({ FORWARDING_DEFAULTS, CASE_NAMES, UNDERLAYS, runForwarding }) {
  if (values.underlay?.includes(',')) fail('--underlay is one; several are --variants.');
  return runForwarding({
    rounds: positive('rounds', FORWARDING_DEFAULTS.rounds),
    seconds: positive('time', FORWARDING_DEFAULTS.seconds),
    cases: words('tests', CASE_NAMES, FORWARDING_DEFAULTS.cases),
    underlays: words('variants', UNDERLAYS, words('underlay', UNDERLAYS, [])),
    processors: processors(FORWARDING_DEFAULTS.processors),
    log,
  });
}

async function bgp({ BGP_CASE_NAMES, BGP_DEFAULTS, BGP_ROUTERS, runBgp }) {
  return runBgp({
    cases: words('cases', BGP_CASE_NAMES, BGP_DEFAULTS.cases),
    routers: words('routers', BGP_ROUTERS, undefined),
    scale: positive('scale', BGP_DEFAULTS.scale),
    runs: positive('runs', BGP_DEFAULTS.runs),
    quietMs: BGP_DEFAULTS.quietMs,
    processors: processors(BGP_DEFAULTS.processors),
    log,
  });
}

function mesh({ MESH_DEFAULTS, MESH_SIZES, runMesh }) {
  const sizes = MESH_SIZES.map(String);
  return runMesh({
    sizes: words('nodes', sizes, sizes).map(Number),
    links: positive('links', MESH_DEFAULTS.links),
    runs: positive('runs', MESH_DEFAULTS.runs),
    log,
  });
}

async function meshRelay({ MESH_RELAY_DEFAULTS, UNDERLAYS, runMeshRelay }) {
  if (values.underlay?.includes(',')) fail('--underlay is one.');
  const [underlay = MESH_RELAY_DEFAULTS.underlay] = words('underlay', UNDERLAYS, []);
  return runMeshRelay({
    rounds: positive('rounds', MESH_RELAY_DEFAULTS.rounds),
    seconds: positive('time', MESH_RELAY_DEFAULTS.seconds),
    underlay,
    processors: processors(MESH_RELAY_DEFAULTS.processors),
    log,
  });
}

// What is typed is loaded as it stands; only what is measured is a bundle.
const { register } = await import('tsx/esm/api');
register();
const bench = await import('../bench/index.ts');
const isRootless = name.startsWith('mesh') || name === 'micro';
const lacks = isRootless ? [] : bench.missingFor(name);
if (lacks.length > 0) fail(...lacks);

let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    if (isInterrupted) return;
    isInterrupted = true;
    await bench.stopAllStars();
    process.exit(130);
  });
}

try {
  // Nothing of the mesh is measured in a bundle.
  if (name !== 'mesh') await (await import('./build-router.mjs')).buildRouter();
  const report =
    name === 'forwarding'
      ? await forwarding(bench)
      : name === 'bgp'
        ? await bgp(bench)
        : name === 'mesh'
          ? mesh(bench)
          : name === 'mesh-relay'
            ? await meshRelay(bench)
            : await bench.runMicro(log);
  if (!values.json) console.log(bench.tableOf(report));
  else if (name === 'micro') console.log(JSON.stringify(report, null, 2));
  else {
    for (const one of bench.casesOf(report)) console.log(JSON.stringify(one));
    for (const line of report.leftOut) log(`left out: ${line}`);
  }
} catch (error) {
  if (!isInterrupted) {
    console.error(error.stack);
    process.exitCode = 1;
  }
} finally {
  await bench.stopAllStars();
}
