/**
 * The rules of a peering: one set for form, API, file and router.
 *
 * Not standardized; portal specification §4.1 to §4.4. Pure, safe in a browser: what only a server
 * knows (other peerings, the registry, resolved addresses) is handed in and left out elsewhere.
 *
 * Invariants
 * - Every finding has a stable code, the field's path and a sentence with the remedy.
 * - `KEY_IN_USE` never says who holds the key.
 * - What passes without an error can be interpolated into texts that visitors run as root.
 *
 * @module
 */

import { asnFromNumber } from '../base/asn.ts';
import { type Endpoint, parseEndpoint } from '../base/endpoint.ts';
import type { Finding, RouterErrorCode } from '../base/errors.ts';
import {
  equalAddresses,
  formatIpAddress,
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
  parseIpPrefix,
  prefixContains,
} from '../base/ip-address.ts';
import { printable } from '../base/printable.ts';
import { isPublicUnderlay } from '../base/public-underlay.ts';
import { checkObfuscation, type ObfuscationConfig } from '../wireguard/obfuscation/index.ts';
import { BFD_RULE, isBfd } from './bfd-wish.ts';
import {
  type NormalizedOptions,
  normalizeOperatorOptions,
  type OperatorOptions,
  pickOperatorOptions,
} from './operator-options.ts';
import { checkRelation, RELATION_FIELDS } from './peering-relation.ts';
import { checkSessionOptions, optionContextOf } from './session-options.ts';
import { checkTcpAo } from './tcp-ao.ts';
import { PASSWORD_RULE, parseTcpPassword } from './tcp-password.ts';
import {
  PEERING_POLICIES,
  type PeeringPolicy,
  SESSION_SHAPES,
  type SessionShape,
} from './types.ts';
import { isLowOrderKey, parseWireguardKey } from './wireguard-key.ts';

/** What a person asks for: the keys of portal specification §4.1, nearly all optional. */
export type PeeringRequest = OperatorOptions & {
  readonly node: string;
  readonly asn: number;
  readonly name?: string;
  readonly publicKey: string;
  readonly presharedKey?: string;
  readonly password?: string;
  readonly ttlSecurity?: boolean;
  /** Absent, empty or `none`: the other side connects to us. */
  readonly endpoint?: string;
  readonly linkLocal?: string;
  readonly ourLinkLocal?: string;
  readonly addresses?: { readonly ipv4?: string; readonly ipv6?: string };
  readonly sessions?: string;
  readonly families?: readonly string[];
  readonly extendedNextHop?: boolean;
  readonly keepalive?: number;
  readonly mtu?: number;
  readonly listenPort?: number;
  readonly obfuscation?: ObfuscationConfig;
  readonly policy?: string;
  readonly importLimit?: number;
  readonly rateLimit?: number;
  /** BGP is shut down, with this text for the other side (RFC 9003). */
  readonly shutdown?: string;
  readonly contact?: string;
  readonly remark?: string;
};

/** The request with every default filled in and every text in canonical form. */
export type NormalizedPeering = NormalizedOptions & {
  readonly node: string;
  readonly asn: number;
  readonly name: string;
  readonly publicKey: string;
  readonly presharedKey?: string;
  readonly password?: string;
  readonly ttlSecurity?: boolean;
  readonly endpoint?: string;
  readonly linkLocal: string;
  readonly ourLinkLocal?: string;
  readonly addresses: { readonly ipv4?: string; readonly ipv6?: string };
  readonly sessions: SessionShape;
  readonly families: readonly ('ipv4' | 'ipv6')[];
  readonly extendedNextHop: boolean;
  readonly keepalive: number;
  readonly mtu: number;
  readonly listenPort?: number;
  readonly obfuscation?: ObfuscationConfig;
  readonly policy: PeeringPolicy;
  readonly importLimit: number;
  readonly rateLimit?: number;
  /** BGP is shut down, with this text for the other side (RFC 9003). */
  readonly shutdown?: string;
  readonly contact?: string;
  readonly remark?: string;
};

export type RuleNode = {
  readonly name: string;
  readonly asn: number;
  readonly publicKey: string;
  readonly linkLocal: string;
  readonly addresses: readonly string[];
  readonly announce: readonly string[];
  /** What peers are told; `none` makes the peer's endpoint required. */
  readonly endpoint?: string;
  readonly privateEndpoints: boolean;
};

