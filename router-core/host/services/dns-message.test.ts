import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIpAddress } from '../../base/ip-address.ts';
import { type Question, readAnswer, readHostName, writeQuestion } from './dns-message.ts';
import { type AnswerParts, answerTo } from './testing/dns-answer.ts';

const ASKED: Question = { id: 0x1234, name: 'www.alder.dn42', type: 'A' };

test('a question as RFC 1035 §4.1 draws it', () => {
  expect(Buffer.from(writeQuestion({ ...ASKED, type: 'AAAA' })).toString('hex')).toBe(
    '123401000001000000000000' +
      '03777777' +
      '05616c646572' +
      '04646e3432' +
      '00' +
      '001c' +
      '0001',
  );
});

test('addresses of the name, and of the name it is an alias of', () => {
  expect(addresses({ records: [['www.alder.dn42', 'A', '172.21.129.1']] })).toEqual([
    '172.21.129.1',
  ]);
  expect(
    addresses({
      records: [
        ['www.alder.dn42', 'CNAME', 'web.alder.dn42'],
        ['web.alder.dn42', 'CNAME', 'host.alder.dn42'],
        ['host.alder.dn42', 'A', '172.21.129.2'],
        ['other.alder.dn42', 'A', '10.0.0.1'],
      ],
    }),
  ).toEqual(['172.21.129.2']);
  // An alias that leads to itself ends.
  expect(addresses({ records: [['www.alder.dn42', 'CNAME', 'www.alder.dn42']] })).toEqual([]);
  expect(addresses({ records: [] })).toEqual([]);
});

test('an address of another length than its type has is none', () => {
  const message = answerTo(ASKED, { records: [['www.alder.dn42', 'AAAA', 'fd42::1']] });
  // The type field of the record says A.
  message[message.length - 16 - 9] = 1;
  expect(readAnswer(message, ASKED)).toEqual({ kind: 'addresses', addresses: [] });
});

test('no such name, cut off, refused', () => {
  expect(readAnswer(answerTo(ASKED, { code: 3 }), ASKED)).toEqual({ kind: 'no-such-name' });
  expect(readAnswer(answerTo(ASKED, { isTruncated: true }), ASKED)).toEqual({ kind: 'truncated' });
  for (const code of [1, 2, 5])
    expect(readAnswer(answerTo(ASKED, { code }), ASKED)).toEqual({ kind: 'failed' });
});

test('what answers another question is no answer (RFC 5452 §9.1)', () => {
  const right = answerTo(ASKED, { records: [['www.alder.dn42', 'A', '172.21.129.1']] });
  for (const other of [
    { ...ASKED, id: 0x1235 },
    { ...ASKED, name: 'ww.alder.dn42' },
    { ...ASKED, type: 'AAAA' as const },
  ])
    expect(readAnswer(right, other)).toBeUndefined();
  expect(readAnswer(writeQuestion(ASKED), ASKED)).toBeUndefined();
  // Spelled in other letters it is the same name.
  const shouted = right.slice();
  shouted[13] = 'W'.charCodeAt(0);
  expect(readAnswer(shouted, ASKED)).toMatchObject({ kind: 'addresses' });
});

test('pointers that lead forwards or in a circle end the reading (RFC 1035 §4.1.4)', () => {
  const message = answerTo(ASKED, { records: [['www.alder.dn42', 'A', '172.21.129.1']] });
  const record = writeQuestion(ASKED).length;
  for (const target of [record, record + 2, 0x3fff]) {
    const bad = message.slice();
    bad[record] = 0xc0 | (target >>> 8);
    bad[record + 1] = target & 0xff;
    expect(readAnswer(bad, ASKED)).toBeUndefined();
  }
  for (let length = 0; length < message.length; length++)
    expect(readAnswer(message.subarray(0, length), ASKED)).toBeUndefined();
});

test('any octets are an answer or none, and never an exception', () => {
  const right = answerTo(ASKED, {
    records: [
      ['www.alder.dn42', 'CNAME', 'web.alder.dn42'],
      ['web.alder.dn42', 'A', '172.21.129.1'],
    ],
  });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(right.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.uint8Array({ maxLength: 40 }),
      (changes, tail) => {
        const message = Uint8Array.from([...right, ...tail]);
        for (const [at, octet] of changes) message[at] = octet;
        const answer = readAnswer(message, ASKED);
        if (answer?.kind === 'addresses')
          for (const { bytes } of answer.addresses) expect(bytes.length).toBe(4);
      },
    ),
  );
});

test('names of hosts, and what is none', () => {
  expect(readHostName('WWW.Alder.dn42.')).toBe('www.alder.dn42');
  expect(readHostName('_dmarc.alder.dn42')).toBe('_dmarc.alder.dn42');
  for (const text of [
    '',
    '.',
    'a..b',
    '-a.dn42',
    'a b',
    'ü.dn42',
    `${'a'.repeat(64)}.dn42`,
    'a.'.repeat(130),
  ])
    expect(readHostName(text), text).toBeUndefined();
});

function addresses(parts: AnswerParts): string[] {
  const answer = readAnswer(answerTo(ASKED, parts), ASKED);
  if (answer?.kind !== 'addresses') throw new Error('no addresses');
  return answer.addresses.map(formatIpAddress);
}
