/**
 * What nodes tell each other: registration, updates by the supernode, pings and pongs, news of peers, and
 * the report an edge posts over HTTP.
 *
 * Not standardized; wire format of etherguard-go v0.3.5-f5 (fixtures/README.md), checked with
 * captures of real nodes. Each is one gob stream with one struct; the names in quotes are those of its Go
 * types and fields, misspellings included, and stand in the order of their declaration.
 *
 *   usage 5 register   6 server update   7 ping   8 pong   9 query peer   10 broadcast peer   HTTP report
 *
 * Invariants
 * - What is decoded has the ranges of the original's fields; whether it makes sense, its user checks:
 *   relays of the original sometimes mix up contents, so any text may stand where any other should.
 * - Octet arrays of a decoded message are copies.
 *
 * @module
 */
import type { NodeNumber } from '../../node-number.ts';
import {
  gobFloat,
  gobMap,
  gobOctetArray,
  gobSigned,
  gobSlice,
  gobText,
  gobUnsigned,
  gobUnsigned64,
} from './gob/gob-kind.ts';
import { GobMessage } from './gob/gob-message.ts';
import { gobStruct } from './gob/gob-struct.ts';
import { type GobTime, gobTime } from './gob/gob-time.ts';

/** Octets of the secret an edge makes at its start, with which it signs its reports. */
export const REPORT_SECRET_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;

const nodeNumber = gobUnsigned<NodeNumber>(0xffff);
const uint32 = gobUnsigned(0xffff_ffff);

/** An edge is there, and which states it holds; to every supernode of its, every ping interval. */
export type Register = {
  readonly node: NodeNumber;
  /** The supernode compares what stands before the first `-`. */
  readonly version: string;
  // Opaque texts of the supernode; empty before the first.
  readonly peerStateHash: string;
  readonly nextHopStateHash: string;
  readonly parameterStateHash: string;
  /** 32 octets. */
  readonly reportSecret: Uint8Array;
  /** The number the next report will carry. */
  readonly reportCount: bigint;
};
export const registerMessage = new GobMessage(
  gobStruct<Register>('RegisterMsg', {
    node: ['Node_id', nodeNumber],
    version: ['Version', gobText],
    peerStateHash: ['PeerStateHash', gobText],
    nextHopStateHash: ['NhStateHash', gobText],
    parameterStateHash: ['SuperParamStateHash', gobText],
    reportSecret: ['JWTSecret', gobOctetArray('JWTSecret', REPORT_SECRET_BYTES)],
    reportCount: ['HttpPostCount', gobUnsigned64],
  }),
);

/** Numbers of ServerUpdate.action. */
export const SERVER_ACTION = {
  none: 0,
  shutdown: 1,
  throwError: 2,
  panic: 3,
  updatePeers: 4,
  updateNextHops: 5,
  updateParameters: 6,
} as const;

/** The supernode has news, or has had enough of an edge. */
export type ServerUpdate = {
  /** The supernode's number in news, the edge's in errors and removals. */
  readonly node: NodeNumber;
  /** One of SERVER_ACTION, or a number we do not know. */
  readonly action: number;
  /** Exit code of the edge for the actions 1 to 3. */
  readonly code: number;
  /** The new state hash for the actions 4 to 6, a text for people otherwise. */
  readonly text: string;
};
export const serverUpdateMessage = new GobMessage(
  gobStruct<ServerUpdate>('ServerUpdateMsg', {
    node: ['Node_id', nodeNumber],
    action: ['Action', gobSigned],
    code: ['Code', gobSigned],
    text: ['Params', gobText],
  }),
);

/** How late it is at the sender. */
export type Ping = {
  readonly requestId: number;
  readonly source: NodeNumber;
  readonly time: GobTime;
  /** How many pings are wanted back. Any number comes: bound it. */
  readonly repliesWanted: number;
};
export const pingMessage = new GobMessage(
  gobStruct<Ping>('PingMsg', {
    requestId: ['RequestID', uint32],
    source: ['Src_nodeID', nodeNumber],
    time: ['Time', gobTime('Time')],
    repliesWanted: ['RequestReply', gobSigned],
  }),
);

/** How long packets take from one node to another; any float comes, also NaN. */
export type Pong = {
  readonly requestId: number;
  readonly source: NodeNumber;
  readonly destination: NodeNumber;
  /** Seconds from source to destination, by two clocks: negative is normal. */
  readonly latency: number;
  /** Seconds for which this holds. */
  readonly timeToAlive: number;
  /** What the destination asks to be added, milliseconds. */
  readonly additionalCost: number;
};
const pong = gobStruct<Pong>('PongMsg', {
  requestId: ['RequestID', uint32],
  source: ['Src_nodeID', nodeNumber],
  destination: ['Dst_nodeID', nodeNumber],
  latency: ['Timediff', gobFloat],
  timeToAlive: ['TimeToAlive', gobFloat],
  additionalCost: ['AdditionalCost', gobFloat],
});
export const pongMessage = new GobMessage(pong);

/** Whom do you know? */
export type QueryPeer = {
  /** The number of who asks. */
  readonly requestId: number;
};
export const queryPeerMessage = new GobMessage(
  gobStruct<QueryPeer>('QueryPeerMsg', { requestId: ['Request_ID', uint32] }),
);

/** The request id of news nobody asked for. */
export const UNASKED = 65_535;

/** A node that another one knows. */
export type BroadcastPeer = {
  readonly requestId: number;
  readonly node: NodeNumber;
  /** 32 octets. */
  readonly publicKey: Uint8Array;
  /** `address:port` as it is known there. */
  readonly endpoint: string;
};
export const broadcastPeerMessage = new GobMessage(
  gobStruct<BroadcastPeer>('BoardcastPeerMsg', {
    requestId: ['Request_ID', uint32],
    node: ['NodeID', nodeNumber],
    publicKey: ['PubKey', gobOctetArray('[32]uint8', PUBLIC_KEY_BYTES)],
    endpoint: ['ConnURL', gobText],
  }),
);

/** What an edge posts to the supernode over HTTP, compressed. */
export type PeerReport = {
  readonly pongs: readonly Pong[];
  /** Local addresses `address:port` and their rank; none at all and an empty map are both sent. */
  readonly localV4: ReadonlyMap<string, number> | undefined;
  readonly localV6: ReadonlyMap<string, number> | undefined;
};
const ranks = gobMap('map[string]float64', gobText, gobFloat);
export const peerReportMessage = new GobMessage(
  gobStruct<PeerReport>('API_report_peerinfo', {
    pongs: ['Pongs', gobSlice('[]mtypes.PongMsg', pong)],
    localV4: ['LocalV4s', ranks],
    localV6: ['LocalV6s', ranks],
  }),
);
