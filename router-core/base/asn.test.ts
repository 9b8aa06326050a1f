import { expect, test } from 'vitest';
import { asnFromNumber, parseAsn, parseAsnOfVisitor } from './asn.ts';

test('reads asplain with and without "AS" (RFC 5396)', () => {
  for (const text of [
    '4242426001',
    'AS4242426001',
    'as4242426001',
    ' AS4242426001 ',
    'As4242426001',
  ])
    expect(parseAsn(text)).toBe(4242426001);
});

test('refuses asdot, names, signs and numbers beyond four octets', () => {
  for (const text of [
    '',
    'AS',
    '1.10',
    '-1',
    '+1',
    '1e3',
    '0x10',
    'AS AS1',
    '4294967296',
    '99999999999',
  ])
    expect(parseAsn(text)).toBeUndefined();
});

test('0 is never an AS number, the greatest is 4294967295 (RFC 7607, RFC 6793)', () => {
  expect(parseAsn('0')).toBeUndefined();
  expect(asnFromNumber(0)).toBeUndefined();
  expect(asnFromNumber(1)).toBe(1);
  expect(asnFromNumber(4294967295)).toBe(4294967295);
  expect(asnFromNumber(4294967296)).toBeUndefined();
  expect(asnFromNumber(1.5)).toBeUndefined();
  expect(asnFromNumber(Number.NaN)).toBeUndefined();
});

test('four digits are the habit of DN42, for people only', () => {
  expect(parseAsnOfVisitor('6001')).toBe(4242426001);
  expect(parseAsnOfVisitor('AS0042')).toBe(4242420042);
  expect(parseAsnOfVisitor('64512')).toBe(64512);
  expect(parseAsnOfVisitor('4242426001')).toBe(4242426001);
  expect(parseAsn('6001')).toBe(6001);
});
