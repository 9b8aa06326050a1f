/**
 * Units and identities as types.
 *
 * Not standardized; the cast to a branded type stands in exactly one constructor or parser per type,
 * from there on the compiler keeps guard at no cost when running.
 *
 * Invariants
 * - An `Instant` is monotonic and says nothing about the calendar; `WallClock` is the other clock.
 * - Every id is a small non-negative integer; -1 is the only "none".
 *
 * @module
 */

declare const brand: unique symbol;
export type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A length of time in milliseconds. */
export type Milliseconds = Branded<number, 'Milliseconds'>;
/** A point of monotonic time, milliseconds since an arbitrary start. */
export type Instant = Branded<number, 'Instant'>;
/** A point of calendar time, milliseconds since 1970-01-01 UTC. */
export type WallTime = Branded<number, 'WallTime'>;
/** An autonomous system number of four octets, never 0 (RFC 6793, RFC 7607). */
export type Asn = Branded<number, 'Asn'>;
/** A slot of the packet arena. */
export type PacketSlot = Branded<number, 'PacketSlot'>;
/** A peer of the WireGuard device; reused numbers carry a new generation inside the device. */
export type PeerId = Branded<number, 'PeerId'>;
/** An interface of the netstack. */
export type InterfaceId = Branded<number, 'InterfaceId'>;
/** A UDP socket of the underlay, numbered by whoever opened it. */
export type SocketId = Branded<number, 'SocketId'>;

export const milliseconds = (n: number): Milliseconds => n as Milliseconds;
export const seconds = (n: number): Milliseconds => (n * 1000) as Milliseconds;
export const instant = (n: number): Instant => n as Instant;
export const wallTime = (n: number): WallTime => n as WallTime;
export const addMilliseconds = (at: Instant, by: Milliseconds): Instant => (at + by) as Instant;
export const elapsed = (from: Instant, to: Instant): Milliseconds => (to - from) as Milliseconds;

export const peerId = (n: number): PeerId => n as PeerId;
/**
 * What stands in a forwarding table for "drop without a word": no interface ever has this number, because an
 * interface's index and generation together take thirty bits (netstack/constants.ts). Greater numbers are
 * sets of interfaces (netstack/next-hop-sets.ts).
 */
export const DISCARD = (1 << 30) as InterfaceId;

export const interfaceId = (n: number): InterfaceId => n as InterfaceId;
export const socketId = (n: number): SocketId => n as SocketId;

/** "None" of every small-integer id. */
export const NONE = -1;

/** Calendar time, injected wherever a protocol puts it on the wire (TAI64N) or a person reads it. */
export interface WallClock {
  now(): WallTime;
}
