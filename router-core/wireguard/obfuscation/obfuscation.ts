/**
 * What every obfuscation is: a way to send WireGuard messages that do not look like WireGuard.
 *
 * Not standardized; docs/architecture.md §11.
 *
 *   message ─ wrap ─► datagram, after the datagrams `writeDecoy` writes, or nothing
 *   datagram ─ recognize, unwrap ─► message
 *
 * Functions of bytes in place, without device, peers or time: a thread of its own can make one from
 * the same configuration (build.ts). Results are small numbers; where a datagram or a message
 * stands afterwards is in `start` and `end`, which the next call overwrites.
 *
 * MACs cover the type field as it is on the wire. So who writes an initiation or a response asks
 * `drawType` first, and `unwrap` leaves that field as it came. Cookie replies and transport messages,
 * whose type nothing covers, get theirs from `wrap` and the plain one back from `unwrap`.
 *
 * Invariants
 * - `recognize` and `unwrap` take any bytes: they never throw and never read or write outside
 *   `start` to `end`. `recognize` changes nothing; `unwrap` changes nothing it does not accept.
 * - `wrap` writes between `low` and `high` only.
 * - Per transport message nothing is allocated but what base/random.ts hands out in blocks.
 *
 * @module
 */
import type { MessageKind } from './message-kind.ts';

/** What became of a message: it may leave, it is left out on purpose, or its slot is too small. */
export const WRAPPED = 0,
  LEFT_OUT = 1,
  TOO_BIG = 2;
export type WrapResult = 0 | 1 | 2;

export interface Obfuscation {
  /** Octets a full transport message grows by: what the MTU of a tunnel has to give. */
  readonly overheadBytes: number;
  /** Datagrams that leave before every initiation. */
  readonly decoys: number;
  /** Whether contents get another length than WireGuard's padding gives them, keepalives too. */
  readonly padsKeepalives: boolean;
  /** Whether keepalives may be left out. */
  readonly leavesKeepalivesOut: boolean;
  /** Whether a handshake message is never answered with a cookie. */
  readonly disablesCookies: boolean;

  /** Where the datagram (`wrap`) or message (`unwrap`) of the last call stands. */
  start: number;
  end: number;
  /**
   * The index of ours in the message `recognize` or `unwrap` saw last, as a signed number, which is
   * never an object (base/bytes.ts); 0 for an initiation.
   */
  receiver: number;
  /** The largest datagram of the peer so far: written before `wrap` and `contentBytes`. */
  window: number;

  /** Returns the type field of the next initiation or response. */
  drawType(kind: MessageKind): number;
  /**
   * Returns how long the content of a transport message becomes: `length` octets of packet, `padded`
   * with WireGuard's rule, `mtu` the largest packet (0 is unknown). The caller adds zero octets.
   */
  contentBytes(length: number, padded: number, mtu: number): number;
  /** Turns the message from `start` to `end` into a datagram, within the room `low` to `high`. */
  wrap(
    kind: MessageKind,
    b: Uint8Array,
    start: number,
    end: number,
    low: number,
    high: number,
  ): WrapResult;
  /** Writes decoy `index` at `start`, at most up to `high`; returns its end. */
  writeDecoy(
    index: number,
    b: Uint8Array,
    start: number,
    high: number,
    unixSeconds: number,
  ): number;
  /** Returns which message this datagram would be, or NO_MESSAGE; reads only. */
  recognize(b: Uint8Array, start: number, end: number): MessageKind;
  /** Turns the datagram into its message; NO_MESSAGE when it is none of this form. */
  unwrap(b: Uint8Array, start: number, end: number): MessageKind;
}

/** What nearly all forms have in common: no decoys, the plain types, WireGuard's padding. */
export abstract class PlainTyped {
  readonly decoys = 0;
  readonly padsKeepalives = false;
  readonly leavesKeepalivesOut: boolean = false;
  readonly disablesCookies = false;
  start = 0;
  end = 0;
  receiver = 0;
  window = 0;

  drawType(kind: MessageKind): number {
    return kind;
  }

  contentBytes(_length: number, padded: number, _mtu: number): number {
    return padded;
  }

  writeDecoy(_index: number, _b: Uint8Array, start: number): number {
    return start;
  }
}
