/**
 * The replay window against the plainest thing that is right: a set of all counters.
 *
 * @module
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { REJECT_AFTER_MESSAGES } from './constants.ts';
import { acceptCounter, clearWindow, REPLAY_WINDOW_SIZE, REPLAY_WORDS } from './replay-window.ts';

test('accepts what a set would accept, within the window (RFC 6479)', () => {
  const step = fc.oneof(
    fc.integer({ min: -40, max: 40 }),
    fc.integer({ min: -REPLAY_WINDOW_SIZE - 40, max: REPLAY_WINDOW_SIZE + 40 }),
    fc.integer({ min: 0, max: 100_000 }),
  );
  const begin = fc.oneof(fc.nat(100), fc.integer({ min: 0, max: REJECT_AFTER_MESSAGES - 2 ** 25 }));
  fc.assert(
    fc.property(begin, fc.array(step, { maxLength: 200 }), (first, steps) => {
      const { accept } = createWindow();
      const seen = new Set<number>();
      let greatest = -1;
      let counter = first;
      for (const by of [0, ...steps]) {
        counter = Math.max(0, counter + by);
        const isKnowable = greatest - counter <= REPLAY_WINDOW_SIZE;
        expect(accept(counter)).toBe(isKnowable && !seen.has(counter));
        seen.add(counter);
        greatest = Math.max(greatest, counter);
      }
    }),
    { numRuns: 500 },
  );
});

test('the first counter is accepted once, whether 0 or large', () => {
  for (const counter of [0, 1, 8191, 8192, 2 ** 40]) {
    const { accept } = createWindow();
    expect(accept(counter)).toBe(true);
    expect(accept(counter)).toBe(false);
  }
});

test('a window of one row does not touch its neighbors', () => {
  const words = new Uint32Array(3 * REPLAY_WORDS);
  const greatest = new Float64Array(3);
  for (let counter = 0; counter < 20_000; counter += 3) acceptCounter(words, greatest, 1, counter);
  expect(words.subarray(0, REPLAY_WORDS).every((word) => word === 0)).toBe(true);
  expect(words.subarray(2 * REPLAY_WORDS).every((word) => word === 0)).toBe(true);
  clearWindow(words, greatest, 1);
  expect(words.every((word) => word === 0)).toBe(true);
});

function createWindow() {
  const words = new Uint32Array(REPLAY_WORDS);
  const greatest = new Float64Array(1);
  return { accept: (counter: number) => acceptCounter(words, greatest, 0, counter) };
}
