/**
 * Every capability we can read, one row each: code, words, decode, encode.
 *
 * Standard: per row. A new capability is a variant in capability.ts and a row here.
 *
 * `decode` gets the value's octets and returns undefined when their length is wrong; `encode` is
 * its inverse. `words` are for people and name what the capability allows.
 *
 * @module
 */
import { at, readUint16, readUint32, writeUint16, writeUint32 } from '../../base/bytes.ts';
import { printable, printableBytes } from '../../base/printable.ts';
import {
  AFI_IPV4,
  AFI_IPV6,
  CAPABILITY_ADD_PATH,
  CAPABILITY_ENHANCED_ROUTE_REFRESH,
  CAPABILITY_EXTENDED_MESSAGE,
  CAPABILITY_EXTENDED_NEXT_HOP,
  CAPABILITY_FOUR_OCTET_AS,
  CAPABILITY_FQDN,
  CAPABILITY_GRACEFUL_RESTART,
  CAPABILITY_LONG_LIVED_GRACEFUL_RESTART,
  CAPABILITY_MULTIPROTOCOL,
  CAPABILITY_ROLE,
  CAPABILITY_ROUTE_REFRESH,
  CAPABILITY_SOFTWARE_VERSION,
  SAFI_MULTICAST,
  SAFI_UNICAST,
} from '../constants.ts';
import type { AfiSafi, CapabilityKind, CapabilityOf } from './capability.ts';

export type CapabilityRow<Kind extends CapabilityKind> = {
  readonly code: number;
  decode(value: Uint8Array): CapabilityOf<Kind> | undefined;
  encode(capability: CapabilityOf<Kind>): Uint8Array;
  words(capability: CapabilityOf<Kind>): string;
};

type KnownKind = Exclude<CapabilityKind, 'unknown'>;

