/**
 * The built router for one test file: a copy, because other files build meanwhile, and inside the project, where koffi
 * is found.
 *
 * @module
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { buildRouter } from '../../../bin/build-router.mjs';

const ROOT = join(import.meta.dirname, '../../..');
const BUILD_LIMIT_MS = 60_000;

/** Has it there from before the first test until after the last; returns its folder, once it is. */
export function ownBundles(name: string): () => string {
  let folder = '';
  beforeAll(async () => {
    await buildRouter();
    folder = mkdtempSync(join(ROOT, `dist/${name}-`));
    cpSync(join(ROOT, 'dist/router-core'), folder, { recursive: true });
  }, BUILD_LIMIT_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => folder;
}
