/**
 * What the operator sees: what needs a hand, and everything.
 *
 * Not standardized; view-models.ts, portal specification §10. Rights are checked here again.
 *
 * @module
 */
import 'server-only';
import type { Snapshot, VrfSettings } from '../../router-core/index.ts';
import { getPortal, type NodeRuntime, type Portal } from '../_router/index.ts';
import { PortalError } from '../_text/errors.ts';
import { nodeCardsOf } from './nodes.ts';
import { packetPathOf } from './packet-path.ts';
import { type ReadNode, readNodes, readPeerings } from './read-peerings.ts';
import { registryAge } from './site.ts';
import type {
  AdminEvent,
  AdminNode,
  AdminOverview,
  AdminVrf,
  NeedItem,
  PeeringObject,
  Viewer,
} from './view-models.ts';
import { actorOfViewer } from './viewer.ts';

const EVENTS = 20;
/** A router that is busy longer is shown with what it said last. */
const ANSWER_MS = 1000;
/** A peering that came no further in this time needs a look. */
const STUCK_MS = 15 * 60_000;

export async function getAdminPeerings(viewer: Viewer): Promise<readonly PeeringObject[]> {
  refuseOthers(viewer);
  return readPeerings(getPortal(), actorOfViewer(viewer));
}

export async function getAdminOverview(viewer: Viewer): Promise<AdminOverview> {
  refuseOthers(viewer);
  const portal = getPortal();
  const known = await readNodes(portal);
  const peerings = await readPeerings(portal, actorOfViewer(viewer), known);
  const nodes = await readAdminNodes(portal, known);
  return {
    needs: needsOf(portal, peerings, nodes, new Date()),
    peerings,
    nodes,
    events: await readEvents(portal, peerings),
  };
}

/** The snapshot of a node's router, with what events leave out; undefined when it takes too long. */
export const askSnapshot = (runtime: NodeRuntime | undefined) =>
  runtime?.router.client.call('snapshot', {}, ANSWER_MS).catch(() => undefined);

export function refuseOthers(viewer: Viewer): void {
  if (viewer.kind !== 'operator')
    throw new PortalError(viewer.kind === 'visitor' ? 'UNAUTHENTICATED' : 'FORBIDDEN');
}

async function readAdminNodes(
  portal: Portal,
  known: ReadonlyMap<string, ReadNode>,
): Promise<AdminNode[]> {
  const cards = await nodeCardsOf(portal, known);
  return Promise.all(
    cards.map(async (card) => {
      const runtime = portal.nodes.get(card.name);
      const [health, snapshot] = await Promise.all([
        runtime?.router.client.call('health', {}, ANSWER_MS).catch(() => undefined),
        askSnapshot(runtime),
      ]);
      // Only a snapshot has the counters of the packet path; events leave them out.
      const view = snapshot?.node ?? runtime?.hub.node();
      return {
        ...card,
        health:
          health === undefined
            ? null
            : {
                uptimeSeconds: health.uptimeSeconds,
                loopDelayMs: health.loopDelayMs,
                memoryBytes: process.memoryUsage.rss(),
                restarts: runtime?.router.state().restarts ?? 0,
              },
        packetPath: view === undefined ? null : packetPathOf(view),
        registry:
          view?.registry ?? (portal.registry.state().commit === null ? null : registryAge(portal)),
        vrfs: vrfsOf(known.get(card.name)?.facts.vrfs ?? {}, snapshot),
      };
    }),
  );
}

function vrfsOf(
  settings: Readonly<Record<string, VrfSettings>>,
  snapshot: Snapshot | undefined,
): AdminVrf[] {
  return Object.entries(settings).map(([name, { addresses, announce, public: isPublic }]) => {
    const tables = snapshot?.vrfs?.[name]?.tables;
    return {
      name,
      addresses,
      announce,
      isPublic: isPublic === true,
      routes:
        tables === undefined ? null : { ipv4: tables.ipv4.prefixes, ipv6: tables.ipv6.prefixes },
      peerings: (snapshot?.peerings ?? [])
        .filter(({ vrf }) => vrf === name)
        .map((peering) => peering.name),
    };
  });
}

