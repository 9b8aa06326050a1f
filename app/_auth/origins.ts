/**
 * Under which names the portal answers, and whether a request came from its own pages.
 *
 * Standard: RFC 9110 §7.2 (Host), RFC 6454 (Origin), W3C Fetch Metadata (Sec-Fetch-Site).
 *
 * A name that is not ours could be another site's, resolved to us (DNS rebinding); so until
 * `ROOTLESS42_ORIGINS` is set only the node's endpoint answers, and the address that the connection
 * really came in on, spelled as it is or as `localhost`. Any other address would let a stranger's site
 * relay our challenge under its own name. From DN42 the node's address there is a name as well, whatever
 * `ROOTLESS42_ORIGINS` says: an address belongs to nobody else.
 *
 * @module
 */
import 'server-only';
import {
  formatIpAddress,
  parseIpAddress,
  parseIpPrefix,
  prefixContains,
} from '../../router-core/index.ts';
import { PortalError } from '../_text/errors.ts';

/** Set by bin/client-address.mjs: our end of the connection. */
const LOCAL_ADDRESS_HEADER = 'x-rootless42-local-address';
/** Set by it too: the visitor came from DN42, and our end is one of the node's addresses there. */
const OVERLAY_HEADER = 'x-rootless42-overlay';

/** Whether the portal answers under the name that a request asks for. */
export function isAllowedHost(
  request: Pick<Headers, 'get'>,
  origins: readonly string[],
  endpoints: readonly string[],
): boolean {
  const host = request.get('host');
  if (host === null) return false;
  const name = hostName(host);
  if (request.get(OVERLAY_HEADER) !== null && isOurEnd(request, name)) return true;
  if (origins.length > 0)
    return origins.some((origin) => new URL(origin).host === host.toLowerCase());
  if (name === undefined) return false;
  return endpoints.includes(name) || isOurEnd(request, name);
}

/** Whether a name is the address that the connection came in on. */
function isOurEnd(request: Pick<Headers, 'get'>, name: string | undefined): boolean {
  const local = parseIpAddress(request.get(LOCAL_ADDRESS_HEADER) ?? '');
  if (local === undefined || name === undefined) return false;
  if (name === 'localhost') return LOOPBACK.some((prefix) => prefixContains(prefix, local));
  const asked = parseIpAddress(name);
  return asked !== undefined && formatIpAddress(asked) === formatIpAddress(local);
}

const LOOPBACK = ['127.0.0.0/8', '::1/128'].flatMap((text) => parseIpPrefix(text) ?? []);

/** Returns the name of a `Host` header without port and brackets, in lower case. */
export function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::[0-9]{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
}

/**
 * Refuses a changing request that another site's page made. Browsers always say where a POST comes
 * from; a program that says nothing carries no cookie it did not mean to.
 *
 * @throws PortalError ORIGIN_FORBIDDEN.
 */
export function checkSameOrigin(headers: Headers): void {
  const site = headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none')
    throw new PortalError('ORIGIN_FORBIDDEN');
  const origin = headers.get('origin');
  if (origin === null) return;
  const isOurs =
    URL.canParse(origin) && new URL(origin).host === headers.get('host')?.toLowerCase();
  if (!isOurs) throw new PortalError('ORIGIN_FORBIDDEN');
}
