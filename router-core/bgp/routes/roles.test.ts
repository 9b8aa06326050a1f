import { expect, test } from 'vitest';
import type { BgpRole } from '../types.ts';
import { LAB_ASN, Lab, type LabNeighbor } from './testing/lab.ts';
import { otc } from './testing/updates.ts';

const P = '172.20.0.0/24';
const P6 = 'fd42:1::/48';
const THEIRS = 4242420001;
const OTHER = 4242429999;

/** A lab with a neighbor to whom we have a role, and a listener without one. */
function labOf(role: BgpRole): { lab: Lab; x: LabNeighbor; listener: LabNeighbor } {
  const lab = new Lab();
  const x = lab.add({ asn: THEIRS, session: { role } });
  return { lab, x, listener: lab.add() };
}

const otcAt = (lab: Lab, prefix: string): number | null | undefined =>
  lab.view(prefix)?.attributes.onlyToCustomer;

// RFC 9234 §5: what we are, the attribute as it came, and the attribute kept or the reason.
test.each<[BgpRole, number | undefined, number | null | string]>([
  ['provider', undefined, null],
  ['provider', THEIRS, 'otc-leak'],
  ['provider', OTHER, 'otc-leak'],
  ['rs-server', undefined, null],
  ['rs-server', THEIRS, 'otc-leak'],
  ['peer', undefined, THEIRS],
  ['peer', THEIRS, THEIRS],
  ['peer', OTHER, 'otc-leak'],
  ['customer', undefined, THEIRS],
  ['customer', OTHER, OTHER],
  ['rs-client', undefined, THEIRS],
  ['rs-client', OTHER, OTHER],
])('in: we are %s, OTC %s → %s', (role, came, expected) => {
  const { lab, x, listener } = labOf(role);
  lab.announce(x, { prefixes: [P, P6], path: [OTHER], extra: came === undefined ? '' : otc(came) });
  lab.settle();
  for (const prefix of [P, P6]) {
    if (typeof expected !== 'string') {
      expect(lab.view(prefix)?.rejected).toBeNull();
      expect(otcAt(lab, prefix)).toBe(expected);
      expect(listener.table.has(prefix)).toBe(true);
    } else {
      expect(lab.view(prefix)?.rejected).toMatchObject({ reason: expected, code: 10 });
      expect(listener.table.has(prefix)).toBe(false);
    }
  }
  // Judging once more finds the same, with what was added on import.
  lab.routes.setOwnPrefixes([], lab.now);
  lab.settle();
  const page = lab.routes.routesOf(x.id, 'rejected', 0, 10);
  expect(page.routes).toHaveLength(typeof expected === 'string' ? 2 : 0);
  expect(lab.routes.audit()).toEqual([]);
});

// What we are to the listener, the attribute of the best path, and what is sent: the AS, none, or nothing.
test.each<[BgpRole | undefined, number | undefined, number | null | 'kept back']>([
  ['provider', undefined, LAB_ASN],
  ['provider', OTHER, OTHER],
  ['rs-server', undefined, LAB_ASN],
  ['rs-server', OTHER, OTHER],
  ['peer', undefined, LAB_ASN],
  ['peer', OTHER, 'kept back'],
  ['customer', undefined, null],
  ['customer', OTHER, 'kept back'],
  ['rs-client', undefined, null],
  ['rs-client', OTHER, 'kept back'],
  [undefined, undefined, null],
  [undefined, OTHER, OTHER],
])('out: we are %s, OTC %s → %s', (role, had, expected) => {
  const lab = new Lab();
  const x = lab.add();
  const listener = lab.add(role === undefined ? {} : { session: { role } });
  // An attribute on either side of the number 35.
  const large = 'c0200c000000010000000200000003';
  const extra = `${large}${had === undefined ? '' : otc(had)}c0c802beef`;
  lab.announce(x, { prefixes: [P, P6], extra });
  lab.settle();
  const heard = lab.take(listener).filter(({ announced }) => announced.length > 0);
  if (expected === 'kept back') {
    expect(heard).toEqual([]);
    expect(lab.reasonFor(P, listener)).toBe('only-to-customers');
    return;
  }
  expect(heard).toHaveLength(2);
  for (const { attributes } of heard) {
    expect(attributes).toMatchObject({
      onlyToCustomer: expected,
      largeCommunities: ['1:2:3'],
      unknown: [{ type: 200, value: 'beef' }],
    });
  }
});

test('our own prefixes are marked towards customers and peers', () => {
  const lab = new Lab();
  const customer = lab.add({ session: { role: 'provider' } });
  const provider = lab.add({ session: { role: 'customer' } });
  lab.own([P]);
  lab.settle();
  expect(lab.take(customer)[0]?.attributes?.onlyToCustomer).toBe(LAB_ASN);
  expect(lab.take(provider)[0]?.attributes?.onlyToCustomer).toBeNull();
});

test('what a provider told us does not leak to another provider', () => {
  const lab = new Lab();
  const [one, other, customer] = (['customer', 'customer', 'provider'] as const).map((role) =>
    lab.add({ session: { role } }),
  ) as [LabNeighbor, LabNeighbor, LabNeighbor];
  lab.announce(one, { prefixes: [P] });
  lab.settle();
  expect(other.table.size).toBe(0);
  expect([...customer.table.keys()]).toEqual([P]);
  lab.withdraw(one, [P]);
  lab.settle();
  expect(customer.table.size).toBe(0);
});

test('a client of a route server takes paths that do not begin with its AS (RFC 7947 §2.2.2.1)', () => {
  const { lab, x } = labOf('rs-client');
  lab.announce(
    { ...x, session: { ...x.session, peerAsn: OTHER as typeof x.asn } },
    { prefixes: [P] },
  );
  lab.settle();
  expect(lab.view(P)?.rejected).toBeNull();
});
