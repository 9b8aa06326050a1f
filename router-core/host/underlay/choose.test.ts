import { expect, test } from 'vitest';
import { chooseUnderlay, type UnderlayMakers } from './choose.ts';
import { createPlainIo } from './plain.ts';
import { createBatchMemory } from './testing/memory.ts';

const memory = createBatchMemory();
const nothingFast: UnderlayMakers = {
  batched: async () => ({ unavailable: 'koffi did not load (not found)' }),
  burst: () => ({ unavailable: 'burst mode needs Linux, and this is sunos' }),
  plain: createPlainIo,
};

test('the fastest that works is chosen, and the sentence says why not a faster one', async () => {
  const chosen = await chooseUnderlay('auto', memory, nothingFast);
  expect(chosen.kind).toBe('plain');
  expect(chosen.reason).toBe(
    'The underlay runs on plain node:dgram, because koffi did not load (not found); burst mode needs Linux, and this is sunos.',
  );
  chosen.io.stop();
});

test('a wish is followed downwards only', async () => {
  const burst = await chooseUnderlay('burst', memory, nothingFast);
  expect([burst.kind, burst.reason.includes('koffi')]).toEqual(['plain', false]);
  const plain = await chooseUnderlay('plain', memory);
  expect(plain.reason).toBe('The underlay runs on plain node:dgram, as ROOTLESS42_UNDERLAY asks.');
});

test('this machine has one, and it can be stopped before it runs', async () => {
  const { io, reason } = await chooseUnderlay('auto', memory);
  expect(reason).toMatch(/^The underlay runs on .*\.$/);
  io.stop();
  io.stop();
});
