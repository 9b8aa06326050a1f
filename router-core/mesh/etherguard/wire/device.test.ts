/**
 * The shared WireGuard device with EtherGuard's framing: against recorded datagrams of real nodes, and
 * between devices of ours on virtual time.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import {
  fromHex,
  readUint32LittleEndian,
  toHex,
  writeUint32LittleEndian,
} from '../../../base/bytes.ts';
import { DROP_REASONS, type DropReason } from '../../../base/drop-reason.ts';
import { seededRandom } from '../../../base/random.ts';
import { interfaceId, NONE, type PeerId, socketId } from '../../../base/units.ts';
import { LABEL_COOKIE } from '../../../wireguard/constants.ts';
import type { DeviceCore } from '../../../wireguard/core.ts';
import { NOT_STAGED } from '../../../wireguard/index.ts';
import { createNobleCrypto } from '../../../wireguard/noble-crypto.ts';
import { type Host, Lab, underlay } from '../../../wireguard/test-lab.ts';
import type { NodeNumber } from '../../node-number.ts';
import { ETHERGUARD_FRAMING } from './framing.ts';
import {
  contentLimit,
  firstTtl,
  meshDestination,
  meshPacketProblem,
  meshSource,
  meshTtl,
  meshUsage,
  paddingBytes,
  takeHop,
  USAGE,
  writeMeshPacket,
} from './mesh-packet.ts';

type TransportVector = {
  readonly mode: string;
  readonly usage: number;
  readonly usageName: string;
  readonly ttl: number;
  readonly counter: number;
  readonly receiverIndex: number;
  readonly key: string;
  readonly mtu: number;
  readonly destination?: number;
  readonly source?: number;
  readonly damaged?: boolean;
  readonly plaintext: string;
  readonly plaintextPadded: string;
  readonly datagram: string;
};
type Side = {
  readonly staticPrivate: string;
  readonly staticPublic: string;
  readonly ephemeralPrivate: string;
  readonly index: number;
};
type HandshakeVector = {
  readonly name: string;
  readonly initiator: Side;
  readonly responder: Side;
  readonly psk: string;
  readonly initiation: string;
  readonly response: string;
  readonly initiatorSendKey: string;
  readonly initiatorReceiveKey: string;
};

const HEADER_BYTES = ETHERGUARD_FRAMING.transportHeaderBytes;
const FORGERIES = 5000 * Number(process.env.ROOTLESS42_SOAK ?? 1);
const LIMIT = contentLimit(1500);
const STRANGER = underlay('203.0.113.9', 3001);
const NO_RECEIVER = ['unknown-receiver-index', 'stale-generation'];
const PEER = {
  socket: socketId(1),
  persistentKeepalive: 0,
  interface: interfaceId(7),
  allowedIps: [],
  mtu: LIMIT,
};
const noble = createNobleCrypto(seededRandom(1));
const { vectors: transport } = readFixture<{ vectors: TransportVector[] }>(
  './fixtures/transport.json',
);
const { vectors: handshakes } = readFixture<{ vectors: HandshakeVector[] }>(
  '../../../wireguard/fixtures/etherguard-handshake.json',
);
const named = transport.map((v, i) => ({ ...v, name: `${i}, ${v.mode}: ${v.usageName}` }));

describe.each(named)('datagram $name of TTL $ttl', (v) => {
  test('is what we send', () => {
    const { host, peer, lab } = sessionOf(v);
    if (v.plaintext === '') {
      // Real nodes leave any usage and TTL in a keepalive; those with 0 are dropped by real nodes.
      host.device.updatePeer(peer, { persistentKeepalive: 25 }, lab.now);
      const sent = lab.sent.at(-1)?.bytes as Uint8Array;
      expect(toHex(sent.slice(0, 2))).toBe('0400');
      expect(toHex(sent.slice(2))).toBe(v.datagram.slice(4));
    } else {
      sendContent(lab, host, peer, v.usage, v.ttl, octets(v.plaintext));
      expect(toHex(lab.sent.at(-1)?.bytes as Uint8Array)).toBe(v.datagram);
    }
    host.expectNoLeak();
  });

  test('is taken once, with usage, TTL and padding', () => {
    const { host, localIndex } = sessionOf(v);
    const datagram = octets(v.datagram);
    writeUint32LittleEndian(datagram, ETHERGUARD_FRAMING.receiverOffset, localIndex);
    expect(host.receive(datagram, STRANGER)).toBeUndefined();
    expect(host.receive(datagram, STRANGER)).toBe('replayed');
    host.expectNoLeak();
    if (v.plaintext === '') {
      expect(host.delivered).toEqual([]);
      return;
    }
    const b = deliveredOctets(host);
    expect(toHex(b.slice(HEADER_BYTES))).toBe(v.plaintextPadded);
    expect(meshPacketProblem(b, HEADER_BYTES, b.length)).toBeUndefined();
    expect(meshUsage(b, HEADER_BYTES)).toBe(v.usage);
    expect(meshTtl(b, HEADER_BYTES)).toBe(v.ttl);
    expect(meshDestination(b, HEADER_BYTES)).toBe(v.destination);
    expect(meshSource(b, HEADER_BYTES)).toBe(v.source);
  });
});

describe.each(handshakes)('$name', (v) => {
  test('the recorded initiation is answered as the real node did, and the keys carry packets', () => {
    const lab = new Lab(1);
    const ephemeral = noble.importPrivateKey(octets(v.responder.ephemeralPrivate));
    const host = lab.addHost('responder', {
      privateKey: octets(v.responder.staticPrivate),
      framing: ETHERGUARD_FRAMING,
      crypto: { ...noble, generatePrivateKey: () => ephemeral },
    });
    const peer = host.device.addPeer(
      { ...PEER, publicKey: octets(v.initiator.staticPublic), presharedKey: octets(v.psk) },
      lab.now,
    );
    expect(host.receive(octets(v.initiation), STRANGER)).toBeUndefined();
    const answer = lab.sent.at(-1)?.bytes as Uint8Array;
    expect(answer).toHaveLength(89);
    // The transcript does not hold the indices: all between them and MAC1 is as recorded.
    expect(answer[0]).toBe(1);
    expect(readUint32LittleEndian(answer, 5)).toBe(v.initiator.index);
    expect(toHex(answer.slice(9, 57))).toBe(v.response.slice(18, 114));

    const frame = new Uint8Array(64).fill(7);
    const datagram = seal(octets(v.initiatorSendKey), readUint32LittleEndian(answer, 1), frame);
    expect(host.receive(datagram, STRANGER)).toBeUndefined();
    expect(host.delivered[0]?.packet).toEqual(frame);
    sendContent(lab, host, peer, USAGE.normal, 200, frame);
    const back = lab.sent.at(-1)?.bytes as Uint8Array;
    expect(back).toHaveLength(HEADER_BYTES + 64 + 16);
    expect(readUint32LittleEndian(back, 2)).toBe(v.initiator.index);
    const key = noble.addKey(octets(v.initiatorReceiveKey));
    expect(noble.open(key, 0, back, HEADER_BYTES, back.length)).toBe(true);
  });
});

describe('between nodes of ours', () => {
  test('lengths are 145, 89 and 61; the confirming keepalive has 30 octets, type 4 and TTL 0', () => {
    const { lab, alice, bob, toBob } = meshPair(1);
    alice.device.updatePeer(toBob, { persistentKeepalive: 25 }, lab.now);
    lab.runFor(1);
    const shapes = lab.sent.map(({ bytes }) => [bytes[0], bytes.length]);
    expect(shapes).toEqual([
      [0, 145],
      [1, 89],
      [4, 30],
    ]);
    expect(lab.sent[2]?.bytes[1]).toBe(0);

    const initiation = lab.sent[0]?.bytes as Uint8Array;
    bob.answersWithCookie(initiation, alice.address);
    expect(lab.sent.at(-1)?.bytes.length).toBe(61);
    expect(lab.sent.at(-1)?.bytes[0]).toBe(2);
  });

  test('a packet that waited for the handshake keeps its usage and TTL', () => {
    const { lab, alice, bob, toBob } = meshPair(2);
    sendContent(lab, alice, toBob, USAGE.ping, 0, new Uint8Array(40).fill(1));
    sendContent(lab, alice, toBob, USAGE.normal, 200, new Uint8Array(50).fill(2));
    lab.runFor(1);
    const heads = bob.delivered.map(({ header, packet }) => [...header.slice(2, 4), packet.length]);
    expect(heads).toEqual([
      [USAGE.ping, 0, 48],
      [USAGE.normal, 200, 64],
    ]);
    alice.expectNoLeak();
  });

  test('a ping that must not wait begins a handshake and is dropped (its time would be old)', () => {
    const { lab, alice, bob, toBob } = meshPair(11);
    const ping = () => {
      const memory = new Uint8Array(HEADER_BYTES + 48);
      memory[0] = USAGE.ping;
      return sendOctets(lab, alice, toBob, memory, NOT_STAGED);
    };
    expect(ping()).toBe('no-key-pair');
    alice.expectNoLeak();
    lab.runFor(1);
    expect(bob.delivered).toEqual([]);
    expect(ping()).toBeUndefined();
    lab.runFor(1);
    expect(bob.delivered).toHaveLength(1);
  });

  test('initiations that cross both succeed', () => {
    const { lab, alice, bob, toBob, toAlice } = meshPair(3);
    sendContent(lab, alice, toBob, USAGE.normal, 1, new Uint8Array(50));
    sendContent(lab, bob, toAlice, USAGE.normal, 1, new Uint8Array(50));
    lab.runFor(1);
    expect([alice.delivered.length, bob.delivered.length]).toEqual([1, 1]);
  });

  test('a relay takes one from the TTL and passes everything else on, padding included', () => {
    const lab = new Lab(4);
    const [a, b, c] = ['a', 'b', 'c'].map((name) =>
      lab.addHost(name, { framing: ETHERGUARD_FRAMING }),
    ) as [Host, Host, Host];
    const aToB = a.knows(b, { mtu: LIMIT });
    b.knows(a, { mtu: LIMIT });
    const bToC = b.knows(c, { mtu: LIMIT });
    c.knows(b, { mtu: LIMIT });
    const destination = 3 as NodeNumber;
    const own = new Uint8Array(HEADER_BYTES + 33).fill(9);
    const ttl = firstTtl(USAGE.normal, destination, 2);
    writeMeshPacket(own, HEADER_BYTES, USAGE.normal, ttl, destination, 1 as NodeNumber);
    sendContent(lab, a, aToB, USAGE.normal, ttl, own.slice(HEADER_BYTES));
    lab.runFor(1);

    const memory = deliveredOctets(b);
    expect(takeHop(memory, HEADER_BYTES)).toBe(true);
    sendOctets(lab, b, bToC, memory);
    lab.runFor(1);
    const atC = deliveredOctets(c);
    expect(meshTtl(atC, HEADER_BYTES)).toBe(1);
    expect(meshDestination(atC, HEADER_BYTES)).toBe(3);
    expect(meshSource(atC, HEADER_BYTES)).toBe(1);
    expect(atC.slice(HEADER_BYTES)).toEqual(memory.slice(HEADER_BYTES));
    expect(atC).toHaveLength(HEADER_BYTES + 48);
    expect(takeHop(atC, HEADER_BYTES)).toBe(true);
    expect(takeHop(atC, HEADER_BYTES)).toBe(false);
  });
});

describe('faults of the original', () => {
  test('a keepalive of any type is one: 30 octets are no handshake message', () => {
    const [vector] = transport as [TransportVector];
    for (const type of [0, 1, 2, 3, 255]) {
      const { host, peer, localIndex } = sessionOf(vector);
      const datagram = seal(octets(vector.key), localIndex);
      datagram[0] = type;
      datagram[1] = 200;
      expect(host.receive(datagram, STRANGER)).toBeUndefined();
      expect(host.device.view(peer).rxPackets).toBe(1);
      datagram[29] = (datagram[29] as number) ^ 1;
      expect(host.receive(datagram, STRANGER)).toBe('not-authentic');
    }
  });

  test('a cookie under octets 4 to 7 of our message in place of its index is taken', () => {
    const { lab, alice, bob, toBob } = meshPair(6);
    lab.passes = () => false;
    sendContent(lab, alice, toBob, USAGE.normal, 1, new Uint8Array(50));
    const cookie = lab.random.bytes(16);
    const reply = cookieReply(sentLast(lab), bob.device.publicKey, cookie, 4);
    const forged = reply.slice();
    forged[40] = (forged[40] as number) ^ 1;
    expect(alice.receive(forged, bob.address)).toBe('bad-cookie');
    for (const nobody of [0, 0xffff_ffff]) {
      writeUint32LittleEndian(forged, 1, nobody);
      expect(NO_RECEIVER).toContain(alice.receive(forged, bob.address));
    }
    expect(alice.receive(reply, bob.address)).toBeUndefined();
    lab.runUntil(6);
    const again = sentLast(lab);
    expect(again).toHaveLength(145);
    expect(again.slice(129)).toEqual(noble.mac(cookie, again.slice(0, 129)));
    // It answered the message before.
    expect(NO_RECEIVER).toContain(alice.receive(reply, bob.address));

    alice.device.removePeer(toBob);
    const late = cookieReply(again, bob.device.publicKey, cookie, 4);
    expect(NO_RECEIVER).toContain(alice.receive(late, bob.address));
    alice.expectNoLeak();
  });

  test('the same for a response of ours that was refused', () => {
    const { lab, alice, bob, toBob } = meshPair(7);
    lab.passes = ({ bytes }) => bytes.length === 145;
    sendContent(lab, alice, toBob, USAGE.normal, 1, new Uint8Array(50));
    lab.runFor(1);
    const response = sentLast(lab);
    expect(response).toHaveLength(89);
    const cookie = lab.random.bytes(16);
    const reply = cookieReply(response, alice.device.publicKey, cookie, 4);
    expect(bob.receive(reply, alice.address)).toBeUndefined();
    lab.runFor(6);
    const again = lab.sentBy(bob).at(-1)?.bytes as Uint8Array;
    expect(again.slice(73)).toEqual(noble.mac(cookie, again.slice(0, 73)));
  });

  test('our own cookie replies carry the right index', () => {
    const { lab, alice, bob, toBob } = meshPair(8);
    lab.passes = () => false;
    sendContent(lab, alice, toBob, USAGE.normal, 1, new Uint8Array(50));
    const initiation = sentLast(lab);
    bob.answersWithCookie(initiation, alice.address);
    const reply = sentLast(lab);
    expect(reply.slice(1, 5)).toEqual(initiation.slice(1, 5));
    expect(alice.receive(reply, bob.address)).toBeUndefined();
  });
});

test('any octets give a reason and never an exception, and leave no slot behind', () => {
  const { lab, alice, bob, toBob, toAlice } = meshPair(9);
  let runs = 0;
  fc.assert(
    fc.property(anyDatagram, fc.boolean(), (forge, isToBob) => {
      if (runs++ % 100 === 0) {
        lab.sent.length = 0;
        alice.device.initiate(toBob, lab.now);
        sendContent(lab, alice, toBob, USAGE.normal, 200, new Uint8Array(60));
        lab.runFor(6);
        sendContent(lab, bob, toAlice, USAGE.pong, 0, new Uint8Array(60));
      }
      lab.runFor(0.02);
      const target = isToBob ? bob : alice;
      const reason = target.receive(forge(lab.sent.map((d) => d.bytes)), STRANGER);
      if (reason !== undefined) expect(DROP_REASONS).toContain(reason);
      target.expectNoLeak();
    }),
    { numRuns: FORGERIES },
  );
  lab.runFor(600);
  sendContent(lab, alice, toBob, USAGE.normal, 200, new Uint8Array(60));
  lab.runFor(100);
  expect(alice.device.view(toBob).hasKeyPair).toBe(true);
});

test('what is shorter than a keepalive is nothing, whatever its type (no message is so short)', () => {
  const { alice, bob } = meshPair(10);
  for (let length = 0; length < 30; length++) {
    for (const type of [0, 1, 2, 3, 4, 10, 255]) {
      const datagram = new Uint8Array(length).fill(type);
      expect(['truncated', 'malformed']).toContain(alice.receive(datagram, bob.address));
    }
  }
});

/** Random octets, messages of every type and length, real ones changed in an octet or cut short. */
const anyDatagram: fc.Arbitrary<(real: readonly Uint8Array[]) => Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => () => bytes),
  fc
    .tuple(fc.nat(11), fc.constantFrom(0, 4, 29, 30, 31, 60, 61, 62, 88, 89, 90, 144, 145, 146))
    .map(
      ([type, length]) =>
        () =>
          new Uint8Array(length).fill(type, 0, 1),
    ),
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

