/**
 * What the TCP of the netstack offers and what it needs: the types others see.
 *
 * Standard: RFC 9293 §3.9 (interfaces). Names of states are those of RFC 9293 §3.3.2.
 *
 *   receiveSegment(slot) ──►┌──────────┐──► TcpOutput        segments, at once
 *   connect, write, close ─►│ TcpStack │──► nextOutput()     events, in the order of their causes
 *   timerQueue ────────────►└──────────┘
 *
 * @module
 */
import type { DropReason } from '../../base/drop-reason.ts';
import type { IpAddress, IpFamily } from '../../base/ip-address.ts';
import {
  type Branded,
  type Instant,
  type InterfaceId,
  NONE,
  type PacketSlot,
} from '../../base/units.ts';
import type { MasterKey } from './authentication-option.ts';

/** A connection, from `connect` or 'incoming' until its 'closed' event; never given out twice. */
export type ConnectionId = Branded<number, 'ConnectionId'>;

/** The only cast of a number to a connection; the stack counts them up from 1. */
export const connectionId = (n: number): ConnectionId => n as ConnectionId;

/**
 * The interface of connections that are bound to none. BGP speaks with who is at the other end of a tunnel;
 * whoever is further away may be heard by another tunnel than the one that leads there.
 */
export const ROUTED = NONE as InterfaceId;

/** What tells connections apart. Every tunnel has the same fe80::/64, so the interface is part of it. */
export type TcpTuple = {
  readonly interface: InterfaceId;
  readonly local: IpAddress;
  readonly localPort: number;
  readonly remote: IpAddress;
  readonly remotePort: number;
};

/** RFC 9293 §3.3.2, Figure 5. LISTEN belongs to a port, not to a connection. */
export type TcpState =
  | 'syn-sent'
  | 'syn-received'
  | 'established'
  | 'fin-wait-1'
  | 'fin-wait-2'
  | 'close-wait'
  | 'closing'
  | 'last-ack'
  | 'time-wait'
  | 'closed';

/** Why a connection ended. */
export type CloseReason =
  /** Both sides said FIN and know it. */
  | 'finished'
  /** The remote side sent RST. */
  | 'reset'
  /** The remote side answered our SYN with RST. */
  | 'refused'
  /** No answer within the SYN timeout, the user timeout, or the linger timeout after `close`. */
  | 'timeout'
  /** A hard ICMP error answered our SYN. */
  | 'unreachable'
  /** We gave up: `abort`, or `close` before the handshake was done. */
  | 'aborted'
  | 'interface-removed'
  /** `connect` found the tuple taken, no free port, or as many connections as limits.ts allows. */
  | 'no-resources';

export type TcpEvent =
  /** A handshake on a listening port is done. */
  | ({ readonly kind: 'incoming'; readonly connection: ConnectionId } & TcpTuple)
  | { readonly kind: 'connected'; readonly connection: ConnectionId }
  /** New octets arrived. An edge: the next one comes when more arrive, whether or not all was read. */
  | { readonly kind: 'readable'; readonly connection: ConnectionId }
  /** After a `write` that was not accepted whole: half of the send buffer is free again. */
  | { readonly kind: 'writable'; readonly connection: ConnectionId }
  /** The remote side will send nothing more; what it sent before can still be read. */
  | { readonly kind: 'remote-finished'; readonly connection: ConnectionId }
  /** The last event of a connection. Once the next is asked for, the id is unknown and unread octets are gone. */
  | { readonly kind: 'closed'; readonly connection: ConnectionId; readonly reason: CloseReason }
  /** The peer holds no connection of this tuple any more. */
  | { readonly kind: 'stale-reset'; readonly tuple: TcpTuple }
  /** Nobody answered the SYN of `resetStale`. */
  | { readonly kind: 'stale-timeout'; readonly tuple: TcpTuple }
  /** Segments of a neighbor were refused; told again at most every `refusalInterval`. */
  | {
      readonly kind: 'segments-refused';
      readonly interface: InterfaceId;
      readonly remote: IpAddress;
      readonly refusal: SegmentRefusal;
    };

/** Why segments of a neighbor are refused before TCP looks at them (neighbor-guard.ts). */
export type SegmentRefusal = Extract<
  DropReason,
  'signature-missing' | 'signature-wrong' | 'signature-unexpected' | 'hop-limit-low'
>;

/** Somebody we speak TCP with, and what its segments must prove. */
export type TcpNeighbor = {
  /** `ROUTED`: it stands behind other routers, and its segments may come by any tunnel. */
  readonly interface: InterfaceId;
  readonly remote: IpAddress;
  /** RFC 2385: every segment is signed with it, in both directions. Undefined: none is. */
  readonly md5Key: Uint8Array | undefined;
  /** RFC 5925: every segment carries a MAC under one of these, the preferred one first. Never beside `md5Key`. */
  readonly masterKeys?: readonly MasterKey[];
  /** RFC 5082: segments must arrive with no less, and ours leave with 255. 0: it does not matter. */
  readonly hopLimitMin: number;
  /** Ours leave with this one, so that they reach no further; absent: with the customary one, or 255. */
  readonly hopLimit?: number;
};

