/**
 * Addresses of `udpsock` and `tcpsock` as the files have them: `host:port`, `[v6]:port`, `:port`.
 *
 * Standard: RFC 3986 §3.2.2 for the brackets; without a host it is every address of this machine.
 *
 * @module
 */
import { parseEndpoint } from '../../base/endpoint.ts';
import { RouterError } from '../../base/errors.ts';

/** Reads an address; the host is a name or a literal. @throws RouterError ENDPOINT_SYNTAX */
export function readHostPort(text: string): { readonly host?: string; readonly port: number } {
  const isEverywhere = text.startsWith(':');
  const endpoint = parseEndpoint(isEverywhere ? `0.0.0.0${text}` : text);
  if (endpoint === undefined)
    throw new RouterError('ENDPOINT_SYNTAX', `${text} is no address such as 192.0.2.1:5000.`, {
      hint: 'Write host:port, [IPv6]:port, or :port for every address of this machine.',
    });
  return isEverywhere ? { port: endpoint.port } : { host: endpoint.host, port: endpoint.port };
}
