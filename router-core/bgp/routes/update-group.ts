/**
 * Neighbors that see the same: one encoding serves them all.
 *
 * Not standardized; BGP specification §6.5, RFC 7911 for those who take several paths, RFC 7947 §2.3 for
 * clients of a route server.
 *
 * The key holds everything an outgoing message depends on. What still differs between members is
 * who is left out: the source of a route, and those whose AS is in its path.
 *
 * @module
 */
import { toHex } from '../../base/bytes.ts';
import { type AttributeStore, HAS_LLGR_STALE } from '../attribute/attribute-store.ts';
import { communityRefusal, isForNeighbor, type NeighborPolicy } from '../policy/export-policy.ts';
import {
  EXPORT_POLICY,
  FOR_NEIGHBOR,
  LONG_LIVED_STALE,
  NO_BEST_PATH,
  NOT_REFLECTED,
  ONLY_TO_CUSTOMERS,
} from '../policy/export-reason.ts';
import { keepsFromNeighbor, markOnExport } from '../policy/only-to-customer.ts';
import { u8, u16 } from '../rib/columns.ts';
import { OWN } from '../rib/source-table.ts';
import type { BgpRole, NegotiatedSession } from '../types.ts';
import type { OutgoingView } from '../update/outgoing-attributes.ts';
import type { PathRewrite } from '../update/rewrite-path.ts';
import type { NextHopForm } from '../update/update-writer.ts';
import { keepsNextHop, receivedNextHop } from './kept-next-hop.ts';
import { nextHopSelf } from './next-hop-self.ts';
import type { FamilyPrograms, PolicyPrograms } from './policy-programs.ts';
import { isReflected, type KeptNextHops, keptNextHopsOf } from './reflection.ts';
import { type RouteOptions, routeOptionsOf } from './route-options.ts';
import type { RouteNeighborConfig } from './types.ts';

/** What the export policy asks of the neighbor a route came from. */
type RouteOrigin = {
  readonly config: Pick<RouteNeighborConfig, 'policy' | 'routeReflectorClient'>;
  readonly importView: { readonly isInternal: boolean };
};

export class UpdateGroup {
  readonly key: string;
  readonly view: OutgoingView;
  readonly policy: NeighborPolicy;
  /** The members know what long-lived stale routes are (RFC 9494). */
  readonly knowsLongLived: boolean;
  /** What we are to the members (RFC 9234). */
  readonly role: BgpRole | undefined;
  /** What comes before the operator's rules. */
  private readonly base: string;
  /** The operator's rules, by family; absent: there are none. */
  readonly program: FamilyPrograms;
  /** The key without the rules: neighbors that differ in nothing else are told what differs. */
  readonly formKey: string;
  readonly maxMessage: number;
  /** Whether next hops of others mean something to the members, and which (reflection.ts). */
  readonly keeps: KeptNextHops;
  /** RFC 4456: the members hear what other internal neighbors tell us. */
  readonly isReflectorClient: boolean;
  readonly nextHop: { readonly 4: NextHopForm | undefined; readonly 6: NextHopForm | undefined };
  /** What the options of the session make of routes that leave. */
  readonly options: { readonly 4: RouteOptions; readonly 6: RouteOptions };
  private readonly hasExtendedNextHop: boolean;
  /**
   * Paths told per prefix, chosen for each member among those that are for it (path-selection.ts);
   * undefined: the best one, to whom it is for.
   */
  readonly pathsMax: { readonly 4: number | undefined; readonly 6: number | undefined };
  /** Whether the members tell paths of a prefix apart (RFC 7911). */
  readonly hasPathIds: { readonly 4: boolean; readonly 6: boolean };

  constructor(session: NegotiatedSession, config: RouteNeighborConfig, programs: PolicyPrograms) {
    this.key = groupKey(session, config);
    this.formKey = formKey(session, config);
    this.base = config.rules?.export.base ?? 'dn42-export';
    this.program = programs.ofExport(config, session);
    const hasMedOfOurs = this.program[4] !== undefined || this.program[6] !== undefined;
    const rewrite = pathRewriteOf(session, config);
    this.view = {
      isInternal: session.isInternal,
      fourOctetAs: session.fourOctetAs,
      localAsn: session.localAsn,
      onlyToCustomer: markOnExport(session.role, session.localAsn),
      isTransparent: config.routeServerClient === true,
      ...(rewrite === undefined ? {} : { rewrite }),
      hasMedOfOurs,
    };
    this.policy = config.policy;
    this.knowsLongLived = session.longLived !== undefined;
    this.role = session.role;
    this.maxMessage = session.maxMessage;
    this.keeps = keptNextHopsOf(session);
    this.isReflectorClient = config.routeReflectorClient === true;
    this.nextHop = nextHopsOf(session, config);
    this.pathsMax = pathsMaxOf(session, config);
    this.hasPathIds = hasPathIds(session);
    this.options = optionsOf(config);
    this.hasExtendedNextHop = session.extendedNextHop;
  }