function meshPair(seed: number) {
  const lab = new Lab(seed);
  const alice = lab.addHost('alice', { framing: ETHERGUARD_FRAMING });
  const bob = lab.addHost('bob', { framing: ETHERGUARD_FRAMING });
  const toBob = alice.knows(bob, { mtu: LIMIT });
  const toAlice = bob.knows(alice, { mtu: LIMIT });
  return { lab, alice, bob, toBob, toAlice };
}

/** A host with one session, whose key, index and counter are those of the vector in both directions. */
function sessionOf(v: TransportVector) {
  const lab = new Lab(1);
  const host = lab.addHost('host', { framing: ETHERGUARD_FRAMING });
  const publicKey = noble.importPrivateKey(new Uint8Array(32).fill(3)).publicKey.bytes;
  const peer = host.device.addPeer({ ...PEER, publicKey, endpoint: STRANGER }, lab.now);
  // A test may look inside: no handshake leads to a recorded key.
  const { core } = host.device as unknown as { readonly core: DeviceCore };
  const { keyPairs, peers } = core;
  const row = keyPairs.reserve(peer);
  const keys = { send: octets(v.key), receive: octets(v.key) };
  keyPairs.install(row, { keys, remoteIndex: v.receiverIndex, isInitiator: true, now: lab.now });
  keyPairs.sendCounter[row] = v.counter;
  peers.current[peer] = row;
  return { lab, host, peer, localIndex: keyPairs.localIndex[row] as number };
}

