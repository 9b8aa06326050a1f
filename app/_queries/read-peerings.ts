/**
 * Reading peerings as one actor may see them: pages, REST and event streams all come here.
 *
 * Not standardized; portal specification §9. What may be seen is decided per object.
 *
 * @module
 */
import 'server-only';
import {
  firstOfFamily,
  normalizeOperatorOptions,
  type OperatorOptions,
  PEER_CONFIG_FORMATS,
  type PeerConfigFormat,
  type PeerConfigInput,
  parseEndpoint,
  sharedOptionsOf,
  writePeerConfig,
} from '../../router-core/index.ts';
import { type Actor, canSeePeering } from '../_auth/index.ts';
import {
  nodeFactsOf,
  openOptions,
  type PeeringRow,
  type Portal,
  peeringRowOf,
} from '../_router/index.ts';
import { withHiddenSecrets } from '../_services/peering/options.ts';
import { type NodeFacts, readStored } from '../_settings/index.ts';
import { disguiseOfRow } from './disguise.ts';
import { ourEndOf } from './our-end.ts';
import { buildPeeringObject } from './peering-object.ts';
import type { ConfigFile, PeeringObject, TimelineEntry } from './view-models.ts';

const LIST_LIMIT = 2000;
/** Longer lists come without timelines; the object of one peering always has its own. */
const LIST_WITH_TIMELINES = 50;
const TIMELINE_LIMIT = 200;

/** Returns undefined for what does not exist or belongs to another AS. */
export async function readPeering(
  portal: Portal,
  actor: Actor,
  id: string,
): Promise<PeeringObject | undefined> {
  const row = await readVisibleRow(portal, actor, id);
  return row === undefined ? undefined : (await toObjects(portal, actor, [row]))[0];
}

/**
 * Returns all peerings of the actor's networks, or of everybody for the operator; newest first.
 *
 * @param nodes all of ours, where they were read already.
 */
export async function readPeerings(
  portal: Portal,
  actor: Actor,
  nodes?: ReadonlyMap<string, ReadNode>,
): Promise<PeeringObject[]> {
  if (actor.kind === 'visitor') return [];
  const rows = await portal.database.peering.findMany({
    where: {
      deletedAt: null,
      ...(actor.kind === 'member' ? { asn: { in: actor.asns.map(BigInt) } } : {}),
    },
    orderBy: { createdAt: 'desc' },
    take: LIST_LIMIT,
  });
  return toObjects(portal, actor, rows.map(peeringRowOf), nodes);
}

/** Returns the files of one format or of all; undefined for what the actor may not see. */
export async function readPeeringConfig(
  portal: Portal,
  actor: Actor,
  id: string,
  format?: PeerConfigFormat,
): Promise<ConfigFile[] | undefined> {
  const row = await readVisibleRow(portal, actor, id);
  if (row === undefined) return undefined;
  const nodes = await readNodes(portal, [row.node]);
  const node = nodes.get(row.node);
  if (node === undefined) return undefined;
  const input = peerConfigInput(
    row,
    node,
    openOptions(portal.sealer, row),
    portal.registry.find()?.prefixesOf(row.asn) ?? [],
  );
  const formats = format === undefined ? PEER_CONFIG_FORMATS : [format];
  return formats.flatMap((name) =>
    writePeerConfig(name, input).map((file) => ({ ...file, format: name })),
  );
}

/** Returns what the texts for the other side are made of. */
function peerConfigInput(
  row: PeeringRow,
  node: ReadNode,
  options: OperatorOptions,
  prefixes: readonly string[],
): PeerConfigInput {
  const ours = ourEndOf(node.facts, node.publicKey, { ...row, options });
  const { obfuscation, mtu } = disguiseOfRow(node.facts, row);
  const ipv4 = firstOfFamily(ours.addresses, 4);
  const ipv6 = firstOfFamily(ours.addresses, 6);
  const port = row.endpoint === null ? undefined : parseEndpoint(row.endpoint)?.port;
  return {
    node: row.node,
    we: {
      asn: ours.asn,
      publicKey: ours.publicKey,
      ...(ours.endpoint === null ? {} : { endpoint: ours.endpoint }),
      linkLocal: ours.linkLocal,
      ...(ipv4 === undefined ? {} : { ipv4 }),
      ...(ipv6 === undefined ? {} : { ipv6 }),
    },
    you: {
      asn: row.asn,
      ...(port === undefined ? {} : { listenPort: port }),
      linkLocal: row.linkLocal,
      ...row.addresses,
      prefixes,
    },
    hasPresharedKey: row.presharedKeySealed !== null,
    hasPassword: row.passwordSealed !== null,
    ttlSecurity: row.ttlSecurity,
    shared: sharedOptionsOf(normalizeOperatorOptions(options)),
    sessions: row.sessions,
    families: row.families,
    extendedNextHop: row.extendedNextHop,
    keepalive: row.keepalive,
    obfuscation,
    mtu,
  };
}

