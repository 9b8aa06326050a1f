/**
 * One neighbor as the route side knows it: its session, its counters, what it was told.
 *
 * Not standardized. One object per neighbor; everything per route is in columns elsewhere.
 *
 * @module
 */

import type { ImportView } from '../policy/import-policy.ts';
import { ACCEPTED, PREFIX_LIMIT, RECEIVE_LIMIT, type Reasons } from '../policy/reason.ts';
import type { PeerFacts } from '../policy/rules/condition.ts';
import { grownU32, NumberQueue, u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { KEPT_MIN, KEPT_PER_LIMIT } from '../rib/limits.ts';
import type { Family, NegotiatedSession, NeighborId } from '../types.ts';
import type { UpdateContext } from '../update/attribute-checks.ts';
import { AdjRibOut } from './adj-rib-out.ts';
import { type ImportTerms, importTermsOf } from './import-terms.ts';
import { MalformedLog } from './malformed-log.ts';
import type { PolicyPrograms } from './policy-programs.ts';
import { ROUTE_OPTION_DEFAULTS, type RouteOptions, routeOptionsOf } from './route-options.ts';
import type { FamilyCounters, NeighborCounters, RouteNeighborConfig } from './types.ts';
import type { UpdateGroup } from './update-group.ts';

/** What stale paths of a family wait for: nothing, their session, End-of-RIB, or the end of a refresh. */
export type StaleWait = 'nothing' | 'session' | 'end-of-rib' | 'end-of-refresh';

/** What is counted and remembered per family. */
export class NeighborFamily {
  readonly family: Family;
  readonly out: AdjRibOut;
  received: number;
  accepted: number;
  /** Routes refused by the import limit, worth another look when one of the accepted goes. */
  limited: number;
  /** Routes above the limit of received ones, not judged, likewise. */
  unread: number;
  /** What was said of the limits: levels of prefix-limits.ts, 0 for nothing. */
  readonly told: { received: number; accepted: number };
  options: RouteOptions;
  /** By what its routes are judged, in the present session or the kept one. */
  terms: ImportTerms;
  /** As many may be received, and accepted; infinite where a limit only warns. */
  receivedMax: number;
  acceptedMax: number;
  /** Rounds of refresh and restart; paths not heard in this one are stale. */
  epoch: number;
  /** What ends the wait for stale paths (stale-routes.ts). */
  awaits: StaleWait;
  /** Its stale paths outlived the restart time and are marked as such (RFC 9494). */
  isLongLived: boolean;
  /** The neighbor has told this session everything it had at the start (RFC 4724 §2). */
  hasEndOfRib: boolean;
  /** It shall be asked for everything again (RFC 2918), as soon as its session takes the message. */
  owesRequest: boolean;

  constructor(rib: FamilyRib, terms: ImportTerms) {
    this.family = rib.family === 4 ? 'ipv4' : 'ipv6';
    this.out = new AdjRibOut(rib);
    this.received = 0;
    this.accepted = 0;
    this.limited = 0;
    this.unread = 0;
    this.told = { received: 0, accepted: 0 };
    this.options = ROUTE_OPTION_DEFAULTS;
    this.terms = terms;
    this.receivedMax = Number.POSITIVE_INFINITY;
    this.acceptedMax = Number.POSITIVE_INFINITY;
    this.epoch = 0;
    this.awaits = 'nothing';
    this.isLongLived = false;
    this.hasEndOfRib = false;
    this.owesRequest = false;
  }

  counters(): FamilyCounters {
    const { received, accepted } = this;
    return { received, accepted, rejected: received - accepted, sent: this.out.sentCount };
  }
}

export class RouteNeighbor {
  readonly id: NeighborId;
  /** Its number in path rows. */
  readonly source: number;
  config: RouteNeighborConfig;
  session: NegotiatedSession | undefined;
  /** The former session while its routes are kept: they are judged by it. */
  keptSession: NegotiatedSession | undefined;
  context: UpdateContext;
  group: UpdateGroup | undefined;
  readonly ipv4: NeighborFamily;
  readonly ipv6: NeighborFamily;
  /** Messages in the outbox it waits for, oldest first. */
  readonly queue: NumberQueue;
  /** Refused and not called `writable` since. */
  isBlocked: boolean;
  isRemoved: boolean;
  /** Its received routes changed since the last event. */
  isChanged: boolean;
  /** How many routes it was told, as of the last event. */
  sentReported: number;
  notKept: number;
  /** More routes than this are not kept, rejected ones included. */
  keptMax: number;
  readonly malformed: MalformedLog;
  /** Kept paths by number of their reason. */
  private reasonCounts: Uint32Array<ArrayBuffer>;
  private readonly reasons: Reasons;
  private readonly programs: PolicyPrograms;

  constructor(
    id: NeighborId,
    source: number,
    config: RouteNeighborConfig,
    ribs: { 4: FamilyRib; 6: FamilyRib },
    programs: PolicyPrograms,
  ) {
    this.id = id;
    this.source = source;
    this.config = config;
    this.session = undefined;
    this.keptSession = undefined;
    this.context = contextOf(undefined);
    this.group = undefined;
    const terms = importTermsOf(source, config, undefined, programs);
    this.ipv4 = new NeighborFamily(ribs[4], terms.ipv4);
    this.ipv6 = new NeighborFamily(ribs[6], terms.ipv6);
    this.queue = new NumberQueue();
    this.isBlocked = false;
    this.isRemoved = false;
    this.isChanged = false;
    this.sentReported = 0;
    this.notKept = 0;
    this.keptMax = KEPT_MIN;
    this.malformed = new MalformedLog();
    this.reasons = programs.parts.reasons;
    this.reasonCounts = new Uint32Array(this.reasons.limit);
    this.programs = programs;
    this.refreshViews();
  }

  of(family: 4 | 6): NeighborFamily {
    return family === 4 ? this.ipv4 : this.ipv6;
  }

  /** Takes over what configuration and session mean for parsing and policy. */
  refreshViews(): void {
    this.context = contextOf(this.session);
    const session = this.session ?? this.keptSession;
    const terms = importTermsOf(this.source, this.config, session, this.programs);
    for (const inFamily of [this.ipv4, this.ipv6]) {
      inFamily.options = routeOptionsOf(this.config.options, inFamily.family);
      inFamily.terms = terms[inFamily.family];
      const {
        action,
        received = Number.POSITIVE_INFINITY,
        accepted = this.config.importLimit,
      } = inFamily.options.prefixLimit;
      inFamily.receivedMax = action === 'warn' ? Number.POSITIVE_INFINITY : received;
      inFamily.acceptedMax = action === 'warn' ? Number.POSITIVE_INFINITY : accepted;
    }
    this.keptMax = Math.max(...[this.ipv4, this.ipv6].map((of) => this.keptOf(of)));
  }

  private keptOf({ options }: NeighborFamily): number {
    const { received = 0, accepted = this.config.importLimit } = options.prefixLimit;
    return Math.max(KEPT_MIN, received, accepted * KEPT_PER_LIMIT);
  }

  /** What the import policy knows of it; the same in both families. */
  get importView(): ImportView {
    return this.ipv4.terms.view;
  }

  /** What policies see of it. */
  get peerFacts(): PeerFacts {
    return this.ipv4.terms.peer;
  }

  get isMultihop(): boolean {
    return this.config.isMultihop === true;
  }

  get sent(): number {
    return this.ipv4.out.sentCount + this.ipv6.out.sentCount;
  }

  pathAdded(family: 4 | 6, reason: number): void {
    const of = this.of(family);
    of.received++;
    if (reason === ACCEPTED) of.accepted++;
    else this.countReason(reason, 1);
    if (reason === PREFIX_LIMIT) of.limited++;
    else if (reason === RECEIVE_LIMIT) of.unread++;
  }

  pathRemoved(family: 4 | 6, reason: number): void {
    const of = this.of(family);
    of.received--;
    if (reason === ACCEPTED) of.accepted--;
    else this.countReason(reason, -1);
    if (reason === PREFIX_LIMIT) of.limited--;
    else if (reason === RECEIVE_LIMIT) of.unread--;
  }

  private countReason(reason: number, change: number): void {
    if (reason >= this.reasonCounts.length)
      this.reasonCounts = grownU32(this.reasonCounts, this.reasons.limit);
    this.reasonCounts[reason] = u32(this.reasonCounts, reason) + change;
  }

  counters(): NeighborCounters {
    const ipv4 = this.ipv4.counters();
    const ipv6 = this.ipv6.counters();
    const rejectedReasons: Record<string, number> = {};
    for (const [reason, count] of this.reasonCounts.entries()) {
      if (count > 0) rejectedReasons[this.reasons.token(reason)] = count;
    }
    return {
      received: ipv4.received + ipv6.received,
      accepted: ipv4.accepted + ipv6.accepted,
      rejected: ipv4.rejected + ipv6.rejected,
      sent: this.sent,
      families: { ipv4, ipv6 },
      rejectedReasons,
      notKept: this.notKept,
      malformed: this.malformed.counts(),
      withoutNextHop: (this.session?.families ?? []).filter(
        (family) => this.group?.nextHop[family === 'ipv4' ? 4 : 6] === undefined,
      ),
    };
  }
}

function contextOf(session: NegotiatedSession | undefined): UpdateContext {
  return {
    fourOctetAs: session?.fourOctetAs ?? true,
    isInternal: session?.isInternal ?? false,
    ipv4: session?.families.includes('ipv4') ?? false,
    ipv6: session?.families.includes('ipv6') ?? false,
    extendedNextHop: session?.extendedNextHop ?? false,
    pathIds: {
      4: session?.addPath?.receive.includes('ipv4') ?? false,
      6: session?.addPath?.receive.includes('ipv6') ?? false,
    },
  };
}
