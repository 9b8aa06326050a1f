/**
 * What the route side takes and gives: configuration of a neighbor, reads, events.
 *
 * Not standardized; looking glass specification §2 and BGP specification §13.3, §17.
 *
 * @module
 */

import type { IpAddress, IpPrefix } from '../../base/ip-address.ts';
import type { Random } from '../../base/random.ts';
import type { TimerQueue } from '../../base/timer-queue.ts';
import type { Asn, Instant, InterfaceId } from '../../base/units.ts';
import type { RouteAttributes } from '../attribute/decode.ts';
import type { FlapSettings } from '../flap/flap-detector.ts';
import type { TableDump, TableDumpRequest } from '../mrt/table-dump.ts';
import type { NeighborPolicy } from '../policy/export-policy.ts';
import type { ExportReason } from '../policy/export-reason.ts';
import type { PrefixFilters } from '../policy/prefix-filter.ts';
import type { PolicyBinding } from '../policy/rules/chain.ts';
import type { RuleTrace } from '../policy/rules/interpreter.ts';
import type { ChangeCause } from '../rib/best-path-history.ts';
import type { DecisionOptions } from '../rib/decision.ts';
import type { FibSink, NextHopSetSink } from '../rib/family-rib.ts';
import type { NextHopLookup } from '../rib/next-hop-resolution.ts';
import type { Roa, RoaValidity } from '../roa/roa-table.ts';
import type { BgpRole, Family, NeighborId, RefreshSubtype, RouteExchange } from '../types.ts';
import type { FamilyOptions, PrefixLimitAction } from './route-options.ts';

export type RouteNeighborConfig = {
  readonly name: string;
  readonly peerAsn: Asn;
  /** The tunnel; traffic to this neighbor's routes leaves by it. */
  readonly interface: InterfaceId;
  /** It stands behind other routers: its next hops are looked up, and unusable where nothing leads to them. */
  readonly isMultihop?: boolean;
  /** Our addresses on the tunnel, told as next hop where the session needs them. */
  readonly nextHopSelf: {
    readonly ipv4?: IpAddress;
    readonly ipv6Global?: IpAddress;
    readonly linkLocal?: IpAddress;
  };
  readonly policy: NeighborPolicy;
  /** What we are to it by configuration (RFC 9234), for questions while there is no session that says so. */
  readonly role?: BgpRole;
  /** The operator's policies; absent: what the role says, and no more. */
  readonly rules?: PolicyBinding;
  /** Accepted paths per family; new ones beyond it are ignored. */
  readonly importLimit: number;
  /** Paths told per prefix where the session sends several (RFC 7911); absent: all. */
  readonly sentPathsMax?: number;
  readonly remoteAddress: IpAddress;
  /** Of our AS: it hears what other internal neighbors tell us (RFC 4456). */
  readonly routeReflectorClient?: boolean;
  /** Of another AS: path, MED and next hop reach it as we got them (RFC 7947). */
  readonly routeServerClient?: boolean;
  /** By family, what differs from the defaults. */
  readonly options?: FamilyOptions;
};

/** The sessions, seen from the routes. False means refused: try again after `writable`. */
export interface RouteMessages {
  sendUpdate(
    neighbor: NeighborId,
    bytes: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): boolean;
  sendRouteRefresh(
    neighbor: NeighborId,
    family: Family,
    subtype: RefreshSubtype,
    now: Instant,
  ): boolean;
}

