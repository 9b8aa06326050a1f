/**
 * Cookies we give under load: the proof that a source address is real.
 *
 * Standard: WireGuard paper §5.3 and §5.4.7.
 *
 *   cookie = MAC(secret, source address ‖ port)
 *   MAC2   = MAC(cookie, message up to MAC2)
 *
 *   secret   none ──issue──► current ──120 s──► before ──120 s──► erased
 *
 * Departure: Linux (drivers/net/wireguard/cookie.c, make_cookie) and wireguard-go (device/cookie.go,
 * CheckMAC2) know one secret and take no cookie of the one before, so a cookie given just before the
 * change is worth nothing. The initiator uses a cookie for COOKIE_REFRESH_TIME after it came, so we
 * take it as long: the secret before stays for one more period.
 *
 * Invariants
 * - A secret makes new cookies for COOKIE_REFRESH_TIME and is taken for as long again, then erased.
 * - Nothing is kept per source.
 *
 * @module
 */
import { equalSecrets, writeUint16, zero } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import type { TimerQueue, Timers } from '../base/timer-queue.ts';
import { addMilliseconds, type Instant } from '../base/units.ts';
import { COOKIE_REFRESH_TIME, COOKIE_SECRET_BYTES, MAC_BYTES } from './constants.ts';
import type { HandshakePrimitives } from './crypto.ts';

/** Where a message came from: `bytes` holds the 4 or 16 octets of the address at `offset`. */
export type MessageSource = {
  readonly family: number;
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly port: number;
};

export type CookieIssuerOptions = {
  readonly crypto: HandshakePrimitives;
  /** Secrets are drawn here: in production the operating system's source. */
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  /** A secret came, aged or went. */
  readonly changed: () => void;
};

export class CookieIssuer {
  /** Makes new cookies; none until one is needed. */
  secret: Uint8Array | undefined;
  /** Its cookies are taken, but it makes no more. */
  secretBefore: Uint8Array | undefined;
  private readonly options: CookieIssuerOptions;
  private readonly timers: Timers<'secretAges' | 'secretExpires'>;

  constructor(options: CookieIssuerOptions) {
    this.options = options;
    this.timers = options.timerQueue.add<'secretAges' | 'secretExpires'>({
      timerExpired: (name, now) => {
        if (name === 'secretAges') this.age(now);
        else this.expire();
        options.changed();
      },
    });
  }

  /** Returns the cookie of a source, from a secret that is made when there is none. */
  issue(source: MessageSource, now: Instant): Uint8Array {
    if (this.secret === undefined) {
      this.secret = this.options.random.bytes(COOKIE_SECRET_BYTES);
      this.timers.set('secretAges', addMilliseconds(now, COOKIE_REFRESH_TIME));
      this.options.changed();
    }
    return this.options.crypto.mac(this.secret, sourceOctets(source));
  }

  /** Whether the octets at `mac2` prove that the message's sender was given a cookie at this source. */
  isMac2Right(b: Uint8Array, start: number, mac2: number, source: MessageSource): boolean {
    const shown = b.slice(mac2, mac2 + MAC_BYTES);
    // A sender without cookie leaves zeros (WireGuard paper §5.4.4), which need no hash.
    if (shown.every((octet) => octet === 0)) return false;
    const message = b.slice(start, mac2);
    const octets = sourceOctets(source);
    return [this.secret, this.secretBefore].some(
      (secret) => secret !== undefined && this.isMadeWith(secret, octets, message, shown),
    );
  }

  private isMadeWith(
    secret: Uint8Array,
    source: Uint8Array,
    message: Uint8Array,
    shown: Uint8Array,
  ): boolean {
    const { crypto } = this.options;
    return equalSecrets(crypto.mac(crypto.mac(secret, source), message), shown);
  }

  private age(now: Instant): void {
    this.expire();
    this.secretBefore = this.secret;
    this.secret = undefined;
    this.timers.set('secretExpires', addMilliseconds(now, COOKIE_REFRESH_TIME));
  }

  private expire(): void {
    if (this.secretBefore !== undefined) zero(this.secretBefore);
    this.secretBefore = undefined;
  }
}

/** Address and port, as cookies are made of them. */
function sourceOctets({ family, bytes, offset, port }: MessageSource): Uint8Array {
  const octets = family === 6 ? 16 : 4;
  const out = new Uint8Array(octets + 2);
  out.set(bytes.subarray(offset, offset + octets));
  writeUint16(out, octets, port);
  return out;
}
