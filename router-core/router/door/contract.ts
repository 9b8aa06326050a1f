/**
 * The contract of the door between the halves: what may be asked of a router, by whomever.
 *
 * Not standardized; docs/architecture.md §6. Carriers bring the messages (in memory, message port,
 * Unix socket), all with this one meaning. Errors cross as `{ code, message, details }`.
 *
 * @module
 */
import type { RouterErrorCode } from '../../base/errors.ts';
import type { MeshRange } from '../mesh/mesh-history.ts';
import type { MeshHistoryView } from '../mesh/mesh-view-types.ts';
import type { ApplyReport, Health, NodeConfig, RouterEvent, Snapshot } from '../types.ts';

/** Calls with one answer: input and output per method. */
export type DoorMethods = {
  apply: { in: { config: NodeConfig }; out: ApplyReport };
  snapshot: { in: Record<string, never>; out: Snapshot };
  health: { in: Record<string, never>; out: Health };
  /** What the mesh was like in the last hour or day. */
  meshHistory: { in: { range: MeshRange }; out: MeshHistoryView };
  /** One tunnel with its sessions, or one session: `<peering id>` or `<peering id>/<session name>`. */
  restart: { in: { entity: string; scope: 'tunnel' | 'bgp' }; out: { restarted: boolean } };
  /** The registry index changed on disk: load it. */
  registry: { in: { indexPath: string; checkedAt: string }; out: { commit: string; roas: number } };
  /** Orderly end: Cease to every neighbor, then exit. */
  stop: { in: { reason: string }; out: { stopped: true } };
};
export type DoorMethod = keyof DoorMethods;

export const QUERY_NAMES = [
  'summary',
  'neighbor',
  'route',
  'why',
  'history',
  'flaps',
  'routes-from',
  'rejected',
  'malformed',
  'roa',
  'ping',
  'traceroute',
  'mtr',
  'pmtu',
] as const;
/** Questions of the operator, over the control socket alone: they tell how the node is configured. */
export const OPERATOR_QUERY_NAMES = ['policy-show', 'policy-test', 'policy-diff'] as const;
export type QueryName = (typeof QUERY_NAMES)[number] | (typeof OPERATOR_QUERY_NAMES)[number];
export type QueryInput = {
  readonly name: QueryName;
  /** IP, prefix or name, as typed; parsed by the query. */
  readonly argument: string;
  readonly options: Readonly<Record<string, string | number>>;
};
/** One row of an answer, plain data; its shape is the query's (router/door/queries/). */
export type QueryRow = Readonly<Record<string, unknown>>;

/** What to capture; a limit that is absent has its default (router/limits.ts). */
export type CaptureInput = {
  /** A peering by name or id; absent: all of them. */
  readonly peering?: string;
  readonly packets?: number;
  /** Of the file. */
  readonly octets?: number;
  readonly seconds?: number;
  /** Octets kept of each packet. */
  readonly snapLength?: number;
};

/** What to write as an MRT file (RFC 6396). */
export type MrtInput =
  | {
      readonly what: 'table';
      readonly policy: 'before' | 'after';
      /** Absent: the default virtual router. */
      readonly vrf?: string;
    }
  /** The flight recorder of a peering, or of one of its sessions, by name or id. */
  | { readonly what: 'messages'; readonly peering: string };

export type DoorError = {
  readonly code: RouterErrorCode | 'INTERNAL';
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
};

export type DoorRequest =
  | {
      [M in DoorMethod]: {
        readonly id: number;
        readonly kind: 'call';
        readonly method: M;
        readonly input: DoorMethods[M]['in'];
      };
    }[DoorMethod]
  | { readonly id: number; readonly kind: 'query'; readonly query: QueryInput }
  | { readonly id: number; readonly kind: 'capture'; readonly capture: CaptureInput }
  | { readonly id: number; readonly kind: 'mrt'; readonly mrt: MrtInput }
  /** The reader of a capture or MRT file has taken so many octets: there is room for as many more. */
  | { readonly id: number; readonly kind: 'taken'; readonly octets: number }
  | { readonly id: number; readonly kind: 'watch' }
  | { readonly id: number; readonly kind: 'cancel' };

export type DoorReply =
  | { readonly id: number; readonly kind: 'result'; readonly value: unknown }
  | { readonly id: number; readonly kind: 'error'; readonly error: DoorError }
  | { readonly id: number; readonly kind: 'row'; readonly row: QueryRow }
  /** Whole blocks of a capture file, or whole MRT records. */
  | { readonly id: number; readonly kind: 'chunk'; readonly bytes: Uint8Array }
  | { readonly id: number; readonly kind: 'event'; readonly event: RouterEvent }
  | { readonly id: number; readonly kind: 'end' };

/** What the other half holds: the same interface for a worker, another process or a simulated node. */
export interface RouterClient {
  call<M extends DoorMethod>(
    method: M,
    input: DoorMethods[M]['in'],
    timeoutMs?: number,
  ): Promise<DoorMethods[M]['out']>;
  query(query: QueryInput, signal?: AbortSignal): AsyncIterable<QueryRow>;
  /** The parts of a pcapng file as it grows; each ends between two blocks. */
  capture(capture: CaptureInput, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** The parts of an MRT file; each ends between two records. */
  mrt(mrt: MrtInput, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Calls `listener` with every event until the returned function is called; survives restarts of the router. */
  watch(listener: (event: RouterEvent) => void): () => void;
  close(): Promise<void>;
}
