/**
 * The one object of a peering: what people want joined with what the router sees. A pure function.
 *
 * Not standardized; portal specification §9 (Objects).
 *
 * Invariant: no secrets; whether a preshared key or a password is set is all that shows of it.
 *
 * @module
 */
import {
  normalizeOperatorOptions,
  type OperatorOptions,
  type PeeringView,
  sharedOptionsOf,
} from '../../router-core/index.ts';
import {
  type Actor,
  canApprovePeering,
  canCapturePeering,
  canDeletePeering,
  canDisablePeering,
  canEditPeering,
  canEnablePeering,
  canRestartPeering,
  canSeeContacts,
} from '../_auth/index.ts';
import type { PeeringRow } from '../_router/index.ts';
import { type NodeFacts, writeYaml } from '../_settings/index.ts';
import { disguiseOfRow } from './disguise.ts';
import { ourEndOf } from './our-end.ts';
import type { PeeringObject, PeeringSession, TimelineEntry } from './view-models.ts';

export type PeeringParts = {
  readonly row: PeeringRow;
  readonly facts: NodeFacts;
  readonly publicKey: string;
  readonly networkName: string | null;
  /** The router's last word; undefined before the first. */
  readonly view: PeeringView | undefined;
  /** When it was said; null while the router is away. */
  readonly routerAt: Date | null;
  readonly timeline: readonly TimelineEntry[];
  /** What the form has no fields for, without secrets. */
  readonly options: OperatorOptions;
};

export function buildPeeringObject(parts: PeeringParts, actor: Actor): PeeringObject {
  const { row, facts, view, options } = parts;
  const self = `/api/v1/peerings/${row.id}`;
  return {
    id: row.id,
    revision: row.revision,
    node: row.node,
    nodePlace: facts.place,
    name: row.name,
    asn: row.asn,
    networkName: parts.networkName,
    publicKey: row.publicKey,
    hasPresharedKey: row.presharedKeySealed !== null,
    hasPassword: row.passwordSealed !== null,
    ttlSecurity: row.ttlSecurity,
    endpoint: row.endpoint,
    linkLocal: row.linkLocal,
    addresses: row.addresses,
    sessionShape: row.sessions,
    families: row.families,
    extendedNextHop: row.extendedNextHop,
    keepalive: row.keepalive,
    mtu: row.mtu,
    obfuscation: row.obfuscation,
    disguise: disguiseOfRow(facts, row),
    policy: row.policy,
    importLimit: row.importLimit,
    rateLimit: row.rateLimit,
    ours: ourEndOf(facts, parts.publicKey, { ...row, options }),
    shared: sharedOptionsOf(normalizeOperatorOptions(options)),
    links: { self, config: `${self}/config`, events: `${self}/events` },
    administrative: row.administrative,
    administrativeReason: row.administrativeReason,
    operational: view?.operational ?? 'none',
    tunnel: {
      lastHandshakeAt: view?.tunnel?.lastHandshakeAt ?? null,
      lastReceivedAt: view?.tunnel?.lastReceivedAt ?? null,
      rxBytes: view?.tunnel?.rxBytes ?? 0,
      txBytes: view?.tunnel?.txBytes ?? 0,
      endpoint: view?.tunnel?.endpoint ?? null,
      initiationsSent: view?.tunnel?.initiationsSent ?? 0,
      roundTripMs: view?.tunnel?.roundTripMs ?? null,
    },
    sessions: (view?.sessions ?? []).map(sessionOf),
    diagnosis: view?.diagnosis ?? [],
    timeline: parts.timeline,
    createdAt: row.createdAt.toISOString(),
    routerAt: parts.routerAt?.toISOString() ?? null,
    can: {
      edit: canEditPeering(actor, row),
      enable: canEnablePeering(actor, row),
      disable: canDisablePeering(actor, row),
      delete: canDeletePeering(actor, row),
      approve: canApprovePeering(actor, row),
      restart: canRestartPeering(actor, row),
      capture: canCapturePeering(actor, row),
    },
    admin: canSeeContacts(actor)
      ? {
          contact: row.contact,
          remark: row.remark,
          requestedBy: row.createdBy,
          level: null,
          options,
          optionsText: writeYaml(options),
          approvalReasons: row.administrative === 'pending' ? ['approval is manual'] : [],
        }
      : null,
  };
}

const sessionOf = (session: PeeringView['sessions'][number]): PeeringSession => ({
  name: session.name,
  state: session.state,
  since: session.since,
  received: session.received,
  accepted: session.accepted,
  rejected: session.rejected,
  sent: session.sent,
  families: session.families,
  lastNotification: session.lastNotification,
  capabilities: session.capabilities,
  holdTimeSeconds: session.holdTimeSeconds,
  rejectedReasons: session.rejectedReasons,
});
