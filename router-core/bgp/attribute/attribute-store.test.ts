import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AttributeStore } from './attribute-store.ts';

test('equal octets get one id, and it is freed with its last reference', () => {
  const store = new AttributeStore();
  const block = blockOf(5, 1);
  const id = store.intern(block, 0, block.length);
  store.retain(id);
  expect(store.intern(block, 0, block.length)).toBe(id);
  store.collect();
  expect(store.size).toBe(1);

  store.release(id);
  // Not yet: whoever holds the id may still want it.
  expect(store.intern(block, 0, block.length)).toBe(id);
  store.retain(id);
  store.collect();
  expect(store.size).toBe(1);
  store.release(id);
  store.collect();
  expect(store.size).toBe(0);
});

test('sets come and go as in a map, and ids are used again', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.constantFrom('keep', 'keep', 'drop', 'drop', 'collect'), fc.nat(30), fc.nat(3)),
        {
          minLength: 100,
          maxLength: 300,
        },
      ),
      fc.nat(),
      // Sets move together never, soon, or whenever more octets are idle than in use.
      fc.constantFrom(undefined, 500, 0),
      (steps, seed, idleBytesMin) => {
        const store = new AttributeStore(seed, 2, idleBytesMin);
        const held: { id: number; key: string }[] = [];
        for (const [step, value, size] of steps) {
          if (step === 'keep') {
            const block = blockOf(size * 40, value);
            const id = store.intern(block, 0, block.length);
            store.retain(id);
            held.push({ id, key: keyOf(block) });
          } else if (step === 'drop' && held.length > 0) {
            const [gone] = held.splice(value % held.length, 1);
            store.release(gone?.id ?? 0);
          } else {
            store.collect();
          }
          for (const { id, key } of held) {
            const block = store.bytes.slice(store.start(id), store.end(id));
            expect(keyOf(block)).toBe(key);
            expect(store.intern(block, 0, block.length)).toBe(id);
          }
        }
        store.collect();
        const distinct = new Set(held.map(({ key }) => key));
        expect(store.size).toBe(distinct.size);
        expect(new Set(held.map(({ id }) => id)).size).toBe(distinct.size);
        // Four size classes of at most 31 sets each.
        expect(store.idLimit).toBeLessThanOrEqual(4 * 31 + 1);
      },
    ),
    { numRuns: 40 },
  );
});

test('sets that grow from round to round leave no more behind than one round needs', () => {
  const store = new AttributeStore(0, 1024, 100_000);
  const lasting = blockOf(100, 7);
  const lastingId = store.intern(lasting, 0, lasting.length);
  store.retain(lastingId);
  // Each round has a size class of its own: without moving they would take 18 MB and 15,000 rows.
  for (let round = 1; round <= 150; round++) {
    const ids = Array.from({ length: 100 }, (_, value) => {
      const block = blockOf(16 * round, value);
      const id = store.intern(block, 0, block.length);
      store.retain(id);
      return id;
    });
    store.collect();
    expect(store.size).toBe(101);
    for (const id of ids) store.release(id);
    store.collect();
  }
  expect(store.size).toBe(1);
  expect(store.byteLimit).toBeLessThan(1_000_000);
  expect(store.bytes.length).toBeLessThan(2_000_000);
  expect(store.idLimit).toBeLessThan(5000);
  expect(store.bytes.slice(store.start(lastingId), store.end(lastingId))).toEqual(lasting);
  expect(store.intern(lasting, 0, lasting.length)).toBe(lastingId);
});

/** An unknown attribute with that many octets, told apart by its first. */
function blockOf(size: number, value: number): Uint8Array {
  const block = new Uint8Array(5 + size);
  block.set([0xf0, 200, (size + 1) >>> 8, (size + 1) & 255, value]);
  return block;
}

const keyOf = (block: Uint8Array): string => block.join(' ');
