/** Files that anybody's gunzip reads, though nothing in them is smaller. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { storedGzip } from './stored-gzip.ts';

const SIZES = [0, 1, 65_535, 65_536, 200_000];

test.each(SIZES)('%i octets, read by zlib and by ourselves (RFC 1952 §2.3)', (size) => {
  const octets = seededRandom(size).bytes(size);
  const file = storedGzip.gzip(octets);
  expect(new Uint8Array(gunzipSync(file))).toEqual(octets);
  expect(storedGzip.gunzip(file, size)).toEqual(octets);
});

test('what is longer than allowed, cut short, damaged or compressed is refused', () => {
  const octets = seededRandom(1).bytes(1000);
  const file = storedGzip.gzip(octets);
  expect(storedGzip.gunzip(file, 999)).toBeUndefined();
  for (let length = 0; length < file.length; length += 7)
    expect(storedGzip.gunzip(file.subarray(0, length), 10_000)).toBeUndefined();
  const damaged = file.slice();
  damaged[500] = (damaged[500] as number) ^ 1;
  expect(storedGzip.gunzip(damaged, 10_000)).toBeUndefined();
  expect(storedGzip.gunzip(new Uint8Array(gzipSync(octets)), 10_000)).toBeUndefined();
});