export type PeeringRuleContext = {
  readonly node: RuleNode;
  /** Operators and files get warnings where visitors are refused. */
  readonly actor: 'visitor' | 'operator';
  /** The other peerings of this node; only a server knows them. */
  readonly others?: readonly {
    readonly publicKey: string;
    readonly name: string;
    readonly vrf?: string;
    readonly listenPort?: number;
    readonly addresses: { readonly ipv4?: string; readonly ipv6?: string };
  }[];
  /** Who holds an address, by the registry; only a server knows. Undefined: the AS may use it. */
  readonly addressHolder?: (address: IpAddress) => string | undefined;
};

export const DEFAULT_MTU = 1420;
export const DEFAULT_IMPORT_LIMIT = 9000;
export const DEFAULT_KEEPALIVE_WITHOUT_ENDPOINT = 25;
/** RFC 9003 §2, and what RFC 8203 allowed before it. */
const SHUTDOWN_OCTETS_MAX = 255;
const SHUTDOWN_OCTETS_COMMON = 128;
/** What a peering is called. */
export const PEERING_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const TRANSFER_V4 = prefix('169.254.0.0/16');
const LINK_LOCAL_64 = prefix('fe80::/64');
const LINK_LOCAL_10 = prefix('fe80::/10');
const ULA = prefix('fd00::/8');
const DN42_V4 = ['172.20.0.0/14', '172.31.0.0/16', '10.0.0.0/8'].map(prefix);
const ANYCAST = [
  '172.20.0.0/24',
  '172.21.0.0/24',
  '172.22.0.0/24',
  '172.23.0.0/24',
  'fd42:d42:d42::/48',
].map(prefix);

/** Returns the link-local address that DN42's custom gives an AS: its last four digits after fe80::. */
export const customaryLinkLocal = (asn: number): string => {
  const digits = (asn % 10000).toString().replace(/^0+(?=.)/, '');
  return `fe80::${digits === '0' ? '1' : digits}`;
};

/** Returns what a peering is called that was given no name. */
export const customaryName = (asn: number): string => `as${asn}`;

/** Returns the port DN42's custom gives to peerings with an AS: 20000 and its last four digits. */
export const customaryPort = (asn: number): number => 20000 + (asn % 10000);

/** Fills in the defaults. Values that are wrong stay as they are: `checkPeeringRequest` names them. */
export function normalizePeering(request: PeeringRequest): NormalizedPeering {
  const endpoint = isNoEndpoint(request.endpoint)
    ? undefined
    : canonicalEndpoint(request.endpoint as string);
  const sessions = (request.sessions ?? 'mp-bgp') as SessionShape;
  const families = [...new Set(request.families ?? familiesOf(sessions))];
  const optional = {
    ...(request.presharedKey ? { presharedKey: request.presharedKey } : {}),
    // An empty one stays and is refused: nobody should believe in a password that is none.
    ...(request.password === undefined ? {} : { password: request.password }),
    ...(request.ttlSecurity ? { ttlSecurity: true } : {}),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(request.ourLinkLocal ? { ourLinkLocal: canonicalAddress(request.ourLinkLocal) } : {}),
    ...(request.listenPort === undefined ? {} : { listenPort: request.listenPort }),
    ...(request.obfuscation === undefined ? {} : { obfuscation: request.obfuscation }),
    ...(request.rateLimit === undefined ? {} : { rateLimit: request.rateLimit }),
    ...(request.shutdown === undefined ? {} : { shutdown: request.shutdown }),
    ...(request.contact ? { contact: request.contact } : {}),
    ...(request.remark ? { remark: request.remark } : {}),
  };
  return {
    ...normalizeOperatorOptions(request),
    node: request.node,
    asn: request.asn,
    name: request.name ?? customaryName(request.asn),
    publicKey: request.publicKey,
    linkLocal: canonicalAddress(request.linkLocal || customaryLinkLocal(request.asn)),
    addresses: {
      ...(request.addresses?.ipv4 ? { ipv4: canonicalAddress(request.addresses.ipv4) } : {}),
      ...(request.addresses?.ipv6 ? { ipv6: canonicalAddress(request.addresses.ipv6) } : {}),
    },
    sessions,
    families: families as ('ipv4' | 'ipv6')[],
    extendedNextHop:
      request.extendedNextHop ??
      (sessions === 'mp-bgp' || (sessions === 'none' && request.dynamicNeighbors !== undefined)),
    keepalive:
      request.keepalive ?? (endpoint === undefined ? DEFAULT_KEEPALIVE_WITHOUT_ENDPOINT : 0),
    mtu: request.mtu ?? DEFAULT_MTU,
    policy: (request.policy ?? 'full') as PeeringPolicy,
    importLimit: request.importLimit ?? DEFAULT_IMPORT_LIMIT,
    ...optional,
  };
}

