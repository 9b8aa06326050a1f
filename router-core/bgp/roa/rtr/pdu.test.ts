import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { formatIpPrefix } from '../../../base/ip-address.ts';
import golden from './fixtures/rtr.json';
import { buildErrorReport, buildResetQuery, buildSerialQuery, readPdu } from './pdu.ts';

const bytesOf = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const hexOf = (id: string): string => golden.pdus.find((pdu) => pdu.id === id)?.hex ?? '';
const readHex = (hex: string): unknown => {
  const b = bytesOf(hex);
  const reading = readPdu(b, 0, b.length);
  if (reading.kind !== 'pdu') return reading;
  if (reading.pdu.kind !== 'prefix') return reading.pdu;
  const { isAnnounced, roa } = reading.pdu;
  return `${isAnnounced ? '+' : '-'} ${formatIpPrefix(roa.prefix)} ${roa.maxLength} ${roa.asn}`;
};

test.each([
  ['serial-notify', { kind: 'serial-notify', session: 4242, serial: 7 }],
  ['cache-response', { kind: 'cache-response', session: 4242 }],
  ['ipv4-announce', '+ 172.20.16.0/24 26 4242420001'],
  ['ipv4-withdraw', '- 172.20.16.0/24 26 4242420001'],
  ['ipv6-announce', '+ fd42:1:2::/48 64 4242420001'],
  [
    'end-of-data-v1',
    {
      kind: 'end-of-data',
      session: 4242,
      serial: 7,
      intervals: { refresh: 3600, retry: 600, expire: 7200 },
    },
  ],
  ['end-of-data-v0', { kind: 'end-of-data', session: 4242, serial: 7 }],
  ['cache-reset', { kind: 'cache-reset' }],
  ['error-version', { kind: 'error-report', code: 4, text: 'unsupported' }],
])('%s is read (RFC 8210 §5)', (id, pdu) => {
  expect(readHex(hexOf(id))).toEqual(pdu);
});

test('our own PDUs are those of the tables', () => {
  expect(toHex(buildSerialQuery(1, 4242, 6))).toBe(hexOf('serial-query'));
  expect(toHex(buildResetQuery(1))).toBe(hexOf('reset-query'));
  const report = buildErrorReport(0, 4, bytesOf(hexOf('reset-query')), 'unsupported');
  expect(toHex(report)).toBe(hexOf('error-version'));
});

test.each([
  ['a PDU too short for a header', '0103109200000007', 0],
  ['a PDU too long to be one', '010a000000100000', 0],
  ['a cache response with a body', '01031092000000090000', 0],
  ['an End of Data of version 0 in version 1', '010710920000000c00000007', 0],
  ['a maximum length below the length', '010400000000001401181700ac141000fcde3121', 0],
  ['a maximum length beyond the family', '010400000000001401182100ac141000fcde3121', 0],
  ['a query, which is ours to send', '0102000000000008', 5],
  ['a type nobody knows', '0105000000000008', 5],
  ['a router key in version 0', '0009000000000020', 5],
  ['an error report whose lengths lie', '010a000000000010ffffffff00000000', 0],
])('%s is broken', (_, hex, code) => {
  expect(readHex(hex)).toMatchObject({ kind: 'broken', code });
});

test('host bits of a prefix are cleared, so that each has one form', () => {
  expect(readHex('010400000000001401181a00ac1410fffcde3121')).toBe(
    '+ 172.20.16.0/24 26 4242420001',
  );
});

test('any octets give a PDU, an error or a wish for more, and every part of a PDU the last', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(10), (bytes, type) => {
      bytes[1] = type;
      const reading = readPdu(bytes, 0, bytes.length);
      if (reading.kind === 'pdu') expect(reading.end).toBeLessThanOrEqual(bytes.length);
    }),
  );
  for (const { hex } of golden.pdus) {
    const bytes = bytesOf(hex);
    if (readPdu(bytes, 0, bytes.length).kind !== 'pdu') continue;
    for (let end = 0; end < bytes.length; end++)
      expect(readPdu(bytes, 0, end)).toEqual({ kind: 'incomplete' });
  }
});