function needsOf(
  portal: Portal,
  peerings: readonly PeeringObject[],
  nodes: readonly AdminNode[],
  now: Date,
): NeedItem[] {
  const needs: NeedItem[] = [];
  for (const node of nodes) {
    if (node.state === 'down')
      needs.push({
        kind: 'router',
        subject: node.name,
        reason: node.stateReason ?? 'The router is away.',
        since: node.stateSince ?? now.toISOString(),
        href: '/admin',
      });
    const outcome = portal.nodes.get(node.name)?.reconciler.last();
    if (outcome?.kind === 'failed' && node.state === 'up')
      needs.push({
        kind: 'router',
        subject: node.name,
        reason: `The configuration was not applied: ${outcome.message} (${outcome.code})`,
        since: now.toISOString(),
        href: '/admin',
      });
    for (const key of portal.nodes.get(node.name)?.hub.node()?.unclaimedKeys ?? [])
      needs.push({
        kind: 'unclaimed-key',
        subject: node.name,
        reason: `${key.publicKey} calls from ${key.from}; no peering has this key.`,
        since: key.at,
        href: '/admin/peerings',
      });
  }
  const { problem } = portal.registry.state();
  if (problem !== null)
    needs.push({
      kind: 'registry',
      subject: 'registry',
      reason: problem.message,
      since: problem.since.toISOString(),
      href: '/admin',
    });
  for (const peering of peerings) {
    const need = needOf(peering, now);
    if (need !== undefined) needs.push(need);
  }
  return needs;
}

function needOf(peering: PeeringObject, now: Date): NeedItem | undefined {
  const subject = `${peering.networkName ?? `AS${peering.asn}`} to ${peering.node}`;
  const href = `/peerings/${peering.id}`;
  if (peering.administrative === 'pending')
    return {
      kind: 'pending',
      subject,
      reason: 'waits for approval',
      since: peering.createdAt,
      href,
    };
  if (peering.administrative !== 'enabled') return undefined;
  const worst = peering.diagnosis.find((finding) => finding.severity === 'bad');
  if (peering.operational === 'failed')
    return {
      kind: 'failed',
      subject,
      reason: worst?.text ?? 'The router could not set it up.',
      since: worst?.since ?? peering.createdAt,
      href,
    };
  const isOld = now.getTime() - Date.parse(peering.createdAt) > STUCK_MS;
  if (worst !== undefined && isOld)
    return { kind: 'stuck', subject, reason: worst.text, since: worst.since, href };
  return undefined;
}

const TONES: Readonly<Record<string, AdminEvent['tone']>> = {
  established: 'ok',
  routes: 'ok',
  handshake: 'ok',
  approved: 'ok',
  enabled: 'ok',
  requested: 'busy',
  provisioned: 'busy',
  'first-packet': 'busy',
  'bgp-open': 'busy',
  down: 'bad',
  failed: 'bad',
  notification: 'warn',
  'tunnel-stale': 'warn',
  restarted: 'warn',
};

async function readEvents(
  portal: Portal,
  peerings: readonly PeeringObject[],
): Promise<AdminEvent[]> {
  const byId = new Map(peerings.map((peering) => [peering.id, peering]));
  const rows = await portal.database.timeline.findMany({
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    take: EVENTS,
  });
  return rows.map((row) => {
    const peering = byId.get(row.peering);
    return {
      at: row.at.toISOString(),
      subject:
        peering === undefined ? row.node : `${peering.networkName ?? peering.name} to ${row.node}`,
      text: row.detail === null ? row.step : `${row.step}: ${row.detail}`,
      tone: TONES[row.step] ?? 'idle',
      href: peering === undefined ? null : `/peerings/${row.peering}`,
    };
  });
}
