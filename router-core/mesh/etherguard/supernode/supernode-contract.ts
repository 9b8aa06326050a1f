/**
 * What others see of a supernode: options, methods, view.
 *
 * Not standardized; the words are those of EtherGuard's files and APIs.
 *
 * @module
 */
import type { DropCounters } from '../../../base/drop-reason.ts';
import type { UnderlayAddress } from '../../../base/endpoint.ts';
import type { Instant, PacketSlot, WallTime } from '../../../base/units.ts';
import type { WireguardPeerView } from '../../../wireguard/index.ts';
import type { NextHopTable } from '../../graph/index.ts';
import type { NodeNumber } from '../../node-number.ts';
import type { ConfigChange, SuperConfig } from '../config/index.ts';
import type { MeshAnswers, MeshOutput, MeshPorts } from '../ports.ts';

export type SupernodeOptions = {
  readonly ports: MeshPorts;
  readonly config: SuperConfig;
  /** Edges must announce the same up to the first hyphen. */
  readonly version?: string;
  /** The file of `EdgeTemplate`, from which `peer/add` answers are made; the sample without it. */
  readonly edgeTemplate?: string;
  /**
   * Returns the file, a text or the values of one, with these changes, as text.
   * @throws RouterError `CONFIG_SYNTAX` when the text is no YAML
   */
  readonly renderEdgeTemplate: (
    template: string | Readonly<Record<string, unknown>>,
    changes: readonly ConfigChange[],
  ) => string;
};

/** One HTTP request, read whole by the driver within limits of its own. */
export type ApiRequest = {
  /** Which APIs the port it came to serves. */
  readonly serves: { readonly edge: boolean; readonly manage: boolean };
  readonly path: string;
  /** Of the query, the first of each name. */
  readonly query: ReadonlyMap<string, string>;
  /** Of a form in the body; empty without one. */
  readonly form: ReadonlyMap<string, string>;
  /** As it came, compressed or not. */
  readonly body: Uint8Array;
  /** Who asks; failures are counted by it. */
  readonly from: string;
};

export type ApiResponse = {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
};

export interface Supernode extends MeshAnswers {
  readonly drops: DropCounters;
  /** Takes the slot. */
  receiveDatagram(slot: PacketSlot, now: Instant): void;
  handleRequest(request: ApiRequest, now: Instant): ApiResponse;
  /** Takes events of the tunnels, goes on with the graph; true when work is left. */
  settle(now: Instant, clock: () => Instant): boolean;
  nextOutput(): MeshOutput | undefined;
  configure(config: SuperConfig, now: Instant): void;
  view(now: Instant): SupernodeView;
}

export type SupernodeEdgeView = {
  readonly node: NodeNumber;
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly isAlive: boolean;
  readonly lastSeen?: WallTime;
  /** Sessions over IPv4 and IPv6; absent where the supernode has no key. */
  readonly v4?: WireguardPeerView;
  readonly v6?: WireguardPeerView;
  /** What it reported as its local addresses. */
  readonly localAddresses: readonly string[];
  readonly externalAddresses: readonly UnderlayAddress[];
};

export type SupernodeView = {
  readonly name: string;
  readonly publicKeys: { readonly v4?: Uint8Array; readonly v6?: Uint8Array };
  readonly listenPorts: readonly { readonly family: 4 | 6; readonly port: number }[];
  readonly edges: readonly SupernodeEdgeView[];
  readonly table: NextHopTable;
  readonly latencies: readonly {
    readonly from: NodeNumber;
    readonly to: NodeNumber;
    readonly seconds: number;
    readonly costSeconds: number;
  }[];
};
