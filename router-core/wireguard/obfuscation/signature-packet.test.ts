import { expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import fixture from './fixtures/signature-packets.json' with { type: 'json' };
import { RandomPool } from './random-pool.ts';
import {
  parseSignaturePacket,
  type SignaturePacket,
  writeSignaturePacket,
} from './signature-packet.ts';

const NOW = 1_767_225_600;

function written(text: string): Uint8Array {
  const packet = parseSignaturePacket(text) as SignaturePacket;
  const b = new Uint8Array(packet.bytes);
  const end = writeSignaturePacket(packet, b, 0, new RandomPool(seededRandom(1)), NOW);
  expect(end).toBe(packet.bytes);
  return b;
}

test.each(fixture.cases)('$spec', ({ spec, check, length, expect: expected }) => {
  const bytes = written(spec);
  expect(bytes).toHaveLength(length);
  if (check === 'fixed') expect(toHex(bytes)).toBe(expected);
  if (check === 'regex') {
    expect(String.fromCharCode(...bytes)).toMatch(new RegExp(expected as string));
  }
  if (check === 'unixTimeBE32') expect(new DataView(bytes.buffer).getUint32(0)).toBe(NOW);
});

test('two packets of one description differ', () => {
  const packet = parseSignaturePacket('<r 8>') as SignaturePacket;
  const random = new RandomPool(seededRandom(2));
  const [a, b] = [new Uint8Array(8), new Uint8Array(8)];
  writeSignaturePacket(packet, a, 0, random, NOW);
  writeSignaturePacket(packet, b, 0, random, NOW);
  expect(a).not.toEqual(b);
});

test.each([
  ['<r 5', 'has a tag without ">"'],
  ['<b 0x0>', 'even number'],
  ['<b 0x>', 'even number'],
  ['<r>', 'number of octets'],
  ['<r 5 6>', 'too many words'],
  ['<r 9999>', 'more than 1452'],
  ['<r 1000><r 1000>', 'more than 1452'],
  ['<b 0xff><c>', 'none of'],
  ['x'.repeat(4000), 'longer than'],
])('%s is refused with a reason', (text, reason) => {
  expect(parseSignaturePacket(text)).toContain(reason);
});
