/**
 * Services of the node, as people switch them on: what the file's `services` may say, and what it means.
 *
 * Not standardized; names are binding (README, docs/architecture.md §7). All are off until the file has them.
 *
 *   services.overlayPortal   the portal over HTTP on the node's DN42 addresses
 *   services.socks           SOCKS5 on the host, into DN42
 *   services.httpConnect     HTTP CONNECT on the host, into DN42
 *   services.forwards[]      from.overlay: a port in DN42 to the host; from.host: a port of the host into DN42
 *
 * Invariants
 * - A proxy that anybody beyond this machine can reach has a password.
 * - No two services want one place, and none wants BGP's.
 *
 * @module
 */
import { type Endpoint, formatEndpoint, parseEndpoint } from '../base/endpoint.ts';
import type { Finding } from '../base/errors.ts';
import {
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
  parseIpPrefix,
  prefixContains,
} from '../base/ip-address.ts';
import type { Schema } from '../base/schema.ts';
import { BGP_PORT } from '../bgp/index.ts';

export type ProxySettings = {
  readonly enabled: boolean;
  /** `address:port` of the host. */
  readonly listen?: string;
  readonly username?: string;
  readonly password?: string;
  /** A DNS server in DN42; absent: the anycast ones. */
  readonly resolver?: string;
};
export type ForwardSettings = {
  /** One of them: a port of the node's DN42 addresses, or `address:port` of the host. */
  readonly from: { readonly overlay?: number; readonly host?: string };
  /** `host:port` as the host sees it, or `address:port` in DN42. */
  readonly to: string;
  /** Whom in DN42 it serves; absent: everybody. */
  readonly allow?: readonly string[];
};
export type ServicesSettings = {
  readonly overlayPortal?: { readonly enabled: boolean; readonly port?: number };
  readonly socks?: ProxySettings;
  readonly httpConnect?: ProxySettings;
  readonly forwards?: readonly ForwardSettings[];
};

const PORT: Schema = { kind: 'number', minimum: 1, maximum: 65535 };
const ENDPOINT: Schema = { kind: 'string', maxLength: 300 };
/** RFC 1929 §2: a length is one octet. */
const CREDENTIAL_OCTETS = 255;
const PROXY: Schema = {
  kind: 'object',
  fields: {
    enabled: { kind: 'boolean', required: true },
    listen: ENDPOINT,
    username: { kind: 'string', maxLength: CREDENTIAL_OCTETS },
    password: { kind: 'string', maxLength: CREDENTIAL_OCTETS, secret: true },
    resolver: { kind: 'string', maxLength: 64 },
  },
};
export const SERVICES_SCHEMA: Schema = {
  kind: 'object',
  fields: {
    overlayPortal: {
      kind: 'object',
      fields: { enabled: { kind: 'boolean', required: true }, port: PORT },
    },
    socks: PROXY,
    httpConnect: PROXY,
    forwards: {
      kind: 'array',
      maxItems: 64,
      items: {
        kind: 'object',
        fields: {
          from: { kind: 'object', required: true, fields: { overlay: PORT, host: ENDPOINT } },
          to: { ...ENDPOINT, required: true },
          allow: { kind: 'array', items: { kind: 'string', maxLength: 64 }, maxItems: 64 },
        },
      },
    },
  },
};

export type Place = { readonly address: IpAddress; readonly port: number };
export type Credentials = { readonly username: string; readonly password: string };
export type ProxyWish = {
  readonly kind: 'socks' | 'http-connect';
  readonly listen: Place;
  readonly credentials?: Credentials;
  readonly resolvers: readonly IpAddress[];
};
/** Listens on the host. */
export type HostWish =
  | ProxyWish
  | { readonly kind: 'forward-out'; readonly listen: Place; readonly to: Place };
/** Listens on the node's addresses in DN42. */
export type OverlayWish =
  | { readonly kind: 'overlay-portal'; readonly port: number }
  | {
      readonly kind: 'forward-in';
      readonly port: number;
      readonly to: Endpoint;
      /** Empty: everybody. */
      readonly allow: readonly IpPrefix[];
    };
export type ServiceWish = HostWish | OverlayWish;

const OVERLAY_PORTAL_PORT = 80;
const DEFAULT_LISTEN = { socks: '127.0.0.1:1080', 'http-connect': '127.0.0.1:8118' } as const;
/** Anycast in DN42: the nearest of several servers of the community. */
const DEFAULT_RESOLVERS = ['fd42:d42:d42:54::1', '172.20.0.53'].flatMap(
  (text) => parseIpAddress(text) ?? [],
);
const LOOPBACK = ['127.0.0.0/8', '::1/128'].flatMap((text) => parseIpPrefix(text) ?? []);

/** Reads settings that have passed the schema; the findings name what is wrong. */
export function readServices(settings: ServicesSettings): {
  wishes: ServiceWish[];
  findings: Finding[];
} {
  const wishes: ServiceWish[] = [];
  const findings: Finding[] = [];
  const take = (path: string, read: ServiceWish | Omit<Finding, 'path' | 'severity'>): void => {
    if ('kind' in read) wishes.push(read);
    else findings.push({ ...read, path, severity: 'error' });
  };
  const { overlayPortal, socks, httpConnect, forwards = [] } = settings;
  if (overlayPortal?.enabled)
    wishes.push({ kind: 'overlay-portal', port: overlayPortal.port ?? OVERLAY_PORTAL_PORT });
  if (socks?.enabled) take('services.socks', readProxy('socks', socks));
  if (httpConnect?.enabled) take('services.httpConnect', readProxy('http-connect', httpConnect));
  for (const [i, forward] of forwards.entries())
    take(`services.forwards[${i}]`, readForward(forward));
  if (findings.length === 0) findings.push(...conflicts(wishes));
  return { wishes, findings };
}

