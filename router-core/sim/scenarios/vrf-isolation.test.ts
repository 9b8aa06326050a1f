/**
 * No packet and no route crosses virtual routers: random networks in several colors, all with the same
 * prefixes and addresses, against an oracle that knows each color as a network of its own.
 *
 *   color 0   a ── b ── d         each router calls a color by a name of its own,
 *   color 1   b ── c ── d         and one of its colors is its default virtual router
 */
import { expect } from 'vitest';
import { readUint16 } from '../../base/bytes.ts';
import { type Random, seededRandom } from '../../base/random.ts';
import { type InterfaceId, type PacketSlot, seconds } from '../../base/units.ts';
import type { RouteView } from '../../bgp/index.ts';
import type { NetworkName } from '../networks.ts';
import { type OperatedRouter, peer } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import {
  ask,
  expectHealthy,
  isEstablished,
  minutes,
  routersOf,
  scenario,
} from '../testing/scenario.ts';

const NAMES = ['operator', 'alder', 'basalt', 'cinder', 'drift', 'ember'] as const;
const COLORS = [0, 1, 2] as const;
type Color = (typeof COLORS)[number];
type Edge = { readonly a: NetworkName; readonly b: NetworkName; color: Color };

/** Octets of an echo request tell its color. */
const SIZES: Readonly<Record<Color, number>> = { 0: 100, 1: 200, 2: 300 };
const NEVER = Number.POSITIVE_INFINITY;

class ColoredNetwork {
  readonly routers: Record<(typeof NAMES)[number], OperatedRouter>;
  readonly edges: Edge[] = [];
  /** Inner packets whose color was recognized. */
  recognized = 0;
  /** Pings that had to be answered. */
  answered = 0;
  private asked = 0;
  private readonly simulation: Simulation;
  /** What each router calls each color. */
  private readonly names = new Map<NetworkName, readonly (string | undefined)[]>();

  constructor(simulation: Simulation, random: Random) {
    this.simulation = simulation;
    this.routers = routersOf(simulation, ...NAMES);
    for (const name of NAMES) {
      const own = [undefined, `${name}-x`, 'red'];
      const turn = random.below(COLORS.length);
      this.names.set(
        name,
        COLORS.map((color) => own[(color + turn) % COLORS.length]),
      );
      const { addresses, announce } = this.routers[name].node;
      this.routers[name].setVrfs({
        [`${name}-x`]: { addresses, announce },
        red: { addresses, announce },
      });
    }
    for (const [i, a] of NAMES.entries())
      for (const b of NAMES.slice(i + 1)) {
        if (random.below(10) >= 6) continue;
        const color = COLORS[random.below(COLORS.length)] ?? 0;
        this.edges.push({ a, b, color });
        peer(this.routers[a], this.routers[b], ...this.sides(a, b, color));
      }
    for (const name of NAMES) this.watch(name);
  }

  vrfOf(name: NetworkName, color: Color): string | undefined {
    return this.names.get(name)?.[color];
  }

  /** One peering takes another color: both operators say so. */
  repaint(edge: Edge, color: Color): void {
    edge.color = color;
    for (const [here, there] of [
      [edge.a, edge.b],
      [edge.b, edge.a],
    ] as const) {
      const { peerings, setPeerings } = this.router(here);
      const vrf = this.vrfOf(here, color);
      setPeerings(
        peerings.map((peering) => {
          if (peering.id !== there) return peering;
          const { vrf: _before, ...rest } = peering;
          return vrf === undefined ? rest : { ...rest, vrf };
        }),
      );
    }
  }

  remove(edge: Edge): void {
    this.edges.splice(this.edges.indexOf(edge), 1);
    this.router(edge.a).remove(edge.b);
    this.router(edge.b).remove(edge.a);
  }

  settle(): void {
    this.simulation.until(
      'every session is up',
      () =>
        this.edges.every(
          ({ a, b }) => isEstablished(this.router(a), b) && isEstablished(this.router(b), a),
        ),
      minutes(3),
    );
    this.simulation.run(seconds(20));
  }

  /** Hops between two routers in one color. */
  distance(color: Color, from: NetworkName, to: NetworkName): number {
    let reached = new Set<NetworkName>([from]);
    for (let hops = 0; ; hops++) {
      if (reached.has(to)) return hops;
      const next = new Set(reached);
      for (const { a, b } of this.edges.filter((edge) => edge.color === color)) {
        if (reached.has(a)) next.add(b);
        if (reached.has(b)) next.add(a);
      }
      if (next.size === reached.size) return NEVER;
      reached = next;
    }
  }

  /** The routes of every router in every color are those of that color's network, and lead along it. */
  checkRoutes(): void {
    const nameOf = new Map(NAMES.map((name) => [this.routers[name].node.asn, name]));
    for (const name of NAMES)
      for (const color of COLORS)
        for (const target of NAMES.filter((other) => other !== name))
          for (const prefix of this.routers[target].node.announce) {
            const what = `${prefix} in color ${color} of ${name}`;
            const routes = this.routes(name, color, prefix);
            const hops = this.distance(color, name, target);
            const best = routes.find(({ isBest }) => isBest);
            expect(best?.attributes.asPathText.split(' ').length ?? NEVER, what).toBe(hops);
            for (const route of routes) {
              const path = route.attributes.asPathText
                .split(' ')
                .map((asn) => nameOf.get(Number(asn)));
              for (const [i, hop] of path.entries()) {
                const before = i === 0 ? name : path[i - 1];
                const isEdge = this.edges.some(
                  (edge) =>
                    edge.color === color &&
                    ((edge.a === before && edge.b === hop) ||
                      (edge.b === before && edge.a === hop)),
                );
                expect(isEdge, `${what}: from ${before} to ${hop}`).toBe(true);
              }
            }
          }
  }

