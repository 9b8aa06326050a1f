/**
 * What a handshake message must show before it may cost X25519: the order of the checks, as one
 * function of bytes, secrets and time.
 *
 * Standard: WireGuard paper §5.3, §5.4.4 and §5.4.7.
 *
 *   MAC1 wrong ──────────────────────────────────────────────────────────────► wrong-mac1
 *   not under load, and the source has tokens beyond its reserve ────────────► passes
 *   else  MAC2 wrong or absent ──────────────────────────────────────────────► cookie-required
 *         MAC2 right, and the source has a token ────────────────────────────► passes
 *         MAC2 right, no token left ─────────────────────────────────────────► rate-limited
 *
 * Departure: a source over its rate is asked for a cookie also while we are not under load. A source
 * address can be forged; who forges that of a peer must not use up the peer's rate. So the second half
 * of a bucket is kept for messages that prove their source (Linux and wireguard-go have no bucket
 * outside load, and then no limit).
 *
 * Nothing here knows of peers or slots: the fast path has a twin of this file, which checks messages
 * before they leave the packet worker.
 *
 * Invariants
 * - A message without the right MAC1 costs one keyed hash and changes nothing.
 * - What passes was counted, so load is noticed whoever sends.
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import type { Random } from '../base/random.ts';
import type { Instant } from '../base/units.ts';
import { AddressLimiter } from './address-limiter.ts';
import { MAC_BYTES } from './constants.ts';
import type { MacVerifier } from './cookie.ts';
import type { CookieIssuer, MessageSource } from './cookie-issuer.ts';
import { HANDSHAKES_BURST, HANDSHAKES_PER_SECOND, SOURCE_BUCKETS } from './limits.ts';
import { LoadMeter } from './load-meter.ts';

/** Tokens of a source that only messages with the right MAC2 may take. */
const RESERVE = HANDSHAKES_BURST;

export class HandshakeCheck {
  private readonly macs: MacVerifier;
  private readonly cookies: CookieIssuer;
  private readonly load = new LoadMeter();
  private readonly sources: AddressLimiter;

  constructor(macs: MacVerifier, cookies: CookieIssuer, random: Random) {
    this.macs = macs;
    this.cookies = cookies;
    this.sources = new AddressLimiter(random, {
      rows: SOURCE_BUCKETS,
      perSecond: HANDSHAKES_PER_SECOND,
      burst: RESERVE + HANDSHAKES_BURST,
    });
  }

  get bucketSecret(): number {
    return this.sources.secret;
  }

  /** Checks the message that begins at `start` and has its MAC1 at `mac1`. */
  refusal(
    b: Uint8Array,
    start: number,
    mac1: number,
    source: MessageSource,
    now: Instant,
  ): DropReason | undefined {
    if (!this.macs.isMac1Right(b, start, mac1)) return 'wrong-mac1';
    const { load, sources } = this;
    const { family, bytes, offset } = source;
    const isUnderLoad = load.isUnderLoad(now);
    if (isUnderLoad || !sources.admit(family, bytes, offset, now, RESERVE)) {
      if (!this.cookies.isMac2Right(b, start, mac1 + MAC_BYTES, source)) {
        if (isUnderLoad) load.count(now);
        return 'cookie-required';
      }
      if (!sources.admit(family, bytes, offset, now)) return 'rate-limited';
    }
    load.count(now);
    return undefined;
  }
}
