import { expect, test } from 'vitest';
import { LAB_ASN, Lab, type LabNeighbor, type NeighborWish } from './testing/lab.ts';
import { ip } from './testing/updates.ts';

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
