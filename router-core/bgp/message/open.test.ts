import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import type { AfiSafi, Capability } from '../capability/capability.ts';
import { goldenMessages } from '../testing/golden.ts';
import { newMessage } from './header.ts';
import { buildOpen, capabilitiesOfOpen, type OpenMessage, readOpen } from './open.ts';

const golden = goldenMessages('OPEN');

test('the fixtures hold an OPEN of every speaker', () => {
  expect(golden.length).toBeGreaterThan(15);
});

test.each(golden.map((m) => [m.name, m] as const))('reads the golden OPEN %s', (_, message) => {
  const open = readOpen(message.bytes, 0, message.bytes.length);
  expect(asFixture(open, message.bytes.length)).toEqual(simplified(message.decoded));
});

test.each(golden.map((m) => [m.name, m] as const))('writes the golden OPEN %s again', (_, m) => {
  const open = readOpen(m.bytes, 0, m.bytes.length);
  const again = buildOpen({ ...open, capabilities: capabilitiesOfOpen(open) });
  // One parameter with all capabilities is our style and that of BIRD and GoBGP.
  if (open.parameters.length < 2 && !open.hasExtendedParameters) expect(toHex(again)).toBe(m.hex);
  const reread = readOpen(again, 0, again.length);
  expect(capabilitiesOfOpen(reread)).toEqual(capabilitiesOfOpen(open));
});

test('more than 255 octets of parameters take the extended form (RFC 9072)', () => {
  const capabilities: Capability[] = Array.from({ length: 50 }, (_, i) => ({
    kind: 'multiprotocol',
    afi: i,
    safi: 1,
  }));
  const bytes = buildOpen({ asField: 1, holdTimeSeconds: 9, routerId: 7, capabilities });
  expect(toHex(bytes.subarray(28, 35))).toBe('ffff012f02012c');
  const open = readOpen(bytes, 0, bytes.length);
  expect(open.hasExtendedParameters).toBe(true);
  expect(open.problem).toBeUndefined();
  expect(capabilitiesOfOpen(open)).toEqual(capabilities);
});

test('the longest plain form and the shortest extended form meet', () => {
  for (const length of [249, 250, 251, 252, 253]) {
    const value = new Uint8Array(length);
    const capabilities: Capability[] = [{ kind: 'unknown', code: 200, value }];
    const bytes = buildOpen({ asField: 1, holdTimeSeconds: 9, routerId: 7, capabilities });
    const open = readOpen(bytes, 0, bytes.length);
    expect(open.problem, `${length}`).toBeUndefined();
    expect(capabilitiesOfOpen(open)).toEqual(capabilities);
    expect(open.hasExtendedParameters).toBe(length > 250);
  }
});

test('any parameters give a value, with or without a problem, and never an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (tail, isFramed) => {
      const bytes = newMessage(1, 10 + tail.length);
      bytes.set(tail, 29);
      if (isFramed) bytes[28] = tail.length;
      const open = readOpen(bytes, 0, bytes.length);
      expect([undefined, 0, 4]).toContain(open.problem?.subcode);
    }),
    { numRuns: 2000 },
  );
});

test('every cut and every changed octet of a golden OPEN gives a value', () => {
  for (const { bytes } of golden) {
    for (let end = 29; end <= bytes.length; end++) readOpen(bytes, 0, end);
    for (let i = 19; i < bytes.length; i++) {
      const changed = bytes.slice();
      for (const value of [0, 1, 0x7f, 0x80, 0xfe, 0xff]) {
        changed[i] = value;
        readOpen(changed, 0, changed.length);
      }
    }
  }
});

// ── the words of the fixtures ───────────────────────────────────────────────────────────────────

function asFixture(open: OpenMessage, length: number): unknown {
  return {
    length,
    type: 'OPEN',
    version: open.version,
    as2: open.asField,
    holdTime: open.holdTimeSeconds,
    bgpId: [24, 16, 8, 0].map((shift) => (open.routerId >>> shift) & 0xff).join('.'),
    extendedParameters: open.hasExtendedParameters,
    parameters: open.parameters.map((capabilities) => ({
      type: 2,
      capabilities: capabilities.map(capabilityAsFixture),
    })),
  };
}

function capabilityAsFixture(capability: Capability): unknown {
  switch (capability.kind) {
    case 'multiprotocol':
      return { kind: capability.kind, family: family(capability) };
    case 'extended-next-hop':
      return {
        kind: capability.kind,
        tuples: capability.tuples.map((t) => ({
          nlri: family(t),
          nextHop: t.nextHopAfi === 2 ? 'ipv6' : t.nextHopAfi,
        })),
      };
    case 'role':
      return {
        kind: capability.kind,
        role: ['provider', 'rs-server', 'rs-client', 'customer', 'peer'][capability.role],
      };
    case 'graceful-restart':
    case 'long-lived-graceful-restart':
      return {
        ...capability,
        families: capability.families.map(({ afi, safi, ...rest }) => ({
          family: family({ afi, safi }),
          ...rest,
        })),
      };
    case 'add-path':
      return {
        kind: capability.kind,
        families: capability.families.map((f) => ({
          family: family(f),
          mode: ['', 'receive', 'send', 'both'][f.mode],
        })),
      };
    case 'unknown':
      return { kind: 'unknown', code: capability.code };
    default:
      return capability;
  }
}

const family = ({ afi, safi }: AfiSafi): string =>
  `${afi === 1 ? 'ipv4' : 'ipv6'}-${safi === 1 ? 'unicast' : safi}`;

/** The fixture names capabilities that mean nothing to us; for us they are unknown. */
function simplified(decoded: Readonly<Record<string, unknown>>): unknown {
  type Raw = { name: string; code: number; value?: string };
  const parameters = decoded.parameters as { type: number; capabilities: Raw[] }[];
  const unknown = [3, 66, 67, 128, 130, 131, 239];
  return {
    ...decoded,
    parameters: parameters.map(({ type, capabilities }) => ({
      type,
      capabilities: capabilities.map(({ name, code, ...rest }) =>
        unknown.includes(code) ? { kind: 'unknown', code } : { kind: name, ...rest },
      ),
    })),
  };
}
