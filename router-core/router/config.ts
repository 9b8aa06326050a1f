/**
 * NodeConfig turned into types of our own, once. A node trusts no portal blindly.
 *
 * Not standardized; docs/architecture.md §5 step 8. From here on no protocol sees a string that a
 * person wrote.
 *
 * Invariants
 * - A document that is wrong as a whole (schema, node) changes nothing.
 * - A peering that is wrong fails alone, with code and path.
 *
 * @module
 */
import { asnFromNumber } from '../base/asn.ts';
import { readUint32 } from '../base/bytes.ts';
import { type Endpoint, parseEndpoint } from '../base/endpoint.ts';
import { type Finding, RouterError, type RouterErrorCode } from '../base/errors.ts';
import {
  formatIpAddress,
  type IpAddress,
  type IpPrefix,
  isLinkLocal,
  parseIpAddress,
  parseIpPrefix,
} from '../base/ip-address.ts';
import type { Asn } from '../base/units.ts';
import type { MasterKey } from '../netstack/index.ts';
import {
  checkObfuscation,
  type ObfuscationConfig,
  obfuscationIdentity,
} from '../wireguard/obfuscation/index.ts';
import { BFD_RULE, isBfd } from './bfd-wish.ts';
import { canonicalJson } from './digest.ts';
import { type Disguise, disguiseOf } from './disguise.ts';
import { checkHostOptions } from './host-neighbor-options.ts';
import { checkSessionOptions, optionContextOf } from './session-options.ts';
import { checkTcpAo, masterKeysOf } from './tcp-ao.ts';
import { PASSWORD_RULE, parseTcpPassword } from './tcp-password.ts';
import {
  type HostNeighborConfig,
  NODE_CONFIG_SCHEMA,
  type NodeConfig,
  type NodeSettings,
  type PeeringConfig,
} from './types.ts';
import { type TypedVrf, typeVrfs } from './vrf-wish.ts';
import { isLowOrderKey, parseWireguardKey } from './wireguard-key.ts';

export type TypedNode = {
  readonly name: string;
  readonly asn: Asn;
  readonly routerId: number;
  readonly addresses: readonly IpAddress[];
  readonly announce: readonly IpPrefix[];
  readonly linkLocal: IpAddress;
  readonly listenPort: number;
  /** Of our reflector clients and us; absent: the router id. */
  readonly clusterId?: number;
  /** Of the shared port. */
  readonly obfuscation?: ObfuscationConfig;
  /** What is the node's own in each named virtual router; what stands above is the default one's. */
  readonly vrfs: ReadonlyMap<string, TypedVrf>;
};

export type TypedPeering = Disguise & {
  readonly id: string;
  readonly asn: Asn;
  readonly publicKey: Uint8Array;
  readonly presharedKey?: Uint8Array;
  /** What TCP signs with. */
  readonly password?: Uint8Array;
  /** What TCP makes MACs with. */
  readonly masterKeys?: readonly MasterKey[];
  readonly endpoint?: Endpoint;
  readonly linkLocal: IpAddress;
  readonly ourLinkLocal: IpAddress;
  readonly ipv4?: IpAddress;
  readonly ipv6?: IpAddress;
  readonly port: number;
  /** What the node's settings add: when it changes, the peering is made anew. */
  readonly surroundings: string;
  /** The configuration it came from. */
  readonly config: PeeringConfig;
  /** Equal text means equal wishes. */
  readonly fingerprint: string;
};

/** A neighbor over the machine's TCP. */
export type TypedHostNeighbor = {
  readonly id: string;
  readonly asn: Asn;
  readonly address: IpAddress;
  readonly config: HostNeighborConfig;
  /** Equal text means equal wishes. */
  readonly fingerprint: string;
};

/** Reads the part of a document that concerns the whole node. @throws RouterError when it cannot be applied. */
export function typeNode(config: NodeConfig): TypedNode {
  if (config.schema > NODE_CONFIG_SCHEMA) {
    throw new RouterError(
      'CONFIG_SCHEMA_NEWER',
      `The document has schema ${config.schema}; this router knows ${NODE_CONFIG_SCHEMA}.`,
    );
  }
  return { ...typeNodeSettings(config.node), vrfs: typeVrfs(config.vrfs) };
}