export const CAPABILITY_TABLE: { readonly [Kind in KnownKind]: CapabilityRow<Kind> } = {
  // RFC 4760 §8: AFI 2, reserved 1, SAFI 1.
  multiprotocol: {
    code: CAPABILITY_MULTIPROTOCOL,
    decode: (v) =>
      v.length === 4 ? { kind: 'multiprotocol', afi: readUint16(v, 0), safi: at(v, 3) } : undefined,
    encode: ({ afi, safi }) => Uint8Array.of(afi >>> 8, afi, 0, safi),
    words: (c) => `Multiprotocol ${familyWords(c)}`,
  },
  // RFC 2918 §2.
  'route-refresh': emptyRow('route-refresh', CAPABILITY_ROUTE_REFRESH, 'Route refresh'),
  // RFC 8950 §4: n × (NLRI AFI 2, NLRI SAFI 2, next hop AFI 2).
  'extended-next-hop': {
    code: CAPABILITY_EXTENDED_NEXT_HOP,
    decode: (v) =>
      v.length % 6 === 0
        ? {
            kind: 'extended-next-hop',
            tuples: rows(v, 0, 6, (i) => ({
              afi: readUint16(v, i),
              safi: readUint16(v, i + 2),
              nextHopAfi: readUint16(v, i + 4),
            })),
          }
        : undefined,
    encode: ({ tuples }) =>
      writeRows(0, 6, tuples, (out, i, { afi, safi, nextHopAfi }) => {
        writeUint16(out, i, afi);
        writeUint16(out, i + 2, safi);
        writeUint16(out, i + 4, nextHopAfi);
      }),
    words: ({ tuples }) =>
      tuples.every((t) => t.afi === AFI_IPV4 && t.safi === SAFI_UNICAST)
        ? 'Extended next hop'
        : `Extended next hop for ${tuples.map(familyWords).join(', ')}`,
  },
  // RFC 8654 §3.
  'extended-message': emptyRow('extended-message', CAPABILITY_EXTENDED_MESSAGE, 'Extended message'),
  // RFC 9234 §4.1.
  role: {
    code: CAPABILITY_ROLE,
    decode: (v) => (v.length === 1 ? { kind: 'role', role: at(v, 0) } : undefined),
    encode: ({ role }) => Uint8Array.of(role),
    words: ({ role }) => `Role ${ROLE_NAMES[role] ?? role}`,
  },
  // RFC 4724 §3, RFC 8538 §2: flags 4 bits, seconds 12 bits, n × (AFI 2, SAFI 1, flags 1).
  'graceful-restart': {
    code: CAPABILITY_GRACEFUL_RESTART,
    decode: (v) =>
      v.length >= 2 && (v.length - 2) % 4 === 0
        ? {
            kind: 'graceful-restart',
            restarting: (at(v, 0) & 0x80) !== 0,
            notification: (at(v, 0) & 0x40) !== 0,
            restartTime: readUint16(v, 0) & 0x0fff,
            families: rows(v, 2, 4, (i) => ({
              afi: readUint16(v, i),
              safi: at(v, i + 2),
              forwarding: (at(v, i + 3) & 0x80) !== 0,
            })),
          }
        : undefined,
    encode: ({ restarting, notification, restartTime, families }) => {
      const out = writeRows(2, 4, families, (b, i, { afi, safi, forwarding }) => {
        writeUint16(b, i, afi);
        b[i + 2] = safi;
        b[i + 3] = forwarding ? 0x80 : 0;
      });
      writeUint16(
        out,
        0,
        (restarting ? 0x8000 : 0) | (notification ? 0x4000 : 0) | (restartTime & 0x0fff),
      );
      return out;
    },
    words: ({ families }) =>
      families.length === 0 ? 'Graceful restart (helper only)' : 'Graceful restart',
  },
  // RFC 6793 §3.
  'four-octet-as': {
    code: CAPABILITY_FOUR_OCTET_AS,
    decode: (v) => (v.length === 4 ? { kind: 'four-octet-as', asn: readUint32(v, 0) } : undefined),
    encode: ({ asn }) => {
      const out = new Uint8Array(4);
      writeUint32(out, 0, asn);
      return out;
    },
    words: () => '4-octet AS numbers',
  },
  // RFC 7911 §4: n × (AFI 2, SAFI 1, mode 1); with any other mode the capability is ignored.
  'add-path': {
    code: CAPABILITY_ADD_PATH,
    decode: (v) =>
      v.length % 4 === 0 && rows(v, 0, 4, (i) => at(v, i + 3)).every((mode) => mode in MODE_WORDS)
        ? {
            kind: 'add-path',
            families: rows(v, 0, 4, (i) => ({
              afi: readUint16(v, i),
              safi: at(v, i + 2),
              mode: at(v, i + 3),
            })),
          }
        : undefined,
    encode: ({ families }) =>
      writeRows(0, 4, families, (out, i, { afi, safi, mode }) => {
        writeUint16(out, i, afi);
        out[i + 2] = safi;
        out[i + 3] = mode;
      }),
    words: ({ families }) =>
      `Add-path ${families.map((row) => `${familyWords(row)} (${MODE_WORDS[row.mode]})`).join(', ')}`.trimEnd(),
  },
  // RFC 7313 §3.1.
  'enhanced-route-refresh': emptyRow(
    'enhanced-route-refresh',
    CAPABILITY_ENHANCED_ROUTE_REFRESH,
    'Enhanced route refresh',
  ),
  // RFC 9494 §3: n × (AFI 2, SAFI 1, flags 1, stale time 3).
  'long-lived-graceful-restart': {
    code: CAPABILITY_LONG_LIVED_GRACEFUL_RESTART,
    decode: (v) =>
      v.length % 7 === 0
        ? {
            kind: 'long-lived-graceful-restart',
            families: rows(v, 0, 7, (i) => ({
              afi: readUint16(v, i),
              safi: at(v, i + 2),
              forwarding: (at(v, i + 3) & 0x80) !== 0,
              staleTime: readUint32(v, i + 3) & 0xffffff,
            })),
          }
        : undefined,
    encode: ({ families }) =>
      writeRows(0, 7, families, (out, i, { afi, safi, forwarding, staleTime }) => {
        writeUint16(out, i, afi);
        out[i + 2] = safi;
        writeUint32(out, i + 3, staleTime);
        out[i + 3] = forwarding ? 0x80 : 0;
      }),
    words: () => 'Long-lived graceful restart',
  },
  // draft-walton-bgp-hostname-capability: length 1, host name, length 1, domain.
  fqdn: {
    code: CAPABILITY_FQDN,
    decode: (v) => {
      const hostEnd = 1 + (v[0] ?? Number.POSITIVE_INFINITY);
      const domainEnd = hostEnd + 1 + (v[hostEnd] ?? Number.POSITIVE_INFINITY);
      if (domainEnd !== v.length) return undefined;
      return {
        kind: 'fqdn',
        hostname: printableBytes(v.subarray(1, hostEnd), NAME_LIMIT),
        domain: printableBytes(v.subarray(hostEnd + 1, domainEnd), NAME_LIMIT),
      };
    },
    encode: ({ hostname, domain }) => Uint8Array.of(...textField(hostname), ...textField(domain)),
    words: ({ hostname, domain }) =>
      `Host name ${domain === '' ? hostname : `${hostname}.${domain}`}`,
  },
  // draft-abraitis-bgp-version-capability: length 1, text.
  'software-version': {
    code: CAPABILITY_SOFTWARE_VERSION,
    decode: (v) =>
      v.length > 0 && at(v, 0) === v.length - 1
        ? { kind: 'software-version', version: printableBytes(v.subarray(1), NAME_LIMIT) }
        : undefined,
    encode: ({ version }) => Uint8Array.of(...textField(version)),
    words: ({ version }) => `Software ${printable(version)}`,
  },
};

