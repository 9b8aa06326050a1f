/**
 * The configuration file: YAML values (already read) to a document.
 *
 * Not standardized; names are binding (README, docs/architecture.md §7). Unknown keys are errors; a
 * key without a value counts as absent. Paths are relative to the file; `resolvePath` makes them
 * absolute.
 *
 * @module
 */
import { parseEndpoint } from '../base/endpoint.ts';
import { type Finding, RouterError } from '../base/errors.ts';
import { firstOfFamily, formatDottedQuad, parseIpPrefix } from '../base/ip-address.ts';
import { checkSchema, type Field, type Schema } from '../base/schema.ts';
import {
  BGP_PORT,
  CHAIN_SCHEMA,
  FLAP_CHANGES_MAX,
  FLAP_CHANGES_MIN,
  FLAP_MINUTES_MAX,
  GROUPS_SCHEMA,
  PARAMETERS_SCHEMA,
  POLICY_SCHEMA,
  type PolicyDocument,
} from '../bgp/index.ts';
import {
  FORMS_PER_SOCKET,
  OBFUSCATION_SCHEMA,
  obfuscationIdentity,
} from '../wireguard/obfuscation/index.ts';
import { ADD_PATH_SENDS } from './add-path.ts';
import { typeNodeSettings } from './config.ts';
import { withDigest } from './digest.ts';
import { disguiseOf } from './disguise.ts';
import { NOT_OVER_HOST } from './host-neighbor-options.ts';
import {
  checkHostNeighbor,
  type HostNeighborRequest,
  hostNeighborOf,
  warnOfHostNeighbor,
} from './host-neighbor-rules.ts';
import { BMP_STATIONS_MAX, LONG_LIVED_SECONDS_MAX, RECORDER_KIB_MAX } from './limits.ts';
import { parseMeshAddress } from './mesh/mesh-link.ts';
import { MESH_SCHEMA, type MeshSettings, meshOfFile, type RawMesh } from './mesh/mesh-settings.ts';
import { checkMesh } from './mesh/mesh-wish.ts';
import { OPERATOR_OPTION_KEYS, type OperatorOptions } from './operator-options.ts';
import { RELATION_FIELDS } from './peering-relation.ts';
import {
  checkPeeringRequest,
  customaryName,
  type NormalizedPeering,
  normalizePeering,
  type PeeringRequest,
} from './peering-rules.ts';
import { checkPolicies } from './policy-rules.ts';
import { type RawRoa, ROA_SCHEMA, roaOfFile } from './roa-wish.ts';
import { readServices, SERVICES_SCHEMA, type ServicesSettings } from './service-settings.ts';
import { SESSION_OPTION_FIELDS, SESSION_OPTION_KEYS } from './session-options.ts';
import { TCP_AO_SCHEMA } from './tcp-ao.ts';
import { type RawTemplate, resolveTemplates } from './templates.ts';
import {
  type BgpListen,
  type BgpSettings,
  BMP_STATION_VIEWS,
  type BmpStation,
  type BmpStationView,
  type HostNeighborConfig,
  NODE_CONFIG_SCHEMA,
  type NodeConfig,
  type NodeSettings,
  type PeeringConfig,
  type RecorderSettings,
  type RegistrySource,
  type RoaSettings,
  type UapiSettings,
  type VrfSettings,
} from './types.ts';
import { isInterfaceName } from './uapi-name.ts';
import { nodeIn, type RawVrfs, typeVrfs, unknownVrf, VRFS_SCHEMA, vrfsOfFile } from './vrf-wish.ts';

const ADDRESS: Schema = { kind: 'string', maxLength: 64 };
const PEERING_TRANSPORTS = ['tunnel', 'host', 'mesh'];
const PORT: Schema = { kind: 'number', minimum: 1, maximum: 65535 };
const ASN: Schema = { kind: 'number', minimum: 1, maximum: 0xffffffff };

