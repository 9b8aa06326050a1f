/**
 * P2P mode: nodes tell each other whom they know.
 *
 * Standard: etherguard-go v0.3.5 (QueryPeer, BoardcastPeer).
 *
 *   pong of a link peer that has not answered ──► query ──► it names all peers that live there, to all its peers
 *   every SendPeerInterval, unasked ──► the same
 *   named peer ──► unknown: becomes a link peer        silent: its endpoint is a candidate
 *
 * Departures
 * - A link peer is asked again after QUERY_INTERVAL, later only when its memory of duplicates has ended, and not for ever: the original
 *   asks with every pong, and what it asks is dropped as a duplicate, which renews the memory.
 * - Answers have a rate: one query makes as many floods as there are peers.
 * - Peers that never were heard, have no candidates left and of which nobody speaks any more go; the original keeps all. As long
 *   as others measure them they are reached by relays. Introductions repeat word for word, so all but the first are
 *   duplicates: who went before the memory of duplicates has ended would never be learnt again.
 * - A new peer is saved once it was heard. Only the list of peers in the file changes.
 *
 * Members are trusted to introduce others, that is what P2P mode is; INTRODUCED_LINKS_MAX bounds how many. A place is charged to the
 * link peer that brought the message: who said it first is not authenticated. When all are taken, an introducer with less
 * than its share takes one of whoever has most, of those that were never heard if it can.
 *
 * @module
 */
import { equalBytes, toBase64 } from '../../../base/bytes.ts';
import type { DropReason } from '../../../base/drop-reason.ts';
import { formatEndpoint, parseEndpoint } from '../../../base/endpoint.ts';
import { printable } from '../../../base/printable.ts';
import type { TimerOwner, TimerQueue, Timers } from '../../../base/timer-queue.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import { addMilliseconds, type Instant, type Milliseconds, seconds } from '../../../base/units.ts';
import { isEdgeNumber, type NodeNumber, SPREAD } from '../../node-number.ts';
import type { EdgeConfig } from '../config/index.ts';
import {
  type BroadcastPeer,
  broadcastPeerMessage,
  type QueryPeer,
  queryPeerMessage,
  UNASKED,
  USAGE,
} from '../wire/index.ts';
import { QUERY_INTERVAL, QUERY_TRIES_MAX } from './constants.ts';
import type { Forwarding } from './forwarding.ts';
import {
  INTRODUCED_LINKS_MAX,
  INTRODUCED_LINKS_SHARE,
  QUERY_ANSWERS_BURST,
  QUERY_ANSWERS_PER_SECOND,
  REFUSAL_LOGS_BURST,
  REFUSAL_LOGS_PER_SECOND,
} from './limits.ts';
import type { Link, LinkTable, NewLink } from './links.ts';
import type { Outputs } from './outputs.ts';

export type IntroductionParts = {
  readonly own: NodeNumber;
  readonly ownKey: Uint8Array;
  readonly timerQueue: TimerQueue;
  readonly links: LinkTable;
  readonly forwarding: Forwarding;
  readonly outputs: Outputs;
  readonly isAlive: (link: Link, now: Instant) => boolean;
  readonly peerAliveTimeout: () => Milliseconds;
  readonly addLink: (link: NewLink, now: Instant) => Link | undefined;
  readonly removeLink: (link: Link, now: Instant) => void;
  readonly wakeHunter: (now: Instant) => void;
};

export class Introductions implements TimerOwner<'send'> {
  private readonly parts: IntroductionParts;
  private readonly timers: Timers<'send'>;
  private readonly answers = new TokenBucket(QUERY_ANSWERS_PER_SECOND, QUERY_ANSWERS_BURST);
  private readonly refusalsTold = new TokenBucket(REFUSAL_LOGS_PER_SECOND, REFUSAL_LOGS_BURST);
  private config: EdgeConfig;
  private isOn = false;
  /** Entries of the file's list, those we added included. */
  private savedCount = 0;
  /** Keys that we added to it: who goes and is introduced again has an entry. */
  private readonly saved = new Set<string>();

