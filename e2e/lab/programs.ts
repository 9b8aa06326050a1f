/**
 * The small programs that benchmarks and suites start, bundled as the product is.
 *
 * @module
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDER = 'dist/lab';

const PROGRAMS = {
  /** A WireGuard endpoint that costs little: load and counting sink. */
  flood: 'e2e/lab/flood-main.ts',
  /** A relay between two hosts that loses, delays, reorders and repeats datagrams. */
  shaper: 'e2e/lab/udp-shaper-main.ts',
  /** A TCP transfer that is counted. */
  transfer: 'e2e/lab/transfer-main.ts',
  /** Our TCP in a tunnel of its own. */
  ownTcp: 'e2e/lab/own-tcp-main.ts',
  /** Our netstack on an Ethernet port, against the kernel. */
  ethernet: 'e2e/lab/ethernet-main.ts',
  /** Handshake initiations from strangers. */
  initiations: 'e2e/lab/initiation-flood-main.ts',
  /** Peers that tell two routers the same. */
  decision: 'e2e/lab/decision-main.ts',
  /** The peers of a BGP benchmark. */
  speakers: 'bench/bgp/speakers-main.ts',
  /** A packet worker that forwards between tunnels and relays in a mesh. */
  relay: 'bench/mesh-relay/relay-main.ts',
} as const;
export type Program = keyof typeof PROGRAMS;

export async function buildPrograms(...programs: readonly Program[]): Promise<void> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(programs.map((program) => [program, PROGRAMS[program]])),
    outdir: FOLDER,
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    sourcemap: 'linked',
    logLevel: 'warning',
    // Native and optional: found beside the bundle, or not.
    external: ['koffi'],
  });
  mkdirSync(join(ROOT, FOLDER), { recursive: true });
  // Files of the suite run side by side: a program is read whole, by whomever it was built.
  for (const { path, contents } of outputFiles) {
    const part = `${path}.${process.pid}`;
    writeFileSync(part, contents);
    renameSync(part, path);
  }
}

/** Returns the command line of a program with its options, which travel as JSON. */
export const programLine = (program: Program, options: unknown): [string, ...string[]] =>
  programWords(program, JSON.stringify(options));

/** Returns the command line of a program with words behind it. */
export const programWords = (program: Program, ...words: string[]): [string, ...string[]] => [
  process.execPath,
  join(ROOT, FOLDER, `${program}.mjs`),
  ...words,
];
