import { expect, test } from 'vitest';
import type { UnderlayAddress } from '../base/endpoint.ts';
import { interfaceId, socketId } from '../base/units.ts';
import { INITIATIONS_PER_TARGET, INITIATIONS_PER_TARGET_BURST } from './limits.ts';
import { type Host, Lab, underlay } from './test-lab.ts';

const VICTIM = '203.0.113.1';

test('many peerings that name one victim get a burst and then ten initiations a second, all together', () => {
  const { lab, alice } = scene(1);
  for (let i = 0; i < 200; i++) addPeer(lab, alice, underlay(VICTIM, 1000 + i));
  expect(lab.sent).toHaveLength(INITIATIONS_PER_TARGET_BURST);
  lab.runUntil(60);
  const limit = INITIATIONS_PER_TARGET_BURST + 60 * INITIATIONS_PER_TARGET;
  expect(lab.sent.length).toBeLessThanOrEqual(limit);
  expect(lab.sent.length).toBeGreaterThan(limit / 2);
  expect(alice.device.drops['target-limited']).toBeGreaterThan(200 - INITIATIONS_PER_TARGET_BURST);
  alice.expectNoLeak();
});

test('other addresses are not held up; ports of one address and hosts of one IPv6 /64 share', () => {
  const { lab, alice } = scene(2);
  for (let i = 0; i < 100; i++) addPeer(lab, alice, underlay(VICTIM, 1000 + i));
  const before = lab.sent.length;
  for (let i = 0; i < 100; i++) addPeer(lab, alice, underlay(`2001:db8::${i + 1}`, 1));
  expect(lab.sent.length - before).toBe(INITIATIONS_PER_TARGET_BURST);
  addPeer(lab, alice, underlay('203.0.113.2', 1));
  addPeer(lab, alice, underlay('2001:db8:0:1::1', 1));
  expect(lab.sent.length - before).toBe(INITIATIONS_PER_TARGET_BURST + 2);
});

test('an initiation over the limit is as one that was lost: the next comes 5 s later, the series ends', () => {
  const { lab, alice } = scene(3);
  for (let i = 0; i < 80; i++) addPeer(lab, alice, underlay(VICTIM, 1000 + i));
  const bob = lab.addHost('bob');
  const toBob = alice.knows(bob, { endpoint: underlay(VICTIM, 51820), persistentKeepalive: 25 });
  expect(alice.device.view(toBob).initiationsSent).toBe(0);
  lab.runUntil(20);
  expect(alice.device.view(toBob).initiationsSent).toBeGreaterThan(0);
  lab.runUntil(100);
  expect(alice.eventsOf('handshake-gave-up').some((event) => event.peer === toBob)).toBe(true);
});

function scene(seed: number): { lab: Lab; alice: Host } {
  const lab = new Lab(seed);
  const alice = lab.addHost('alice', { peersMax: 256 });
  lab.passes = () => false;
  return { lab, alice };
}

/** A stranger's wish to be called at an endpoint; keepalives make the router begin at once. */
function addPeer(lab: Lab, host: Host, endpoint: UnderlayAddress): void {
  host.device.addPeer(
    {
      publicKey: lab.random.bytes(32),
      endpoint,
      socket: socketId(1),
      persistentKeepalive: 25,
      interface: interfaceId(1),
      allowedIps: [],
    },
    lab.now,
  );
}
