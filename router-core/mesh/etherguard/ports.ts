/**
 * What an edge or a supernode needs from whoever drives it, and what it asks of it.
 *
 * Not standardized; docs/architecture.md §3, "driving rule": calls come in with the time, then the driver takes
 * outputs until there are none, reads the deadline of the timer queue and waits.
 *
 *   datagrams, frames, answers ─► edge or supernode ─► DatagramSink, FrameSink   at once
 *                                        └──────────► nextOutput()              sockets, names, HTTP, time
 *
 * Every question carries a number of its own and is answered once, also when it fails.
 *
 * @module
 */
import type { UnderlayAddress } from '../../base/endpoint.ts';
import type { Random } from '../../base/random.ts';
import type { TimerQueue } from '../../base/timer-queue.ts';
import type { Instant, Milliseconds, SocketId, WallClock } from '../../base/units.ts';
import type { PacketArena } from '../../packet/arena.ts';
import type { MeshPlane } from '../../packet/forwarding-plane.ts';
import type { DatagramSink } from '../../packet/sinks.ts';
import type { WireguardCrypto } from '../../wireguard/index.ts';
import type { ConfigChange } from './config/index.ts';

export interface MeshPorts {
  readonly arena: PacketArena;
  readonly random: Random;
  readonly wallClock: WallClock;
  /** Run by the driver before `settle`. */
  readonly timerQueue: TimerQueue;
  readonly crypto: WireguardCrypto;
  readonly datagrams: DatagramSink;
  readonly compression: Compression;
  /** Its sockets are numbered from here: by the family. 0 unless others share the driver. */
  readonly firstSocket?: number;
  /** Carries packets beside an edge, which passes frames on itself without one. A supernode passes none on. */
  readonly plane?: MeshPlane;
}

/** RFC 1952, as `Content-Encoding: gzip` has it. */
export interface Compression {
  gzip(octets: Uint8Array): Uint8Array;
  /** Undefined when it is no gzip, or would be longer than `octetsMax`. */
  gunzip(octets: Uint8Array, octetsMax: number): Uint8Array | undefined;
}

/** `LogLevel` of the files has a switch for each but `life`, which is always told. */
export type MeshLogTopic = 'life' | 'transit' | 'normal' | 'control' | 'internal' | 'ntp';

/** Why an edge or a supernode ends by itself. */
export type MeshEnd = {
  /** Stable; docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** What the original's process would exit with. */
  readonly exitCode: number;
};

export type HttpAnswer = { readonly status: number; readonly body: Uint8Array };

/** Why nothing, or nothing whole, was answered over HTTP. */
export type HttpFailure = {
  /** Without the URL, which carries keys and tokens. */
  readonly reason: string;
  /** Where somebody can do something about it: docs/errors.md. */
  readonly code?: 'MESH_CERTIFICATE';
};
export type HttpOutcome = HttpAnswer | HttpFailure;

/** What a time server told, RFC 4330 §5: seconds to add to our clock, and the round trip. */
export type TimeAnswer = { readonly offsetSeconds: number; readonly roundTrip: Milliseconds };

export type MeshOutput =
  /** Answer with `socketOpened` or `socketFailed`. */
  | {
      readonly kind: 'open-socket';
      readonly socket: SocketId;
      readonly family: 4 | 6;
      /** An address of the family; the unspecified one for all. */
      readonly host: string;
      /** 0: any. */
      readonly port: number;
      /** SO_MARK; 0: none. */
      readonly mark: number;
    }
  | { readonly kind: 'close-socket'; readonly socket: SocketId }
  /** Answer with `resolved`: addresses of the families in use, the best first. */
  | {
      readonly kind: 'resolve';
      readonly question: number;
      readonly host: string;
      readonly port: number;
      /** `AfPrefer`: 0 is the resolver's choice. */
      readonly prefer: 0 | 4 | 6;
    }
  /** Answer with `answered`; eight seconds are the limit, and 4 MiB. */
  | {
      readonly kind: 'request';
      readonly question: number;
      readonly method: 'GET' | 'POST';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: Uint8Array;
    }
  /** Answer with `timeTold`. */
  | {
      readonly kind: 'ask-time';
      readonly question: number;
      /** A name or address, a port behind it or 123. */
      readonly server: string;
      readonly timeout: Milliseconds;
    }
  /** Write these places of the configuration file, and only these. */
  | { readonly kind: 'change-config'; readonly changes: readonly ConfigChange[] }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly topic: MeshLogTopic;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  /** The last output: the driver closes everything and ends the edge or supernode, not more. */
  | { readonly kind: 'ended'; readonly end: MeshEnd };

/** What the driver answers, the same for edge and supernode. */
export interface MeshAnswers {
  socketOpened(socket: SocketId, port: number, now: Instant): void;
  socketFailed(socket: SocketId, message: string, now: Instant): void;
  /** Empty: the name has no address of a family in use. */
  resolved(question: number, addresses: readonly UnderlayAddress[], now: Instant): void;
}
