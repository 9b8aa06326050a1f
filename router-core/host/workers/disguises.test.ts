import { expect, test } from 'vitest';
import * as L from '../../packet/plane-layout.ts';
import { Disguises } from './disguises.ts';

const PORT = 51820;
const MESSAGE_BYTES = 96;

/** One sealed message to the peer of a tag, as the fast path leaves it. */
function sealed(tag: number) {
  const buffer = new SharedArrayBuffer(L.BANK);
  const disguises = new Disguises(buffer);
  const words = new Int32Array(buffer);
  const bytes = new Uint8Array(buffer);
  const put = (): void => {
    const start = L.RX_SLOTS + L.PLANE_HEADROOM;
    bytes.fill(0, start, start + MESSAGE_BYTES);
    bytes[start] = 4;
    words[(L.TX_DESCRIPTORS + L.DESCRIPTOR_START) >> 2] = start;
    words[(L.TX_DESCRIPTORS + L.DESCRIPTOR_LENGTH) >> 2] = MESSAGE_BYTES;
    words[(L.TX_DESCRIPTORS + L.DESCRIPTOR_TAG) >> 2] = tag;
  };
  const isPlain = (): boolean => {
    const start = words[(L.TX_DESCRIPTORS + L.DESCRIPTOR_START) >> 2] as number;
    return bytes[start] === 4 && bytes[start + 1] === 0 && bytes[start + 2] === 0;
  };
  return { disguises, put, isPlain, bytes };
}

test('a peer’s messages leave in its disguise, and others’ as they are', () => {
  const { disguises, put, isPlain } = sealed(3);
  put();
  expect(disguises.disguise(1)).toBe(1);
  expect(isPlain()).toBe(true);
  disguises.setPeer(3, { kind: 'wgobfs', key: 'moss' });
  put();
  expect(disguises.disguise(1)).toBe(1);
  expect(isPlain()).toBe(false);
});

test('what a former router worker said of a bank’s peers is void when the next one fills it', () => {
  const { disguises, put, isPlain } = sealed(3);
  disguises.setPeer(3, { kind: 'wgobfs', key: 'moss' });
  disguises.setPeer(3 + L.PEERS, { kind: 'wgobfs', key: 'moss' });
  disguises.forgetBank(1);
  put();
  disguises.disguise(1);
  expect(isPlain()).toBe(false);
  disguises.forgetBank(0);
  put();
  disguises.disguise(1);
  expect(isPlain()).toBe(true);
});

test('a socket listens for disguises for as long as it has some', () => {
  const { disguises, bytes } = sealed(3);
  disguises.setSocket(PORT, [{ kind: 'none' }, { kind: 'wgobfs', key: 'moss' }]);
  expect(bytes[L.SOCKET_FRAMINGS + PORT]).toBe(L.FRAMING_OBFUSCATED);
  disguises.setSocket(PORT, []);
  expect(bytes[L.SOCKET_FRAMINGS + PORT]).toBe(L.FRAMING_WIREGUARD);
});
