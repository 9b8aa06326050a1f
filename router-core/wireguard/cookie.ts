/**
 * MAC1 and MAC2 of handshake messages, and cookie replies.
 *
 * Standard: WireGuard paper §5.3, §5.4.4 and §5.4.7.
 *
 *   MacVerifier         one per device: is this message meant for our public key?
 *   MacWriter           one per peer: fills both MACs of what we send, keeps the cookie it was given
 *   writeCookieReply    what a peer gets for a message without MAC2 while we are under load
 *
 * MAC1 costs a hash and stands in front of every X25519. Which cookie a source is given says
 * cookie-issuer.ts.
 *
 * Invariants
 * - A cookie is accepted only as the answer to the MAC1 we sent last.
 * - A cookie is used for COOKIE_REFRESH_TIME at most.
 *
 * @module
 */
import {
  equalSecrets,
  readUint32LittleEndian,
  writeUint32LittleEndian,
  zero,
} from '../base/bytes.ts';
import { elapsed, type Instant } from '../base/units.ts';
import {
  COOKIE_BYTES,
  COOKIE_NONCE_BYTES,
  COOKIE_REFRESH_TIME,
  LABEL_COOKIE,
  LABEL_MAC1,
  MAC_BYTES,
  TAG_BYTES,
} from './constants.ts';
import type { WireguardCrypto } from './crypto.ts';
import { COOKIE_REPLY, type Framing, writeMessageType } from './framing.ts';

/** Checks MAC1 of handshake messages sent to us. */
export class MacVerifier {
  readonly mac1Key: Uint8Array;
  /** Seals the cookies we give. */
  readonly cookieKey: Uint8Array;
  private readonly crypto: WireguardCrypto;

  constructor(crypto: WireguardCrypto, ourPublicKey: Uint8Array) {
    this.crypto = crypto;
    this.mac1Key = crypto.hash(LABEL_MAC1, ourPublicKey);
    this.cookieKey = crypto.hash(LABEL_COOKIE, ourPublicKey);
  }

  /** Whether the octets at `mac1` are the MAC1 of those from `start` up to there. */
  isMac1Right(b: Uint8Array, start: number, mac1: number): boolean {
    const expected = this.crypto.mac(this.mac1Key, b.slice(start, mac1));
    return equalSecrets(expected, b.slice(mac1, mac1 + MAC_BYTES));
  }
}

/** Fills the MACs of messages to one peer. */
export class MacWriter {
  private readonly crypto: WireguardCrypto;
  private readonly mac1Key: Uint8Array;
  private readonly cookieKey: Uint8Array;
  private lastMac1: Uint8Array | undefined;
  private cookie: { readonly bytes: Uint8Array; readonly receivedAt: Instant } | undefined;

  constructor(crypto: WireguardCrypto, peerPublicKey: Uint8Array) {
    this.crypto = crypto;
    this.mac1Key = crypto.hash(LABEL_MAC1, peerPublicKey);
    this.cookieKey = crypto.hash(LABEL_COOKIE, peerPublicKey);
  }

  /** Writes MAC1 at `mac1` and MAC2 right after it; MAC2 is zero while no cookie is fresh. */
  writeMacs(b: Uint8Array, start: number, mac1: number, now: Instant): void {
    const mac2 = mac1 + MAC_BYTES;
    this.lastMac1 = this.crypto.mac(this.mac1Key, b.slice(start, mac1));
    b.set(this.lastMac1, mac1);
    if (this.cookie === undefined || elapsed(this.cookie.receivedAt, now) >= COOKIE_REFRESH_TIME) {
      b.fill(0, mac2, mac2 + MAC_BYTES);
      return;
    }
    b.set(this.crypto.mac(this.cookie.bytes, b.slice(start, mac2)), mac2);
  }

  /**
   * Takes the cookie of a cookie reply; false when it does not answer our last message.
   * Nothing is sent at once: the retransmission carries MAC2 (WireGuard paper §6.6).
   */
  receiveCookieReply(framing: Framing, b: Uint8Array, offset: number, now: Instant): boolean {
    if (this.lastMac1 === undefined) return false;
    const nonceAt = offset + framing.typeBytes + COOKIE_REPLY.nonce;
    const cookieAt = offset + framing.typeBytes + COOKIE_REPLY.cookie;
    const cookie = this.crypto.openCookie(
      this.cookieKey,
      b.slice(nonceAt, nonceAt + COOKIE_NONCE_BYTES),
      b.slice(cookieAt, cookieAt + COOKIE_BYTES + TAG_BYTES),
      this.lastMac1,
    );
    if (cookie === undefined) return false;
    this.forgetCookie();
    this.cookie = { bytes: cookie, receivedAt: now };
    return true;
  }

  forgetCookie(): void {
    if (this.cookie !== undefined) zero(this.cookie.bytes);
    this.cookie = undefined;
  }
}

/** Writes the reply to a refused handshake message at `offset`. WireGuard paper §5.4.7. */
export function writeCookieReply(
  crypto: WireguardCrypto,
  framing: Framing,
  b: Uint8Array,
  offset: number,
  reply: {
    readonly cookieKey: Uint8Array;
    readonly nonce: Uint8Array;
    readonly cookie: Uint8Array;
    /** Where the refused message and its MAC1 stand in `b`. */
    readonly refusedAt: number;
    readonly mac1: number;
  },
): void {
  const { cookieKey, nonce, cookie, refusedAt, mac1 } = reply;
  const fields = offset + framing.typeBytes;
  // The sender's index is the first field of both messages that can be refused.
  const sender = readUint32LittleEndian(b, refusedAt + framing.typeBytes);
  writeMessageType(framing, b, offset, framing.cookieReplyType);
  writeUint32LittleEndian(b, fields + COOKIE_REPLY.receiver, sender);
  b.set(nonce, fields + COOKIE_REPLY.nonce);
  const sealed = crypto.sealCookie(cookieKey, nonce, cookie, b.slice(mac1, mac1 + MAC_BYTES));
  b.set(sealed, fields + COOKIE_REPLY.cookie);
}
