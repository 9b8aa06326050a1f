import { expect, test } from 'vitest';
import { readUint32LittleEndian, writeUint32LittleEndian } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import { createObfuscation } from './build.ts';
import { WRAPPED } from './obfuscation.ts';
import type { ObfuscationConfig } from './options.ts';
import { PacketForms } from './packet-forms.ts';

const PLAIN: ObfuscationConfig = { kind: 'none' };
const WGOBFS: ObfuscationConfig = { kind: 'wgobfs', key: 'moss' };
const GREEDY: ObfuscationConfig = { kind: 'amneziawg', h4: '5-4294967295', s4: 8 };
const OUR_INDEX = 0xdeadbeef;
const FORMS = [PLAIN, WGOBFS, GREEDY] as const;

function packet(index = OUR_INDEX): Uint8Array {
  const b = seededRandom(1).bytes(2000);
  writeUint32LittleEndian(b, 300, 4);
  writeUint32LittleEndian(b, 304, index);
  return b;
}

test('a peer’s packet is disguised in its form and restored by a socket that serves three', () => {
  const forms = new PacketForms(seededRandom(2), (index) => index === OUR_INDEX);
  forms.setSocket(7, FORMS);
  FORMS.forEach((form, peer) => {
    forms.setPeer(peer, form);
    const b = packet();
    const message = b.slice(300, 1400);
    expect(forms.disguise(peer, b, 300, 1400, 200, 1600)).toBe(WRAPPED);
    const { start, end } = forms;
    if (form !== PLAIN) expect(readUint32LittleEndian(b, start)).not.toBe(4);
    expect(forms.restore(7, b, start, end)).toBe(true);
    expect(b.slice(forms.start, forms.end)).toEqual(message);
  });
});

test('where forms compete, an index that is nobody’s restores nothing', () => {
  const forms = new PacketForms(seededRandom(3), (index) => index === OUR_INDEX);
  forms.setSocket(7, FORMS);
  const b = packet(5);
  const before = b.slice();
  expect(forms.restore(7, b, 300, 1400)).toBe(false);
  forms.setSocket(7, [WGOBFS]);
  expect(forms.restore(7, b, 300, 1400)).toBe(false);
  expect(b).toEqual(before);
});

test('handshake messages stay as they came: the device reads them', () => {
  const forms = new PacketForms(seededRandom(4), () => true);
  forms.setSocket(7, [WGOBFS]);
  const b = packet();
  writeUint32LittleEndian(b, 300, 1);
  const wgobfs = createObfuscation(WGOBFS, seededRandom(5));
  wgobfs.wrap(1, b, 300, 448, 200, 600);
  const before = b.slice();
  expect(forms.restore(7, b, wgobfs.start, wgobfs.end)).toBe(false);
  expect(b).toEqual(before);
});

test('plain sockets and peers are left alone', () => {
  const forms = new PacketForms(seededRandom(6), () => true);
  const b = packet();
  expect(forms.isDisguised(7)).toBe(false);
  expect(forms.restore(7, b, 300, 1400)).toBe(false);
  expect(forms.disguise(1, b, 300, 1400, 200, 1600)).toBe(WRAPPED);
  expect([forms.start, forms.end]).toEqual([300, 1400]);
  expect(forms.contentBytes(1, 100, 112, 1420)).toBe(112);
  expect(b).toEqual(packet());
});
