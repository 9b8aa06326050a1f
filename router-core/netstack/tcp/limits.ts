/**
 * The bounds of the TCP, and how each was chosen.
 *
 * Not standardized where no section is named. A node has a few hundred BGP sessions of kilobytes per
 * second; a full table is a few megabytes.
 *
 * @module
 */
import { type Milliseconds, milliseconds, seconds } from '../../base/units.ts';

export type TcpLimits = {
  /** Octets written and not yet acknowledged. Over 100 ms this is 2.6 MB/s, a full table in two seconds. */
  readonly sendBufferBytes: number;
  /** Octets received and not yet read, gaps included; also the greatest window we offer. */
  readonly receiveBufferBytes: number;
  /** Buffers grow from here by doubling and shrink back while little used. */
  readonly bufferBytesInitial: number;
  /** Islands of octets beyond a gap. More are not stored and come again by retransmission. */
  readonly outOfOrderRanges: number;
  /** Islands of the peer we remember from its SACK blocks. */
  readonly sackRanges: number;

  /** Connections of a node, half-open ones included. */
  readonly connections: number;
  /** A peer has one or two sessions; the rest is room for collisions and reconnects. */
  readonly connectionsPerInterface: number;
  /** A flood of SYNs evicts its own oldest: it must send this many in one round trip to keep others out. */
  readonly halfOpenPerInterface: number;
  /** TIME-WAIT is cut short for the oldest beyond this number. */
  readonly timeWaitPerInterface: number;
  /**
   * Connections bound to no interface: those of the node's services, beside BGP's and never instead of them.
   * With all buffers full they hold 256 MiB.
   */
  readonly routedConnections: number;
  /** As `halfOpenPerInterface`, of all strangers of DN42 together. */
  readonly routedHalfOpen: number;
  /** As `timeWaitPerInterface`, for short connections that come in numbers. */
  readonly routedTimeWait: number;
  /** Finished handshakes per port that wait for `nextOutput`. */
  readonly backlog: number;
  /** Tuples of `resetStale` in progress: the remembered sessions of a node. */
  readonly staleTuples: number;

  /** RFC 6298 §2.4 says one second; 200 ms as Linux and BSD, since delayed ACKs take at most 40 ms here. */
  readonly rtoMin: Milliseconds;
  /** RFC 6298 §2.5: at least 60 s. */
  readonly rtoMax: Milliseconds;
  /** A SYN unanswered: four retransmissions, then BGP's ConnectRetry takes over. */
  readonly synTimeout: Milliseconds;
  /** Data or a probe unanswered (RFC 9293 §3.8.3, R2: at least 100 s). BGP's hold timer is shorter. */
  readonly userTimeout: Milliseconds;
  /** After `close`: without progress for so long, the connection is reset. RFC 9293 has no bound. */
  readonly lingerTimeout: Milliseconds;
  /** Silence before the first keepalive: RFC 9293 §3.8.4, no less than two hours. */
  readonly keepaliveIdle: Milliseconds;
  /** From one unanswered keepalive to the next, and how many end a connection; as Linux. */
  readonly keepaliveInterval: Milliseconds;
  readonly keepaliveProbes: number;
  /** 2 MSL. RFC 9293 §3.6.1 says four minutes; 60 s as Linux: a tunnel keeps no packet that long. */
  readonly timeWait: Milliseconds;
  /** RFC 9293 §3.8.6.3: below 500 ms. */
  readonly delayedAck: Milliseconds;
  /** RFC 5961 §7: one challenge ACK per connection in this time, so no counter is shared with strangers. */
  readonly challengeAckInterval: Milliseconds;
  /** RST to segments of no connection, per interface and second. */
  readonly resetsPerSecond: number;
  /** Refused segments of a neighbor are told so seldom, per reason: a person reads it, a flood makes it. */
  readonly refusalInterval: Milliseconds;
};

export const DEFAULT_TCP_LIMITS: TcpLimits = {
  sendBufferBytes: 256 * 1024,
  receiveBufferBytes: 256 * 1024,
  bufferBytesInitial: 16 * 1024,
  outOfOrderRanges: 64,
  sackRanges: 64,
  connections: 4096,
  connectionsPerInterface: 32,
  halfOpenPerInterface: 16,
  timeWaitPerInterface: 16,
  routedConnections: 512,
  routedHalfOpen: 128,
  routedTimeWait: 512,
  backlog: 32,
  staleTuples: 1024,
  rtoMin: milliseconds(200),
  rtoMax: seconds(60),
  synTimeout: seconds(20),
  userTimeout: seconds(180),
  lingerTimeout: seconds(60),
  keepaliveIdle: seconds(7200),
  keepaliveInterval: seconds(75),
  keepaliveProbes: 9,
  timeWait: seconds(60),
  delayedAck: milliseconds(40),
  challengeAckInterval: milliseconds(500),
  resetsPerSecond: 20,
  refusalInterval: seconds(10),
};