  constructor(parts: IntroductionParts, config: EdgeConfig) {
    this.parts = parts;
    this.timers = parts.timerQueue.add<'send'>(this);
    this.config = config;
  }

  start(config: EdgeConfig, now: Instant): void {
    this.config = config;
    this.savedCount = config.Peers.length;
    this.saved.clear();
    this.isOn = config.DynamicRoute.P2P.UseP2P;
    this.timers.clear('send');
    if (this.isOn) this.arm(now);
  }

  stop(): void {
    this.isOn = false;
    this.timers.clearAll();
  }

  timerExpired(_name: 'send', now: Instant): void {
    this.arm(now);
    this.dropUnheard(now);
    this.tellAll(UNASKED, now);
  }

  /** A pong came by this link peer: ask it whom it knows, if it has not answered yet. */
  pongReceived(link: Link, now: Instant): void {
    const { query } = link;
    if (!this.isOn || query.isAnswered || query.asked >= QUERY_TRIES_MAX) return;
    const memory = query.asked > 1 ? this.config.DynamicRoute.DupCheckTimeout : 0;
    const pause = seconds(memory + QUERY_INTERVAL / 1000);
    if (query.lastAsked !== undefined && now - query.lastAsked < pause) return;
    query.asked++;
    query.lastAsked = now;
    const body = queryPeerMessage.encode({ requestId: this.parts.own });
    this.parts.forwarding.sendControl(link, USAGE.queryPeer, SPREAD, body, 'may wait', now);
  }

  receiveQuery({ requestId }: QueryPeer, now: Instant): DropReason | undefined {
    if (!this.isOn) return 'not-for-us';
    if (!this.answers.take(now)) return 'rate-limited';
    this.tellAll(requestId, now);
    return undefined;
  }

  receivePeer(by: Link, told: BroadcastPeer, now: Instant): DropReason | undefined {
    const { own, ownKey, links, isAlive, wakeHunter } = this.parts;
    if (!this.isOn) return 'not-for-us';
    if (told.requestId === own) by.query.isAnswered = true;
    if (equalBytes(told.publicKey, ownKey)) return undefined;
    if (told.node === own) return this.ownNumberTaken(by, told, now);
    if (!isEdgeNumber(told.node)) return 'malformed';
    // Names would have to be looked up: real nodes tell addresses.
    if (parseEndpoint(told.endpoint)?.address === undefined) return 'malformed';
    const link = links.ofKey(told.publicKey) ?? this.introduce(by, told, now);
    this.mentioned(told.node, now);
    if (link === undefined || isAlive(link, now)) return undefined;
    link.candidates.add(told.endpoint);
    wakeHunter(now);
    return undefined;
  }

  /** Somebody named or measured this node. */
  mentioned(node: NodeNumber, now: Instant): void {
    const introduction = this.parts.links.ofNode(node)?.introduction;
    if (introduction !== undefined) introduction.lastMentioned = now;
  }

  /** An introduced peer was heard: it exists. */
  peerHeard(link: Link): void {
    const { SaveNewPeers } = this.config.DynamicRoute;
    if (!this.isOn || !SaveNewPeers || link.origin !== 'introduced') return;
    const publicKey = toBase64(link.publicKey);
    if (this.saved.has(publicKey) || this.saved.size >= INTRODUCED_LINKS_MAX) return;
    this.saved.add(publicKey);
    const endpoint = this.parts.links.endpointOf(link);
    const entry = {
      NodeID: link.node,
      PubKey: publicKey,
      PSKey: '',
      EndPoint: endpoint === undefined ? '' : formatEndpoint(endpoint),
      PersistentKeepalive: 0,
      Static: false,
    };
    const isFirst = this.savedCount === 0;
    const change = isFirst
      ? { path: ['Peers'], value: [entry] }
      : { path: ['Peers', this.savedCount], value: entry };
    this.savedCount++;
    this.parts.outputs.push({ kind: 'change-config', changes: [change] });
  }

