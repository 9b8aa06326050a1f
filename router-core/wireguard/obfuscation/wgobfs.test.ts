import { describe, expect, test } from 'vitest';
import { asciiBytes, at, fromHex, toHex } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import { ChaChaBlock } from './chacha-block.ts';
import fixture from './fixtures/wgobfs.json' with { type: 'json' };
import { type MessageKind, TRANSPORT_KIND } from './message-kind.ts';
import { LEFT_OUT } from './obfuscation.ts';
import { obfuscationSuite, unwrapped, wrapped } from './testing/compliance.ts';
import { Wgobfs } from './wgobfs.ts';

const bytes = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const wgobfs = (key: string): Wgobfs => new Wgobfs(asciiBytes(key));

obfuscationSuite('wgobfs', { kind: 'wgobfs', key: 'mysecretkey' });

describe('wgobfs: vectors of the reference', () => {
  test.each(fixture.hash)('hash of $inputHex', ({ key, inputHex, words, outputHex }) => {
    const expanded = fixture.keys.find((entry) => entry.key === key)?.expandedKeyHex as string;
    const block = new ChaChaBlock(bytes(expanded), 6);
    const view = new DataView(bytes(inputHex).buffer);
    const word = (i: number): number => view.getUint32(4 * i, true);
    block.compute(word(0), word(1), word(2), word(3));
    const output = new Uint8Array(4 * words).map((_, i) => block.octet(i));
    expect(toHex(output)).toBe(outputHex);
  });

  test.each(fixture.obfuscate)('$name under $key', ({ key, plainHex, wireHex, padding, drop }) => {
    const form = wgobfs(key);
    const plain = bytes(plainHex);
    const kind = at(plain, 0) as MessageKind;
    const datagram = wrapped(form, kind, plain);
    if (drop === true) return expect(datagram).toBe(LEFT_OUT);
    expect(toHex(datagram as Uint8Array)).toBe(wireHex);
    expect((datagram as Uint8Array).length - plain.length).toBe(padding);
    const back = unwrapped(form, datagram as Uint8Array);
    expect(back.kind).toBe(kind);
    expect(toHex(back.message)).toBe(plainHex);
  });

  test.each(fixture.restoreRejects)('refused: $name', ({ key, wireHex }) => {
    expect(unwrapped(wgobfs(key), bytes(wireHex)).kind).toBe(0);
  });
});

test('four of five keepalives are left out, as by the reference', () => {
  const form = wgobfs('mysecretkey');
  const random = seededRandom(5);
  let left = 0;
  for (let i = 0; i < 4000; i++) {
    const keepalive = random.bytes(32);
    keepalive.set([4, 0, 0, 0]);
    if (wrapped(form, TRANSPORT_KIND, keepalive) === LEFT_OUT) left++;
  }
  expect(left / 4000).toBeGreaterThan(0.77);
  expect(left / 4000).toBeLessThan(0.83);
});

test('a datagram under another key is no message', () => {
  const initiation = seededRandom(6).bytes(148);
  initiation.set([1, 0, 0, 0]);
  const datagram = wrapped(wgobfs('mysecretkey'), 1, initiation) as Uint8Array;
  expect(unwrapped(wgobfs('anotherkey'), datagram).kind).toBe(0);
});
