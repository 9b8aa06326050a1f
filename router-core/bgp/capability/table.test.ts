import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { capabilitiesOfOpen, readOpen } from '../message/open.ts';
import { goldenMessages } from '../testing/golden.ts';
import { capabilityWords, decodeCapability, encodeCapability } from './codec.ts';

const octet = fc.integer({ min: 0, max: 255 });

test('any code and value can be read, named and written again', () => {
  fc.assert(
    fc.property(octet, fc.uint8Array({ maxLength: 255 }), (code, value) => {
      const capability = decodeCapability(code, value);
      expect(capabilityWords(capability).length).toBeGreaterThan(0);
      const again = encodeCapability(capability);
      // Texts of strangers grow when their broken characters are replaced.
      if (capability.kind === 'fqdn' || capability.kind === 'software-version') return;
      // Reserved bits may be lost, but what was read stays the same.
      expect(decodeCapability(again[0] ?? 0, again.subarray(2))).toEqual(capability);
    }),
    { numRuns: 3000 },
  );
});

test('what a known row cannot read is kept as it came', () => {
  expect(decodeCapability(1, new Uint8Array(3))).toMatchObject({ kind: 'unknown', code: 1 });
  expect(toHex(encodeCapability(decodeCapability(9, new Uint8Array(2))))).toBe('09020000');
});

test('the capabilities of FRR in words', () => {
  const frr = goldenMessages('OPEN').find((m) => m.name.startsWith('frr-gobgp-v6'));
  if (frr === undefined) throw new Error('no fixture');
  const words = capabilitiesOfOpen(readOpen(frr.bytes, 0, frr.bytes.length)).map(capabilityWords);
  expect(words).toEqual([
    'Multiprotocol IPv4 unicast',
    'Extended next hop',
    'Multiprotocol IPv6 unicast',
    'Route refresh (Cisco)',
    'Route refresh',
    'Enhanced route refresh',
    '4-octet AS numbers',
    'Extended message',
    'Add-path IPv4 unicast (receive), IPv6 unicast (receive)',
    'Outbound route filtering (Cisco)',
    'Outbound route filtering',
    'Old dynamic capability',
    'Dynamic capability',
    'Host name frr-router.example.dn42',
    'Graceful restart (helper only)',
    'Long-lived graceful restart',
  ]);
});
