/**
 * The mesh of a document, checked and turned into types of our own, once.
 *
 * Not standardized; EtherGuard's rules (mesh/etherguard/config), and those of an edge that lives in a node: its
 * interface is a port of the node's own IP stack, or none.
 *
 * @module
 */
import { toBase64 } from '../../base/bytes.ts';
import { type Finding, RouterError } from '../../base/errors.ts';
import {
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  isLinkLocal,
  parseIpPrefixLoose,
  prefixOf,
} from '../../base/ip-address.ts';
import type { MacAddress } from '../../base/mac-address.ts';
import {
  type EdgeConfig,
  ipAddressOf,
  macAddressOf,
  type Reading,
  readEdgeConfig,
  readSuperConfig,
  type SuperConfig,
} from '../../mesh/etherguard/config/index.ts';
import { canonicalJson } from '../digest.ts';
import { MESH_MTU_DEFAULT, MESH_MTU_MAX, MESH_MTU_MIN } from '../limits.ts';
import type {
  MeshFields,
  MeshFiles,
  MeshInstanceName,
  MeshKey,
  MeshSettings,
} from './mesh-settings.ts';

/** The Ethernet port of an edge of `IType: router`. */
export type MeshPortWish = {
  readonly mtu: number;
  readonly linkAddress: MacAddress;
  readonly addresses: readonly IpAddress[];
  /** Prefixes whose addresses all live on the mesh. */
  readonly onLink: readonly IpPrefix[];
};

export type TypedMeshEdge = {
  readonly config: EdgeConfig;
  readonly mtu: number;
  /** Absent: `IType: dummy`, a pure relay. */
  readonly port?: MeshPortWish;
  /** Equal text: the same edge, though perhaps with other peers. */
  readonly identity: string;
  /** Equal text means equal wishes. */
  readonly fingerprint: string;
};

export type TypedSupernode = {
  readonly config: SuperConfig;
  readonly edgeTemplate?: string;
  readonly identity: string;
  readonly fingerprint: string;
};

/** Any key: what is checked without one is not used. */
const NO_KEY = new Uint8Array(32);

/** Says everything that is wrong with the mesh of a document whose keys are not at hand; warnings too. */
export function checkMesh({ edge, supernode }: MeshSettings): Finding[] {
  return [
    ...(edge === undefined ? [] : readEdge(edge, NO_KEY).findings),
    ...(supernode === undefined ? [] : readSupernode(supernode, NO_KEY, NO_KEY).findings),
  ];
}

/** Reads the edge of a document. @throws RouterError with the first thing that is wrong */
export function typeMeshEdge(fields: MeshFields, files: MeshFiles): TypedMeshEdge {
  const key = neededKey(files.edge);
  const config = configOrThrow(readEdge(fields, key));
  const { NodeID, ListenPort, DisabledAf, FwMark, Interface } = config;
  const port = portOf(config);
  return {
    config,
    mtu: port?.mtu ?? MTU_WITHOUT_INTERFACE,
    ...(port === undefined ? {} : { port }),
    identity: canonicalJson([
      toBase64(key),
      NodeID,
      ListenPort,
      DisabledAf,
      FwMark,
      Interface.IType,
      port?.mtu ?? 0,
    ]),
    fingerprint: canonicalJson([toBase64(key), fields]),
  };
}

/** Reads the supernode of a document. @throws RouterError likewise */
export function typeSupernode(fields: MeshFields, files: MeshFiles): TypedSupernode {
  const { supernodeV4, supernodeV6, edgeTemplate } = files;
  if (edgeTemplate instanceof RouterError) throw edgeTemplate;
  const v4 = supernodeV4 === undefined ? undefined : neededKey(supernodeV4);
  const v6 = supernodeV6 === undefined ? undefined : neededKey(supernodeV6);
  const config = configOrThrow(readSupernode(fields, v4, v6));
  const keys = [v4, v6].map((key) => (key === undefined ? '' : toBase64(key)));
  const { ListenPort, DisabledAf, FwMark } = config;
  return {
    config,
    ...(edgeTemplate === undefined ? {} : { edgeTemplate }),
    identity: canonicalJson([...keys, ListenPort, DisabledAf, FwMark, edgeTemplate ?? '']),
    fingerprint: canonicalJson([...keys, fields, edgeTemplate ?? '']),
  };
}

/** What padding counts with where there is no interface, as the original does. */
const MTU_WITHOUT_INTERFACE = 1500;

function neededKey(key: MeshKey | undefined): Uint8Array {
  if (key instanceof RouterError) throw key;
  if (key !== undefined) return key;
  throw new RouterError('KEY_FILE_UNREADABLE', 'The mesh has no private key on this node.');
}

function configOrThrow<T>({ config, findings }: Reading<T>): T {
  const wrong = findings.find(({ severity }) => severity === 'error');
  if (config !== undefined && wrong === undefined) return config;
  throw new RouterError(
    wrong?.code ?? 'CONFIG_TYPE',
    wrong?.message ?? 'The mesh cannot be read.',
    wrong === undefined ? {} : { path: wrong.path },
  );
}

