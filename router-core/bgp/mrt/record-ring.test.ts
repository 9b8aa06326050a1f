import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, toHex, writeUint32 } from '../../base/bytes.ts';
import { RecordRing } from './record-ring.ts';

/** A record of `octets` in its body, filled with `mark`. */
function record(octets: number, mark: number): Uint8Array {
  const bytes = new Uint8Array(12 + octets).fill(mark);
  writeUint32(bytes, 8, octets);
  return bytes;
}

test('the ring holds what a list of the newest records holds, whatever their sizes and its own', () => {
  const step = fc.tuple(fc.constantFrom('add', 'add', 'add', 'resize'), fc.nat(200), fc.nat(255));
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const ring = new RecordRing(100);
      let capacity = 100;
      let list: Uint8Array[] = [];
      const sum = (): number => list.reduce((all, { length }) => all + length, 0);
      for (const [what, size, mark] of steps) {
        if (what === 'resize') {
          capacity = size;
          ring.resize(size);
        } else {
          const one = record(size % 120, mark);
          const cut = mark % (one.length + 1);
          const isTaken = ring.add(one, cut, one, cut, one.length);
          expect(isTaken).toBe(one.length <= capacity);
          if (isTaken) list.push(one);
        }
        while (sum() > capacity) list = list.slice(1);
        expect(toHex(ring.records())).toBe(toHex(concatBytes(...list)));
        expect(ring.next - ring.first).toBe(sum());
      }
    }),
  );
});
