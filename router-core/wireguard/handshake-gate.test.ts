/**
 * Floods of handshake messages: cookies, limits, and who still gets through.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import type { DropReason } from '../base/drop-reason.ts';
import { seededRandom } from '../base/random.ts';
import { createTimerQueue } from '../base/timer-queue.ts';
import { instant } from '../base/units.ts';
import { ETHERGUARD_FRAMING } from '../mesh/etherguard/wire/framing.ts';
import { CookieIssuer, type MessageSource } from './cookie-issuer.ts';
import type { WireguardCrypto } from './crypto.ts';
import { HANDSHAKE_CHECKED } from './handshake-gate.ts';
import {
  COOKIE_REPLIES_BURST,
  COOKIE_REPLIES_PER_SOURCE,
  HANDSHAKES_BURST,
  UNDER_LOAD_BURST,
} from './limits.ts';
import { createNobleCrypto } from './noble-crypto.ts';
import { createToyCrypto, type HostOptions, Lab, underlay } from './test-lab.ts';

const last = <T>(list: readonly T[]): T => list.at(-1) as T;

describe('under load', () => {
  test('a message without MAC2 gets a cookie and costs no X25519; the next one passes with it (paper §5.3)', () => {
    const { lab, alice, bob, toAlice, agreements, flood } = scene(1);
    flood(400);
    const before = agreements();
    expect(flood(1000).every((reason) => reason === 'cookie-required')).toBe(true);
    expect(agreements()).toBe(before);

    const toBob = alice.knows(bob);
    alice.sends(toBob);
    lab.runFor(0.1);
    expect(lab.sentBy(bob).at(-1)?.name).toBe('cookie-reply');
    expect(last(lab.sentBy(bob)).to).toEqual(alice.address);
    expect(last(lab.sentBy(bob)).bytes.length).toBe(64);
    expect(agreements()).toBe(before);
    expect(bob.device.view(toAlice).initiationsReceived).toBe(0);
    while (lab.now < 6000) {
      flood(50);
      lab.runFor(0.1);
    }
    expect(bob.device.view(toAlice)).toMatchObject({ initiationsReceived: 1, hasKeyPair: true });
    expect(bob.delivered).toHaveLength(1);
    alice.expectNoLeak();
    bob.expectNoLeak();
  });

  test('a response without MAC2 is asked for a cookie too, and the handshake after it completes', () => {
    const { lab, alice, bob, toAlice, flood } = scene(2);
    alice.knows(bob, { isPassive: true });
    flood(400);
    bob.sends(toAlice);
    while (lab.now < 6000) {
      flood(50);
      lab.runFor(0.1);
    }
    expect(lab.namesSince(0, bob).filter((name) => name === 'initiation')).toHaveLength(2);
    expect(lab.namesSince(0, alice)).toEqual(['response', 'response']);
    expect(bob.device.view(toAlice)).toMatchObject({ responsesReceived: 1, hasKeyPair: true });
    expect(alice.delivered).toHaveLength(1);
    bob.expectNoLeak();
  });

  test('it ends a second after the last message over the rate', () => {
    const { lab, flood } = scene(3);
    flood(UNDER_LOAD_BURST);
    expect(flood(1)).toEqual(['unknown-key']);
    expect(flood(1)).toEqual(['cookie-required']);
    lab.runFor(0.9);
    // Under the rate, but not yet over.
    expect(flood(1)).toEqual(['cookie-required']);
    lab.runFor(0.11);
    expect(flood(1)).toEqual(['unknown-key']);
  });

  test('the handshakes of 300 peers at once, and 90 a second from then on, are no load', () => {
    const { lab, flood } = scene(4);
    const reasons = flood(UNDER_LOAD_BURST);
    for (let i = 0; i < 100; i++) {
      lab.runFor(0.1);
      reasons.push(...flood(9));
    }
    expect(new Set(reasons)).toEqual(new Set(['unknown-key']));
  });

  test('EtherGuard framing: refused, given a cookie, accepted', () => {
    const { lab, alice, bob, toAlice, flood } = scene(5, { framing: ETHERGUARD_FRAMING });
    flood(400);
    alice.knows(bob, { persistentKeepalive: 25 });
    lab.runFor(0.1);
    expect(last(lab.sentBy(bob)).bytes[0]).toBe(2);
    expect(last(lab.sentBy(bob)).bytes.length).toBe(61);
    while (lab.now < 6000) {
      flood(50);
      lab.runFor(0.1);
    }
    expect(bob.device.view(toAlice).hasKeyPair).toBe(true);
  });
});

describe('cookies (paper §5.4.7)', () => {
  const noble = createNobleCrypto(seededRandom(1));
  const home: MessageSource = { family: 4, bytes: Uint8Array.of(192, 0, 2, 1), offset: 0, port: 7 };

  test('a secret makes cookies for 120 s and is taken for 120 s more, so each lasts as long as its owner uses it', () => {
    const timerQueue = createTimerQueue();
    let changes = 0;
    const issuer = new CookieIssuer({
      crypto: noble,
      random: seededRandom(2),
      timerQueue,
      changed: () => changes++,
    });
    const runUntil = (second: number) => {
      for (let t = timerQueue.nextDeadline(); t !== undefined && t <= second * 1000; ) {
        timerQueue.runDue(t);
        t = timerQueue.nextDeadline();
      }
    };
    expect(isTaken(issuer, new Uint8Array(16).fill(1))).toBe(false);
    const first = issuer.issue(home, instant(0));
    runUntil(119);
    expect(issuer.issue(home, instant(119_000))).toEqual(first);
    expect(isTaken(issuer, first)).toBe(true);
    runUntil(121);
    const second = issuer.issue(home, instant(121_000));
    expect(second).not.toEqual(first);
    runUntil(239);
    expect(isTaken(issuer, first)).toBe(true);
    expect(isTaken(issuer, second)).toBe(true);
    runUntil(240);
    expect(isTaken(issuer, first)).toBe(false);
    expect(isTaken(issuer, second)).toBe(true);
    runUntil(1000);
    expect([issuer.secret, issuer.secretBefore]).toEqual([undefined, undefined]);
    expect(timerQueue.armed()).toBe(0);
    expect(changes).toBe(6);
  });

  test('a cookie proves one address and port, and the message it stands under', () => {
    const issuer = new CookieIssuer({
      crypto: noble,
      random: seededRandom(3),
      timerQueue: createTimerQueue(),
      changed: () => undefined,
    });
    const cookie = issuer.issue(home, instant(0));
    expect(isTaken(issuer, cookie)).toBe(true);
    expect(isTaken(issuer, cookie, { ...home, port: 8 })).toBe(false);
    expect(isTaken(issuer, cookie, { ...home, bytes: Uint8Array.of(192, 0, 2, 2) })).toBe(false);
    expect(isTaken(issuer, cookie, home, 1)).toBe(false);
    const six: MessageSource = { family: 6, bytes: new Uint8Array(20), offset: 4, port: 7 };
    expect(isTaken(issuer, issuer.issue(six, instant(0)), six)).toBe(true);
  });

  /** Whether a message of 8 octets under this cookie is believed; `change` spoils it afterwards. */
  function isTaken(issuer: CookieIssuer, cookie: Uint8Array, source = home, change = 0): boolean {
    const message = new Uint8Array(24);
    message.set(noble.mac(cookie, message.slice(0, 8)), 8);
    message[3] = change;
    return issuer.isMac2Right(message, 0, 8, source);
  }
});

