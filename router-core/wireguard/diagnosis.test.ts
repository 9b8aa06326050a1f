import { describe, expect, test } from 'vitest';
import { socketId } from '../base/units.ts';
import { createNobleCrypto } from './noble-crypto.ts';
import {
  createPair,
  establishedPair,
  ipv4Packet,
  ipv6Packet,
  Lab,
  prefixes,
  underlay,
} from './test-lab.ts';

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