/** Returns everything wrong with a request; empty means it may be stored. */
export function checkPeeringRequest(
  request: PeeringRequest,
  context: PeeringRuleContext,
): Finding[] {
  const peering = normalizePeering(request);
  const findings: Finding[] = [];
  const add = (
    severity: Finding['severity'],
    code: RouterErrorCode,
    path: string,
    message: string,
    hint?: string,
  ): void => {
    findings.push({ code, path, message, severity, ...(hint === undefined ? {} : { hint }) });
  };
  const error: Report = (code, path, message, hint) => add('error', code, path, message, hint);
  const warning: Report = (code, path, message, hint) => add('warning', code, path, message, hint);

  checkIdentity(peering, context, error);
  checkKeys(peering, context, error);
  checkEndpoint(request.endpoint, context, error, warning);
  checkLinkLocal(peering, context, error, warning);
  checkAddress('ipv4', peering, context, error);
  checkAddress('ipv6', peering, context, error);
  checkSessions(peering, context, error);
  checkNumbers(peering, context, error);
  checkRelation(peering, context, error);
  if (peering.obfuscation !== undefined) {
    findings.push(...checkObfuscation(peering.obfuscation, 'obfuscation'));
    // A port serves few forms: a visitor must not use them up.
    if (context.actor === 'visitor')
      error('OBFUSCATION_INVALID', 'obfuscation', "A disguise is the operator's to give.");
  }
  findings.push(...checkOptions(peering, context));
  findings.push(...checkShutdown(peering.shutdown));
  checkTexts(peering, error);
  return findings;
}

type Report = (code: RouterErrorCode, path: string, message: string, hint?: string) => void;

function checkIdentity(
  peering: NormalizedPeering,
  { node, actor }: PeeringRuleContext,
  error: Report,
): void {
  if (asnFromNumber(peering.asn) === undefined) {
    error('ASN_INVALID', 'asn', `${printable(String(peering.asn), 20)} is not an AS number.`);
  } else if (peering.asn === node.asn && actor === 'visitor') {
    // Another router of our own AS is the operator's to connect.
    error('ASN_IS_US', 'asn', `AS${node.asn} is ours; a peering needs two networks.`);
  }
  if (peering.node !== node.name) {
    error('NODE_UNKNOWN', 'node', `We have no node ${printable(peering.node, 40)}.`);
  }
  if (!PEERING_NAME.test(peering.name)) {
    error('NAME_INVALID', 'name', 'A name is 1 to 32 small letters, digits and hyphens.');
  }
  if (peering.vrf !== undefined && actor === 'visitor')
    error('VRF_UNKNOWN', 'vrf', "A virtual router is the operator's to choose.");
}

function checkKeys(
  peering: NormalizedPeering,
  { node, others }: PeeringRuleContext,
  error: Report,
): void {
  const key = parseWireguardKey(peering.publicKey);
  if (key === undefined) {
    const hint = '`wg pubkey < privatekey` prints it.';
    error(
      'KEY_ENCODING',
      'publicKey',
      'A WireGuard public key is 44 characters of base64, the last one "=".',
      hint,
    );
  } else if (peering.publicKey === node.publicKey) {
    error('KEY_IS_OURS', 'publicKey', 'This is our public key; we need yours.');
  } else if (isLowOrderKey(key)) {
    error(
      'KEY_LOW_ORDER',
      'publicKey',
      'This key gives no secrecy (a point of low order). Make a new one.',
      '`wg genkey`',
    );
  } else if (others?.some((other) => other.publicKey === peering.publicKey)) {
    error(
      'KEY_IN_USE',
      'publicKey',
      `This key is already used on ${node.name}. One key per node: make another.`,
      '`wg genkey`',
    );
  }
  if (peering.presharedKey !== undefined && parseWireguardKey(peering.presharedKey) === undefined) {
    error(
      'PSK_ENCODING',
      'presharedKey',
      'A preshared key is 44 characters of base64, the last one "=".',
      '`wg genpsk` makes one.',
    );
  }
  if (peering.password !== undefined && parseTcpPassword(peering.password) === undefined)
    error('PASSWORD_INVALID', 'password', PASSWORD_RULE);
  const wrongAo = peering.tcpAo && checkTcpAo(peering.tcpAo, peering.password !== undefined);
  if (wrongAo !== undefined) error('PASSWORD_INVALID', wrongAo.path, wrongAo.message);
}

