/**
 * Who is a link peer: those of the file, the supernode, whom the supernode names, whom others introduce.
 *
 * Standard: etherguard-go v0.3.5. A supernode's list rules: ordinary peers that are not in it go, those of the file too. What
 * is not in it any more is not missed; an entry without an address is nobody yet.
 *
 * Departure: another preshared key is set; the original removes the peer and makes it anew.
 *
 * Invariant: every change of the links tells the next hops.
 *
 * @module
 */
import { equalBytes } from '../../../base/bytes.ts';
import { parseEndpoint } from '../../../base/endpoint.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import type { Instant } from '../../../base/units.ts';
import type { WireguardDevice } from '../../../wireguard/index.ts';
import { type NodeNumber, SUPERNODE } from '../../node-number.ts';
import type { EdgeConfig } from '../config/index.ts';
import { isLoopback } from './endpoint-admission.ts';
import type { Endpoints } from './endpoints.ts';
import { REFUSAL_LOGS_BURST, REFUSAL_LOGS_PER_SECOND } from './limits.ts';
import { isLink, type Link, type LinkTable, type NewLink } from './links.ts';
import type { NextHops } from './next-hops.ts';
import type { Outputs } from './outputs.ts';
import type { Family, Sockets } from './sockets.ts';
import type { ToldPeer } from './supernode-answers.ts';

export type RosterParts = {
  readonly device: WireguardDevice;
  readonly links: LinkTable;
  readonly sockets: Sockets;
  readonly endpoints: Endpoints;
  readonly nextHops: NextHops;
  readonly outputs: Outputs;
  readonly dampingFilterRadius: () => number;
  /** A link peer that was not in the file is there, or gone. */
  readonly added: (link: Link, now: Instant) => void;
  readonly removed: (link: Link) => void;
};

type FilePeer = EdgeConfig['Peers'][number];

export class LinkRoster {
  private readonly parts: RosterParts;
  /** Whom the supernode's list names, link peers or not; empty without such a list. */
  private named: ReadonlySet<NodeNumber> = new Set();
  private readonly refusalsTold = new TokenBucket(REFUSAL_LOGS_PER_SECOND, REFUSAL_LOGS_BURST);

  constructor(parts: RosterParts) {
    this.parts = parts;
  }

  add(fresh: NewLink, now: Instant): Link | undefined {
    const { links, sockets, nextHops, endpoints, outputs, dampingFilterRadius } = this.parts;
    const family: Family = fresh.family ?? sockets.families[0] ?? 4;
    const link = links.add(fresh, sockets.socketOf(family), dampingFilterRadius(), now);
    if (!isLink(link)) {
      const fields = { code: link.code, node: fresh.node, reason: link.message };
      // Any member can introduce what cannot be a peer, as often as it likes.
      if (fresh.origin === 'file' || this.refusalsTold.take(now))
        outputs.log('warn', 'life', 'a node cannot be a link peer', fields);
      return undefined;
    }
    nextHops.linksChanged();
    if (fresh.origin !== 'file') this.parts.added(link, now);
    endpoints.point(link, now);
    return link;
  }

  /** Whether somebody who may has said that there is such a node. */
  isNamed(node: NodeNumber): boolean {
    return this.parts.links.ofNode(node) !== undefined || this.named.has(node);
  }

  remove(link: Link): void {
    const { links, nextHops, removed } = this.parts;
    removed(link);
    links.remove(link);
    nextHops.linksChanged();
  }

  /** Follows the file; `withPeers` is false while a supernode's list rules. */
  followFile(config: EdgeConfig, withPeers: boolean, now: Instant): void {
    this.followSupernode(config, now);
    if (!withPeers) return;
    this.named = new Set();
    const { links } = this.parts;
    for (const link of [...links.edges()]) {
      const isListed = config.Peers.some(
        ({ NodeID, PubKey }) => NodeID === link.node && equalBytes(PubKey, link.publicKey),
      );
      const isGone = link.origin !== 'introduced' && !isListed;
      // A number of the file that somebody else was introduced with is the file's.
      const isInTheWay = !isListed && config.Peers.some(({ NodeID }) => NodeID === link.node);
      if (isGone || isInTheWay) this.remove(link);
    }
    for (const peer of config.Peers) this.followFilePeer(peer, now);
  }

