/**
 * Our side of a peering, as the other network types it into its router.
 *
 * Not standardized; portal specification §5, §9 (`ours`).
 *
 * @module
 */
import { formatEndpoint, type OperatorOptions, parseIpAddress } from '../../router-core/index.ts';
import { nodeFactsIn } from '../_router/index.ts';
import type { NodeFacts } from '../_settings/index.ts';
import type { OurEnd } from './view-models.ts';

type OfPeering = {
  readonly listenPort?: number | null;
  readonly ourLinkLocal?: string | null;
  readonly options?: Pick<OperatorOptions, 'localAs' | 'sourceAddress' | 'vrf'>;
};

/** @param peering what one peering has of its own: a port, addresses, an AS number. */
export function ourEndOf(
  facts: NodeFacts,
  publicKey: string,
  { options = {}, ...peering }: OfPeering = {},
): OurEnd {
  const { localAs, sourceAddress, vrf } = options;
  // The first of a family is the one sessions come from.
  const others = nodeFactsIn(facts, vrf).addresses.filter((address) => address !== sourceAddress);
  return {
    asn: localAs?.asn ?? facts.asn,
    publicKey,
    endpoint: endpointOf(facts.endpoint, peering.listenPort ?? facts.listen.port),
    linkLocal: peering.ourLinkLocal ?? facts.linkLocal,
    addresses: sourceAddress === undefined ? others : [sourceAddress, ...others],
  };
}

function endpointOf(host: string | null, port: number): string | null {
  if (host === null || host === 'none') return null;
  const address = parseIpAddress(host);
  return formatEndpoint(address === undefined ? { host, port } : { host, address, port });
}
