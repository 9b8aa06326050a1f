import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, toHex } from '../base/bytes.ts';
import { seededRandom } from '../base/random.ts';
import { instant } from '../base/units.ts';
import { messageLength, newMessage } from './message/header.ts';
import { SendQueue } from './send-queue.ts';
import { transportId } from './types.ts';

const NOW = instant(0);

test('octets leave whole and in order, however little the transport takes', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, count) => {
      const random = seededRandom(seed);
      const { queue, sent, setRoom } = newQueue();
      const all: Uint8Array[] = [];
      for (let i = 0; i < count; i++) {
        const message = newMessage(2, 4 + random.below(3000));
        message.set(random.bytes(4), 19);
        all.push(message);
        setRoom(random.below(4000));
        if (random.below(2) === 0) queue.flush(NOW);
        queue.send(message, 0, message.length, NOW);
      }
      setRoom(Number.POSITIVE_INFINITY);
      queue.flush(NOW);
      expect(queue.waiting).toBe(0);
      expect(toHex(Uint8Array.from(sent))).toBe(toHex(concatBytes(...all)));
    }),
    { numRuns: 100 },
  );
});

test('dropping leaves a whole number of messages on the wire', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 500 }), (seed, room) => {
      const random = seededRandom(seed);
      const { queue, sent, setRoom } = newQueue();
      setRoom(room);
      for (let i = 0; i < 10; i++) {
        const message = newMessage(2, 4 + random.below(100));
        queue.send(message, 0, message.length, NOW);
        if (random.below(3) === 0) queue.flush(NOW);
      }
      queue.dropWholeMessages();
      const last = newMessage(3, 2);
      queue.send(last, 0, last.length, NOW);
      setRoom(Number.POSITIVE_INFINITY);
      queue.flush(NOW);
      const wire = Uint8Array.from(sent);
      let i = 0;
      let type = 0;
      while (i < wire.length) {
        type = wire[i + 18] ?? 0;
        i += messageLength(wire, i);
      }
      expect(i).toBe(wire.length);
      expect(type).toBe(3);
    }),
  );
});

function newQueue(): { queue: SendQueue; sent: number[]; setRoom(n: number): void } {
  const sent: number[] = [];
  let room = Number.POSITIVE_INFINITY;
  const queue = new SendQueue(
    {
      open: () => transportId(0),
      close: () => undefined,
      write(_transport, b, start, end) {
        const count = Math.min(room, end - start);
        room -= count;
        sent.push(...b.subarray(start, start + count));
        return count;
      },
    },
    transportId(0),
  );
  return {
    queue,
    sent,
    setRoom(n) {
      room = n;
    },
  };
}