  /** Returns the next hop a set of this source is told with; undefined: none will do. */
  nextHopOf(
    store: AttributeStore,
    family: 4 | 6,
    id: number,
    source: number,
    from?: RouteOrigin,
  ): NextHopForm | undefined {
    const own = this.nextHop[family];
    if (source === OWN || from === undefined) return own;
    const { isInternal } = from.importView;
    if (!keepsNextHop(this.options[family], this.view.isInternal, isInternal)) return own;
    return receivedNextHop(store, id, family, this.hasExtendedNextHop) ?? own;
  }

  /** Returns the first rule that keeps a set of attributes of this source from the group. */
  refusal(store: AttributeStore, id: number, source: number, from?: RouteOrigin): number {
    const { isInternal } = this.view;
    if (this.base === 'none') return EXPORT_POLICY;
    if (source === OWN) return communityRefusal(store, id, isInternal);
    // Its neighbor was removed; the prefix is about to be decided anew.
    if (from === undefined) return NO_BEST_PATH;
    // RFC 4271 §9.2: what an internal neighbor told us is not told to another, save by reflection.
    if (isInternal && from.importView.isInternal && !isReflected(from.config, this))
      return NOT_REFLECTED;
    const community = communityRefusal(store, id, isInternal);
    if (community !== FOR_NEIGHBOR) return community;
    if (keepsFromNeighbor(store, id, this.role)) return ONLY_TO_CUSTOMERS;
    if (!this.knowsLongLived && (u8(store.flags, id) & HAS_LLGR_STALE) !== 0)
      return LONG_LIVED_STALE;
    if (this.base === 'accept-all') return FOR_NEIGHBOR;
    const kind = isOfOurAs(store, id, from) ? 'own' : from.config.policy;
    const isTold = this.base !== 'own-only' && isForNeighbor(kind, this.policy);
    return isTold ? FOR_NEIGHBOR : EXPORT_POLICY;
  }
}

/** A route of another router of our AS: nobody else was on its way. */
export const isOfOurAs = (store: AttributeStore, id: number, from: RouteOrigin): boolean =>
  from.importView.isInternal && u16(store.pathCount, id) === 0;

export function groupKey(session: NegotiatedSession, config: RouteNeighborConfig): string {
  const { key = '', isPersonal = false } = config.rules?.export ?? {};
  // Of a dynamic neighbor the chain does not know the AS.
  return `${formKey(session, config)} ${key}${isPersonal ? session.peerAsn : ''}`;
}

function formKey(session: NegotiatedSession, config: RouteNeighborConfig): string {
  const hops = nextHopsOf(session, config);
  const paths = pathsMaxOf(session, config);
  const hop = (form: NextHopForm | undefined): string =>
    form === undefined ? '-' : `${form.kind}${toHex(form.bytes)}`;
  return [
    session.isInternal,
    session.fourOctetAs,
    session.localAsn,
    session.maxMessage,
    keptNextHopsOf(session),
    session.role,
    session.longLived !== undefined,
    config.routeReflectorClient,
    config.routeServerClient,
    config.policy,
    hop(hops[4]),
    hop(hops[6]),
    paths[4],
    paths[6],
    session.addPath?.send,
    outgoingKey(session, config),
  ].join(' ');
}

/** Everything of the options that an outgoing message depends on. */
function outgoingKey(session: NegotiatedSession, config: RouteNeighborConfig): string {
  const options = optionsOf(config);
  const keyOf = (of: RouteOptions): readonly unknown[] => [
    of.nextHopSelf,
    of.nextHopKeep,
    of.defaultOriginate,
    of.asOverride,
  ];
  const rewrite = pathRewriteOf(session, config);
  return JSON.stringify([rewrite, session.extendedNextHop, keyOf(options[4]), keyOf(options[6])]);
}

const optionsOf = (config: RouteNeighborConfig): UpdateGroup['options'] => ({
  4: routeOptionsOf(config.options, 'ipv4'),
  6: routeOptionsOf(config.options, 'ipv6'),
});

/** The path options of a session are the same in both families; internal paths stay as they are. */
function pathRewriteOf(
  session: NegotiatedSession,
  config: RouteNeighborConfig,
): PathRewrite | undefined {
  const options = routeOptionsOf(config.options, 'ipv4');
  const { removePrivateAs, asOverride, showsAs } = options;
  const isPlain = removePrivateAs === 'off' && !asOverride && showsAs === 0;
  if (session.isInternal || isPlain) return undefined;
  return {
    removePrivateAs,
    overrides: asOverride ? session.peerAsn : 0,
    overrideBy: session.localAsn,
    prepends: showsAs,
  };
}

function pathsMaxOf(
  session: NegotiatedSession,
  { sentPathsMax = Number.POSITIVE_INFINITY, routeServerClient }: RouteNeighborConfig,
): UpdateGroup['pathsMax'] {
  const has = hasPathIds(session);
  // RFC 7947 §2.3: the best path shall not hide from a client the best of those it may have.
  const otherwise = routeServerClient === true ? 1 : undefined;
  return { 4: has[4] ? sentPathsMax : otherwise, 6: has[6] ? sentPathsMax : otherwise };
}

function hasPathIds({ addPath }: NegotiatedSession): UpdateGroup['hasPathIds'] {
  const families = addPath?.send ?? [];
  return { 4: families.includes('ipv4'), 6: families.includes('ipv6') };
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
