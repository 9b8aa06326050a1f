import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReceiveBuffer } from './receive-buffer.ts';
import { Ring } from './ring.ts';
import { SendBuffer } from './send-buffer.ts';
import { advance, distance, sequenceNumber } from './sequence-number.ts';

const START = sequenceNumber(0xffff_ffc0);

test('a stream cut into any segments in any order is read as it was sent', () => {
  const anySegments = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 199 }), fc.integer({ min: 1, max: 60 })),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(anySegments, fc.integer({ min: 1, max: 50 }), (segments, piece) => {
      const stream = Uint8Array.from({ length: 200 }, (_, i) => (i * 7) & 0xff);
      const buffer = new ReceiveBuffer(16, 256, 8);
      const out: number[] = [];
      let rcvNxt = START;
      const take = () => {
        const into = new Uint8Array(piece);
        out.push(...into.subarray(0, buffer.read(into)));
      };
      const arrive = (from: number, to: number) => {
        const start = Math.max(from, distance(START, rcvNxt));
        if (start >= to) return;
        rcvNxt = advance(
          rcvNxt,
          buffer.store(rcvNxt, advance(START, start), stream, start, Math.min(to, 200)),
        );
        const next = distance(START, rcvNxt);
        for (const island of buffer.islands.ranges)
          expect(distance(START, island.start)).toBeGreaterThan(next);
      };
      for (const [from, length] of segments) {
        arrive(from, Math.min(200, from + length));
        if (length % 3 === 0) take();
      }
      arrive(0, 200);
      while (buffer.unread > 0) take();
      expect(out).toEqual([...stream]);
      expect(buffer.islands.octets).toBe(0);
      expect(buffer.room).toBe(256);
    }),
  );
});

test('the send buffer gives any part of what is not acknowledged', () => {
  const anySteps = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 })),
  );
  fc.assert(
    fc.property(anySteps, (steps) => {
      const buffer = new SendBuffer(START, 16, 100);
      const model: number[] = [];
      let next = 0;
      for (const [add, remove] of steps) {
        const octets = Uint8Array.from({ length: add }, () => next++ & 0xff);
        const taken = buffer.append(octets, 0, add);
        expect(taken).toBe(Math.min(add, 100 - model.length));
        model.push(...octets.subarray(0, taken));
        next -= add - taken;
        const gone = Math.min(remove, model.length);
        buffer.acknowledge(advance(buffer.first, gone));
        model.splice(0, gone);
        const from = model.length >> 1;
        const copy = new Uint8Array(model.length - from);
        buffer.copyTo(advance(buffer.first, from), copy.length, copy, 0);
        expect([...copy]).toEqual(model.slice(from));
        expect(buffer.free).toBe(100 - model.length);
      }
    }),
  );
});

test('acknowledging FIN, which is not in the buffer, empties it and no more', () => {
  const buffer = new SendBuffer(START, 16, 100);
  buffer.append(new Uint8Array(10), 0, 10);
  buffer.acknowledge(advance(START, 11));
  expect(buffer.end).toBe(advance(START, 10));
  expect(buffer.free).toBe(100);
});

test('a ring allocates when written to, doubles, and shrinks when long little used', () => {
  const ring = new Ring(16, 100);
  expect(ring.capacity).toBe(0);
  ring.write(0, new Uint8Array(90), 0, 90);
  expect(ring.capacity).toBe(100);
  ring.discard(90);
  ring.emptied();
  for (let i = 0; i < 200; i++) {
    ring.write(0, new Uint8Array(4), 0, 4);
    ring.discard(4);
    ring.emptied();
  }
  expect(ring.capacity).toBe(16);
  ring.release();
  expect(ring.capacity).toBe(0);
});