/** Pads as an interface of MTU 1500 does and sends. */
function sendContent(
  lab: Lab,
  host: Host,
  peer: PeerId,
  usage: number,
  ttl: number,
  content: Uint8Array,
) {
  const padded = content.length + paddingBytes(content.length, LIMIT);
  const memory = new Uint8Array(HEADER_BYTES + padded);
  memory[0] = usage;
  memory[1] = ttl;
  memory.set(content, HEADER_BYTES);
  return sendOctets(lab, host, peer, memory);
}

/** Sends octets that begin with usage and TTL, 14 octets in front of the content. */
function sendOctets(
  lab: Lab,
  host: Host,
  peer: PeerId,
  memory: Uint8Array,
  flags = 0,
): DropReason | undefined {
  const { arena } = host;
  const slot = arena.allocate();
  assert(slot !== NONE, 'a slot is free');
  const start = arena.start[slot] as number;
  arena.bytes.set(memory, start - HEADER_BYTES);
  arena.end[slot] = start + memory.length - HEADER_BYTES;
  arena.flags[slot] = flags;
  return host.device.sendPacket(peer, slot, lab.now);
}

/** The last delivered packet with the 14 octets in front of it. */
function deliveredOctets(host: Host): Uint8Array {
  const last = host.delivered.at(-1);
  assert(last !== undefined, 'something was delivered');
  return Uint8Array.from([...last.header.slice(-HEADER_BYTES), ...last.packet]);
}

