import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interfaceId } from '../../base/units.ts';
import type { NextHopRoute } from '../rib/next-hop-resolution.ts';
import { LAB_ASN, LAB_ROUTER_ID, Lab, type LabNeighbor, type NeighborWish } from './testing/lab.ts';
import { RouteNetwork } from './testing/route-network.ts';
import { hex, ip } from './testing/updates.ts';

const P = '172.20.0.0/24';
const CLUSTER = 0x0a63bbbb;
const GLOBAL = { isInternal: true, localAddress: ip('fd42:6000::1') } as const;
const INTERNAL = { asn: LAB_ASN, session: GLOBAL } as const;
/** ORIGINATOR_ID 10.99.0.1, CLUSTER_LIST 10.99.187.187. */
const REFLECTED = '80 09 04 0a 63 00 01  80 0a 04 0a 63 bb bb';

const client = (lab: Lab, wish: NeighborWish = {}): LabNeighbor =>
  lab.add({ ...INTERNAL, routeReflectorClient: true, ...wish });
const other = (lab: Lab): LabNeighbor => lab.add(INTERNAL);

test('from a client to clients and others, from others to clients alone, never back (RFC 4456 §6)', () => {
  const lab = new Lab();
  const [c, d, n, m] = [client(lab), client(lab), other(lab), other(lab)];
  const external = lab.add();
  lab.announce(c, { prefixes: [P], path: [1] });
  lab.announce(n, { prefixes: ['172.21.0.0/24'], path: [1] });
  lab.settle();
  const tables = [c, d, n, m, external].map(({ table }) => [...table.keys()].sort().join());
  const both = `${P},172.21.0.0/24`;
  expect(tables).toEqual(['172.21.0.0/24', both, P, P, both]);
  expect(lab.reasonFor('172.21.0.0/24', m)).toBe('not-reflected');
  expect(lab.reasonFor(P, c)).toBe('split-horizon');
});

test('what is reflected carries originator and cluster, and its attributes as they came (§8, §10)', () => {
  const lab = new Lab({ clusterId: CLUSTER });
  const [c, d] = [client(lab), client(lab)];
  lab.announce(c, { prefixes: [P], path: [1, 2], med: 7, localPref: 300, nextHop: 'fd42::c' });
  lab.settle();
  const [heard] = lab.take(d);
  expect(heard?.nextHop).toEqual(['fd42::c']);
  expect(heard?.attributes).toMatchObject({
    asPathText: '1 2',
    med: 7,
    localPref: 300,
    originatorId: '10.0.0.1',
    clusterList: ['10.99.187.187'],
  });
});

test('an originator stays, and our cluster goes in front of the others', () => {
  const lab = new Lab();
  const [c, d] = [client(lab), client(lab)];
  lab.announce(c, {
    prefixes: [P],
    path: [1],
    extra: `${REFLECTED} c0 20 0c ${'00000001'.repeat(3)}`,
  });
  lab.settle();
  expect(lab.take(d)[0]?.attributes).toMatchObject({
    originatorId: '10.99.0.1',
    clusterList: ['172.21.128.1', '10.99.187.187'],
    largeCommunities: ['1:1:1'],
  });
  // Across the border both go.
  const external = lab.add();
  lab.settle();
  expect(lab.take(external)[0]?.attributes).toMatchObject({ originatorId: null, clusterList: [] });
});

test.each([
  ['our router id as originator', {}, `80 09 04 ${LAB_ROUTER_ID.toString(16)}`],
  ['our cluster in the list', { clusterId: CLUSTER }, '80 0a 04 0a 63 bb bb'],
  ['our router id, which is the cluster', {}, `80 0a 04 ${LAB_ROUTER_ID.toString(16)}`],
])('a route that comes round is a loop: %s', (_, options, extra) => {
  const lab = new Lab(options);
  lab.announce(client(lab), { prefixes: [P], path: [1], extra });
  lab.settle();
  expect(lab.view(P)?.rejected?.reason).toBe('loop-cluster');
  expect(lab.fib.size).toBe(0);
});

test('with a cluster id of its own a reflector takes lists that name its router id', () => {
  const lab = new Lab({ clusterId: CLUSTER });
  const extra = `80 0a 04 ${LAB_ROUTER_ID.toString(16)}`;
  lab.announce(client(lab), { prefixes: [P], path: [1], extra });
  lab.settle();
  expect(lab.view(P)?.rejected).toBeNull();
});