const PEERING_FIELDS = {
  transport: { kind: 'string', oneOf: PEERING_TRANSPORTS },
  asn: ASN,
  publicKey: { kind: 'string', maxLength: 64 },
  presharedKey: { kind: 'string', maxLength: 64, secret: true },
  password: { kind: 'string', maxLength: 80, secret: true },
  tcpAo: TCP_AO_SCHEMA,
  ttlSecurity: { kind: 'boolean' },
  endpoint: { kind: 'string', maxLength: 300 },
  linkLocal: ADDRESS,
  ourLinkLocal: ADDRESS,
  addresses: { kind: 'object', fields: { ipv4: ADDRESS, ipv6: ADDRESS } },
  sessions: { kind: 'string', maxLength: 20 },
  families: { kind: 'array', items: { kind: 'string', oneOf: ['ipv4', 'ipv6'] }, maxItems: 2 },
  extendedNextHop: { kind: 'boolean' },
  gracefulRestart: {
    kind: 'any-of',
    options: [
      { kind: 'boolean' },
      {
        kind: 'object',
        fields: {
          longLived: {
            kind: 'number',
            minimum: 1,
            maximum: LONG_LIVED_SECONDS_MAX,
            required: true,
          },
        },
      },
    ],
  },
  bfd: {
    kind: 'any-of',
    options: [
      {
        kind: 'object',
        fields: {
          minTx: { kind: 'number' },
          minRx: { kind: 'number' },
          multiplier: { kind: 'number' },
        },
      },
      { kind: 'boolean' },
    ],
  },
  addPath: {
    kind: 'object',
    fields: { send: { kind: 'string', oneOf: ADD_PATH_SENDS }, receive: { kind: 'boolean' } },
  },
  ...RELATION_FIELDS,
  keepalive: { kind: 'number', maximum: 120 },
  mtu: { kind: 'number', maximum: 65535 },
  name: { kind: 'string', maxLength: 32 },
  listenPort: PORT,
  obfuscation: OBFUSCATION_SCHEMA,
  policy: { kind: 'string', maxLength: 20 },
  import: CHAIN_SCHEMA,
  export: CHAIN_SCHEMA,
  parameters: PARAMETERS_SCHEMA,
  groups: GROUPS_SCHEMA,
  importLimit: { kind: 'number', minimum: 1 },
  rateLimit: { kind: 'number', minimum: 1 },
  vrf: { kind: 'string', maxLength: 32 },
  reversePath: { kind: 'string', oneOf: ['strict', 'loose', 'off'] },
  bogons: { kind: 'string', oneOf: ['drop', 'allow'] },
  contact: { kind: 'string', maxLength: 100 },
  shutdown: { kind: 'string', maxLength: 255 },
  template: { kind: 'string', maxLength: 32 },
  ...SESSION_OPTION_FIELDS,
} satisfies Readonly<Record<string, Field>>;

/** `asn` and `publicKey` may come from a template: whether they are there is asked afterwards. */
const PEERING: Schema = { kind: 'object', fields: PEERING_FIELDS };
const { transport: _transportOfPeering, ...TEMPLATE_FIELDS } = PEERING_FIELDS;
const TEMPLATE: Schema = {
  kind: 'object',
  fields: { ...TEMPLATE_FIELDS, name: { ...TEMPLATE_FIELDS.name, required: true } },
};
/** What of a peering stands beside the form of a portal. */
const OPERATOR_OPTIONS: Schema = {
  kind: 'object',
  fields: Object.fromEntries(OPERATOR_OPTION_KEYS.map((key) => [key, PEERING_FIELDS[key]])),
};
const REQUIRED_OF_PEERING = ['asn', 'publicKey'] as const;

/** What a peering over the machine's own TCP has in common with others; what it cannot have is refused by name. */
const KEYS_OF_HOST_PEERING = [
  'transport',
  'name',
  'families',
  'extendedNextHop',
  'gracefulRestart',
  'addPath',
  'policy',
  'import',
  'export',
  'parameters',
  'groups',
  'importLimit',
  'shutdown',
  ...(Object.keys(RELATION_FIELDS) as (keyof typeof RELATION_FIELDS)[]),
  ...SESSION_OPTION_KEYS,
  ...(Object.keys(NOT_OVER_HOST) as (keyof typeof NOT_OVER_HOST)[]),
] as const;

