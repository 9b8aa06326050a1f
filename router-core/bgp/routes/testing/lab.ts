/**
 * A route side on a table: neighbors that write UPDATEs, a FIB to look at, time that tests turn.
 *
 * For tests and the benchmark; nothing of the router imports it.
 *
 * @module
 */
import { assert } from '../../../base/assert.ts';
import { concatBytes } from '../../../base/bytes.ts';
import { formatIpPrefix } from '../../../base/ip-address.ts';
import { seededRandom } from '../../../base/random.ts';
import { createTimerQueue, type TimerQueue } from '../../../base/timer-queue.ts';
import {
  type Asn,
  addMilliseconds,
  DISCARD,
  type Instant,
  instant,
  interfaceId,
  milliseconds,
  NONE,
} from '../../../base/units.ts';
import {
  type Family,
  type NegotiatedSession,
  type NeighborId,
  neighborId,
  type RefreshSubtype,
} from '../../types.ts';
import { createBgpRoutes } from '../bgp-routes.ts';
import type { RouteWatcher, WatchedTables } from '../route-watcher.ts';
import type { BgpRoutes, BgpRoutesOptions, RouteNeighborConfig, RouteView } from '../types.ts';
import {
  type Announcement,
  announceBodies,
  attribute,
  type Heard,
  hear,
  hex,
  ip,
  nlri,
  prefix,
  updateBody,
} from './updates.ts';

export const LAB_ASN = 4242426000 as Asn;
export const LAB_ROUTER_ID = 0xac158001;

export type LabNeighbor = {
  readonly id: NeighborId;
  readonly asn: Asn;
  readonly config: RouteNeighborConfig;
  session: NegotiatedSession;
  /** Everything since the last `take`. */
  heard: Heard[];
  /** Route refresh markers sent to it. */
  markers: { family: Family; subtype: number }[];
  /** Messages its session takes before it refuses; infinite unless set. */
  room: number;
  /** What it holds now, by prefix (and `#` path id): the AS path it was told. */
  readonly table: Map<string, string>;
  /** Where what it is sent goes, in order, besides here. */
  onSent?: (sent: Uint8Array | { family: Family; subtype: RefreshSubtype }) => void;
};

export type NeighborWish = Partial<Omit<RouteNeighborConfig, 'peerAsn'>> & {
  asn?: number;
  session?: Partial<NegotiatedSession>;
};

export class Lab {
  readonly routes: BgpRoutes;
  readonly timerQueue: TimerQueue;
  /** `172.20.0.0/24` → interface. */
  readonly fib: Map<string, number>;
  fibChanges: number;
  /** Sets of next hops by id, with as many routes as use them; at most `setsMax`. */
  readonly sets: Map<number, { readonly members: readonly number[]; users: number }>;
  setsMax: number;
  now: Instant;
  private readonly neighbors: Map<NeighborId, LabNeighbor>;
  private count: number;
  private lastSet: number;

  constructor(
    options: Partial<
      Pick<
        BgpRoutesOptions,
        | 'attributeBytesMax'
        | 'clusterId'
        | 'decision'
        | 'isAdvertisingDeferred'
        | 'nextHops'
        | 'outboxBytesMax'
      >
    > = {},
    watch?: (tables: WatchedTables) => RouteWatcher,
  ) {
    this.timerQueue = createTimerQueue();
    this.fib = new Map();
    this.fibChanges = 0;
    this.sets = new Map();
    this.setsMax = Number.POSITIVE_INFINITY;
    this.now = instant(1000);
    this.neighbors = new Map();
    this.count = 0;
    this.lastSet = DISCARD;
    const fibKey = (family: 4 | 6, bytes: Uint8Array, offset: number, length: number): string => {
      this.fibChanges++;
      return formatIpPrefix({
        family,
        bytes: bytes.slice(offset, offset + (family === 4 ? 4 : 16)),
        length,
      });
    };
    this.routes = createBgpRoutes(
      {
        ...options,
        random: seededRandom(42),
        timerQueue: this.timerQueue,
        asn: LAB_ASN,
        routerId: LAB_ROUTER_ID,
        messages: {
          sendUpdate: (id, bytes, start, end) => this.deliver(id, bytes, start, end),
          sendRouteRefresh: (id, family, subtype) => {
            const { markers, room, onSent } = this.neighbor(id);
            if (room <= 0) return false;
            markers.push({ family, subtype });
            onSent?.({ family, subtype });
            return true;
          },
        },
        nextHopSets: {
          take: (members) => this.takeSet(members),
          release: (id) => this.releaseSet(id),
        },
        fib: {
          set: (family, bytes, offset, length, out) =>
            void this.fib.set(fibKey(family, bytes, offset, length), out),
          remove: (family, bytes, offset, length) =>
            void this.fib.delete(fibKey(family, bytes, offset, length)),
        },
      },
      watch,
    );
  }

