/**
 * Stories about the device: diagnosis events, roaming, rotation, hostile bytes, storms.
 *
 * @module
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readUint32 } from '../base/bytes.ts';
import { DROP_REASONS } from '../base/drop-reason.ts';
import { RouterError } from '../base/errors.ts';
import { seededRandom } from '../base/random.ts';
import { createTimerQueue } from '../base/timer-queue.ts';
import { instant, interfaceId, socketId, wallTime } from '../base/units.ts';
import { createPacketArena } from '../packet/arena.ts';
import { LABEL_COOKIE } from './constants.ts';
import { createWireguardDevice } from './device.ts';
import { STAGED_PACKETS_PER_PEER } from './limits.ts';
import { createNobleCrypto } from './noble-crypto.ts';
import {
  createPair,
  establishedPair,
  type Host,
  ipv4Packet,
  ipv6Packet,
  Lab,
  prefixes,
  underlay,
} from './test-lab.ts';

const noble = createNobleCrypto(seededRandom(1));
const last = <T>(list: readonly T[]): T => list.at(-1) as T;

describe('diagnosis', () => {
  test('different preshared keys: one side sees responses that do not open, the other none that are used', () => {
    const lab = new Lab(1);
    const alice = lab.addHost('alice');
    const bob = lab.addHost('bob');
    const toBob = alice.knows(bob, { presharedKey: new Uint8Array(32).fill(1) });
    const toAlice = bob.knows(alice, { presharedKey: new Uint8Array(32).fill(2), isPassive: true });
    alice.sends(toBob);
    lab.runUntil(11);
    expect(alice.eventsOf('response-invalid')).toHaveLength(3);
    expect(alice.eventsOf('response-invalid')[0]?.from).toEqual(bob.address);
    expect(bob.eventsOf('response-unconfirmed').map((e) => e.times)).toEqual([1, 2]);
    expect(bob.eventKinds()).not.toContain('handshake-completed');
    expect(alice.device.drops['bad-handshake']).toBe(3);

    bob.device.updatePeer(toAlice, { presharedKey: new Uint8Array(32).fill(1) }, lab.now);
    lab.runUntil(20);
    expect(bob.delivered).toHaveLength(1);
    expect(alice.device.view(toBob).hasKeyPair).toBe(true);
    alice.expectNoLeak();
    bob.expectNoLeak();
  });

  test('a changed preshared key drops the key pairs, the same one changes nothing', () => {
    const { lab, alice, bob, toBob } = establishedPair(2, { presharedKey: new Uint8Array(32) });
    alice.device.updatePeer(toBob, { presharedKey: undefined }, lab.now);
    expect(alice.device.view(toBob).hasKeyPair).toBe(true);
    alice.device.updatePeer(toBob, { presharedKey: new Uint8Array(32).fill(3) }, lab.now);
    expect(alice.device.view(toBob).hasKeyPair).toBe(false);
    expect(alice.eventsOf('tunnel-stale')).toHaveLength(1);
    const datagram = last(lab.sentBy(bob));
    expect(alice.receive(datagram.bytes, bob.address)).toBe('unknown-receiver-index');
  });

  test('an initiation by an unknown key is told with the key that was offered', () => {
    const { lab, bob } = createPair(3);
    const carol = lab.addHost('carol');
    const toBob = carol.knows(bob);
    carol.sends(toBob);
    lab.runFor(1);
    expect(bob.eventsOf('unknown-key')).toEqual([
      {
        kind: 'unknown-key',
        publicKey: carol.device.publicKey,
        from: carol.address,
        socket: socketId(1),
      },
    ]);
    expect(bob.reasons).toEqual(['unknown-key']);
    expect(lab.sentBy(bob)).toEqual([]);
  });

  test('a message for another public key fails MAC1 and costs no X25519', () => {
    const lab = new Lab(4);
    const alice = lab.addHost('alice');
    let agreements = 0;
    const noble = createNobleCrypto(lab.random);
    const bob = lab.addHost('bob', {
      crypto: {
        ...noble,
        importPrivateKey(bytes) {
          const key = noble.importPrivateKey(bytes);
          const agree: typeof key.agree = (remote) => {
            agreements++;
            return key.agree(remote);
          };
          return { ...key, agree };
        },
      },
    });
    const carol = lab.addHost('carol');
    bob.knows(alice);
    agreements = 0;
    alice.knows(carol, { endpoint: bob.address, persistentKeepalive: 25 });
    lab.runFor(1);
    expect(bob.reasons).toEqual(['wrong-mac1']);
    expect(bob.eventsOf('wrong-mac1')).toEqual([
      { kind: 'wrong-mac1', from: alice.address, socket: socketId(1) },
    ]);
    expect(agreements).toBe(0);
  });

  test('a replayed initiation is an old timestamp (paper §5.1)', () => {
    const { lab, alice, bob, toAlice } = establishedPair(5);
    const initiation = lab.sentBy(alice).find((d) => d.name === 'initiation');
    lab.runFor(1);
    const before = bob.device.view(toAlice);
    for (let i = 0; i < 5; i++) {
      const from = underlay('198.51.100.7', 9);
      expect(bob.receive(initiation?.bytes as Uint8Array, from)).toBe('old-timestamp');
    }
    expect(bob.eventsOf('old-timestamp')).toHaveLength(1);
    expect(bob.device.view(toAlice)).toEqual(before);
  });

  test('a source outside the allowed IPs is refused and told, once a second', () => {
    const { lab, alice, bob, toBob, toAlice } = establishedPair(6);
    bob.device.updatePeer(toAlice, { allowedIps: prefixes('10.0.0.0/31', 'fd00::/9') }, lab.now);
    const before = bob.delivered.length;
    alice.sends(toBob, ipv4Packet(40, '10.0.0.1'));
    alice.sends(toBob, ipv4Packet(40, '10.0.0.2'));
    alice.sends(toBob, ipv4Packet(40, '10.0.0.3'));
    alice.sends(toBob, ipv6Packet(48, 'fd7f::1'));
    alice.sends(toBob, ipv6Packet(48, 'fdff::1'));
    lab.runFor(0.5);
    expect(bob.delivered.length - before).toBe(2);
    expect(bob.device.drops['source-not-allowed']).toBe(3);
    expect(bob.eventsOf('source-not-allowed').map((e) => e.source.bytes[3])).toEqual([2]);
    bob.device.updatePeer(toAlice, { allowedIps: [] }, lab.now);
    alice.sends(toBob);
    lab.runFor(0.5);
    expect(bob.device.drops['source-not-allowed']).toBe(4);
    bob.expectNoLeak();
  });

  test('inner packets that are no IP, or claim to be longer than they are, are malformed', () => {
    const { lab, alice, bob, toBob } = establishedPair(7);
    const tooLong = ipv4Packet(40);
    tooLong[3] = 49;
    const tooShort = ipv4Packet(40);
    tooShort[3] = 19;
    const before = bob.delivered.length;
    for (const packet of [
      tooLong,
      tooShort,
      Uint8Array.of(0x45),
      new Uint8Array(30).fill(0x60),
      new Uint8Array(20),
    ]) {
      alice.sends(toBob, packet);
    }
    lab.runFor(1);
    expect(bob.device.drops.malformed).toBe(5);
    expect(bob.delivered.length).toBe(before);
    bob.expectNoLeak();
  });
});

describe('packets', () => {
  test('every length arrives as it was sent; padding is to 16 and not beyond the MTU (paper §5.4.6)', () => {
    const { lab, alice, bob, toBob } = establishedPair(8, { mtu: 1413 });
    for (let length = 20; length <= 1413; length += length < 60 || length > 1390 ? 1 : 37) {
      alice.sends(toBob, ipv4Packet(length));
      const padded = Math.min(Math.ceil(length / 16) * 16, 1413);
      expect(last(lab.sent).bytes.length).toBe(32 + padded);
      lab.runFor(0.05);
      expect(last(bob.delivered).packet).toEqual(ipv4Packet(length));
    }
    alice.sends(toBob, ipv6Packet(1413, 'fd42::1'));
    lab.runFor(0.05);
    expect(last(bob.delivered).packet).toEqual(ipv6Packet(1413, 'fd42::1'));
    expect(last(bob.delivered).ingress).toBe(7);
  });

  test('a packet without room for header and tag is too big, not an exception', () => {
    const { alice, toBob } = establishedPair(9);
    const { arena, device } = alice;
    const slot = arena.allocate();
    arena.start[slot] = (arena.start[slot] as number) - 120;
    arena.end[slot] = (arena.start[slot] as number) + 100;
    expect(device.sendPacket(toBob, slot, instant(300))).toBe('too-big');
    alice.expectNoLeak();
  });

  test('the oldest of too many waiting packets goes', () => {
    const { lab, alice, bob, toBob } = createPair(10);
    for (let i = 0; i < STAGED_PACKETS_PER_PEER + 3; i++) alice.sends(toBob, ipv4Packet(40 + i));
    expect(alice.device.drops['queue-full']).toBe(3);
    expect(alice.device.view(toBob).stagedPackets).toBe(STAGED_PACKETS_PER_PEER);
    alice.expectNoLeak(STAGED_PACKETS_PER_PEER);
    lab.runFor(1);
    expect(bob.delivered.map((d) => d.packet.length)).toEqual(
      Array.from({ length: STAGED_PACKETS_PER_PEER }, (_, i) => 43 + i),
    );
    alice.expectNoLeak();
  });

  test('counters and the view add up', () => {
    const { lab, alice, bob, toBob, toAlice } = establishedPair(11);
    lab.runFor(1);
    const octets = (host: Host) =>
      lab.sentBy(host).reduce((sum, datagram) => sum + datagram.bytes.length, 0);
    const a = alice.device.view(toBob);
    const b = bob.device.view(toAlice);
    expect(a.txBytes).toBe(octets(alice));
    expect(b.rxBytes).toBe(octets(alice));
    expect(a.rxBytes).toBe(octets(bob));
    expect(a.txPackets).toBe(lab.sentBy(alice).length);
    expect(a).toMatchObject({
      endpoint: bob.address,
      socket: 1,
      hasKeyPair: true,
      initiationsSent: 1,
      responsesReceived: 1,
      handshakesCompleted: 1,
      stagedPackets: 0,
      lastHandshake: wallTime(1_800_000_000_020),
    });
    expect(b).toMatchObject({ initiationsReceived: 1, responsesSent: 1, initiationsSent: 0 });
  });
});

describe('roaming (paper §2.1)', () => {
  test('an authenticated packet moves the endpoint and its socket, and answers follow', () => {
    const { lab, alice, bob, toBob, toAlice } = establishedPair(12);
    expect(bob.eventsOf('endpoint-changed')).toEqual([]);
    alice.address = underlay('2001:db8::5', 4444);
    alice.sends(toBob);
    alice.sends(toBob);
    lab.runFor(1);
    expect(bob.eventsOf('endpoint-changed')).toEqual([
      { kind: 'endpoint-changed', peer: toAlice, endpoint: alice.address, socket: socketId(1) },
    ]);
    bob.sends(toAlice);
    lab.runFor(1);
    expect(alice.delivered).toHaveLength(2);
  });

  test('the response leaves by the socket and to the address the initiation came from', () => {
    const { lab, alice, bob, toBob, toAlice } = createPair(13);
    alice.device.initiate(toBob, lab.now);
    const initiation = last(lab.sent);
    lab.passes = () => false;
    const from = underlay('198.51.100.9', 1234);
    bob.receive(initiation.bytes, from, 5);
    expect(last(lab.sentBy(bob)).to).toEqual(from);
    expect(bob.device.view(toAlice)).toMatchObject({ endpoint: from, socket: 5 });
  });

  test('a forged, replayed or refused packet from elsewhere moves nothing', () => {
    const { lab, alice, bob, toBob, toAlice } = establishedPair(14);
    alice.sends(toBob);
    lab.runFor(0.1);
    const { bytes } = last(lab.sentBy(alice));
    const elsewhere = underlay('203.0.113.200', 1);
    expect(bob.receive(bytes, elsewhere)).toBe('replayed');
    const forged = bytes.slice();
    forged[30] = (forged[30] as number) ^ 1;
    expect(bob.receive(forged, elsewhere)).toBe('not-authentic');
    expect(bob.device.view(toAlice).endpoint).toEqual(alice.address);
  });

  test('a configured endpoint is taken even after roaming; forgetting one keeps where the peer was heard', () => {
    const { lab, alice, bob, toBob } = establishedPair(15);
    const elsewhere = underlay('203.0.113.1', 1);
    alice.device.updatePeer(toBob, { endpoint: undefined }, lab.now);
    expect(alice.device.view(toBob).endpoint).toEqual(bob.address);
    alice.device.updatePeer(toBob, { endpoint: elsewhere, socket: socketId(3) }, lab.now);
    expect(alice.device.view(toBob)).toMatchObject({ endpoint: elsewhere, socket: 3 });
    alice.device.updatePeer(toBob, { endpoint: undefined }, lab.now);
    expect(alice.device.view(toBob).endpoint).toBeUndefined();
  });
});

describe('rotation of key pairs (paper §6.2)', () => {
  test('late packets of the previous key pair still arrive', () => {
    const { lab, alice, bob, toBob } = establishedPair(16);
    const late: Uint8Array[] = [];
    lab.passes = (d) => d.name !== 'data';
    for (let i = 0; i < 3; i++) {
      alice.sends(toBob);
      late.push(last(lab.sent).bytes);
    }
    lab.passes = () => true;
    lab.runUntil(10);
    alice.device.initiate(toBob, lab.now);
    lab.runFor(1);
    expect(alice.device.view(toBob).handshakesCompleted).toBe(2);
    expect(bob.receive(late[0] as Uint8Array, alice.address)).toBeUndefined();
    lab.runUntil(20);
    alice.device.initiate(toBob, lab.now);
    lab.runFor(1);
    expect(bob.receive(late[1] as Uint8Array, alice.address)).toMatch(/receiver-index|generation/);
  });

  test('initiations that cross both succeed, and data flows both ways at once', () => {
    const { lab, alice, bob, toBob, toAlice } = createPair(17);
    alice.sends(toBob);
    bob.sends(toAlice);
    lab.runFor(0.1);
    expect(alice.delivered).toHaveLength(1);
    expect(bob.delivered).toHaveLength(1);
    alice.sends(toBob);
    bob.sends(toAlice);
    lab.runFor(0.1);
    expect(alice.delivered).toHaveLength(2);
    expect(bob.delivered).toHaveLength(2);
    lab.runUntil(30);
    expect(lab.namesSince(1, alice)).not.toContain('initiation');
  });

  test('an answered initiation answered again is replayed', () => {
    const { lab, alice, bob } = establishedPair(18);
    const response = lab.sentBy(bob).find((d) => d.name === 'response');
    expect(alice.receive(response?.bytes as Uint8Array, bob.address)).toBe('replayed');
  });

  test('a lost confirmation does not leave the responder without key pair', () => {
    const { lab, alice, bob, toBob, toAlice } = createPair(19);
    let isFirst = true;
    lab.passes = (d) => {
      if (d.name !== 'data' || !isFirst) return true;
      isFirst = false;
      return false;
    };
    alice.sends(toBob);
    lab.runFor(1);
    expect(bob.device.view(toAlice).hasKeyPair).toBe(false);
    lab.runUntil(20);
    expect(bob.device.view(toAlice).hasKeyPair).toBe(true);
  });
});

describe('peers', () => {
  test('keys that cannot be used are refused with a code', () => {
    const { lab, alice, bob } = createPair(20);
    const add = (publicKey: Uint8Array, rest = {}) => {
      const config = {
        publicKey,
        socket: socketId(1),
        persistentKeepalive: 0,
        interface: interfaceId(1),
        allowedIps: [],
        ...rest,
      };
      return () => alice.device.addPeer(config, lab.now);
    };
    const code = (expected: string) =>
      expect.objectContaining({ constructor: RouterError, code: expected });
    expect(add(bob.device.publicKey)).toThrow(code('KEY_IN_USE'));
    expect(add(alice.device.publicKey)).toThrow(code('KEY_IS_OURS'));
    expect(add(new Uint8Array(32))).toThrow(code('KEY_LOW_ORDER'));
    expect(add(new Uint8Array(31))).toThrow(code('KEY_ENCODING'));
    const other = lab.addHost('carol').device.publicKey;
    expect(add(other, { presharedKey: new Uint8Array(3) })).toThrow(code('PSK_ENCODING'));
    expect(add(other, { allowedIps: Array(300).fill(prefixes('::/1')[0]) })).toThrow(
      code('CAPACITY'),
    );
    for (let i = 0; i < 7; i++) add(lab.random.bytes(32))();
    expect(add(other)).toThrow(code('CAPACITY'));
  });

  test('a removed peer leaves no slot, timer, event or key pair; its number is given to the next', () => {
    const { lab, alice, bob, toBob } = establishedPair(21);
    const { bytes } = last(lab.sentBy(bob));
    lab.runUntil(200);
    alice.sends(toBob);
    alice.device.removePeer(toBob);
    alice.expectNoLeak();
    expect(alice.device.nextOutput()?.kind).toBe('timestamp-advanced');
    expect(alice.device.nextOutput()).toBeUndefined();
    expect(alice.receive(bytes, bob.address)).toBe('unknown-receiver-index');
    const carol = lab.addHost('carol');
    expect(alice.knows(carol)).toBe(toBob);
    expect(alice.device.view(toBob)).toMatchObject({ rxBytes: 0, hasKeyPair: false });
    expect(alice.receive(bytes, bob.address)).toBe('unknown-receiver-index');
    lab.runUntil(800);
    expect(lab.timerQueue.armed()).toBe(0);
  });
});

describe('timestamps', () => {
  test('a clock that jumps back does not keep an initiation from being accepted', () => {
    const { lab, alice, bob, toBob } = establishedPair(22);
    lab.clockStepMs = -3_600_000;
    lab.runUntil(200);
    alice.sends(toBob);
    lab.runFor(1);
    expect(bob.delivered).toHaveLength(2);
    expect(bob.reasons).toEqual([]);
  });

  test('after a restart the persisted timestamp is exceeded, and each advance is told once', () => {
    const { lab, alice, toBob } = establishedPair(23);
    expect(alice.eventsOf('timestamp-advanced')).toHaveLength(1);
    const greatest = alice.device.greatestTimestamp();
    expect(greatest.length).toBe(12);
    lab.clockStepMs = -86_400_000;
    const reborn = lab.addHost('alice again', { greatestTimestamp: greatest });
    expect(reborn.device.greatestTimestamp()).toEqual(greatest);
    const again = reborn.knows(lab.hosts[1] as Host, { persistentKeepalive: 25 });
    const later = reborn.device.greatestTimestamp();
    expect(readUint32(later, 4)).toBe(readUint32(greatest, 4));
    expect(readUint32(later, 8)).toBe(readUint32(greatest, 8) + 1);
    expect(again).toBe(toBob);
  });
});

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

test('a storm of loss, doubling and reordering over an hour ends with working tunnels (seeded)', () => {
  for (const seed of [101, 102, 103]) {
    const { lab, alice, bob, toBob, toAlice } = createPair(seed);
    lab.conditions = { latencyMs: 20, loss: 0.25, duplication: 0.1, jitterMs: 400 };
    let mark = 0;
    while (lab.now < 3_600_000) {
      lab.runFor(1 + lab.random.below(40) / 10);
      if (lab.random.below(3) > 0) alice.sends(toBob, ipv4Packet(60, '10.0.0.1', mark++));
      if (lab.random.below(3) > 0) bob.sends(toAlice, ipv4Packet(60, '10.0.0.2', mark++));
    }
    lab.conditions = { latencyMs: 20, loss: 0, duplication: 0, jitterMs: 0 };
    lab.runFor(20);
    const before = [alice.delivered.length, bob.delivered.length];
    alice.sends(toBob);
    bob.sends(toAlice);
    lab.runFor(20);
    expect([alice.delivered.length, bob.delivered.length]).toEqual([
      before[0]! + 1,
      before[1]! + 1,
    ]);
    expect(alice.delivered.length).toBeGreaterThan(500);
    // A packet is delivered once at most, whatever the network doubled.
    for (const host of [alice, bob]) {
      const sentCount = lab
        .sentBy(host === alice ? bob : alice)
        .filter((d) => d.name === 'data').length;
      expect(host.delivered.length).toBeLessThanOrEqual(sentCount);
      expect(host.device.drops.replayed).toBeGreaterThan(50);
      host.expectNoLeak();
    }
    expect(alice.device.view(toBob).handshakesCompleted).toBeGreaterThan(20);
    lab.runFor(1200);
    expect(lab.timerQueue.armed()).toBe(0);
  }
});

test('a DatagramSink that calls back is a mistake of ours and ends the worker (asserted)', () => {
  const random = seededRandom(1);
  const arena = createPacketArena(4);
  const device = createWireguardDevice({
    arena,
    random,
    wallClock: { now: () => wallTime(0) },
    timerQueue: createTimerQueue(),
    crypto: createNobleCrypto(random),
    datagrams: { sendDatagram: (slot) => void device.receiveDatagram(slot, instant(0)) },
    packets: { receivePacket: (slot) => arena.release(slot) },
    privateKey: random.bytes(32),
  });
  const config = {
    publicKey: random.bytes(32),
    socket: socketId(1),
    persistentKeepalive: 25,
    interface: interfaceId(1),
    allowedIps: [],
    endpoint: underlay('192.0.2.1', 1),
  };
  expect(() => device.addPeer(config, instant(0))).toThrow('does not call back');
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
