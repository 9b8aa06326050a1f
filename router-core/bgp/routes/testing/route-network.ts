/**
 * Route sides of several routers of one AS, joined by links with delays; each has a world outside.
 *
 *   outside 0 ─ router 0 ──link── router 1 ─ outside 1
 *
 * Sessions and TCP are left out: a link carries UPDATEs whole and in order. For tests only.
 *
 * @module
 */
import { formatIpPrefix, type IpAddress } from '../../../base/ip-address.ts';
import { type Random, seededRandom } from '../../../base/random.ts';
import { createTimerQueue } from '../../../base/timer-queue.ts';
import {
  type Asn,
  addMilliseconds,
  type Instant,
  type InterfaceId,
  instant,
  interfaceId,
  milliseconds,
} from '../../../base/units.ts';
import { HEADER_BYTES } from '../../constants.ts';
import { type NegotiatedSession, type NeighborId, neighborId } from '../../types.ts';
import { createBgpRoutes } from '../bgp-routes.ts';
import type { BgpRoutes } from '../types.ts';
import { type Announcement, announceBodies, hear, hex, ip, nlri, updateBody } from './updates.ts';

const ASN = 4242426000 as Asn;
const OUTSIDE = neighborId(0);
const OUTSIDE_INTERFACE = interfaceId(1);
const DELAY_MAX = 40;

export type RouterWish = { readonly clusterId?: number };
type Node = {
  readonly routes: BgpRoutes;
  /** Prefix → interface. */
  readonly fib: Map<string, number>;
  /** What the world outside of this router was told. */
  readonly told: Set<string>;
  /** Addresses at the other ends of its tunnels, by interface. */
  readonly tunnels: Map<string, InterfaceId>;
};

const globalOf = (router: number): string => `fd00::${(router + 1).toString(16)}`;
const linkLocalOf = (router: number): IpAddress => ip(`fe80::${(router + 1).toString(16)}`);
const idOf = (router: number): NeighborId => neighborId(router + 1);
const interfaceTo = (router: number): InterfaceId => interfaceId(router + 10);

export class RouteNetwork {
  readonly nodes: Node[];
  private readonly timerQueue = createTimerQueue();
  private readonly random: Random;
  private onTheWay: { readonly key: string; readonly at: Instant; deliver(): void }[] = [];
  private readonly lastArrival = new Map<string, Instant>();
  private now: Instant = instant(1000);

  constructor(seed: number, wishes: readonly RouterWish[]) {
    this.random = seededRandom(seed);
    this.nodes = wishes.map((wish, router) => this.newNode(router, wish));
  }

  /** Two routers get a tunnel between them, so that each knows where the other's address is. */
  tunnel(a: number, b: number): void {
    this.node(a).tunnels.set(globalOf(b), interfaceTo(b));
    this.node(b).tunnels.set(globalOf(a), interfaceTo(a));
  }

  /** A tunnel with an internal session; `bIsClient`: `a` reflects to `b`. */
  link(a: number, b: number, bIsClient: boolean): void {
    this.tunnel(a, b);
    this.addNeighbor(a, b, bIsClient);
    this.addNeighbor(b, a, false);
    this.establish(a, b);
  }

  establish(a: number, b: number): void {
    this.node(a).routes.established(idOf(b), internalSession(a, b), this.now);
    this.node(b).routes.established(idOf(a), internalSession(b, a), this.now);
  }

  /** Both ends see the session go; what is on the way is lost. */
  lose(a: number, b: number): void {
    this.onTheWay = this.onTheWay.filter(({ key }) => key !== keyOf(a, b) && key !== keyOf(b, a));
    this.node(a).routes.ended(idOf(b), false, this.now);
    this.node(b).routes.ended(idOf(a), false, this.now);
  }

  announce(router: number, what: Announcement): void {
    for (const body of announceBodies(outsideSession(router), what)) this.hand(router, body);
  }

  withdraw(router: number, prefixes: readonly string[]): void {
    this.hand(router, updateBody(nlri(prefixes), hex(''), hex('')));
  }

  /** Lets time pass until nothing is on the way and nothing is due; returns whether that came. */
  settle(seconds = 60): boolean {
    const until = addMilliseconds(this.now, milliseconds(seconds * 1000));
    for (;;) {
      const first = this.onTheWay.reduce<Instant | undefined>(
        (soonest, { at }) => (soonest === undefined || at < soonest ? at : soonest),
        undefined,
      );
      const due = this.timerQueue.nextDeadline();
      const next = first === undefined ? due : due === undefined || first < due ? first : due;
      if (next === undefined) return true;
      if (next > until) return false;
      this.now = next > this.now ? next : this.now;
      for (const message of this.onTheWay.filter(({ at }) => at <= this.now)) {
        this.onTheWay.splice(this.onTheWay.indexOf(message), 1);
        message.deliver();
      }
      this.timerQueue.runDue(this.now);
    }
  }

