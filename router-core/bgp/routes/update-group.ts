/**
 * Neighbors that see the same: one encoding serves them all.
 *
 * Not standardized; BGP specification §6.5, RFC 7911 for those who take several paths.
 *
 * The key holds everything an outgoing message depends on. What still differs between members is
 * who is left out: the source of a route, and those whose AS is in its path.
 *
 * @module
 */
import { toHex } from '../../base/bytes.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { communityRefusal, isForNeighbor, type NeighborPolicy } from '../policy/export-policy.ts';
import {
  EXPORT_POLICY,
  FOR_NEIGHBOR,
  NO_BEST_PATH,
  NOT_REFLECTED,
} from '../policy/export-reason.ts';
import { OWN } from '../rib/source-table.ts';
import type { NegotiatedSession } from '../types.ts';
import type { OutgoingView } from '../update/outgoing-attributes.ts';
import type { NextHopForm } from '../update/update-writer.ts';
import { nextHopSelf } from './next-hop-self.ts';
import type { RouteNeighborConfig } from './types.ts';

/** What the export policy asks of the neighbor a route came from. */
type RouteOrigin = {
  readonly config: { readonly policy: NeighborPolicy };
  readonly importView: { readonly isInternal: boolean };
};

export class UpdateGroup {
  readonly key: string;
  readonly view: OutgoingView;
  readonly policy: NeighborPolicy;
  readonly maxMessage: number;
  readonly nextHop: { readonly 4: NextHopForm | undefined; readonly 6: NextHopForm | undefined };
  /** Paths told per prefix; undefined: the best one, without path ids. */
  readonly pathsMax: { readonly 4: number | undefined; readonly 6: number | undefined };

  constructor(key: string, session: NegotiatedSession, config: RouteNeighborConfig) {
    this.key = key;
    this.view = {
      isInternal: session.isInternal,
      fourOctetAs: session.fourOctetAs,
      localAsn: session.localAsn,
    };
    this.policy = config.policy;
    this.maxMessage = session.maxMessage;
    this.nextHop = nextHopsOf(session, config);
    this.pathsMax = pathsMaxOf(session, config);
  }

  /** Returns the first rule that keeps a set of attributes of this source from the group. */
  refusal(store: AttributeStore, id: number, source: number, from?: RouteOrigin): number {
    const { isInternal } = this.view;
    if (source === OWN) return communityRefusal(store, id, isInternal);
    // Its neighbor was removed; the prefix is about to be decided anew.
    if (from === undefined) return NO_BEST_PATH;
    // RFC 4271 §9.2: what an internal neighbor told us is not told to another.
    if (isInternal && from.importView.isInternal) return NOT_REFLECTED;
    const community = communityRefusal(store, id, isInternal);
    if (community !== FOR_NEIGHBOR) return community;
    return isForNeighbor(from.config.policy, this.policy) ? FOR_NEIGHBOR : EXPORT_POLICY;
  }
}

export function groupKey(session: NegotiatedSession, config: RouteNeighborConfig): string {
  const hops = nextHopsOf(session, config);
  const paths = pathsMaxOf(session, config);
  const hop = (form: NextHopForm | undefined): string =>
    form === undefined ? '-' : `${form.kind}${toHex(form.bytes)}`;
  return [
    session.isInternal,
    session.fourOctetAs,
    session.localAsn,
    session.maxMessage,
    config.policy,
    hop(hops[4]),
    hop(hops[6]),
    paths[4],
    paths[6],
  ].join(' ');
}

function pathsMaxOf(
  session: NegotiatedSession,
  { sentPathsMax = Number.POSITIVE_INFINITY }: RouteNeighborConfig,
): UpdateGroup['pathsMax'] {
  const families = session.addPath?.send ?? [];
  return {
    4: families.includes('ipv4') ? sentPathsMax : undefined,
    6: families.includes('ipv6') ? sentPathsMax : undefined,
  };
}

function nextHopsOf(
  session: NegotiatedSession,
  config: RouteNeighborConfig,
): UpdateGroup['nextHop'] {
  const has = (family: 'ipv4' | 'ipv6'): boolean => session.families.includes(family);
  return {
    4: has('ipv4') ? nextHopSelf(4, session, config.nextHopSelf) : undefined,
    6: has('ipv6') ? nextHopSelf(6, session, config.nextHopSelf) : undefined,
  };
}