/** Where a service listens, for people. */
export function placeOfService(wish: ServiceWish): string {
  return 'listen' in wish ? formatEndpoint(wish.listen) : `DN42 port ${wish.port}`;
}

type Wrong = Omit<Finding, 'path' | 'severity'>;

function readProxy(kind: ProxyWish['kind'], settings: ProxySettings): ProxyWish | Wrong {
  const listen = placeOf(settings.listen ?? DEFAULT_LISTEN[kind]);
  if (listen === undefined) return notAPlace('listen', settings.listen ?? '');
  const { username, password } = settings;
  if ((username === undefined) !== (password === undefined))
    return {
      code: 'CONFIG_MISSING_KEY',
      message: 'username and password go together: give both or neither.',
    };
  if (username !== undefined && password !== undefined && !areCredentials({ username, password }))
    return {
      code: 'PASSWORD_INVALID',
      message: `username and password have 1 to ${CREDENTIAL_OCTETS} octets, and username no colon.`,
    };
  const isLocal = LOOPBACK.some((prefix) => prefixContains(prefix, listen.address));
  if (!isLocal && password === undefined)
    return {
      code: 'SERVICE_EXPOSED',
      message: `${formatEndpoint(listen)} can be reached from other machines, and no password is set.`,
      hint: 'Listen on 127.0.0.1 or ::1, or set username and password.',
    };
  const resolver = settings.resolver === undefined ? undefined : parseIpAddress(settings.resolver);
  if (settings.resolver !== undefined && resolver === undefined)
    return {
      code: 'ADDRESS_SYNTAX',
      message: `resolver is the address of a DNS server in DN42; ${settings.resolver} is none.`,
    };
  return {
    kind,
    listen,
    ...(username === undefined || password === undefined
      ? {}
      : { credentials: { username, password } }),
    resolvers: resolver === undefined ? DEFAULT_RESOLVERS : [resolver],
  };
}

function readForward({ from, to, allow }: ForwardSettings): ServiceWish | Wrong {
  const target = parseEndpoint(to);
  if (target === undefined) return notAPlace('to', to);
  if ((from.overlay === undefined) === (from.host === undefined))
    return {
      code: 'CONFIG_MISSING_KEY',
      message: 'from has either overlay (a port in DN42) or host (address:port of this machine).',
    };
  if (from.host !== undefined) {
    const listen = placeOf(from.host);
    if (listen === undefined) return notAPlace('from.host', from.host);
    const { address, port } = target;
    if (address === undefined)
      return {
        code: 'ADDRESS_SYNTAX',
        message: `to leads into DN42, so it is an address with a port; ${to} is none.`,
      };
    if (allow !== undefined)
      return {
        code: 'CONFIG_UNKNOWN_KEY',
        message: 'allow is for sources in DN42; this forward comes from the host.',
      };
    return { kind: 'forward-out', listen, to: { address, port } };
  }
  const prefixes = (allow ?? []).map((text) => ({ text, prefix: parseIpPrefix(text) }));
  const bad = prefixes.find(({ prefix }) => prefix === undefined);
  if (bad !== undefined)
    return {
      code: 'PREFIX_SYNTAX',
      message: `${bad.text} in allow is not a prefix with zero host bits.`,
    };
  return {
    kind: 'forward-in',
    port: from.overlay ?? 0,
    to: target,
    allow: prefixes.flatMap(({ prefix }) => prefix ?? []),
  };
}

/** Two services on one place, or one on BGP's. */
function conflicts(wishes: readonly ServiceWish[]): Finding[] {
  const findings: Finding[] = [];
  const taken = new Set<string>();
  const say = (message: string): void => {
    findings.push({ code: 'PORT_IN_USE', path: 'services', message, severity: 'error' });
  };
  for (const wish of wishes) {
    const place = placeOfService(wish);
    if (!('listen' in wish) && wish.port === BGP_PORT)
      say(`Port ${BGP_PORT} of the node in DN42 is BGP's.`);
    else if (taken.has(place)) say(`Two services want ${place}.`);
    taken.add(place);
  }
  return findings;
}

const notAPlace = (key: string, text: string): Wrong => ({
  code: 'ENDPOINT_SYNTAX',
  message: `${key} is an address with a port, such as 127.0.0.1:1080 or [::1]:1080; ${text} is none.`,
});

function placeOf(text: string): Place | undefined {
  const endpoint = parseEndpoint(text);
  if (endpoint?.address === undefined) return undefined;
  return { address: endpoint.address, port: endpoint.port };
}

/** RFC 1929 §2 and RFC 7617 §2. */
function areCredentials({ username, password }: Credentials): boolean {
  const fits = (text: string): boolean =>
    text !== '' && new TextEncoder().encode(text).length <= CREDENTIAL_OCTETS;
  return fits(username) && fits(password) && !username.includes(':');
}
