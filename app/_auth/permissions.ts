/**
 * Permissions as sentences: pure, used by verbs and by pages that decide whether to show a button.
 *
 * Not standardized; portal specification §3.1 (default levels), §9 (scopes). A peering of another
 * AS is not forbidden but unknown: `canSeePeering` decides, and verbs answer 404.
 *
 * @module
 */
import { type Actor, isAtLeast } from './actor.ts';

type Owned = { readonly asn: number; readonly administrative: string };

const isOwner = (actor: Actor, peering: { readonly asn: number }): boolean =>
  actor.kind === 'member' && actor.asns.includes(peering.asn);
const isOperator = (actor: Actor): boolean => actor.kind === 'operator' || actor.kind === 'rule';

/** Create, edit and delete need `delegated` by default; reading one's own needs nothing more. */
const mayChange = (actor: Actor, peering: { readonly asn: number }): boolean =>
  isOperator(actor) ||
  (isOwner(actor, peering) && actor.kind === 'member' && isAtLeast(actor.level, 'delegated'));

export const canSeePeering = (actor: Actor, peering: { readonly asn: number }): boolean =>
  isOperator(actor) || isOwner(actor, peering);

export const canSeeContacts = (actor: Actor): boolean => isOperator(actor);

export const canRequestPeering = (actor: Actor, asn: number): boolean => mayChange(actor, { asn });

export const canEditPeering = (actor: Actor, peering: Owned): boolean =>
  mayChange(actor, peering) && ['enabled', 'disabled', 'pending'].includes(peering.administrative);

/** What the operator disabled only the operator enables. */
export const canEnablePeering = (
  actor: Actor,
  peering: Owned & { readonly administrativeReason: string | null },
): boolean =>
  mayChange(actor, peering) &&
  (isOperator(actor)
    ? ['disabled', 'suspended'].includes(peering.administrative)
    : peering.administrative === 'disabled' && peering.administrativeReason === DISABLED_BY_PEER);

export const canDisablePeering = (actor: Actor, peering: Owned): boolean =>
  mayChange(actor, peering) && peering.administrative === 'enabled';

export const canDeletePeering = (actor: Actor, peering: Owned): boolean =>
  mayChange(actor, peering) && peering.administrative !== 'deleting';

export const canRestartPeering = (actor: Actor, peering: Owned): boolean =>
  mayChange(actor, peering) && peering.administrative === 'enabled';

export const canApprovePeering = (actor: Actor, peering: Owned): boolean =>
  isOperator(actor) && peering.administrative === 'pending';

/** Packets inside a tunnel are other people's; there is a tunnel from approval to removal. */
export const canCapturePeering = (actor: Actor, peering: Owned): boolean =>
  isOperator(actor) && ['enabled', 'disabled', 'suspended'].includes(peering.administrative);

/** What is in a mesh sees the frames of all its members. */
export const canSetMesh = (actor: Actor): boolean => isOperator(actor);

export const canRunNode = (actor: Actor): boolean => isOperator(actor);

export const canSeeOperations = (actor: Actor): boolean => isOperator(actor);

/** Texts of `administrativeReason`; they go to the other side (RFC 9003). */
export const DISABLED_BY_PEER = 'disabled by peer';
export const DISABLED_BY_OPERATOR = 'disabled by operator';