  /** Follows a supernode's list; it names ourselves too when it hands out no keys. */
  followPeers(
    told: readonly ToldPeer[],
    ownKey: Uint8Array,
    usesPresharedKeys: boolean,
    now: Instant,
  ): void {
    const { links } = this.parts;
    this.named = new Set(told.map(({ node }) => node));
    for (const link of [...links.edges()]) {
      const isListed = told.some(
        ({ node, publicKey }) => node === link.node && equalBytes(publicKey, link.publicKey),
      );
      if (!isListed) this.remove(link);
    }
    for (const peer of told) {
      if (equalBytes(peer.publicKey, ownKey)) continue;
      const presharedKey = usesPresharedKeys ? peer.presharedKey : undefined;
      const known = links.ofKey(peer.publicKey);
      if (known !== undefined) links.setPresharedKey(known, presharedKey, now);
      const link =
        known ?? (peer.candidates.length > 0 ? this.addTold(peer, presharedKey, now) : undefined);
      link?.candidates.replace(peer.candidates);
    }
  }

  private addTold(
    { node, publicKey }: ToldPeer,
    presharedKey: Uint8Array | undefined,
    now: Instant,
  ): Link | undefined {
    return this.add(
      { node, publicKey, origin: 'supernode', isStatic: false, endpoint: '', presharedKey },
      now,
    );
  }

  private followSupernode({ DynamicRoute }: EdgeConfig, now: Instant): void {
    const { links, sockets } = this.parts;
    const { UseSuperNode, PSKey, ...superNode } = DynamicRoute.SuperNode;
    const wanted = (
      [
        [4, superNode.EndpointV4, superNode.PubKeyV4],
        [6, superNode.EndpointV6, superNode.PubKeyV6],
      ] as const
    ).flatMap(([family, endpoint, publicKey]) =>
      UseSuperNode && endpoint !== '' && publicKey !== undefined && sockets.isInUse(family)
        ? [{ family, endpoint, publicKey }]
        : [],
    );
    for (const link of links.supernodes()) {
      const isWanted = wanted.some(
        ({ family, endpoint, publicKey }) =>
          family === link.family &&
          endpoint === link.endpoint &&
          equalBytes(publicKey, link.publicKey),
      );
      if (isWanted) links.setPresharedKey(link, PSKey, now);
      else this.remove(link);
    }
    for (const { family, endpoint, publicKey } of wanted) {
      if (links.supernodes().some((link) => link.family === family)) continue;
      const address = parseEndpoint(endpoint)?.address;
      const isHere = address !== undefined && isLoopback(address.family, address.bytes);
      this.add(
        {
          node: SUPERNODE,
          publicKey,
          origin: 'file',
          isStatic: !isHere,
          endpoint,
          presharedKey: PSKey,
          family,
        },
        now,
      );
    }
  }

  private followFilePeer(peer: FilePeer, now: Instant): void {
    const { links, device, endpoints } = this.parts;
    const known = links.ofKey(peer.PubKey);
    if (known === undefined) {
      this.add(
        {
          node: peer.NodeID,
          publicKey: peer.PubKey,
          origin: 'file',
          isStatic: peer.Static,
          endpoint: peer.EndPoint,
          persistentKeepalive: peer.PersistentKeepalive,
        },
        now,
      );
      return;
    }
    known.origin = 'file';
    known.isStatic = peer.Static;
    device.updatePeer(known.peer, { persistentKeepalive: peer.PersistentKeepalive }, now);
    if (known.endpoint === peer.EndPoint) return;
    known.endpoint = peer.EndPoint;
    endpoints.point(known, now);
  }
}
