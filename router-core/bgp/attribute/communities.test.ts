import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex } from '../../base/bytes.ts';
import {
  formatCommunity,
  formatExtendedCommunity,
  formatLargeCommunity,
  sortUnique,
} from './communities.ts';

for (const width of [4, 8, 12]) {
  test(`words of ${width} octets become a sorted set`, () => {
    const word = fc.array(fc.constantFrom(0, 1, 255), { minLength: width, maxLength: width });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), fc.nat(5), (words, start) => {
        const b = new Uint8Array(start + words.length * width);
        b.fill(7, 0, start);
        for (const [i, each] of words.entries()) b.set(each, start + i * width);
        const end = sortUnique(b, start, b.length, width);
        const texts = [...new Set(words.map((each) => each.map(toText).join('')))].sort();
        const sorted: string[] = [];
        for (let o = start; o < end; o += width) {
          sorted.push([...b.slice(o, o + width)].map(toText).join(''));
        }
        expect(sorted).toEqual(texts);
        expect([...b.slice(0, start)]).toEqual(Array.from({ length: start }, () => 7));
      }),
    );
  });
}

test('communities are written as people write them', () => {
  const bytes = (text: string): Uint8Array => fromHex(text) as Uint8Array;
  expect(formatCommunity(bytes('fbff0003'), 0)).toBe('64511:3');
  expect(formatLargeCommunity(bytes('fcde40c00000006800000001'), 0)).toBe('4242424000:104:1');
  expect(
    [
      '0002fbff0000002a',
      '0102ac140001002a',
      '0202fcde28c1002a',
      '4300000000000002',
      '4004fbff4cbebc20',
    ].map((text) => formatExtendedCommunity(bytes(text), 0)),
  ).toEqual([
    'rt:64511:42',
    'rt:172.20.0.1:42',
    'rt:4242417857:42',
    'generic:0x43000000:0x00000002',
    'generic:0x4004fbff:0x4cbebc20',
  ]);
});

const toText = (octet: number): string => octet.toString(16).padStart(2, '0');