export type BgpRoutesOptions = {
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  readonly asn: Asn;
  readonly routerId: number;
  /** Names our cluster of reflector and clients (RFC 4456 §8); absent: the router id. */
  readonly clusterId?: number;
  /** Where next hops are by configuration; absent: those of internal neighbors are behind who tells them. */
  readonly nextHops?: NextHopLookup;
  readonly messages: RouteMessages;
  readonly fib: FibSink;
  /** For routes of several next hops; absent: there are none. */
  readonly nextHopSets?: NextHopSetSink;
  /**
   * Nothing is advertised before `advertise` (RFC 4724 §4.1): this speaker comes back from a restart, and
   * the neighbors still use what its former life told them.
   */
  readonly isAdvertisingDeferred?: boolean;
  readonly decision?: Partial<DecisionOptions>;
  /** Octets that may wait for slow neighbors, all together; limits.ts has the default. */
  readonly outboxBytesMax?: number;
  /** Octets of the attributes of all routes; limits.ts has the default. */
  readonly attributeBytesMax?: number;
};

export type FamilyCounters = {
  /** Kept routes of this neighbor, accepted or not. */
  readonly received: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly sent: number;
};

export type NeighborCounters = FamilyCounters & {
  readonly families: Readonly<Record<Family, FamilyCounters>>;
  /** Rejected routes by reason token. */
  readonly rejectedReasons: Readonly<Record<string, number>>;
  /** Announcements that were not even kept, because of too many rejected ones. */
  readonly notKept: number;
  /** Malformed UPDATEs since the neighbor was added, by `<reaction>:<attribute type>`. */
  readonly malformed: Readonly<Record<string, number>>;
  /** Families that are agreed on but not announced, because no address of ours can be a next hop. */
  readonly withoutNextHop: readonly Family[];
};

/** Routes of a former session that are still in use (RFC 4724 §4.2), and what ends that. */
export type StaleRoutesView = {
  readonly families: readonly Family[];
  /** The neighbor's return, or that it has said everything again. */
  readonly awaits: 'session' | 'end-of-rib';
  /** The restart time is over, and they are used where nothing else is left (RFC 9494). */
  readonly isLongLived: boolean;
  /** When those that were not heard again go at the latest. */
  readonly until: Instant;
};

export type LookupMode = 'longest' | 'exact' | 'subnets' | 'covering';
export type RouteQuery = {
  readonly address?: IpAddress;
  readonly prefix?: IpPrefix;
  readonly mode: LookupMode;
};

/** What the decision looks at in a path: the age of a route is the time since when it is known. */
export type ComparedValue = number | string | { readonly since: Instant };

/** A step of the decision process, by its number in BGP specification §5. */
export type DecisionStep = {
  readonly step: number;
  readonly name: string;
  /** From whom the path came that this one was compared with. */
  readonly against: string;
  /** Its path id, where it has one. */
  readonly againstPathId?: number;
  readonly value: ComparedValue;
  readonly otherValue: ComparedValue;
};

export type RouteView = {
  readonly prefix: string;
  readonly family: Family;
  /** Null: a prefix of our own. */
  readonly neighbor: NeighborId | null;
  /** The neighbor's name, or `own`. */
  readonly from: string;
  /** The id under which the neighbor told the path, of a sent route we (RFC 7911); null: none, or 0. */
  readonly pathId: number | null;
  readonly peerAsn: number;
  readonly interface: InterfaceId | null;
  /** Packets to it are discarded, as the neighbor asks (RFC 7999). */
  readonly isBlackhole: boolean;
  readonly learntFrom: string | null;
  readonly isBest: boolean;
  /** It carries packets together with other paths of the prefix (multipath). */
  readonly isMultipath: boolean;
  /**
   * Of the best path: the step that beat the runner-up, null when there is none. Of any other
   * accepted path: the step at which it lost against the best, or before, by MED, against a path of
   * its own neighbor AS.
   */
  readonly why: DecisionStep | null;
  readonly rejected: RejectedView | null;
  /** Rules of the import policy that changed its attributes, in order. */
  readonly changedBy: readonly string[];
  /** Null when there is no registry, and for our own. */
  readonly roa: RoaValidity | null;
  readonly since: Instant;
  readonly attributes: RouteAttributes;
};

export type RoaView = {
  readonly prefix: string;
  readonly maxLength: number;
  readonly asn: number;
};

