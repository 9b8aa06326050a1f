/**
 * Several paths per prefix on one session: what we announce, and what both sides agreed on.
 *
 * Standard: RFC 7911 §4 (capability 69). How prefixes look then stands in update/nlri.ts, which paths are
 * sent in routes/path-encoder.ts, what is kept of those received in routes/update-receiver.ts.
 *
 *   we announce   they announce      per family
 *   receive       send               prefixes from them carry path ids
 *   send          receive            prefixes to them carry path ids
 *
 * Invariant: path ids are used in one direction of one family only if both sides said so.
 *
 * @module
 */
import type { AddPathCapability, Capability } from './capability/capability.ts';
import { capabilitiesOf } from './capability/codec.ts';
import { AFI_OF_FAMILY, SAFI_UNICAST } from './constants.ts';
import type { AddPath, Family } from './types.ts';

/** What the configuration wants of one neighbor; neither: the capability is not announced. */
export type AddPathWish = { readonly send: boolean; readonly receive: boolean };

const RECEIVE = 1;
const SEND = 2;

/** Returns our capability 69, or undefined when there is nothing to announce. */
export function addPathCapability(
  wish: AddPathWish,
  families: readonly Family[],
): AddPathCapability | undefined {
  const mode = (wish.receive ? RECEIVE : 0) | (wish.send ? SEND : 0);
  return mode === 0 ? undefined : capability(families.map((family) => [family, mode]));
}

/** Returns what both sides agreed on; undefined: path ids in neither direction of any family. */
export function negotiateAddPath(
  wish: AddPathWish,
  families: readonly Family[],
  theirs: readonly Capability[],
): AddPath | undefined {
  // The last word about a family counts: RFC 7911 does not tell, and BIRD reads it like that.
  const rows = capabilitiesOf(theirs, 'add-path').flatMap((each) => each.families);
  const isAnnounced = (family: Family, bit: number): boolean => {
    const said = rows.findLast(
      ({ afi, safi }) => afi === AFI_OF_FAMILY[family] && safi === SAFI_UNICAST,
    );
    return ((said?.mode ?? 0) & bit) !== 0;
  };
  const receive = families.filter((family) => wish.receive && isAnnounced(family, SEND));
  const send = families.filter((family) => wish.send && isAnnounced(family, RECEIVE));
  return receive.length + send.length === 0 ? undefined : { receive, send };
}

/** Returns what was agreed on as a capability of ours, for people who read the list. */
export function agreedAddPathCapability(
  agreed: AddPath,
  families: readonly Family[],
): AddPathCapability {
  const modeOf = (family: Family): number =>
    (agreed.receive.includes(family) ? RECEIVE : 0) | (agreed.send.includes(family) ? SEND : 0);
  return capability(
    families.flatMap((family) => (modeOf(family) === 0 ? [] : [[family, modeOf(family)] as const])),
  );
}

const capability = (
  rows: readonly (readonly [family: Family, mode: number])[],
): AddPathCapability => ({
  kind: 'add-path',
  families: rows.map(([family, mode]) => ({
    afi: AFI_OF_FAMILY[family],
    safi: SAFI_UNICAST,
    mode,
  })),
});
