/**
 * Before each file of the suite: its turn, which it has with others or alone (alone.ts), until its last test is done.
 *
 * The lock is the kernel's (flock(1)) on a file of this run, held by a process that ends with its input: a worker that dies gives it back.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect, inject } from 'vitest';
import { isAlone } from './alone.ts';

const mode = isAlone(expect.getState().testPath ?? '') ? '--exclusive' : '--shared';
const holder = spawn('flock', [mode, inject('turns'), 'sh', '-c', 'echo; exec cat'], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
await once(holder.stdout, 'data');

afterAll(async () => {
  const ended = once(holder, 'exit');
  holder.stdin.end();
  await ended;
});
