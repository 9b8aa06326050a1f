import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IpAddress } from '../base/ip-address.ts';
import { seededRandom } from '../base/random.ts';
import { DISCARD, type InterfaceId, NONE } from '../base/units.ts';
import { INTERFACE_GENERATIONS, INTERFACE_INDEX_BITS } from './constants.ts';
import { InterfaceNumbers } from './interface-numbers.ts';
import { Interfaces } from './interfaces.ts';
import { INTERFACES_MAX } from './limits.ts';
import { LocalAddresses } from './local-addresses.ts';
import { address } from './testing/test-node.ts';

const PLAIN = { mtu: 1420, addresses: [], peerAddresses: [] };

test('gives unused rows out first, then reused ones under another id', () => {
  const interfaces = new Interfaces();
  const first = interfaces.add(PLAIN);
  interfaces.remove(interfaces.find(first));
  const others = Array.from({ length: INTERFACES_MAX - 1 }, () => interfaces.add(PLAIN));
  expect(others).not.toContain(first);
  const reused = interfaces.add(PLAIN);
  expect(reused).not.toBe(first);
  expect(interfaces.find(first)).toBe(NONE);
  expect(interfaces.find(reused)).toBe(0);
  expect(() => interfaces.add(PLAIN)).toThrow('there is a row');
});

test('no interface is ever the one that discards', () => {
  expect(DISCARD).toBe(INTERFACE_GENERATIONS << INTERFACE_INDEX_BITS);
  const interfaces = new Interfaces();
  interfaces.add(PLAIN);
  expect(interfaces.find(DISCARD)).toBe(NONE);
});

test('counts from zero in a reused row', () => {
  const interfaces = new Interfaces();
  for (let i = 0; i < INTERFACES_MAX; i++) interfaces.add(PLAIN);
  interfaces.rxPackets[7] = 5;
  interfaces.remove(7);
  const again = interfaces.add(PLAIN);
  expect(interfaces.find(again)).toBe(7);
  expect(interfaces.view(7)).toEqual({
    rxPackets: 0,
    rxBytes: 0,
    txPackets: 0,
    txBytes: 0,
    refusedReversePath: 0,
    refusedBogons: 0,
  });
});

test('netstacks that share their numbers never have the same interface', () => {
  const numbers = new InterfaceNumbers();
  const both = [new Interfaces(undefined, numbers), new Interfaces(undefined, numbers)] as const;
  const ids = new Map<InterfaceId, number>();
  let compared = 0;
  fc.assert(
    fc.property(fc.constantFrom(0, 1), fc.boolean(), (which, isAdded) => {
      const own = both[which] as Interfaces;
      const [oldest] = [...ids].filter(([, owner]) => owner === which);
      if (isAdded) ids.set(own.add(PLAIN), which);
      else if (oldest !== undefined) {
        own.remove(own.find(oldest[0]));
        ids.delete(oldest[0]);
        for (const interfaces of both) expect(interfaces.find(oldest[0])).toBe(NONE);
      }
      for (const [id, owner] of ids)
        for (const [i, interfaces] of both.entries()) {
          expect(interfaces.find(id) !== NONE).toBe(i === owner);
          compared++;
        }
    }),
    { numRuns: 200 },
  );
  expect(compared).toBeGreaterThan(100);
});

test('refuses an MTU that IPv6 cannot use (RFC 8200 §5)', () => {
  expect(() => new Interfaces().add({ ...PLAIN, mtu: 1279 })).toThrow('1,280');
});

test('knows which addresses are ours as a list does (twin)', () => {
  const pool = [
    '172.20.0.1',
    '172.20.0.2',
    '0.0.0.1',
    'fd00::1',
    'fd00::2',
    '::1',
    'fe80::1',
    'fe80::2',
  ];
  const addresses = pool.map(address);
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = seededRandom(seed);
      const some = (): IpAddress[] => addresses.filter(() => random.below(3) === 0);
      const interfaces = new Interfaces();
      const local = new LocalAddresses(interfaces);
      let node: IpAddress[] = [];
      const links = new Map<InterfaceId, IpAddress[]>();
      for (let i = 0; i < 20; i++) {
        const ids = [...links.keys()];
        const id = ids[random.below(Math.max(1, ids.length))];
        const kind = random.below(4);
        if (kind === 0 || id === undefined) {
          const ours = some();
          links.set(interfaces.add({ ...PLAIN, addresses: ours }), ours);
        } else if (kind === 1) {
          links.delete(id);
          interfaces.remove(interfaces.find(id));
        } else if (kind === 2) {
          const ours = some();
          links.set(id, ours);
          interfaces.update(interfaces.find(id), { addresses: ours });
        } else {
          node = some().filter((a) => a.bytes[0] !== 0xfe);
          local.setNodeAddresses(node);
        }
        local.interfacesChanged();
        for (const link of links.keys()) {
          for (const a of addresses) {
            const isScoped = a.bytes[0] === 0xfe;
            const expected = isScoped
              ? (links.get(link) ?? []).includes(a)
              : node.includes(a) || [...links.values()].some((ours) => ours.includes(a));
            const found =
              a.family === 4
                ? local.isLocal4(a.bytes, 0)
                : local.isLocal6(a.bytes, 0, interfaces.find(link));
            expect(found).toBe(expected);
          }
        }
      }
    }),
    { numRuns: 100 },
  );
});