  /** Who is asked for answers exactly in the colors that lead there. */
  checkPings(pairs: readonly (readonly [NetworkName, NetworkName])[]): void {
    for (const [from, to] of pairs)
      for (const color of COLORS) {
        const { addresses } = this.router(to).node;
        const [row] = this.ask(from, color, 'ping', addresses[this.asked++ % 2] ?? '', {
          count: 1,
          size: SIZES[color],
        });
        const isReached = this.distance(color, from, to) < NEVER;
        if (isReached) this.answered++;
        expect(row?.outcome === 'reply', `ping ${from} to ${to} in color ${color}`).toBe(isReached);
      }
  }

  private router(name: NetworkName): OperatedRouter {
    return (this.routers as Partial<Record<NetworkName, OperatedRouter>>)[name] as OperatedRouter;
  }

  private ask(
    name: NetworkName,
    color: Color,
    ...[query, argument, options]: [Parameters<typeof ask>[2], string, Parameters<typeof ask>[4]?]
  ) {
    const vrf = this.vrfOf(name, color);
    return ask(this.simulation, this.router(name), query, argument, {
      ...options,
      ...(vrf === undefined ? {} : { vrf }),
    });
  }

  private routes(name: NetworkName, color: Color, prefix: string): RouteView[] {
    const rows = this.ask(name, color, 'route', prefix, { mode: 'exact' });
    return (rows as unknown as RouteView[]).filter(
      (route) => route.prefix === prefix && route.rejected === null,
    );
  }

  private sides(a: NetworkName, b: NetworkName, color: Color) {
    const side = (name: NetworkName) => {
      const vrf = this.vrfOf(name, color);
      return { policy: 'accept-all' as const, ...(vrf === undefined ? {} : { vrf }) };
    };
    return [side(a), side(b)] as const;
  }

  /** Looks at every inner packet that enters or leaves a router: its color is its tunnel's. */
  private watch(name: NetworkName): void {
    const { arena, tapPoint, roster } = this.router(name).simulated.router.engine;
    tapPoint.tap = {
      packetPassed: (tunnel: InterfaceId, _direction: number, slot: PacketSlot) => {
        const color = colorOf(arena.bytes, arena.start[slot] ?? 0, arena.end[slot] ?? 0);
        const peering = roster.ofInterface(tunnel);
        if (color === undefined || peering === undefined) return;
        this.recognized++;
        expect(
          peering.vrf.vrfName,
          `a packet of color ${color} at ${name}, tunnel to ${peering.wish.id}`,
        ).toBe(this.vrfOf(name, color));
      },
    };
  }
}

/** The color of an echo message, or of one that an ICMP error is about. */
function colorOf(b: Uint8Array, start: number, end: number): Color | undefined {
  const isIpv4 = (b[start] ?? 0) >>> 4 === 4;
  const header = isIpv4 ? 20 : 40;
  const isEcho = (isIpv4 ? [0, 8] : [128, 129]).includes(b[start + header] ?? -1);
  const about = isEcho ? start : start + header + 8;
  if (!isIcmp(b, start, isIpv4) || !isIcmp(b, about, isIpv4) || about + header > end)
    return undefined;
  const payload = isIpv4 ? readUint16(b, about + 2) - header : readUint16(b, about + 4);
  return COLORS.find((color) => SIZES[color] === payload - 8);
}

const isIcmp = (b: Uint8Array, ip: number, isIpv4: boolean): boolean =>
  isIpv4 ? b[ip] === 0x45 && b[ip + 9] === 1 : (b[ip] ?? 0) >>> 4 === 6 && b[ip + 6] === 58;

scenario(
  'virtual routers of random networks are as separate as networks',
  (simulation) => {
    const random = seededRandom(simulation.seed ^ 0x7af);
    const network = new ColoredNetwork(simulation, random);
    const everybody = NAMES.flatMap((from) =>
      NAMES.filter((to) => to !== from).map((to) => [from, to] as const),
    );
    const some = () => everybody.filter(() => random.below(4) === 0);
    network.settle();
    network.checkRoutes();
    network.checkPings(some());
    for (let change = 0; change < 3; change++) {
      const edge = network.edges[random.below(network.edges.length)];
      if (edge === undefined) break;
      if (random.below(3) === 0) network.remove(edge);
      else network.repaint(edge, COLORS[(edge.color + 1 + random.below(2)) % 3] ?? 0);
      network.settle();
      network.checkRoutes();
    }
    network.checkPings(some());
    // Question and answer each leave one router and enter another, at least.
    expect(network.answered).toBeGreaterThan(0);
    expect(network.recognized).toBeGreaterThanOrEqual(4 * network.answered);
    expectHealthy(...NAMES.map((name) => network.routers[name]));
  },
  { seeds: [1, 2] },
);
