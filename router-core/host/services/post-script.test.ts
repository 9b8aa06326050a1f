import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { runPostScript } from './post-script.ts';

const folder = mkdtempSync(join(tmpdir(), 'r42-script-'));
const out = join(folder, 'out');
afterEach(() => {
  rmSync(out, { force: true });
});
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

test('runs to its end, with words as a shell splits them and the environment added', async () => {
  await runPostScript({
    command: `sh -c 'sleep 0.05; echo "$1 $EG_MODE $HOME" > ${out}' script "two words"`,
    environment: { EG_MODE: 'edge' },
  });
  expect(readFileSync(out, 'utf8')).toBe(`two words edge ${process.env.HOME}\n`);
});

test('no script is none', async () => {
  await runPostScript({ command: '', environment: {} });
  await runPostScript({ command: ' ', environment: {} });
});

test.each([
  ['sh -c "exit 3"', 'MESH_SCRIPT_FAILED', 'ended with code 3'],
  [`sh -c 'kill -TERM $$'`, 'MESH_SCRIPT_FAILED', 'was ended by SIGTERM'],
  ['/nowhere/at/all', 'MESH_SCRIPT_FAILED', 'ENOENT'],
  [`sh -c 'exit 0`, 'MESH_SCRIPT', 'closing'],
])('%s fails with %s', async (command, code, message) => {
  await expect(runPostScript({ command, environment: {} })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

test('ends with us', async () => {
  const running = new AbortController();
  const run = runPostScript({ command: 'sleep 60', environment: {}, signal: running.signal });
  running.abort();
  await expect(run).rejects.toMatchObject({ code: 'MESH_SCRIPT_FAILED' });
});
