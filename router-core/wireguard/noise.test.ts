/**
 * The handshake against recorded exchanges of other implementations.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromHex, readUint32LittleEndian, toHex } from '../base/bytes.ts';
import { type Instant, instant, NONE } from '../base/units.ts';
import { ETHERGUARD_FRAMING } from '../mesh/etherguard/wire/framing.ts';
import { MacVerifier, MacWriter, writeCookieReply } from './cookie.ts';
import {
  type Framing,
  INITIATION,
  initiationBytes,
  RESPONSE,
  responseBytes,
  WIREGUARD_FRAMING,
} from './framing.ts';
import { createNobleCrypto } from './noble-crypto.ts';
import {
  acceptInitiation,
  type PeerKeys,
  readInitiation,
  readResponse,
  writeInitiation,
  writeResponse,
} from './noise.ts';

type Vector = {
  name: string;
  framing: Framing;
  initiatorPrivate: Uint8Array;
  responderPrivate: Uint8Array;
  initiatorEphemeral: Uint8Array;
  responderEphemeral: Uint8Array;
  presharedKey: Uint8Array;
  timestamp: Uint8Array;
  initiatorIndex: number;
  responderIndex: number;
  initiation: Uint8Array;
  response: Uint8Array;
  initiatorSends: Uint8Array;
  initiatorReceives: Uint8Array;
};

const crypto = createNobleCrypto({ bytes: () => new Uint8Array(32), below: () => 0 });

describe.each([plainTrace(), ...etherguardHandshakes()])('$name', (v) => {
  const initiator = crypto.importPrivateKey(v.initiatorPrivate);
  const responder = crypto.importPrivateKey(v.responderPrivate);
  const peerKeys = (local: typeof initiator, remote: typeof initiator): PeerKeys => ({
    publicKey: remote.publicKey,
    staticStatic: local.agree(remote.publicKey) as Uint8Array,
    presharedKey: v.presharedKey,
  });
  const writeTheirInitiation = (memory: Uint8Array) =>
    writeInitiation(crypto, v.framing, memory, 3, {
      local: initiator,
      peer: peerKeys(initiator, responder),
      ephemeral: crypto.importPrivateKey(v.initiatorEphemeral),
      timestamp: v.timestamp,
      senderIndex: v.initiatorIndex,
    });

  test('the initiation is the recorded one, MAC1 included', () => {
    const length = initiationBytes(v.framing);
    const memory = new Uint8Array(length + 3);
    expect(writeTheirInitiation(memory)).toBeDefined();
    const mac1 = 3 + v.framing.typeBytes + INITIATION.mac1;
    new MacWriter(crypto, responder.publicKey.bytes).writeMacs(memory, 3, mac1, instant(0));
    expect(toHex(memory.slice(3))).toBe(toHex(v.initiation));
    expect(v.initiation.length).toBe(length);
  });

  test('the recorded initiation opens and is answered by the recorded response', () => {
    const verifier = new MacVerifier(crypto, responder.publicKey.bytes);
    const mac1 = v.framing.typeBytes + INITIATION.mac1;
    expect(verifier.isMac1Right(v.initiation, 0, mac1)).toBe(true);

    const received = readInitiation(crypto, v.framing, v.initiation, 0, responder);
    expect(received?.remoteStatic).toEqual(initiator.publicKey.bytes);
    expect(received?.senderIndex).toBe(v.initiatorIndex);
    const peer = peerKeys(responder, initiator);
    const timestamp = acceptInitiation(v.framing, v.initiation, 0, received!, peer.staticStatic);
    expect(timestamp).toEqual(v.timestamp);

    const memory = new Uint8Array(responseBytes(v.framing));
    const keys = writeResponse(v.framing, memory, 0, {
      received: received!,
      peer,
      ephemeral: crypto.importPrivateKey(v.responderEphemeral),
      senderIndex: v.responderIndex,
    });
    const responseMac1 = v.framing.typeBytes + RESPONSE.mac1;
    new MacWriter(crypto, initiator.publicKey.bytes).writeMacs(memory, 0, responseMac1, instant(0));
    expect(toHex(memory)).toBe(toHex(v.response));
    expect(keys).toEqual({ send: v.initiatorReceives, receive: v.initiatorSends });
  });

  test('the recorded response opens to the recorded keys, also after a forged one', () => {
    const memory = new Uint8Array(initiationBytes(v.framing) + 3);
    const handshake = writeTheirInitiation(memory);
    const read = (response: Uint8Array, presharedKey: Uint8Array) =>
      readResponse(crypto, v.framing, response, 0, handshake!, initiator, presharedKey);

    const forged = v.response.slice();
    forged[v.framing.typeBytes + RESPONSE.empty] =
      (forged[v.framing.typeBytes + RESPONSE.empty] as number) ^ 1;
    expect(read(forged, v.presharedKey)).toBeUndefined();
    expect(read(v.response, new Uint8Array(32).fill(9))).toBeUndefined();
    expect(read(v.response, v.presharedKey)).toEqual({
      send: v.initiatorSends,
      receive: v.initiatorReceives,
    });
  });
});

test('the recorded transport messages open with the derived keys', () => {
  const trace = readFixture<PlainTrace>('plain-trace.json');
  const toResponder = crypto.addKey(hex(trace.initiatorToResponderKeyHex));
  const toInitiator = crypto.addKey(hex(trace.responderToInitiatorKeyHex));
  for (const datagram of trace.datagrams.filter((d) => d.kind === 'transport')) {
    const bytes = hex(datagram.hex);
    const key = datagram.from === 'initiator' ? toResponder : toInitiator;
    expect(crypto.open(key, datagram.counter as number, bytes, 16, bytes.length)).toBe(true);
    expect(toHex(bytes.slice(16, bytes.length - 16))).toBe(datagram.innerHex);
  }
});

describe('cookie replies of real nodes', () => {
  const { vectors } = readFixture<{ vectors: CookieVector[] }>('etherguard-cookie.json');

  test.each(vectors)('$name: the cookie is taken and makes MAC2', (v) => {
    const message = hex(v.message);
    const mac1 = message.length - 32;
    const now: Instant = instant(1000);
    const writer = new MacWriter(crypto, hex(v.responderStaticPublic));
    const reply = hex(v.cookieReply);
    expect(writer.receiveCookieReply(ETHERGUARD_FRAMING, reply, 0, now)).toBe(false);

    const memory = message.slice();
    writer.writeMacs(memory, 0, mac1, now);
    expect(memory).toEqual(message);
    const forged = reply.slice();
    forged[40] = (forged[40] as number) ^ 1;
    expect(writer.receiveCookieReply(ETHERGUARD_FRAMING, forged, 0, now)).toBe(false);
    expect(writer.receiveCookieReply(ETHERGUARD_FRAMING, reply, 0, now)).toBe(true);

    writer.writeMacs(memory, 0, mac1, instant(1000 + 119_999));
    expect(toHex(memory.slice(mac1 + 16))).toBe(v.mac2OfSameMessageWithCookie);
    writer.writeMacs(memory, 0, mac1, instant(1000 + 120_000));
    expect(toHex(memory.slice(mac1 + 16))).toBe('00'.repeat(16));
  });

  test.each(vectors)('$name: our reply is the recorded one, but for its receiver index', (v) => {
    const message = hex(v.message);
    const recorded = hex(v.cookieReply);
    const memory = new Uint8Array(message.length + recorded.length);
    memory.set(message);
    const { cookieKey } = new MacVerifier(crypto, hex(v.responderStaticPublic));
    writeCookieReply(crypto, ETHERGUARD_FRAMING, memory, message.length, {
      cookieKey,
      nonce: recorded.slice(5, 29),
      cookie: hex(v.cookie),
      refusedAt: 0,
      mac1: message.length - 32,
    });
    const reply = memory.slice(message.length);
    // Octets 1 to 4: EtherGuard reads the index from the wrong place of the refused message.
    expect(readUint32LittleEndian(reply, 1)).toBe(v.senderIndexInMessage);
    expect(toHex(reply.slice(5))).toBe(toHex(recorded.slice(5)));
    expect(reply[0]).toBe(recorded[0]);
  });
});

test('plain WireGuard has the lengths of the paper §5.4', () => {
  expect(initiationBytes(WIREGUARD_FRAMING)).toBe(148);
  expect(responseBytes(WIREGUARD_FRAMING)).toBe(92);
  expect(WIREGUARD_FRAMING.ttlOffset).toBe(NONE);
});

type PlainTrace = {
  datagrams: {
    from: string;
    kind: string;
    hex: string;
    senderIndex?: number;
    timestampHex?: string;
    innerHex?: string;
    counter?: number;
  }[];
  presharedKeyHex: string;
  initiatorPrivateHex: string;
  responderPrivateHex: string;
  initiatorEphemeralHex: string;
  responderEphemeralHex: string;
  initiatorToResponderKeyHex: string;
  responderToInitiatorKeyHex: string;
};
type EtherguardHandshake = {
  name: string;
  initiator: { staticPrivate: string; ephemeralPrivate: string; index: number };
  responder: { staticPrivate: string; ephemeralPrivate: string; index: number };
  psk: string;
  tai64n: string;
  initiation: string;
  response: string;
  initiatorSendKey: string;
  initiatorReceiveKey: string;
};
type CookieVector = {
  name: string;
  responderStaticPublic: string;
  message: string;
  cookieReply: string;
  cookie: string;
  senderIndexInMessage: number;
  mac2OfSameMessageWithCookie: string;
};

function plainTrace(): Vector {
  const trace = readFixture<PlainTrace>('plain-trace.json');
  const initiation = trace.datagrams.find((d) => d.kind === 'initiation');
  const response = trace.datagrams.find((d) => d.kind === 'response');
  return {
    name: 'plain WireGuard with preshared key',
    framing: WIREGUARD_FRAMING,
    initiatorPrivate: hex(trace.initiatorPrivateHex),
    responderPrivate: hex(trace.responderPrivateHex),
    initiatorEphemeral: hex(trace.initiatorEphemeralHex),
    responderEphemeral: hex(trace.responderEphemeralHex),
    presharedKey: hex(trace.presharedKeyHex),
    timestamp: hex(initiation?.timestampHex as string),
    initiatorIndex: initiation?.senderIndex as number,
    responderIndex: response?.senderIndex as number,
    initiation: hex(initiation?.hex as string),
    response: hex(response?.hex as string),
    initiatorSends: hex(trace.initiatorToResponderKeyHex),
    initiatorReceives: hex(trace.responderToInitiatorKeyHex),
  };
}

function etherguardHandshakes(): Vector[] {
  const { vectors } = readFixture<{ vectors: EtherguardHandshake[] }>('etherguard-handshake.json');
  return vectors.map((v) => ({
    name: `EtherGuard, ${v.name}`,
    framing: ETHERGUARD_FRAMING,
    initiatorPrivate: hex(v.initiator.staticPrivate),
    responderPrivate: hex(v.responder.staticPrivate),
    initiatorEphemeral: hex(v.initiator.ephemeralPrivate),
    responderEphemeral: hex(v.responder.ephemeralPrivate),
    presharedKey: hex(v.psk),
    timestamp: hex(v.tai64n),
    initiatorIndex: v.initiator.index,
    responderIndex: v.responder.index,
    initiation: hex(v.initiation),
    response: hex(v.response),
    initiatorSends: hex(v.initiatorSendKey),
    initiatorReceives: hex(v.initiatorReceiveKey),
  }));
}

function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`not hexadecimal: ${text}`);
  return bytes;
}

function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')) as T;
}
