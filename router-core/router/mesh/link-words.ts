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

type Untried = NonNullable<MeshLinkView['untried']>[number];

/** Why an endpoint that somebody told is not tried. */
const BECAUSE: Readonly<Record<Untried['because'], string>> = {
  static: 'its entry in the file is Static, so only EndPoint counts',
  'no unicast': 'no single machine has such an address',
  loopback:
    'loopback of the machine that told it; ExternalIP in the supernode’s file tells another, and a loopback ListenIPv4 here would try it',
  'link-local': 'it is good on the wire of the machine that told it only',
  ours: 'we are there ourselves',
  family: 'we have no socket of its family, see DisabledAf',
};

/** Returns what is wrong, or undefined of a link that is alive and nobody else's. */
export function problemOfLink(
  link: MeshLinkView,
  { now }: { readonly now: Instant },
): string | undefined {
  const { sharedKeyEndpoints, untried = [] } = link;
  if (sharedKeyEndpoints !== undefined)
    return `Two machines use its private key: handshakes come by turns from ${sharedKeyEndpoints.join(' and ')}. One of them needs a key and a number of its own.`;
  if (link.isAlive) return undefined;
  const left = untried.map(({ endpoint, because }) => `${endpoint} (${BECAUSE[because]})`);
  const told = left.length === 0 ? '' : ` Told, and not tried on purpose: ${left.join('; ')}.`;
  return `${silenceOf(link, now)}${told}`;
}

function silenceOf(link: MeshLinkView, now: Instant): string {
  const { endpoint, initiationsSent, handshakesCompleted, hasKeyPair, lastReceived } = link;
  if (endpoint === undefined) return searchOf(link);
  const at = formatEndpoint(endpoint);
  if (handshakesCompleted === 0)
    return initiationsSent === 0
      ? `Nothing has been sent to ${at} yet.`
      : `${initiationsSent === 1 ? 'One handshake' : `${initiationsSent} handshakes`} to ${at}, none answered: it does not run, a firewall is between us, or a key is wrong.`;
  const silence =
    lastReceived === undefined
      ? 'Nothing came since'
      : `Nothing came for ${Math.round(elapsed(lastReceived, now) / 1000)} s`;
  return hasKeyPair
    ? `${silence}, although a session with ${at} stands.`
    : `${silence}, and ${at} answers no handshake any more.`;
}

function searchOf({ candidates, untried = [] }: MeshLinkView): string {
  if (candidates.length === 0)
    return 'Its endpoint is not known: the file has none, and nobody has told one.';
  const tried = candidates.filter((text) => !untried.some(({ endpoint }) => endpoint === text));
  return tried.length === 0
    ? 'No endpoint of those that were told can be tried; it may still connect to us.'
    : `Endpoints are being tried: ${tried.join(', ')}.`;
}
