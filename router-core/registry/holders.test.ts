import { expect, test } from 'vitest';
import { type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import type { Asn } from '../base/units.ts';
import { fixtureIndex, rpsl } from './fixtures/fixture-registry.ts';
import { addressHolder, mayUseAddress, originsOfAddress } from './holders.ts';
import { buildRegistryIndex } from './index-builder.ts';

const index = fixtureIndex();
const ip = (text: string): IpAddress => parseIpAddress(text) as IpAddress;
const may = (asn: number, address: string, of = index) =>
  mayUseAddress(of, asn as Asn, ip(address));

test('names the most specific object over an address', () => {
  expect(addressHolder(index, ip('172.21.129.5'))).toMatchObject({
    object: 'inetnum/172.21.129.0_27',
    name: 'ALDER-V4',
    maintainers: ['ALDER-MNT'],
    origins: [4242426001],
  });
  expect(addressHolder(index, ip('fdb1:6000:101::1'))?.object).toBe('inet6num/fdb1:6000:101::_48');
  expect(addressHolder(index, ip('172.21.129.200'))?.object).toBe('inetnum/172.20.0.0_14');
  expect(addressHolder(index, ip('8.8.8.8'))).toBeUndefined();
});

test('falls back to route objects where no inetnum covers the address', () => {
  expect(addressHolder(index, ip('10.127.254.9'))).toMatchObject({
    object: 'route/10.127.254.0_24',
    origins: [4201276001],
  });
});

test('lets an AS use what it holds, and names the holder otherwise (§4.3)', () => {
  expect(may(4242426001, '172.21.129.5')).toEqual({
    allowed: true,
    because: 'origin',
    holder: 'inetnum/172.21.129.0_27',
  });
  expect(may(4242426002, '172.21.129.5')).toEqual({
    allowed: false,
    code: 'ADDRESS_NOT_YOURS',
    holder: 'inetnum/172.21.129.0_27',
  });
  expect(may(4242426002, '8.8.8.8')).toEqual({ allowed: false, code: 'ADDRESS_NOT_YOURS' });
});

test('counts a shared maintainer: the second AS of alder, and the second maintainer of ember', () => {
  expect(may(4242426101, '172.21.129.5')).toMatchObject({ because: 'maintainer' });
  expect(may(4242426006, '172.21.133.5')).toMatchObject({ because: 'maintainer' });
});

test('never counts the network-wide maintainer', () => {
  expect(may(4242426007, '172.21.200.1')).toMatchObject({
    allowed: false,
    holder: 'inetnum/172.20.0.0_14',
  });
});

test('passes link-local and transfer addresses without asking', () => {
  expect(may(4242426999, 'fe80::1')).toEqual({ allowed: true, because: 'link-local' });
  expect(may(4242426999, '169.254.1.1')).toEqual({ allowed: true, because: 'link-local' });
  expect(may(4242426999, '172.20.241.1')).toEqual({ allowed: true, because: 'transfer' });
});

test('counts a route only at the holder or below it, and a common admin-c', () => {
  const of = buildRegistryIndex(
    [
      file('inetnum/10.0.0.0_16', ['cidr', '10.0.0.0/16'], ['mnt-by', 'A-MNT']),
      file('route/10.0.0.0_16', ['route', '10.0.0.0/16'], ['origin', 'AS1'], ['mnt-by', 'A-MNT']),
      file('inetnum/10.0.1.0_24', ['cidr', '10.0.1.0/24'], ['mnt-by', 'B-MNT'], ['admin-c', 'P']),
      file('route/10.0.1.128_25', ['route', '10.0.1.128/25'], ['origin', 'AS2']),
      file('aut-num/AS3', ['aut-num', 'AS3'], ['mnt-by', 'C-MNT'], ['admin-c', 'P']),
    ],
    { commit: null },
  );
  // The wider route does not reach into what was given away.
  expect(may(1, '10.0.1.130', of)).toMatchObject({ allowed: false });
  expect(may(2, '10.0.1.130', of)).toMatchObject({ because: 'origin' });
  expect(may(2, '10.0.1.1', of)).toMatchObject({ allowed: false });
  expect(may(3, '10.0.1.1', of)).toMatchObject({ because: 'contact' });
  expect(originsOfAddress(of, ip('10.0.1.130'))).toEqual([2]);
  expect(originsOfAddress(of, ip('10.0.1.1'))).toEqual([1]);
});

function file(path: string, ...attributes: [key: string, value: string][]) {
  return { path, bytes: rpsl(...attributes) };
}