  /** Adds a neighbor; its session is up unless told otherwise. */
  add(wish: NeighborWish = {}, isUp = true): LabNeighbor {
    const n = ++this.count;
    const asn = (wish.asn ?? 4242420000 + n) as Asn;
    const { asn: _asn, session: sessionWish, ...configWish } = wish;
    const session: NegotiatedSession = {
      peerAsn: asn,
      localAsn: LAB_ASN,
      peerRouterId: 0x0a000000 + n,
      isInternal: false,
      fourOctetAs: true,
      families: ['ipv4', 'ipv6'],
      extendedNextHop: true,
      routeRefresh: true,
      enhancedRouteRefresh: true,
      maxMessage: 4096,
      holdTimeSeconds: 90,
      keepaliveSeconds: 30,
      localAddress: ip('fe80::6000'),
      remoteAddress: ip(`fe80::${n}`),
      capabilities: [],
      missingCapabilities: [],
      ...sessionWish,
    };
    const config: RouteNeighborConfig = {
      name: `peer-${n}`,
      peerAsn: asn,
      interface: interfaceId(n),
      nextHopSelf: { ipv6Global: ip('fd42:6000::1'), linkLocal: ip('fe80::6000') },
      policy: 'accept-all',
      importLimit: 1_000_000,
      remoteAddress: session.remoteAddress,
      ...configWish,
    };
    const neighbor: LabNeighbor = {
      id: neighborId(n),
      asn,
      config,
      session,
      heard: [],
      markers: [],
      room: Number.POSITIVE_INFINITY,
      table: new Map(),
    };
    this.neighbors.set(neighbor.id, neighbor);
    this.routes.addNeighbor(neighbor.id, config);
    if (isUp) this.establish(neighbor);
    return neighbor;
  }

  establish(neighbor: LabNeighbor): void {
    neighbor.table.clear();
    this.routes.established(neighbor.id, neighbor.session, this.now);
  }

  /** Ends its session; `keepsRoutes`: it may come back (RFC 4724 §4.2). */
  end(neighbor: LabNeighbor, keepsRoutes = false): void {
    neighbor.table.clear();
    this.routes.ended(neighbor.id, keepsRoutes, this.now);
  }

  announce(neighbor: LabNeighbor, announcement: Announcement): void {
    for (const body of announceBodies(neighbor.session, announcement)) this.receive(neighbor, body);
  }

  withdraw(neighbor: LabNeighbor, prefixes: readonly string[]): void {
    const ipv4 = prefixes.filter((text) => !text.includes(':'));
    const ipv6 = prefixes.filter((text) => text.includes(':'));
    if (ipv4.length > 0) this.receive(neighbor, updateBody(nlri(ipv4), hex(''), hex('')));
    if (ipv6.length > 0) {
      const unreach = attribute(0x90, 15, concatBytes(hex('000201'), nlri(ipv6)));
      this.receive(neighbor, updateBody(hex(''), unreach, hex('')));
    }
  }

  /** Hands in the body of an UPDATE; returns `code/subcode` of a reset. */
  receive(neighbor: LabNeighbor, body: Uint8Array): string | undefined {
    const reset = this.routes.receiveUpdate(neighbor.id, body, 0, body.length, this.now);
    return reset === undefined ? undefined : `${reset.code}/${reset.subcode}`;
  }

  /** Lets time pass until nothing is due any more. */
  settle(ms = 100): void {
    const until = addMilliseconds(this.now, milliseconds(ms));
    for (;;) {
      const at = this.timerQueue.nextDeadline();
      if (at === undefined || at > until) break;
      this.now = at > this.now ? at : this.now;
      this.timerQueue.runDue(this.now);
    }
    this.now = until;
  }

  /** What a neighbor heard since it was asked last. */
  take(neighbor: LabNeighbor): Heard[] {
    const { heard } = neighbor;
    neighbor.heard = [];
    return heard;
  }

  best(text: string): string | undefined {
    return this.routes.lookup({ prefix: prefix(text), mode: 'exact' }, 1).find((r) => r.isBest)
      ?.from;
  }

  /** The first path of a prefix: the best, or a rejected one. */
  view(text: string): RouteView | undefined {
    return this.routes.lookup({ prefix: prefix(text), mode: 'exact' }, 1)[0];
  }

  /** Why the best path of a prefix is kept from a neighbor. */
  reasonFor(text: string, neighbor: LabNeighbor): string | null | undefined {
    return this.routes.exportsOf(prefix(text)).find((row) => row.neighbor === neighbor.id)?.reason;
  }

  own(prefixes: readonly string[]): void {
    this.routes.setOwnPrefixes(prefixes.map(prefix), this.now);
  }

  private takeSet(members: readonly number[]): number {
    const known = [...this.sets].find(([, set]) => set.members.join() === members.join());
    if (known === undefined && this.sets.size >= this.setsMax) return NONE;
    const [id, set] = known ?? [++this.lastSet, { members: [...members], users: 0 }];
    this.sets.set(id, set);
    set.users++;
    return id;
  }

  private releaseSet(id: number): void {
    const set = this.sets.get(id);
    assert(set !== undefined, 'a set with a route is there');
    if (--set.users === 0) this.sets.delete(id);
  }

  private neighbor(id: NeighborId): LabNeighbor {
    return this.neighbors.get(id) as LabNeighbor;
  }

  private deliver(id: NeighborId, bytes: Uint8Array, start: number, end: number): boolean {
    const neighbor = this.neighbor(id);
    if (neighbor.room <= 0) return false;
    neighbor.room--;
    const heard = hear(bytes.slice(start, end), neighbor.session);
    neighbor.heard.push(heard);
    neighbor.onSent?.(heard.bytes);
    for (const text of heard.withdrawn) neighbor.table.delete(text);
    for (const text of heard.announced) {
      neighbor.table.set(text, heard.attributes?.asPathText ?? '');
    }
    return true;
  }
}
