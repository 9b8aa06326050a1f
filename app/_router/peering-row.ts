/**
 * A peering's row in types of ours, and the way there and back.
 *
 * Not standardized; style guide §6: rows are translated, not passed on. AS numbers are BigInt in
 * the database because its Int is signed.
 *
 * @module
 */
import 'server-only';
import type {
  NormalizedPeering,
  ObfuscationConfig,
  PeeringPolicy,
  SessionShape,
} from '../../router-core/index.ts';
import type { Peering, Prisma } from '../_db/index.ts';

/** What people want of a peering (portal specification §6). */
export type AdministrativeState =
  | 'draft'
  | 'submitted'
  | 'pending'
  | 'rejected'
  | 'enabled'
  | 'disabled'
  | 'suspended'
  | 'deleting';

export type PeeringRow = {
  readonly id: string;
  readonly node: string;
  readonly asn: number;
  readonly name: string;
  readonly administrative: AdministrativeState;
  readonly administrativeReason: string | null;
  readonly publicKey: string;
  readonly presharedKeySealed: string | null;
  readonly passwordSealed: string | null;
  /** The operator's keys that have no column; `openOptions` reads them. */
  readonly optionsSealed: string | null;
  readonly ttlSecurity: boolean;
  readonly endpoint: string | null;
  readonly keepalive: number;
  readonly linkLocal: string;
  readonly ourLinkLocal: string | null;
  readonly addresses: { readonly ipv4?: string; readonly ipv6?: string };
  readonly sessions: SessionShape;
  readonly families: readonly ('ipv4' | 'ipv6')[];
  readonly extendedNextHop: boolean;
  readonly policy: PeeringPolicy;
  readonly importLimit: number;
  /** Packets per second taken from the peer; null: no limit. */
  readonly rateLimit: number | null;
  readonly mtu: number;
  readonly listenPort: number | null;
  /** Null: as the UDP port says. */
  readonly obfuscation: ObfuscationConfig | null;
  readonly contact: string | null;
  readonly remark: string | null;
  readonly revision: number;
  readonly operation: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly firstHandshakeAt: Date | null;
  readonly deletedAt: Date | null;
};

/** Reads a row. The texts in it were written by `peeringColumns`, which knows only these words. */
export function peeringRowOf(row: Peering): PeeringRow {
  return {
    id: row.id,
    node: row.node,
    asn: Number(row.asn),
    name: row.name,
    administrative: row.administrative as AdministrativeState,
    administrativeReason: row.administrativeReason,
    publicKey: row.publicKey,
    presharedKeySealed: row.presharedKeySealed,
    passwordSealed: row.passwordSealed,
    optionsSealed: row.optionsSealed,
    ttlSecurity: row.ttlSecurity ?? false,
    endpoint: row.endpoint,
    keepalive: row.keepalive,
    linkLocal: row.linkLocal,
    ourLinkLocal: row.ourLinkLocal,
    addresses: {
      ...(row.addressIpv4 === null ? {} : { ipv4: row.addressIpv4 }),
      ...(row.addressIpv6 === null ? {} : { ipv6: row.addressIpv6 }),
    },
    sessions: row.sessions as SessionShape,
    families: row.families.split(',').filter((f): f is 'ipv4' | 'ipv6' => f !== ''),
    extendedNextHop: row.extendedNextHop,
    policy: row.policy as PeeringPolicy,
    importLimit: row.importLimit,
    rateLimit: row.rateLimit,
    mtu: row.mtu,
    listenPort: row.listenPort,
    obfuscation:
      row.obfuscation === null ? null : (JSON.parse(row.obfuscation) as ObfuscationConfig),
    contact: row.contact,
    remark: row.remark,
    revision: row.revision,
    operation: row.operation,
    createdBy: row.createdBy,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    firstHandshakeAt: row.firstHandshakeAt,
    deletedAt: row.deletedAt,
  };
}

/** Returns the columns a form decides. What is sealed is not among them: preshared key, password, options. */
export function peeringColumns(
  peering: NormalizedPeering,
): Pick<
  Prisma.PeeringUncheckedCreateInput,
  | 'asn'
  | 'name'
  | 'tunnel'
  | 'publicKey'
  | 'ttlSecurity'
  | 'endpoint'
  | 'underlay'
  | 'keepalive'
  | 'linkLocal'
  | 'ourLinkLocal'
  | 'addressIpv4'
  | 'addressIpv6'
  | 'sessions'
  | 'families'
  | 'extendedNextHop'
  | 'policy'
  | 'importLimit'
  | 'rateLimit'
  | 'mtu'
  | 'listenPort'
  | 'obfuscation'
  | 'contact'
  | 'remark'
> {
  return {
    asn: BigInt(peering.asn),
    name: peering.name,
    tunnel: 'wireguard',
    publicKey: peering.publicKey,
    ttlSecurity: peering.ttlSecurity ?? false,
    endpoint: peering.endpoint ?? null,
    underlay: 'auto',
    keepalive: peering.keepalive,
    linkLocal: peering.linkLocal,
    ourLinkLocal: peering.ourLinkLocal ?? null,
    addressIpv4: peering.addresses.ipv4 ?? null,
    addressIpv6: peering.addresses.ipv6 ?? null,
    sessions: peering.sessions,
    families: peering.families.join(','),
    extendedNextHop: peering.extendedNextHop,
    policy: peering.policy,
    importLimit: peering.importLimit,
    rateLimit: peering.rateLimit ?? null,
    mtu: peering.mtu,
    listenPort: peering.listenPort ?? null,
    obfuscation: peering.obfuscation === undefined ? null : JSON.stringify(peering.obfuscation),
    contact: peering.contact ?? null,
    remark: peering.remark ?? null,
  };
}

/** Who a sealed preshared key belongs to; authenticated with it. */
export const presharedKeyOwner = (id: string): string => `peering/${id}/presharedKey`;
/** The same of a sealed password. */
export const passwordOwner = (id: string): string => `peering/${id}/password`;
