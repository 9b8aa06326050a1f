import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type TypedPeering, typeNodeSettings, typePeering } from './config.ts';
import { brake, planPeerings } from './plan.ts';
import { TEST_DOCUMENT, TEST_PEERING, testKey } from './testing/document.ts';
import type { NodeSettings, PeeringConfig } from './types.ts';

type Peerings = ReadonlyMap<string, TypedPeering>;

function peerings(
  changes: Record<string, Partial<PeeringConfig>>,
  settings: Partial<NodeSettings> = {},
): Peerings {
  const node = typeNodeSettings({ ...TEST_DOCUMENT.node, ...settings });
  return new Map(
    Object.entries(changes).map(([id, change]) => [
      id,
      typePeering({ ...TEST_PEERING, ...change, id }, node),
    ]),
  );
}
const steps = (actual: Peerings, desired: Peerings): string[] =>
  planPeerings(actual, desired).map(
    (step) => `${step.kind} ${step.kind === 'remove' ? step.id : step.peering.id}`,
  );

test('the same wishes need no step', () => {
  expect(steps(peerings({ a: {}, b: {} }), peerings({ b: {}, a: {} }))).toEqual([]);
});

test('removes before it adds, so that a key and an address are free', () => {
  expect(steps(peerings({ a: {}, b: {} }), peerings({ b: {}, c: {} }))).toEqual([
    'remove a',
    'add c',
  ]);
});

test.each<[keyof PeeringConfig, Partial<PeeringConfig>]>([
  ['endpoint', { endpoint: '203.0.113.6:1' }],
  ['presharedKey', { presharedKey: testKey(9) }],
  ['keepalive', { keepalive: 25 }],
  ['importLimit', { importLimit: 10 }],
  ['policy', { policy: 'downstream' }],
  ['reversePath', { reversePath: 'strict' }],
  ['bogons', { bogons: 'drop' }],
  ['enabled', { enabled: false, disabledReason: 'maintenance' }],
  ['bfd', { bfd: { minTx: 300, minRx: 300, multiplier: 5 } }],
  ['name', { name: 'birch' }],
  ['gracefulRestart', { gracefulRestart: false }],
  ['gracefulRestart', { gracefulRestart: { longLived: 60 } }],
  ['holdTime', { holdTime: 30 }],
  ['localAs', { localAs: { asn: 4242420099 } }],
  ['prefixLimit', { prefixLimit: { received: 100 } }],
  ['ipv6', { ipv6: { importTable: false } }],
])('%s changes in place', (_, change) => {
  expect(steps(peerings({ a: {} }), peerings({ a: change }))).toEqual(['change a']);
});

test.each<[string, Partial<PeeringConfig>]>([
  ['publicKey', { publicKey: testKey(2) }],
  ['linkLocal', { linkLocal: 'fe80::2' }],
  ['ourLinkLocal', { ourLinkLocal: 'fe80::3' }],
  ['addresses', { addresses: { ipv4: '172.21.129.2' } }],
  ['sessions', { sessions: 'separate' }],
  ['families', { families: ['ipv6'] }],
  ['extendedNextHop', { extendedNextHop: false }],
  ['role', { role: 'provider' }],
  ['routeServerClient', { routeServerClient: true }],
  ['routeReflectorClient', { asn: 4242426000, routeReflectorClient: true }],
  ['strictRole', { role: 'provider', strictRole: true }],
  ['addPath', { addPath: { send: 'best-2' } }],
  ['mtu', { mtu: 1400 }],
  ['listenPort', { listenPort: 26001 }],
  ['asn', { asn: 4242426002 }],
  ['password', { password: 'moss' }],
  ['ttlSecurity', { ttlSecurity: true }],
])('%s makes the peering anew', (_, change) => {
  expect(steps(peerings({ a: {} }), peerings({ a: change }))).toEqual(['rebuild a']);
  expect(steps(peerings({ a: {} }), peerings({ a: { ...change, keepalive: 9 } }))).toEqual([
    'rebuild a',
  ]);
});

test.each<[string, Partial<NodeSettings>]>([
  ['link-local address', { linkLocal: 'fe80::7' }],
  ['own addresses', { addresses: ['172.21.128.2'] }],
  ['shared port', { listen: { port: 51821, host: '::' } }],
])('another %s of the node makes the peerings anew that stand on it', (_, settings) => {
  expect(steps(peerings({ a: {} }), peerings({ a: {} }, settings))).toEqual(['rebuild a']);
});

test('what does not concern a tunnel leaves it alone', () => {
  const settings = {
    announce: ['172.21.128.0/26'],
    endpoint: 'other.example',
    privateEndpoints: true,
  };
  expect(steps(peerings({ a: {} }), peerings({ a: {} }, settings))).toEqual([]);
  const own = { listenPort: 26001, ourLinkLocal: 'fe80::5' };
  const elsewhere = { listen: { port: 1, host: '::' }, linkLocal: 'fe80::7' };
  expect(steps(peerings({ a: own }), peerings({ a: own }, elsewhere))).toEqual([]);
});

test('another order of keys inside a value is no change of it', () => {
  const before = peerings({ a: { addresses: { ipv4: '172.21.129.1', ipv6: 'fdb1:6000:101::1' } } });
  const after = peerings({
    a: { addresses: { ipv6: 'fdb1:6000:101::1', ipv4: '172.21.129.1' }, keepalive: 5 },
  });
  expect(steps(before, after)).toEqual(['change a']);
});

test('carried out, the steps lead from any set of peerings to any other', () => {
  const set = fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.record({ mtu: fc.constantFrom(1300, 1420), keepalive: fc.constantFrom(0, 25) }),
  );
  fc.assert(
    fc.property(set, set, (from, to) => {
      const [actual, desired] = [new Map(peerings(from)), peerings(to)];
      for (const step of planPeerings(actual, desired)) {
        if (step.kind === 'remove') expect(actual.delete(step.id)).toBe(true);
        else {
          expect(actual.has(step.peering.id)).toBe(step.kind !== 'add');
          actual.set(step.peering.id, step.peering);
        }
      }
      const text = (map: Peerings): string[] =>
        [...map].map(([id, p]) => `${id} ${p.fingerprint}`).sort();
      expect(text(actual)).toEqual(text(desired));
    }),
  );
});

test('a document that removes more than a third needs a confirmation', () => {
  const isStopped = (actual: number, removed: number, confirmed = false): boolean => {
    try {
      brake(actual, removed, confirmed);
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'CONFIG_BRAKE' });
      return true;
    }
  };
  expect(isStopped(9, 3)).toBe(false);
  expect(isStopped(9, 4)).toBe(true);
  expect(isStopped(9, 9, true)).toBe(false);
  expect(isStopped(1, 1)).toBe(true);
  expect(isStopped(0, 0)).toBe(false);
});