/** Reads the settings of a node. @throws RouterError naming the key that is wrong. */
export function typeNodeSettings(node: NodeSettings): TypedNode {
  const fail = (code: RouterErrorCode, path: string, message: string): RouterError =>
    new RouterError(code, message, { path: `node.${path}` });
  const asn = asnFromNumber(node.asn);
  if (asn === undefined) throw fail('ASN_INVALID', 'asn', `${node.asn} is not an AS number.`);
  if (!/^[a-z0-9-]{1,32}$/.test(node.name))
    throw fail('NAME_INVALID', 'name', 'A node name is 1 to 32 small letters, digits and hyphens.');
  const routerId = parseIpAddress(node.routerId);
  if (routerId?.family !== 4 || readUint32(routerId.bytes, 0) === 0) {
    throw fail(
      'ADDRESS_SYNTAX',
      'routerId',
      `${node.routerId} is not an IPv4 address; a router id looks like one.`,
    );
  }
  const clusterId = typeClusterId(node, fail);
  if (node.listen.obfuscation !== undefined)
    checkObfuscationWish(node.listen.obfuscation, 'node.listen.obfuscation');
  const linkLocal = parseIpAddress(node.linkLocal);
  if (linkLocal === undefined || !isLinkLocal(linkLocal))
    throw fail('LL_SYNTAX', 'linkLocal', `${node.linkLocal} is not a link-local address.`);
  return {
    name: node.name,
    asn,
    routerId: readUint32(routerId.bytes, 0),
    addresses: node.addresses.map((text, i) => {
      const address = parseIpAddress(text);
      if (address === undefined)
        throw fail('ADDRESS_SYNTAX', `addresses[${i}]`, `${text} is not an IP address.`);
      return address;
    }),
    announce: node.announce.map((text, i) => {
      const prefix = parseIpPrefix(text);
      if (prefix === undefined)
        throw fail(
          'PREFIX_SYNTAX',
          `announce[${i}]`,
          `${text} is not a prefix with zero host bits.`,
        );
      return prefix;
    }),
    linkLocal,
    listenPort: node.listen.port,
    vrfs: new Map(),
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(node.listen.obfuscation === undefined ? {} : { obfuscation: node.listen.obfuscation }),
  };
}

/** RFC 4456 §8: four octets like a router id, and like one never zero. */
function typeClusterId(
  { bgp }: NodeSettings,
  fail: (code: RouterErrorCode, path: string, message: string) => RouterError,
): number | undefined {
  if (bgp?.clusterId === undefined) return undefined;
  const address = parseIpAddress(bgp.clusterId);
  if (address?.family !== 4 || readUint32(address.bytes, 0) === 0)
    throw fail(
      'ADDRESS_SYNTAX',
      'bgp.clusterId',
      `${bgp.clusterId} is not an IPv4 address; a cluster id looks like one.`,
    );
  return readUint32(address.bytes, 0);
}

