/**
 * Endpoints of the underlay as people write them: `host:port`, `[v6]:port`.
 *
 * Standard: RFC 3986 §3.2.2 (brackets), RFC 1123 §2.1 (letters, digits, hyphens), RFC 1035 §2.3.4.
 *
 * @module
 */
import { formatIpAddress, type IpAddress, parseIpAddress } from './ip-address.ts';

export type Endpoint = {
  readonly host: string;
  readonly address?: IpAddress;
  readonly port: number;
};
/** An endpoint whose address is known. */
export type UnderlayAddress = { readonly address: IpAddress; readonly port: number };

const HOST_NAME =
  /^(?=.{1,253}$)(?:(?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)*(?!-)[A-Za-z0-9-]{1,63}(?<!-)\.?$/;

/** Reads an endpoint; undefined when host or port is malformed. Names are not resolved here. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([^:[\]\s]{1,254})):([0-9]{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port < 1 || port > 65535) return undefined;
  if (match[1] !== undefined) {
    const address = parseIpAddress(match[1]);
    return address?.family === 6 ? { host: formatIpAddress(address), address, port } : undefined;
  }
  const host = match[2] as string;
  const address = parseIpAddress(host);
  if (address !== undefined) return { host: formatIpAddress(address), address, port };
  // A name whose last label is a number is a mistyped address (WHATWG URL does the same).
  if (!HOST_NAME.test(host) || /(?:^|\.)[0-9]+\.?$/.test(host)) return undefined;
  return { host: host.toLowerCase(), port };
}

export function formatEndpoint(endpoint: Endpoint | UnderlayAddress): string {
  const host =
    endpoint.address === undefined
      ? (endpoint as Endpoint).host
      : formatIpAddress(endpoint.address);
  return host.includes(':') ? `[${host}]:${endpoint.port}` : `${host}:${endpoint.port}`;
}