  /** Follows a packet: the router it leaves the AS by, or why it does not. */
  follow(from: number, prefix: string): number | 'no route' | 'loop' {
    let router = from;
    for (let hops = 0; hops <= this.nodes.length; hops++) {
      const out = this.node(router).fib.get(prefix);
      if (out === undefined) return 'no route';
      if (out === OUTSIDE_INTERFACE) return router;
      router = out - 10;
    }
    return 'loop';
  }

  private node(router: number): Node {
    return this.nodes[router] as Node;
  }

  private hand(router: number, body: Uint8Array): void {
    this.node(router).routes.receiveUpdate(OUTSIDE, body, 0, body.length, this.now);
  }

  private newNode(router: number, { clusterId }: RouterWish): Node {
    const fib = new Map<string, number>();
    const told = new Set<string>();
    const tunnels = new Map<string, InterfaceId>();
    const textOf = (family: 4 | 6, b: Uint8Array, o: number, length: number): string =>
      formatIpPrefix({ family, bytes: b.slice(o, o + (family === 4 ? 4 : 16)), length });
    const routes = createBgpRoutes({
      random: this.random,
      timerQueue: this.timerQueue,
      asn: ASN,
      routerId: routerIdOf(router),
      ...(clusterId === undefined ? {} : { clusterId }),
      nextHops(address) {
        const found = [...tunnels].find(([text]) => ip(text).bytes.join() === address.bytes.join());
        return found && { out: found[1], length: address.bytes.length * 8 };
      },
      messages: {
        sendUpdate: (to, b, start, end) => {
          if (to === OUTSIDE) {
            const heard = hear(b.slice(start, end), outsideSession(router));
            for (const prefix of heard.withdrawn) told.delete(prefix);
            for (const prefix of heard.announced) told.add(prefix);
          } else this.send(router, to - 1, b.slice(start, end));
          return true;
        },
        sendRouteRefresh: () => true,
      },
      fib: {
        set: (family, b, o, length, out) => void fib.set(textOf(family, b, o, length), out),
        remove: (family, b, o, length) => void fib.delete(textOf(family, b, o, length)),
      },
    });
    const session = outsideSession(router);
    routes.addNeighbor(OUTSIDE, {
      ...COMMON,
      name: 'outside',
      peerAsn: session.peerAsn,
      interface: OUTSIDE_INTERFACE,
      nextHopSelf: { ipv6Global: ip(globalOf(router)), linkLocal: linkLocalOf(router) },
      remoteAddress: session.remoteAddress,
    });
    routes.established(OUTSIDE, session, this.now);
    return { routes, fib, told, tunnels };
  }

  private addNeighbor(router: number, other: number, isClient: boolean): void {
    this.node(router).routes.addNeighbor(idOf(other), {
      ...COMMON,
      name: `router-${other}`,
      peerAsn: ASN,
      interface: interfaceTo(other),
      nextHopSelf: { ipv6Global: ip(globalOf(router)), linkLocal: linkLocalOf(router) },
      remoteAddress: ip(globalOf(other)),
      routeReflectorClient: isClient,
    });
  }

  private send(from: number, to: number, message: Uint8Array): void {
    const key = keyOf(from, to);
    const soonest = addMilliseconds(this.now, milliseconds(1 + this.random.below(DELAY_MAX)));
    const last = this.lastArrival.get(key) ?? soonest;
    const at = last > soonest ? last : soonest;
    this.lastArrival.set(key, at);
    this.onTheWay.push({
      key,
      at,
      deliver: () => {
        const reset = this.node(to).routes.receiveUpdate(
          idOf(from),
          message,
          HEADER_BYTES,
          message.length,
          this.now,
        );
        if (reset !== undefined) throw new Error(`router ${from} sent a malformed UPDATE`);
      },
    });
  }
}

const COMMON = { policy: 'accept-all', importLimit: 1_000_000 } as const;
const keyOf = (from: number, to: number): string => `${from}>${to}`;
const routerIdOf = (router: number): number => 0x0a000001 + router;

const sessionOf = (local: IpAddress, remote: IpAddress): NegotiatedSession => ({
  peerAsn: ASN,
  localAsn: ASN,
  peerRouterId: 0,
  isInternal: true,
  fourOctetAs: true,
  families: ['ipv4', 'ipv6'],
  extendedNextHop: true,
  routeRefresh: true,
  enhancedRouteRefresh: true,
  maxMessage: 4096,
  holdTimeSeconds: 90,
  keepaliveSeconds: 30,
  localAddress: local,
  remoteAddress: remote,
  capabilities: [],
  missingCapabilities: [],
});

const internalSession = (router: number, other: number): NegotiatedSession => ({
  ...sessionOf(ip(globalOf(router)), ip(globalOf(other))),
  peerRouterId: routerIdOf(other),
});

const outsideSession = (router: number): NegotiatedSession => ({
  ...sessionOf(linkLocalOf(router), ip('fe80::dead')),
  peerAsn: (4242430000 + router) as Asn,
  peerRouterId: 0x0b000001 + router,
  isInternal: false,
});
