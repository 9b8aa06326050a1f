/**
 * What every obfuscation has to pass: one suite, run by the test of each.
 *
 * Not standardized; docs/architecture.md §11.
 *
 * @module
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../base/random.ts';
import { createObfuscation, obfuscatedMtu } from '../build.ts';
import {
  COOKIE_REPLY_KIND,
  INITIATION_BYTES,
  INITIATION_KIND,
  KEEPALIVE_BYTES,
  type MessageKind,
  messageBytes,
  NO_MESSAGE,
  RESPONSE_KIND,
  TRANSPORT_KIND,
} from '../message-kind.ts';
import { LEFT_OUT, type Obfuscation, TOO_BIG, WRAPPED } from '../obfuscation.ts';
import { checkObfuscation, type ObfuscationConfig } from '../options.ts';

const LOW = 64;
const MESSAGE = 200;
const HIGH = 2200;
const ROOM = new Uint8Array(2400);
const CANARY = 0xa5;

/** Returns a message of this kind with the type the form draws and arbitrary octets after it. */
export function messageOf(form: Obfuscation, kind: MessageKind, octets: number, seed: number) {
  const message = seededRandom(seed).bytes(octets);
  const type = form.drawType(kind);
  for (let i = 0; i < 4; i++) message[i] = Math.floor(type / 2 ** (8 * i));
  return message;
}

/** Wraps a message alone in a buffer; returns the datagram, or what was said instead. */
export function wrapped(form: Obfuscation, kind: MessageKind, message: Uint8Array) {
  ROOM.fill(CANARY);
  ROOM.set(message, MESSAGE);
  const result = form.wrap(kind, ROOM, MESSAGE, MESSAGE + message.length, LOW, HIGH);
  expect(ROOM.subarray(0, LOW).every((octet) => octet === CANARY)).toBe(true);
  expect(ROOM.subarray(HIGH).every((octet) => octet === CANARY)).toBe(true);
  return result === WRAPPED ? ROOM.slice(form.start, form.end) : result;
}

/** Unwraps a datagram alone in a buffer; returns kind and message. */
export function unwrapped(form: Obfuscation, datagram: Uint8Array) {
  const b = new Uint8Array(datagram.length + 20).fill(CANARY);
  b.set(datagram, 10);
  const before = b.slice();
  const recognized = form.recognize(b, 10, 10 + datagram.length);
  expect(b).toEqual(before);
  const kind = form.unwrap(b, 10, 10 + datagram.length);
  expect(kind).toBe(recognized);
  if (kind === NO_MESSAGE) expect(b).toEqual(before);
  expect(b.subarray(0, 10).every((octet) => octet === CANARY)).toBe(true);
  expect(b.subarray(b.length - 10).every((octet) => octet === CANARY)).toBe(true);
  return {
    kind,
    message: kind === NO_MESSAGE ? new Uint8Array(0) : b.slice(form.start, form.end),
    receiver: form.receiver >>> 0,
  };
}

/** Runs the suite on a configuration; wide ranges of types may take random octets for a message. */
export function obfuscationSuite(
  name: string,
  config: ObfuscationConfig,
  { isRecognizable = true }: { readonly isRecognizable?: boolean } = {},
): void {
  describe(`suite: ${name}`, () => {
    const form = createObfuscation(config, seededRandom(1));
    const anyMessage = fc
      .tuple(fc.constantFrom(1, 2, 3, 4), fc.integer({ min: KEEPALIVE_BYTES, max: 1500 }), fc.nat())
      .map(([k, octets, seed]) => {
        const kind = k as MessageKind;
        const length = kind === TRANSPORT_KIND ? octets : messageBytes(kind);
        return { kind, message: messageOf(form, kind, length, seed) };
      });

    test('its configuration is in order', () => {
      expect(checkObfuscation(config, 'obfuscation')).toEqual([]);
    });

    test('every message comes back as it was, or is left out on purpose', () => {
      fc.assert(
        fc.property(anyMessage, ({ kind, message }) => {
          const datagram = wrapped(form, kind, message);
          if (typeof datagram === 'number') {
            expect(datagram).toBe(LEFT_OUT);
            return;
          }
          const back = unwrapped(form, datagram);
          expect(back.kind).toBe(kind);
          // Nothing covers these two: they come back with the plain type.
          if (kind === TRANSPORT_KIND || kind === COOKIE_REPLY_KIND) message.set([kind, 0, 0, 0]);
          expect(back.message).toEqual(message);
          const index = kind === INITIATION_KIND ? -1 : kind === RESPONSE_KIND ? 8 : 4;
          const expected = index < 0 ? 0 : new DataView(message.buffer).getUint32(index, true);
          expect(back.receiver).toBe(expected);
        }),
      );
    });

    test('a full packet grows by the stated overhead at most, and the MTU gives it room', () => {
      for (let octets = 201; octets <= 1500; octets += 13) {
        const datagram = wrapped(form, TRANSPORT_KIND, messageOf(form, 4, octets, octets));
        expect((datagram as Uint8Array).length - octets).toBeLessThanOrEqual(form.overheadBytes);
      }
      expect(obfuscatedMtu(1420, config) + 80 + form.overheadBytes).toBeLessThanOrEqual(1500);
      expect(obfuscatedMtu(1280, config)).toBe(1280);
      expect(obfuscatedMtu(9000, config)).toBe(9000 - form.overheadBytes);
    });

    test('any octets are a message or not, never an exception, and change nothing if not', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 600 }), (datagram) => {
          const { kind } = unwrapped(form, datagram);
          expect([0, 1, 2, 3, 4]).toContain(kind);
          if (kind === NO_MESSAGE) return;
          if (isRecognizable) expect(datagram).toEqual('random octets passed for a message');
        }),
      );
    });

    test('a datagram cut short or lengthened is never a longer message than itself', () => {
      fc.assert(
        fc.property(anyMessage, fc.nat(2000), ({ kind, message }, cut) => {
          const datagram = wrapped(form, kind, message);
          if (typeof datagram === 'number') return;
          const shorter = datagram.slice(0, cut % (datagram.length + 1));
          expect(unwrapped(form, shorter).message.length).toBeLessThanOrEqual(shorter.length);
        }),
      );
    });

    test('a slot without room gives a reason and stays within its bounds', () => {
      const message = messageOf(form, INITIATION_KIND, INITIATION_BYTES, 3);
      const b = new Uint8Array(400).fill(CANARY);
      b.set(message, 100);
      const result = form.wrap(INITIATION_KIND, b, 100, 248, 100, 248);
      expect([WRAPPED, TOO_BIG]).toContain(result);
      expect(b.subarray(0, 100).every((octet) => octet === CANARY)).toBe(true);
      expect(b.subarray(248).every((octet) => octet === CANARY)).toBe(true);
    });

    test('decoys stay within the room they are given', () => {
      for (let i = 0; i < form.decoys; i++) {
        const b = new Uint8Array(2000).fill(CANARY);
        const end = form.writeDecoy(i, b, 100, 1600, 1_700_000_000);
        expect(end).toBeLessThanOrEqual(1600);
        expect(b.subarray(0, 100).every((octet) => octet === CANARY)).toBe(true);
        expect(b.subarray(end).every((octet) => octet === CANARY)).toBe(true);
        expect(form.writeDecoy(i, b, 100, 100, 0)).toBe(100);
      }
    });
  });
}