/** A peering over the machine's own TCP: no tunnel, so no key. */
const HOST_PEERING_FIELDS = {
  ...Object.fromEntries(KEYS_OF_HOST_PEERING.map((key) => [key, PEERING_FIELDS[key]])),
  asn: { ...ASN, required: true },
  address: { ...ADDRESS, required: true },
  port: PORT,
  passive: { kind: 'boolean' },
} satisfies Readonly<Record<string, Field>>;
const HOST_PEERING: Schema = { kind: 'object', fields: HOST_PEERING_FIELDS };

/** A peering over the mesh: likewise, and BGP's own port. */
const { port: _portOfHost, ...MESH_PEERING_FIELDS } = HOST_PEERING_FIELDS;
const MESH_PEERING: Schema = { kind: 'object', fields: MESH_PEERING_FIELDS };

export const CONFIG_FILE_SCHEMA: Schema = {
  kind: 'object',
  fields: {
    node: {
      kind: 'object',
      required: true,
      fields: {
        name: { kind: 'string', maxLength: 32, required: true },
        asn: { ...ASN, required: true },
        routerId: { kind: 'string', maxLength: 15 },
        addresses: { kind: 'array', items: ADDRESS, maxItems: 16 },
        announce: { kind: 'array', items: ADDRESS, maxItems: 256 },
        linkLocal: ADDRESS,
        listen: {
          kind: 'object',
          fields: {
            port: PORT,
            host: { kind: 'string', maxLength: 64 },
            obfuscation: OBFUSCATION_SCHEMA,
          },
        },
        endpoint: { kind: 'string', maxLength: 253 },
        privateKeyFile: { kind: 'string', maxLength: 1024 },
        privateEndpoints: { kind: 'boolean' },
        bgp: { kind: 'object', fields: { clusterId: { kind: 'string', maxLength: 15 } } },
        place: { kind: 'string', maxLength: 80 },
      },
    },
    registry: {
      kind: 'object',
      fields: {
        path: { kind: 'string', maxLength: 1024 },
        git: { kind: 'string', maxLength: 1024 },
        branch: { kind: 'string', maxLength: 100 },
        maxAge: { kind: 'number', minimum: 60 },
        trustPersonKeys: { kind: 'boolean' },
      },
    },
    roa: ROA_SCHEMA,
    approval: { kind: 'string', oneOf: ['automatic', 'manual'] },
    uapi: {
      kind: 'object',
      fields: {
        enabled: { kind: 'boolean' },
        dir: { kind: 'string', maxLength: 1024 },
        name: { kind: 'string', maxLength: 15 },
      },
    },
    templates: { kind: 'array', items: TEMPLATE, maxItems: 200 },
    bmp: {
      kind: 'array',
      maxItems: BMP_STATIONS_MAX,
      items: {
        kind: 'object',
        fields: {
          station: { kind: 'string', maxLength: 300, required: true },
          views: {
            kind: 'array',
            items: { kind: 'string', oneOf: BMP_STATION_VIEWS },
            maxItems: BMP_STATION_VIEWS.length,
          },
        },
      },
    },
    services: SERVICES_SCHEMA,
    bgp: {
      kind: 'object',
      fields: {
        listen: {
          kind: 'object',
          fields: { host: { kind: 'string', maxLength: 64 }, port: PORT },
        },
        decision: {
          kind: 'object',
          fields: {
            preferOlder: { kind: 'boolean' },
            deterministicMed: { kind: 'boolean' },
            alwaysCompareMed: { kind: 'boolean' },
            missingMedWorst: { kind: 'boolean' },
            maxPaths: { kind: 'number', minimum: 1, maximum: 16 },
            multipathRelax: { kind: 'boolean' },
          },
        },
        flapping: {
          kind: 'object',
          fields: {
            changes: { kind: 'number', minimum: FLAP_CHANGES_MIN, maximum: FLAP_CHANGES_MAX },
            minutes: { kind: 'number', minimum: 1, maximum: FLAP_MINUTES_MAX },
          },
        },
      },
    },
    vrfs: VRFS_SCHEMA,
    peerings: {
      kind: 'array',
      items: {
        kind: 'by-key',
        key: 'transport',
        options: { host: HOST_PEERING, mesh: MESH_PEERING },
        otherwise: PEERING,
      },
      maxItems: 2000,
    },
    recorder: {
      kind: 'object',
      fields: {
        perNeighborKib: { kind: 'number', minimum: 0, maximum: RECORDER_KIB_MAX },
        totalKib: { kind: 'number', minimum: 0, maximum: RECORDER_KIB_MAX },
      },
    },
    mesh: MESH_SCHEMA,
    policy: POLICY_SCHEMA,
    policyFile: { kind: 'string', maxLength: 1024 },
    routes: {
      kind: 'array',
      maxItems: 10_000,
      items: {
        kind: 'object',
        fields: {
          prefix: { ...ADDRESS, required: true },
          // A peering's name, or an address with the zone of the mesh.
          via: { kind: 'string', maxLength: 64, required: true },
        },
      },
    },
  },
};