/** Reads one peering. @throws RouterError naming the key that is wrong. */
export function typePeering(config: PeeringConfig, node: TypedNode): TypedPeering {
  const fail = (code: RouterErrorCode, path: string, message: string): RouterError =>
    new RouterError(code, message, { path });
  const asn = asnFromNumber(config.asn);
  if (asn === undefined) throw fail('ASN_INVALID', 'asn', `${config.asn} is not an AS number.`);
  const publicKey = parseWireguardKey(config.publicKey);
  if (publicKey === undefined)
    throw fail('KEY_ENCODING', 'publicKey', 'The public key is not 32 octets of base64.');
  if (isLowOrderKey(publicKey))
    throw fail('KEY_LOW_ORDER', 'publicKey', 'The public key is a point of low order.');
  const presharedKey =
    config.presharedKey === undefined ? undefined : parseWireguardKey(config.presharedKey);
  if (config.presharedKey !== undefined && presharedKey === undefined) {
    throw fail('PSK_ENCODING', 'presharedKey', 'The preshared key is not 32 octets of base64.');
  }
  const password = config.password === undefined ? undefined : parseTcpPassword(config.password);
  if (config.password !== undefined && password === undefined)
    throw fail('PASSWORD_INVALID', 'password', PASSWORD_RULE);
  const wrongAo = config.tcpAo && checkTcpAo(config.tcpAo, password !== undefined);
  if (wrongAo !== undefined) throw fail('PASSWORD_INVALID', wrongAo.path, wrongAo.message);
  if (config.bfd !== undefined && !isBfd(config.bfd)) throw fail('BFD_RANGE', 'bfd', BFD_RULE);
  const endpoint = config.endpoint === undefined ? undefined : parseEndpoint(config.endpoint);
  if (config.endpoint !== undefined && endpoint === undefined)
    throw fail('ENDPOINT_SYNTAX', 'endpoint', 'An endpoint is host:port or [IPv6]:port.');
  const linkLocal = parseIpAddress(config.linkLocal);
  if (linkLocal === undefined || !isLinkLocal(linkLocal))
    throw fail('LL_SYNTAX', 'linkLocal', `${config.linkLocal} is not a link-local address.`);
  const ourLinkLocal =
    config.ourLinkLocal === undefined ? node.linkLocal : parseIpAddress(config.ourLinkLocal);
  if (ourLinkLocal === undefined || !isLinkLocal(ourLinkLocal))
    throw fail('LL_SYNTAX', 'ourLinkLocal', `${config.ourLinkLocal} is not a link-local address.`);
  const ipv4 = typeTunnelAddress(config, 'ipv4', fail);
  const ipv6 = typeTunnelAddress(config, 'ipv6', fail);
  const port = config.listenPort ?? node.listenPort;
  checkOptions(config, node);
  if (config.obfuscation !== undefined) checkObfuscationWish(config.obfuscation);
  const { obfuscation, mtu } = disguiseOf(config, {
    port: node.listenPort,
    ...(node.obfuscation === undefined ? {} : { obfuscation: node.obfuscation }),
  });
  return {
    id: config.id,
    asn,
    publicKey,
    ...(presharedKey === undefined ? {} : { presharedKey }),
    ...(password === undefined ? {} : { password }),
    ...(config.tcpAo === undefined ? {} : { masterKeys: masterKeysOf(config.tcpAo) }),
    ...(endpoint === undefined ? {} : { endpoint }),
    linkLocal,
    ourLinkLocal,
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    port,
    obfuscation,
    mtu,
    surroundings: [
      port,
      ...[ourLinkLocal, ...node.addresses].map(formatIpAddress),
      obfuscationIdentity(obfuscation),
    ].join(' '),
    config,
    fingerprint: canonicalJson(config),
  };
}

/** Reads one host neighbor. @throws RouterError naming the key that is wrong. */
export function typeHostNeighbor(config: HostNeighborConfig, node: TypedNode): TypedHostNeighbor {
  const fail = (code: RouterErrorCode, path: string, message: string): RouterError =>
    new RouterError(code, message, { path });
  const asn = asnFromNumber(config.asn);
  if (asn === undefined) throw fail('ASN_INVALID', 'asn', `${config.asn} is not an AS number.`);
  const address = parseIpAddress(config.address);
  if (address === undefined || isLinkLocal(address))
    throw fail(
      'ADDRESS_SYNTAX',
      'address',
      `${config.address} is not an IP address that a host is reached at; it has no zone and is not link-local.`,
    );
  if (config.families.length === 0)
    throw fail('NO_FAMILY', 'families', 'Choose IPv4, IPv6 or both.');
  const addresses = node.addresses.map(formatIpAddress);
  throwFirst(checkHostOptions(config, { asn: node.asn, addresses }));
  return {
    id: config.id,
    asn,
    address,
    config,
    fingerprint: canonicalJson({ config, addresses }),
  };
}

/** @throws RouterError naming the option that is wrong. */
function checkObfuscationWish(obfuscation: ObfuscationConfig, path = 'obfuscation'): void {
  const wrong = checkObfuscation(obfuscation, path).find(({ severity }) => severity === 'error');
  if (wrong !== undefined)
    throw new RouterError('OBFUSCATION_INVALID', wrong.message, { path: wrong.path });
}

/** @throws RouterError naming the session option that is wrong. */
function checkOptions(config: PeeringConfig, node: TypedNode): void {
  const context = optionContextOf(config, node.asn, node.addresses.map(formatIpAddress));
  throwFirst(checkSessionOptions(config, context));
}

function throwFirst(findings: readonly Finding[]): void {
  const wrong = findings.find(({ severity }) => severity === 'error');
  if (wrong !== undefined) throw new RouterError(wrong.code, wrong.message, { path: wrong.path });
}

function typeTunnelAddress(
  config: PeeringConfig,
  family: 'ipv4' | 'ipv6',
  fail: (code: RouterErrorCode, path: string, message: string) => RouterError,
): IpAddress | undefined {
  const text = config.addresses?.[family];
  if (text === undefined) return undefined;
  const address = parseIpAddress(text);
  if (address?.family !== (family === 'ipv4' ? 4 : 6))
    throw fail(
      'ADDRESS_SYNTAX',
      `addresses.${family}`,
      `${text} is not an address of this family.`,
    );
  return address;
}