export type RejectedView = {
  /** BGP specification §13.3. */
  readonly reason: string;
  /** For large community (<our AS>, 65666, <code>); null when the reason is ours alone. */
  readonly code: number | null;
  /** `dn42-import, rule 3 "not-dn42-space"`; null: no rule, but the import limit or a malformed attribute. */
  readonly rule: string | null;
  /** The authorizations that cover the prefix, whatever they say. */
  readonly roas: readonly RoaView[];
};

/**
 * Whether one neighbor has a prefix from us, and why not. A neighbor that takes several paths has a
 * view for each path; a client of a route server (RFC 7947) has one, of the path chosen for it.
 */
export type ExportView = {
  readonly neighbor: NeighborId;
  readonly to: string;
  readonly peerAsn: number;
  /** Which path; null: the best one, whichever it is. */
  readonly path: {
    readonly from: string;
    /** The id under which it was told to us, null: none. */
    readonly pathId: number | null;
    /** The id under which the neighbor is told, null: it is not. */
    readonly sentId: number | null;
  } | null;
  readonly isAnnounced: boolean;
  /**
   * BGP specification §6.1: the first rule that keeps it back. Null: none does; what is not announced
   * then is on its way.
   */
  readonly reason: ExportReason | null;
  /** The rule of the export policy that keeps it back, when it is one. */
  readonly rule: string | null;
  /** The best path, where a client of a route server is told another one because of this. */
  readonly insteadOf?: {
    readonly from: string;
    readonly pathId: number | null;
    readonly reason: ExportReason;
    readonly rule: string | null;
  };
};

/** The best path of a prefix became another one. */
export type BestPathChange = {
  readonly at: Instant;
  readonly prefix: string;
  /** Names of neighbors, or `own`; null: there was, or is, no best path. */
  readonly from: string | null;
  readonly to: string | null;
  /** The ids under which these told the path, null: none. */
  readonly fromPathId: number | null;
  readonly toPathId: number | null;
  readonly cause: ChangeCause;
  /** The step of the decision, or the reason of the rejection. */
  readonly detail: string | null;
  /** The AS the new best path comes from. */
  readonly originAs: number | null;
};

/** What one neighbor says of a prefix that flaps. */
export type FlapNeighborView = {
  readonly neighbor: NeighborId;
  readonly name: string;
  readonly peerAsn: number;
  /** Changes of its word within the window. */
  readonly changes: number;
  /** The same since it was last silent about the prefix for a whole window. */
  readonly total: number;
  readonly lastAt: Instant;
  /** It withdrew the prefix, or one of its paths, last. */
  readonly isWithdrawn: boolean;
  /** By its word the prefix flaps. */
  readonly isFlapping: boolean;
};

/** An AS path under which a prefix that flaps was announced. */
export type FlapPathView = {
  readonly asPathText: string;
  readonly times: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  /** Name of the neighbor that announced it last. */
  readonly from: string;
};

/** A prefix of which a neighbor keeps saying other things (`../flap/`). */
export type FlapView = {
  readonly prefix: string;
  readonly family: Family;
  /** When it was found to flap. */
  readonly since: Instant;
  /** Of all neighbors within the window. */
  readonly changes: number;
  /** Most changes first. */
  readonly neighbors: readonly FlapNeighborView[];
  /** Most often announced first; since shortly before `since`. */
  readonly paths: readonly FlapPathView[];
  /** Announcements with AS paths beyond those. */
  readonly otherPaths: number;
};

export type FlapList = FlapSettings & {
  /** How many prefixes flap. */
  readonly flapping: number;
  /** Most changes by one neighbor first; a view is made when it is taken. */
  readonly flaps: Iterable<FlapView>;
  /** There is no room for more, so more may flap. */
  readonly isFull: boolean;
};

/** A prefix begins to flap, or has calmed down. */
export type FlapEvent = {
  readonly kind: 'flap-started' | 'flap-ended';
  readonly prefix: string;
  /** Name of the neighbor by whose word. */
  readonly from: string;
  /** Changes of its word within the window. */
  readonly changes: number;
};

