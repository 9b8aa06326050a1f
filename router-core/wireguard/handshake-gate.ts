/**
 * What stands in front of every X25519, for the messages of a device: refuses, tells, answers.
 *
 * Standard: WireGuard paper §5.3 and §5.4.7. The order of the checks stands in handshake-check.ts.
 *
 * A forwarding plane does the same checks with the same secrets, which it is told on every change. What
 * passed there comes with HANDSHAKE_CHECKED in the slot's flags, what needs a cookie by
 * `answerWithCookie`. Whatever comes without the flag is checked here.
 *
 *   cookie reply   │ type │ receiver := sender of the refused message 4 │ nonce 24 │ cookie 16+16 │
 *
 * Invariants
 * - A stranger costs one keyed hash until it proves that it knows our public key, and under load one
 *   cookie at most until it proves its address.
 * - A cookie reply is shorter than what it answers, and the number of replies is bounded.
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import type { Random } from '../base/random.ts';
import type { TimerQueue } from '../base/timer-queue.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import { type Instant, NONE, type PacketSlot, type SocketId } from '../base/units.ts';
import type { PlaneGate } from '../packet/forwarding-plane.ts';
import { AddressLimiter } from './address-limiter.ts';
import { COOKIE_NONCE_BYTES } from './constants.ts';
import { type MacVerifier, writeCookieReply } from './cookie.ts';
import { CookieIssuer, type MessageSource } from './cookie-issuer.ts';
import { type DeviceCore, transmitAs } from './core.ts';
import {
  cookieReplyBytes,
  INITIATION,
  initiationBytes,
  RESPONSE,
  readMessageType,
  responseBytes,
} from './framing.ts';
import { HandshakeCheck } from './handshake-check.ts';
import {
  COOKIE_REPLIES_BURST,
  COOKIE_REPLIES_PER_SECOND,
  COOKIE_REPLIES_PER_SOURCE,
  SOURCE_BUCKETS,
} from './limits.ts';
import { COOKIE_REPLY_KIND } from './obfuscation/index.ts';
import { underlaySource } from './peer-table.ts';

/** Bit of `arena.flags`: a packet worker has already let this handshake message through its gate. */
export const HANDSHAKE_CHECKED = 1;

export type HandshakeGateOptions = {
  readonly macs: MacVerifier;
  readonly random: Random;
  readonly timerQueue: TimerQueue;
};

export class HandshakeGate {
  private readonly core: DeviceCore;
  private readonly random: Random;
  private readonly macs: MacVerifier;
  private readonly cookies: CookieIssuer;
  private readonly check: HandshakeCheck;
  private readonly replies = new TokenBucket(COOKIE_REPLIES_PER_SECOND, COOKIE_REPLIES_BURST);
  private readonly repliesBySource: AddressLimiter;

  constructor(core: DeviceCore, options: HandshakeGateOptions) {
    const { macs, random, timerQueue } = options;
    const { crypto, plane } = core;
    this.core = core;
    this.random = random;
    this.macs = macs;
    this.cookies = new CookieIssuer({
      crypto,
      random,
      timerQueue,
      changed: () => plane?.setGate(this.secrets()),
    });
    this.check = new HandshakeCheck(this.macs, this.cookies, random);
    plane?.setGate(this.secrets());
    this.repliesBySource = new AddressLimiter(random, {
      rows: SOURCE_BUCKETS,
      perSecond: COOKIE_REPLIES_PER_SOURCE,
      burst: COOKIE_REPLIES_PER_SOURCE,
    });
  }

  /** Why the message whose MAC1 stands at `mac1` may not cost X25519; a missing cookie is sent. */
  refusal(slot: PacketSlot, mac1: number, now: Instant): DropReason | undefined {
    const { arena } = this.core;
    if (((arena.flags[slot] as number) & HANDSHAKE_CHECKED) !== 0) return undefined;
    const source = this.sourceOf(slot);
    const start = arena.start[slot] as number;
    const reason = this.check.refusal(arena.bytes, start, mac1, source, now);
    if (reason === 'wrong-mac1') this.noteStranger(slot, now);
    else if (reason === 'cookie-required') this.sendCookieReply(slot, mac1, source, now);
    return reason;
  }

  /** Answers a handshake message whose MAC1 was found right and whose MAC2 was not; the slot stays. */
  answerWithCookie(slot: PacketSlot, now: Instant): DropReason {
    const { arena, framing, forms } = this.core;
    const start = arena.start[slot] as number;
    const octets = (arena.end[slot] as number) - start;
    const fields = start + framing.typeBytes;
    const isInitiation = octets === initiationBytes(framing);
    if (!isInitiation && octets !== responseBytes(framing)) return 'malformed';
    const type = isInitiation ? framing.initiationType : framing.responseType;
    const isPlain = forms.ofArrival() === undefined;
    if (isPlain && readMessageType(framing, arena.bytes, start) !== type) return 'malformed';
    const mac1 = fields + (isInitiation ? INITIATION.mac1 : RESPONSE.mac1);
    this.sendCookieReply(slot, mac1, this.sourceOf(slot), now);
    return 'cookie-required';
  }

  private noteStranger(slot: PacketSlot, now: Instant): void {
    const { arena, events } = this.core;
    if (!events.admitsStranger(now)) return;
    const socket = arena.socket[slot] as SocketId;
    events.push({ kind: 'wrong-mac1', from: underlaySource(arena, slot), socket });
  }

  private sendCookieReply(
    refused: PacketSlot,
    mac1: number,
    source: MessageSource,
    now: Instant,
  ): void {
    const { arena, framing, crypto, drops, forms } = this.core;
    const { family, bytes, offset } = source;
    const form = forms.ofArrival();
    if (form?.disablesCookies === true) return;
    if (!this.repliesBySource.admit(family, bytes, offset, now) || !this.replies.take(now)) return;
    const slot = arena.allocate();
    if (slot === NONE) {
      drops['arena-full']++;
      return;
    }
    const start = arena.start[slot] as number;
    writeCookieReply(crypto, framing, arena.bytes, start, {
      cookieKey: this.macs.cookieKey,
      nonce: this.random.bytes(COOKIE_NONCE_BYTES),
      cookie: this.cookies.issue(source, now),
      refusedAt: arena.start[refused] as number,
      mac1,
    });
    arena.end[slot] = start + cookieReplyBytes(framing);
    arena.socket[slot] = arena.socket[refused] as number;
    arena.remoteFamily[slot] = family;
    arena.remotePort[slot] = source.port;
    arena.remoteAddress.copyWithin(slot * 16, offset, offset + 16);
    transmitAs(this.core, form, COOKIE_REPLY_KIND, slot);
  }

  /** What the plane needs to check as we do. */
  private secrets(): PlaneGate {
    return {
      mac1Key: this.macs.mac1Key,
      cookieSecret: this.cookies.secret,
      cookieSecretBefore: this.cookies.secretBefore,
      bucketSecret: this.check.bucketSecret,
    };
  }

  private sourceOf(slot: PacketSlot): MessageSource {
    const { remoteFamily, remotePort, remoteAddress } = this.core.arena;
    return {
      family: remoteFamily[slot] as number,
      bytes: remoteAddress,
      offset: slot * 16,
      port: remotePort[slot] as number,
    };
  }
}