test('a next hop that means nothing elsewhere becomes ours', () => {
  const lab = new Lab();
  const [c, d, onLink, v4] = [
    client(lab),
    client(lab),
    client(lab, { session: { isInternal: true } }),
    client(lab, {
      nextHopSelf: { ipv4: ip('172.21.128.1') },
      session: { ...GLOBAL, extendedNextHop: false },
    }),
  ];
  lab.announce(c, { prefixes: [P], path: [1] });
  lab.settle();
  expect(lab.take(d)[0]?.nextHop).toEqual(['fd42:6000::1', 'fe80::6000']);
  lab.announce(c, { prefixes: [P], path: [1], nextHop: 'fd42::c' });
  lab.settle();
  expect(lab.take(d).at(-1)?.nextHop).toEqual(['fd42::c']);
  expect(lab.take(v4).at(-1)?.nextHop).toEqual(['172.21.128.1']);
  expect(lab.take(onLink).at(-1)?.nextHop).toEqual(['fd42:6000::1', 'fe80::6000']);
  lab.announce(c, { prefixes: [P], path: [1], nextHop: '172.21.0.9' });
  lab.settle();
  expect(lab.take(d).at(-1)?.nextHop).toEqual(['172.21.0.9']);
});

test('packets to an internal route leave by the tunnel its next hop is on, else by the one it came by', () => {
  const places = new Map([['fd42::c', 77]]);
  const lab = new Lab({ nextHops: (address) => placeOf(places, address.bytes) });
  const [c, external] = [other(lab), lab.add()];
  lab.announce(c, { prefixes: [P, 'fd42:1::/48'], path: [1], nextHop: 'fd42::c' });
  lab.announce(c, { prefixes: ['172.21.0.0/24'], path: [1], nextHop: 'fd42::d' });
  lab.announce(external, { prefixes: ['172.22.0.0/24'], nextHop: 'fd42::c' });
  lab.settle();
  expect([...lab.fib].sort()).toEqual([
    [P, 77],
    ['172.21.0.0/24', 1],
    ['172.22.0.0/24', 2],
    ['fd42:1::/48', 77],
  ]);
  places.clear();
  places.set('fd42::d', 78);
  lab.routes.nextHopsChanged(lab.now);
  lab.settle();
  expect([lab.fib.get(P), lab.fib.get('172.21.0.0/24')]).toEqual([1, 78]);
});

test('prefixes of another router of ours are told to everybody, like our own', () => {
  const lab = new Lab();
  const upstream = lab.add({ policy: 'upstream' });
  const peer = lab.add({ policy: 'peer-only' });
  lab.announce(other(lab), { prefixes: [P] });
  lab.settle();
  expect(upstream.table.get(P)).toBe(`${LAB_ASN}`);
  expect(peer.table.get(P)).toBe(`${LAB_ASN}`);
});

test('the golden UPDATE of a client of BIRD, reflected octet by octet (fixtures/bird-ibgp-reflector)', () => {
  const lab = new Lab({ clusterId: 0x0a620002 });
  const session = { isInternal: true, localAddress: ip('10.98.0.2'), extendedNextHop: false };
  const [c, d] = [0x0a620001, 0x0a620003].map((peerRouterId) =>
    client(lab, { session: { ...session, peerRouterId } }),
  ) as [LabNeighbor, LabNeighbor];
  lab.receive(c, hex('0000 0015 40010100 400200 4003040a620001 40050400000065 100a0a'));
  lab.settle();
  const [heard] = lab.take(d).filter(({ announced }) => announced.length > 0);
  const attributes = '40010100 400200 4003040a620001 40050400000065 8009040a620001 800a040a620002';
  expect(heard?.bytes).toEqual(hex(`${'ff'.repeat(16)} 003d 02 0000 0023 ${attributes} 100a0a`));
});

type Topology = {
  readonly reflectors: number;
  /** For each other router: its reflectors, by number. */
  readonly clients: readonly (readonly number[])[];
  readonly isOneCluster: boolean;
  readonly tunnels: readonly (readonly [number, number])[];
};

