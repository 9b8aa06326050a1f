/**
 * `npm run interop:etherguard -- <path to an original binary>`: mixed networks of our nodes and the original's, in network
 * namespaces: static, P2P, under the original's supernode and under ours. Needs root.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepareRouter } from './prepare.mjs';

const USAGE = `usage: npm run interop:etherguard -- <path to an original etherguard-go binary>

Runs networks of our nodes and the original's in network namespaces of this machine, as root, and
reports how many passed. The binary is started as <path> -mode edge|super -config FILE.
P2P through an original relay is left out: the original corrupts frames there (docs/mesh.md).
`;

const [binary] = process.argv.slice(2);
process.exitCode = binary === undefined ? usage() : await compare(path.resolve(binary));

function usage() {
  process.stdout.write(USAGE);
  return 2;
}

/** Returns the exit code: 0 when all passed. */
async function compare(original) {
  try {
    accessSync(original, constants.X_OK);
  } catch {
    process.stderr.write(`${original} cannot be run.\n\n${USAGE}`);
    return 2;
  }
  if (process.getuid?.() !== 0) {
    process.stderr.write('Network namespaces and taps need root.\n');
    return 2;
  }
  await prepareRouter();
  const folder = mkdtempSync(path.join(tmpdir(), 'r42-etherguard-'));
  const results = path.join(folder, 'results.json');
  const reporters = ['--reporter', 'verbose', '--reporter', 'json', '--outputFile.json', results];
  spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--project', 'etherguard', ...reporters],
    {
      cwd: path.dirname(import.meta.dirname),
      stdio: 'inherit',
      env: { ...process.env, ROOTLESS42_ETHERGUARD: original },
    },
  );
  try {
    const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(results, 'utf8'));
    const failed = numTotalTests - numPassedTests;
    process.stdout.write(`${numPassedTests} passed, ${failed} failed\n`);
    return numTotalTests > 0 && failed === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`The suite did not run to its end: ${error.message}\n`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