/** Reads an edge by the original's rules and by those of a node; paths are those of the document. */
function readEdge(fields: MeshFields, key: Uint8Array): Reading<EdgeConfig> {
  const reading = readEdgeConfig({ ...withRouterPort(fields), PrivKey: toBase64(key) });
  const { config } = reading;
  const findings = [...reading.findings, ...(config === undefined ? [] : checkInNode(config))];
  return {
    ...(config === undefined ? {} : { config }),
    findings: findings.map((finding) => inDocument(finding, 'edge')),
  };
}

function readSupernode(
  fields: MeshFields,
  v4: Uint8Array | undefined,
  v6: Uint8Array | undefined,
): Reading<SuperConfig> {
  const reading = readSuperConfig({
    ...fields,
    ...(v4 === undefined ? {} : { PrivKeyV4: toBase64(v4) }),
    ...(v6 === undefined ? {} : { PrivKeyV6: toBase64(v6) }),
  });
  const script = reading.config?.PostScript ?? '';
  const findings = script === '' ? reading.findings : [...reading.findings, SCRIPT_NOT_RUN];
  return { ...reading, findings: findings.map((finding) => inDocument(finding, 'supernode')) };
}

/** The interface of an edge in a node is a port of its own IP stack unless it says otherwise. */
function withRouterPort(fields: MeshFields): MeshFields {
  const { Interface = {} } = fields;
  const isSet = typeof Interface === 'object' && Interface !== null && !Array.isArray(Interface);
  return isSet ? { ...fields, Interface: { IType: 'router', ...Interface } } : fields;
}

const SCRIPT_NOT_RUN: Finding = {
  code: 'MESH_SCRIPT',
  path: 'PostScript',
  message: 'PostScript is not run by a node.',
  severity: 'warning',
};

function checkInNode(config: EdgeConfig): Finding[] {
  const { IType, MTU } = config.Interface;
  const findings: Finding[] = config.PostScript === '' ? [] : [SCRIPT_NOT_RUN];
  if (IType !== 'router' && IType !== 'dummy')
    findings.push({
      code: 'MESH_INTERFACE',
      path: 'Interface.IType',
      message: `Interface.IType ${IType} does not exist inside a node: it has router (a port of its own IP stack) and dummy (a relay).`,
      hint: 'The other kinds belong to `rootless42 edge`.',
      severity: 'error',
    });
  if (IType === 'router' && MTU !== 0 && (MTU < MESH_MTU_MIN || MTU > MESH_MTU_MAX))
    findings.push({
      code: 'MTU_RANGE',
      path: 'Interface.MTU',
      message: `Interface.MTU must be ${MESH_MTU_MIN} to ${MESH_MTU_MAX}; 0 is ${MESH_MTU_DEFAULT}.`,
      severity: 'error',
    });
  return findings;
}

/** Sentences of EtherGuard's readers begin with the path. */
function inDocument(finding: Finding, name: MeshInstanceName): Finding {
  const place = `mesh.${name}`;
  const { path, message } = finding;
  if (path === '') return { ...finding, path: place, message: `${place}: ${message}` };
  return { ...finding, path: `${place}.${path}`, message: `${place}.${message}` };
}

function portOf({ Interface, NodeID }: EdgeConfig): MeshPortWish | undefined {
  if (Interface.IType !== 'router') return undefined;
  const { MacAddrPrefix, IPv4CIDR, IPv6CIDR, IPv6LLPrefix, MTU } = Interface;
  const link = macAddressOf(MacAddrPrefix, NodeID);
  if ('problem' in link)
    throw new RouterError('MESH_ADDRESS', `Interface.MacAddrPrefix ${link.problem}`);
  const prefixes = [
    [IPv4CIDR, 4],
    [IPv6CIDR, 6],
    [IPv6LLPrefix, 6],
  ] as const;
  const addresses = prefixes.flatMap(([cidr, family]) => addressIn(cidr, NodeID, family));
  const onLink = prefixes.flatMap(([cidr]) => networkOf(cidr));
  return { mtu: MTU === 0 ? MESH_MTU_DEFAULT : MTU, linkAddress: link.address, addresses, onLink };
}

function addressIn(cidr: string, node: number, family: IpFamily): IpAddress[] {
  const derived = cidr === '' ? undefined : ipAddressOf(cidr, node, family);
  return derived === undefined || 'problem' in derived ? [] : [derived.address];
}

/** Link-local addresses are on the link without being said to be. */
function networkOf(cidr: string): IpPrefix[] {
  const prefix = cidr === '' ? undefined : parseIpPrefixLoose(cidr);
  if (prefix === undefined || isLinkLocal(prefix)) return [];
  return [prefixOf(prefix, prefix.length)];
}
