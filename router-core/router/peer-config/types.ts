/**
 * What the texts for the other side are made of.
 *
 * Not standardized; portal specification §5. Visitors run these texts as root, so only values that
 * passed the rules of a peering stand in them, and comments keep to `[A-Za-z0-9 ._-]`.
 *
 * @module
 */
import { formatDottedQuad } from '../../base/ip-address.ts';
import type { PeeringConfig, SessionShape } from '../types.ts';
import type { SharedOptions } from './shared-options.ts';

export const PEER_CONFIG_FORMATS = ['wg-quick', 'bird2', 'frr'] as const;
export type PeerConfigFormat = (typeof PEER_CONFIG_FORMATS)[number];

/** Seen from the visitor: `you` is their side, `we` is this node. */
export type PeerConfigInput = {
  readonly node: string;
  readonly we: {
    readonly asn: number;
    readonly publicKey: string;
    /** `host:port`, absent where strangers cannot reach us. */
    readonly endpoint?: string;
    readonly linkLocal: string;
    readonly ipv4?: string;
    readonly ipv6?: string;
  };
  readonly you: {
    readonly asn: number;
    /** The port of the endpoint they gave us. */
    readonly listenPort?: number;
    readonly linkLocal: string;
    readonly ipv4?: string;
    readonly ipv6?: string;
    /** Own prefixes from the registry. */
    readonly prefixes: readonly string[];
  };
  readonly hasPresharedKey: boolean;
  /** Whether the TCP of the sessions is signed (RFC 2385). */
  readonly hasPassword: boolean;
  /** Whether the sessions want hop limit 255 (RFC 5082). */
  readonly ttlSecurity: boolean;
  /** What else the operator has set and both ends have to agree on. */
  readonly shared: SharedOptions;
  readonly sessions: SessionShape;
  readonly families: readonly ('ipv4' | 'ipv6')[];
  readonly extendedNextHop: boolean;
  readonly keepalive: number;
  /** What the obfuscation leaves of the configured one. */
  readonly mtu: number;
  /** How messages of this tunnel are disguised; absent: not at all. */
  readonly obfuscation?: NonNullable<PeeringConfig['obfuscation']>;
};

/** One file for the other side. `base` stands once per router, `peer` once per peering. */
export type PeerConfigFile = {
  readonly path: string;
  readonly part: 'base' | 'peer';
  readonly text: string;
  /** Values of the visitor's own inside the text, for the highlighter. */
  readonly highlights: readonly string[];
};

/** The placeholder for the one thing we do not know. */
export const PRIVATE_KEY_PLACEHOLDER = '<your private key>';
/** The placeholder for a preshared key: it is shown once, at creation, and never again. */
export const PRESHARED_KEY_PLACEHOLDER = '<your preshared key>';
/** The placeholder for the password of the sessions, which is sealed as well. FRR takes no spaces. */
export const PASSWORD_PLACEHOLDER = '<your-BGP-password>';

/** Returns the name of the interface on the other side: at most 15 characters, as Linux wants. */
export const interfaceName = (node: string): string => `r42-${node}`.slice(0, 15);
/** Returns the name as routing daemons take it. */
export const protocolName = (node: string): string => `r42_${node.replace(/[^a-z0-9]/g, '_')}`;

/** Returns a router id for the other side: an own IPv4 address, else one made of the AS number. */
export function routerIdOf(you: PeerConfigInput['you']): string {
  // A network of its own rather than one address of an anycast block.
  const fromPrefix = you.prefixes.find((p) => /^[0-9.]+\/(?:[12]?[0-9])$/.test(p));
  if (you.ipv4 !== undefined && !you.ipv4.startsWith('169.254.')) return you.ipv4;
  if (fromPrefix !== undefined) {
    const [address = '', length = '32'] = fromPrefix.split('/');
    const parts = address.split('.').map(Number);
    if (length !== '32') parts[3] = (parts[3] ?? 0) + 1;
    return parts.join('.');
  }
  return formatDottedQuad(you.asn);
}
