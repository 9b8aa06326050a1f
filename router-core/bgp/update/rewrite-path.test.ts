import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, writeUint16, writeUint32 } from '../../base/bytes.ts';
import { AS_SEQUENCE, AS_SET, checkAsPath } from '../attribute/as-path.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd } from '../attribute/canonical-block.ts';
import { isPrivateAs, type PathRewrite, rewriteAsPath } from './rewrite-path.ts';

type Segment = { readonly type: number; readonly asns: readonly number[] };
const PLAIN: PathRewrite = { removePrivateAs: 'off', overrides: 0, overrideBy: 0, prepends: 0 };

test('the private ranges are those of RFC 6996, ends included', () => {
  const edges = [64511, 64512, 65534, 65535, 4199999999, 4200000000, 4294967294, 4294967295];
  expect(edges.map(isPrivateAs)).toEqual([false, true, true, false, false, true, true, false]);
});

const asn = fc.oneof(
  fc.constantFrom(64512, 65534, 4242420001, 3333),
  fc.integer({ min: 1, max: 0xffffffff }),
);
const segment = fc.record({
  type: fc.constantFrom(AS_SEQUENCE, AS_SET),
  asns: fc.array(asn, { minLength: 1, maxLength: 255 }),
});
const rewrite = fc.record({
  removePrivateAs: fc.constantFrom('off' as const, 'all' as const, 'if-all-private' as const),
  overrides: fc.constantFrom(0, 3333),
  overrideBy: fc.constant(4242426000),
  prepends: fc.constantFrom(0, 4242426000),
});

test('any path becomes what the options say, and stays well formed', () => {
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 4 }), rewrite, (segments, options) => {
      const out = rewriteAsPath(attributeOf(segments), 0, options);
      expect(canonicalEnd(out, 0)).toBe(out.length);
      expect(checkAsPath(out, CANONICAL_HEADER_BYTES, out.length, 4)).toBe(true);
      expect(flat(segmentsOf(out))).toEqual(flat(expected(segments, options)));
    }),
  );
});

test('a full first segment is not overfilled', () => {
  const full = { type: AS_SEQUENCE, asns: Array.from({ length: 255 }, () => 7) };
  const out = rewriteAsPath(attributeOf([full]), 0, { ...PLAIN, prepends: 9 });
  expect(segmentsOf(out)).toEqual([{ type: AS_SEQUENCE, asns: [9] }, full]);
});

/** The same by lists. */
function expected(segments: readonly Segment[], options: PathRewrite): Segment[] {
  const all = segments.flatMap(({ asns }) => asns);
  const drops =
    options.removePrivateAs === 'all' ||
    (options.removePrivateAs === 'if-all-private' && all.every(isPrivateAs));
  const rewritten = segments.map(({ type, asns }) => ({
    type,
    asns: asns
      .filter((each) => !(drops && isPrivateAs(each)))
      .map((each) => (each === options.overrides ? options.overrideBy : each)),
  }));
  const front = options.prepends === 0 ? [] : [{ type: AS_SEQUENCE, asns: [options.prepends] }];
  return [...front, ...rewritten];
}

/** Numbers with the kind of their segment: whether two SEQUENCEs are one means nothing. */
const flat = (segments: readonly Segment[]): string[] =>
  segments.flatMap(({ type, asns }) => asns.map((each) => `${type}:${each}`));

function attributeOf(segments: readonly Segment[]): Uint8Array {
  const path = concatBytes(
    ...segments.map(({ type, asns }) => {
      const bytes = new Uint8Array(2 + asns.length * 4);
      bytes[0] = type;
      bytes[1] = asns.length;
      for (const [i, each] of asns.entries()) writeUint32(bytes, 2 + i * 4, each);
      return bytes;
    }),
  );
  const header = Uint8Array.of(0x50, 2, 0, 0);
  writeUint16(header, 2, path.length);
  return concatBytes(header, path);
}

function segmentsOf(attribute: Uint8Array): Segment[] {
  const view = new DataView(attribute.buffer, attribute.byteOffset, attribute.byteLength);
  const segments: Segment[] = [];
  for (let o = CANONICAL_HEADER_BYTES; o < attribute.length; ) {
    const count = view.getUint8(o + 1);
    const asns = Array.from({ length: count }, (_, i) => view.getUint32(o + 2 + i * 4));
    segments.push({ type: view.getUint8(o), asns });
    o += 2 + count * 4;
  }
  return segments;
}
