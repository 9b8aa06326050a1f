/**
 * The gate in front of handshakes: its verdicts, its bounds, and its twin in words.
 *
 * @module
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assert } from '../base/assert.ts';
import { seededRandom } from '../base/random.ts';
import { createTimerQueue } from '../base/timer-queue.ts';
import { addMilliseconds, type Instant, instant, milliseconds } from '../base/units.ts';
import { createPacketArena } from '../packet/arena.ts';
import * as L from '../packet/plane-layout.ts';
import { MacVerifier } from '../wireguard/cookie.ts';
import { CookieIssuer, type MessageSource } from '../wireguard/cookie-issuer.ts';
import { HandshakeCheck } from '../wireguard/handshake-check.ts';
import { createNobleCrypto, KEY_PAIR_ROWS } from '../wireguard/index.ts';
import type { PuntSink } from './punt-ring.ts';
import { ROUTER_PORT, slotsInUse, World } from './testing/routed-world.ts';
import { type TestDatagram, TestPlane } from './testing/test-plane.ts';

const INITIATION_BYTES = 148;
const RESPONSE_BYTES = 92;
const COOKIE_REPLY_BYTES = 64;
const PUBLIC_KEY = seededRandom(4).bytes(32);
const noble = createNobleCrypto(seededRandom(5));
const { mac1Key } = new MacVerifier(noble, PUBLIC_KEY);

type Source = { readonly family: 4 | 6; readonly address: Uint8Array; readonly port: number };
type Verdict =
  | 'passes'
  | 'cookie-required'
  | 'wrong-mac1'
  | 'rate-limited'
  | 'malformed'
  | 'not-wireguard'
  | 'truncated'
  | 'queue-full'
  | 'unchecked';

const DROPS: readonly (readonly [number, Verdict])[] = [
  [L.DROP_COOKIE_REQUIRED, 'cookie-required'],
  [L.DROP_WRONG_MAC1, 'wrong-mac1'],
  [L.DROP_RATE_LIMITED, 'rate-limited'],
  [L.DROP_MALFORMED, 'malformed'],
  [L.DROP_NOT_WIREGUARD, 'not-wireguard'],
  [L.DROP_TRUNCATED, 'truncated'],
  [L.DROP_QUEUE_FULL, 'queue-full'],
];

describe('before a message may cost anything', () => {
  test('MAC1 is right: it is handed over as checked, initiation or response (paper §5.4.4)', () => {
    const gate = new Gate();
    expect(gate.asks(message(INITIATION_BYTES), home(1))).toBe('passes');
    expect(gate.asks(message(RESPONSE_BYTES), home(1))).toBe('passes');
  });

  test('MAC1 is wrong: ten of a second are shown to the router, unchecked, the others dropped', () => {
    const gate = new Gate();
    const forged = message(INITIATION_BYTES);
    forged[120] = (forged[120] as number) ^ 1;
    for (let second = 0; second < 3; second++) {
      const verdicts = Array.from({ length: 50 }, () => gate.asks(forged, home(1)));
      expect(verdicts.slice(0, 10)).toEqual(Array(10).fill('unchecked'));
      expect(verdicts.slice(10)).toEqual(Array(40).fill('wrong-mac1'));
      gate.advance(1000);
    }
    // Nothing of it was counted against the source.
    for (let i = 0; i < 20; i++) expect(gate.asks(message(148), home(1))).toBe('passes');
  });

  test('the type decides the length; every other type and length has its reason', () => {
    const gate = new Gate();
    for (let length = 0; length <= 200; length++) {
      for (const type of [0, 1, 2, 3, 5, 255]) {
        const octets = new Uint8Array(length);
        if (length > 0) octets[0] = type;
        const wanted = [0, INITIATION_BYTES, RESPONSE_BYTES, COOKIE_REPLY_BYTES][type];
        const verdict = gate.asks(octets, home(1));
        if (length < 4) expect(verdict).toBe('truncated');
        else if (wanted === undefined || type === 0) expect(verdict).toBe('not-wireguard');
        else if (length !== wanted) expect(verdict).toBe('malformed');
        else expect(verdict).toBe('unchecked');
      }
    }
    const reserved = message(INITIATION_BYTES);
    reserved[2] = 1;
    expect(gate.asks(reserved, home(1))).toBe('not-wireguard');
  });

  test('obfuscated sockets are checked by the router, which sees the form', () => {
    const gate = new Gate();
    new Uint8Array(gate.plane.buffer)[L.SOCKET_FRAMINGS + ROUTER_PORT] = L.FRAMING_OBFUSCATED;
    expect(gate.asks(new Uint8Array(77).fill(9), home(1))).toBe('unchecked');
  });
});

describe('sources', () => {
  test('beyond its burst a source is asked for a cookie, its neighbours are not', () => {
    const gate = new Gate();
    for (let i = 0; i < 20; i++) expect(gate.asks(message(148), home(1))).toBe('passes');
    expect(gate.asks(message(148), home(1))).toBe('cookie-required');
    expect(gate.asks(message(148), { ...home(1), port: 9 })).toBe('cookie-required');
    expect(gate.asks(message(148), home(2))).toBe('passes');
    // Twenty a second come back.
    gate.advance(100);
    expect(gate.asks(message(148), home(1))).toBe('passes');
    expect(gate.asks(message(148), home(1))).toBe('passes');
    expect(gate.asks(message(148), home(1))).toBe('cookie-required');
  });

  test('a /64 of IPv6 is one source', () => {
    const gate = new Gate();
    for (let i = 0; i < 20; i++) expect(gate.asks(message(148), six(1, i))).toBe('passes');
    expect(gate.asks(message(148), six(1, 99))).toBe('cookie-required');
    expect(gate.asks(message(148), six(2, 1))).toBe('passes');
  });

  test('forged messages of a source do not use up what its cookie opens', () => {
    const gate = new Gate();
    const cookie = gate.cookieOf(home(1));
    for (let i = 0; i < 200; i++) gate.asks(message(148), home(1));
    for (let i = 0; i < 20; i++) expect(gate.asks(message(148, cookie), home(1))).toBe('passes');
    expect(gate.asks(message(148, cookie), home(1))).toBe('rate-limited');
  });
});

describe('load and cookies (paper §5.3)', () => {
  test('300 at once are none; then every message needs a cookie for a second', () => {
    const gate = new Gate();
    for (let i = 0; i < 301; i++) expect(gate.asks(message(148), home(i))).toBe('passes');
    expect(gate.asks(message(148), home(400))).toBe('cookie-required');
    gate.advance(999);
    // Under the rate, but not yet over.
    expect(gate.asks(message(92), home(401))).toBe('cookie-required');
    gate.advance(1);
    expect(gate.asks(message(92), home(402))).toBe('passes');
  });

  test('100 a second are none', () => {
    const gate = new Gate();
    for (let i = 0; i < 300; i++) gate.asks(message(148), home(i));
    for (let i = 0; i < 300; i++) {
      gate.advance(10);
      expect(gate.asks(message(148), home(1000 + i))).toBe('passes');
    }
  });

  test('a cookie of the present secret and of the one before opens, an older one does not', () => {
    const gate = new Gate();
    const first = gate.cookieOf(home(1));
    gate.advance(119_000);
    gate.load();
    expect(gate.asks(message(148, first), home(1))).toBe('passes');
    gate.advance(2000);
    const second = gate.cookieOf(home(1));
    expect(second).not.toEqual(first);
    gate.load();
    expect(gate.asks(message(148, first), home(1))).toBe('passes');
    expect(gate.asks(message(92, second), home(1))).toBe('passes');
    gate.advance(120_000);
    gate.load();
    expect(gate.asks(message(148, first), home(1))).toBe('cookie-required');
    expect(gate.asks(message(148, second), home(1))).toBe('passes');
  });

  test('a cookie opens for its address and port only', () => {
    const gate = new Gate();
    const cookie = gate.cookieOf(home(1));
    gate.load();
    expect(gate.asks(message(148, cookie), { ...home(1), port: 2 })).toBe('cookie-required');
    expect(gate.asks(message(148, cookie), home(2))).toBe('cookie-required');
    const of6 = gate.cookieOf(six(1, 1));
    expect(gate.asks(message(148, of6), six(1, 2))).toBe('cookie-required');
    expect(gate.asks(message(148, of6), six(1, 1))).toBe('passes');
  });

  test('without a secret, or while it is written, no MAC2 is right', () => {
    const gate = new Gate();
    gate.load();
    const zeros = noble.mac(new Uint8Array(32), new Uint8Array(6));
    expect(gate.asks(message(148, zeros), home(1))).toBe('cookie-required');
    const cookie = gate.cookieOf(home(1));
    const words = new Int32Array(gate.plane.buffer);
    const sequence = (L.BANK + L.BANK_GATE + L.GATE_SEQUENCE) >> 2;
    words[sequence] = (words[sequence] as number) + 1;
    expect(gate.asks(message(148, cookie), home(1))).toBe('cookie-required');
    words[sequence] = (words[sequence] as number) + 1;
    expect(gate.asks(message(148, cookie), home(1))).toBe('passes');
  });

  test('a secret that expired is overwritten in the shared memory, too', () => {
    const gate = new Gate();
    gate.cookieOf(home(1));
    const secretAt = L.BANK + L.BANK_GATE + L.GATE_COOKIE_SECRET;
    const secrets = new Uint8Array(gate.plane.buffer, secretAt, 64);
    expect(secrets.some((octet) => octet !== 0)).toBe(true);
    gate.advance(120_000);
    gate.advance(120_000);
    expect(secrets.every((octet) => octet === 0)).toBe(true);
  });
});

describe('bounds', () => {
  test('the router is asked for 2,000 cookies a second', () => {
    const gate = new Gate();
    gate.load();
    const verdicts = Array.from({ length: 2500 }, (_, i) => gate.outcome(message(148), home(i)));
    const asked = verdicts.filter(({ isPunted }) => isPunted).length;
    // Some of this second's were asked for by the load.
    expect(asked).toBeLessThanOrEqual(2000);
    expect(asked).toBeGreaterThan(1900);
    expect(verdicts.every(({ verdict }) => verdict === 'cookie-required')).toBe(true);
    gate.advance(1000);
    gate.load();
    expect(gate.outcome(message(148), home(1)).isPunted).toBe(true);
  });

  test('128 handshakes wait at most, and there is room again when they were taken', () => {
    const gate = new Gate();
    const flood = Array.from({ length: 60 }, (_, i) => datagram(message(148), home(i)));
    for (let batch = 0; batch < 5; batch++) gate.plane.receive(flood, gate.now);
    expect(gate.takePunts()).toHaveLength(128);
    expect(gate.plane.drop(L.DROP_QUEUE_FULL)).toBe(172);
    gate.advance(5000);
    expect(gate.asks(message(148), home(1))).toBe('passes');
  });

  test('who keeps the ring from running empty keeps no handshake out', () => {
    const gate = new Gate();
    gate.plane.receive([datagram(message(148), home(1))], gate.now);
    for (let i = 0; i < 300; i++) {
      gate.advance(10);
      gate.plane.receive([datagram(message(148), home(i))], gate.now);
      expect(gate.takePunts(1)).toEqual(['passes']);
    }
    expect(gate.plane.drop(L.DROP_QUEUE_FULL)).toBe(0);
  });

  test('cookie replies, which anybody can write, reach the router 500 times a second', () => {
    const gate = new Gate();
    const reply = new Uint8Array(COOKIE_REPLY_BYTES);
    reply[0] = 3;
    const verdicts = Array.from({ length: 600 }, (_, i) => gate.asks(reply, home(i)));
    expect(verdicts.filter((verdict) => verdict === 'unchecked')).toHaveLength(500);
    expect(verdicts.at(-1)).toBe('rate-limited');
    expect(gate.asks(message(148), home(1))).toBe('passes');
    gate.advance(1000);
    expect(gate.asks(reply, home(1))).toBe('unchecked');
  });
});

test('the gate and its twin in words give the same verdicts, whatever comes', () => {
  const sources = [home(1), home(2), { ...home(1), port: 99 }, six(1, 1), six(1, 2), six(2, 1)];
  const step = fc.record({
    wait: fc.constantFrom(0, 0, 0, 1, 7, 40, 400, 1000, 2500, 61_000, 121_000),
    source: fc.nat(sources.length - 1),
    isInitiation: fc.boolean(),
    mac1: fc.constantFrom('right', 'right', 'right', 'right', 'wrong'),
    mac2: fc.constantFrom('none', 'none', 'own', 'own', 'of another', 'noise'),
    isCookieIssued: fc.constantFrom(false, false, false, true),
    times: fc.constantFrom(1, 1, 3, 30, 150),
  });
  const seen = new Set<Verdict>();
  const gates = new Gate();
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
      // One gate through all runs: between two of them everything is forgotten.
      gates.advance(600_000);
      const cookies = sources.map((source) => gates.cookieOf(source));
      for (const { wait, source, isInitiation, mac1, mac2, isCookieIssued, times } of steps) {
        gates.advance(wait);
        const from = sources[source] as Source;
        if (isCookieIssued) cookies[source] = gates.cookieOf(from);
        const cookie = {
          none: undefined,
          own: cookies[source],
          'of another': cookies[(source + 1) % cookies.length],
          noise: Uint8Array.from({ length: 16 }, (_, i) => i),
        }[mac2];
        const octets = message(isInitiation ? INITIATION_BYTES : RESPONSE_BYTES, cookie);
        if (mac1 === 'wrong')
          octets[octets.length - 20] = (octets[octets.length - 20] as number) ^ 4;
        for (let i = 0; i < times; i++) {
          const verdict = gates.asks(octets, from);
          const known = verdict === 'unchecked' ? 'wrong-mac1' : verdict;
          expect(known).toBe(gates.twin(octets, from));
          seen.add(known);
        }
      }
    }),
    { numRuns: 30 * Number(process.env.ROOTLESS42_SOAK ?? 1) },
  );
  expect([...seen].sort()).toEqual(['cookie-required', 'passes', 'rate-limited', 'wrong-mac1']);
});

test('the whole exchange under load: initiation, cookie, initiation with MAC2, session (paper §5.3)', () => {
  const world = new World({ plane: true });
  const key = new MacVerifier(noble, world.device.publicKey).mac1Key;
  let host = 0;
  const flood = (count: number): void => {
    for (let i = 0; i < count; i++)
      world.deliver(datagram(message(INITIATION_BYTES, undefined, key), home(++host)));
  };
  flood(310);
  const { alice, peers } = world;
  alice.device.initiate(alice.peer, world.now);
  world.settle();
  const toAlice = (): number[] =>
    world.sent.filter(({ port }) => port === alice.port).map(({ bytes }) => bytes[0] as number);
  expect(toAlice()).toEqual([3]);
  expect(world.device.view(peers.alice).initiationsReceived).toBe(0);
  for (let i = 0; i < 60; i++) {
    flood(40);
    world.advance(100);
  }
  // The retransmission had MAC2: it was answered although the load had not ended.
  expect(toAlice().slice(0, 2)).toEqual([3, 2]);
  expect(world.device.view(peers.alice)).toMatchObject({
    initiationsReceived: 1,
    hasKeyPair: true,
  });
  expect(slotsInUse(world)).toBe(0);
});

/** The gate of a module, the twin beside it with the same secrets, and one clock. */
class Gate {
  readonly plane = new TestPlane();
  now: Instant = instant(1000);
  private readonly life = this.plane.life(0, KEY_PAIR_ROWS);
  private readonly arena = createPacketArena(256);
  private readonly timerQueue = createTimerQueue();
  private readonly macs = new MacVerifier(noble, PUBLIC_KEY);
  // A fixed seed: the sources of these tests do not meet in a bucket.
  private readonly cookies = new CookieIssuer({
    crypto: noble,
    random: seededRandom(1),
    timerQueue: this.timerQueue,
    changed: () => this.publish(),
  });
  private readonly check = new HandshakeCheck(this.macs, this.cookies, seededRandom(2));
  private strangers = 0;

