/**
 * Before the unit tests: the module of the fast path is built from these sources.
 *
 * A module that does not compile is taken away and fails the tests that read it, not all the others.
 *
 * @module
 */
import { rmSync } from 'node:fs';
import { buildFastPath, moduleFile } from './build-fast-path.mjs';

export default async function setup(): Promise<void> {
  try {
    await buildFastPath();
  } catch (error) {
    rmSync(moduleFile, { force: true });
    console.error((error as Error).message);
  }
}
