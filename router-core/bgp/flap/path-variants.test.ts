import { expect, test } from 'vitest';
import { writeUint16, writeUint32 } from '../../base/bytes.ts';
import { instant } from '../../base/units.ts';
import { AttributeStore } from '../attribute/attribute-store.ts';
import { CANONICAL_HEADER_BYTES } from '../attribute/canonical-block.ts';
import { AS_PATH } from '../attribute/table.ts';
import { PATH_VARIANT_BYTES_MAX } from './limits.ts';
import { PathVariants } from './path-variants.ts';

/** A set with nothing but a path of so many ASes, one SEQUENCE. */
function internPath(store: AttributeStore, asns: number): number {
  const block = new Uint8Array(CANONICAL_HEADER_BYTES + 2 + 4 * asns);
  block.set([0x40, AS_PATH]);
  writeUint16(block, 2, 2 + 4 * asns);
  block.set([2, asns], CANONICAL_HEADER_BYTES);
  for (let i = 0; i < asns; i++)
    writeUint32(block, CANONICAL_HEADER_BYTES + 2 + 4 * i, 4242420000 + i);
  return store.intern(block, 0, block.length);
}

test('a path longer than any policy accepts is counted, not kept', () => {
  const store = new AttributeStore();
  const variants = new PathVariants();
  const longest = Math.floor((PATH_VARIANT_BYTES_MAX - 2) / 4);
  for (const asns of [0, 50, longest, longest + 1, 255])
    variants.add(store, internPath(store, asns), 1, instant(1000));
  const kept = variants.views().map(({ asPathText }) => asPathText.split(' ').length);
  expect([kept, variants.others]).toEqual([[1, 50, longest], 2]);
});