/** What a collector of routes wants to see: what was heard, and what came of it. */
const DEFAULT_BMP_VIEWS: readonly BmpStationView[] = ['adj-in-pre', 'adj-in-post', 'loc-rib'];
export const DEFAULT_LISTEN = { port: 51820, host: '::' } as const;
export const DEFAULT_REGISTRY_MAX_AGE_SECONDS = 7 * 86_400;

/** What a configuration file says, with defaults filled in and paths absolute. */
export type ConfigFile = {
  readonly node: NodeSettings;
  readonly place?: string;
  readonly registry?: RegistrySource;
  readonly registryMaxAgeSeconds: number;
  readonly trustPersonKeys: boolean;
  readonly approval: 'automatic' | 'manual';
  readonly roa?: RoaSettings;
  readonly uapi?: UapiSettings;
  readonly bgp?: BgpSettings;
  readonly services?: ServicesSettings;
  readonly recorder?: RecorderSettings;
  readonly bmp?: readonly BmpStation[];
  readonly vrfs?: Readonly<Record<string, VrfSettings>>;
  readonly mesh?: MeshSettings;
  readonly policy?: PolicyDocument;
  readonly peerings: readonly (PeeringRequest & { readonly name: string })[];
  /** The peerings of `transport: host` and `mesh`. */
  readonly hostNeighbors: readonly HostNeighborConfig[];
  readonly routes: readonly { readonly prefix: string; readonly via: string }[];
};

type RawNode = Partial<Omit<NodeSettings, 'listen'>> & {
  readonly name: string;
  readonly asn: number;
  readonly listen?: Partial<NodeSettings['listen']>;
  readonly place?: string;
};
type RawPeering = Omit<PeeringRequest, 'node'> & { readonly transport?: 'tunnel' };
type RawHostNeighbor = HostNeighborRequest & { readonly transport: 'host' | 'mesh' };
type RawFile = {
  readonly node: RawNode;
  readonly registry?: {
    readonly path?: string;
    readonly git?: string;
    readonly branch?: string;
    readonly maxAge?: number;
    readonly trustPersonKeys?: boolean;
  };
  readonly roa?: RawRoa;
  readonly approval?: 'automatic' | 'manual';
  readonly uapi?: UapiSettings;
  readonly recorder?: RecorderSettings;
  readonly bmp?: readonly (Pick<BmpStation, 'station'> & Partial<BmpStation>)[];
  readonly services?: ServicesSettings;
  readonly vrfs?: RawVrfs;
  readonly bgp?: Omit<BgpSettings, 'listen'> & { readonly listen?: Partial<BgpListen> };
  readonly templates?: readonly RawTemplate[];
  readonly peerings?: readonly (RawPeering | RawHostNeighbor)[];
  readonly mesh?: RawMesh;
  readonly policy?: PolicyDocument;
  readonly policyFile?: string;
  readonly routes?: readonly { readonly prefix: string; readonly via: string }[];
};

