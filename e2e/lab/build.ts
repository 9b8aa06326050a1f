/**
 * Before the suites: what is under test is built from these sources, and there is a file by which turns are taken (turn.ts).
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { prepare } from '../../bin/prepare.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    readonly turns: string;
  }
}

/** Returns what is done after the suite. */
export default async function setup(project: TestProject): Promise<() => void> {
  await prepare();
  const folder = mkdtempSync(join(tmpdir(), 'r42-turns-'));
  const turns = join(folder, 'turns');
  writeFileSync(turns, '');
  project.provide('turns', turns);
  return () => rmSync(folder, { recursive: true, force: true });
}
