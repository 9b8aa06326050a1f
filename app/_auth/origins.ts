/**
 * Under which names the portal answers, and whether a request came from its own pages.
 *
 * Standard: RFC 9110 §7.2 (Host), RFC 6454 (Origin), W3C Fetch Metadata (Sec-Fetch-Site).
 *
 * A name that is not ours could be another site's, resolved to us (DNS rebinding); so until
 * `ROOTLESS42_ORIGINS` is set only `localhost`, literal addresses and the node's endpoint answer.
 *
 * @module
 */
import 'server-only';
import { parseIpAddress } from '../../router-core/index.ts';
import { PortalError } from '../_text/errors.ts';

/** Whether the portal answers under the name of a `Host` header. */
export function isAllowedHost(
  host: string | null,
  origins: readonly string[],
  endpoints: readonly string[],
): boolean {
  if (host === null) return false;
  if (origins.length > 0)
    return origins.some((origin) => new URL(origin).host === host.toLowerCase());
  const name = hostName(host);
  if (name === undefined) return false;
  return name === 'localhost' || parseIpAddress(name) !== undefined || endpoints.includes(name);
}

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
