import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { goldenMessages } from '../testing/golden.ts';
import { hexBytes } from '../testing/scripted-router.ts';
import {
  buildNotification,
  ceaseWithText,
  describeNotification,
  formatNotification,
  notification,
  readNotification,
  shutdownText,
} from './notification.ts';
import { NOTIFICATION_NAMES } from './notification-names.ts';

const golden = goldenMessages('NOTIFICATION');

test.each(golden.map((m) => [m.name, m] as const))('golden NOTIFICATION %s', (_, message) => {
  const { code, subcode, data, shutdownMessage } = message.decoded;
  const read = readNotification(message.bytes, 0, message.bytes.length);
  expect({ ...read, data: toHex(read.data) }).toEqual({ code, subcode, data });
  expect(shutdownText(read)).toBe(shutdownMessage);
  expect(toHex(buildNotification(read))).toBe(message.hex);
  expect(describeNotification(read).name).not.toContain('Unknown');
});

test('every code and subcode has a name and a sentence', () => {
  const all = Object.values(NOTIFICATION_NAMES).flatMap((code) => [
    code,
    ...Object.values(code.subcodes),
  ]);
  expect(all.length).toBeGreaterThan(45);
  for (const { name, sentence } of all) {
    expect(name).toMatch(/^[A-Z][\w -]+$/);
    expect(sentence).toMatch(/^[A-Z].*\.$/);
  }
});

test('what has no name is still described', () => {
  expect(describeNotification(notification(99, 1)).name).toBe('Unknown Error 99/1');
  expect(describeNotification(notification(6, 77)).name).toBe('Cease: Subcode 77');
  expect(formatNotification(notification(4, 0))).toBe('Hold Timer Expired (4/0)');
});

test('a hard reset shows what it stands for (RFC 8538)', () => {
  const reset = notification(6, 9, hexBytes('0602056c61746572'));
  expect(describeNotification(reset)).toEqual({
    name: 'Cease: Hard Reset (Cease: Administrative Shutdown)',
    sentence: 'The operator shut the session down.',
    text: 'later',
  });
  const nested = notification(6, 9, hexBytes('06090602'));
  expect(describeNotification(nested).name).toBe('Cease: Hard Reset');
});

test('text is cut at a whole character that fits 255 octets (RFC 9003)', () => {
  const { data } = ceaseWithText(2, '保'.repeat(200));
  expect(data.length).toBe(256);
  expect(data[0]).toBe(255);
  expect(shutdownText(notification(6, 2, data))).toBe('保'.repeat(85));
  const short = ceaseWithText(2, `${'保'.repeat(84)}ab`);
  expect(short.data[0]).toBe(254);
  expect(ceaseWithText(4, '').data).toHaveLength(0);
});

test.each([
  ['c868656c6c6f', '0xc868656c6c6f', 'a length that runs past the message'],
  ['02c328', '0xc328', 'octets that are no UTF-8'],
  ['00', undefined, 'an empty text'],
  ['0568656c6c6fffff', 'hello', 'octets after the text'],
  ['071b5b33316d6869', 'hi', 'control sequences'],
])('a communication %s is shown as %s: %s', (data, text: string | undefined, _why) => {
  expect(shutdownText(notification(6, 2, hexBytes(data)))).toBe(text);
});

test('any NOTIFICATION can be described', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(octet, octet, fc.uint8Array({ maxLength: 300 }), (code, subcode, data) => {
      const { name, sentence, text } = describeNotification(notification(code, subcode, data));
      expect(name.length).toBeGreaterThan(0);
      expect(sentence.length).toBeGreaterThan(0);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
      expect(text ?? '').not.toMatch(/[\u0000-\u001f]/);
    }),
  );
});
