/**
 * Days in the life of a speaker among plain speakers: what happens is drawn from a seed.
 *
 *   5 plain speakers of 4 ASes ──churn──► the speaker, whole ──best paths──► each of them
 *
 * For tests only. Sessions, routes and timers are the real ones; TCP is virtual-network.ts.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { formatIpPrefix, type IpPrefix } from '../../base/ip-address.ts';
import { type Random, seededRandom } from '../../base/random.ts';
import { type Asn, type Instant, interfaceId } from '../../base/units.ts';
import { REFRESH_REQUEST } from '../constants.ts';
import type { NeighborConfig } from '../neighbor-config.ts';
import { type BgpNeighbors, createBgpNeighbors } from '../neighbors.ts';
import {
  bindPolicies,
  type PolicyBinding,
  type PolicyDocument,
  resolvePolicyDocument,
} from '../policy/rules/index.ts';
import { type BgpRoutes, createBgpRoutes, type WatchedTables } from '../routes/index.ts';
import type { FamilyOptions } from '../routes/route-options.ts';
import { FAMILIES, type NeighborId, neighborId, type RouteExchange } from '../types.ts';
import {
  BALLAST_MAX,
  familyOfRoute,
  PlainSpeaker,
  prefixOctets,
  type RouteNumber,
} from './plain-speaker.ts';
import { address } from './scripted-router.ts';
import { createVirtualNetwork, type Host, type VirtualNetwork } from './virtual-network.ts';

export const OUR_ASN = 4242426000 as Asn;
const CHANGES_PER_SECOND = 100;
/** Routes that may be there at one time; their numbers move on, so that rows must be given again. */
export const WINDOW = 600;
const NEW_ROUTES_PER_MINUTE = 10;
const NUMBERS = 60_000;
const OWN: readonly RouteNumber[] = [65_534, 65_535];
/** Two share an AS, so that MED decides between them. */
const PEER_ASNS = [4242420001, 4242420002, 4242420003, 4242420004, 4242420004] as Asn[];
const HOPS = [64_610, 64_611, 64_612, 64_613] as const;
const MISFORTUNE_EVERY_MS = 20_000;
/** A connect retry after several failures, and what a restart may keep. */
const PATIENCE_MS = 900_000;

const FORGETFUL: FamilyOptions = { ipv4: { importTable: false }, ipv6: { importTable: false } };

/** What the operator says about one neighbor, by an AS in the path. */
export type Rules = {
  /** Local preference 200. */
  readonly preferred?: number;
  readonly refused?: number;
  /** Not announced to it. */
  readonly withheld?: number;
};
const RULES: readonly Rules[] = [
  {},
  { preferred: HOPS[0] },
  { refused: HOPS[1] },
  { preferred: HOPS[2], refused: HOPS[0], withheld: HOPS[3] },
  { withheld: HOPS[1] },
];

export type Peer = {
  /** From 1, also the last octet of its address, its router id and its interface. */
  readonly number: number;
  readonly asn: Asn;
  readonly host: Host;
  readonly speaker: PlainSpeaker;
  readonly sessions: BgpNeighbors;
  /** We, at the peer. */
  readonly us: NeighborId;
  /** The peer, with us: one that was removed comes back under another. */
  id: NeighborId;
  rules: Rules;
  /** What is broken between us is whole again from then on. */
  mendsAt: number;
};

/** Rows, timers, connections: all that could stay behind. */
export type Footprint = {
  readonly timers: number;
  readonly transports: number;
  readonly connections: number;
  readonly attributeSets: number;
  readonly attributeIds: number;
  readonly attributeBytes: number;
  readonly prefixIds: number;
  readonly pathRows: number;
};

export const prefixOf = (route: RouteNumber): IpPrefix => {
  const octets = prefixOctets(route);
  const family = familyOfRoute(route) === 'ipv4' ? 4 : 6;
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  bytes.set(octets.subarray(1));
  return { family, bytes, length: octets[0] as number };
};

