import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  advance,
  distance,
  earlier,
  isAfter,
  isAtOrAfter,
  isAtOrBefore,
  isBefore,
  later,
  sequenceNumber,
} from './sequence-number.ts';

const anyNumber = fc.integer({ min: 0, max: 0xffff_ffff }).map(sequenceNumber);
const anyStep = fc.integer({ min: 1, max: 0x7fff_ffff });

test('numbers wrap, and order holds over half the circle (RFC 9293 §3.4)', () => {
  expect(advance(sequenceNumber(0xffff_ffff), 2)).toBe(1);
  expect(advance(sequenceNumber(1), -2)).toBe(0xffff_ffff);
  expect(isBefore(sequenceNumber(0xffff_fff0), sequenceNumber(5))).toBe(true);
  fc.assert(
    fc.property(anyNumber, anyStep, (from, step) => {
      const to = advance(from, step);
      expect(to).toBeGreaterThanOrEqual(0);
      expect(distance(from, to)).toBe(step);
      expect([isBefore(from, to), isAtOrBefore(from, to)]).toEqual([true, true]);
      expect([isAfter(to, from), isAtOrAfter(to, from)]).toEqual([true, true]);
      expect(isBefore(to, from)).toBe(false);
      expect([later(from, to), earlier(from, to)]).toEqual([to, from]);
      expect(advance(to, -step)).toBe(from);
    }),
  );
});
