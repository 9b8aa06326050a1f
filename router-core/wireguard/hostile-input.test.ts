/**
 * Bytes from strangers: a reason, no exception, no leak, no flood.
 *
 * @module
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DROP_REASONS } from '../base/drop-reason.ts';
import type { UnderlayAddress } from '../base/endpoint.ts';
import { seededRandom } from '../base/random.ts';
import { LABEL_COOKIE } from './constants.ts';
import { REPLAY_WINDOW_BITS } from './limits.ts';
import { createNobleCrypto } from './noble-crypto.ts';
import { createPair, establishedPair, ipv4Packet, underlay } from './test-lab.ts';

/** `npm run soak` tries a million. */
const FORGERIES = 20_000 * Number(process.env.ROOTLESS42_SOAK ?? 1);
const noble = createNobleCrypto(seededRandom(1));
const last = <T>(list: readonly T[]): T => list.at(-1) as T;

describe('transport messages again (paper §5.4.6)', () => {
  test('any order within the window is delivered once; what is older or known is replayed', () => {
    const { lab, alice, bob, toBob } = establishedPair(28);
    lab.passes = () => false;
    const first = lab.sent.length;
    const count = REPLAY_WINDOW_BITS + 100;
    for (let i = 0; i < count; i++) alice.sends(toBob, ipv4Packet(40, '10.0.0.1', i));
    const messages = lab.sent.slice(first).map((datagram) => datagram.bytes);
    expect(messages).toHaveLength(count);
    const deliveredBefore = bob.delivered.length;
    const newestFirst = messages.toReversed().map((bytes) => bob.receive(bytes, alice.address));
    // RFC 6479 §2: a word of 32 counters is given up for the bitmap that need not be shifted.
    const reach = REPLAY_WINDOW_BITS - 32;
    expect(newestFirst.slice(0, reach).every((reason) => reason === undefined)).toBe(true);
    expect(newestFirst.slice(reach + 32).every((reason) => reason === 'replayed')).toBe(true);
    const again = messages.map((bytes) => bob.receive(bytes, alice.address));
    expect(again.every((reason) => reason === 'replayed')).toBe(true);
    const accepted = newestFirst.filter((reason) => reason === undefined).length;
    expect(bob.delivered.length - deliveredBefore).toBe(accepted);
    bob.expectNoLeak();
  });

  test('a replay from elsewhere moves nothing and answers nothing', () => {
    const { lab, alice, bob, toBob, toAlice } = establishedPair(29);
    alice.sends(toBob);
    lab.runFor(0.1);
    const before = bob.device.view(toAlice);
    const sentBefore = lab.sentBy(bob).length;
    for (const { bytes } of lab.sentBy(alice)) bob.receive(bytes, underlay('203.0.113.7', 9));
    expect(bob.device.view(toAlice)).toEqual(before);
    expect(lab.sentBy(bob)).toHaveLength(sentBefore);
  });
});

describe('hostile input', () => {
  test('any bytes give a reason and never an exception, and leave no slot behind', () => {
    const { lab, alice, bob, toBob } = establishedPair(24);
    const strangers = Array.from({ length: 64 }, (_, i) => underlay(`198.51.100.${i}`, 5));
    let runs = 0;
    fc.assert(
      fc.property(anyDatagram, fc.boolean(), fc.nat(63), (forge, isToBob, stranger) => {
        // Key pairs, an initiation under way and a cookie are there to be hit, whatever time it is.
        if (runs++ % 100 === 0) {
          lab.sent.length = 0;
          alice.device.initiate(toBob, lab.now);
          alice.sends(toBob);
          lab.runFor(6);
          alice.sends(toBob);
        }
        lab.runFor(0.02);
        const target = isToBob ? bob : alice;
        const real = lab.sent.map((datagram) => datagram.bytes);
        const reason = target.receive(forge(real), strangers[stranger] as UnderlayAddress);
        if (reason !== undefined) expect(DROP_REASONS).toContain(reason);
        target.expectNoLeak();
      }),
      { numRuns: FORGERIES },
    );
    lab.runFor(600);
    alice.sends(toBob);
    lab.runFor(100);
    expect(alice.device.view(toBob).hasKeyPair).toBe(true);
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

/** Random octets, messages of every type and length, real ones changed in an octet or cut short. */
const anyDatagram: fc.Arbitrary<(real: readonly Uint8Array[]) => Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => () => bytes),
  fc
    .tuple(fc.constantFrom(1, 2, 3, 4), fc.constantFrom(0, 4, 31, 32, 63, 64, 91, 92, 148, 149))
    .map(([type, length]) => () => {
      const bytes = new Uint8Array(length);
      if (length > 0) bytes[0] = type;
      return bytes;
    }),
  fc
    .tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }))
    .map(([which, place, change]) => (real: readonly Uint8Array[]) => {
      const forged = (real[which % real.length] as Uint8Array).slice();
      const at = place % forged.length;
      forged[at] = (forged[at] as number) ^ change;
      return forged;
    }),
  fc.tuple(fc.nat(), fc.nat(200)).map(
    ([which, end]) =>
      (real: readonly Uint8Array[]) =>
        (real[which % real.length] as Uint8Array).slice(0, end),
  ),
);

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