  constructor() {
    this.publish();
  }

  advance(ms: number): void {
    this.now = addMilliseconds(this.now, milliseconds(ms));
    this.timerQueue.runDue(this.now);
  }

  /** What the gate makes of one message. */
  asks(octets: Uint8Array, from: Source): Verdict {
    return this.outcome(octets, from).verdict;
  }

  outcome(octets: Uint8Array, from: Source): { verdict: Verdict; isPunted: boolean } {
    const before = DROPS.map(([number]) => this.plane.drop(number));
    this.plane.receive([datagram(octets, from)], this.now);
    const [punt] = this.takePunts();
    if (punt !== undefined) return { verdict: punt, isPunted: true };
    const changed = DROPS.findIndex(([number], i) => this.plane.drop(number) !== before[i]);
    const drop = DROPS[changed];
    assert(drop !== undefined, 'what is not handed over is counted');
    return { verdict: drop[1], isPunted: false };
  }

  /** What the complete path makes of the same message. */
  twin(octets: Uint8Array, from: Source): Verdict {
    const mac1 = octets.length - 32;
    const refusal = this.check.refusal(octets, 0, mac1, sourceOf(from), this.now);
    return (refusal as Verdict | undefined) ?? 'passes';
  }

  takePunts(most = 512): Verdict[] {
    const punts: Verdict[] = [];
    const sink: PuntSink = {
      datagram: (slot, isChecked, needsCookie) => {
        punts.push(needsCookie ? 'cookie-required' : isChecked ? 'passes' : 'unchecked');
        this.arena.release(slot);
      },
      packet: () => assert(false, 'nobody sends packets here'),
      roamed: () => assert(false, 'nobody moves here'),
    };
    this.life.punts.drain(this.arena, { tunnels: sink }, most);
    return punts;
  }

