/**
 * The configuration file: YAML values (already read) to a document.
 *
 * Not standardized; names are binding (README, docs/architecture.md §7). Unknown keys are errors; a
 * key without a value counts as absent. Paths are relative to the file; `resolvePath` makes them
 * absolute.
 *
 * @module
 */
import { type Finding, RouterError } from '../base/errors.ts';
import { formatDottedQuad, parseIpPrefix } from '../base/ip-address.ts';
import { checkSchema, type Schema } from '../base/schema.ts';
import {
  FORMS_PER_SOCKET,
  OBFUSCATION_SCHEMA,
  obfuscationIdentity,
} from '../wireguard/obfuscation/index.ts';
import { ADD_PATH_SENDS } from './add-path.ts';
import { typeNodeSettings } from './config.ts';
import { withDigest } from './digest.ts';
import { disguiseOf } from './disguise.ts';
import {
  checkPeeringRequest,
  type NormalizedPeering,
  normalizePeering,
  type PeeringRequest,
} from './peering-rules.ts';
import {
  NODE_CONFIG_SCHEMA,
  type NodeConfig,
  type NodeSettings,
  type PeeringConfig,
  type RegistrySource,
  type UapiSettings,
} from './types.ts';
import { isInterfaceName } from './uapi-name.ts';

const ADDRESS: Schema = { kind: 'string', maxLength: 64 };
const PORT: Schema = { kind: 'number', minimum: 1, maximum: 65535 };
const ASN: Schema = { kind: 'number', minimum: 1, maximum: 0xffffffff };

const PEERING: Schema = {
  kind: 'object',
  fields: {
    asn: { ...ASN, required: true },
    publicKey: { kind: 'string', maxLength: 64, required: true },
    presharedKey: { kind: 'string', maxLength: 64, secret: true },
    password: { kind: 'string', maxLength: 80, secret: true },
    ttlSecurity: { kind: 'boolean' },
    endpoint: { kind: 'string', maxLength: 300 },
    linkLocal: ADDRESS,
    ourLinkLocal: ADDRESS,
    addresses: { kind: 'object', fields: { ipv4: ADDRESS, ipv6: ADDRESS } },
    sessions: { kind: 'string', maxLength: 20 },
    families: { kind: 'array', items: { kind: 'string', oneOf: ['ipv4', 'ipv6'] }, maxItems: 2 },
    extendedNextHop: { kind: 'boolean' },
    gracefulRestart: { kind: 'boolean' },
    addPath: {
      kind: 'object',
      fields: { send: { kind: 'string', oneOf: ADD_PATH_SENDS }, receive: { kind: 'boolean' } },
    },
    keepalive: { kind: 'number', maximum: 120 },
    mtu: { kind: 'number', maximum: 65535 },
    name: { kind: 'string', maxLength: 32 },
    listenPort: PORT,
    obfuscation: OBFUSCATION_SCHEMA,
    policy: { kind: 'string', maxLength: 20 },
    importLimit: { kind: 'number', minimum: 1 },
    rateLimit: { kind: 'number', minimum: 1 },
    contact: { kind: 'string', maxLength: 100 },
  },
};

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
    approval: { kind: 'string', oneOf: ['automatic', 'manual'] },
    uapi: {
      kind: 'object',
      fields: {
        enabled: { kind: 'boolean' },
        dir: { kind: 'string', maxLength: 1024 },
        name: { kind: 'string', maxLength: 15 },
      },
    },
    peerings: { kind: 'array', items: PEERING, maxItems: 2000 },
    routes: {
      kind: 'array',
      maxItems: 10_000,
      items: {
        kind: 'object',
        fields: {
          prefix: { ...ADDRESS, required: true },
          via: { kind: 'string', maxLength: 32, required: true },
        },
      },
    },
  },
};

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
  readonly uapi?: UapiSettings;
  readonly peerings: readonly (PeeringRequest & { readonly name: string })[];
  readonly routes: readonly { readonly prefix: string; readonly via: string }[];
};