export class LongLife {
  readonly routes: BgpRoutes;
  readonly peers: readonly Peer[];
  /** Prefix → interface. */
  readonly fib = new Map<string, number>();
  ownRoutes = OWN;
  /** How often each thing happened. */
  readonly happened: Record<string, number> = {};
  private readonly network: VirtualNetwork;
  private readonly random: Random;
  private readonly host: Host;
  private readonly sessions: BgpNeighbors;
  private tables: WatchedTables | undefined;
  private lastCommunity = 0x10000000;
  private firstRoute = 0;
  private nextMisfortune = MISFORTUNE_EVERY_MS;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.network = createVirtualNetwork(seed, { min: 1, max: 30 }, 8 * 1024);
    this.host = this.network.addHost(address('10.97.0.100'));
    this.routes = this.newRoutes();
    this.sessions = this.newSessions(this.host, OUR_ASN, 100, this.routes);
    this.routes.setOwnPrefixes(this.ownRoutes.map(prefixOf), this.now);
    this.peers = PEER_ASNS.map((asn, i) => this.newPeer(asn, i + 1));
  }

  get now(): Instant {
    return this.network.now;
  }

  /** Lets time pass, and things happen. */
  pass(ms: number): void {
    const until = this.now + ms;
    while (this.now < until) {
      const step = 20 + this.random.below(180);
      this.network.runUntil(Math.min(until, this.now + step));
      this.churn(Math.round((step * CHANGES_PER_SECOND) / 1000));
      for (const peer of this.peers) if (peer.mendsAt <= this.now) this.mend(peer);
      if (this.now >= this.nextMisfortune) {
        this.nextMisfortune = this.now + this.random.below(2 * MISFORTUNE_EVERY_MS);
        this.misfortune();
      }
      this.takeEvents();
    }
  }

  /** Mends everything, and waits until nothing is under way. */
  comeToRest(): void {
    for (const peer of this.peers) this.mend(peer);
    const until = this.now + PATIENCE_MS;
    while (!this.peers.every((peer) => this.isAtRest(peer))) {
      const states = this.peers.map((peer) => this.sessions.view(peer.id).state).join();
      assert(this.now < until, `everything comes to rest: ${states}`);
      this.network.runUntil(this.now + 1000);
    }
    // The last messages are on the way.
    this.network.runUntil(this.now + 5000);
    this.takeEvents();
  }

  footprint(): Footprint {
    assert(this.tables !== undefined, 'the routes make their watcher at once');
    const { store, ribs } = this.tables;
    return {
      timers: this.network.timerQueue.armed(),
      transports: this.sessions.openTransports(),
      connections: this.network.openConnections(),
      attributeSets: store.size,
      attributeIds: store.idLimit,
      attributeBytes: store.byteLimit,
      prefixIds: ribs[4].prefixes.idLimit + ribs[6].prefixes.idLimit,
      pathRows: ribs[4].paths.rowLimit + ribs[6].paths.rowLimit,
    };
  }

  /** Octets the store of attributes has reserved; of a large one most are never touched. */
  get attributeRoom(): number {
    return this.tables?.store.bytes.length ?? 0;
  }

  /** Takes everybody away. */
  end(): void {
    for (const peer of this.peers) {
      peer.sessions.remove(peer.us, this.now);
      this.removePeer(peer);
    }
    this.routes.setOwnPrefixes([], this.now);
    this.network.runUntil(this.now + 5000);
    this.takeEvents();
  }

  private churn(changes: number): void {
    this.moveWindow();
    for (let i = 0; i < changes; i++) {
      const { speaker } = this.peers[this.random.below(this.peers.length)] as Peer;
      const route = (this.firstRoute + this.random.below(WINDOW)) % NUMBERS;
      if (this.random.below(100) < 30) {
        speaker.withdraw(route, this.now);
        continue;
      }
      const path: number[] = [];
      for (let hops = this.random.below(3); hops > 0; hops--)
        path.push(HOPS[this.random.below(HOPS.length)] as number);
      // A loop through us, or through one of them.
      if (this.random.below(30) === 0) path.push(OUR_ASN);
      if (this.random.below(30) === 0) path.push(PEER_ASNS[this.random.below(3)] as number);
      const med = this.random.below(2) === 0 ? undefined : this.random.below(3);
      const origin = this.random.below(3) as 0 | 1 | 2;
      const community = ++this.lastCommunity;
      speaker.announce(route, { community, path, origin, med, ballast: this.ballast() }, this.now);
    }
  }

  /** Sets of attributes grow from hour to hour, and shrink again. */
  private ballast(): number {
    if (this.random.below(4) > 0) return 0;
    const hour = Math.floor(this.now / 3_600_000);
    return (7 * hour + this.random.below(8)) % BALLAST_MAX;
  }

  /** Routes grow old and are never heard of again. */
  private moveWindow(): void {
    const first = Math.floor((this.now * NEW_ROUTES_PER_MINUTE) / 60_000) % NUMBERS;
    for (; this.firstRoute !== first; this.firstRoute = (this.firstRoute + 1) % NUMBERS)
      for (const { speaker } of this.peers) speaker.withdraw(this.firstRoute, this.now);
  }

  private misfortune(): void {
    const peer = this.peers[this.random.below(this.peers.length)] as Peer;
    const { sessions, us, speaker } = peer;
    const seconds = (most: number): void => {
      peer.mendsAt = this.now + 1000 * (1 + this.random.below(most));
    };
    const misfortunes: Readonly<Record<string, () => void>> = {
      'the connection is lost': () => this.network.setLink(this.host, peer.host, false),
      'nobody gets through': () => {
        this.network.setLink(this.host, peer.host, false);
        seconds(400);
      },
      'the peer does not read': () => {
        this.network.setReading(peer.host, false);
        seconds(200);
      },
      'the peer restarts the session': () => sessions.restart(us, this.now),
      'we restart the session': () => this.sessions.restart(peer.id, this.now),
      'the peer shuts it down': () => {
        sessions.disable(us, 'maintenance', this.now);
        seconds(200);
      },
      'we shut it down': () => {
        this.sessions.disable(peer.id, 'maintenance', this.now);
        seconds(200);
      },
      'the peer asks for everything': () => {
        for (const family of FAMILIES)
          sessions.sendRouteRefresh(us, family, REFRESH_REQUEST, this.now);
      },
      'the peer says everything again': () => {
        for (const family of FAMILIES)
          speaker.receiveRouteRefresh(us, family, REFRESH_REQUEST, this.now);
      },
      'another policy': () => {
        peer.rules = RULES[this.random.below(RULES.length)] as Rules;
        this.routes.updateNeighbor(peer.id, { rules: bindingOf(peer) }, this.now);
      },
      'we remove the peer and add it again': () => {
        this.removePeer(peer);
        this.addPeer(peer);
      },
      'another own prefix': () => {
        this.ownRoutes = OWN.slice(this.random.below(OWN.length + 1));
        this.routes.setOwnPrefixes(this.ownRoutes.map(prefixOf), this.now);
      },
    };
    const kinds = Object.keys(misfortunes);
    const kind = kinds[this.random.below(kinds.length)] as string;
    this.happened[kind] = (this.happened[kind] ?? 0) + 1;
    peer.mendsAt = this.now;
    misfortunes[kind]?.();
  }

  private mend(peer: Peer): void {
    peer.mendsAt = Number.POSITIVE_INFINITY;
    this.network.setLink(this.host, peer.host, true);
    this.network.setReading(peer.host, true);
    peer.sessions.enable(peer.us, this.now);
    this.sessions.enable(peer.id, this.now);
  }

  private isAtRest({ id, us, sessions, speaker }: Peer): boolean {
    return (
      this.sessions.view(id).state === 'established' &&
      sessions.view(us).state === 'established' &&
      speaker.backlog === 0 &&
      this.routes.stale(id) === undefined
    );
  }

  private newRoutes(): BgpRoutes {
    const keyOf = (family: 4 | 6, b: Uint8Array, o: number, length: number): string =>
      formatIpPrefix({ family, bytes: b.slice(o, o + (family === 4 ? 4 : 16)), length });
    return createBgpRoutes(
      {
        random: this.random,
        timerQueue: this.network.timerQueue,
        asn: OUR_ASN,
        routerId: 100,
        // What was first depends on delays, and a model does not know them.
        decision: { preferOlder: false },
        messages: {
          sendUpdate: (id, b, start, end, now) => this.sessions.sendUpdate(id, b, start, end, now),
          sendRouteRefresh: (id, family, subtype, now) =>
            this.sessions.sendRouteRefresh(id, family, subtype, now),
        },
        fib: {
          set: (family, b, o, length, out) => void this.fib.set(keyOf(family, b, o, length), out),
          remove: (family, b, o, length) => void this.fib.delete(keyOf(family, b, o, length)),
        },
      },
      (tables) => {
        this.tables = tables;
        return {
          pathChanged: () => undefined,
          bestChanged: () => undefined,
          told: () => undefined,
          holds: () => 0,
        };
      },
    );
  }

  private newSessions(
    host: Host,
    asn: Asn,
    routerId: number,
    exchange: RouteExchange,
  ): BgpNeighbors {
    host.neighbors = createBgpNeighbors({
      random: this.random,
      timerQueue: this.network.timerQueue,
      transport: host.port,
      exchange,
      asn,
      routerId,
      // The peers' routes are kept while they are away.
      ...(asn === OUR_ASN ? {} : { forwarding: 'outlives-us' }),
    });
    return host.neighbors;
  }

  private newPeer(asn: Asn, number: number): Peer {
    const host = this.network.addHost(address(`10.97.0.${number}`));
    const speaker = new PlainSpeaker(asn, host.address.bytes);
    const sessions = this.newSessions(host, asn, number, speaker);
    const us = sessions.add(this.sessionWith(this.host, OUR_ASN, host, number), this.now);
    host.links.push({ neighbor: us, host: this.host });
    speaker.attach(sessions, us);
    const rules = {};
    const mendsAt = Number.POSITIVE_INFINITY;
    const peer: Peer = {
      number,
      asn,
      host,
      speaker,
      sessions,
      us,
      id: neighborId(0),
      rules,
      mendsAt,
    };
    this.addPeer(peer);
    return peer;
  }

  private addPeer(peer: Peer): void {
    const { host, asn, number } = peer;
    peer.id = this.sessions.add(this.sessionWith(host, asn, this.host, number), this.now);
    this.host.links.push({ neighbor: peer.id, host });
    this.routes.addNeighbor(peer.id, {
      name: `peer-${number}`,
      peerAsn: asn,
      interface: interfaceId(number),
      nextHopSelf: { ipv4: this.host.address, ipv6Global: address('fd97::100') },
      policy: 'accept-all',
      rules: bindingOf(peer),
      importLimit: 100_000,
      remoteAddress: host.address,
      // One whose rejected routes are not kept: another policy asks it to say them again.
      ...(number === 3 ? { options: FORGETFUL } : {}),
    });
  }

  private removePeer({ id }: Peer): void {
    this.sessions.remove(id, this.now);
    this.routes.removeNeighbor(id, this.now);
    const { links } = this.host;
    links.splice(
      links.findIndex(({ neighbor }) => neighbor === id),
      1,
    );
  }

  private sessionWith(remote: Host, peerAsn: Asn, local: Host, number: number): NeighborConfig {
    return {
      name: 'the other',
      peerAsn,
      remoteAddress: remote.address,
      localAddress: local.address,
      families: FAMILIES,
      extendedNextHop: false,
      gracefulRestart: true,
      // One whose routes are kept for longer still (RFC 9494).
      ...(number === 1 ? { longLivedSeconds: 100 } : {}),
      holdTimeSeconds: 90,
      passive: false,
    };
  }

  private takeEvents(): void {
    while (this.routes.nextOutput() !== undefined);
    for (const sessions of [this.sessions, ...this.peers.map((peer) => peer.sessions)])
      while (sessions.nextOutput() !== undefined);
  }
}

function bindingOf({ number, asn, rules }: Peer): PolicyBinding {
  const rule = (name: string, hop: number | undefined, then: object): object[] =>
    hop === undefined ? [] : [{ name, if: { pathContains: hop }, then }];
  const { book, findings } = resolvePolicyDocument({
    policies: {
      import: {
        rules: [
          ...rule('refused', rules.refused, { reject: true }),
          ...rule('preferred', rules.preferred, { localPref: 200 }),
        ],
      },
      export: { rules: rule('withheld', rules.withheld, { reject: true }) },
    },
  } as PolicyDocument);
  assert(book !== undefined, JSON.stringify(findings));
  return bindPolicies(book, {
    name: `peer-${number}`,
    asn,
    role: 'accept-all',
    groups: [],
    import: ['import'],
    export: ['export'],
  });
}
