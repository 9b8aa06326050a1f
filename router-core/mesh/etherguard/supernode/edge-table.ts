/**
 * The edges a supernode serves, and what it knows of each.
 *
 * Not standardized; state per edge of etherguard-go v0.3.5. An edge is the same as long as number, key and
 * preshared key are the same.
 *
 * @module
 */
import type { IpAddress, IpFamily } from '../../../base/ip-address.ts';
import type { Random } from '../../../base/random.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import type { Instant, PeerId, WallTime } from '../../../base/units.ts';
import type { NodeNumber } from '../../node-number.ts';
import { keyText, type SuperConfig } from '../config/index.ts';
import {
  MESSAGES_BURST,
  MESSAGES_PER_SECOND,
  READS_BURST,
  READS_PER_SECOND,
  REPORTS_BURST,
  REPORTS_PER_SECOND,
} from './limits.ts';

export type EdgeSettings = SuperConfig['Peers'][number];

/** What an edge fetches when it is told that there is another. */
export const NEWS_KINDS = ['peers', 'nextHops', 'parameters'] as const;
export type NewsKind = (typeof NEWS_KINDS)[number];

/** Local addresses as an edge reported them, with their rank; undefined: none were ever reported. */
export type LocalAddresses = Readonly<Record<string, number>> | undefined;

export type Edge = {
  /** Stands in `arena.ingress` of what it sends; never given to another. */
  readonly id: number;
  readonly node: NodeNumber;
  /** As files and requests have it. */
  readonly keyText: string;
  settings: EdgeSettings;
  /** Half of the preshared keys it shares with others; goes with it. */
  readonly pairSecret: Uint8Array;
  /** Its peers of the two devices. */
  readonly peers: Partial<Record<IpFamily, PeerId>>;
  /** The addresses of `ExternalIP`. */
  externalAddresses: readonly IpAddress[];

  lastSeen: Instant | undefined;
  lastSeenAt: WallTime | undefined;
  /** 32 octets, from its register message. */
  reportSecret: Uint8Array | undefined;
  /** The least number its next report may carry. */
  reportCount: bigint;
  localV4: LocalAddresses;
  localV6: LocalAddresses;

  /** States it reported or fetched. */
  readonly held: Record<NewsKind, string>;
  /** What it was told last, and when. */
  readonly told: Record<NewsKind, { state: string; at: Instant } | undefined>;
  /** It registered: what it lacks is told at once. */
  isAsking: boolean;
  parameters: { readonly text: string; readonly state: string };

  readonly messages: TokenBucket;
  readonly reports: TokenBucket;
  readonly reads: TokenBucket;
  /** How often it is still told to go, when it is to. */
  farewells: number;
};

const PAIR_SECRET_BYTES = 32;

export class EdgeTable {
  private readonly byNode = new Map<NodeNumber, Edge>();
  private readonly byId = new Map<number, Edge>();
  private readonly random: Random;
  private lastId = 0;

  constructor(random: Random) {
    this.random = random;
  }

  add(settings: EdgeSettings): Edge {
    const edge: Edge = {
      id: ++this.lastId,
      node: settings.NodeID,
      keyText: keyText(settings.PubKey),
      settings,
      pairSecret: this.random.bytes(PAIR_SECRET_BYTES),
      peers: {},
      externalAddresses: [],
      lastSeen: undefined,
      lastSeenAt: undefined,
      reportSecret: undefined,
      reportCount: 0n,
      localV4: undefined,
      localV6: undefined,
      held: { peers: '', nextHops: '', parameters: '' },
      told: { peers: undefined, nextHops: undefined, parameters: undefined },
      isAsking: false,
      parameters: { text: '', state: '' },
      messages: new TokenBucket(MESSAGES_PER_SECOND, MESSAGES_BURST),
      reports: new TokenBucket(REPORTS_PER_SECOND, REPORTS_BURST),
      reads: new TokenBucket(READS_PER_SECOND, READS_BURST),
      farewells: 0,
    };
    this.byNode.set(edge.node, edge);
    this.byId.set(edge.id, edge);
    return edge;
  }

  /** From here on nobody finds it by its number; what it sends is still told apart. */
  retire(edge: Edge): void {
    if (this.byNode.get(edge.node) === edge) this.byNode.delete(edge.node);
  }

  forget(edge: Edge): void {
    this.retire(edge);
    this.byId.delete(edge.id);
    edge.pairSecret.fill(0);
    edge.reportSecret?.fill(0);
  }

  /** Edges that are served, in the order of their coming. */
  all(): IterableIterator<Edge> {
    return this.byNode.values();
  }

  of(node: number): Edge | undefined {
    return this.byNode.get(node as NodeNumber);
  }

  withId(id: number): Edge | undefined {
    return this.byId.get(id);
  }

  isServed(edge: Edge): boolean {
    return this.byNode.get(edge.node) === edge;
  }
}