function sentLast(lab: Lab): Uint8Array {
  const last = lab.sent.at(-1);
  assert(last !== undefined, 'something was sent');
  return last.bytes;
}

/** A transport message of counter 0 under a key we know; without a frame a keepalive. */
function seal(key: Uint8Array, index: number, frame = new Uint8Array(0)): Uint8Array {
  const datagram = new Uint8Array(HEADER_BYTES + frame.length + 16);
  datagram[0] = USAGE.normal;
  writeUint32LittleEndian(datagram, ETHERGUARD_FRAMING.receiverOffset, index);
  datagram.set(frame, HEADER_BYTES);
  noble.seal(noble.addKey(key), 0, datagram, HEADER_BYTES, HEADER_BYTES + frame.length);
  return datagram;
}

/** The cookie reply of a node that reads the sender's index at `indexAt`. */
function cookieReply(
  refused: Uint8Array,
  theirKey: Uint8Array,
  cookie: Uint8Array,
  indexAt: number,
): Uint8Array {
  const nonce = new Uint8Array(24).fill(5);
  const mac1 = refused.length - 32;
  const key = noble.hash(LABEL_COOKIE, theirKey);
  const reply = new Uint8Array(61);
  reply[0] = 2;
  reply.set(refused.slice(indexAt, indexAt + 4), 1);
  reply.set(nonce, 5);
  reply.set(xchacha20poly1305(key, nonce, refused.slice(mac1, mac1 + 16)).encrypt(cookie), 29);
  return reply;
}

function octets(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error(`not hexadecimal: ${hex}`);
  return bytes;
}

function readFixture<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T;
}
