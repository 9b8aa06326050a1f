/**
 * Devices that speak through obfuscations: everything works, and nothing looks like WireGuard.
 *
 * @module
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, readUint32LittleEndian, toBase64 } from '../base/bytes.ts';
import { DROP_REASONS } from '../base/drop-reason.ts';
import { RouterError } from '../base/errors.ts';
import { socketId } from '../base/units.ts';
import { createNobleCrypto } from './noble-crypto.ts';
import traces from './obfuscation/fixtures/amneziawg-traces.json' with { type: 'json' };
import type { ObfuscationConfig } from './obfuscation/index.ts';
import { optionsOfUapi } from './obfuscation/testing/uapi-options.ts';
import {
  createPair,
  type Datagram,
  establishedPair,
  type Host,
  ipv4Packet,
  Lab,
  underlay,
} from './test-lab.ts';

const last = <T>(list: readonly T[]): T => list.at(-1) as T;

const WGOBFS: ObfuscationConfig = { kind: 'wgobfs', key: 'mysecretkey' };
const XOR: ObfuscationConfig = { kind: 'ipt_xor', key: 'qL8hIq0nTt2fS3pV' };
const GENERATION_1: ObfuscationConfig = {
  kind: 'amneziawg',
  jc: 3,
  jmin: 50,
  jmax: 100,
  s1: 15,
  s2: 18,
  h1: 1020325451,
  h2: 3288052141,
  h3: 1766607858,
  h4: 2528465083,
};
const GENERATION_2: ObfuscationConfig = {
  kind: 'amneziawg',
  s1: 40,
  s2: 30,
  s3: 20,
  s4: 10,
  h1: '100000-200000',
  h2: '300000-400000',
  h3: '500000-600000',
  h4: '700000-800000',
  i1: '<b 0xc700000001><r 8><t>',
};
const GENERATION_3 = {
  kind: 'amneziawg',
  s1: 24,
  s2: 20,
  s3: 16,
  s4: 12,
  headerProtectionKey: toBase64(new Uint8Array(32).fill(9)),
  contentPaddingAddition: '1-64',
} as const;
const { contentPaddingAddition: _none, ...WITHOUT_PADDING } = GENERATION_3;
const GENERATION_31: ObfuscationConfig = { ...WITHOUT_PADDING, randomTrailers: true };
const HUGE: ObfuscationConfig = { kind: 'amneziawg', s1: 1000, s2: 900, s3: 800, s4: 140 };

const FORMS: readonly (readonly [string, ObfuscationConfig])[] = [
  ['wgobfs', WGOBFS],
  ['ipt_xor', XOR],
  ['amneziawg 1', GENERATION_1],
  ['amneziawg 2', GENERATION_2],
  ['amneziawg 3', GENERATION_3],
  ['amneziawg 3.1', GENERATION_31],
  ['amneziawg with padding beyond the headroom', HUGE],
];

/** Whether a datagram begins as messages of WireGuard do. */
const looksPlain = ({ bytes }: Datagram): boolean => {
  const type = readUint32LittleEndian(bytes, 0);
  return type >= 1 && type <= 4;
};

