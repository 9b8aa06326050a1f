/**
 * A router's side of RTR: one cache, and the table it last told us completely.
 *
 * Standard: RFC 8210 (version 1), RFC 6810 (version 0). Before changing this file read RFC 8210 §6 to §8.
 *
 *   waiting ─reconnect─► connecting ─opened: query─► syncing ─End of Data─► synchronized
 *      ▲                                                ▲ refresh, Serial Notify │
 *      └──── closed, error, silence ◄───────────────────┴────────────────────────┘
 *
 *   timer      runs in                    then
 *   reconnect  waiting                    connect
 *   answer     connecting, syncing        the cache is silent: leave it
 *   refresh    synchronized               Serial Query; after "no data available", the query again
 *   expire     once there is a table      the table is too old (`isExpired`)
 *
 * We begin with version 1 and fall back to 0, by the cache's error 4 or by its answering in 0.
 *
 * Invariants
 * - The table changes at End of Data only, as a whole: an answer that breaks off changes nothing.
 * - An expired table is kept and called so; who uses it decides (host/roa-sources/).
 * - Nothing is sent after an Error Report, and none answers one.
 *
 * @module
 */
import { concatBytes } from '../../../base/bytes.ts';
import { formatIpPrefix } from '../../../base/ip-address.ts';
import { printable } from '../../../base/printable.ts';
import type { TimerQueue, Timers } from '../../../base/timer-queue.ts';
import { addMilliseconds, type Instant, milliseconds, seconds } from '../../../base/units.ts';
import type { Roa } from '../roa-table.ts';
import {
  CORRUPT_DATA,
  DUPLICATE_ANNOUNCEMENT,
  ERROR_NAMES,
  EXPIRE_SECONDS,
  NO_DATA_AVAILABLE,
  REFRESH_SECONDS,
  RETRY_SECONDS,
  RTR_VERSION,
  RTR_VERSION_FALLBACK,
  UNEXPECTED_PROTOCOL_VERSION,
  UNSUPPORTED_PROTOCOL_VERSION,
  WITHDRAWAL_OF_UNKNOWN_RECORD,
} from './constants.ts';
import {
  RTR_ANSWER_MS,
  RTR_ERROR_TEXT_MAX,
  RTR_RECONNECT_MS_MIN,
  RTR_RECORDS_MAX,
} from './limits.ts';
import {
  buildErrorReport,
  buildResetQuery,
  buildSerialQuery,
  type CachePdu,
  type RtrIntervals,
  readPdu,
} from './pdu.ts';

export type RtrState = 'waiting' | 'connecting' | 'syncing' | 'synchronized';

export type RtrOutput =
  | { readonly kind: 'connect' }
  | { readonly kind: 'send'; readonly octets: Uint8Array }
  | { readonly kind: 'disconnect' }
  /** `roas` gives another table, or the table has expired. */
  | { readonly kind: 'table' }
  /** For the log and for people. */
  | { readonly kind: 'trouble'; readonly message: string };

export type RtrView = {
  readonly state: RtrState;
  readonly version: number;
  readonly session: number | null;
  readonly serial: number | null;
  /** Of the last End of Data. */
  readonly updatedAt?: Instant;
  readonly isExpired: boolean;
  /** Why it does not work, while it does not. */
  readonly trouble?: string;
};

/** What an answer of the cache has said so far. */
type Answer = { readonly session: number; readonly records: Map<string, Roa>; count: number };

export class RtrClient {
  private readonly timers: Timers<'reconnect' | 'answer' | 'refresh' | 'expire'>;
  private readonly outputs: RtrOutput[] = [];
  private state: RtrState = 'waiting';
  private version = RTR_VERSION;
  /** The version of this connection is settled (RFC 8210 §7). */
  private isVersionSettled = false;
  private session: number | undefined;
  private serial = 0;
  private table = new Map<string, Roa>();
  private updatedAt: Instant | undefined;
  private isExpired = false;
  private intervals: RtrIntervals = DEFAULT_INTERVALS;
  private answer: Answer | undefined;
  /** The cache had news while it answered: perhaps the answer has them already. */
  private missedSerial: number | undefined;
  /** What the last query asked for. */
  private asked: 'everything' | 'changes' = 'everything';
  private unread = new Uint8Array(0);
  private failures = 0;
  private trouble: string | undefined;

