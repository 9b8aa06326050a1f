/**
 * What handshake messages cost the router worker: those that are refused, and those that are not.
 *
 * @module
 */
import { type Instant, instant } from '../../router-core/base/units.ts';
import { createNativeCrypto } from '../../router-core/host/native-crypto.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';
import { createNobleCrypto, type WireguardCrypto } from '../../router-core/wireguard/index.ts';
import type { Run } from '../lab/results.ts';
import { microsecondsPer } from './stopwatch.ts';
import {
  addPeer,
  addressOf,
  createWireguardNode,
  deliver,
  exchange,
  type WireguardNode,
} from './wireguard-node.ts';

export const HANDSHAKE_ANCHOR = 'noble';
const MESSAGES = 500;
const HANDSHAKES = 8;
/** Sources of a flood, each with a bucket that never runs dry. */
const SOURCES = 10_000;
const MAC1 = 116;
/** Between two handshakes of one peer. */
const PAUSE_MS = 6000;
/** A flood far above what keeps us calm, and below what cookie replies are limited to. */
const FLOOD_INTERVAL_MS = 1;

export function benchHandshakes(): Run[] {
  const noble = createNobleCrypto(systemRandom);
  const providers = { [HANDSHAKE_ANCHOR]: noble, 'node:crypto': createNativeCrypto(noble) };
  return Object.entries(providers).map(([router, crypto]) => ({
    router,
    test: 'handshake messages',
    values: {
      wrongMac1Us: wrongMac1(crypto),
      cookieReplyUs: cookieReply(crypto),
      unknownKeyUs: unknownKey(crypto),
      bothEndsUs: wholeHandshake(crypto),
    },
  }));
}

/** A stranger who does not know our public key. */
function wrongMac1(crypto: WireguardCrypto): number {
  const { responder, initiation } = scene(crypto);
  const forged = initiation.slice();
  forged[MAC1] = (forged[MAC1] as number) ^ 1;
  return microsecondsPer(MESSAGES, () => {
    for (let i = 0; i < MESSAGES; i++)
      expectReason(deliver(responder, forged, addressOf(i), instant(0)), 'wrong-mac1');
  });
}

/** A flood from many sources whose MAC1 is right, while we are under load. */
function cookieReply(crypto: WireguardCrypto): number {
  const { responder, initiation } = scene(crypto);
  let now = 0;
  let source = 0;
  const flood = (): string | undefined => {
    now += FLOOD_INTERVAL_MS;
    source = (source + 1) % SOURCES;
    return deliver(responder, initiation, addressOf(source), instant(now));
  };
  while (flood() !== 'cookie-required');
  responder.sent.length = 0;
  const result = microsecondsPer(MESSAGES, () => {
    for (let i = 0; i < MESSAGES; i++) expectReason(flood(), 'cookie-required');
    if (responder.sent.length !== MESSAGES) throw new Error('a cookie reply is missing');
    responder.sent.length = 0;
  });
  return result;
}

/** Somebody who knows our public key, and whom we do not know: one X25519. */
function unknownKey(crypto: WireguardCrypto): number {
  let now = 0;
  const clock = () => instant(now);
  const responder = createWireguardNode({ number: 1, crypto, now: clock });
  const stranger = createWireguardNode({ number: 2, crypto, now: clock });
  addPeer(stranger, responder, instant(0), 25);
  const initiation = firstOf(stranger);
  return microsecondsPer(HANDSHAKES, () => {
    for (let i = 0; i < HANDSHAKES; i++) {
      now += PAUSE_MS;
      expectReason(deliver(responder, initiation, addressOf(i), instant(now)), 'unknown-key');
    }
  });
}

/** Initiation, response and confirmation, both devices together. */
function wholeHandshake(crypto: WireguardCrypto): number {
  let now = 0;
  const clock = () => instant(now);
  const initiator = createWireguardNode({ number: 1, crypto, now: clock });
  const responder = createWireguardNode({ number: 2, crypto, now: clock });
  const peer = addPeer(initiator, responder, instant(0));
  addPeer(responder, initiator, instant(0));
  const result = microsecondsPer(HANDSHAKES, () => {
    for (let i = 0; i < HANDSHAKES; i++) {
      now += PAUSE_MS;
      initiator.device.initiate(peer, instant(now));
      exchange(initiator, responder, instant(now));
    }
  });
  const { handshakesCompleted, initiationsSent } = initiator.device.view(peer);
  if (handshakesCompleted !== initiationsSent) throw new Error('a handshake failed');
  return result;
}

/** A responder, and an initiation with the right MAC1 by a peer it knows. */
function scene(crypto: WireguardCrypto): { responder: WireguardNode; initiation: Uint8Array } {
  const now: Instant = instant(0);
  const responder = createWireguardNode({ number: 1, crypto, now: () => now });
  const initiator = createWireguardNode({ number: 2, crypto, now: () => now });
  addPeer(responder, initiator, now);
  addPeer(initiator, responder, now, 25);
  const initiation = firstOf(initiator);
  // Accepted once, so that it is old when it comes again.
  deliver(responder, initiation, addressOf(0), now);
  responder.sent.length = 0;
  return { responder, initiation };
}

function firstOf(node: WireguardNode): Uint8Array {
  const [first] = node.sent;
  if (first === undefined) throw new Error('no initiation');
  return first.bytes;
}

function expectReason(reason: string | undefined, expected: string): void {
  if (reason !== expected) throw new Error(`expected ${expected}, got ${reason ?? 'nothing'}`);
}
