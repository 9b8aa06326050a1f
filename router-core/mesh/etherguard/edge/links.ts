/**
 * The link peers of an edge: other edges, and the supernode over one or two families.
 *
 * Not standardized. A link's index is the `interface` number of its peer in the WireGuard device, so that an opened
 * packet tells by its ingress whom it came from.
 *
 * Invariants
 * - A node number other than the supernode's, and a public key, belong to one link at most.
 * - An index is given again only after its peer is gone from the device.
 *
 * @module
 */
import { equalBytes, toHex } from '../../../base/bytes.ts';
import type { UnderlayAddress } from '../../../base/endpoint.ts';
import { RouterError } from '../../../base/errors.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import {
  elapsed,
  type Instant,
  interfaceId,
  type Milliseconds,
  type PeerId,
  type SocketId,
} from '../../../base/units.ts';
import type { WireguardDevice } from '../../../wireguard/index.ts';
import { type NodeNumber, SUPERNODE } from '../../node-number.ts';
import { Candidates } from './candidates.ts';
import { ALIVE_GRACE } from './constants.ts';
import type { MeshLinkView } from './edge-contract.ts';
import {
  BROADCASTS_BURST,
  BROADCASTS_PER_SECOND,
  CONTROL_BURST,
  CONTROL_PER_SECOND,
  LINKS_MAX,
  PINGS_BURST,
  PINGS_PER_SECOND,
} from './limits.ts';
import { LinkMeter } from './link-meter.ts';

export type Link = {
  readonly index: number;
  readonly peer: PeerId;
  readonly node: NodeNumber;
  readonly publicKey: Uint8Array;
  origin: MeshLinkView['origin'];
  /** Whether its endpoint is looked up again while it is not heard. */
  isStatic: boolean;
  /** `host:port` of the file; empty: it connects to us. */
  endpoint: string;
  presharedKey: Uint8Array | undefined;
  /** Of a supernode's link: the family it goes over. */
  readonly family: 4 | 6 | undefined;
  readonly candidates: Candidates;
  readonly meter: LinkMeter;
  readonly broadcasts: TokenBucket;
  readonly control: TokenBucket;
  readonly pings: TokenBucket;
  /** The number of the last ping to it. */
  lastPing: number;
  /** A ping could not leave without a key pair: one is due as soon as there is one. */
  owesPing: boolean;
  /** By which link peer it was introduced, and when anybody spoke of it last. */
  readonly introduction: { readonly by: NodeNumber; lastMentioned: Instant } | undefined;
  /** What is known of its neighbors, in P2P mode. */
  query: { asked: number; lastAsked?: Instant; isAnswered: boolean };
  /** Whether an authenticated packet ever came. */
  wasHeard: boolean;
  relayedFrames: number;
  relayedBytes: number;
};

export type NewLink = Pick<Link, 'node' | 'publicKey' | 'origin' | 'isStatic' | 'endpoint'> & {
  readonly presharedKey?: Uint8Array | undefined;
  readonly family?: 4 | 6;
  readonly persistentKeepalive?: number;
  readonly introduction?: Link['introduction'];
};

/** Why there is no link: a stable code and a sentence. */
export type LinkRefusal = { readonly code: string; readonly message: string };

export class LinkTable {
  private readonly device: WireguardDevice;
  private readonly mtu: number;
  private readonly rows: (Link | undefined)[] = [];
  private readonly byNode = new Map<NodeNumber, Link>();
  private readonly byKey = new Map<string, Link>();
  private readonly byPeer = new Map<PeerId, Link>();

  /** `mtu` is the longest content that padding fills up to. */
  constructor(device: WireguardDevice, mtu: number) {
    this.device = device;
    this.mtu = mtu;
  }