describe.each(FORMS)('%s', (_, obfuscation) => {
  test('handshake, packets of every size both ways, keepalives', () => {
    const { lab, alice, bob, toBob, toAlice } = establishedPair(41, { obfuscation, mtu: 1280 });
    for (let length = 20; length <= 1280; length += length < 60 ? 1 : 61) {
      alice.sends(toBob, ipv4Packet(length));
      lab.runFor(0.05);
      expect(last(bob.delivered).packet).toEqual(ipv4Packet(length));
      bob.sends(toAlice, ipv4Packet(length));
      lab.runFor(0.05);
      expect(last(alice.delivered).packet).toEqual(ipv4Packet(length));
      expect(Math.max(...lab.sent.slice(-2).map((d) => d.bytes.length))).toBeLessThanOrEqual(1452);
    }
    alice.sends(toBob);
    lab.runFor(30);
    expect(alice.reasons.filter((reason) => reason !== 'not-wireguard')).toEqual([]);
    expect(bob.reasons.filter((reason) => reason !== 'not-wireguard')).toEqual([]);
    alice.expectNoLeak();
    bob.expectNoLeak();
  });

  test('nothing on the wire begins like WireGuard', () => {
    const { lab, alice, toBob } = establishedPair(42, { obfuscation });
    for (let i = 0; i < 50; i++) {
      alice.sends(toBob, ipv4Packet(20 + 20 * i));
      lab.runFor(0.5);
    }
    lab.runFor(300);
    expect(lab.sent.length).toBeGreaterThan(50);
    expect(lab.sent.filter(looksPlain)).toEqual([]);
  });

  test('a key pair is replaced after two minutes without losing a packet', () => {
    const { lab, alice, bob, toBob } = establishedPair(43, { obfuscation });
    const before = bob.delivered.length;
    for (let second = 1; second <= 300; second++) {
      alice.sends(toBob);
      lab.runFor(1);
    }
    expect(bob.delivered.length - before).toBe(300);
    expect(alice.device.view(toBob).handshakesCompleted).toBeGreaterThanOrEqual(3);
  });

  test('the responder can begin: the confirmation of its first key pair arrives', () => {
    const { lab, alice, bob, toBob, toAlice } = createPair(44, { obfuscation });
    alice.device.initiate(toBob, lab.now);
    lab.runFor(1);
    expect(bob.device.view(toAlice).hasKeyPair).toBe(true);
    bob.sends(toAlice);
    lab.runFor(1);
    expect(alice.delivered).toHaveLength(1);
  });

  test('under load a cookie is given, taken and shown', () => {
    const lab = new Lab(45);
    const bob = lab.addHost('bob', { peersMax: 4 });
    const alice = lab.addHost('alice');
    const toBob = alice.knows(bob, { obfuscation });
    bob.knows(alice, { obfuscation });
    let initiation: Datagram | undefined;
    lab.passes = (datagram) => {
      initiation = datagram;
      return false;
    };
    alice.device.initiate(toBob, lab.now);
    lab.passes = () => true;
    // The same initiation from many sources: every one passes MAC1, so load is noticed.
    const { bytes } = initiation as Datagram;
    const flood = (count: number) => {
      for (let i = 0; i < count; i++)
        bob.receive(bytes, underlay(`198.18.${i >> 8}.${i & 255}`, 9));
    };
    flood(400);
    const before = lab.sentBy(bob).length;
    expect(bob.receive(bytes, alice.address)).toBe('cookie-required');
    expect(lab.sentBy(bob).length).toBe(before + 1);
    for (let step = 0; step < 12; step++) {
      flood(60);
      lab.runFor(0.5);
    }
    expect(alice.reasons.filter((reason) => reason !== 'not-wireguard')).toEqual([]);
    expect(alice.device.view(toBob).handshakesCompleted).toBe(1);
  });

  test('a plain peer cannot talk to it, nor the other way round', () => {
    const lab = new Lab(46);
    const alice = lab.addHost('alice');
    const bob = lab.addHost('bob');
    const toBob = alice.knows(bob, { obfuscation });
    const toAlice = bob.knows(alice);
    alice.sends(toBob);
    bob.sends(toAlice);
    lab.runFor(20);
    expect(alice.device.view(toBob).hasKeyPair).toBe(false);
    expect(bob.device.view(toAlice).hasKeyPair).toBe(false);
    expect(new Set([...alice.reasons, ...bob.reasons])).toEqual(new Set(['not-wireguard']));
  });
});

describe('lengths', () => {
  const lengthsOf = (obfuscation: ObfuscationConfig, name: 'packets' | 'initiations') => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 12; seed++) {
      const { lab, alice, toBob } = createPair(100 + seed, { obfuscation });
      alice.sends(toBob, ipv4Packet(100));
      lab.runFor(1);
      const sent = lab.sentBy(alice);
      lengths.add((name === 'packets' ? last(sent) : (sent[0] as Datagram)).bytes.length);
    }
    return lengths.size;
  };

  test.each([
    ['wgobfs', WGOBFS],
    ['random trailers', GENERATION_31],
  ] as const)('%s hides that of initiations and packets', (_, obfuscation) => {
    expect(lengthsOf(obfuscation, 'initiations')).toBeGreaterThan(4);
    expect(lengthsOf(obfuscation, 'packets')).toBeGreaterThan(4);
  });

  test('content padding hides that of packets', () => {
    expect(lengthsOf(GENERATION_3, 'packets')).toBeGreaterThan(4);
  });
});

