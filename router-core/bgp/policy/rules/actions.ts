/**
 * Carries the actions of one rule out on the attributes of one route.
 *
 * Standard: RFC 8092 §2.2 (action communities), portal specification §11.6; the order is that of
 * `ActionText`.
 *
 * @module
 */
import type { Action, PolicySession } from './condition.ts';
import type { EditableAttributes } from './editable-attributes.ts';
import { applyLinkFlags, applyLinkOrigin, linkMed } from './link-communities.ts';
import { type CommunityPattern, matchesCommunity, translated } from './patterns.ts';

const WORD_MAX = 0xffffffff;
/** Functions of our own large communities. */
const NOT_TO_AS = 1;
const PREPEND_TO_ALL = 2;
const ONLY_IN_REGION = 3;
const ASKED_PREPEND_MAX = 3;

/** Changes the attributes; returns how the evaluation goes on. */
export function applyAction(
  action: Action,
  attributes: EditableAttributes,
  session: PolicySession,
  isOwn: boolean,
): 'next' | 'accept' | 'reject' {
  const { parameters } = session;
  for (const pattern of action.remove) attributes.remove(pattern);
  for (const translation of action.translate) {
    const found = attributes.communities.filter((community) =>
      matchesCommunity(translation.from, community),
    );
    attributes.remove(translation.from);
    for (const community of found) attributes.add(translated(translation, community));
  }
  for (const community of action.add) attributes.add(community);
  if (action.linkFlags) applyLinkFlags(attributes, parameters);
  if (action.linkOrigin !== undefined && isOwn) applyLinkOrigin(attributes, action.linkOrigin);
  if (action.localPref !== undefined)
    attributes.localPrefAttribute = changed(attributes.localPref, action.localPref);
  if (action.med !== undefined) setMed(action.med, attributes, session);
  if (action.origin !== undefined) attributes.origin = action.origin;
  if (action.prepend > 0) prepend(attributes, session, action.prepend);
  if (action.actionCommunities && !obeyPeers(attributes, session)) return 'reject';
  return action.verdict ?? 'next';
}

const changed = (value: number, change: number | { readonly add: number }): number =>
  typeof change === 'number' ? change : Math.min(WORD_MAX, Math.max(0, value + change.add));

function setMed(
  med: Exclude<Action['med'], undefined>,
  attributes: EditableAttributes,
  { parameters }: PolicySession,
): void {
  attributes.isMedOurs = med !== 'remove';
  attributes.med =
    med === 'remove'
      ? undefined
      : med === 'dn42'
        ? linkMed(attributes, parameters)
        : changed(attributes.med ?? 0, med);
}

/** Inside an AS a path is not lengthened: our own AS in it would be a loop (RFC 4271 §5.1.2 a). */
function prepend(attributes: EditableAttributes, session: PolicySession, times: number): void {
  if (session.peer.isInternal) return;
  attributes.prepend(session.direction === 'export' ? session.ownAsn : session.peer.asn, times);
}

/** Does what peers ask for and takes the request away; false: they ask not to tell this neighbor. */
function obeyPeers(attributes: EditableAttributes, session: PolicySession): boolean {
  let times = 0;
  let isRegional = false;
  let isInRegion = false;
  const region = session.parameters.get('region');
  for (const { kind, parts } of attributes.communities) {
    const [asn, wish, value = 0] = parts;
    if (kind !== 'large' || asn !== session.ownAsn) continue;
    if (wish === NOT_TO_AS && value === session.peer.asn) return false;
    if (wish === PREPEND_TO_ALL && value <= ASKED_PREPEND_MAX) times = Math.max(times, value);
    if (wish === ONLY_IN_REGION) {
      isRegional = true;
      isInRegion ||= value === region;
    }
  }
  if (isRegional && !isInRegion) return false;
  if (session.peer.isInternal) return true;
  attributes.remove(requests(session.ownAsn));
  if (times > 0) prepend(attributes, session, times);
  return true;
}

const requests = (ownAsn: number): CommunityPattern => ({
  kind: 'large',
  parts: [
    { min: ownAsn, max: ownAsn },
    { min: NOT_TO_AS, max: ONLY_IN_REGION },
    { min: 0, max: WORD_MAX },
  ],
});