const topology: fc.Arbitrary<Topology> = fc.integer({ min: 1, max: 4 }).chain((reflectors) =>
  fc.boolean().chain((isOneCluster) =>
    fc
      .array(
        fc.uniqueArray(fc.nat(reflectors - 1), {
          // Reflectors that share a cluster do not hear each other's clients: those have them all.
          minLength: isOneCluster ? reflectors : 1,
          maxLength: isOneCluster ? reflectors : 2,
        }),
        { minLength: 1, maxLength: 8 },
      )
      .chain((clients) => {
        const any = fc.nat(reflectors + clients.length - 1);
        return fc.record({
          reflectors: fc.constant(reflectors),
          clients: fc.constant(clients),
          isOneCluster: fc.constant(isOneCluster),
          tunnels: fc.array(fc.tuple(any, any), { maxLength: 4 }),
        });
      }),
  ),
);
const announcement = fc.record({
  router: fc.nat(),
  prefix: fc.integer({ min: 0, max: 5 }),
  length: fc.integer({ min: 1, max: 3 }),
});

test('any reflectors and clients: every route arrives, nothing loops, withdrawals leave nothing', () => {
  fc.assert(
    fc.property(
      topology,
      fc.array(announcement, { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 3 }),
      fc.nat(),
      (shape, announcements, flaps, seed) => {
        const size = shape.reflectors + shape.clients.length;
        const wishes = Array.from({ length: size }, (_, i) =>
          shape.isOneCluster && i < shape.reflectors ? { clusterId: CLUSTER } : {},
        );
        const network = new RouteNetwork(seed, wishes);
        const links: [number, number][] = [];
        for (let a = 0; a < shape.reflectors; a++)
          for (let b = a + 1; b < shape.reflectors; b++) {
            network.link(a, b, false);
            links.push([a, b]);
          }
        for (const [i, reflectors] of shape.clients.entries())
          for (const reflector of reflectors) {
            network.link(reflector, shape.reflectors + i, true);
            links.push([reflector, shape.reflectors + i]);
          }
        for (const [a, b] of shape.tunnels) if (a !== b) network.tunnel(a, b);

        const sources = new Map<string, Set<number>>();
        for (const { router, prefix, length } of announcements) {
          const at = router % size;
          const text = `172.20.${prefix}.0/24`;
          sources.set(text, (sources.get(text) ?? new Set()).add(at));
          network.announce(at, { prefixes: [text], path: Array(length).fill(1) });
        }
        const check = (): void => {
          expect(network.settle()).toBe(true);
          for (const [prefix, at] of sources)
            for (let from = 0; from < size; from++)
              expect([...at]).toContain(network.follow(from, prefix));
        };
        check();
        for (const flap of flaps) {
          const [a, b] = links[flap % links.length] as [number, number];
          network.lose(a, b);
          if (flap % 2 === 0) network.settle(1);
          network.establish(a, b);
        }
        check();
        for (const [prefix, at] of sources)
          for (const router of at) network.withdraw(router, [prefix]);
        expect(network.settle()).toBe(true);
        for (const { fib, told, routes } of network.nodes) {
          expect([fib.size, told.size]).toEqual([0, 0]);
          expect(routes.audit()).toEqual([]);
        }
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);

function placeOf(places: ReadonlyMap<string, number>, bytes: Uint8Array): NextHopRoute | undefined {
  const found = [...places].find(([text]) => ip(text).bytes.join() === bytes.join());
  return found && { out: interfaceId(found[1]), length: bytes.length * 8 };
}

test('of several paths each is reflected as its own originator’s', () => {
  const lab = new Lab();
  const [c, d] = [client(lab), client(lab)];
  const several = client(lab, {
    session: { ...GLOBAL, addPath: { receive: [], send: ['ipv4', 'ipv6'] } },
  });
  for (const neighbor of [c, d])
    lab.announce(neighbor, { prefixes: [P], path: [1], nextHop: 'fd42::c' });
  lab.settle();
  const originators = lab
    .take(several)
    .flatMap(({ announced, attributes }) => announced.map((at) => [at, attributes?.originatorId]));
  expect(originators.sort()).toEqual([
    [`${P}#1`, '10.0.0.1'],
    [`${P}#2`, '10.0.0.2'],
  ]);
  expect(lab.routes.audit()).toEqual([]);
});