/** How policies judge one route, rule by rule. */
export type PolicyExplanation = {
  /** The session's name. */
  readonly session: string;
  readonly direction: 'import' | 'export';
  readonly prefix: string;
  readonly from: string;
  /** The id under which its neighbor told the path, null: none (RFC 7911). */
  readonly pathId: number | null;
  readonly verdict: 'accept' | 'reject';
  /** Of a rejection: `RejectedView.reason` on import; on export `ExportReason`, or the rule for `policy`. */
  readonly reason: string | null;
  readonly trace: readonly RuleTrace[];
};

/** A route nobody announced, to be judged all the same. */
export type SupposedRoute = {
  readonly prefix: IpPrefix;
  readonly path: readonly number[];
  readonly communities: readonly string[];
  readonly med?: number;
  readonly localPref?: number;
  /** Absent: the neighbor that tells it. */
  readonly nextHop?: IpAddress;
  /** The AS of ONLY_TO_CUSTOMER (RFC 9234). */
  readonly onlyToCustomer?: number;
};

/** What other policies would change; `progress` is told between slices. */
export type DryRunRow =
  | { readonly kind: 'progress'; readonly prefixes: number }
  | {
      readonly kind: 'path';
      readonly session: string;
      readonly prefix: string;
      /** The id under which the neighbor told the path, null: none (RFC 7911). */
      readonly pathId: number | null;
      readonly change: 'rejected' | 'accepted' | 'changed';
      /** The rule that decides: of the candidate when it rejects, of the present policy when it did. */
      readonly rule: string | null;
    }
  | {
      readonly kind: 'best';
      readonly prefix: string;
      /** Names of sessions, or `own`; null: there was, or would be, none. */
      readonly from: string | null;
      readonly to: string | null;
      readonly fromPathId: number | null;
      readonly toPathId: number | null;
    }
  | {
      readonly kind: 'export';
      readonly session: string;
      readonly prefix: string;
      /** Which path, for a neighbor that takes several; absent: the best one, whichever it is. */
      readonly path?: { readonly from: string; readonly pathId: number | null };
      readonly change: 'announced' | 'withdrawn' | 'changed';
    };

export type RouteSelection = 'received' | 'accepted' | 'rejected' | 'sent';
export type RoutePage = { readonly routes: readonly RouteView[]; readonly next?: number };

/** One UPDATE that got a reaction of RFC 7606. */
export type MalformedUpdate = {
  readonly at: Instant;
  readonly reaction: 'reset' | 'withdraw' | 'discard';
  /** The attribute at fault, null when it is not about one. */
  readonly attribute: string | null;
  /** Body of the message, after the header, at most 4,096 octets. */
  readonly body: Uint8Array;
  /** Octets of `body` at fault. */
  readonly faultStart: number;
  readonly faultEnd: number;
};

/** A prefix limit is near (the warning's share) or passed. */
export type LimitEvent = {
  readonly kind: 'limit-near' | 'limit-hit';
  readonly neighbor: NeighborId;
  readonly family: Family;
  readonly counted: 'received' | 'accepted';
  readonly limit: number;
  readonly action: PrefixLimitAction;
};

export type RouteEvent =
  | FlapEvent
  /** So many of them were not told one by one. */
  | { readonly kind: 'flaps-untold'; readonly count: number }
  | { readonly kind: 'counters-changed'; readonly neighbor: NeighborId }
  | { readonly kind: 'end-of-rib'; readonly neighbor: NeighborId; readonly family: Family }
  | LimitEvent
  /** All attributes together take too many octets, and this neighbor's most: its session must end (6/8). */
  | { readonly kind: 'out-of-resources'; readonly neighbor: NeighborId }
  | {
      readonly kind: 'malformed';
      readonly neighbor: NeighborId;
      readonly reaction: MalformedUpdate['reaction'];
      readonly attribute: string | null;
    };

