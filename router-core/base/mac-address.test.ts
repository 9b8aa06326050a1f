import { expect, test } from 'vitest';
import { fromHex } from './bytes.ts';
import {
  equalMacAddresses,
  formatMacAddress,
  isGroupMacAddress,
  isStationMacAddress,
  type MacAddress,
  parseMacAddress,
} from './mac-address.ts';

test('text becomes octets and text again', () => {
  const address = parseMacAddress('02:00:5E:10:00:ff') as MacAddress;
  expect([...address]).toEqual([2, 0, 0x5e, 0x10, 0, 0xff]);
  expect(formatMacAddress(address)).toBe('02:00:5e:10:00:ff');
});

test.each(['', '02:00:5e:10:00', '02:00:5e:10:00:ff:01', '2:0:5e:10:0:f', '02-00-5e-10-00-ff'])(
  'refuses %s',
  (text) => expect(parseMacAddress(text)).toBeUndefined(),
);

test('groups and zero are no stations', () => {
  const octets = (text: string): Uint8Array => fromHex(text) as Uint8Array;
  expect(isGroupMacAddress(octets('ffffffffffff'), 0)).toBe(true);
  expect(isGroupMacAddress(octets('333300000001'), 0)).toBe(true);
  expect(isStationMacAddress(octets('01005e000001'), 0)).toBe(false);
  expect(isStationMacAddress(octets('000000000000'), 0)).toBe(false);
  expect(isStationMacAddress(octets('000000000001'), 0)).toBe(true);
});

test('compares at offsets', () => {
  const b = Uint8Array.of(9, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6);
  expect(equalMacAddresses(b, 1, b, 7)).toBe(true);
  expect(equalMacAddresses(b, 0, b, 7)).toBe(false);
});
