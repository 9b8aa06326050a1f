import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  AsPathFacts,
  asPathContains,
  checkAsPath,
  measureAsPath,
  mergeAs4Path,
  widenAsPath,
} from './as-path.ts';
import { decodeAsPath, formatAsPath } from './decode.ts';

type Segment = [type: number, ...asns: number[]];

test.each<[string, Segment[], Partial<AsPathFacts>]>([
  ['nothing', [], { length: 0, count: 0, first: 0, origin: 0, only: 0 }],
  ['one AS', [[2, 7]], { length: 1, count: 1, first: 7, origin: 7, only: 7 }],
  ['a prepended AS', [[2, 7, 7, 7]], { length: 3, first: 7, origin: 7, only: 7 }],
  ['a row', [[2, 7, 8, 9]], { length: 3, first: 7, origin: 9, only: 0 }],
  [
    'a set at the end',
    [
      [2, 7],
      [1, 8, 9],
    ],
    { length: 2, count: 3, first: 7, origin: 0, only: 0 },
  ],
  [
    'a set in front',
    [
      [1, 8, 9],
      [2, 7],
    ],
    { length: 2, first: 0, origin: 7, only: 0 },
  ],
  [
    'two rows',
    [
      [2, 7],
      [2, 8],
    ],
    { length: 2, first: 7, origin: 8 },
  ],
  [
    'a confederation in front',
    [
      [3, 1, 2],
      [2, 7],
    ],
    { length: 1, first: 0, origin: 7 },
  ],
])('%s', (_title, segments, expected) => {
  const b = encode(segments, 4);
  const facts = new AsPathFacts();
  measureAsPath(b, 0, b.length, facts);
  expect(facts).toMatchObject(expected);
  for (const asn of [7, 8, 9, 10]) {
    const isThere = segments.some(([, ...asns]) => asns.includes(asn));
    expect(asPathContains(b, 0, b.length, asn)).toBe(isThere);
  }
});

test.each<[string, Segment[], Segment[], string]>([
  [
    'same length',
    [[2, 65002, 65099, 23456]],
    [[2, 65002, 65099, 4242420099]],
    '65002 65099 4242420099',
  ],
  ['old speakers in front', [[2, 1, 2, 23456]], [[2, 4242420099]], '1 2 4242420099'],
  ['AS4_PATH longer: worthless', [[2, 1]], [[2, 2, 3]], '1'],
  [
    'a set counts one',
    [
      [2, 1, 23456],
      [1, 5, 6, 7],
    ],
    [
      [2, 4242420099],
      [1, 5, 6, 7],
    ],
    '1 4242420099 {5 6 7}',
  ],
  [
    'a set in front stays whole',
    [
      [1, 5, 6],
      [2, 23456],
    ],
    [[2, 4242420099]],
    '{5 6} 4242420099',
  ],
])('AS4_PATH, %s (RFC 6793 §4.2.3)', (_title, path, as4, expected) => {
  const old = encode(path, 2);
  const whole = encode(as4, 4);
  const b = new Uint8Array([...old, ...whole]);
  const out = new Uint8Array(400);
  const end = mergeAs4Path(b, 0, old.length, old.length, b.length, out, 3);
  expect(formatAsPath(decodeAsPath(out, 3, end, 4))).toBe(expected);
});

test('a split row does not grow beyond 255', () => {
  const old = encode([[2, ...Array.from({ length: 250 }, (_, i) => i + 1)]], 2);
  const whole = encode([[2, ...Array.from({ length: 240 }, () => 4242420099)]], 4);
  const out = new Uint8Array(4096);
  const b = new Uint8Array([...old, ...whole]);
  const end = mergeAs4Path(b, 0, old.length, old.length, b.length, out, 0);
  expect(checkAsPath(out, 0, end, 4)).toBe(true);
  const asns = decodeAsPath(out, 0, end, 4).flatMap((segment) => segment.asns);
  expect(asns.length).toBe(250);
});

test('widening keeps every number', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom(1, 2),
          fc.array(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 5 }),
        ),
      ),
      (parts) => {
        const segments = parts.map(([type, asns]): Segment => [type, ...asns]);
        const b = encode(segments, 2);
        expect(checkAsPath(b, 0, b.length, 2)).toBe(true);
        const out = new Uint8Array(b.length * 2 + 2);
        const end = widenAsPath(b, 0, b.length, out, 0);
        expect([...out.slice(0, end)]).toEqual([...encode(segments, 4)]);
      },
    ),
  );
});

function encode(segments: readonly Segment[], width: 2 | 4): Uint8Array {
  const octets: number[] = [];
  for (const [type, ...asns] of segments) {
    octets.push(type, asns.length);
    for (const asn of asns) {
      if (width === 4) octets.push(asn >>> 24, (asn >>> 16) & 255);
      octets.push((asn >>> 8) & 255, asn & 255);
    }
  }
  return new Uint8Array(octets);
}
