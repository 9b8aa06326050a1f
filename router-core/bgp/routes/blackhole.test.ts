import { expect, test } from 'vitest';
import { DISCARD } from '../../base/units.ts';
import { Lab, type LabNeighbor, type NeighborWish } from './testing/lab.ts';
import { FIXTURE_FILTERS, FIXTURE_ROAS } from './testing/registry-fixture.ts';

/** alder's: 172.21.129.0/27 and fdb1:6000:101::/48 have ROAs for it. */
const ALDER = 4242426001;
const LONG = '172.21.129.9/32';
const LONG_V6 = 'fdb1:6000:101::9/128';
const ASKS = { communities: ['65535:666'], path: [ALDER] } as const;
const PERMITTED: NeighborWish = {
  asn: ALDER,
  policy: 'full',
  options: { ipv4: { blackhole: true }, ipv6: { blackhole: true } },
};

function labWithRegistry(): Lab {
  const lab = new Lab();
  lab.routes.setRoas(FIXTURE_ROAS, FIXTURE_FILTERS, lab.now);
  return lab;
}
const reasonOf = (lab: Lab, prefix: string): string | undefined =>
  lab.view(prefix)?.rejected?.reason;
const announce = (lab: Lab, neighbor: LabNeighbor, ...prefixes: string[]): void => {
  lab.announce(neighbor, { ...ASKS, prefixes });
  lab.settle();
};

test('who may ask has single addresses discarded, and nobody else is told', () => {
  const lab = labWithRegistry();
  const alder = lab.add(PERMITTED);
  const external = lab.add();
  const internal = lab.add({ asn: 4242426000, session: { isInternal: true } });
  announce(lab, alder, LONG, LONG_V6);
  for (const prefix of [LONG, LONG_V6]) {
    expect(lab.fib.get(prefix)).toBe(DISCARD);
    const view = lab.view(prefix);
    expect(view).toMatchObject({
      rejected: null,
      isBest: true,
      isBlackhole: true,
      interface: null,
    });
    expect(view?.attributes.communities).toEqual(['65535:666', '65535:65281']);
    expect(external.table.has(prefix)).toBe(false);
    expect(internal.table.has(prefix)).toBe(true);
  }
  lab.withdraw(alder, [LONG]);
  lab.settle();
  expect(lab.fib.has(LONG)).toBe(false);
  expect(lab.routes.audit()).toEqual([]);
});

test('without the permission the community means nothing', () => {
  const lab = labWithRegistry();
  const alder = lab.add({ asn: ALDER, policy: 'full' });
  announce(lab, alder, LONG, LONG_V6, '172.21.129.0/27');
  expect([reasonOf(lab, LONG), reasonOf(lab, LONG_V6)]).toEqual(['prefix-length', 'prefix-length']);
  expect([...lab.fib]).toEqual([['172.21.129.0/27', 1]]);
});

test.each([
  ['of somebody else', '172.21.130.9/32', [ALDER], 'roa-invalid-origin'],
  ['without a ROA', '172.23.200.9/32', [ALDER], 'roa-not-found'],
  ['of ours', '172.21.128.9/32', [ALDER], 'own-prefix'],
  ['outside DN42', '8.8.8.8/32', [ALDER], 'not-dn42-space'],
  ['with a loop', LONG, [ALDER, 4242426000, ALDER], 'own-as'],
])('an address %s is rejected with the permission, too', (_, prefix, path, reason) => {
  const lab = labWithRegistry();
  lab.routes.setOwnPrefixes(
    [{ family: 4, bytes: Uint8Array.of(172, 21, 128, 0), length: 27 }],
    lab.now,
  );
  const alder = lab.add(PERMITTED);
  lab.announce(alder, { prefixes: [prefix], communities: ['65535:666'], path });
  lab.settle();
  expect(reasonOf(lab, prefix)).toBe(reason);
  expect(lab.fib.size).toBe(0);
});

test('a long prefix without the community stays too long, a usual one with it is discarded', () => {
  const lab = labWithRegistry();
  const alder = lab.add(PERMITTED);
  lab.announce(alder, { prefixes: [LONG], path: [ALDER] });
  announce(lab, alder, '172.21.129.0/27');
  expect(reasonOf(lab, LONG)).toBe('prefix-length');
  expect(lab.fib.get('172.21.129.0/27')).toBe(DISCARD);
});

test('the permission comes and goes without a new session', () => {
  const lab = labWithRegistry();
  const alder = lab.add(PERMITTED);
  announce(lab, alder, LONG, '172.21.129.0/27');
  lab.routes.updateNeighbor(alder.id, { options: {} }, lab.now);
  lab.settle();
  expect(reasonOf(lab, LONG)).toBe('prefix-length');
  expect([...lab.fib]).toEqual([['172.21.129.0/27', 1]]);
  expect(lab.view('172.21.129.0/27')?.attributes.communities).toEqual(['65535:666']);
  const { options = {} } = PERMITTED;
  lab.routes.updateNeighbor(alder.id, { options }, lab.now);
  lab.settle();
  expect([lab.fib.get(LONG), lab.fib.get('172.21.129.0/27')]).toEqual([DISCARD, DISCARD]);
  expect(lab.routes.audit()).toEqual([]);
});

test('a blackhole is no way to a next hop', () => {
  const lab = labWithRegistry();
  const alder = lab.add(PERMITTED);
  announce(lab, alder, LONG);
  const far = lab.add({ isMultihop: true });
  lab.announce(far, { prefixes: ['172.20.0.0/24'], nextHop: '172.21.129.9' });
  lab.settle();
  expect(reasonOf(lab, '172.20.0.0/24')).toBe('next-hop-unresolved');
});
