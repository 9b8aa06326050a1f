import { describe, expect, test } from 'vitest';
import { socketId } from '../base/units.ts';
import { REJECT_AFTER_MESSAGES, REKEY_AFTER_MESSAGES } from './constants.ts';
import { createPair, establishedPair, type Host, ipv4Packet, Lab, underlay } from './test-lab.ts';

const last = <T>(list: readonly T[]): T => list.at(-1) as T;

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

describe('sockets and families', () => {
  test('each peer is sent to by its own port or the shared one, and answered by the one it used (wg(8))', () => {
    const lab = new Lab(33);
    const alice = lab.addHost('alice');
    const bob = lab.addHost('bob');
    const carol = lab.addHost('carol');
    const toBob = alice.knows(bob, { socket: socketId(20) });
    const toCarol = alice.knows(carol, { socket: socketId(1) });
    bob.knows(alice);
    const fromCarol = carol.knows(alice);
    alice.sends(toBob);
    alice.sends(toCarol);
    lab.runFor(1);
    const socketsTo = (host: Host) =>
      new Set(
        lab
          .sentBy(alice)
          .filter((d) => host.isAt(d.to))
          .map((d) => d.socket),
      );
    // The lab delivers by socket 1: who is heard there is answered there.
    expect(socketsTo(carol)).toEqual(new Set([1]));
    expect([...socketsTo(bob)]).toEqual([20, 1]);
    alice.device.updatePeer(toCarol, { socket: socketId(21) }, lab.now);
    alice.sends(toCarol);
    expect(last(lab.sent).socket).toBe(21);
    carol.sends(fromCarol);
    lab.runFor(1);
    expect(carol.delivered).toHaveLength(2);
  });

  test('a tunnel over IPv6, which then moves to IPv4 and back', () => {
    const lab = new Lab(34);
    const alice = lab.addHost('alice');
    const bob = lab.addHost('bob');
    const ipv4 = alice.address;
    alice.address = underlay('2001:db8::1', 51820);
    bob.address = underlay('2001:db8::2', 51820);
    const toAlice = bob.knows(alice);
    const toBob = alice.knows(bob);
    for (const [round, address] of [alice.address, ipv4, alice.address].entries()) {
      alice.address = address;
      alice.sends(toBob);
      lab.runFor(1);
      expect(bob.device.view(toAlice).endpoint).toEqual(address);
      bob.sends(toAlice);
      lab.runFor(1);
      expect(alice.delivered).toHaveLength(round + 1);
    }
    expect(bob.device.view(toAlice).handshakesCompleted).toBe(1);
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

  test('both sides rekey by count: after 2^52 messages here, after 2^60 in the paper', () => {
    const { lab, alice, bob, toBob, toAlice } = establishedPair(31);
    lab.runUntil(10);
    alice.setSendCounter(toBob, REKEY_AFTER_MESSAGES);
    alice.sends(toBob);
    lab.runFor(1);
    expect(lab.namesSince(10, alice)).toEqual(['data', 'initiation', 'keepalive']);
    expect(bob.delivered).toHaveLength(2);
    lab.runUntil(20);
    bob.setSendCounter(toAlice, REKEY_AFTER_MESSAGES);
    bob.sends(toAlice);
    lab.runFor(1);
    expect(lab.namesSince(20, bob)).toEqual(['data', 'initiation', 'keepalive']);
    expect(alice.device.view(toBob).handshakesCompleted).toBe(3);
  });

  test('a key pair whose counter is used up neither sends nor receives', () => {
    const { lab, alice, bob, toBob } = establishedPair(32);
    lab.runUntil(10);
    alice.sends(toBob);
    const { bytes } = last(lab.sent);
    alice.setSendCounter(toBob, REJECT_AFTER_MESSAGES);
    alice.sends(toBob);
    lab.runFor(1);
    expect(lab.namesSince(10, alice)).toEqual(['data', 'initiation', 'data']);
    expect(bob.delivered).toHaveLength(3);
    const beyond = bytes.slice();
    beyond.fill(255, 8, 16);
    expect(bob.receive(beyond, alice.address)).toMatch(/key-expired|receiver-index|generation/);
    alice.sends(toBob);
    const fresh = last(lab.sent).bytes.slice();
    fresh.fill(255, 8, 16);
    expect(bob.receive(fresh, alice.address)).toBe('key-expired');
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