  cookieOf(from: Source): Uint8Array {
    return this.cookies.issue(sourceOf(from), this.now);
  }

  /** Brings the gate under load, from sources that nobody else uses. */
  load(): void {
    for (let i = 0; i < 302; i++) this.asks(message(148), home(100_000 + this.strangers++));
  }

  private publish(): void {
    this.life.plane.setGate({
      mac1Key,
      cookieSecret: this.cookies.secret,
      cookieSecretBefore: this.cookies.secretBefore,
      bucketSecret: this.check.bucketSecret,
    });
  }
}

/** A handshake message with the right MAC1, and MAC2 by a cookie. */
function message(length: number, cookie?: Uint8Array, key = mac1Key): Uint8Array {
  const octets = new Uint8Array(length).fill(0x33, 4);
  octets[0] = length === INITIATION_BYTES ? 1 : 2;
  octets.fill(0, length - 32);
  octets.set(noble.mac(key, octets.slice(0, length - 32)), length - 32);
  if (cookie !== undefined)
    octets.set(noble.mac(cookie, octets.slice(0, length - 16)), length - 16);
  return octets;
}

const datagram = (bytes: Uint8Array, { family, address, port }: Source): TestDatagram => ({
  socket: ROUTER_PORT,
  family,
  port,
  address,
  bytes,
});

const home = (n: number): Source => ({
  family: 4,
  address: Uint8Array.of(198, 18 + (n >>> 16), n >>> 8, n),
  port: 40_000,
});

const six = (net: number, host: number): Source => ({
  family: 6,
  address: Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, net, 0, 0, 0, 0, 0, 0, 1, host),
  port: 40_000,
});

const sourceOf = ({ family, address, port }: Source): MessageSource => ({
  family,
  bytes: address,
  offset: 0,
  port,
});