function checkEndpoint(
  typed: string | undefined,
  { node, actor }: PeeringRuleContext,
  error: Report,
  warning: Report,
): void {
  if (isNoEndpoint(typed)) {
    if (node.endpoint === 'none') {
      error(
        'ENDPOINT_REQUIRED',
        'endpoint',
        `${node.name} cannot be reached from outside, so it needs your endpoint.`,
      );
    }
    return;
  }
  const endpoint = parseEndpoint(typed as string);
  if (endpoint === undefined) {
    error(
      'ENDPOINT_SYNTAX',
      'endpoint',
      'An endpoint is host:port or [IPv6]:port.',
      'For example 203.0.113.5:51820.',
    );
    return;
  }
  if (endpoint.address !== undefined) {
    const inOverlay = overlayPrefixes(node).some((p) =>
      prefixContains(p, endpoint.address as IpAddress),
    );
    if (inOverlay) {
      error(
        'ENDPOINT_IN_OVERLAY',
        'endpoint',
        `${endpoint.host} is reached through the tunnel itself; give the address outside it.`,
      );
    } else if (!isPublicUnderlay(endpoint.address)) {
      const report = node.privateEndpoints || actor === 'operator' ? warning : error;
      report(
        'ENDPOINT_PRIVATE',
        'endpoint',
        `${endpoint.host} is a private address; we cannot reach it. Give a public one, or tick "none".`,
      );
    }
  }
  if (isOurEndpoint(endpoint, node))
    error('ENDPOINT_IS_US', 'endpoint', `${endpoint.host} is this node; we need your endpoint.`);
}

function checkLinkLocal(
  peering: NormalizedPeering,
  { node }: PeeringRuleContext,
  error: Report,
  warning: Report,
): void {
  const ours = parseIpAddress(peering.ourLinkLocal ?? node.linkLocal);
  if (ours === undefined || !prefixContains(LINK_LOCAL_64, ours)) {
    error('LL_SYNTAX', 'ourLinkLocal', 'Our link-local address must lie in fe80::/64.');
  }
  const theirs = parseIpAddress(peering.linkLocal);
  if (theirs === undefined || !prefixContains(LINK_LOCAL_10, theirs) || isAllZeroHost(theirs)) {
    error(
      'LL_SYNTAX',
      'linkLocal',
      `${printable(peering.linkLocal, 60)} is not a link-local address such as ${customaryLinkLocal(peering.asn)}.`,
    );
    return;
  }
  if (!prefixContains(LINK_LOCAL_64, theirs)) {
    warning(
      'LL_SYNTAX',
      'linkLocal',
      `${peering.linkLocal} lies outside fe80::/64; some routers refuse that.`,
    );
  }
  if (ours !== undefined && equalAddresses(ours, theirs)) {
    const free = customaryLinkLocal(peering.asn);
    const hint =
      free === peering.linkLocal ? `${free.replace('::', '::1:')} is free.` : `${free} is free.`;
    error(
      'LL_CONFLICT',
      'linkLocal',
      `${peering.linkLocal} is our end of the tunnel; yours needs another address.`,
      hint,
    );
  }
}

function checkAddress(
  family: 'ipv4' | 'ipv6',
  peering: NormalizedPeering,
  context: PeeringRuleContext,
  error: Report,
): void {
  const text = peering.addresses[family];
  const path = `addresses.${family}`;
  if (text === undefined) return;
  const address = parseIpAddress(text);
  if (address === undefined || address.family !== (family === 'ipv4' ? 4 : 6)) {
    error(
      'ADDRESS_SYNTAX',
      path,
      `${printable(text, 60)} is not an ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address.`,
    );
    return;
  }
  const isTransfer = prefixContains(TRANSFER_V4, address);
  const isDn42 = (family === 'ipv4' ? DN42_V4 : [ULA]).some((p) => prefixContains(p, address));
  if (!isTransfer && (!isDn42 || ANYCAST.some((p) => prefixContains(p, address)))) {
    error('ADDRESS_NOT_DN42', path, `${text} is not an address of a network in DN42.`);
    return;
  }
  const ours = context.node.addresses.map(parseIpAddress);
  if (ours.some((own) => own !== undefined && equalAddresses(own, address))) {
    error('ADDRESS_CONFLICT', path, `${text} is ours; give your end of the tunnel.`);
  } else if (
    context.others?.some((other) => other.vrf === peering.vrf && other.addresses[family] === text)
  ) {
    error('ADDRESS_CONFLICT', path, `${text} is already used in a tunnel of ${context.node.name}.`);
  } else if (!isTransfer && context.actor === 'visitor') {
    const holder = context.addressHolder?.(address);
    if (holder !== undefined)
      error('ADDRESS_NOT_YOURS', path, `${text} belongs to ${printable(holder, 120)}.`);
  }
}

