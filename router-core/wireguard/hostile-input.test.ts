/**
 * Bytes from strangers: a reason, no exception, no leak, no flood.
 *
 * @module
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DROP_REASONS } from '../base/drop-reason.ts';
import { seededRandom } from '../base/random.ts';
import { LABEL_COOKIE } from './constants.ts';
import { createNobleCrypto } from './noble-crypto.ts';
import { createPair, establishedPair, underlay } from './test-lab.ts';

const noble = createNobleCrypto(seededRandom(1));
const last = <T>(list: readonly T[]): T => list.at(-1) as T;

describe('hostile input', () => {
  test('any bytes give a reason and never an exception, and leave no slot behind', () => {
    const { lab, alice, bob, toBob } = establishedPair(24);
    alice.sends(toBob);
    const real = lab.sent.map((d) => d.bytes);
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.constantFrom(1, 2, 3, 4), fc.constantFrom(0, 4, 31, 32, 63, 64, 91, 92, 148, 149))
        .map(([type, length]) => {
          const bytes = new Uint8Array(length);
          if (length > 0) bytes[0] = type;
          return bytes;
        }),
      fc
        .tuple(fc.constantFrom(...real), fc.nat(), fc.integer({ min: 1, max: 255 }))
        .map(([bytes, at, change]) => {
          const forged = bytes.slice();
          const place = at % forged.length;
          forged[place] = (forged[place] as number) ^ change;
          return forged;
        }),
      fc.tuple(fc.constantFrom(...real), fc.nat(200)).map(([bytes, end]) => bytes.slice(0, end)),
    );
    const endpoint = () => bob.device.view(toBob).endpoint;
    const before = endpoint();
    fc.assert(
      fc.property(anyBytes, fc.boolean(), (bytes, isToBob) => {
        lab.runFor(0.2);
        const target = isToBob ? bob : alice;
        const reason = target.receive(bytes, underlay('198.51.100.1', 5));
        // A prefix as long as the message is the message itself: its first arrival may be accepted.
        if (reason !== undefined) expect(DROP_REASONS).toContain(reason);
        target.expectNoLeak();
      }),
      { numRuns: 1500 },
    );
    expect(before).toBeDefined();
  });

  test('a source is limited before X25519; others are not (bounded table)', () => {
    const { lab, alice, bob, toBob } = createPair(25);
    alice.device.initiate(toBob, lab.now);
    const { bytes } = last(lab.sent);
    lab.passes = () => false;
    const flood = Array.from({ length: 100 }, () =>
      bob.receive(bytes, underlay('198.51.100.1', 7)),
    );
    expect(flood.filter((reason) => reason === 'rate-limited').length).toBe(80);
    expect(bob.receive(bytes, underlay('198.51.100.2', 7))).toBe('old-timestamp');
    lab.runFor(1);
    expect(bob.receive(bytes, underlay('198.51.100.1', 7))).toBe('old-timestamp');
  });

  test('events about strangers are few however many come', () => {
    const { bob } = createPair(26);
    const initiation = new Uint8Array(148);
    initiation[0] = 1;
    for (let i = 0; i < 500; i++) bob.receive(initiation, underlay(`10.0.${i >> 8}.${i & 255}`, 1));
    expect(bob.eventsOf('wrong-mac1').length).toBeLessThanOrEqual(10);
    expect(bob.device.drops['wrong-mac1']).toBe(500);
  });

  test('a cookie that answers our last message is shown in the next one (paper §5.3)', () => {
    const { lab, alice, bob, toBob } = createPair(27);
    lab.passes = () => false;
    alice.sends(toBob);
    const cookie = lab.random.bytes(16);
    const reply = cookieReply(last(lab.sent).bytes, bob.device.publicKey, cookie);
    const forged = reply.slice();
    forged[40] = (forged[40] as number) ^ 1;
    expect(alice.receive(forged, bob.address)).toBe('bad-cookie');
    expect(alice.receive(reply, underlay('203.0.113.9', 1))).toBeUndefined();
    expect(alice.device.view(toBob).endpoint).toEqual(bob.address);
    expect(lab.sent).toHaveLength(1);
    lab.runUntil(6);
    const { bytes } = last(lab.sent);
    expect(bytes.slice(132)).toEqual(noble.mac(cookie, bytes.slice(0, 132)));
    alice.expectNoLeak(1);
  });
});

/** The reply a responder under load would send (paper §5.4.7). */
function cookieReply(initiation: Uint8Array, responderKey: Uint8Array, cookie: Uint8Array) {
  const key = noble.hash(LABEL_COOKIE, responderKey);
  const nonce = new Uint8Array(24).fill(5);
  const reply = new Uint8Array(64);
  reply[0] = 3;
  reply.set(initiation.slice(4, 8), 4);
  reply.set(nonce, 8);
  reply.set(xchacha20poly1305(key, nonce, initiation.slice(116, 132)).encrypt(cookie), 32);
  return reply;
}
