import { describe, expect, test } from 'vitest';
import { readUint32 } from '../base/bytes.ts';
import { RouterError } from '../base/errors.ts';
import { seededRandom } from '../base/random.ts';
import { createTimerQueue } from '../base/timer-queue.ts';
import { instant, interfaceId, socketId, wallTime } from '../base/units.ts';
import { createPacketArena } from '../packet/arena.ts';
import type { WireguardCrypto } from './crypto.ts';
import { createWireguardDevice } from './device.ts';
import { STAGED_PACKETS_PER_PEER } from './limits.ts';
import { createNobleCrypto } from './noble-crypto.ts';
import {
  createPair,
  createToyCrypto,
  establishedPair,
  type Host,
  ipv4Packet,
  ipv6Packet,
  Lab,
  prefixes,
  underlay,
} from './test-lab.ts';

const last = <T>(list: readonly T[]): T => list.at(-1) as T;

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

  test('a wall clock that jumps moves no timer: keepalives and rekeys keep their times', () => {
    const timesOf = (stepMs: number) => {
      const { lab, alice, toBob } = establishedPair(25, { persistentKeepalive: 25 });
      lab.runUntil(60);
      lab.clockStepMs = -stepMs;
      lab.runUntil(130);
      lab.clockStepMs = stepMs;
      lab.runUntil(200);
      expect(alice.device.view(toBob).handshakesCompleted).toBe(2);
      return lab.sent.map(({ at, name }) => `${at} ${name}`);
    };
    expect(timesOf(86_400_000)).toEqual(timesOf(0));
  });

  test('an old initiation replayed after our restart is answered and gains nothing (paper §5.1)', () => {
    const { lab, alice, bob, toBob, toAlice: toAliceBefore } = establishedPair(26);
    const old = lab.sentBy(alice).find((d) => d.name === 'initiation')?.bytes as Uint8Array;
    const { privateKey, address } = bob;
    bob.device.removePeer(toAliceBefore);
    lab.hosts.splice(lab.hosts.indexOf(bob), 1);
    const reborn = lab.addHost('bob again', { privateKey });
    reborn.address = address;
    const toAlice = reborn.knows(alice, { isPassive: true });
    const elsewhere = underlay('203.0.113.66', 6);
    expect(reborn.receive(old, elsewhere)).toBeUndefined();
    expect(last(lab.sentBy(reborn))).toMatchObject({ name: 'response', to: elsewhere });
    expect(reborn.sends(toAlice)).toBeUndefined();
    expect(reborn.device.view(toAlice)).toMatchObject({ hasKeyPair: false, stagedPackets: 1 });
    alice.sends(toBob);
    lab.runFor(20);
    expect(reborn.device.view(toAlice)).toMatchObject({
      endpoint: alice.address,
      hasKeyPair: true,
    });
    expect(alice.delivered).toHaveLength(2);
    expect(reborn.receive(old, elsewhere)).toBe('old-timestamp');
    expect(reborn.device.view(toAlice).endpoint).toEqual(alice.address);
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

describe('secrets (paper §6.3)', () => {
  test('540 s after the last handshake no cipher key and no ephemeral key is left', () => {
    const { lab, alice, bob, toBob, live } = secretiveScene(27);
    for (let second = 0; second < 400; second += 10) {
      alice.sends(toBob);
      lab.runFor(10);
    }
    expect(live).toEqual({ ephemerals: 0, cipherKeys: 4 });
    lab.passes = () => false;
    const lastHandshake = (alice.device.view(toBob).lastHandshake as number) - 1_800_000_000_000;
    lab.runUntil(lastHandshake / 1000 + 539);
    expect(live.cipherKeys).toBe(4);
    lab.runFor(1.1);
    expect(live).toEqual({ ephemerals: 0, cipherKeys: 0 });
    bob.expectNoLeak();
  });

  test('an ephemeral key lives no longer than its initiation is waited for', () => {
    const { lab, alice, toBob, live } = secretiveScene(28);
    lab.passes = () => false;
    alice.sends(toBob);
    lab.runUntil(89);
    expect(live.ephemerals).toBe(1);
    lab.runUntil(96);
    expect(live.ephemerals).toBe(0);
    lab.runUntil(250);
    alice.sends(toBob);
    expect(live.ephemerals).toBe(1);
    lab.runUntil(256);
    expect(live.ephemerals).toBe(0);
    alice.device.initiate(toBob, lab.now);
    alice.device.removePeer(toBob);
    expect(live).toEqual({ ephemerals: 0, cipherKeys: 0 });
  });

  /** A pair of which alice's provider counts the keys it holds. */
  function secretiveScene(seed: number) {
    const lab = new Lab(seed);
    const toy = createToyCrypto(lab.random);
    const live = { ephemerals: 0, cipherKeys: 0 };
    const crypto: WireguardCrypto = {
      ...toy,
      generatePrivateKey() {
        live.ephemerals++;
        return { ...toy.generatePrivateKey(), destroy: () => live.ephemerals-- };
      },
      addKey(key) {
        live.cipherKeys++;
        return toy.addKey(key);
      },
      removeKey(key) {
        live.cipherKeys--;
        toy.removeKey(key);
      },
    };
    const alice = lab.addHost('alice', { crypto });
    const bob = lab.addHost('bob');
    bob.knows(alice);
    return { lab, alice, bob, toBob: alice.knows(bob), live };
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