function checkSessions(
  peering: NormalizedPeering,
  { node, actor }: PeeringRuleContext,
  error: Report,
): void {
  if (
    !SESSION_SHAPES.includes(peering.sessions) ||
    (peering.sessions === 'none' && actor === 'visitor')
  ) {
    error(
      'SESSIONS_UNKNOWN',
      'sessions',
      `Sessions are one of ${SESSION_SHAPES.filter((s) => s !== 'none').join(', ')}.`,
    );
    return;
  }
  if (peering.families.some((f) => f !== 'ipv4' && f !== 'ipv6')) {
    error('NO_FAMILY', 'families', 'Families are ipv4 and ipv6.');
    return;
  }
  if (peering.sessions === 'none') return;
  if (peering.families.length === 0) error('NO_FAMILY', 'families', 'Choose IPv4, IPv6 or both.');
  if (peering.sessions === 'ipv4-only' || peering.sessions === 'ipv6-only') {
    const carried = peering.sessions === 'ipv4-only' ? 'ipv4' : 'ipv6';
    if (peering.families.some((family) => family !== carried))
      error('NO_FAMILY', 'families', `Sessions ${peering.sessions} carry nothing but ${carried}.`);
  }
  const wantsV4 = peering.families.includes('ipv4') && peering.sessions !== 'ipv6-only';
  const ourV4 = node.addresses.some((a) => parseIpAddress(a)?.family === 4);
  if (peering.extendedNextHop && peering.sessions !== 'mp-bgp') {
    error(
      'ENH_NEEDS_MP',
      'extendedNextHop',
      'Extended next hop needs one session for both families (MP-BGP).',
    );
  }
  const overV4 = peering.sessions === 'separate' || peering.sessions === 'ipv4-only';
  const needsV4Address = wantsV4 && (overV4 || !peering.extendedNextHop);
  if (needsV4Address && peering.addresses.ipv4 === undefined) {
    error(
      'V4_NEEDS_ADDRESS',
      'addresses.ipv4',
      'Without extended next hop IPv4 needs your IPv4 address in the tunnel.',
    );
  } else if (needsV4Address && !ourV4) {
    error(
      'V4_NEEDS_ADDRESS',
      'sessions',
      `${node.name} has no IPv4 address; choose MP-BGP with extended next hop.`,
    );
  }
}

function checkNumbers(
  peering: NormalizedPeering,
  { node, others, actor }: PeeringRuleContext,
  error: Report,
): void {
  const isWithin = (n: number, low: number, high: number): boolean =>
    Number.isInteger(n) && n >= low && n <= high;
  if (!isWithin(peering.keepalive, 0, 120))
    error('KEEPALIVE_RANGE', 'keepalive', 'Keepalive is 0 (off) or 1 to 120 seconds.');
  // Only who knows the whole path can say that it carries jumbo frames.
  if (!isWithin(peering.mtu, 1280, actor === 'visitor' ? 1420 : 9000))
    error('MTU_RANGE', 'mtu', 'The MTU is 1280 to 1420; 1420 fits most lines, 1412 PPPoE.');
  if (!isWithin(peering.importLimit, 1, 200_000))
    error('LIMIT_RANGE', 'importLimit', 'The import limit is 1 to 200,000 prefixes.');
  if (peering.rateLimit !== undefined && !isWithin(peering.rateLimit, 100, 10_000_000))
    error('LIMIT_RANGE', 'rateLimit', 'The rate limit is 100 to 10,000,000 packets a second.');
  if (peering.bfd !== undefined && !isBfd(peering.bfd)) error('BFD_RANGE', 'bfd', BFD_RULE);
  if (peering.listenPort !== undefined) {
    const customary = customaryPort(peering.asn);
    if (!isWithin(peering.listenPort, 1, 65535))
      error('PORT_RANGE', 'listenPort', 'A port is 1 to 65535.');
    else if (actor === 'visitor' && peering.listenPort !== customary) {
      // Any other port of this host is its operator's to give away (portal specification §4.2).
      error('PORT_RANGE', 'listenPort', `The port of its own for your network is ${customary}.`);
    } else if (others?.some((other) => other.listenPort === peering.listenPort)) {
      error(
        'PORT_IN_USE',
        'listenPort',
        `Port ${peering.listenPort} of ${node.name} belongs to another peering.`,
      );
    }
  }
  if (!PEERING_POLICIES.includes(peering.policy)) {
    error('POLICY_UNKNOWN', 'policy', `Policies are ${PEERING_POLICIES.join(', ')}.`);
  }
}