  constructor(timerQueue: TimerQueue, now: Instant) {
    this.timers = timerQueue.add(this);
    this.connect(now);
  }

  // ── the transport ─────────────────────────────────────────────────────────────────────────────

  opened(now: Instant): void {
    if (this.state !== 'connecting') return;
    this.isVersionSettled = false;
    this.unread = new Uint8Array(0);
    this.query(now);
  }

  closed(reason: string, now: Instant): void {
    if (this.state !== 'waiting') this.leave(`the connection was lost: ${reason}`, now);
  }

  receive(octets: Uint8Array, now: Instant): void {
    if (this.state !== 'syncing' && this.state !== 'synchronized') return;
    const b = this.unread.length === 0 ? octets : concatBytes(this.unread, octets);
    let start = 0;
    for (;;) {
      const reading = readPdu(b, start, b.length);
      if (reading.kind === 'incomplete') break;
      if (reading.kind === 'broken') {
        this.refuse(reading.code, b.subarray(start, start + 8), now);
        return;
      }
      const whole = b.subarray(start, reading.end);
      start = reading.end;
      if (!this.acceptVersion(reading.version, reading.pdu, whole, now)) return;
      this.take(reading.pdu, whole, now);
      if (this.state !== 'syncing' && this.state !== 'synchronized') return;
    }
    this.unread = b.slice(start);
    if (this.state === 'syncing') this.awaitAnswer(now);
  }

  /** Ends it; nothing is armed any more. */
  stop(): void {
    this.timers.clearAll();
    this.state = 'waiting';
  }

  // ── what others see ───────────────────────────────────────────────────────────────────────────

  /** The last complete table, or undefined before there is one. */
  roas(): readonly Roa[] | undefined {
    return this.updatedAt === undefined ? undefined : [...this.table.values()];
  }

  view(): RtrView {
    return {
      state: this.state,
      version: this.version,
      session: this.session ?? null,
      serial: this.session === undefined ? null : this.serial,
      ...(this.updatedAt === undefined ? {} : { updatedAt: this.updatedAt }),
      isExpired: this.isExpired,
      ...(this.trouble === undefined ? {} : { trouble: this.trouble }),
    };
  }

  nextOutput(): RtrOutput | undefined {
    return this.outputs.shift();
  }

  // ── PDUs ──────────────────────────────────────────────────────────────────────────────────────

  /** RFC 8210 §7; returns false when the connection is over. */
  private acceptVersion(version: number, pdu: CachePdu, whole: Uint8Array, now: Instant): boolean {
    // An Error Report has the version of whoever cannot speak ours.
    if (version === this.version || pdu.kind === 'error-report') return true;
    // A notify may come before our query was read, in any version.
    if (!this.isVersionSettled && pdu.kind === 'serial-notify') return true;
    if (!this.isVersionSettled && version === RTR_VERSION_FALLBACK) {
      this.version = version;
      return true;
    }
    this.refuse(UNEXPECTED_PROTOCOL_VERSION, whole, now);
    return false;
  }

  private take(pdu: CachePdu, whole: Uint8Array, now: Instant): void {
    if (pdu.kind === 'error-report') {
      this.errorReported(pdu.code, pdu.text, now);
      return;
    }
    if (pdu.kind !== 'serial-notify') this.isVersionSettled = true;
    switch (pdu.kind) {
      case 'serial-notify':
        this.notified(pdu.session, pdu.serial, now);
        return;
      case 'cache-response':
        this.answerBegins(pdu.session, whole, now);
        return;
      case 'prefix':
        this.record(pdu.roa, pdu.isAnnounced, whole, now);
        return;
      case 'end-of-data':
        this.answerEnds(pdu, whole, now);
        return;
      case 'cache-reset':
        if (this.state !== 'syncing' || this.answer !== undefined) {
          this.refuse(CORRUPT_DATA, whole, now);
          return;
        }
        this.forgetSession();
        this.query(now);
        return;
      case 'router-key':
        // BGPsec is not spoken here.
        if (this.answer === undefined) this.refuse(CORRUPT_DATA, whole, now);
    }
  }