/**
 * Reads the values of a file; the findings name every key that is wrong. `readValues` reads another
 * file the same way as this one was read, `readTexts` one whose scalars are taken as they are written.
 */
export function readConfigFile(
  value: unknown,
  resolvePath: (path: string) => string,
  readValues: (path: string) => unknown = () => undefined,
  readTexts: (path: string) => unknown = readValues,
): { file?: ConfigFile; findings: Finding[] } {
  const findings = checkSchema(CONFIG_FILE_SCHEMA, value);
  if (findings.length > 0) return { findings };
  const raw = withoutEmptyKeys(value) as RawFile;
  const templated = resolveTemplates(raw.templates ?? [], raw.peerings ?? []);
  const missing = [...templated.findings, ...missingKeys(templated.peerings)];
  if (missing.length > 0) return { findings: missing };
  const { place, listen, ...node } = raw.node;
  const roa = roaOfFile(raw.roa, resolvePath);
  if (roa !== undefined && 'code' in roa) return { findings: [roa] };
  const mesh = raw.mesh && meshOfFile(raw.mesh, resolvePath, readTexts);
  const wrongMesh = [
    ...(mesh?.findings ?? []),
    ...(mesh === undefined ? [] : checkMesh(mesh.mesh)),
  ];
  if (wrongMesh.some(isError)) return { findings: wrongMesh.filter(isError) };
  const last4 = raw.node.asn % 10000;
  const file: ConfigFile = {
    node: {
      // The AS number written as a router id is unique in DN42, and never zero.
      routerId: firstOfFamily(raw.node.addresses ?? [], 4) ?? formatDottedQuad(raw.node.asn),
      addresses: [],
      announce: [],
      linkLocal: `fe80::${last4 === 0 ? 1 : last4}`,
      privateKeyFile: resolvePath('./wg.key'),
      privateEndpoints: false,
      ...node,
      ...(node.privateKeyFile === undefined
        ? {}
        : { privateKeyFile: resolvePath(node.privateKeyFile) }),
      listen: { ...DEFAULT_LISTEN, ...listen },
    },
    ...(place === undefined ? {} : { place }),
    ...registryOf(raw, resolvePath),
    ...(roa === undefined ? {} : { roa }),
    registryMaxAgeSeconds: raw.registry?.maxAge ?? DEFAULT_REGISTRY_MAX_AGE_SECONDS,
    trustPersonKeys: raw.registry?.trustPersonKeys ?? false,
    approval: raw.approval ?? 'automatic',
    ...uapiOf(raw, resolvePath),
    ...(raw.recorder === undefined ? {} : { recorder: raw.recorder }),
    ...(raw.bmp === undefined
      ? {}
      : { bmp: raw.bmp.map(({ station, views = DEFAULT_BMP_VIEWS }) => ({ station, views })) }),
    ...(raw.services === undefined ? {} : { services: raw.services }),
    ...(raw.vrfs === undefined ? {} : { vrfs: vrfsOfFile(raw.vrfs) }),
    ...bgpOf(raw),
    peerings: templated.peerings
      .filter((peering): peering is RawPeering => !isWithoutTunnel(peering.transport))
      .map(({ transport: _transport, ...peering }) => ({
        ...peering,
        node: raw.node.name,
        name: peering.name ?? customaryName(peering.asn),
      })),
    hostNeighbors: templated.peerings
      .filter((peering): peering is RawHostNeighbor => isWithoutTunnel(peering.transport))
      .map(({ transport, ...request }) =>
        hostNeighborOf(transport === 'mesh' ? { ...request, over: 'mesh' } : request),
      ),
    ...(mesh === undefined ? {} : { mesh: mesh.mesh }),
    ...policyOf(raw, resolvePath, readValues),
    routes: raw.routes ?? [],
  };
  const problem =
    problemOfNode(file) ??
    problemOfRegistry(raw) ??
    problemOfUapi(raw) ??
    problemOfBmp(raw) ??
    problemOfHostNeighbors(raw, file) ??
    readServices(raw.services ?? {}).findings[0] ??
    problemOfPolicyFile(raw);
  if (problem !== undefined) return { findings: [problem] };
  const wrong = checkPolicies({
    ...(file.policy === undefined ? {} : { policy: file.policy }),
    peerings: templated.peerings.map((peering) => ({
      ...peering,
      name: peering.name ?? customaryName(peering.asn),
    })),
  });
  return wrong.length === 0 ? { file, findings: [] } : { findings: wrong };
}

