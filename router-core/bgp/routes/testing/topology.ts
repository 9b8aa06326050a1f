/**
 * Many route sides joined by links with delays, on virtual time: networks to converge.
 *
 * For tests only. Every router has an AS of its own and announces one prefix. A link carries UPDATEs in
 * order, each after a delay of its own; what was under way when it fails is lost.
 *
 * @module
 */
import { formatIpPrefix } from '../../../base/ip-address.ts';
import { type Random, seededRandom } from '../../../base/random.ts';
import { createTimerQueue, type TimerQueue } from '../../../base/timer-queue.ts';
import { type Asn, type Instant, instant, interfaceId } from '../../../base/units.ts';
import { type NegotiatedSession, neighborId } from '../../types.ts';
import { createBgpRoutes } from '../bgp-routes.ts';
import type { BgpRoutes } from '../types.ts';
import { ip, prefix } from './updates.ts';

/** The header, which `receiveUpdate` does not want. */
const HEADER_BYTES = 19;
const FIRST_ASN = 4242420000;
const DELAY_MS_MAX = 80;
const QUIET_LIMIT_MS = 60_000;

export type Node = {
  readonly number: number;
  readonly prefix: string;
  readonly routes: BgpRoutes;
  readonly timerQueue: TimerQueue;
  /** By prefix: the number of the router packets for it go to. */
  readonly fib: Map<string, number>;
};

type Link = {
  isUp: boolean;
  /** Grows when the link fails: what was sent before does not arrive. */
  life: number;
  /** Arrival of the last UPDATE by direction: nothing overtakes it. */
  readonly lastArrival: [number, number];
};

type Arrival = { readonly at: number; readonly order: number; run(): void };

export class Topology {
  readonly nodes: readonly Node[];
  private readonly links = new Map<string, Link>();
  private readonly random: Random;
  private readonly agenda: Arrival[] = [];
  private order = 0;
  private now = 1000;

  constructor(count: number, seed: number) {
    this.random = seededRandom(seed);
    this.nodes = Array.from({ length: count }, (_, number) => this.makeNode(number, count));
  }

  /** Joins two routers; the link is down until `setLink`. */
  join(a: number, b: number): void {
    this.links.set(keyOf(a, b), { isUp: false, life: 0, lastArrival: [0, 0] });
  }

  joined(): [number, number][] {
    return [...this.links.keys()].map((key) => key.split(' ').map(Number) as [number, number]);
  }

  isUp(a: number, b: number): boolean {
    return this.links.get(keyOf(a, b))?.isUp === true;
  }

  setLink(a: number, b: number, isUp: boolean): void {
    const link = this.linkOf(a, b);
    if (link.isUp === isUp) return;
    link.isUp = isUp;
    link.life++;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const { routes } = this.node(from);
      if (isUp) routes.established(neighborId(to), sessionOf(from, to), this.time);
      else routes.ended(neighborId(to), false, this.time);
    }
  }

  /** Lets time pass. */
  run(ms: number): void {
    const end = this.now + ms;
    while (this.step(end));
    this.now = end;
  }

  /** Lets time pass until nothing happens any more. @throws when that takes a minute */
  converge(): void {
    const end = this.now + QUIET_LIMIT_MS;
    while (this.step(end));
    if (this.agenda.length > 0) throw new Error('the network does not come to rest');
  }

  private get time(): Instant {
    return instant(this.now);
  }

  private node(number: number): Node {
    return this.nodes[number] as Node;
  }

  private linkOf(a: number, b: number): Link {
    const link = this.links.get(keyOf(a, b));
    if (link === undefined) throw new Error(`no link between ${a} and ${b}`);
    return link;
  }

  /** Does what is due next, until `end`; false: nothing is. */
  private step(end: number): boolean {
    const deadlines = this.nodes.map(({ timerQueue }) => timerQueue.nextDeadline() ?? Infinity);
    const timer = Math.min(...deadlines);
    const arrival = this.agenda[0]?.at ?? Number.POSITIVE_INFINITY;
    const next = Math.min(timer, arrival);
    if (next > end) return false;
    this.now = Math.max(this.now, next);
    if (arrival <= timer) this.agenda.shift()?.run();
    else this.node(deadlines.indexOf(timer)).timerQueue.runDue(this.time);
    return true;
  }

  private send(from: number, to: number, bytes: Uint8Array): void {
    const link = this.linkOf(from, to);
    const { life } = link;
    const direction = from < to ? 0 : 1;
    const at = Math.max(
      link.lastArrival[direction],
      this.now + 1 + this.random.below(DELAY_MS_MAX),
    );
    link.lastArrival[direction] = at;
    const run = (): void => {
      if (link.life !== life) return;
      const { routes } = this.node(to);
      routes.receiveUpdate(neighborId(from), bytes, 0, bytes.length, this.time);
    };
    this.agenda.push({ at, order: this.order++, run });
    this.agenda.sort((x, y) => x.at - y.at || x.order - y.order);
  }

  private makeNode(number: number, count: number): Node {
    const timerQueue = createTimerQueue();
    const fib = new Map<string, number>();
    const keyOfRoute = (family: 4 | 6, bytes: Uint8Array, offset: number, length: number): string =>
      formatIpPrefix({
        family,
        bytes: bytes.slice(offset, offset + (family === 4 ? 4 : 16)),
        length,
      });
    const routes = createBgpRoutes({
      random: this.random,
      timerQueue,
      asn: asnOf(number),
      routerId: routerIdOf(number),
      // With the age of routes the best path would depend on the past.
      decision: { preferOlder: false },
      messages: {
        sendUpdate: (to, bytes, start, end) => {
          this.send(number, to, bytes.slice(start + HEADER_BYTES, end));
          return true;
        },
        sendRouteRefresh: () => true,
      },
      fib: {
        set: (family, bytes, offset, length, out) =>
          void fib.set(keyOfRoute(family, bytes, offset, length), out),
        remove: (family, bytes, offset, length) =>
          void fib.delete(keyOfRoute(family, bytes, offset, length)),
      },
    });
    const own = `172.20.${number}.0/24`;
    routes.setOwnPrefixes([prefix(own)], this.time);
    for (let other = 0; other < count; other++) {
      if (other === number) continue;
      routes.addNeighbor(neighborId(other), {
        name: `router-${other}`,
        peerAsn: asnOf(other),
        interface: interfaceId(other),
        nextHopSelf: { linkLocal: addressOf(number) },
        policy: 'accept-all',
        importLimit: 1000,
        remoteAddress: addressOf(other),
      });
    }
    return { number, prefix: own, routes, timerQueue, fib };
  }
}

/** Grows with the number, so that of equal paths the one by the lower number wins. */
export const routerIdOf = (number: number): number => 0x0a000001 + number;
const asnOf = (number: number): Asn => (FIRST_ASN + number) as Asn;
const addressOf = (number: number) => ip(`fe80::${(number + 1).toString(16)}`);
const keyOf = (a: number, b: number): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

const sessionOf = (from: number, to: number): NegotiatedSession => ({
  peerAsn: asnOf(to),
  localAsn: asnOf(from),
  peerRouterId: routerIdOf(to),
  isInternal: false,
  fourOctetAs: true,
  families: ['ipv4', 'ipv6'],
  extendedNextHop: true,
  routeRefresh: true,
  enhancedRouteRefresh: true,
  maxMessage: 4096,
  holdTimeSeconds: 90,
  keepaliveSeconds: 30,
  localAddress: addressOf(from),
  remoteAddress: addressOf(to),
  capabilities: [],
  missingCapabilities: [],
});