function checkOptions(peering: NormalizedPeering, { node, actor }: PeeringRuleContext): Finding[] {
  // What the two networks are to each other has a rule and a code of its own.
  const first = Object.keys(pickOperatorOptions(peering)).find((key) => !(key in RELATION_FIELDS));
  if (first !== undefined && actor === 'visitor')
    return [
      {
        code: 'SESSION_OPTION_INVALID',
        path: first,
        message: "Session options are the operator's to set.",
        severity: 'error',
      },
    ];
  return checkSessionOptions(peering, optionContextOf(peering, node.asn, node.addresses));
}

/** Returns what is wrong with the text of a shutdown, if there is one. */
export function checkShutdown(text: string | undefined): Finding[] {
  if (text === undefined) return [];
  const octets = new TextEncoder().encode(text).length;
  const path = 'shutdown';
  if (printable(text) !== text || octets > SHUTDOWN_OCTETS_MAX)
    return [
      {
        code: 'SESSION_OPTION_INVALID',
        path,
        message: 'The text of a shutdown is one line of at most 255 octets.',
        severity: 'error',
      },
    ];
  if (octets <= SHUTDOWN_OCTETS_COMMON) return [];
  return [
    {
      code: 'SESSION_OPTION_RISKY',
      path,
      message: 'Routers that know RFC 8203 only show nothing of a text above 128 octets.',
      severity: 'warning',
    },
  ];
}

function checkTexts(peering: NormalizedPeering, error: Report): void {
  if (
    peering.contact !== undefined &&
    (printable(peering.contact) !== peering.contact || peering.contact.length > 100)
  ) {
    error(
      'CONTACT_INVALID',
      'contact',
      'A contact is one line of at most 100 printable characters.',
    );
  }
  const lines = peering.remark?.split(/\r?\n/) ?? [];
  const isPrintable = lines.every((line) => printable(line, 500) === line);
  if (!isPrintable || (peering.remark?.length ?? 0) > 500) {
    error('REMARK_INVALID', 'remark', 'A remark has at most 500 printable characters.');
  }
}

const isNoEndpoint = (text: string | undefined): boolean =>
  text === undefined || text === '' || text === 'none';

function canonicalEndpoint(text: string): string {
  const endpoint = parseEndpoint(text);
  if (endpoint === undefined) return text;
  return endpoint.host.includes(':')
    ? `[${endpoint.host}]:${endpoint.port}`
    : `${endpoint.host}:${endpoint.port}`;
}

function canonicalAddress(text: string): string {
  const address = parseIpAddress(text);
  return address === undefined ? text : formatIpAddress(address);
}

const familiesOf = (sessions: SessionShape): readonly ('ipv4' | 'ipv6')[] =>
  sessions === 'ipv4-only' ? ['ipv4'] : sessions === 'ipv6-only' ? ['ipv6'] : ['ipv4', 'ipv6'];

const overlayPrefixes = (node: RuleNode): IpPrefix[] =>
  node.announce.map(parseIpPrefix).filter((p): p is IpPrefix => p !== undefined);

function isOurEndpoint(endpoint: Endpoint, node: RuleNode): boolean {
  const isSameName = endpoint.host.replace(/\.$/, '') === node.endpoint?.toLowerCase();
  if (isSameName) return true;
  return [...node.addresses, node.endpoint ?? ''].some((own) => {
    const address = parseIpAddress(own);
    return (
      address !== undefined &&
      endpoint.address !== undefined &&
      equalAddresses(address, endpoint.address)
    );
  });
}

const isAllZeroHost = (address: IpAddress): boolean =>
  address.bytes.subarray(2).every((octet) => octet === 0);

function prefix(text: string): IpPrefix {
  const parsed = parseIpPrefix(text);
  if (parsed === undefined) throw new Error(`not a prefix: ${text}`);
  return parsed;
}
