/**
 * Preloaded into our router (`node --require`): how long its router worker works without a turn.
 *
 * Standard: proc(5), `schedstat`. Processor time, not time: what a busy machine takes from the thread is no
 * fault of its. A line per window that had work: when it ended, in milliseconds since 1970, and the most
 * processor time between two turns of the timer, in milliseconds; the timer makes that up to its interval
 * more than the longest slice. The file is made with the first window, whatever was in it.
 *
 * CommonJS, because `--require` reads nothing else.
 *
 * @module
 */
const { appendFileSync, openSync, readSync } = require('node:fs');
const { basename } = require('node:path');
const { isMainThread } = require('node:worker_threads');

const TURN_MS = 2;
const WINDOW_MS = 250;
const NANOSECONDS = 1e6;

const file = process.env.BENCH_SLICES_FILE;
/** Which worker this is: a preloaded module runs before Node says so. */
const isRouter = () => basename(process.argv[1] ?? '') === 'worker.js';
if (!isMainThread && file !== undefined) {
  const schedstat = openSync('/proc/thread-self/schedstat', 'r');
  const text = Buffer.alloc(64);
  const processorMs = () =>
    Number.parseInt(text.latin1Slice(0, readSync(schedstat, text, 0, text.length, 0)), 10) /
    NANOSECONDS;
  let last = processorMs();
  let longest = 0;
  setInterval(() => {
    const now = processorMs();
    longest = Math.max(longest, now - last);
    last = now;
  }, TURN_MS).unref();
  setInterval(() => {
    if (isRouter())
      appendFileSync(file, longest > 1 ? `${Date.now()} ${longest.toFixed(1)}\n` : '');
    longest = 0;
  }, WINDOW_MS).unref();
}