describe('limits', () => {
  test('a source over its rate needs a cookie, others do not (bounded table)', () => {
    const { lab, bob, initiation } = scene(6);
    const from = underlay('198.51.100.1', 7);
    const reasons = Array.from({ length: 100 }, () => bob.receive(initiation, from));
    expect(reasons.filter((reason) => reason === 'cookie-required')).toHaveLength(
      100 - HANDSHAKES_BURST,
    );
    expect(bob.receive(initiation, underlay('198.51.100.2', 7))).toBe('unknown-key');
    lab.runFor(1);
    expect(bob.receive(initiation, from)).toBe('unknown-key');
  });

  test('whoever forges the address of a peer does not keep it from handshakes', () => {
    const { lab, alice, bob, toAlice, initiation } = scene(7);
    alice.device.initiate(alice.knows(bob), lab.now);
    while (lab.now < 6000) {
      for (let i = 0; i < 10; i++) bob.receive(initiation, alice.address);
      lab.runFor(0.1);
    }
    expect(bob.device.drops['unknown-key']).toBeLessThan(160);
    expect(bob.device.view(toAlice).hasKeyPair).toBe(true);
  });

  test('a source with a right MAC2 has a limit of its own', () => {
    const { lab, alice, bob, flood } = scene(8);
    flood(400);
    const toBob = alice.knows(bob);
    alice.device.initiate(toBob, lab.now);
    lab.runFor(0.1);
    flood(200);
    lab.passes = () => false;
    lab.runUntil(5.5);
    flood(400);
    const { bytes } = last(lab.sentBy(alice));
    const reasons = Array.from({ length: 100 }, () => bob.receive(bytes, alice.address));
    expect(reasons[0]).toBeUndefined();
    expect(reasons[1]).toBe('old-timestamp');
    expect(reasons.filter((reason) => reason === 'rate-limited')).toHaveLength(
      100 - 2 * HANDSHAKES_BURST,
    );
  });

  test('replies are bounded per source and over all, and shorter than what they answer', () => {
    const { lab, bob, initiation, flood } = scene(9);
    flood(400);
    const replies = () => lab.namesSince(0, bob).filter((name) => name === 'cookie-reply').length;
    lab.runFor(1.5);
    flood(400);
    const before = replies();
    for (let i = 0; i < 100; i++) bob.receive(initiation, underlay('203.0.113.5', 9));
    expect(replies() - before).toBe(COOKIE_REPLIES_PER_SOURCE);
    lab.runFor(0.5);
    const later = replies();
    flood(3000);
    expect(replies() - later).toBe(COOKIE_REPLIES_BURST);
    expect(last(lab.sentBy(bob)).bytes.length).toBeLessThan(initiation.length);
    bob.expectNoLeak();
  });

  test('a full arena costs the reply, nothing else', () => {
    const { bob, flood } = scene(10, { slots: 1 });
    flood(400);
    expect(bob.device.drops['arena-full']).toBe(400 - UNDER_LOAD_BURST - 1);
    bob.expectNoLeak();
  });
});

