/** Every option of a session that concerns routes, in each direction it has (BGP specification §6.7). */
import { describe, expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import type { Asn } from '../../base/units.ts';
import type { RouteOptions } from './route-options.ts';
import { bindTo } from './testing/bind-policy.ts';
import { LAB_ASN, Lab, type LabNeighbor, type NeighborWish } from './testing/lab.ts';
import { FIXTURE_FILTERS, FIXTURE_ROAS } from './testing/registry-fixture.ts';
import { ip, prefix } from './testing/updates.ts';

const P = '172.20.0.0/24';
const Q = 'fd42:1::/48';
const LOCAL = 4242420099 as Asn;

/** The same options in both families. */
const both = (options: Partial<RouteOptions>): Pick<NeighborWish, 'options'> => ({
  options: { ipv4: options, ipv6: options },
});
const change = (lab: Lab, neighbor: LabNeighbor, options: Partial<RouteOptions>): void => {
  lab.routes.updateNeighbor(neighbor.id, both(options), lab.now);
  lab.settle();
};
const kept = (lab: Lab, neighbor: LabNeighbor, which: 'accepted' | 'rejected' = 'accepted') =>
  lab.routes.routesOf(neighbor.id, which, 0, 100).routes;
const pathOf = (lab: Lab, neighbor: LabNeighbor): string | undefined =>
  kept(lab, neighbor)[0]?.attributes.asPathText;
const reasonsOf = (lab: Lab, neighbor: LabNeighbor): (string | undefined)[] =>
  kept(lab, neighbor, 'rejected').map(({ rejected }) => rejected?.reason);

describe('local-as', () => {
  const session = { localAsn: LOCAL };

  test('prepends the local AS on import, and shows both on export', () => {
    const lab = new Lab();
    const x = lab.add({ session, ...both({ prependsLocalAs: true, showsAs: LAB_ASN }) });
    const y = lab.add();
    lab.announce(x, { prefixes: [P, Q], path: [7] });
    lab.announce(y, { prefixes: ['172.20.9.0/24'], path: [8] });
    lab.settle();
    expect(kept(lab, x).map(({ attributes }) => attributes.asPathText)).toEqual([
      `${LOCAL} ${x.asn} 7`,
      `${LOCAL} ${x.asn} 7`,
    ]);
    expect(y.table.get(P)).toBe(`${LAB_ASN} ${LOCAL} ${x.asn} 7`);
    expect(x.table.get('172.20.9.0/24')).toBe(`${LOCAL} ${LAB_ASN} ${y.asn} 8`);
    expect(lab.routes.audit()).toEqual([]);
  });

  test('no-prepend leaves received paths alone, replace-as hides our own AS', () => {
    const lab = new Lab();
    const x = lab.add({ session });
    const y = lab.add();
    lab.announce(x, { prefixes: [P] });
    lab.announce(y, { prefixes: ['172.20.9.0/24'] });
    lab.settle();
    expect(pathOf(lab, x)).toBe(`${x.asn}`);
    expect(x.table.get('172.20.9.0/24')).toBe(`${LOCAL} ${y.asn}`);
  });

  test('a path with either AS of ours is a loop, what we prepended is none', () => {
    const lab = new Lab();
    const x = lab.add({ session, ...both({ prependsLocalAs: true }) });
    lab.announce(x, { prefixes: ['172.20.1.0/24'], path: [LAB_ASN, 1] });
    lab.announce(x, { prefixes: ['172.20.2.0/24'], path: [LOCAL, 1] });
    lab.announce(x, { prefixes: ['172.20.3.0/24'], path: [1] });
    lab.settle();
    expect(reasonsOf(lab, x)).toEqual(['own-as', 'own-as']);
    expect(kept(lab, x).map(({ prefix }) => prefix)).toEqual(['172.20.3.0/24']);
  });

  test('first AS and "only its own routes" are asked of what the neighbor wrote', () => {
    const lab = new Lab();
    lab.routes.setRoas(FIXTURE_ROAS, FIXTURE_FILTERS, lab.now);
    const asn = 4242426001;
    const options = both({ prependsLocalAs: true });
    const x = lab.add({ asn, session, policy: 'peer-only', ...options });
    lab.announce(x, { prefixes: ['172.21.129.0/27'] });
    lab.announce(x, { prefixes: ['172.21.130.0/27'], path: [4242426002] });
    lab.settle();
    expect(kept(lab, x).map(({ prefix }) => prefix)).toEqual(['172.21.129.0/27']);
    expect(reasonsOf(lab, x)).toEqual(['peer-only']);
  });

  test('an old speaker hears AS_TRANS for it, and the truth in AS4_PATH', () => {
    const lab = new Lab();
    const x = lab.add({
      session: { ...session, fourOctetAs: false },
      ...both({ showsAs: LAB_ASN }),
    });
    const y = lab.add();
    lab.announce(y, { prefixes: [P] });
    lab.settle();
    const [heard] = lab.take(x).filter(({ announced }) => announced.includes(P));
    const hex = toHex(heard?.bytes ?? new Uint8Array(0));
    expect(hex).toContain(`4002080203${'5ba0'.repeat(3)}`);
    const as4 = [LOCAL, LAB_ASN, y.asn].map((asn) => asn.toString(16).padStart(8, '0')).join('');
    expect(hex).toContain(`c0110e0203${as4}`);
  });

  test('prepending or not is asked for anew; hiding our AS is told anew', () => {
    const lab = new Lab();
    const x = lab.add({ session, ...both({ prependsLocalAs: true, showsAs: LAB_ASN }) });
    const y = lab.add();
    lab.announce(y, { prefixes: [P] });
    lab.settle();
    change(lab, x, { prependsLocalAs: true });
    expect(x.table.get(P)).toBe(`${LOCAL} ${y.asn}`);
    expect(x.markers).toEqual([]);
    change(lab, x, {});
    expect(x.markers).toEqual([
      { family: 'ipv4', subtype: 0 },
      { family: 'ipv6', subtype: 0 },
    ]);
  });
});

describe('allowas-in', () => {
  test('our AS may be there so often and no oftener, and a change is judged without a reset', () => {
    const lab = new Lab();
    const x = lab.add();
    lab.announce(x, { prefixes: ['172.20.1.0/24'], path: [LAB_ASN, 1] });
    lab.announce(x, { prefixes: ['172.20.2.0/24'], path: [LAB_ASN, LAB_ASN, 1] });
    lab.settle();
    expect(reasonsOf(lab, x)).toEqual(['own-as', 'own-as']);
    change(lab, x, { allowasIn: 1 });
    expect(kept(lab, x).map(({ prefix }) => prefix)).toEqual(['172.20.1.0/24']);
    change(lab, x, { allowasIn: 2 });
    expect(kept(lab, x)).toHaveLength(2);
    change(lab, x, {});
    expect(kept(lab, x)).toEqual([]);
    expect(x.markers).toEqual([]);
    expect(lab.routes.audit()).toEqual([]);
  });

  test('one family may allow what the other does not', () => {
    const lab = new Lab();
    const x = lab.add({ options: { ipv6: { allowasIn: 1 } } });
    lab.announce(x, { prefixes: [P, Q], path: [LAB_ASN, 1] });
    lab.settle();
    expect(kept(lab, x).map(({ prefix }) => prefix)).toEqual([Q]);
  });
});

test('enforce-first-as off takes paths that begin with another AS', () => {
  const lab = new Lab();
  const x = lab.add({ asn: 4242420001, session: { peerAsn: 4242420001 as Asn } });
  const route = { prefixes: [P], path: [2, 3] };
  // The lab puts the session's AS in front: another one is what a route server passes on.
  const other = { ...x, session: { ...x.session, peerAsn: 4242420777 as Asn } };
  lab.announce(other, route);
  lab.settle();
  expect(reasonsOf(lab, x)).toEqual(['first-as']);
  change(lab, x, { enforceFirstAs: false });
  expect(kept(lab, x)).toHaveLength(1);
  change(lab, x, {});
  expect(reasonsOf(lab, x)).toEqual(['first-as']);
});

describe('outgoing paths', () => {
  const tellingWith = (
    options: Partial<RouteOptions>,
    path: readonly number[],
  ): string | undefined => {
    const lab = new Lab();
    const x = lab.add({ asn: 64512 });
    const y = lab.add({ asn: 3333, ...both(options) });
    lab.announce(x, { prefixes: [P], path });
    lab.settle();
    expect(lab.routes.audit()).toEqual([]);
    return y.table.get(P);
  };

  test('remove-private-as all takes every private AS out, our own stays in front', () => {
    expect(tellingWith({ removePrivateAs: 'all' }, [7, 4200000000, 8])).toBe(`${LAB_ASN} 7 8`);
    expect(tellingWith({ removePrivateAs: 'all' }, [65534, 65535])).toBe(`${LAB_ASN} 65535`);
  });

  test('remove-private-as if-all-private leaves a mixed path alone', () => {
    const options = { removePrivateAs: 'if-all-private' } as const;
    expect(tellingWith(options, [7, 4200000000])).toBe(`${LAB_ASN} 64512 7 4200000000`);
    expect(tellingWith(options, [65000, 4200000000])).toBe(`${LAB_ASN}`);
  });

  test('as-override writes ours for the AS of the neighbor, who hears of the route after all', () => {
    expect(tellingWith({}, [3333, 9])).toBeUndefined();
    expect(tellingWith({ asOverride: true }, [3333, 9])).toBe(`${LAB_ASN} 64512 ${LAB_ASN} 9`);
  });

  test('neighbors with the same options share an encoding, others do not hear it', () => {
    const lab = new Lab();
    const x = lab.add({ asn: 64512 });
    const plain = lab.add({ asn: 3333 });
    const stripped = lab.add({ asn: 3334, ...both({ removePrivateAs: 'all' }) });
    lab.announce(x, { prefixes: [P] });
    lab.settle();
    expect([plain.table.get(P), stripped.table.get(P)]).toEqual([`${LAB_ASN} 64512`, `${LAB_ASN}`]);
    change(lab, stripped, {});
    expect(stripped.table.get(P)).toBe(`${LAB_ASN} 64512`);
    const [sent] = lab.routes.routesOf(stripped.id, 'sent', 0, 1).routes;
    expect(sent?.attributes.asPathText).toBe(`${LAB_ASN} 64512`);
  });
});

describe('next hops', () => {
  const internal = { asn: LAB_ASN, session: { isInternal: true } };
  const OURS = ['fd42:6000::1', 'fe80::6000'];
  const THEIRS = 'fd42:7::7';
  const toldBy = (
    options: Partial<RouteOptions>,
    to: NeighborWish,
    prefix = Q,
  ): readonly string[] => {
    const lab = new Lab();
    const x = lab.add();
    const y = lab.add({ ...to, ...both(options) });
    lab.announce(x, { prefixes: [prefix], nextHop: THEIRS });
    lab.settle();
    const [heard] = lab.take(y).filter(({ announced }) => announced.includes(prefix));
    return heard?.nextHop ?? [];
  };

  test('external neighbors are told ours, whatever next-hop-self says', () => {
    expect(toldBy({}, {})).toEqual(OURS);
    expect(toldBy({ nextHopSelf: 'off' }, {})).toEqual(OURS);
  });

  test('internal ones are told ours, or what external neighbors said when it is off', () => {
    expect(toldBy({}, internal)).toEqual(OURS);
    expect(toldBy({ nextHopSelf: 'external-only' }, internal)).toEqual(OURS);
    expect(toldBy({ nextHopSelf: 'off' }, internal)).toEqual([THEIRS]);
    expect(toldBy({ nextHopSelf: 'off' }, internal, P)).toEqual([THEIRS]);
  });

  test('next hop keep keeps it towards external neighbors as well', () => {
    expect(toldBy({ nextHopKeep: true }, {})).toEqual([THEIRS]);
  });

  test('an IPv6 next hop of an IPv4 route is not told to those who do not know it', () => {
    const session = { extendedNextHop: false };
    const nextHopSelf = { ipv4: { family: 4 as const, bytes: Uint8Array.of(172, 20, 0, 1) } };
    expect(toldBy({ nextHopKeep: true }, { session, nextHopSelf }, P)).toEqual(['172.20.0.1']);
  });

  test('a link-local next hop is for its own link: ours stands in for it', () => {
    const lab = new Lab();
    const x = lab.add();
    const y = lab.add(both({ nextHopKeep: true }));
    lab.announce(x, { prefixes: [Q], nextHop: 'fe80::1' });
    lab.settle();
    const [heard] = lab.take(y).filter(({ announced }) => announced.includes(Q));
    expect(heard?.nextHop).toEqual(OURS);
  });
});

describe('default-originate', () => {
  test('tells a default route of ours to who asked, and to nobody else', () => {
    const lab = new Lab();
    const x = lab.add(both({ defaultOriginate: true }));
    const y = lab.add();
    lab.settle();
    expect(x.table).toEqual(
      new Map([
        ['0.0.0.0/0', `${LAB_ASN}`],
        ['::/0', `${LAB_ASN}`],
      ]),
    );
    expect([y.table.size, lab.fib.size]).toEqual([0, 0]);
    expect(lab.routes.counters(x.id).sent).toBe(2);
    const [sent] = lab.routes.routesOf(x.id, 'sent', 0, 1).routes;
    expect(sent).toMatchObject({ prefix: '0.0.0.0/0', from: 'own' });
    expect(lab.routes.audit()).toEqual([]);
  });

  test('ours stands above one of the table, which comes back when it is switched off', () => {
    const lab = new Lab();
    const x = lab.add();
    const y = lab.add({ options: { ipv4: { defaultOriginate: true } } });
    lab.announce(x, { prefixes: ['0.0.0.0/0', '::/0'] });
    lab.settle();
    expect(y.table.get('0.0.0.0/0')).toBe(`${LAB_ASN}`);
    expect(y.table.get('::/0')).toBe(`${LAB_ASN} ${x.asn}`);
    change(lab, y, {});
    expect(y.table.get('0.0.0.0/0')).toBe(`${LAB_ASN} ${x.asn}`);
    lab.withdraw(x, ['0.0.0.0/0']);
    lab.settle();
    expect([...y.table.keys()]).toEqual(['::/0']);
    expect(lab.routes.audit()).toEqual([]);
  });

  test('who takes several paths is told it as the only one, under an id of its own (RFC 7911)', () => {
    const lab = new Lab();
    const addPath = { receive: [], send: ['ipv4', 'ipv6'] } as const;
    const [x, y] = [lab.add(), lab.add()];
    const z = lab.add({ ...both({ defaultOriginate: true }), session: { addPath } });
    for (const neighbor of [x, y]) lab.announce(neighbor, { prefixes: ['0.0.0.0/0', P] });
    lab.settle();
    const ours = '0.0.0.0/0#4294967295';
    expect([...z.table.keys()].sort()).toEqual(
      [ours, `${P}#1`, `${P}#2`, '::/0#4294967295'].sort(),
    );
    expect(z.table.get(ours)).toBe(`${LAB_ASN}`);
    expect(lab.routes.counters(z.id).sent).toBe(4);
    expect(lab.routes.routesOf(z.id, 'sent', 0, 1).routes).toMatchObject([
      { prefix: '0.0.0.0/0', from: 'own', pathId: 0xffffffff },
    ]);
    const told = lab.routes
      .exportsOf(prefix('0.0.0.0/0'))
      .filter(({ neighbor }) => neighbor === z.id);
    expect(told).toMatchObject([{ path: null, isAnnounced: true, reason: null }]);
    lab.take(z);
    lab.routes.receiveRouteRefresh(z.id, 'ipv4', 0, lab.now);
    lab.withdraw(x, ['0.0.0.0/0']);
    lab.settle();
    expect(
      lab
        .take(z)
        .flatMap(({ announced }) => announced)
        .sort(),
    ).toEqual([ours, `${P}#1`, `${P}#2`].sort());
    change(lab, z, {});
    expect([...z.table.keys()].sort()).toEqual(['0.0.0.0/0#1', `${P}#1`, `${P}#2`].sort());
    change(lab, z, { defaultOriginate: true });
    expect(z.table.size).toBe(4);
    expect(lab.routes.audit()).toEqual([]);
  });

  test('a policy that exports nothing keeps it from every kind of neighbor, and each is told why', () => {
    const lab = new Lab();
    const wish = both({ defaultOriginate: true });
    const several = { ...wish, session: { addPath: { receive: [], send: ['ipv4'] } } } as const;
    const none = [wish, several, { ...wish, routeServerClient: true }].map((each) => lab.add(each));
    for (const each of none) {
      const rules = bindTo(each, {}, { export: ['none'] });
      lab.routes.updateNeighbor(each.id, { rules }, lab.now);
    }
    lab.settle();
    for (const { id, table } of none) {
      expect([table.size, lab.routes.counters(id).sent]).toEqual([0, 0]);
      const told = lab.routes.exportsOf(prefix('0.0.0.0/0')).find((to) => to.neighbor === id);
      expect(told).toMatchObject({ isAnnounced: false, reason: 'policy' });
    }
    expect(lab.routes.audit()).toEqual([]);
  });

  test('a client of a route server without a next hop for the family is not told it, nor counted as told', () => {
    const lab = new Lab();
    const ipv6Only = { localAddress: ip('fd42:6000::1'), extendedNextHop: false };
    const x = lab.add({
      ...both({ defaultOriginate: true }),
      routeServerClient: true,
      session: ipv6Only,
    });
    lab.settle();
    expect([...x.table.keys()]).toEqual(['::/0']);
    expect(lab.routes.counters(x.id).sent).toBe(1);
  });

  test('it goes with the option, and comes with it, while the session stays', () => {
    const lab = new Lab();
    const x = lab.add();
    lab.settle();
    change(lab, x, { defaultOriginate: true });
    expect(x.table.size).toBe(2);
    change(lab, x, {});
    expect(x.table.size).toBe(0);
    expect(lab.routes.audit()).toEqual([]);
  });
});

describe('import table off', () => {
  test('rejected routes leave nothing, and are asked for when the rules change', () => {
    const lab = new Lab();
    const x = lab.add(both({ importTable: false }));
    lab.announce(x, { prefixes: [P], path: [LAB_ASN] });
    lab.announce(x, { prefixes: [Q], path: [1] });
    lab.settle();
    expect(lab.routes.counters(x.id)).toMatchObject({ received: 1, accepted: 1, notKept: 1 });
    change(lab, x, { importTable: false, allowasIn: 1 });
    expect(x.markers.map(({ subtype }) => subtype)).toEqual([0, 0]);
    lab.announce(x, { prefixes: [P], path: [LAB_ASN] });
    lab.settle();
    expect(lab.routes.counters(x.id)).toMatchObject({ received: 2, accepted: 2 });
    change(lab, x, { importTable: false });
    expect(lab.routes.counters(x.id)).toMatchObject({ received: 1, accepted: 1 });
    expect(lab.fib.has(P)).toBe(false);
    expect(lab.routes.audit()).toEqual([]);
  });

  test('a new registry is asked for the routes it might allow', () => {
    const lab = new Lab();
    const asn = 4242426001;
    const x = lab.add({ asn, policy: 'full', ...both({ importTable: false }) });
    const y = lab.add({ policy: 'full' });
    lab.announce(x, { prefixes: ['172.21.129.0/27'] });
    lab.routes.setRoas(FIXTURE_ROAS, FIXTURE_FILTERS, lab.now);
    lab.settle();
    expect(lab.routes.counters(x.id)).toMatchObject({ received: 0, notKept: 1 });
    expect([x.markers.length, y.markers.length]).toEqual([2, 0]);
  });

  test('switched on again, the routes that were forgotten are asked for', () => {
    const lab = new Lab();
    const x = lab.add(both({ importTable: false }));
    lab.settle();
    change(lab, x, {});
    expect(x.markers.map(({ subtype }) => subtype)).toEqual([0, 0]);
  });

  test('a request that the session does not take yet is sent when it does, and to no other session', () => {
    const lab = new Lab();
    const x = lab.add(both({ importTable: false }));
    const y = lab.add({ session: { routeRefresh: false }, ...both({ importTable: false }) });
    lab.settle();
    x.room = 0;
    change(lab, x, {});
    change(lab, y, {});
    expect(x.markers).toEqual([]);
    x.room = Number.POSITIVE_INFINITY;
    lab.routes.writable(x.id, lab.now);
    expect(x.markers).toHaveLength(2);
    lab.routes.writable(x.id, lab.now);
    expect([x.markers.length, y.markers.length]).toEqual([2, 0]);
  });

  test('one rejected neighbor of several is forgotten without hurting the others', () => {
    const lab = new Lab();
    const neighbors = [true, false, true, false, true].map((importTable) =>
      lab.add({ policy: 'full', asn: 4242426001, ...both({ importTable }) }),
    );
    lab.routes.setRoas(FIXTURE_ROAS, FIXTURE_FILTERS, lab.now);
    for (const each of neighbors) lab.announce(each, { prefixes: ['172.21.129.0/27'] });
    lab.settle();
    lab.routes.setRoas([], FIXTURE_FILTERS, lab.now);
    lab.settle();
    const received = neighbors.map(({ id }) => lab.routes.counters(id).received);
    expect(received).toEqual([1, 0, 1, 0, 1]);
    expect(lab.routes.audit()).toEqual([]);
  });
});

test('a hot option tells nobody anything', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  lab.announce(x, { prefixes: [P, Q] });
  lab.settle();
  lab.take(y);
  change(lab, y, { prefixLimit: { received: 5, action: 'warn', warnAtPercent: 50 } });
  expect(lab.take(y)).toEqual([]);
  expect([x.markers, y.markers]).toEqual([[], []]);
});
