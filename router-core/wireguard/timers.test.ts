/**
 * Scripts on virtual time: one story per timing rule of the paper.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { createPair, establishedPair, ipv4Packet, Lab, underlay } from './test-lab.ts';

test('the first packet waits for the handshake it causes and then leaves (paper §6.4)', () => {
  const { lab, alice, bob, toBob } = createPair(1);
  expect(alice.sends(toBob)).toBeUndefined();
  expect(alice.device.view(toBob).stagedPackets).toBe(1);
  lab.runFor(0.1);
  expect(lab.sent.map((d) => d.name)).toEqual(['initiation', 'response', 'data']);
  expect(bob.delivered[0]?.packet).toEqual(ipv4Packet(100));
  expect(bob.delivered[0]?.ingress).toBe(7);
  expect(alice.device.view(toBob).stagedPackets).toBe(0);
  expect(alice.eventsOf('handshake-completed')).toEqual([
    { kind: 'handshake-completed', peer: toBob, asInitiator: true },
  ]);
  expect(bob.eventsOf('handshake-completed')[0]?.asInitiator).toBe(false);
  alice.expectNoLeak();
  bob.expectNoLeak();
});

test('a responder does not send before the initiator has confirmed (paper §5.1)', () => {
  const { lab, alice, bob, toBob, toAlice } = createPair(2);
  lab.passes = (d) => d.name !== 'keepalive';
  alice.device.initiate(toBob, lab.now);
  lab.runFor(0.1);
  bob.sends(toAlice);
  expect(bob.device.view(toAlice).hasKeyPair).toBe(false);
  expect(lab.namesSince(0.05, bob)).toEqual([]);
  lab.passes = () => true;
  alice.sends(toBob);
  lab.runFor(0.1);
  expect(bob.delivered).toHaveLength(1);
  expect(alice.delivered).toHaveLength(1);
});

test('with nothing to send, the initiator confirms by a keepalive', () => {
  const { lab, alice, bob, toBob, toAlice } = createPair(3);
  alice.device.initiate(toBob, lab.now);
  lab.runFor(0.1);
  expect(lab.sent.map((d) => d.name)).toEqual(['initiation', 'response', 'keepalive']);
  expect(bob.device.view(toAlice).hasKeyPair).toBe(true);
  bob.expectNoLeak();
});

test('an unanswered initiation is repeated every 5 s plus jitter and given up after 90 s (paper §6.4)', () => {
  const { lab, alice, toBob } = createPair(4);
  lab.passes = () => false;
  alice.sends(toBob);
  lab.runUntil(300);
  const times = lab.sent.map((d) => d.at);
  expect(lab.sent.every((d) => d.name === 'initiation')).toBe(true);
  const gaps = times.slice(1).map((t, i) => t - (times[i] as number));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5000);
  expect(Math.max(...gaps)).toBeLessThan(5334);
  expect(new Set(gaps).size).toBeGreaterThan(5);
  expect(times.at(-1)).toBeLessThan(90_000);
  expect(times).toHaveLength(18);
  expect(alice.eventsOf('handshake-gave-up')).toHaveLength(1);
  expect(alice.device.drops['no-key-pair']).toBe(1);
  alice.expectNoLeak();
});

test('an endpoint that never answered backs off to 2 min and 15 min while data keeps coming', () => {
  const { lab, alice, toBob } = createPair(5);
  lab.passes = () => false;
  for (let second = 0; second < 7200; second += 3) {
    lab.runUntil(second);
    alice.sends(toBob);
  }
  const late = lab.sent.map((d) => d.at).filter((t) => t > 95_000);
  const gaps = late.slice(1).map((t, i) => Math.round((t - (late[i] as number)) / 1000));
  expect(gaps.slice(0, 4)).toEqual([120, 120, 120, 120]);
  expect(gaps.slice(4).every((gap) => gap >= 900 && gap < 905)).toBe(true);
  expect(lab.sent.length).toBeLessThan(18 + 5 + 8);
  lab.runFor(10);
  alice.expectNoLeak();
});

test('under backoff nothing waits between probes, and an answer brings plain WireGuard back', () => {
  const { lab, alice, bob, toBob } = createPair(6);
  lab.passes = () => false;
  alice.sends(toBob);
  lab.runUntil(110);
  expect(alice.sends(toBob)).toBe('no-key-pair');
  lab.passes = () => true;
  lab.runUntil(240);
  expect(alice.sends(toBob)).toBeUndefined();
  lab.runFor(1);
  expect(bob.delivered).toHaveLength(1);
  expect(alice.device.view(toBob).hasKeyPair).toBe(true);
  lab.runUntil(430);
  lab.passes = () => false;
  alice.sends(toBob);
  lab.runFor(12);
  expect(lab.namesSince(430, alice)).toEqual(['initiation', 'initiation', 'initiation']);
});

test('the operator may try again at once under backoff, but not twice in 5 s', () => {
  const { lab, alice, toBob } = createPair(7);
  lab.passes = () => false;
  alice.sends(toBob);
  lab.runUntil(150);
  const before = lab.sent.length;
  alice.device.initiate(toBob, lab.now);
  alice.device.initiate(toBob, lab.now);
  lab.runFor(4);
  alice.device.initiate(toBob, lab.now);
  expect(lab.sent.length).toBe(before + 1);
});

test('an endpoint that has answered is tried every 5 s as long as data comes, in series of 90 s', () => {
  const { lab, alice, toBob } = establishedPair(8);
  lab.passes = () => false;
  for (let second = 1; second < 1200; second += 2) {
    lab.runUntil(second);
    alice.sends(toBob);
  }
  const initiations = lab.namesSince(200, alice).filter((name) => name === 'initiation');
  expect(initiations.length).toBeGreaterThan(170);
  expect(alice.eventsOf('handshake-gave-up').length).toBeGreaterThan(8);
});

test('data is answered by a keepalive only after ten silent seconds (paper §6.5)', () => {
  const { lab, alice, bob, toBob } = establishedPair(9);
  lab.runUntil(30);
  alice.sends(toBob);
  lab.runUntil(40);
  expect(lab.namesSince(30, bob)).toEqual([]);
  lab.runUntil(40.02);
  expect(lab.namesSince(30, bob)).toEqual(['keepalive']);
  expect(lab.sentBy(bob).at(-1)?.at).toBe(40_010);
  lab.runUntil(60);
  expect(lab.namesSince(30, alice)).toEqual(['data']);
});

test('data of our own takes the place of the keepalive', () => {
  const { lab, alice, bob, toBob, toAlice } = establishedPair(10);
  lab.runUntil(30);
  alice.sends(toBob);
  lab.runUntil(35);
  bob.sends(toAlice);
  lab.runUntil(44.9);
  expect(lab.namesSince(30, bob)).toEqual(['data']);
  expect(lab.namesSince(31, alice)).toEqual([]);
});

test('steady data in one direction is answered by a keepalive every ten seconds', () => {
  const { lab, alice, bob, toBob } = establishedPair(11);
  for (let second = 20; second < 60; second++) {
    lab.runUntil(second);
    alice.sends(toBob);
  }
  const times = lab
    .sentBy(bob)
    .filter((d) => d.at > 20_000)
    .map((d) => d.at);
  expect(times).toEqual([30_010, 40_010, 50_010]);
});

test('data without any answer for 15 s plus jitter begins a new handshake (paper §6.5)', () => {
  const { lab, alice, toBob } = establishedPair(12);
  lab.runUntil(30);
  lab.passes = (d) => !lab.hosts[1]?.isAt(d.from);
  alice.sends(toBob);
  lab.runUntil(44.99);
  expect(lab.namesSince(30, alice)).toEqual(['data']);
  lab.runUntil(45.34);
  expect(lab.namesSince(30, alice)).toEqual(['data', 'initiation']);
});

test('the initiator of a key pair rekeys when it sends after 120 s (paper §6.2)', () => {
  const { lab, alice, bob, toBob, toAlice } = establishedPair(13);
  lab.runUntil(119);
  alice.sends(toBob);
  bob.sends(toAlice);
  lab.runUntil(121);
  expect(alice.device.view(toBob).handshakesCompleted).toBe(1);
  bob.sends(toAlice);
  lab.runUntil(122);
  expect(bob.device.view(toAlice).initiationsSent).toBe(0);
  alice.sends(toBob);
  lab.runUntil(123);
  expect(alice.device.view(toBob).handshakesCompleted).toBe(2);
  expect(bob.device.view(toAlice).handshakesCompleted).toBe(2);
  expect(lab.namesSince(121.5, alice)).toEqual(['data', 'initiation', 'keepalive']);
});

test('an initiator that only receives rekeys once at 165 s (paper §6.2)', () => {
  const { lab, alice, bob, toBob, toAlice } = establishedPair(14);
  lab.runUntil(158);
  lab.passes = (d) => d.name !== 'initiation';
  bob.sends(toAlice);
  lab.runUntil(164);
  bob.sends(toAlice);
  lab.runUntil(165.2);
  expect(lab.namesSince(20, alice)).toEqual([]);
  for (let i = 0; i < 10; i++) {
    bob.sends(toAlice);
    lab.runFor(0.1);
  }
  expect(lab.namesSince(20, alice)).toEqual(['initiation']);
  expect(alice.device.view(toBob).hasKeyPair).toBe(true);
});

test('after 180 s a key pair neither sends nor receives, and the tunnel is stale (paper §6.2)', () => {
  const { lab, alice, bob, toBob, toAlice } = establishedPair(15);
  lab.runUntil(100);
  bob.sends(toAlice);
  lab.runUntil(110);
  const old = lab.sentBy(bob).at(-1);
  lab.runUntil(179.9);
  expect(alice.device.view(toBob).hasKeyPair).toBe(true);
  lab.runUntil(180.1);
  expect(alice.device.view(toBob).hasKeyPair).toBe(false);
  expect(alice.eventsOf('tunnel-stale')).toHaveLength(1);
  expect(bob.eventsOf('tunnel-stale')).toHaveLength(1);
  expect(alice.receive(old?.bytes as Uint8Array, bob.address)).toBe('key-expired');
  alice.sends(toBob);
  expect(lab.sentBy(alice).at(-1)?.name).toBe('initiation');
  lab.runFor(1);
  expect(alice.eventsOf('first-packet')).toHaveLength(2);
});

test('540 s after the last handshake all secrets are gone (paper §6.3)', () => {
  const { lab, alice, bob, toBob } = establishedPair(16);
  const old = lab.sentBy(bob).at(-1);
  lab.runUntil(539);
  expect(alice.receive(old?.bytes as Uint8Array, bob.address)).toBe('key-expired');
  lab.runUntil(541);
  expect(alice.receive(old?.bytes as Uint8Array, bob.address)).toBe('unknown-receiver-index');
  expect(lab.timerQueue.armed()).toBe(0);
  expect(alice.device.view(toBob).hasKeyPair).toBe(false);
});

test('a persistent keepalive follows each interval without traffic, and rekeys for ever (wg(8))', () => {
  const lab = new Lab(17);
  const alice = lab.addHost('alice');
  const bob = lab.addHost('bob');
  const toAlice = bob.knows(alice, { isPassive: true });
  const toBob = alice.knows(bob, { persistentKeepalive: 25 });
  lab.runUntil(26);
  expect(lab.namesSince(0, alice)).toEqual(['initiation', 'keepalive', 'keepalive']);
  expect(lab.sentBy(alice).at(-1)?.at).toBe(25_020);
  lab.runUntil(40);
  alice.sends(toBob);
  lab.runUntil(64);
  expect(lab.namesSince(41, alice)).toEqual([]);
  lab.runUntil(1000);
  expect(bob.device.view(toAlice).hasKeyPair).toBe(true);
  expect(alice.device.view(toBob).handshakesCompleted).toBeGreaterThan(6);
  alice.device.updatePeer(toBob, { persistentKeepalive: 0 }, lab.now);
  lab.runFor(400);
  expect(lab.namesSince(1020, alice).filter((name) => name === 'keepalive')).toEqual([]);
});

test('a peer without endpoint sends nothing, keeps nothing, and begins when it gets one', () => {
  const lab = new Lab(18);
  const alice = lab.addHost('alice');
  const bob = lab.addHost('bob');
  bob.knows(alice, { isPassive: true });
  const toBob = alice.knows(bob, { isPassive: true, persistentKeepalive: 25 });
  expect(alice.sends(toBob)).toBe('no-endpoint');
  alice.device.initiate(toBob, lab.now);
  lab.runUntil(60);
  expect(lab.sent).toEqual([]);
  alice.device.updatePeer(toBob, { endpoint: bob.address }, lab.now);
  lab.runFor(1);
  expect(alice.device.view(toBob).hasKeyPair).toBe(true);
  alice.expectNoLeak();
});

test('a new endpoint ends the backoff of the old one', () => {
  const { lab, alice, bob, toBob } = createPair(19);
  alice.device.updatePeer(toBob, { endpoint: underlay('192.0.2.99', 1) }, lab.now);
  alice.sends(toBob);
  lab.runUntil(100);
  alice.device.updatePeer(toBob, { endpoint: bob.address }, lab.now);
  alice.sends(toBob);
  lab.runFor(1);
  expect(bob.delivered).toHaveLength(1);
});

test('a busy tunnel never holds more than a few timers and moves none of them per packet', () => {
  const { lab, alice, bob, toBob, toAlice } = establishedPair(20);
  for (let i = 0; i < 500; i++) {
    lab.runFor(0.02);
    alice.sends(toBob);
    bob.sends(toAlice);
  }
  expect(lab.timerQueue.armed()).toBeLessThanOrEqual(8);
  expect(alice.delivered.length).toBeGreaterThan(498);
});
