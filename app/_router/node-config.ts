/**
 * Builds the complete document of a node from its rows: a pure function.
 *
 * Not standardized; docs/architecture.md §5 step 6, §7. Whole documents, never deltas: a removal is
 * a missing row. People's wishes decide who is in it:
 *
 *   enabled                      in, BGP on
 *   disabled, suspended          in, BGP shut down with a text (RFC 9003); the tunnel stays
 *   draft … pending, rejected    not in
 *   deleting (tombstone)         not in, and its loss is meant
 *
 * @module
 */
import 'server-only';
import {
  type MeshSettings,
  NODE_CONFIG_SCHEMA,
  type NodeConfig,
  normalizeOperatorOptions,
  type OperatorOptions,
  type PeeringConfig,
  parseMeshAddress,
  type RegistrySource,
  withDigest,
} from '../../router-core/index.ts';
import type { NodeFacts, Settings } from '../_settings/index.ts';
import { nodeSettingsOf } from './node-facts.ts';
import type { PeeringRow } from './peering-row.ts';

/** Parts of a document that the database knows nothing of. */
export type OfFile = Pick<
  NodeConfig,
  'uapi' | 'bgp' | 'hostNeighbors' | 'services' | 'roa' | 'recorder' | 'bmp' | 'mesh' | 'policy'
>;

/** Returns what the file says that the database knows nothing of; the demo's node has no file. */
export function ofFile({ file }: Pick<Settings, 'file'>, isDemo: boolean): OfFile {
  if (isDemo || file === undefined) return {};
  const { uapi, bgp, hostNeighbors, services, roa, recorder, bmp, mesh, policy } = file.content;
  return {
    ...(uapi === undefined ? {} : { uapi }),
    ...(bgp === undefined ? {} : { bgp }),
    ...(services === undefined ? {} : { services }),
    ...(roa === undefined ? {} : { roa }),
    ...(recorder === undefined ? {} : { recorder }),
    ...(bmp === undefined ? {} : { bmp }),
    ...(mesh === undefined ? {} : { mesh }),
    ...(policy === undefined ? {} : { policy }),
    ...(hostNeighbors.length === 0 ? {} : { hostNeighbors }),
  };
}

export type NodeRows = {
  readonly facts: NodeFacts;
  readonly epoch: string;
  readonly revision: number;
  readonly operation: string;
  readonly source: 'database' | 'demo';
  readonly registry: RegistrySource | undefined;
  /** What only the file says. */
  readonly ofFile: OfFile;
  /** Set up in the portal; the file's wins. */
  readonly mesh: MeshSettings | undefined;
  readonly peerings: readonly PeeringRow[];
  /** Ids the router has now; a loss that tombstones explain passes the brake. */
  readonly present: readonly string[];
};

/** Opens what is sealed in a row, by the id of the peering. */
export type OpenSecrets = {
  readonly presharedKey: (id: string, sealed: string) => string;
  readonly password: (id: string, sealed: string) => string;
  readonly options: (row: PeeringRow) => OperatorOptions;
};

export function buildNodeConfig(rows: NodeRows, open: OpenSecrets): NodeConfig {
  const peerings = rows.peerings
    .filter(isInDocument)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((row) => peeringConfig(row, open));
  const names = new Set(peerings.map((peering) => peering.name));
  const mesh = rows.ofFile.mesh ?? rows.mesh;
  return withDigest({
    schema: NODE_CONFIG_SCHEMA,
    source: rows.source,
    epoch: rows.epoch,
    revision: rows.revision,
    operation: rows.operation,
    node: nodeSettingsOf(rows.facts),
    ...(rows.registry === undefined ? {} : { registry: rows.registry }),
    ...rows.ofFile,
    ...(mesh === undefined ? {} : { mesh }),
    ...(rows.facts.vrfs === undefined ? {} : { vrfs: rows.facts.vrfs }),
    peerings,
    // A static route by a peering or a mesh that is gone would fail the whole document.
    routes: rows.facts.routes.filter(
      ({ via }) =>
        names.has(via) || (mesh?.edge !== undefined && parseMeshAddress(via) !== undefined),
    ),
    ...(isLossMeant(rows, peerings) ? { allowMassRemoval: true } : {}),
  });
}

const isInDocument = (row: PeeringRow): boolean =>
  row.deletedAt === null &&
  (row.administrative === 'enabled' ||
    row.administrative === 'disabled' ||
    row.administrative === 'suspended');

/** Whether every peering the router would lose was taken away by a person. */
function isLossMeant(rows: NodeRows, peerings: readonly PeeringConfig[]): boolean {
  const wanted = new Set(peerings.map((peering) => peering.id));
  const lost = rows.present.filter((id) => !wanted.has(id));
  const known = new Set(rows.peerings.map((row) => row.id));
  return lost.length > 0 && lost.every((id) => known.has(id));
}

function peeringConfig(row: PeeringRow, open: OpenSecrets): PeeringConfig {
  const enabled = row.administrative === 'enabled';
  return {
    id: row.id,
    name: row.name,
    asn: row.asn,
    publicKey: row.publicKey,
    ...(row.presharedKeySealed === null
      ? {}
      : { presharedKey: open.presharedKey(row.id, row.presharedKeySealed) }),
    ...(row.passwordSealed === null ? {} : { password: open.password(row.id, row.passwordSealed) }),
    ...(row.ttlSecurity ? { ttlSecurity: true } : {}),
    ...(row.endpoint === null ? {} : { endpoint: row.endpoint }),
    linkLocal: row.linkLocal,
    ...(row.ourLinkLocal === null ? {} : { ourLinkLocal: row.ourLinkLocal }),
    addresses: row.addresses,
    sessions: row.sessions,
    families: row.families,
    extendedNextHop: row.extendedNextHop,
    keepalive: row.keepalive,
    mtu: row.mtu,
    ...(row.listenPort === null ? {} : { listenPort: row.listenPort }),
    ...(row.obfuscation === null ? {} : { obfuscation: row.obfuscation }),
    policy: row.policy,
    importLimit: row.importLimit,
    ...(row.rateLimit === null ? {} : { rateLimit: row.rateLimit }),
    ...normalizeOperatorOptions(open.options(row)),
    enabled,
    ...(enabled ? {} : { disabledReason: row.administrativeReason ?? 'disabled' }),
  };
}