  add(fresh: NewLink, socket: SocketId, dampingRadius: number, now: Instant): Link | LinkRefusal {
    if (this.byNode.has(fresh.node))
      return { code: 'MESH_NODE_NUMBER', message: `Node ${fresh.node} has another public key.` };
    if (this.byKey.size >= LINKS_MAX)
      return { code: 'TOO_MANY', message: `An edge has at most ${LINKS_MAX} link peers.` };
    const vacant = this.rows.indexOf(undefined);
    const index = vacant === -1 ? this.rows.length : vacant;
    const peer = this.addPeer(fresh, index, socket, now);
    if (typeof peer !== 'number') return peer;
    const link: Link = {
      index,
      peer,
      node: fresh.node,
      publicKey: fresh.publicKey,
      origin: fresh.origin,
      isStatic: fresh.isStatic,
      endpoint: fresh.endpoint,
      presharedKey: fresh.presharedKey,
      family: fresh.family,
      candidates: new Candidates(),
      meter: new LinkMeter(dampingRadius),
      broadcasts: new TokenBucket(BROADCASTS_PER_SECOND, BROADCASTS_BURST),
      control: new TokenBucket(CONTROL_PER_SECOND, CONTROL_BURST),
      pings: new TokenBucket(PINGS_PER_SECOND, PINGS_BURST),
      lastPing: 0,
      owesPing: false,
      introduction: fresh.introduction,
      query: { asked: 0, isAnswered: false },
      wasHeard: false,
      relayedFrames: 0,
      relayedBytes: 0,
    };
    this.rows[index] = link;
    if (link.node !== SUPERNODE) this.byNode.set(link.node, link);
    this.byKey.set(toHex(link.publicKey), link);
    this.byPeer.set(peer, link);
    return link;
  }

  remove(link: Link): void {
    this.device.removePeer(link.peer);
    this.rows[link.index] = undefined;
    if (link.node !== SUPERNODE) this.byNode.delete(link.node);
    this.byKey.delete(toHex(link.publicKey));
    this.byPeer.delete(link.peer);
  }

  at(index: number): Link | undefined {
    return this.rows[index];
  }

  ofNode(node: NodeNumber): Link | undefined {
    return this.byNode.get(node);
  }

  ofKey(publicKey: Uint8Array): Link | undefined {
    return this.byKey.get(toHex(publicKey));
  }

  ofPeer(peer: PeerId): Link | undefined {
    return this.byPeer.get(peer);
  }

  /** Links to other edges. */
  edges(): IterableIterator<Link> {
    return this.byNode.values();
  }

  all(): IterableIterator<Link> {
    return this.byKey.values();
  }

  supernodes(): Link[] {
    return [...this.all()].filter(({ node }) => node === SUPERNODE);
  }

  endpointOf(link: Link): UnderlayAddress | undefined {
    return this.device.view(link.peer).endpoint;
  }

  /** Whether a message can leave without a handshake before it. */
  hasSession(link: Link): boolean {
    return this.device.view(link.peer).hasKeyPair;
  }

  /** How long ago the peer was heard; undefined when it was not, or has no endpoint. */
  silence(link: Link, now: Instant): Milliseconds | undefined {
    const { endpoint, lastReceived } = this.device.view(link.peer);
    if (endpoint === undefined || lastReceived === undefined) return undefined;
    return elapsed(lastReceived, now);
  }

  isAlive(link: Link, timeout: Milliseconds, now: Instant): boolean {
    const silence = this.silence(link, now);
    return silence !== undefined && silence <= timeout + ALIVE_GRACE;
  }

  /**
   * Takes another preshared key for coming handshakes; sessions go on, which they do not in the original. Both ends hear of it
   * up to a ping interval apart when a supernode restarted, and until then no handshake between them succeeds.
   */
  setPresharedKey(link: Link, presharedKey: Uint8Array | undefined, now: Instant): void {
    const isSame =
      presharedKey === undefined || link.presharedKey === undefined
        ? presharedKey === link.presharedKey
        : equalBytes(presharedKey, link.presharedKey);
    if (isSame) return;
    link.presharedKey = presharedKey;
    this.device.updatePeer(link.peer, { presharedKey, keepsSessions: true }, now);
  }

  private addPeer(
    fresh: NewLink,
    index: number,
    socket: SocketId,
    now: Instant,
  ): PeerId | LinkRefusal {
    try {
      return this.device.addPeer(
        {
          publicKey: fresh.publicKey,
          ...(fresh.presharedKey !== undefined && { presharedKey: fresh.presharedKey }),
          socket,
          persistentKeepalive: fresh.persistentKeepalive ?? 0,
          interface: interfaceId(index),
          allowedIps: [],
          mtu: this.mtu,
        },
        now,
      );
    } catch (error) {
      if (!(error instanceof RouterError)) throw error;
      return { code: error.code, message: error.message };
    }
  }
}

/** Whether adding gave a link. */
export const isLink = (added: Link | LinkRefusal): added is Link => 'peer' in added;