  private notified(session: number, serial: number, now: Instant): void {
    // RFC 8210 §7: what comes before our first answer is ignored.
    if (!this.isVersionSettled) return;
    if (this.state === 'syncing') {
      this.missedSerial = serial;
      return;
    }
    if (session !== this.session) this.forgetSession();
    else if (serial === this.serial) return;
    this.query(now);
  }

  private answerBegins(session: number, whole: Uint8Array, now: Instant): void {
    const isExpected = this.state === 'syncing' && this.answer === undefined;
    if (!isExpected) {
      this.refuse(CORRUPT_DATA, whole, now);
    } else if (this.asked === 'changes' && session !== this.session) {
      // RFC 8210 §5.1: changes to another session's table mean nothing to ours.
      this.forgetSession();
      this.leave('the cache answered for another session', now);
    } else {
      const records = this.asked === 'changes' ? new Map(this.table) : new Map<string, Roa>();
      this.answer = { session, records, count: 0 };
    }
  }

  private record(roa: Roa, isAnnounced: boolean, whole: Uint8Array, now: Instant): void {
    const { answer } = this;
    if (answer === undefined) {
      this.refuse(CORRUPT_DATA, whole, now);
      return;
    }
    const key = `${formatIpPrefix(roa.prefix)} ${roa.maxLength} ${roa.asn}`;
    const isKnown = answer.records.has(key);
    answer.count++;
    if (isAnnounced && isKnown) this.refuse(DUPLICATE_ANNOUNCEMENT, whole, now);
    else if (!isAnnounced && !isKnown) this.refuse(WITHDRAWAL_OF_UNKNOWN_RECORD, whole, now);
    else if (answer.records.size >= RTR_RECORDS_MAX || answer.count > 2 * RTR_RECORDS_MAX)
      this.leave(`the cache has more than ${RTR_RECORDS_MAX} records`, now);
    else if (isAnnounced) answer.records.set(key, roa);
    else answer.records.delete(key);
  }

  private answerEnds(
    pdu: Extract<CachePdu, { kind: 'end-of-data' }>,
    whole: Uint8Array,
    now: Instant,
  ): void {
    const { answer } = this;
    if (answer === undefined || pdu.session !== answer.session) {
      this.refuse(CORRUPT_DATA, whole, now);
      return;
    }
    const hasChanged =
      answer.count > 0 ||
      this.asked === 'everything' ||
      this.updatedAt === undefined ||
      this.isExpired;
    this.answer = undefined;
    this.table = answer.records;
    this.session = pdu.session;
    this.serial = pdu.serial;
    this.intervals = withinBounds(pdu.intervals ?? DEFAULT_INTERVALS);
    this.updatedAt = now;
    this.isExpired = false;
    this.failures = 0;
    this.trouble = undefined;
    this.state = 'synchronized';
    this.timers.clear('answer');
    this.timers.set('refresh', addMilliseconds(now, seconds(this.intervals.refresh)));
    this.timers.set('expire', addMilliseconds(now, seconds(this.intervals.expire)));
    if (hasChanged) this.outputs.push({ kind: 'table' });
    if (this.missedSerial !== undefined && this.missedSerial !== this.serial) this.query(now);
  }

  private errorReported(code: number, text: string, now: Instant): void {
    const words = printable(text, RTR_ERROR_TEXT_MAX);
    const name = ERROR_NAMES[code] ?? `error ${code}`;
    const because = `the cache says: ${name}${words === '' ? '' : `, "${words}"`}`;
    if (code === NO_DATA_AVAILABLE && this.state === 'syncing') {
      // RFC 8210 §12: not fatal; the cache will have something later.
      this.answer = undefined;
      this.state = 'synchronized';
      this.timers.clear('answer');
      this.tell(because);
      this.timers.set('refresh', addMilliseconds(now, seconds(this.intervals.retry)));
      return;
    }
    const mayFallBack = !this.isVersionSettled && this.version !== RTR_VERSION_FALLBACK;
    if (code === UNSUPPORTED_PROTOCOL_VERSION && mayFallBack) {
      this.version = RTR_VERSION_FALLBACK;
      // RFC 8210 §5.1: sessions of different versions have nothing in common.
      this.forgetSession();
      this.disconnect();
      this.connect(now);
      return;
    }
    this.leave(because, now);
  }

