/**
 * Session options of a neighbor over the machine's TCP: those of any peering, apart from what needs a tunnel
 * or a TCP of our own.
 *
 * Not standardized; docs/sessions.md "Over the machine's TCP". The file and the router ask the same question.
 *
 * Invariant: what a peering may ask for and such a neighbor cannot have is refused by name, never left out in
 * silence: nobody should believe in a password that is none.
 *
 * @module
 */
import type { Finding, RouterErrorCode } from '../base/errors.ts';
import { checkRelation } from './peering-relation.ts';
import { checkSessionOptions, optionContextOf } from './session-options.ts';
import type { HostNeighborConfig, PeeringConfig, SessionSettings } from './types.ts';

const NO_HOP_LIMIT =
  'The system chooses the hop limit of its TCP, so a neighbor may be any number of hops away; Node can neither set nor see it.';
const NO_SIGNATURE = 'Node cannot ask the system to sign the segments of its TCP; use a tunnel.';

const NOT_OVER_MESH = 'Sessions over the mesh do not have this yet; the mesh itself is encrypted.';

/** Keys of a peering that are refused here, and why. */
export const NOT_OVER_HOST = {
  password: NO_SIGNATURE,
  tcpAo: NO_SIGNATURE,
  ttlSecurity: NO_HOP_LIMIT,
  multihop: NO_HOP_LIMIT,
  sourceAddress: 'The system chooses the address its TCP dials from.',
  dynamicNeighbors: "A neighbor over the machine's TCP is known by its address.",
  bfd: 'BFD runs inside tunnels.',
  vrf: "Neighbors over the machine's TCP are in the default virtual router.",
} as const satisfies { readonly [Key in keyof PeeringConfig]?: string };

/** Returns everything wrong with the session options of such a neighbor. */
export function checkHostOptions(
  neighbor: SessionSettings & Pick<HostNeighborConfig, 'over'>,
  node: { readonly asn: number; readonly addresses: readonly string[] },
): Finding[] {
  const findings: Finding[] = [];
  const error = (code: RouterErrorCode, path: string, message: string): void => {
    findings.push({ code, path, message, severity: 'error' });
  };
  for (const [key, why] of Object.entries(NOT_OVER_HOST))
    if (key in neighbor)
      error('SESSION_OPTION_INVALID', key, neighbor.over === 'mesh' ? NOT_OVER_MESH : why);
  if (findings.length > 0) return findings;
  checkRelation(neighbor, { node, actor: 'operator' }, error);
  const context = optionContextOf({ ...neighbor, sessions: 'mp-bgp' }, node.asn, node.addresses);
  return [...findings, ...checkSessionOptions(neighbor, context)];
}