  private arm(now: Instant): void {
    const interval = seconds(this.config.DynamicRoute.P2P.SendPeerInterval);
    if (interval > 0) this.timers.set('send', addMilliseconds(now, interval));
  }

  private introduce(by: Link, told: BroadcastPeer, now: Instant): Link | undefined {
    const { links, outputs, addLink, removeLink } = this.parts;
    const place = this.placeFor(by.node);
    // A number that is taken is refused below.
    if (links.ofNode(told.node) === undefined && place === 'none') {
      const fields = {
        code: 'TOO_MANY',
        node: told.node,
        by: by.node,
        limit: INTRODUCED_LINKS_MAX,
      };
      if (this.refusalsTold.take(now))
        outputs.log('warn', 'control', 'a peer was introduced and there is no room', fields);
      return undefined;
    }
    const link = addLink(
      {
        node: told.node,
        publicKey: told.publicKey,
        origin: 'introduced',
        isStatic: false,
        endpoint: '',
        introduction: { by: by.node, lastMentioned: now },
      },
      now,
    );
    // Nobody goes for a peer that was refused.
    if (link !== undefined && typeof place === 'object') removeLink(place, now);
    if (link !== undefined)
      outputs.log('info', 'control', 'another node introduced a peer', {
        node: told.node,
        endpoint: printable(told.endpoint, 64),
      });
    return link;
  }

  /** Our own key may be told with any number: relays of the original mix contents up. Another key with our number is another node. */
  private ownNumberTaken(by: Link, told: BroadcastPeer, now: Instant): DropReason {
    if (this.refusalsTold.take(now))
      this.parts.outputs.log('warn', 'life', 'another node is introduced with our number', {
        code: 'MESH_NODE_NUMBER',
        node: told.node,
        publicKey: toBase64(told.publicKey),
        endpoint: printable(told.endpoint, 64),
        by: by.node,
      });
    return 'bad-source';
  }

  /** Returns the place there is for a peer that this node introduces: a free one, or that of the peer that goes for it. */
  private placeFor(by: NodeNumber): 'free' | 'none' | Link {
    const places = new Map<NodeNumber, Link[]>();
    let taken = 0;
    for (const link of this.parts.links.edges()) {
      if (link.origin !== 'introduced' || link.introduction === undefined) continue;
      taken++;
      const ofOne = places.get(link.introduction.by);
      if (ofOne === undefined) places.set(link.introduction.by, [link]);
      else ofOne.push(link);
    }
    if (taken < INTRODUCED_LINKS_MAX) return 'free';
    if ((places.get(by)?.length ?? 0) >= INTRODUCED_LINKS_SHARE) return 'none';
    const [most = []] = [...places.values()].sort((a, b) => b.length - a.length);
    if (most.length <= INTRODUCED_LINKS_SHARE) return 'none';
    return most.findLast(({ wasHeard }) => !wasHeard) ?? most.at(-1) ?? 'none';
  }

  /** Tells all edges of each that lives here. */
  private tellAll(requestId: number, now: Instant): void {
    const { links, forwarding, isAlive } = this.parts;
    for (const known of links.edges()) {
      const endpoint = links.endpointOf(known);
      if (endpoint === undefined || !isAlive(known, now)) continue;
      const body = broadcastPeerMessage.encode({
        requestId,
        node: known.node,
        publicKey: known.publicKey,
        endpoint: formatEndpoint(endpoint),
      });
      for (const edge of links.edges())
        forwarding.sendControl(edge, USAGE.broadcastPeer, SPREAD, body, 'never waits', now);
    }
  }

  private dropUnheard(now: Instant): void {
    const { links, removeLink } = this.parts;
    const { DupCheckTimeout, P2P } = this.config.DynamicRoute;
    const patience =
      this.parts.peerAliveTimeout() + seconds(DupCheckTimeout + P2P.SendPeerInterval);
    for (const link of [...links.edges()]) {
      if (link.origin !== 'introduced' || link.wasHeard || !link.candidates.isEmpty) continue;
      if (now - (link.introduction?.lastMentioned ?? 0) > patience) removeLink(link, now);
    }
  }
}
