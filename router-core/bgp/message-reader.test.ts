import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, toHex } from '../base/bytes.ts';
import { seededRandom } from '../base/random.ts';
import { instant } from '../base/units.ts';
import { newMessage } from './message/header.ts';
import { MessageReader } from './message-reader.ts';

const NOW = instant(0);

test('any way to cut the stream gives the same messages', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 1, maxLength: 8 }),
      fc.integer(),
      (sizes, seed) => {
        const random = seededRandom(seed);
        const messages = sizes.map((size) => {
          const message = newMessage(2, 4 + size);
          message.set(random.bytes(size), 23);
          return message;
        });
        const stream = concatBytes(...messages);
        const { reader, got } = collect();
        for (let i = 0; i < stream.length; ) {
          const end = Math.min(stream.length, i + 1 + random.below(random.below(2) ? 40 : 5000));
          reader.receive(stream, i, end, NOW);
          i = end;
        }
        expect(got).toEqual(messages.map(toHex));
      },
    ),
    { numRuns: 200 },
  );
});

test('whole messages are handed on where they lie', () => {
  const seen: Uint8Array[] = [];
  const reader = new MessageReader({
    receiveMessage: (b) => seen.push(b) > 0,
    headerBroken: () => undefined,
  });
  const stream = concatBytes(newMessage(4, 0), newMessage(4, 0), newMessage(4, 0));
  reader.receive(stream, 0, stream.length, NOW);
  expect(seen).toEqual([stream, stream, stream]);
  expect(seen.every((b) => b === stream)).toBe(true);
});

test.each([
  ['a marker that is not all ones', 'fe', 15, '1/1'],
  ['a length below the header', '0012', 16, '1/2 0012'],
  ['a type that does not exist', '09', 18, '1/3 09'],
  ['a KEEPALIVE with a body', '0014', 16, '1/2 0014'],
])('%s is %s, whether the header comes whole or in pieces', (_, hex, at, expected) => {
  for (const step of [19, 7, 1]) {
    const message = newMessage(4, 0);
    for (let i = 0; i < hex.length / 2; i++)
      message[at + i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
    const { reader, got } = collect();
    for (let i = 0; i < 19; i += step) reader.receive(message, i, Math.min(19, i + step), NOW);
    expect(got).toEqual([expected]);
  }
});

test('an OPEN keeps the old limit, an UPDATE may have 65535 octets (RFC 8654 §4)', () => {
  const long = newMessage(2, 65535 - 19);
  const open = newMessage(1, 4097 - 19);
  const { reader, got } = collect();
  reader.receive(long, 0, long.length, NOW);
  reader.receive(open, 0, open.length, NOW);
  expect(got).toEqual([toHex(long), '1/2 1001']);
});

test('after a no of the sink the rest of the read is dropped', () => {
  let count = 0;
  const reader = new MessageReader({
    receiveMessage: () => ++count < 2,
    headerBroken: () => undefined,
  });
  const stream = concatBytes(newMessage(4, 0), newMessage(4, 0), newMessage(4, 0));
  reader.receive(stream, 0, stream.length, NOW);
  expect(count).toBe(2);
});

function collect(): { reader: MessageReader; got: string[] } {
  const got: string[] = [];
  const reader = new MessageReader({
    receiveMessage: (b, start, end) => got.push(toHex(b.subarray(start, end))) > 0,
    headerBroken: ({ code, subcode, data }) =>
      got.push(`${code}/${subcode} ${toHex(data)}`.trimEnd()),
  });
  return { reader, got };
}
