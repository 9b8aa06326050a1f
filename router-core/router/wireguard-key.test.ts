import { x25519 } from '@noble/curves/ed25519.js';
import { expect, test } from 'vitest';
import { fromHex, toBase64 } from '../base/bytes.ts';
import { isLowOrderKey, parseWireguardKey } from './wireguard-key.ts';

test('a key has one spelling', () => {
  const key = toBase64(new Uint8Array(32).fill(7));
  expect(parseWireguardKey(key)).toEqual(new Uint8Array(32).fill(7));
  for (const wrong of [
    '',
    key.slice(1),
    `${key}=`,
    `${key}\n`,
    ` ${key}`,
    key.replace('=', ''),
    toBase64(new Uint8Array(33)),
  ])
    expect(parseWireguardKey(wrong)).toBeUndefined();
});

test('a point of low order is one with which every agreement fails', () => {
  const secret = new Uint8Array(32).fill(9);
  const low = [
    '00',
    '01',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
  ].map((hex) => fromHex(hex.padEnd(64, '0'))!);
  for (const point of low) {
    expect(isLowOrderKey(point)).toBe(true);
    expect(() => x25519.getSharedSecret(secret, point)).toThrow();
    const withTopBit = point.slice();
    withTopBit[31]! |= 0x80;
    expect(isLowOrderKey(withTopBit)).toBe(true);
  }
  expect(isLowOrderKey(x25519.getPublicKey(secret))).toBe(false);
});
