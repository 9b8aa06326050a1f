/**
 * Virtual routers (VRF) as an operator wishes for them: what the file may say, and the node as it is in one.
 *
 * Not standardized; docs/architecture.md §7 "Virtual routers".
 *
 *   vrfs:
 *     blue: { addresses: [172.20.5.1], announce: [172.20.5.0/26] }
 *   peerings:
 *     - { asn: 4242420001, vrf: blue, … }
 *
 * Invariant: a name that passes here can be written into file names, metrics and texts for a terminal.
 *
 * @module
 */
import { RouterError, type RouterErrorCode } from '../base/errors.ts';
import {
  type IpAddress,
  type IpPrefix,
  isLinkLocal,
  parseIpAddress,
  parseIpPrefix,
} from '../base/ip-address.ts';
import { printable } from '../base/printable.ts';
import type { Schema } from '../base/schema.ts';
import { VRFS_MAX } from './limits.ts';
import type { VrfSettings } from './types.ts';

/** What the default virtual router is called where one has to be named; no other one may be. */
export const DEFAULT_VRF_NAME = 'default';
const VRF_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const ADDRESS: Schema = { kind: 'string', maxLength: 64 };

export const VRFS_SCHEMA: Schema = {
  kind: 'record',
  maxEntries: VRFS_MAX,
  values: {
    kind: 'object',
    fields: {
      addresses: { kind: 'array', items: ADDRESS, maxItems: 16 },
      announce: { kind: 'array', items: ADDRESS, maxItems: 256 },
      public: { kind: 'boolean' },
    },
  },
};

/** The settings of a file by name, as the schema lets them in. */
export type RawVrfs = Readonly<Record<string, Partial<VrfSettings>>>;

/** Fills in what was left out: a virtual router may have no address and announce nothing. */
export const vrfsOfFile = (raw: RawVrfs): Record<string, VrfSettings> =>
  Object.fromEntries(
    Object.entries(raw).map(([name, settings]) => [
      name,
      { addresses: [], announce: [], ...settings },
    ]),
  );

/** What is the node's own in one virtual router. */
export type TypedVrf = {
  readonly addresses: readonly IpAddress[];
  readonly announce: readonly IpPrefix[];
};

/** Reads the virtual routers of a document. @throws RouterError naming the key that is wrong. */
export function typeVrfs(
  vrfs: Readonly<Record<string, VrfSettings>> = {},
): ReadonlyMap<string, TypedVrf> {
  const entries = Object.entries(vrfs);
  if (entries.length > VRFS_MAX)
    throw fail('CONFIG_TYPE', 'vrfs', `A node has at most ${VRFS_MAX} virtual routers.`);
  return new Map(entries.map(([name, settings]) => [name, typeVrf(name, settings)]));
}

function typeVrf(name: string, { addresses, announce }: VrfSettings): TypedVrf {
  const path = `vrfs.${printable(name, 40)}`;
  if (!VRF_NAME.test(name) || name === DEFAULT_VRF_NAME)
    throw fail(
      'NAME_INVALID',
      path,
      `A virtual router is called by 1 to 32 small letters, digits and hyphens, and never ${DEFAULT_VRF_NAME}.`,
    );
  return {
    addresses: addresses.map((text, i) => {
      const address = parseIpAddress(text);
      if (address === undefined || isLinkLocal(address))
        throw fail(
          'ADDRESS_SYNTAX',
          `${path}.addresses[${i}]`,
          `${printable(text, 60)} is not an IP address beyond a link.`,
        );
      return address;
    }),
    announce: announce.map((text, i) => {
      const prefix = parseIpPrefix(text);
      if (prefix === undefined)
        throw fail(
          'PREFIX_SYNTAX',
          `${path}.announce[${i}]`,
          `${printable(text, 60)} is not a prefix with zero host bits.`,
        );
      return prefix;
    }),
  };
}

/**
 * The node as it is in a virtual router: addresses and prefixes of its own there, the rest as everywhere.
 * @throws RouterError `VRF_UNKNOWN`
 */
export function nodeIn<Own, Node extends Own & { readonly vrfs: ReadonlyMap<string, Own> }>(
  node: Node,
  name: string | undefined,
): Node {
  if (name === undefined) return node;
  const own = node.vrfs.get(name);
  if (own === undefined) throw fail('VRF_UNKNOWN', 'vrf', unknownVrf(name));
  return { ...node, ...own };
}

export const unknownVrf = (name: string): string =>
  `No virtual router is called ${printable(name, 40)}; \`vrfs\` of the file names them.`;

const fail = (code: RouterErrorCode, path: string, message: string): RouterError =>
  new RouterError(code, message, { path });
