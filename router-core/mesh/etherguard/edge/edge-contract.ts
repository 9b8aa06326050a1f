/**
 * What others see of an edge: options, methods, view.
 *
 * Not standardized; the words are those of EtherGuard's files.
 *
 * @module
 */
import type { DropCounters } from '../../../base/drop-reason.ts';
import type { UnderlayAddress } from '../../../base/endpoint.ts';
import type { IpAddress } from '../../../base/ip-address.ts';
import type { MacAddress } from '../../../base/mac-address.ts';
import type { Instant, Milliseconds, PacketSlot, PeerId, WallTime } from '../../../base/units.ts';
import type { FrameSink } from '../../../packet/sinks.ts';
import type { OpenedMessage, WireguardPeerView } from '../../../wireguard/index.ts';
import type { NextHopTable } from '../../graph/index.ts';
import type { NodeNumber } from '../../node-number.ts';
import type { EdgeConfig } from '../config/index.ts';
import type { HttpOutcome, MeshAnswers, MeshOutput, MeshPorts, TimeAnswer } from '../ports.ts';
import type { NotTried } from './endpoint-admission.ts';

export type MeshEdgeOptions = {
  readonly ports: MeshPorts;
  /** Frames for our own interface; it takes the slot, and never calls back. */
  readonly frames: FrameSink;
  readonly config: EdgeConfig;
  /** What is announced to supernodes; they compare what stands before the first hyphen. */
  readonly version?: string;
  /** Of the interface: padding goes no further. */
  readonly mtu: number;
  /** Addresses of this host, for the supernode's other edges behind our NAT; asked before each report. */
  readonly localAddresses?: () => readonly IpAddress[];
};

export interface MeshEdge extends MeshAnswers, FrameSink {
  readonly node: NodeNumber;
  readonly publicKey: Uint8Array;
  readonly drops: DropCounters;
  /** Takes the slot. */
  receiveDatagram(slot: PacketSlot, now: Instant): void;
  /** What the plane hands over, with the meaning that WireguardDevice gives it; each takes the slot. */
  receiveOpened(message: OpenedMessage, slot: PacketSlot, now: Instant): void;
  receiveRoamed(peer: PeerId, index: number, slot: PacketSlot): void;
  answerWithCookie(slot: PacketSlot, now: Instant): void;
  /** Takes events of the tunnels, goes on with the graph; true when work is left. */
  settle(now: Instant, clock: () => Instant): boolean;
  nextOutput(): MeshOutput | undefined;
  answered(question: number, outcome: HttpOutcome, now: Instant): void;
  /** Undefined: no answer came. */
  timeTold(question: number, answer: TimeAnswer | undefined, now: Instant): void;
  /** Follows another document: peers, table, intervals. A changed key, number or port needs another edge. */
  configure(config: EdgeConfig, now: Instant): void;
  view(now: Instant): MeshEdgeView;
}

export type MeshMode = 'static' | 'super' | 'p2p' | 'super and p2p';

/** One encrypted session: with another edge, or with the supernode over one family. */
export type MeshLinkView = WireguardPeerView & {
  readonly node: NodeNumber;
  readonly role: 'edge' | 'supernode';
  readonly publicKey: Uint8Array;
  /** How it came to be known. */
  readonly origin: 'file' | 'supernode' | 'introduced';
  readonly isStatic: boolean;
  readonly isAlive: boolean;
  /** From it to us, seconds, as the median filter has it; absent: not measured. */
  readonly latencySeconds?: number;
  /** Mean difference of neighboring measurements; absent: fewer than two. */
  readonly jitterMs?: number;
  /** Share of its pings that did not come, 0 to 1; absent: it does not number them. */
  readonly loss?: number;
  /** Endpoints that are still to be tried, and those that never are. */
  readonly candidates: readonly string[];
  /** Of the candidates, those that are not tried on purpose; absent: none. */
  readonly untried?: readonly { readonly endpoint: string; readonly because: NotTried }[];
  /** Where the two machines are that both use its key; absent: not seen lately. */
  readonly sharedKeyEndpoints?: readonly [string, string];
  /** Frames and octets we passed on to it for others. */
  readonly relayedFrames: number;
  readonly relayedBytes: number;
};

export type MeshEdgeView = {
  readonly node: NodeNumber;
  readonly name: string;
  readonly mode: MeshMode;
  readonly publicKey: Uint8Array;
  readonly listenPorts: readonly { readonly family: 4 | 6; readonly port: number }[];
  readonly links: readonly MeshLinkView[];
  readonly table: NextHopTable;
  /** Who made the table. */
  readonly tableFrom: 'file' | 'supernode' | 'own computation';
  readonly addresses: readonly {
    readonly address: MacAddress;
    readonly node: NodeNumber;
    readonly learned: Instant;
  }[];
  /** What is known of one-way latencies: all in P2P mode, those to us in super mode. */
  readonly latencies: readonly {
    readonly from: NodeNumber;
    readonly to: NodeNumber;
    readonly seconds: number;
    readonly costSeconds: number;
  }[];
  readonly supernode?: {
    readonly url: string;
    readonly lastRegistered?: WallTime;
    readonly lastReported?: WallTime;
    /** In words, when something is wrong. */
    readonly problem?: string;
  };
  readonly clock: { readonly offset: Milliseconds; readonly serversAnswering: number };
  readonly endpointsOfOurs: readonly UnderlayAddress[];
};