/** Reached over the TCP of the machine, or over the mesh: no key, no endpoint. */
const isWithoutTunnel = (transport: string | undefined): boolean =>
  transport === 'host' || transport === 'mesh';

const isError = ({ severity }: Finding): boolean => severity === 'error';

function missingKeys(
  peerings: readonly {
    readonly transport?: string;
    readonly asn?: number;
    readonly publicKey?: string;
  }[],
): Finding[] {
  return peerings.flatMap((peering, i) =>
    // The schema has asked a host neighbor for its keys: it has no template.
    isWithoutTunnel(peering.transport)
      ? []
      : REQUIRED_OF_PEERING.filter((key) => peering[key] === undefined).map(
          (key): Finding => ({
            code: 'CONFIG_MISSING_KEY',
            path: `peerings[${i}].${key}`,
            message: `peerings[${i}].${key} is missing.`,
            severity: 'error',
          }),
        ),
  );
}

/** YAML reads `key:` as null: what a person left empty is left out, so that the default holds. */
export function withoutEmptyKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyKeys);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(kept.map(([key, field]) => [key, withoutEmptyKeys(field)]));
}

/** Reads what an operator writes of one peering beside the form, by the rules of the file. */
export function readOperatorOptions(
  value: unknown,
  path: string,
): { options?: OperatorOptions; findings: Finding[] } {
  const findings = checkSchema(OPERATOR_OPTIONS, value, path);
  if (findings.length > 0) return { findings };
  return { options: withoutEmptyKeys(value) as OperatorOptions, findings };
}

/** What a router would refuse is said while somebody looks at the file. */
function problemOfNode({ node, vrfs }: ConfigFile): Finding | undefined {
  try {
    typeNodeSettings(node);
    typeVrfs(vrfs);
    return undefined;
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    const { code, message, details } = error;
    return { code, path: details.path ?? 'node', message, severity: 'error' };
  }
}

function problemOfRegistry({ registry }: RawFile): Finding | undefined {
  if (registry === undefined) return undefined;
  const { path, git, branch } = registry;
  const isOne = (path === undefined) !== (git === undefined);
  if (isOne && (branch === undefined || git !== undefined)) return undefined;
  return {
    code: 'CONFIG_MISSING_KEY',
    path: 'registry',
    message: 'registry needs either path (a folder) or git (a URL, with a branch if you like).',
    severity: 'error',
  };
}

function problemOfUapi({ uapi }: RawFile): Finding | undefined {
  if (uapi?.name === undefined || isInterfaceName(uapi.name)) return undefined;
  return {
    code: 'NAME_INVALID',
    path: 'uapi.name',
    message: 'uapi.name is an interface name: 1 to 15 letters, digits, or one of _=+.-',
    severity: 'error',
  };
}

function problemOfBmp({ bmp = [] }: RawFile): Finding | undefined {
  const wrong = bmp.findIndex(({ station }) => parseEndpoint(station) === undefined);
  if (wrong !== -1)
    return {
      code: 'ENDPOINT_SYNTAX',
      path: `bmp[${wrong}].station`,
      message: 'A station is host:port, or [IPv6]:port.',
      severity: 'error',
    };
  const names = bmp.map(({ station }) => station);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice === -1) return undefined;
  return {
    code: 'DUPLICATE',
    path: `bmp[${twice}].station`,
    message: `The station ${names[twice]} is there already: one entry has all its views.`,
    severity: 'error',
  };
}

