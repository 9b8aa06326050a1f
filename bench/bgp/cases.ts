/**
 * The cases of the BGP benchmark: who announces what, and what everybody must hold at the end.
 *
 * @module
 */
import type { Prefixes, WorkloadName } from './workload.ts';

export type BgpCase = {
  readonly workload: WorkloadName;
  readonly peers: number;
  /** Of the peers, the first ones that announce. */
  readonly feeders: number;
  /** What one of them announces. */
  readonly routesPerFeeder: number;
  /** Every feeder has prefixes of its own; else all announce the same ones by other paths. */
  readonly isDistinct: boolean;
  /** Through tunnels, over our own TCP. */
  readonly isTunnelled: boolean;
  /** Routers that would need minutes or gigabytes are left out. */
  readonly routers: readonly BgpRouter[];
};

export const BGP_ROUTERS = ['BIRD', 'FRR', 'GoBGP', 'rootless42', 'BIRD + wireguard-go'] as const;
export type BgpRouter = (typeof BGP_ROUTERS)[number];
const DAEMONS: readonly BgpRouter[] = ['BIRD', 'FRR', 'rootless42'];

const internet = { workload: 'internet', isDistinct: false, isTunnelled: false } as const;
const dn42 = { ...internet, workload: 'dn42', peers: 50, feeders: 50 } as const;

export const BGP_CASES = {
  /** Everything comes in, nothing goes out. */
  recv: { ...internet, peers: 1, feeders: 1, routesPerFeeder: 1_000_000, routers: DAEMONS },
  /** … and goes out again to one peer. */
  relay: { ...internet, peers: 2, feeders: 1, routesPerFeeder: 1_000_000, routers: DAEMONS },
  /** All announce the same: each best path goes to all but the one it came from. */
  overlap: { ...internet, peers: 10, feeders: 10, routesPerFeeder: 100_000, routers: DAEMONS },
  /** Each announces its own: everything goes to all the others. */
  mesh: {
    ...internet,
    peers: 10,
    feeders: 10,
    routesPerFeeder: 100_000,
    isDistinct: true,
    routers: DAEMONS,
  },
  /** `overlap` in the shape of DN42, over IPv6 with extended next hops. */
  dn42: { ...dn42, routesPerFeeder: 10_000, routers: DAEMONS },
  'recv-small': {
    ...internet,
    peers: 1,
    feeders: 1,
    routesPerFeeder: 100_000,
    routers: [...DAEMONS, 'GoBGP'],
  },
  'dn42-small': { ...dn42, routesPerFeeder: 2000, routers: [...DAEMONS, 'GoBGP'] },
  /** `relay` through WireGuard and our own TCP; a peering of the portal takes so many at most. */
  'relay-tunnel': {
    ...internet,
    peers: 2,
    feeders: 1,
    routesPerFeeder: 200_000,
    isTunnelled: true,
    routers: ['BIRD + wireguard-go', 'rootless42'],
  },
} as const satisfies Readonly<Record<string, BgpCase>>;
export type BgpCaseName = keyof typeof BGP_CASES;
export const BGP_CASE_NAMES = Object.keys(BGP_CASES) as BgpCaseName[];

/** A case with fewer routes: for a first look, and for tests. */
export const scaled = (name: BgpCaseName, scale: number): BgpCase => ({
  ...BGP_CASES[name],
  routesPerFeeder: Math.max(10, Math.round(BGP_CASES[name].routesPerFeeder * scale)),
});

export const prefixesOf = ({
  workload,
  routesPerFeeder,
  feeders,
  isDistinct,
}: BgpCase): Prefixes => ({
  workload,
  count: isDistinct ? routesPerFeeder * feeders : routesPerFeeder,
});

/** Paths the router holds at the end. */
export const pathsOf = ({ routesPerFeeder, feeders }: BgpCase): number => routesPerFeeder * feeders;

/**
 * Prefixes that all peers together hold at the end. `isEchoing`: the router tells a best path to the
 * peer it came from, too.
 */
export function expectedOf(bgpCase: BgpCase, isEchoing: boolean): number {
  const { peers } = bgpCase;
  return prefixesOf(bgpCase).count * (isEchoing ? peers : peers - 1);
}