/** Codes seen in the wild that mean nothing to us, for people who read the list. */
export const OTHER_CAPABILITY_NAMES: Readonly<Record<number, string>> = {
  3: 'Outbound route filtering',
  66: 'Old dynamic capability',
  67: 'Dynamic capability',
  68: 'Multisession',
  72: 'Routing policy distribution',
  76: 'Paths limit',
  128: 'Route refresh (Cisco)',
  130: 'Outbound route filtering (Cisco)',
  131: 'Multisession (Cisco)',
};

/** By number (RFC 9234 §4.1). */
export const ROLE_NAMES: readonly string[] = [
  'provider',
  'route server',
  'route server client',
  'customer',
  'peer',
];

/** RFC 7911 §4, of the side that announces it. */
const MODE_WORDS: Readonly<Record<number, string>> = {
  1: 'receive',
  2: 'send',
  3: 'send and receive',
};

/** Host names of DNS have 253 characters; versions fit as well. */
const NAME_LIMIT = 253;

/** Returns a family in words: `IPv4 unicast`. */
export function familyWords({ afi, safi }: AfiSafi): string {
  const address = afi === AFI_IPV4 ? 'IPv4' : afi === AFI_IPV6 ? 'IPv6' : `AFI ${afi}`;
  const kind =
    safi === SAFI_UNICAST ? 'unicast' : safi === SAFI_MULTICAST ? 'multicast' : `SAFI ${safi}`;
  return `${address} ${kind}`;
}

function emptyRow<Kind extends 'route-refresh' | 'extended-message' | 'enhanced-route-refresh'>(
  kind: Kind,
  code: number,
  words: string,
): CapabilityRow<Kind> {
  return {
    code,
    // The cast: TypeScript does not see that `{ kind }` is the variant of that kind.
    decode: (v) => (v.length === 0 ? ({ kind } as CapabilityOf<Kind>) : undefined),
    encode: () => new Uint8Array(0),
    words: () => words,
  };
}

function rows<Row>(v: Uint8Array, from: number, size: number, read: (i: number) => Row): Row[] {
  const out: Row[] = [];
  for (let i = from; i + size <= v.length; i += size) out.push(read(i));
  return out;
}

function writeRows<Row>(
  from: number,
  size: number,
  values: readonly Row[],
  write: (out: Uint8Array, i: number, value: Row) => void,
): Uint8Array {
  const out = new Uint8Array(from + size * values.length);
  for (const [n, value] of values.entries()) write(out, from + n * size, value);
  return out;
}

function textField(text: string): Uint8Array {
  const out = new Uint8Array(1 + 255);
  const written = new TextEncoder().encodeInto(text, out.subarray(1)).written;
  out[0] = written;
  return out.subarray(0, 1 + written);
}