export interface BgpRoutes extends RouteExchange {
  addNeighbor(id: NeighborId, config: RouteNeighborConfig): void;
  updateNeighbor(id: NeighborId, change: Partial<RouteNeighborConfig>, now: Instant): void;
  removeNeighbor(id: NeighborId, now: Instant): void;
  setOwnPrefixes(prefixes: readonly IpPrefix[], now: Instant): void;
  /** How paths compare from now on; every prefix is decided anew. */
  setDecision(options: Partial<DecisionOptions>, now: Instant): void;
  /** From when on a prefix counts as flapping; what is absent has its default. */
  setFlapping(settings: Partial<FlapSettings>): void;
  /** Undefined: no registry, and nothing that needs it is accepted. */
  setRoas(roas: readonly Roa[] | undefined, filters: PrefixFilters | undefined, now: Instant): void;
  /**
   * Goes on with what is due, for about `budget` prefixes; returns whether more could be done at
   * once. Called after each batch of input; a timer calls it too.
   */
  runPending(now: Instant, budget?: number): boolean;

  /** Tunnels or static routes changed: next hops that are looked up may be elsewhere now. */
  nextHopsChanged(now: Instant): void;

  /** Ends the deferral of advertisements: everybody gets everything, then End-of-RIB. */
  advertise(now: Instant): void;

  counters(id: NeighborId): NeighborCounters;
  /** Routes kept over a loss of the session, while there are any. */
  stale(id: NeighborId): StaleRoutesView | undefined;
  /** Whether End-of-RIB came for every family of the session; without a session there is nothing to come. */
  hasToldAll(id: NeighborId): boolean;
  /** Prefixes with a best path. */
  totals(): { readonly ipv4: number; readonly ipv6: number };
  /** The same, with the paths that take part in the decision. */
  tables(): Readonly<Record<Family, { readonly prefixes: number; readonly paths: number }>>;
  /** Routes of the prefixes asked for, each prefix best first; prefixes from short to long. */
  lookup(query: RouteQuery, limit: number): RouteView[];
  /** To whom the best path of a prefix is announced; empty when the prefix is unknown. */
  exportsOf(prefix: IpPrefix): readonly ExportView[];
  /** The last changes of best paths, newest first: of the prefix alone, or of all that cover it. */
  history(prefix: IpPrefix, mode: 'exact' | 'covering', limit: number): readonly BestPathChange[];
  /** The prefixes that flap. */
  flaps(now: Instant): FlapList;
  /** A page of a neighbor's routes; go on with `next`. */
  routesOf(id: NeighborId, which: RouteSelection, cursor: number, limit: number): RoutePage;
  /** Validity of any prefix and origin, with the authorizations that cover it. */
  validate(
    prefix: IpPrefix,
    origin: number,
  ): { readonly validity: RoaValidity | null; readonly roas: readonly RoaView[] };
  /** The last malformed UPDATEs of a neighbor, oldest first. */
  malformed(id: NeighborId): readonly MalformedUpdate[];
  /** The tables as an MRT file, to be taken slice by slice. */
  dumpTables(request: TableDumpRequest): TableDump;
  /**
   * What becomes of the paths there are of a prefix, or of a supposed one, on their way from or to a
   * neighbor; empty: there is none.
   */
  explainPolicy(
    id: NeighborId,
    direction: 'import' | 'export',
    what: IpPrefix | SupposedRoute,
  ): readonly PolicyExplanation[];
  /** What these policies would change in the present tables; a slice per row, nothing is changed. */
  dryRun(candidates: ReadonlyMap<NeighborId, PolicyBinding>): Generator<DryRunRow, void>;
  nextOutput(): RouteEvent | undefined;
  /** Counts everything anew and returns what disagrees; for tests and the hourly audit. */
  audit(): readonly string[];
}