test('decoys leave before every initiation, repeated ones too, and before no response', () => {
  const { lab, alice, bob, toBob } = createPair(47, { obfuscation: GENERATION_1 });
  lab.passes = () => false;
  alice.sends(toBob);
  lab.runFor(6);
  expect(lab.sentBy(alice).map((d) => d.bytes.length === 163)).toEqual([
    false,
    false,
    false,
    true,
    false,
    false,
    false,
    true,
  ]);
  lab.passes = () => true;
  lab.runFor(6);
  const [response] = lab.sentBy(bob);
  expect(response?.bytes.length).toBe(110);
});

describe('one socket for several forms', () => {
  const three = (seed: number) => {
    const lab = new Lab(seed);
    const node = lab.addHost('node');
    const guests = ([undefined, WGOBFS, GENERATION_2] as const).map((obfuscation, i) => {
      const guest = lab.addHost(`guest${i}`);
      const config = obfuscation === undefined ? {} : { obfuscation };
      return { guest, toGuest: node.knows(guest, config), toNode: guest.knows(node, config) };
    });
    return { lab, node, guests };
  };

  test('a plain and two obfuscated peers use it at once, each begins and each is begun with', () => {
    for (const [seed, nodeBegins] of [
      [51, false],
      [52, true],
    ] as const) {
      const { lab, node, guests } = three(seed);
      for (let round = 0; round < 5; round++) {
        for (const { guest, toGuest, toNode } of guests) {
          if (nodeBegins) node.sends(toGuest);
          else guest.sends(toNode);
        }
        lab.runFor(1);
        for (const { guest, toGuest, toNode } of guests) {
          if (nodeBegins) guest.sends(toNode);
          else node.sends(toGuest);
        }
        lab.runFor(1);
      }
      expect(node.delivered).toHaveLength(15);
      for (const { guest } of guests) expect(guest.delivered).toHaveLength(5);
      node.expectNoLeak();
    }
  });

  test('a guest that roams is still understood', () => {
    const { lab, node, guests } = three(53);
    for (const { guest, toNode, toGuest } of guests) {
      guest.sends(toNode);
      lab.runFor(1);
      guest.address = underlay(guest.address.address.bytes.join('.'), 40_000);
      guest.sends(toNode);
      lab.runFor(1);
      expect(node.device.view(toGuest).endpoint?.port).toBe(40_000);
      node.sends(toGuest);
      lab.runFor(1);
      expect(guest.delivered).toHaveLength(1);
    }
  });

  test('types over half of all numbers do not swallow the messages of others', () => {
    const lab = new Lab(54);
    const node = lab.addHost('node');
    const greedy: ObfuscationConfig = {
      kind: 'amneziawg',
      h1: '5-1000000000',
      h2: '1000000001-2000000000',
      h3: '2000000001-3000000000',
      h4: '3000000001-4294967295',
      randomTrailers: true,
    };
    const guests = ([greedy, WGOBFS, XOR] as const).map((obfuscation, i) => {
      const guest = lab.addHost(`guest${i}`);
      return {
        guest,
        toNode: guest.knows(node, { obfuscation }),
        toGuest: node.knows(guest, { obfuscation }),
      };
    });
    for (let round = 0; round < 40; round++) {
      for (const { guest, toNode } of guests) guest.sends(toNode);
      for (const { toGuest } of guests) node.sends(toGuest);
      lab.runFor(1);
    }
    expect(node.delivered).toHaveLength(120);
    for (const { guest } of guests) expect(guest.delivered).toHaveLength(40);
  });

  test('a fourth form finds no room there, but on another socket; a form that goes makes room', () => {
    const { lab, node, guests } = three(55);
    const fourth = lab.addHost('fourth');
    const add = (host: Host, socket: number) =>
      node.knows(host, { obfuscation: XOR, socket: socketId(socket) });
    expect(() => add(fourth, 1)).toThrow(RouterError);
    const peer = add(fourth, 2);
    expect(() => node.device.updatePeer(peer, { socket: socketId(1) }, lab.now)).toThrow(
      RouterError,
    );
    node.device.removePeer(peer);
    node.device.removePeer(guests[1]?.toGuest as never);
    expect(() => add(fourth, 1)).not.toThrow();
  });
});

