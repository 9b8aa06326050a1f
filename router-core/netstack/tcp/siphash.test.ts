import { expect, test } from 'vitest';
import { siphash } from './siphash.ts';

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const hash = (length: number): string => {
  const [low, high] = siphash(
    KEY,
    Uint8Array.from({ length }, (_, i) => i),
  );
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
};

test('agrees with the vectors of the reference implementation', () => {
  // SipHash paper, appendix A, and vectors.h of the authors: key 00..0f, input 00..(n-1).
  expect(hash(0)).toBe('726fdb47dd0e0e31');
  expect(hash(1)).toBe('74f839c593dc67fd');
  expect(hash(7)).toBe('ab0200f58b01d137');
  expect(hash(8)).toBe('93f5f5799a932462');
  expect(hash(15)).toBe('a129ca6149be45e5');
});
