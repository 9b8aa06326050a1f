import { expect, test } from 'vitest';
import {
  arenaLayout,
  DATA_BYTES,
  HEADROOM_BYTES,
  LAYOUT_HASH,
  SLOT_BYTES,
  TAILROOM_BYTES,
} from './layout.ts';

const BYTES_PER_SLOT = {
  data: SLOT_BYTES,
  start: 4,
  end: 4,
  ingress: 4,
  flags: 4,
  socket: 4,
  remotePort: 2,
  remoteFamily: 1,
  remoteAddress: 16,
};

test('a slot is headroom, data and tailroom', () => {
  expect(SLOT_BYTES).toBe(HEADROOM_BYTES + DATA_BYTES + TAILROOM_BYTES);
});

test('columns begin at a cache line, in order, without overlap, and end within the memory', () => {
  for (const slots of [1, 3, 64, 1000, 4096]) {
    const { bytes, ...offsets } = arenaLayout(slots);
    const columns = Object.entries(offsets).sort(([, a], [, b]) => a - b);
    expect(columns.map(([name]) => name).sort()).toEqual(Object.keys(BYTES_PER_SLOT).sort());
    for (const [i, [name, offset]] of columns.entries()) {
      expect(offset % 64, name).toBe(0);
      const size = slots * BYTES_PER_SLOT[name as keyof typeof BYTES_PER_SLOT];
      expect(offset + size, name).toBeLessThanOrEqual(columns[i + 1]?.[1] ?? bytes);
    }
  }
});

test('the layout that other threads were generated for is this one', () => {
  // A change of a column or size changes the hash: then packet workers are built anew.
  expect(LAYOUT_HASH).toMatchInlineSnapshot(`1439287148`);
});