type RawNode = Partial<Omit<NodeSettings, 'listen'>> & {
  readonly name: string;
  readonly asn: number;
  readonly listen?: Partial<NodeSettings['listen']>;
  readonly place?: string;
};
type RawFile = {
  readonly node: RawNode;
  readonly registry?: {
    readonly path?: string;
    readonly git?: string;
    readonly branch?: string;
    readonly maxAge?: number;
    readonly trustPersonKeys?: boolean;
  };
  readonly approval?: 'automatic' | 'manual';
  readonly uapi?: UapiSettings;
  readonly peerings?: readonly Omit<PeeringRequest, 'node'>[];
  readonly routes?: readonly { readonly prefix: string; readonly via: string }[];
};

/** Reads the values of a file; the findings name every key that is wrong. */
export function readConfigFile(
  value: unknown,
  resolvePath: (path: string) => string,
): { file?: ConfigFile; findings: Finding[] } {
  const findings = checkSchema(CONFIG_FILE_SCHEMA, value);
  if (findings.length > 0) return { findings };
  const raw = withoutEmptyKeys(value) as RawFile;
  const { place, listen, ...node } = raw.node;
  const last4 = raw.node.asn % 10000;
  const file: ConfigFile = {
    node: {
      // The AS number written as a router id is unique in DN42, and never zero.
      routerId: firstIpv4(raw.node.addresses) ?? formatDottedQuad(raw.node.asn),
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
    registryMaxAgeSeconds: raw.registry?.maxAge ?? DEFAULT_REGISTRY_MAX_AGE_SECONDS,
    trustPersonKeys: raw.registry?.trustPersonKeys ?? false,
    approval: raw.approval ?? 'automatic',
    ...uapiOf(raw, resolvePath),
    peerings: (raw.peerings ?? []).map((peering) => ({
      ...peering,
      node: raw.node.name,
      name: peering.name ?? `as${peering.asn}`,
    })),
    routes: raw.routes ?? [],
  };
  const problem = problemOfNode(file.node) ?? problemOfRegistry(raw) ?? problemOfUapi(raw);
  return problem === undefined ? { file, findings: [] } : { findings: [problem] };
}

/** YAML reads `key:` as null: what a person left empty is left out, so that the default holds. */
function withoutEmptyKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyKeys);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(kept.map(([key, field]) => [key, withoutEmptyKeys(field)]));
}

/** What a router would refuse is said while somebody looks at the file. */
function problemOfNode(node: NodeSettings): Finding | undefined {
  try {
    typeNodeSettings(node);
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
  for (const [i, request] of file.peerings.entries()) {
    const found = checkPeeringRequest(request, {
      node: { ...file.node, publicKey },
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
    peerings.push(peeringConfigOf(`file:${normalized.name}`, normalized));
  }
  for (const [i, route] of file.routes.entries()) {
    if (parseIpPrefix(route.prefix) === undefined) {
      findings.push({
        code: 'PREFIX_SYNTAX',
        path: `routes[${i}].prefix`,
        message: `${route.prefix} is not a prefix with zero host bits.`,
        severity: 'error',
      });
    }
    if (!seen.some((peering) => peering.name === route.via)) {
      findings.push({
        code: 'ROUTE_VIA_UNKNOWN',
        path: `routes[${i}].via`,
        message: `No peering is named ${route.via}.`,
        severity: 'error',
      });
    }
  }
  if (findings.some((finding) => finding.severity === 'error')) return { findings };
  const config = withDigest({
    schema: NODE_CONFIG_SCHEMA,
    source: 'file',
    epoch: 'file',
    revision: 1,
    node: file.node,
    ...(file.registry === undefined ? {} : { registry: file.registry }),
    ...(file.uapi === undefined ? {} : { uapi: file.uapi }),
    peerings,
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
  const { node: _node, contact: _contact, remark: _remark, ...rest } = peering;
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

function uapiOf(raw: RawFile, resolvePath: (path: string) => string): { uapi?: UapiSettings } {
  if (raw.uapi === undefined) return {};
  const { dir, ...rest } = raw.uapi;
  return { uapi: { ...rest, ...(dir === undefined ? {} : { dir: resolvePath(dir) }) } };
}

const firstIpv4 = (addresses: readonly string[] | undefined): string | undefined =>
  addresses?.find((address) => !address.includes(':'));

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
