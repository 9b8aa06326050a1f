/**
 * Our side of a peering, as the other network types it into its router.
 *
 * Not standardized; portal specification §5, §9 (`ours`).
 *
 * @module
 */
import { formatEndpoint, parseIpAddress } from '../../router-core/index.ts';
import type { NodeFacts } from '../_settings/index.ts';
import type { OurEnd } from './view-models.ts';

/** @param peering what one peering has of its own: a port, a link-local address. */
export function ourEndOf(
  facts: NodeFacts,
  publicKey: string,
  peering: { readonly listenPort?: number | null; readonly ourLinkLocal?: string | null } = {},
): OurEnd {
  return {
    asn: facts.asn,
    publicKey,
    endpoint: endpointOf(facts.endpoint, peering.listenPort ?? facts.listen.port),
    linkLocal: peering.ourLinkLocal ?? facts.linkLocal,
    addresses: facts.addresses,
  };
}

function endpointOf(host: string | null, port: number): string | null {
  if (host === null || host === 'none') return null;
  const address = parseIpAddress(host);
  return formatEndpoint(address === undefined ? { host, port } : { host, address, port });
}
