/**
 * The rules of a peering of `transport: host`: what may be left out, and what is wrong.
 *
 * Not standardized; README, "transport: host". Only an operator writes one, in the file.
 *
 * @module
 */
import { type Finding, RouterError } from '../base/errors.ts';
import { formatIpAddress, parseIpAddress } from '../base/ip-address.ts';
import { BGP_PORT } from '../bgp/index.ts';
import { type TypedNode, typeHostNeighbor } from './config.ts';
import { checkHostOptions } from './host-neighbor-options.ts';
import { withRelation } from './peering-relation.ts';
import {
  checkShutdown,
  customaryName,
  DEFAULT_IMPORT_LIMIT,
  PEERING_NAME,
} from './peering-rules.ts';
import { type HostNeighborConfig, PEERING_POLICIES, type PeeringPolicy } from './types.ts';

/** Nobody but the operator chooses such a neighbor: a full table of the Internet fits ten times. */
const HOST_IMPORT_LIMIT_MAX = 10_000_000;

export type HostNeighborRequest = Partial<
  Omit<HostNeighborConfig, 'id' | 'policy' | 'enabled' | 'disabledReason'>
> & {
  readonly asn: number;
  readonly address: string;
  readonly policy?: string;
  /** BGP is shut down, with this text for the other side (RFC 9003). */
  readonly shutdown?: string;
};

/** Fills in what was left out. */
export function hostNeighborOf({ shutdown, ...request }: HostNeighborRequest): HostNeighborConfig {
  const name = request.name ?? customaryName(request.asn);
  const policy = (request.policy ?? 'full') as PeeringPolicy;
  const address = parseIpAddress(request.address);
  const families = request.families ?? ['ipv4', 'ipv6'];
  return {
    port: BGP_PORT,
    passive: false,
    extendedNextHop: address?.family === 6 && families.includes('ipv4'),
    importLimit: policy === 'accept-all' ? HOST_IMPORT_LIMIT_MAX : DEFAULT_IMPORT_LIMIT,
    ...withRelation(request),
    id: `file:${name}`,
    name,
    families,
    policy,
    address: address === undefined ? request.address : formatIpAddress(address),
    enabled: shutdown === undefined,
    ...(shutdown === undefined ? {} : { disabledReason: shutdown }),
  };
}

/** Returns what is worth a second look, and no error. */
export function warnOfHostNeighbor(
  neighbor: HostNeighborConfig,
  node: { readonly asn: number; readonly addresses: readonly string[] },
): Finding[] {
  const findings = [...checkHostOptions(neighbor, node), ...checkShutdown(neighbor.disabledReason)];
  return findings.filter(({ severity }) => severity === 'warning');
}

/** Returns what is wrong first. `addresses`: those of the entries before, to which this one's is added. */
export function checkHostNeighbor(
  neighbor: HostNeighborConfig,
  node: TypedNode,
  names: ReadonlySet<string>,
  addresses: Set<string>,
): Finding | undefined {
  const wrong = (code: Finding['code'], path: string, message: string): Finding => ({
    code,
    path,
    message,
    severity: 'error',
  });
  const { name, importLimit, policy, address, disabledReason } = neighbor;
  if (!PEERING_NAME.test(name))
    return wrong('NAME_INVALID', 'name', 'A name is 1 to 32 small letters, digits and hyphens.');
  if (names.has(name)) return wrong('DUPLICATE', 'name', `Two peerings are named ${name}.`);
  if (!PEERING_POLICIES.includes(policy))
    return wrong('POLICY_UNKNOWN', 'policy', `Policies are ${PEERING_POLICIES.join(', ')}.`);
  if (importLimit > HOST_IMPORT_LIMIT_MAX)
    return wrong('LIMIT_RANGE', 'importLimit', 'The import limit is 1 to 10,000,000 prefixes.');
  const shutdown = checkShutdown(disabledReason).find(({ severity }) => severity === 'error');
  if (shutdown !== undefined) return shutdown;
  if (addresses.has(address))
    return wrong(
      'ADDRESS_CONFLICT',
      'address',
      `Two peerings are at ${address}; a connection that comes in could be either's.`,
    );
  addresses.add(address);
  try {
    typeHostNeighbor(neighbor, node);
    return undefined;
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    return wrong(error.code, error.details.path ?? 'address', error.message);
  }
}
