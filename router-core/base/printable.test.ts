import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable, printableBytes } from './printable.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Cf}|\p{Cs}/u;

test('plain text of any language stays as it is', () => {
  for (const text of ['disabled by peer', 'Größe', '日本', 'שלום', '🦊', 'a\u0301'])
    expect(printable(text)).toBe(text);
});

test('what a terminal takes for a command goes, its parameters included', () => {
  expect(printable('a\u001b[31mred\u001b[0m b')).toBe('ared b');
  expect(printable('\u001b]0;title\u0007x')).toBe('x');
  expect(printable('\u001b]8;;http://evil\u001b\\link')).toBe('link');
  expect(printable('bell\u0007 null\u0000')).toBe('bell null');
});

test('what a page shows in another order goes (Unicode TR36 §2.10)', () => {
  expect(printable('user\u202etxt.exe')).toBe('usertxt.exe');
  expect(printable('a\u2066b\u2069')).toBe('ab');
  expect(printable('zero\u200bwidth\ufeff')).toBe('zerowidth');
});

test('lines become one line', () => {
  expect(printable('a\r\nb\tc\u2028d')).toBe('a b cd');
});

test('any text becomes harmless, is no longer than the limit, and stays what it is when repeated', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.integer({ min: 1, max: 50 }),
      (text, limit) => {
        const once = printable(text, limit);
        expect(once).not.toMatch(DANGEROUS);
        expect([...once].length).toBeLessThanOrEqual(limit);
        expect(printable(once, limit)).toBe(once);
      },
    ),
  );
});

test('says with an ellipsis that something is missing, and only then', () => {
  expect(printable('abcdef', 4)).toBe('abc…');
  expect(printable('abcd', 4)).toBe('abcd');
  expect(printable('🦊🦊🦊🦊', 4)).toBe('🦊🦊🦊🦊');
  expect(printable('🦊🦊🦊🦊🦊', 4)).toBe('🦊🦊🦊…');
});

test('octets that are no UTF-8 become replacement characters', () => {
  expect(printableBytes(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\ufffdb');
});