  // ── queries and connections ───────────────────────────────────────────────────────────────────

  private query(now: Instant): void {
    const { session } = this;
    this.asked = session === undefined ? 'everything' : 'changes';
    this.answer = undefined;
    this.missedSerial = undefined;
    this.state = 'syncing';
    this.timers.clear('refresh');
    this.awaitAnswer(now);
    const octets =
      session === undefined
        ? buildResetQuery(this.version)
        : buildSerialQuery(this.version, session, this.serial);
    this.outputs.push({ kind: 'send', octets });
  }

  /** The next query asks for everything; the table stays until it is answered. */
  private forgetSession(): void {
    this.session = undefined;
    this.serial = 0;
  }

  private connect(now: Instant): void {
    this.state = 'connecting';
    this.awaitAnswer(now);
    this.outputs.push({ kind: 'connect' });
  }

  private awaitAnswer(now: Instant): void {
    this.timers.set('answer', addMilliseconds(now, milliseconds(RTR_ANSWER_MS)));
  }

  /** Tells the cache what is wrong with a PDU of its, and leaves. */
  private refuse(code: number, blamed: Uint8Array, now: Instant): void {
    const name = ERROR_NAMES[code] ?? '';
    this.outputs.push({
      kind: 'send',
      octets: buildErrorReport(this.version, code, blamed, name),
    });
    // What we believed of its table led here: the next query asks for everything.
    this.forgetSession();
    this.leave(`the cache sent a wrong PDU: ${name}`, now);
  }

  /** Ends the connection and tries again after 5, 10, 20 … s, at most the retry interval. */
  private leave(because: string, now: Instant): void {
    // stayrtr hangs up without a word when it is asked for changes to a former life's session.
    const isUnanswered = this.state === 'syncing' && this.answer === undefined;
    if (isUnanswered && this.asked === 'changes') this.forgetSession();
    this.disconnect();
    this.tell(because);
    const wait = Math.min(RTR_RECONNECT_MS_MIN * 2 ** this.failures, this.intervals.retry * 1000);
    this.failures = Math.min(this.failures + 1, 16);
    this.timers.set('reconnect', addMilliseconds(now, milliseconds(wait)));
  }

  private disconnect(): void {
    this.state = 'waiting';
    this.answer = undefined;
    this.unread = new Uint8Array(0);
    this.timers.clear('answer');
    this.timers.clear('refresh');
    this.outputs.push({ kind: 'disconnect' });
  }

  private tell(message: string): void {
    this.trouble = message;
    this.outputs.push({ kind: 'trouble', message });
  }

  timerExpired(name: 'reconnect' | 'answer' | 'refresh' | 'expire', now: Instant): void {
    switch (name) {
      case 'reconnect':
        this.connect(now);
        return;
      case 'answer':
        this.leave(this.state === 'connecting' ? 'could not connect' : 'the cache is silent', now);
        return;
      case 'refresh':
        this.query(now);
        return;
      case 'expire':
        this.isExpired = true;
        this.outputs.push({ kind: 'table' });
    }
  }
}

const DEFAULT_INTERVALS: RtrIntervals = {
  refresh: REFRESH_SECONDS.default,
  retry: RETRY_SECONDS.default,
  expire: EXPIRE_SECONDS.default,
};

/** RFC 8210 §6: what lies outside is moved to the nearest bound. */
function withinBounds(told: RtrIntervals): RtrIntervals {
  const within = (n: number, { least, most }: { least: number; most: number }): number =>
    Math.min(Math.max(n, least), most);
  return {
    refresh: within(told.refresh, REFRESH_SECONDS),
    retry: within(told.retry, RETRY_SECONDS),
    expire: within(told.expire, EXPIRE_SECONDS),
  };
}
