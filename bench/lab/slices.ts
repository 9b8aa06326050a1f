/**
 * How long our router worked without a turn of its event loop, as `slice-probe.cjs` wrote it down.
 *
 * Invariant: no work and no probe are told apart. The probe makes the file when it begins, so without a file
 * nothing was measured, and that is an error, never a 0.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';

/**
 * The most processor time of one slice, in milliseconds, of the windows that ended from `from` to `to`
 * (milliseconds since 1970); 0: no window had work worth a line. @throws Error when the probe did not run
 */
export function longestSlice(file: string, from: number, to: number): number {
  if (!existsSync(file))
    throw new Error(
      `The slice probe wrote no ${file}: it was not preloaded into the router worker, or could not write there.`,
    );
  const slices = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .filter(([at = 0]) => at >= from && at <= to);
  return Math.max(0, ...slices.map(([, milliseconds = 0]) => milliseconds));
}
