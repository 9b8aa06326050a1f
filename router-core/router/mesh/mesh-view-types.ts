/**
 * The mesh as the door shows it: plain data, keys in base64, endpoints as text, times as RFC 3339.
 *
 * Not standardized; the words are those of mesh/etherguard/edge/edge-contract.ts and its neighbor.
 *
 * @module
 */

/** Why an edge or supernode does not run. */
export type MeshProblemView = {
  /** Stable; docs/errors.md. */
  readonly code: string;
  readonly message: string;
  readonly at: string;
};

/** One encrypted session of a mesh. */
export type MeshSessionView = {
  readonly endpoint: string | null;
  readonly lastHandshakeAt: string | null;
  readonly lastReceivedAt: string | null;
  readonly rxBytes: number;
  readonly txBytes: number;
};

export type MeshLinkStatus = MeshSessionView & {
  /** 65533: the supernode. */
  readonly node: number;
  readonly role: 'edge' | 'supernode';
  readonly publicKey: string;
  readonly origin: 'file' | 'supernode' | 'introduced';
  readonly isStatic: boolean;
  readonly isAlive: boolean;
  /** Why it is not, in words. */
  readonly problem: string | null;
  /** From it to us, one way; null: not measured. */
  readonly latencyMs: number | null;
  readonly jitterMs: number | null;
  /** 0 to 1. */
  readonly loss: number | null;
  readonly candidates: readonly string[];
  readonly relayedFrames: number;
  readonly relayedBytes: number;
};

/** Nodes on a way in order, both ends among them; it may end early where a table says no more. */
export type MeshWay = {
  readonly from: number;
  readonly to: number;
  readonly nodes: readonly number[];
};

export type MeshLatency = {
  readonly from: number;
  readonly to: number;
  readonly ms: number;
  readonly costMs: number;
};

export type MeshListenPort = { readonly family: 4 | 6; readonly port: number };

export type MeshEdgeStatus = {
  readonly node: number;
  readonly name: string;
  readonly mode: string;
  readonly publicKey: string;
  readonly listenPorts: readonly MeshListenPort[];
  readonly links: readonly MeshLinkStatus[];
  /** From us to everybody. */
  readonly ways: readonly MeshWay[];
  readonly tableFrom: string;
  /** The youngest thousand. */
  readonly addresses: readonly {
    readonly address: string;
    readonly node: number;
    readonly learnedAt: string;
  }[];
  /** Of all nodes, as far as they are known here; the first ten thousand. */
  readonly latencies: readonly MeshLatency[];
  readonly supernode: {
    readonly url: string;
    readonly lastRegisteredAt: string | null;
    readonly lastReportedAt: string | null;
    readonly problem: string | null;
  } | null;
  readonly clock: { readonly offsetMs: number; readonly serversAnswering: number };
  readonly endpointsOfOurs: readonly string[];
  /** Null: a pure relay. */
  readonly port: {
    readonly linkAddress: string;
    readonly mtu: number;
    readonly addresses: readonly { readonly address: string; readonly state: string }[];
    readonly neighbors: readonly {
      readonly address: string;
      readonly linkAddress: string | null;
      readonly state: string;
    }[];
  } | null;
  readonly drops: Readonly<Record<string, number>>;
};

export type MeshSupernodeStatus = {
  readonly name: string;
  readonly publicKeys: { readonly v4: string | null; readonly v6: string | null };
  readonly listenPorts: readonly MeshListenPort[];
  readonly edges: readonly {
    readonly node: number;
    readonly name: string;
    readonly publicKey: string;
    readonly isAlive: boolean;
    readonly lastSeenAt: string | null;
    readonly v4: MeshSessionView | null;
    readonly v6: MeshSessionView | null;
    readonly localAddresses: readonly string[];
    readonly externalAddresses: readonly string[];
  }[];
  /** Between all edges; the first ten thousand. */
  readonly ways: readonly MeshWay[];
  readonly latencies: readonly MeshLatency[];
  readonly drops: Readonly<Record<string, number>>;
};

/** What a document wishes for runs (`status`), or does not (`problem`). */
export type MeshInstanceView<Status> = {
  readonly status: Status | null;
  readonly problem: MeshProblemView | null;
};

export type MeshView = {
  readonly edge?: MeshInstanceView<MeshEdgeStatus>;
  readonly supernode?: MeshInstanceView<MeshSupernodeStatus>;
};

/** A pair's packets began to take another way; null: there was none. */
export type MeshWayChange = {
  readonly at: string;
  readonly from: number;
  readonly to: number;
  readonly before: readonly number[] | null;
  readonly after: readonly number[] | null;
};

export type MeshHistoryView = {
  /** Null: no mesh has been seen yet. */
  readonly since: string | null;
  readonly sampleSeconds: number;
  /** Milliseconds, oldest first, the last one now; null: not measured then. */
  readonly links: readonly {
    readonly from: number;
    readonly to: number;
    readonly samples: readonly (number | null)[];
  }[];
  /** Newest first. */
  readonly changes: readonly MeshWayChange[];
};