test('any octets give a reason and never an exception on a socket of three forms, and leak no slot', () => {
  const lab = new Lab(61);
  const node = lab.addHost('node');
  const guests = ([WGOBFS, GENERATION_31, HUGE] as const).map((obfuscation, i) => {
    const guest = lab.addHost(`guest${i}`);
    node.knows(guest, { obfuscation });
    return { guest, toNode: guest.knows(node, { obfuscation }) };
  });
  for (const { guest, toNode } of guests) guest.sends(toNode);
  lab.runFor(1);
  for (const { guest, toNode } of guests) guest.sends(toNode, ipv4Packet(200));
  const real = lab.sent.map((d) => d.bytes);
  lab.runFor(1);
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.tuple(fc.constantFrom(...real), fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
      const forged = bytes.slice();
      forged[at % forged.length] = value;
      return forged;
    }),
    fc.tuple(fc.constantFrom(...real), fc.nat(1500)).map(([bytes, end]) => bytes.slice(0, end)),
  );
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      lab.runFor(0.2);
      const reason = node.receive(bytes, underlay('198.51.100.1', 5));
      if (reason !== undefined) expect(DROP_REASONS).toContain(reason);
      node.expectNoLeak();
    }),
    { numRuns: 1000 * Number(process.env.ROOTLESS42_SOAK ?? 1) },
  );
});

test('a listener hears of forms as they come and go, for sockets and for peers', () => {
  const heard: string[] = [];
  const lab = new Lab(62);
  const node = lab.addHost('node', {
    formsListener: {
      socketFormsChanged: (socket, forms) =>
        heard.push(`socket ${socket}: ${forms.map(({ kind }) => kind).join(' ')}`),
      peerFormChanged: (peer, form) => heard.push(`peer ${peer}: ${form?.kind ?? 'plain'}`),
    },
  });
  const add = (name: string, obfuscation?: ObfuscationConfig) =>
    node.knows(lab.addHost(name), obfuscation === undefined ? {} : { obfuscation });
  const plain = add('plain');
  const first = add('first', WGOBFS);
  const second = add('second', WGOBFS);
  node.device.updatePeer(second, { socket: socketId(2) }, lab.now);
  node.device.removePeer(first);
  node.device.removePeer(plain);
  expect(heard).toEqual([
    'socket 1: none wgobfs',
    'peer 1: wgobfs',
    'peer 2: wgobfs',
    'socket 2: wgobfs',
    'socket 1: ',
    'peer 1: plain',
  ]);
});

describe('recorded exchanges of the reference', () => {
  test.each(traces.profiles)('$name: its initiation is accepted and answered', (profile) => {
    const lab = new Lab(63);
    const responder = lab.addHost('responder', {
      crypto: createNobleCrypto(lab.random),
      privateKey: bytesOf(profile.responderPrivateHex),
    });
    const initiator = lab.addHost('initiator');
    const options = optionsOfUapi(profile.parameters as Readonly<Record<string, string>>);
    const peer = responder.knows(initiator, {
      publicKey: bytesOf(profile.initiatorPublicHex),
      presharedKey: bytesOf(profile.presharedKeyHex),
      obfuscation: { kind: 'amneziawg', ...options },
      isPassive: true,
    });
    for (const { from, kind, hex } of profile.datagrams) {
      if (from !== 'initiator' || kind === 'transport') continue;
      const reason = responder.receive(bytesOf(hex), initiator.address);
      expect(reason).toBe(kind === 'initiation' ? undefined : 'not-wireguard');
    }
    expect(responder.device.view(peer)).toMatchObject({ initiationsReceived: 1, responsesSent: 1 });
    expect(lab.sentBy(responder)).toHaveLength(1);
  });
});

const bytesOf = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