/** Builds the headless document: the peerings of the file, checked by the same rules as a form. */
export function documentOfFile(
  file: ConfigFile,
  publicKey: string,
): { config?: NodeConfig; findings: Finding[] } {
  const findings: Finding[] = [];
  const peerings: PeeringConfig[] = [];
  const seen: NormalizedPeering[] = [];
  /** Identities of the obfuscations of each UDP port. */
  const forms = new Map<number, Set<string>>();
  const vrfs = new Map(Object.entries(file.vrfs ?? {}));
  for (const [i, request] of file.peerings.entries()) {
    const isVrfKnown = request.vrf === undefined || vrfs.has(request.vrf);
    if (!isVrfKnown)
      findings.push({
        code: 'VRF_UNKNOWN',
        path: `peerings[${i}].vrf`,
        message: unknownVrf(request.vrf ?? ''),
        severity: 'error',
      });
    const found = checkPeeringRequest(request, {
      node: nodeIn({ ...file.node, publicKey, vrfs }, isVrfKnown ? request.vrf : undefined),
      actor: 'operator',
      others: seen,
    });
    findings.push(
      ...found.map((finding) => ({ ...finding, path: `peerings[${i}].${finding.path}` })),
    );
    if (seen.some((other) => other.name === request.name)) {
      findings.push({
        code: 'DUPLICATE',
        path: `peerings[${i}].name`,
        message: `Two peerings are named ${request.name}.`,
        severity: 'error',
      });
    }
    const normalized = normalizePeering(request);
    seen.push(normalized);
    const { listen } = file.node;
    const port = normalized.listenPort ?? listen.port;
    const ofPort = forms.get(port) ?? new Set();
    forms.set(port, ofPort.add(obfuscationIdentity(disguiseOf(normalized, listen).obfuscation)));
    if (ofPort.size > FORMS_PER_SOCKET)
      findings.push({ ...TOO_MANY_FORMS, path: `peerings[${i}].obfuscation` });
    const { shutdown } = normalized;
    const id = `file:${normalized.name}`;
    peerings.push(peeringConfigOf(id, normalized, shutdown === undefined, shutdown));
  }
  for (const neighbor of file.hostNeighbors)
    for (const warning of warnOfHostNeighbor(neighbor, file.node))
      findings.push({ ...warning, path: `peerings.${neighbor.name}.${warning.path}` });
  for (const [i, route] of file.routes.entries()) {
    if (parseIpPrefix(route.prefix) === undefined) {
      findings.push({
        code: 'PREFIX_SYNTAX',
        path: `routes[${i}].prefix`,
        message: `${route.prefix} is not a prefix with zero host bits.`,
        severity: 'error',
      });
    }
    const isOverMesh = file.mesh?.edge !== undefined && parseMeshAddress(route.via) !== undefined;
    if (!isOverMesh && !seen.some((peering) => peering.name === route.via)) {
      findings.push({
        code: 'ROUTE_VIA_UNKNOWN',
        path: `routes[${i}].via`,
        message: `No peering is named ${route.via}.`,
        severity: 'error',
      });
    }
  }
  if (file.mesh !== undefined) findings.push(...checkMesh(file.mesh));
  if (findings.some(isError)) return { findings };
  const config = withDigest({
    schema: NODE_CONFIG_SCHEMA,
    source: 'file',
    epoch: 'file',
    revision: 1,
    node: file.node,
    ...(file.registry === undefined ? {} : { registry: file.registry }),
    ...(file.roa === undefined ? {} : { roa: file.roa }),
    ...(file.uapi === undefined ? {} : { uapi: file.uapi }),
    ...(file.bgp === undefined ? {} : { bgp: file.bgp }),
    ...(file.services === undefined ? {} : { services: file.services }),
    ...(file.recorder === undefined ? {} : { recorder: file.recorder }),
    ...(file.bmp === undefined ? {} : { bmp: file.bmp }),
    ...(file.vrfs === undefined ? {} : { vrfs: file.vrfs }),
    ...(file.mesh === undefined ? {} : { mesh: file.mesh }),
    ...(file.policy === undefined ? {} : { policy: file.policy }),
    peerings,
    ...(file.hostNeighbors.length === 0 ? {} : { hostNeighbors: file.hostNeighbors }),
    routes: file.routes,
  });
  return { config, findings };
}

