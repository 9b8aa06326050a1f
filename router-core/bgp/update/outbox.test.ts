import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Outbox } from './outbox.ts';

test('the ring agrees with a list, whoever waits for what', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 3 })),
        {
          maxLength: 300,
        },
      ),
      (steps) => {
        const outbox = new Outbox(2000);
        // Readers take messages in order, as neighbors do.
        let queue: { message: number; bytes: number[]; waits: number }[] = [];
        let stamp = 0;
        for (const [isAppended, size, readers] of steps) {
          if (isAppended) {
            const bytes = Array.from({ length: size }, () => ++stamp & 255);
            const message = outbox.append(new Uint8Array(bytes), size);
            const used = queue.reduce((sum, each) => sum + each.bytes.length, 0);
            if (message === -1) {
              expect(used).toBeGreaterThan(2000 / 2 - 300);
              continue;
            }
            for (let i = 0; i < readers; i++) outbox.wait(message);
            queue.push({ message, bytes, waits: readers });
          } else {
            const [first] = queue;
            if (first === undefined) continue;
            expect(outbox.oldest).toBe(first.message);
            outbox.done(first.message);
            first.waits--;
            queue = queue.filter(({ waits }) => waits > 0);
          }
          expect(outbox.length).toBe(queue.length);
          for (const { message, bytes } of queue) {
            expect([...outbox.bytes.slice(outbox.start(message), outbox.end(message))]).toEqual(
              bytes,
            );
          }
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('a message longer than the ring is refused', () => {
  expect(new Outbox(100).append(new Uint8Array(200), 101)).toBe(-1);
});
