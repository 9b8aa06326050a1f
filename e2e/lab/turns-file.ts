/**
 * Before the interop suite: a file of this run by which turns are taken (turn.ts).
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    readonly turns: string;
  }
}

/** Returns what is done after the suite. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'r42-turns-'));
  const turns = join(folder, 'turns');
  writeFileSync(turns, '');
  project.provide('turns', turns);
  return () => rmSync(folder, { recursive: true, force: true });
}