/** What is known about a connection, for people and for tests. */
export type TcpConnectionView = TcpTuple & {
  readonly state: TcpState;
  readonly since: Instant;
  /** Undefined until the first measurement. */
  readonly srttMs: number | undefined;
  readonly rtoMs: number;
  /** SMSS: the largest payload we send, before options. */
  readonly sendMss: number;
  readonly cwndBytes: number;
  readonly ssthreshBytes: number;
  readonly sendWindowBytes: number;
  readonly receiveWindowBytes: number;
  /** Sent and not acknowledged. */
  readonly unackedBytes: number;
  /** Written and not yet sent. */
  readonly unsentBytes: number;
  /** Received in order and not yet read. */
  readonly unreadBytes: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly segmentsSent: number;
  readonly segmentsReceived: number;
  readonly retransmits: number;
  readonly hasSack: boolean;
  readonly hasTimestamps: boolean;
};

/** The segment an ICMP error quotes, seen from us: `local` sent it. */
export type QuotedSegment = TcpTuple & { readonly sequence: number };

export type ConnectRequest = {
  /** `ROUTED`: by the forwarding table, and whichever tunnel the answers come by. */
  readonly interface: InterfaceId;
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly remotePort: number;
  /** Ephemeral when absent. */
  readonly localPort?: number;
};

/** The way out, implemented by the netstack. Called synchronously; must not call back (asserted). */
export interface TcpOutput {
  /**
   * Takes the slot over: a TCP segment with its checksum from `start` to `end`, headroom before it.
   * The addresses are the stack's own; the callee copies what it needs. `hopLimit`: what the
   * remote side wants (RFC 5082), or how far the segment may go; undefined: the customary one.
   */
  sendSegment(
    out: InterfaceId,
    local: IpAddress,
    remote: IpAddress,
    family: IpFamily,
    hopLimit: number | undefined,
    slot: PacketSlot,
    now: Instant,
  ): void;
  /** Returns the MTU of an interface, asked once per connection. */
  mtu(out: InterfaceId): number;
}

/** Counts over all connections; what never reached one is in the netstack's drop counters. */
export type TcpCounters = {
  segmentsReceived: number;
  segmentsSent: number;
  retransmits: number;
  resetsSent: number;
  resetsReceived: number;
  challengeAcks: number;
  /** Segments outside the window, refused by PAWS, or with an impossible acknowledgment. */
  unacceptable: number;
  halfOpenEvicted: number;
  arenaFull: number;
};

export interface TcpStack {
  readonly counters: Readonly<TcpCounters>;

  /**
   * Accepts connections to this port on any interface and local address. `isRouted`: they are bound to no
   * interface, and link-local addresses have no such port.
   */
  listen(port: number, options?: { readonly backlog?: number; readonly isRouted?: boolean }): void;
  /** Refuses new connections to this port; established ones stay. */
  unlisten(port: number): void;

  /** Names a neighbor. Connections that began before keep to what held then. */
  addNeighbor(neighbor: TcpNeighbor): void;
  removeNeighbor(id: InterfaceId, remote: IpAddress): void;

  /** Opens a connection. Every outcome, failure too, comes as an event. */
  connect(request: ConnectRequest, now: Instant): ConnectionId;
  /** Copies received octets and opens the window; returns how many. */
  read(connection: ConnectionId, into: Uint8Array, now: Instant): number;
  /** Queues the octets from `start` to `end`; returns how many the send buffer took. */
  write(
    connection: ConnectionId,
    bytes: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): number;
  /** Asks after a long silence whether the peer is there; off until then (RFC 9293 §3.8.4). */
  setKeepalive(connection: ConnectionId, isOn: boolean): void;
  /** Sends FIN after what is queued. */
  close(connection: ConnectionId, now: Instant): void;
  /** Sends RST and forgets. */
  abort(connection: ConnectionId, now: Instant): void;

  /** Frees the peer's half of a connection that a restart of ours made stale (stale.ts). */
  resetStale(tuple: TcpTuple, now: Instant): void;
  /** Ends everything that lives on an interface, silently: the way out is gone. */
  abortInterface(id: InterfaceId, now: Instant): void;

  /** Takes a slot whose segment stands from `l4Start` to `arena.end[slot]`, its IP header before it. */
  receiveSegment(
    slot: PacketSlot,
    ipHeaderStart: number,
    family: IpFamily,
    l4Start: number,
    now: Instant,
  ): DropReason | undefined;
  /** ICMP Packet Too Big or Fragmentation Needed: `mtu` is the next hop's. */
  reduceMss(about: QuotedSegment, mtu: number, now: Instant): void;
  /** A hard ICMP error; believed only while our SYN is unanswered (RFC 5927 §5.2). */
  unreachable(about: QuotedSegment, now: Instant): void;
  /** A soft ICMP error, which may pass: believed as long, and for `ROUTED` connections only (RFC 5461 §3.1). */
  unreachableForNow(about: QuotedSegment, now: Instant): void;

  /** Undefined when the connection is unknown: an event after its 'closed' was asked for. */
  view(connection: ConnectionId): TcpConnectionView | undefined;
  nextOutput(): TcpEvent | undefined;
}