export type ReadNode = { readonly facts: NodeFacts; readonly publicKey: string };

/** Returns nodes by name, with the public key the router told last. */
export async function readNodes(
  portal: Portal,
  names?: readonly string[],
): Promise<Map<string, ReadNode>> {
  const rows = await portal.database.node.findMany({
    ...(names === undefined ? {} : { where: { name: { in: [...names] } } }),
    orderBy: { createdAt: 'asc' },
  });
  const nodes = new Map<string, ReadNode>();
  for (const row of rows) {
    const told = portal.nodes.get(row.name)?.hub.node()?.publicKey;
    const publicKey = told ?? (await readStored(portal.database, `publicKey/${row.name}`)) ?? '';
    nodes.set(row.name, { facts: nodeFactsOf(row), publicKey });
  }
  return nodes;
}

/** Returns the node and the virtual router a peering is in; undefined for what the actor may not see. */
export async function readPeeringPlace(
  portal: Portal,
  actor: Actor,
  id: string,
): Promise<{ readonly node: string; readonly vrf: string | undefined } | undefined> {
  const row = await readVisibleRow(portal, actor, id);
  return row === undefined
    ? undefined
    : { node: row.node, vrf: openOptions(portal.sealer, row).vrf };
}

async function readVisibleRow(
  portal: Portal,
  actor: Actor,
  id: string,
): Promise<PeeringRow | undefined> {
  const found = await portal.database.peering.findUnique({ where: { id } });
  if (found === null || found.deletedAt !== null) return undefined;
  const row = peeringRowOf(found);
  return canSeePeering(actor, row) ? row : undefined;
}

async function toObjects(
  portal: Portal,
  actor: Actor,
  rows: readonly PeeringRow[],
  known?: ReadonlyMap<string, ReadNode>,
): Promise<PeeringObject[]> {
  const nodes = known ?? (await readNodes(portal, [...new Set(rows.map((row) => row.node))]));
  const timelines =
    rows.length <= LIST_WITH_TIMELINES ? await readTimelines(portal, rows) : new Map();
  return rows.flatMap((row) => {
    const node = nodes.get(row.node);
    if (node === undefined) return [];
    const runtime = portal.nodes.get(row.node);
    const isUp = runtime?.router.state().kind === 'up';
    return buildPeeringObject(
      {
        row,
        facts: node.facts,
        publicKey: node.publicKey,
        networkName: portal.registry.find()?.shortName(row.asn) ?? null,
        view: runtime?.hub.peering(row.id),
        routerAt: isUp ? (runtime.hub.heardAt() ?? null) : null,
        timeline: timelines.get(row.id) ?? [],
        options: withHiddenSecrets(openOptions(portal.sealer, row)),
      },
      actor,
    );
  });
}

async function readTimelines(
  portal: Portal,
  rows: readonly PeeringRow[],
): Promise<Map<string, TimelineEntry[]>> {
  const entries = await portal.database.timeline.findMany({
    where: { peering: { in: rows.map((row) => row.id) } },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    take: TIMELINE_LIMIT * Math.max(1, rows.length),
  });
  const timelines = new Map<string, TimelineEntry[]>();
  for (const entry of entries.reverse()) {
    const list = timelines.get(entry.peering) ?? [];
    list.push({
      // The column was written from the same list of steps.
      step: entry.step as TimelineEntry['step'],
      at: entry.at.toISOString(),
      detail: entry.detail,
      operation: entry.operation,
    });
    timelines.set(entry.peering, list);
  }
  return timelines;
}
