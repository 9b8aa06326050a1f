import { expect, test } from 'vitest';
import type { ExportReason } from '../policy/export-reason.ts';
import { LAB_ASN, Lab, type LabNeighbor, type NeighborWish } from './testing/lab.ts';
import { type Announcement, ip, prefix } from './testing/updates.ts';

const P = '172.20.0.0/24';
const GLOBAL = { localAddress: ip('fd42:6000::1') } as const;
/** Route target 42:1234, and the same as one that ends at the border. */
const EXTENDED = 'c0 10 10 0002002a000004d2 4002002a000004d2';

const client = (lab: Lab, wish: NeighborWish = {}): LabNeighbor =>
  lab.add({ routeServerClient: true, session: GLOBAL, ...wish });

test('path, MED and next hop reach a client as they came (RFC 7947 §2.2)', () => {
  const lab = new Lab();
  const [a, b, bystander] = [client(lab), client(lab), lab.add({ session: GLOBAL })];
  lab.announce(a, {
    prefixes: [P],
    path: [1, 2],
    med: 7,
    nextHop: 'fd42::a',
    communities: ['1:1'],
    extra: EXTENDED,
  });
  lab.settle();
  const [heard] = lab.take(b);
  expect(heard?.nextHop).toEqual(['fd42::a']);
  expect(heard?.attributes).toMatchObject({
    asPathText: `${a.asn} 1 2`,
    med: 7,
    localPref: null,
    communities: ['1:1'],
    extendedCommunities: ['rt:42:1234'],
  });
  expect(lab.take(bystander)[0]?.attributes).toMatchObject({
    asPathText: `${LAB_ASN} ${a.asn} 1 2`,
    med: null,
  });
  expect(lab.take(a).filter(({ announced }) => announced.length > 0)).toEqual([]);
});

test('towards an old speaker the whole path stands in AS4_PATH', () => {
  const lab = new Lab();
  const [a, old] = [client(lab), client(lab, { session: { ...GLOBAL, fourOctetAs: false } })];
  lab.announce(a, { prefixes: [P], path: [1] });
  lab.settle();
  expect(lab.take(old)[0]?.attributes?.asPathText).toBe(`${a.asn} 1`);
});

test('our own prefixes have our AS in front, for clients too', () => {
  const lab = new Lab();
  const a = client(lab);
  lab.own([P]);
  lab.settle();
  expect(a.table.get(P)).toBe(`${LAB_ASN}`);
});

test('each client is told what its policy and the others’ allow', () => {
  const lab = new Lab();
  const [up, beside, down] = (['upstream', 'peer-only', 'downstream'] as const).map((policy) =>
    client(lab, { policy }),
  ) as [LabNeighbor, LabNeighbor, LabNeighbor];
  const origin = client(lab);
  lab.announce(origin, { prefixes: [P] });
  lab.settle();
  expect([up, beside, down].map(({ table }) => table.size)).toEqual([0, 0, 1]);
  expect(lab.reasonFor(P, beside)).toBe('policy');
});

test('on a link of its own a client gets a next hop of ours', () => {
  const lab = new Lab();
  const [a, b] = [client(lab), client(lab, { session: {} })];
  lab.announce(a, { prefixes: [P], nextHop: 'fd42::a' });
  lab.settle();
  expect(lab.take(b)[0]?.nextHop).toEqual(['fd42:6000::1', 'fe80::6000']);
});

// ── a choice per client (RFC 7947 §2.3) ─────────────────────────────────────────────────────────

/** Two clients with the same prefix, the first with the better path, and a third with none. */
function sharedPrefix(): { lab: Lab; best: LabNeighbor; second: LabNeighbor; third: LabNeighbor } {
  const lab = new Lab();
  const [best, second, third] = [client(lab), client(lab), client(lab)];
  lab.announce(second, { prefixes: [P], path: [7] });
  lab.announce(best, { prefixes: [P] });
  lab.settle();
  return { lab, best, second, third };
}

const toldTo = (lab: Lab, neighbor: LabNeighbor) =>
  lab.routes.exportsOf(prefix(P)).filter((view) => view.neighbor === neighbor.id);

test('the best path does not hide the next best from the client it came from', () => {
  const { lab, best, second, third } = sharedPrefix();
  expect([best, second, third].map(({ table }) => table.get(P))).toEqual([
    `${second.asn} 7`,
    `${best.asn}`,
    `${best.asn}`,
  ]);
  expect(toldTo(lab, best)).toMatchObject([
    {
      path: { from: 'peer-2', pathId: null, sentId: null },
      isAnnounced: true,
      reason: null,
      insteadOf: { from: 'peer-1', pathId: null, reason: 'split-horizon', rule: null },
    },
  ]);
  expect(toldTo(lab, third)).toMatchObject([{ path: null, isAnnounced: true, reason: null }]);
  const sent = lab.routes.routesOf(best.id, 'sent', 0, 10).routes;
  expect(
    sent.map(({ from, pathId, isBest, attributes }) => [
      from,
      pathId,
      isBest,
      attributes.asPathText,
    ]),
  ).toEqual([['peer-2', null, false, `${second.asn} 7`]]);
  expect(lab.routes.counters(best.id).sent).toBe(1);
  expect(lab.routes.audit()).toEqual([]);
});

