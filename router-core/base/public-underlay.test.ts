import { expect, test } from 'vitest';
import { parseIpAddress } from './ip-address.ts';
import { isPublicUnderlay } from './public-underlay.ts';

test.each([
  ['1.1.1.1', true],
  ['198.51.100.1', true],
  ['203.0.113.5', true],
  ['192.0.1.1', true],
  ['172.32.0.1', true],
  ['172.15.255.255', true],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['100.64.0.1', false],
  ['100.127.255.255', false],
  ['100.128.0.1', true],
  ['127.0.0.1', false],
  ['127.255.255.255', false],
  ['169.254.169.254', false],
  ['172.16.0.1', false],
  ['172.20.0.53', false],
  ['172.31.255.255', false],
  ['192.0.0.8', false],
  ['192.88.99.1', false],
  ['192.168.1.1', false],
  ['198.18.0.1', false],
  ['198.19.255.255', false],
  ['198.20.0.1', true],
  ['224.0.0.1', false],
  ['239.255.255.255', false],
  ['240.0.0.1', false],
  ['255.255.255.255', false],
])('IPv4 %s: %s', (text, isPublic) => {
  expect(isPublicUnderlay(parseIpAddress(text)!)).toBe(isPublic);
});

test.each([
  ['2001:db8::1', true],
  ['2a00:1450:4001::1', true],
  ['2606:4700::1111', true],
  ['3fff::1', true],
  ['::', false],
  ['::1', false],
  ['::ffff:10.0.0.1', false],
  ['::ffff:1.1.1.1', false],
  ['::10.0.0.1', false],
  ['64:ff9b::a00:1', false],
  ['64:ff9b:1::1', false],
  ['100::1', false],
  ['2001::1', false],
  ['2001:0:4136:e378:8000:63bf:3fff:fdd2', false],
  ['2001:20::1', false],
  ['2001:200::1', true],
  ['2002:a00:1::1', false],
  ['4000::1', false],
  ['5f00::1', false],
  ['fc00::1', false],
  ['fd42:d42:d42::1', false],
  ['fe80::1', false],
  ['fec0::1', false],
  ['ff02::1', false],
])('IPv6 %s: %s', (text, isPublic) => {
  expect(isPublicUnderlay(parseIpAddress(text)!)).toBe(isPublic);
});