describe('a packet worker that checks before', () => {
  test('what it let through is not checked again', () => {
    const { bob, flood, initiation } = scene(11);
    flood(400);
    const from = underlay('198.51.100.9', 1);
    expect(bob.receive(initiation, from)).toBe('cookie-required');
    expect(bob.receive(initiation, from, 1, HANDSHAKE_CHECKED)).toBe('unknown-key');
    expect(bob.receive(initiation, from)).toBe('cookie-required');
  });

  test('what it hands over for a cookie is answered', () => {
    const { lab, alice, bob, initiation } = scene(12);
    const toBob = alice.knows(bob);
    lab.passes = (d) => d.name !== 'initiation';
    alice.sends(toBob);
    expect(bob.answersWithCookie(last(lab.sent).bytes, alice.address)).toBe('cookie-required');
    expect(last(lab.sentBy(bob))).toMatchObject({ name: 'cookie-reply', to: alice.address });
    lab.runUntil(6);
    const mac2 = last(lab.sentBy(alice)).bytes.slice(132);
    expect(mac2).not.toEqual(new Uint8Array(16));
    expect(bob.answersWithCookie(initiation.slice(1), alice.address)).toBe('malformed');
    expect(bob.answersWithCookie(new Uint8Array(92), alice.address)).toBe('malformed');
    bob.expectNoLeak();
  });
});

/**
 * Bob knows alice. Carol, whom he does not know, made an initiation for him; `flood` sends it from one
 * new address after the other and returns what became of each.
 */
function scene(seed: number, options: HostOptions = {}) {
  const lab = new Lab(seed);
  const counted = countingCrypto(lab);
  const alice = lab.addHost('alice', options);
  const bob = lab.addHost('bob', { ...options, crypto: counted.crypto });
  const carol = lab.addHost('carol', { ...options, slots: 8 });
  const toAlice = bob.knows(alice);
  carol.device.initiate(carol.knows(bob), lab.now);
  const initiation = last(lab.sent).bytes;
  carol.address = underlay('192.0.2.99', 1);
  lab.sent.length = 0;
  lab.runFor(0.02);
  bob.reasons.length = 0;
  let source = 0;
  const flood = (count: number): (DropReason | undefined)[] =>
    Array.from({ length: count }, () => {
      source++;
      return bob.receive(initiation, underlay(`10.${source >> 8}.${source & 255}.1`, 1));
    });
  return { lab, alice, bob, toAlice, initiation, flood, agreements: counted.agreements };
}

/** The toy, counting how often a shared secret is computed. */
function countingCrypto(lab: Lab): { crypto: WireguardCrypto; agreements: () => number } {
  const toy = createToyCrypto(lab.random);
  let count = 0;
  const crypto: WireguardCrypto = {
    ...toy,
    importPrivateKey(bytes) {
      const key = toy.importPrivateKey(bytes);
      return {
        ...key,
        agree(remote) {
          count++;
          return key.agree(remote);
        },
      };
    },
  };
  return { crypto, agreements: () => count };
}
