import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, readUint16, writeUint16 } from './bytes.ts';
import { addToChecksum, checksum, finishChecksum, updateChecksum } from './checksum.ts';

/** RFC 1071 §1 to the letter: one's complement addition, word by word. */
function slowChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum = (sum & 0xffff) + 1;
  }
  return ~sum & 0xffff;
}

test('the example of RFC 1071 §3', () => {
  const bytes = fromHex('0001f203f4f5f6f7')!;
  expect(checksum(bytes, 0, bytes.length)).toBe(~0xddf2 & 0xffff);
});

test('is the slow checksum, for any octets and any part of them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 40 }), (bytes, start) => {
      const from = Math.min(start, bytes.length);
      expect(checksum(bytes, from, bytes.length)).toBe(slowChecksum(bytes.subarray(from)));
    }),
  );
});

test('a slot full of ones does not overflow', () => {
  const bytes = new Uint8Array(65_535).fill(0xff);
  expect(checksum(bytes, 0, bytes.length)).toBe(slowChecksum(bytes));
});

test('may be continued over parts that begin at even offsets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 32 }), (bytes, at) => {
      const cut = Math.min(bytes.length, at * 2);
      const sum = addToChecksum(addToChecksum(0, bytes, 0, cut), bytes, cut, bytes.length);
      expect(finishChecksum(sum)).toBe(checksum(bytes, 0, bytes.length));
    }),
  );
});

test('over a packet that carries its checksum it is zero', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 40 }), (bytes) => {
      writeUint16(bytes, 2, 0);
      writeUint16(bytes, 2, checksum(bytes, 0, bytes.length));
      expect(checksum(bytes, 0, bytes.length)).toBe(0);
    }),
  );
});

test('an update in place equals a new computation (RFC 1624 §3, equation 3)', () => {
  const word = fc.integer({ min: 0, max: 0xffff });
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), word, (header, after) => {
      // An IP header is never all zero; equation 3 rests on that (RFC 1624 §3).
      header[0] = 0x45;
      writeUint16(header, 10, 0);
      writeUint16(header, 10, checksum(header, 0, 20));
      const before = readUint16(header, 8);
      writeUint16(header, 8, after);
      updateChecksum(header, 10, before, after);
      const updated = readUint16(header, 10);
      writeUint16(header, 10, 0);
      expect(updated).toBe(checksum(header, 0, 20));
    }),
  );
});

test('the example of RFC 1624 §4: a change of 0x5555 to 0x3285 turns 0xDD2F into 0x0000', () => {
  const field = new Uint8Array(2);
  writeUint16(field, 0, 0xdd2f);
  updateChecksum(field, 0, 0x5555, 0x3285);
  expect(readUint16(field, 0)).toBe(0);
});
