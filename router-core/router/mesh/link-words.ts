/**
 * Why a link of the mesh is not alive, in words for its operator.
 *
 * Not standardized.
 *
 * @module
 */
import { formatEndpoint } from '../../base/endpoint.ts';
import { elapsed, type Instant } from '../../base/units.ts';
import type { MeshLinkView } from '../../mesh/etherguard/edge/edge-contract.ts';

/** Returns one sentence, or undefined of a link that is alive. */
export function problemOfLink(
  link: MeshLinkView,
  { now }: { readonly now: Instant },
): string | undefined {
  if (link.isAlive) return undefined;
  const { endpoint, candidates, initiationsSent, handshakesCompleted, hasKeyPair } = link;
  if (endpoint === undefined)
    return candidates.length === 0
      ? 'Its endpoint is not known: the file has none, and nobody has told one.'
      : `Endpoints are being tried: ${candidates.join(', ')}.`;
  const at = formatEndpoint(endpoint);
  if (handshakesCompleted === 0)
    return initiationsSent === 0
      ? `Nothing has been sent to ${at} yet.`
      : `${initiationsSent === 1 ? 'One handshake' : `${initiationsSent} handshakes`} to ${at}, none answered: it does not run, a firewall is between us, or a key is wrong.`;
  const { lastReceived } = link;
  const silence =
    lastReceived === undefined
      ? 'Nothing came since'
      : `Nothing came for ${Math.round(elapsed(lastReceived, now) / 1000)} s`;
  return hasKeyPair
    ? `${silence}, although a session with ${at} stands.`
    : `${silence}, and ${at} answers no handshake any more.`;
}
