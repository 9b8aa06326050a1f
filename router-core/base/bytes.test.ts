import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  asciiBytes,
  concatBytes,
  equalBytes,
  equalSecrets,
  fromBase64,
  fromHex,
  readInt32,
  readUint16,
  readUint32,
  readUint32LittleEndian,
  toBase64,
  toHex,
  writeUint16,
  writeUint32,
  writeUint32LittleEndian,
  zero,
} from './bytes.ts';

const uint32 = fc.integer({ min: 0, max: 0xffffffff });

test('fields are read as they are written, at any offset, as a DataView does', () => {
  fc.assert(
    fc.property(uint32, fc.nat({ max: 5 }), (value, i) => {
      const b = new Uint8Array(12);
      const view = new DataView(b.buffer);
      writeUint32(b, i, value);
      expect(view.getUint32(i)).toBe(value);
      expect(readUint32(b, i)).toBe(value);
      expect(readInt32(b, i)).toBe(value | 0);
      writeUint32LittleEndian(b, i, value);
      expect(view.getUint32(i, true)).toBe(value);
      expect(readUint32LittleEndian(b, i)).toBe(value);
      writeUint16(b, i, value & 0xffff);
      expect(view.getUint16(i)).toBe(value & 0xffff);
      expect(readUint16(b, i)).toBe(value & 0xffff);
    }),
  );
});

test('a field leaves its neighbors alone', () => {
  const b = new Uint8Array(6).fill(0xaa);
  writeUint16(b, 2, 0x1234);
  expect(toHex(b)).toBe('aaaa1234aaaa');
});

test('hex and base64 agree with Buffer, both ways', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(toHex(bytes)).toBe(buffer.toString('hex'));
      expect(toBase64(bytes)).toBe(buffer.toString('base64'));
      expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }),
  );
});

test('any text gives octets or undefined, and octets only for the one canonical spelling', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), (text) => {
      const bytes = fromBase64(text);
      if (bytes !== undefined) expect(toBase64(bytes)).toBe(text);
      const hex = fromHex(text);
      if (hex !== undefined) expect(toHex(hex)).toBe(text.toLowerCase());
    }),
  );
});

test('base64 with spare bits, without padding, with white space or of the URL alphabet is refused (RFC 4648 §3)', () => {
  for (const text of [
    'AB==',
    'AAB=',
    'AA',
    'AAA',
    'A===',
    'AAAA ',
    ' AAAA',
    'AA-_',
    'AA==AA==',
    'AA=A',
  ])
    expect(fromBase64(text)).toBeUndefined();
  expect(fromBase64('')).toEqual(new Uint8Array());
});

test('the vectors of RFC 4648 §10', () => {
  const vectors = {
    f: 'Zg==',
    fo: 'Zm8=',
    foo: 'Zm9v',
    foob: 'Zm9vYg==',
    fooba: 'Zm9vYmE=',
    foobar: 'Zm9vYmFy',
  };
  for (const [text, base64] of Object.entries(vectors))
    expect(toBase64(asciiBytes(text))).toBe(base64);
});

test('comparison of secrets says what plain comparison says', () => {
  const a = fc.uint8Array({ minLength: 4, maxLength: 4, max: 1 });
  fc.assert(
    fc.property(a, a, (x, y) => {
      expect(equalSecrets(x, y)).toBe(equalBytes(x, y));
    }),
  );
  expect(equalSecrets(new Uint8Array(2), new Uint8Array(3))).toBe(false);
  expect(equalBytes(new Uint8Array(2), new Uint8Array(3))).toBe(false);
});

test('zero overwrites, concatenation keeps the order', () => {
  const secret = Uint8Array.of(1, 2, 3);
  expect(toHex(concatBytes(secret, new Uint8Array(), Uint8Array.of(4)))).toBe('01020304');
  zero(secret);
  expect(toHex(secret)).toBe('000000');
});