/** A datagram of an unknown source is held against every form of its port, so they are few. */
const TOO_MANY_FORMS: Omit<Finding, 'path'> = {
  code: 'OBFUSCATION_INVALID',
  message: `One UDP port serves ${FORMS_PER_SOCKET} different obfuscations, plain among them.`,
  hint: 'Give this peering a listenPort of its own.',
  severity: 'error',
};

/** Returns the document's entry for a peering that passed the rules. */
export function peeringConfigOf(
  id: string,
  peering: NormalizedPeering,
  enabled = true,
  disabledReason?: string,
): PeeringConfig {
  const { node: _node, contact: _contact, remark: _remark, shutdown: _shutdown, ...rest } = peering;
  return { id, ...rest, enabled, ...(disabledReason === undefined ? {} : { disabledReason }) };
}

function registryOf(
  raw: RawFile,
  resolvePath: (path: string) => string,
): { registry?: RegistrySource } {
  if (raw.registry?.git !== undefined) {
    const { git, branch } = raw.registry;
    return { registry: { kind: 'git', url: git, ...(branch === undefined ? {} : { branch }) } };
  }
  return raw.registry?.path === undefined
    ? {}
    : { registry: { kind: 'directory', path: resolvePath(raw.registry.path) } };
}

function bgpOf({ bgp }: RawFile): { bgp?: BgpSettings } {
  if (bgp === undefined) return {};
  const { listen, ...rest } = bgp;
  if (listen === undefined) return { bgp: rest };
  return { bgp: { ...rest, listen: { host: '::', port: BGP_PORT, ...listen } } };
}

function problemOfHostNeighbors(raw: RawFile, file: ConfigFile): Finding | undefined {
  const node = typeNodeSettings(file.node);
  const names = new Set(file.peerings.map(({ name }) => name));
  const addresses = new Set<string>();
  const remaining = [...file.hostNeighbors];
  for (const [i, { transport }] of (raw.peerings ?? []).entries()) {
    const neighbor = isWithoutTunnel(transport) ? remaining.shift() : undefined;
    if (neighbor === undefined) continue;
    const problem = checkHostNeighbor(neighbor, node, names, addresses);
    if (problem !== undefined) return { ...problem, path: `peerings[${i}].${problem.path}` };
    names.add(neighbor.name);
  }
  return undefined;
}

function uapiOf(raw: RawFile, resolvePath: (path: string) => string): { uapi?: UapiSettings } {
  if (raw.uapi === undefined) return {};
  const { dir, ...rest } = raw.uapi;
  return { uapi: { ...rest, ...(dir === undefined ? {} : { dir: resolvePath(dir) }) } };
}

/** The document stands in the file, or in one of its own. */
function policyOf(
  { policy, policyFile }: RawFile,
  resolvePath: (path: string) => string,
  readValues: (path: string) => unknown,
): { policy?: PolicyDocument } {
  if (policyFile === undefined) return policy === undefined ? {} : { policy };
  return { policy: withoutEmptyKeys(readValues(resolvePath(policyFile))) as PolicyDocument };
}

function problemOfPolicyFile({ policy, policyFile }: RawFile): Finding | undefined {
  if (policy === undefined || policyFile === undefined) return undefined;
  return {
    code: 'CONFIG_UNKNOWN_KEY',
    path: 'policyFile',
    message: 'policy and policyFile stand for the same document; keep one of them.',
    severity: 'error',
  };
}

/**
 * Reads a registry source as one word: a git URL (https or ssh only) or a folder.
 *
 * Undefined: another kind of URL.
 */
export function parseRegistrySource(
  text: string,
  resolvePath: (path: string) => string,
): RegistrySource | undefined {
  if (/^(https|ssh):\/\/[^\s-][^\s]*$/.test(text)) return { kind: 'git', url: text };
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return undefined;
  return { kind: 'directory', path: resolvePath(text) };
}
