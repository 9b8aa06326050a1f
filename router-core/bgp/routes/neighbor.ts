/**
 * One neighbor as the route side knows it: its session, its counters, what it was told.
 *
 * Not standardized. One object per neighbor; everything per route is in columns elsewhere.
 *
 * @module
 */

import type { ImportView } from '../policy/import-policy.ts';
import { ACCEPTED, PREFIX_LIMIT, REASON_LIMIT, reasonToken } from '../policy/reason.ts';
import { NumberQueue, u32 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { KEPT_MIN, KEPT_PER_LIMIT } from '../rib/limits.ts';
import type { Family, NegotiatedSession, NeighborId } from '../types.ts';
import type { UpdateContext } from '../update/attribute-checks.ts';
import { AdjRibOut } from './adj-rib-out.ts';
import { MalformedLog } from './malformed-log.ts';
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
  /** The import limit was reached and said so. */
  isLimitHit: boolean;
  /** Rounds of refresh and restart; paths not heard in this one are stale. */
  epoch: number;
  /** What ends the wait for stale paths (stale-routes.ts). */
  awaits: StaleWait;
  /** The neighbor has told this session everything it had at the start (RFC 4724 §2). */
  hasEndOfRib: boolean;

  constructor(rib: FamilyRib) {
    this.family = rib.family === 4 ? 'ipv4' : 'ipv6';
    this.out = new AdjRibOut(rib);
    this.received = 0;
    this.accepted = 0;
    this.limited = 0;
    this.isLimitHit = false;
    this.epoch = 0;
    this.awaits = 'nothing';
    this.hasEndOfRib = false;
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
  importView: ImportView;
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
  readonly malformed: MalformedLog;
  private readonly reasons: Uint32Array;

  constructor(
    id: NeighborId,
    source: number,
    config: RouteNeighborConfig,
    ribs: { 4: FamilyRib; 6: FamilyRib },
  ) {
    this.id = id;
    this.source = source;
    this.config = config;
    this.session = undefined;
    this.keptSession = undefined;
    this.context = contextOf(undefined);
    this.importView = importViewOf(config, undefined);
    this.group = undefined;
    this.ipv4 = new NeighborFamily(ribs[4]);
    this.ipv6 = new NeighborFamily(ribs[6]);
    this.queue = new NumberQueue();
    this.isBlocked = false;
    this.isRemoved = false;
    this.isChanged = false;
    this.sentReported = 0;
    this.notKept = 0;
    this.malformed = new MalformedLog();
    this.reasons = new Uint32Array(REASON_LIMIT);
  }

  of(family: 4 | 6): NeighborFamily {
    return family === 4 ? this.ipv4 : this.ipv6;
  }

  /** Takes over what configuration and session mean for parsing and policy. */
  refreshViews(): void {
    this.context = contextOf(this.session);
    this.importView = importViewOf(this.config, this.session ?? this.keptSession);
  }

  get sent(): number {
    return this.ipv4.out.sentCount + this.ipv6.out.sentCount;
  }

  /** More routes than this are not kept, rejected ones included. */
  get keptMax(): number {
    return Math.max(KEPT_MIN, this.config.importLimit * KEPT_PER_LIMIT);
  }

  pathAdded(family: 4 | 6, reason: number): void {
    const of = this.of(family);
    of.received++;
    if (reason === ACCEPTED) of.accepted++;
    else this.reasons[reason] = u32(this.reasons, reason) + 1;
    if (reason === PREFIX_LIMIT) of.limited++;
  }

  pathRemoved(family: 4 | 6, reason: number): void {
    const of = this.of(family);
    of.received--;
    if (reason === ACCEPTED) of.accepted--;
    else this.reasons[reason] = u32(this.reasons, reason) - 1;
    if (reason === PREFIX_LIMIT) of.limited--;
  }

  counters(): NeighborCounters {
    const ipv4 = this.ipv4.counters();
    const ipv6 = this.ipv6.counters();
    const rejectedReasons: Record<string, number> = {};
    for (const [reason, count] of this.reasons.entries()) {
      if (count > 0) rejectedReasons[reasonToken(reason)] = count;
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

function importViewOf(
  config: RouteNeighborConfig,
  session: NegotiatedSession | undefined,
): ImportView {
  const { ipv4, ipv6Global, linkLocal } = config.nextHopSelf;
  const own = [session?.localAddress, ipv4, ipv6Global, linkLocal];
  return {
    peerAsn: config.peerAsn,
    localAsn: session?.localAsn ?? 0,
    isInternal: session?.isInternal ?? false,
    isUnfiltered: config.policy === 'accept-all',
    isPeerOnly: config.policy === 'peer-only',
    ownAddresses: own.flatMap((address) => (address === undefined ? [] : [address.bytes])),
  };
}