test('another path takes the place of the one a client has, and only the last goes with a withdrawal', () => {
  const { lab, best, second, third } = sharedPrefix();
  const heard = (neighbor: LabNeighbor) =>
    lab
      .take(neighbor)
      .map(({ announced, withdrawn, attributes }) => [
        announced,
        withdrawn,
        attributes?.asPathText,
      ]);
  for (const each of [best, second, third]) lab.take(each);
  // Only the second best changes: who has the best hears nothing.
  lab.announce(second, { prefixes: [P], path: [8] });
  lab.settle();
  expect([best, second, third].map(heard)).toEqual([[[[P], [], `${second.asn} 8`]], [], []]);
  lab.withdraw(best, [P]);
  lab.settle();
  expect([best, second, third].map(heard)).toEqual([
    [],
    [[[], [P], undefined]],
    [[[P], [], `${second.asn} 8`]],
  ]);
  expect(toldTo(lab, second)).toMatchObject([
    { path: null, isAnnounced: false, reason: 'split-horizon' },
  ]);
  lab.withdraw(second, [P]);
  lab.settle();
  expect([best, second, third].map(heard)).toEqual([
    [[[], [P], undefined]],
    [],
    [[[], [P], undefined]],
  ]);
  expect(lab.routes.tables().ipv4).toEqual({ prefixes: 0, paths: 0 });
  expect(lab.routes.audit()).toEqual([]);
});

test.each<[string, NeighborWish, Partial<Announcement>, ExportReason]>([
  ['its AS is in the path', {}, { path: [4242429999] }, 'as-in-path'],
  [
    'the path is for customers only',
    { session: { ...GLOBAL, role: 'peer' } },
    { extra: 'c02304000000 07' },
    'only-to-customers',
  ],
  ['NO_EXPORT', {}, { communities: ['65535:65281'] }, 'no-export'],
])('the next best goes to a client when %s', (_case, wish, announcement, reason) => {
  const lab = new Lab();
  const [a, b] = [client(lab), client(lab)];
  const c = client(lab, { asn: 4242429999, ...wish });
  lab.announce(a, { prefixes: [P], ...announcement });
  lab.announce(b, { prefixes: [P], path: [1, 2, 3] });
  lab.settle();
  expect(lab.best(P)).toBe(a.config.name);
  expect(c.table.get(P)).toBe(`${b.asn} 1 2 3`);
  expect(toldTo(lab, c)[0]?.insteadOf).toMatchObject({ from: 'peer-1', reason });
});

test('what MED decided among all paths is decided anew among those a client may have', () => {
  const lab = new Lab({ decision: { preferOlder: false } });
  const twin = { asn: 4242420099 };
  const [worse, other, better, to] = [
    client(lab, twin),
    client(lab),
    client(lab, twin),
    client(lab, { asn: 4242429999 }),
  ];
  lab.announce(worse, { prefixes: [P], path: [1], med: 5 });
  lab.announce(other, { prefixes: [P], path: [2] });
  lab.announce(better, { prefixes: [P], path: [to.asn], med: 0 });
  lab.settle();
  // By MED `better` took out `worse`, and lost to `other` by its router id; without it `worse` wins.
  expect(lab.best(P)).toBe(other.config.name);
  expect(to.table.get(P)).toBe(`${twin.asn} 1`);
  expect(toldTo(lab, to)[0]?.insteadOf).toMatchObject({ from: 'peer-2', reason: 'not-among-best' });
});

test('who is no client has the best path or none: it is the one packets take', () => {
  const lab = new Lab();
  const [a, b] = [lab.add({ session: GLOBAL }), client(lab)];
  lab.announce(a, { prefixes: [P] });
  lab.announce(b, { prefixes: [P], path: [7] });
  lab.settle();
  expect(a.table.get(P)).toBeUndefined();
  expect(lab.reasonFor(P, a)).toBe('split-horizon');
});

test('a default route of our own stands for whatever a client would have of 0/0', () => {
  const lab = new Lab();
  const a = client(lab, { options: { ipv4: { defaultOriginate: true } } });
  const b = client(lab);
  lab.announce(b, { prefixes: ['0.0.0.0/0'], path: [7] });
  lab.settle();
  expect(a.table.get('0.0.0.0/0')).toBe(`${LAB_ASN}`);
  expect(lab.routes.routesOf(a.id, 'sent', 0, 10).routes).toMatchObject([
    { attributes: { asPathText: `${LAB_ASN}` } },
  ]);
  lab.routes.updateNeighbor(a.id, { options: {} }, lab.now);
  lab.settle();
  expect(a.table.get('0.0.0.0/0')).toBe(`${b.asn} 7`);
  expect(lab.routes.audit()).toEqual([]);
});

test('a refresh brings the chosen paths again, and a client that takes several has them with ids', () => {
  const { lab, best, second } = sharedPrefix();
  lab.take(best);
  lab.routes.receiveRouteRefresh(best.id, 'ipv4', 0, lab.now);
  lab.settle();
  expect(lab.take(best).map(({ announced }) => announced)).toEqual([[P]]);
  const several = client(lab, {
    session: { ...GLOBAL, addPath: { receive: [], send: ['ipv4', 'ipv6'] } },
  });
  lab.settle();
  expect([...several.table.values()].sort()).toEqual([`${best.asn}`, `${second.asn} 7`]);
});

test('a family that was not agreed on is owed nothing', () => {
  const lab = new Lab();
  const [a, b] = [client(lab, { session: { ...GLOBAL, families: ['ipv4'] } }), client(lab)];
  lab.announce(b, { prefixes: [P, 'fd42:1::/48'] });
  lab.settle();
  expect([...a.table.keys()]).toEqual([P]);
  expect(lab.routes.audit()).toEqual([]);
});
