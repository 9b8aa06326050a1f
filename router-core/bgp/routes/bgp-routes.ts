/**
 * The route side of BGP: from UPDATEs of every neighbor to the FIB and to UPDATEs for every neighbor.
 *
 * Before changing this file read RFC 4271 §9 and README.md beside it.
 *
 *   receiveUpdate ──► Adj-RIB-In ──dirty──┐ 15 ms or 8,192 prefixes
 *   jobs (session lost, registry) ──dirty─┤
 *                                         ▼
 *                        runPending: decide ──► FIB
 *                                         └───► update groups ──► sendUpdate
 *
 * Nothing here loops over the whole table at once, except reads for people.
 *
 * Invariants
 * - While anything is due, the `flush` timer is set: a driver that only runs timers gets everything.
 * - `runPending` handles about `budget` prefixes and returns.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { formatIpPrefix, type IpPrefix } from '../../base/ip-address.ts';
import { addMilliseconds, elapsed, type Instant, milliseconds } from '../../base/units.ts';
import { AttributeStore } from '../attribute/attribute-store.ts';
import { REFRESH_REQUEST } from '../constants.ts';
import { FLAP_DEFAULTS, FlapDetector } from '../flap/flap-detector.ts';
import { TableDump } from '../mrt/table-dump.ts';
import { ImportPolicy } from '../policy/import-policy.ts';
import type { PrefixFilters } from '../policy/prefix-filter.ts';
import { ACCEPTED, Reasons } from '../policy/reason.ts';
import { NumberList, u8, u32 } from '../rib/columns.ts';
import { coveringRoute } from '../rib/covering-route.ts';
import { DECISION_DEFAULTS, Decision, type DecisionOptions } from '../rib/decision.ts';
import { FamilyRib } from '../rib/family-rib.ts';
import {
  BATCH_PREFIXES,
  BATCH_PREFIXES_FIRST,
  BATCH_PREFIXES_MIN,
  BURST_TIME,
  BURST_TIME_MAX,
  COALESCE_TIME,
  DIRTY_HIGH_WATER,
  RESOLVE_INTERVAL,
  SLICE_PREFIXES,
} from '../rib/limits.ts';
import { NextHopResolution } from '../rib/next-hop-resolution.ts';
import { OWN, SourceTable } from '../rib/source-table.ts';
import type { Roa } from '../roa/roa-table.ts';
import type {
  BgpNotification,
  Family,
  NegotiatedSession,
  NeighborId,
  RefreshSubtype,
} from '../types.ts';
import { canonicalizeOwn } from '../update/canonicalize.ts';
import { AttributeBudget } from './attribute-budget.ts';
import { auditRoutes } from './audit.ts';
import { BackgroundJobs, EVERYBODY } from './background-jobs.ts';
import { DefaultRoutes } from './default-routes.ts';
import { dryRun } from './dry-run.ts';
import { Exporter } from './exporter.ts';
import { flapEvent, flapViews } from './flap-views.ts';
import { LongLivedStale } from './long-lived-stale.ts';
import { RouteNeighbor } from './neighbor.ts';
import { PathJudge } from './path-judge.ts';
import { PolicyExplainer } from './policy-explainer.ts';
import { PolicyPrograms } from './policy-programs.ts';
import { forgetLimits, hasRoom, watchLimits } from './prefix-limits.ts';
import { needsRefresh } from './route-options.ts';
import { RouteReader } from './route-reader.ts';
import type { RouteWatcher, WatchedTables } from './route-watcher.ts';
import { StaleRoutes } from './stale-routes.ts';
import type { BgpRoutes, BgpRoutesOptions, RouteEvent, RouteNeighborConfig } from './types.ts';
import { UpdateReceiver } from './update-receiver.ts';

/** `watch`: makes who sees every change from the beginning, and takes no part. */
export function createBgpRoutes(
  options: BgpRoutesOptions,
  watch?: (tables: WatchedTables) => RouteWatcher,
): BgpRoutes {
  const { timerQueue, asn, routerId, messages, fib } = options;
  const { clusterId = routerId } = options;
  const seed = options.random.below(0x100000000);
  const store = new AttributeStore(seed);
  const sources = new SourceTable();
  const decision = new Decision(store, sources, { ...DECISION_DEFAULTS, ...options.decision });
  const policy = new ImportPolicy(store, asn, routerId, clusterId);
  const byId = new Map<NeighborId, RouteNeighbor>();
  const bySource = new Map<number, RouteNeighbor>();
  const events: RouteEvent[] = [];
  const changedNeighbors: RouteNeighbor[] = [];
  const own = new Map<string, IpPrefix>();
  const changed = new NumberList(BATCH_PREFIXES);
  const decided = new NumberList(BATCH_PREFIXES);

  const counter = {
    pathAdded(source: number, family: 4 | 6, reason: number): void {
      noteChange(source)?.pathAdded(family, reason);
    },
    pathRemoved(source: number, family: 4 | 6, reason: number): void {
      noteChange(source)?.pathRemoved(family, reason);
    },
  };
  const resolution: NextHopResolution = new NextHopResolution(
    store,
    sources,
    options.nextHops,
    (address) => coveringRoute(ribs[address.family], decision, sources, address),
  );
  const { nextHopSets } = options;
  const parts = { store, sources, decision, resolution, fib, nextHopSets, counter, seed };
  const ribs = { 4: new FamilyRib(4, parts), 6: new FamilyRib(6, parts) } as const;
  const report = (event: RouteEvent): void => void events.push(event);
  const onEndOfRib = (neighbor: RouteNeighbor, family: Family, now: Instant): void => {
    neighbor[family].hasEndOfRib = true;
    stale.endOfRib(neighbor, family, now);
    report({ kind: 'end-of-rib', neighbor: neighbor.id, family });
  };
  const judge = new PathJudge(store, policy);
  const flaps = new FlapDetector({
    store,
    timerQueue,
    report: (event) => report(flapEvent(event, bySource)),
  });
  const receiver = new UpdateReceiver({ store, judge, ribs, bySource, flaps, report, onEndOfRib });
  const ownAttributes = internOwn();
  const defaults = new DefaultRoutes(ownAttributes);
  const reasons = new Reasons();
  const programs = new PolicyPrograms(store, policy, reasons, asn);
  const exporter = new Exporter({
    store,
    decision,
    messages,
    neighbors: bySource,
    programs,
    clusterId,
    defaults,
    outboxBytesMax: options.outboxBytesMax,
  });
  exporter.isDeferred = options.isAdvertisingDeferred === true;
  const longLivedStale = new LongLivedStale(store);
  const jobs = new BackgroundJobs(
    (rib, prefix, row) => receiver.reevaluate(rib, prefix, row),
    (rib, prefix, row) => longLivedStale.age(rib, prefix, row),
  );
  const bytesMax = options.attributeBytesMax;
  const attributeBudget = new AttributeBudget({ store, ribs, bySource, jobs, bytesMax });
  const stale = new StaleRoutes(timerQueue, jobs, (now) => schedule(now, true), forgetSession);
  const timers = timerQueue.add<'flush'>({
    timerExpired: (_name, now) => void runPending(now, batchSize(SLICE_PREFIXES)),
  });
  const explainer = new PolicyExplainer({
    store,
    ribs,
    bySource,
    programs,
    judge,
    decision,
    exporter,
    reasons,
  });
  const reader = new RouteReader({
    store,
    decision,
    policy,
    ribs,
    bySource,
    exporter,
    reasons,
    explainer,
  });
  const resolveTimers = timerQueue.add<'resolve'>({
    timerExpired(_name, now) {
      resolveAnew();
      schedule(now, true);
    },
  });
  let flushAt: Instant | undefined;
  /** Until then a burst of input may put the next decisions off. */
  let burstUntil: Instant | undefined;
  /** How long the next burst is waited for at most. */
  let burstTime = BURST_TIME;
  /** When the last decisions ended: a burst that begins later than a pause after them is another one. */
  let decidedAt: Instant | undefined;
  /** What the decisions under way still have to look at: what came later waits for the next. */
  const due = { 4: 0, 6: 0 };
  let batches = 0;
  /** Something other than input changed prefixes since the decisions under way began. */
  let isNextUrgent = false;
  const watcher = watch?.({ store, ribs, bySource, byId, encoder: exporter.encoder });
  exporter.watcher = watcher;
  forEachRib((rib) => {
    rib.watcher = watcher;
  });

  function internOwn(): number {
    const block = new Uint8Array(16);
    const id = store.intern(block, 0, canonicalizeOwn(block));
    store.retain(id);
    return id;
  }

  function neighborOf(id: NeighborId): RouteNeighbor {
    const neighbor = byId.get(id);
    assert(neighbor !== undefined, 'a neighbor is added before it is used');
    return neighbor;
  }

  function noteChange(source: number): RouteNeighbor | undefined {
    const neighbor = bySource.get(source);
    if (neighbor !== undefined && !neighbor.isChanged) {
      neighbor.isChanged = true;
      changedNeighbors.push(neighbor);
    }
    return neighbor;
  }

  /** Sees to it that `runPending` is called: now, or when the burst may be over. */
  function schedule(now: Instant, isUrgent: boolean): void {
    if (isUrgent) {
      burstUntil = undefined;
      isNextUrgent = true;
    }
    const at = isUrgent ? now : addMilliseconds(now, COALESCE_TIME);
    if (flushAt !== undefined && flushAt <= at) return;
    flushAt = at;
    timers.set('flush', at);
  }

  const dirtyCount = (): number => ribs[4].dirtyCount + ribs[6].dirtyCount;

  const isDeciding = (): boolean => due[4] + due[6] > 0;

  function afterInput(now: Instant): void {
    if (dirtyCount() > 0 && !isDeciding()) awaitEndOfBurst(now);
    // References to sets that came and were not kept.
    store.collect();
    lookAtBudget(now);
    if (attributeBudget.awaitsDecisions) schedule(now, false);
  }

  /** Whose attributes are too many goes; what is kept of a neighbor that is away goes at once. */
  function lookAtBudget(now: Instant): void {
    const exceededBy = attributeBudget.exceededBy();
    if (exceededBy === undefined) return;
    if (exceededBy.session === undefined) forgetRoutes(exceededBy, now);
    else report({ kind: 'out-of-resources', neighbor: exceededBy.id });
  }

  /** Decides when nothing more comes for a moment, at the latest after BURST_TIME, later while it goes on. */
  function awaitEndOfBurst(now: Instant): void {
    if (ribs[4].dirtyNewCount + ribs[6].dirtyNewCount >= DIRTY_HIGH_WATER) {
      schedule(now, true);
    } else if (flushAt === undefined) {
      if (decidedAt === undefined || elapsed(decidedAt, now) >= COALESCE_TIME)
        burstTime = BURST_TIME;
      burstUntil = addMilliseconds(now, burstTime);
      schedule(now, false);
    } else if (burstUntil !== undefined) {
      const quiet = addMilliseconds(now, COALESCE_TIME);
      const at = quiet < burstUntil ? quiet : burstUntil;
      if (at <= flushAt) return;
      flushAt = at;
      timers.set('flush', at);
    }
  }

  function runPending(now: Instant, budget: number = SLICE_PREFIXES): boolean {
    let left = budget;
    const visited = jobs.run(left);
    left -= visited;
    const isDue = flushAt !== undefined && flushAt <= now;
    if (isDeciding()) isNextUrgent ||= visited > 0;
    else if (isDue) beginDecisions();
    while (left > 0 && isDeciding()) left -= decideBatch(batchSize(left), now);
    if (left > 0 && isDue) exporter.catchUp(left, now);
    for (const neighbor of changedNeighbors) lookAtLimits(neighbor);
    store.collect();
    if (isDue && !isDeciding()) {
      attributeBudget.decided();
      lookAtBudget(now);
    }
    releaseSources(now);
    return reschedule(isDue, now);
  }

  function beginDecisions(): void {
    forEachRib((rib) => {
      due[rib.family] = rib.dirtyCount;
    });
    isNextUrgent = false;
    const isLasting = burstUntil !== undefined && flushAt === burstUntil;
    burstTime = isLasting ? milliseconds(Math.min(burstTime * 2, BURST_TIME_MAX)) : BURST_TIME;
  }

  /**
   * With many neighbors a batch is smaller, or it would take longer than a slice; so are the first ones,
   * when nothing is compiled yet.
   */
  const batchSize = (left: number): number =>
    Math.min(
      left,
      Math.max(BATCH_PREFIXES_MIN, BATCH_PREFIXES >>> (bySource.size >>> 3)),
      BATCH_PREFIXES_FIRST << Math.min(batches, 16),
    );

  /** Returns whether more can be done at once. */
  function reschedule(wasDue: boolean, now: Instant): boolean {
    const isUndecided = isDeciding() || (isNextUrgent && dirtyCount() > 0);
    const isMore = !jobs.isIdle || (wasDue && (isUndecided || exporter.hasWork()));
    if (isMore) {
      flushAt = now;
      timers.set('flush', now);
      return true;
    }
    if (wasDue) {
      flushAt = undefined;
      burstUntil = undefined;
      decidedAt = now;
      timers.clear('flush');
      if (dirtyCount() > 0) awaitEndOfBurst(now);
      reportChanges();
    }
    return false;
  }

  function decideBatch(limit: number, now: Instant): number {
    batches++;
    const rib = due[4] > 0 ? ribs[4] : ribs[6];
    const end = Math.min(limit, due[rib.family]);
    due[rib.family] -= end;
    changed.clear();
    decided.clear();
    while (decided.count < end) {
      const prefix = rib.takeDirty();
      decided.push(prefix);
      if (rib.decide(prefix, now)) changed.push(prefix);
    }
    watcher?.bestChanged(rib, changed.items, changed.count);
    if (!resolveTimers.isSet('resolve') && multihopNeighbors().length > 0)
      resolveTimers.set('resolve', addMilliseconds(now, RESOLVE_INTERVAL));
    const told = exporter.tell(rib, changed.items, changed.count, now);
    exporter.owePaths(rib, decided, changed);
    for (let i = 0; i < decided.count; i++) rib.releasePrefix(u32(decided.items, i));
    return decided.count + told;
  }

  const multihopNeighbors = (): RouteNeighbor[] =>
    [...bySource.values()].filter((neighbor) => neighbor.isMultihop && !neighbor.isRemoved);

  /** What was decided meanwhile may lead elsewhere with next hops that are looked up, or nowhere. */
  function resolveAnew(): void {
    for (const { source } of multihopNeighbors())
      forEachRib((rib) => jobs.add('reevaluate', rib, source));
  }

  /** Routes that waited for room below a prefix limit get another chance when there is some. */
  function lookAtLimits(neighbor: RouteNeighbor): void {
    if (neighbor.session === undefined) return;
    watchLimits(neighbor, report);
    for (const side of [neighbor.ipv4, neighbor.ipv6])
      if (hasRoom(side) && !jobs.has(neighbor.source))
        jobs.add('reevaluate', side.out.rib, neighbor.source);
  }

  /** Asks for all routes again where what is kept cannot be judged anew (RFC 2918). */
  function askAgain(neighbor: RouteNeighbor, now: Instant): void {
    for (const family of neighbor.session?.families ?? []) neighbor[family].owesRequest = true;
    sendRequests(neighbor, now);
  }

  /** Sends what is owed of requests, as far as the session takes them. */
  function sendRequests(neighbor: RouteNeighbor, now: Instant): void {
    if (neighbor.session?.routeRefresh !== true) return;
    for (const inFamily of [neighbor.ipv4, neighbor.ipv6]) {
      if (!inFamily.owesRequest) continue;
      inFamily.owesRequest = !messages.sendRouteRefresh(
        neighbor.id,
        inFamily.family,
        REFRESH_REQUEST,
        now,
      );
    }
  }

  function reportChanges(): void {
    for (const neighbor of bySource.values()) {
      const { sent } = neighbor;
      const isChanged = neighbor.isChanged || sent !== neighbor.sentReported;
      neighbor.isChanged = false;
      neighbor.sentReported = sent;
      if (isChanged && !neighbor.isRemoved) {
        report({ kind: 'counters-changed', neighbor: neighbor.id });
      }
    }
    changedNeighbors.length = 0;
  }

  /** A number is free again when nothing refers to it, undecided best paths included. */
  function releaseSources(now: Instant): void {
    if (dirtyCount() > 0) return;
    for (const neighbor of bySource.values()) {
      if (!neighbor.isRemoved || jobs.has(neighbor.source)) continue;
      flaps.forgetSource(neighbor.source, now);
      bySource.delete(neighbor.source);
      forEachRib((rib) => rib.history.forgetSource(neighbor.source));
      sources.remove(neighbor.source);
    }
  }

  function forEachRib(visit: (rib: FamilyRib) => void): void {
    visit(ribs[4]);
    visit(ribs[6]);
  }

  function reevaluateAll(now: Instant): void {
    forEachRib((rib) => jobs.add('reevaluate', rib, EVERYBODY));
    for (const neighbor of byId.values()) if (!keepsRejected(neighbor)) askAgain(neighbor, now);
    exporter.factsChanged();
    schedule(now, true);
  }

  function established(id: NeighborId, session: NegotiatedSession, now: Instant): void {
    const neighbor = neighborOf(id);
    if (neighbor.session !== undefined) ended(id, false, now);
    jobs.finishPurges(neighbor.source);
    neighbor.session = session;
    attributeBudget.returned(neighbor);
    neighbor.keptSession = undefined;
    stale.sessionReturned(neighbor, session, now);
    forgetLimits(neighbor);
    for (const inFamily of [neighbor.ipv4, neighbor.ipv6]) {
      inFamily.hasEndOfRib = false;
      inFamily.owesRequest = false;
    }
    neighbor.refreshViews();
    sources.isUp[neighbor.source] = 1;
    sources.isExternal[neighbor.source] = session.isInternal ? 0 : 1;
    sources.routerId[neighbor.source] = session.peerRouterId;
    exporter.join(neighbor);
    schedule(now, true);
  }

  function ended(id: NeighborId, keepsRoutes: boolean, now: Instant): void {
    const neighbor = neighborOf(id);
    const { session } = neighbor;
    if (session === undefined) return;
    exporter.leave(neighbor);
    neighbor.session = undefined;
    if (keepsRoutes && stale.sessionLost(neighbor, session, now)) {
      neighbor.keptSession = session;
      neighbor.refreshViews();
      noteChange(neighbor.source);
    } else forgetRoutes(neighbor, now);
  }

  /** Lets every route of a neighbor without a session go. */
  function forgetRoutes(neighbor: RouteNeighbor, now: Instant): void {
    stale.abandon(neighbor);
    forEachRib((rib) => jobs.add('purge', rib, neighbor.source));
    forgetSession(neighbor);
    schedule(now, true);
  }

  /** Nothing is kept any more of a neighbor that is away. */
  function forgetSession(neighbor: RouteNeighbor): void {
    neighbor.keptSession = undefined;
    neighbor.refreshViews();
    sources.isUp[neighbor.source] = 0;
    noteChange(neighbor.source);
  }

  function forget(id: NeighborId, now: Instant): void {
    const neighbor = neighborOf(id);
    if (neighbor.keptSession !== undefined) forgetRoutes(neighbor, now);
  }

  function receiveRouteRefresh(
    id: NeighborId,
    family: Family,
    subtype: RefreshSubtype,
    now: Instant,
  ): void {
    const neighbor = neighborOf(id);
    const { session } = neighbor;
    if (session === undefined || !session.families.includes(family)) return;
    if (subtype === 0) {
      exporter.refresh(neighbor, family);
      schedule(now, true);
    } else if (session.enhancedRouteRefresh) {
      if (subtype === 1) stale.refreshBegan(neighbor, family, now);
      else stale.refreshEnded(neighbor, family, now);
    }
  }

  function tableOf(family: 4 | 6): { prefixes: number; paths: number } {
    let paths = 0;
    for (const prefix of own.values()) if (prefix.family === family) paths++;
    for (const neighbor of bySource.values())
      if (u8(sources.isUp, neighbor.source) === 1) paths += neighbor.of(family).accepted;
    return { prefixes: ribs[family].reachable, paths };
  }

  return {
    addNeighbor(id: NeighborId, config: RouteNeighborConfig): void {
      assert(!byId.has(id), 'a neighbor is added once');
      const source = sources.add(config.remoteAddress, config.interface);
      sources.isMultihop[source] = config.isMultihop === true ? 1 : 0;
      const neighbor = new RouteNeighbor(id, source, config, ribs, programs);
      sources.mayBlackhole[source] = neighbor.importView.mayBlackhole ? 1 : 0;
      byId.set(id, neighbor);
      bySource.set(source, neighbor);
    },

    updateNeighbor(id: NeighborId, change: Partial<RouteNeighborConfig>, now: Instant): void {
      const neighbor = neighborOf(id);
      const old = neighbor.config;
      const config: RouteNeighborConfig = { ...old, ...change };
      const before = [neighbor.ipv4.options, neighbor.ipv6.options] as const;
      neighbor.config = config;
      neighbor.refreshViews();
      noteChange(neighbor.source);
      const { ipv4, ipv6 } = neighbor;
      const isOtherPolicy =
        config.policy !== old.policy || config.rules?.import.key !== old.rules?.import.key;
      const isForgetful = isOtherPolicy && !keepsRejected(neighbor);
      if (
        isForgetful ||
        needsRefresh(before[0], ipv4.options) ||
        needsRefresh(before[1], ipv6.options)
      )
        askAgain(neighbor, now);
      sources.out[neighbor.source] = config.interface;
      sources.mayBlackhole[neighbor.source] = neighbor.importView.mayBlackhole ? 1 : 0;
      sources.setAddress(neighbor.source, config.remoteAddress);
      exporter.regroup(neighbor);
      forEachRib((rib) => {
        jobs.add('reevaluate', rib, neighbor.source);
        // What others are told of its routes depends on these.
        const isOther =
          config.policy !== old.policy ||
          config.rules?.peering !== old.rules?.peering ||
          config.rules?.groups.join() !== old.rules?.groups.join();
        if (isOther || config.interface !== old.interface) {
          jobs.add('touch', rib, neighbor.source);
        }
      });
      schedule(now, true);
    },

    removeNeighbor(id: NeighborId, now: Instant): void {
      const neighbor = neighborOf(id);
      ended(id, false, now);
      forget(id, now);
      neighbor.isRemoved = true;
      byId.delete(id);
      schedule(now, true);
    },

    setOwnPrefixes(prefixes: readonly IpPrefix[], now: Instant): void {
      const wanted = new Map(prefixes.map((prefix) => [formatIpPrefix(prefix), prefix]));
      for (const [text, prefix] of own) {
        if (wanted.has(text)) continue;
        own.delete(text);
        const rib = ribs[prefix.family];
        rib.prefixes.loadPrefix(prefix);
        const id = rib.prefixes.find();
        rib.removeRow(id, rib.paths.find(id, OWN, 0));
      }
      for (const [text, prefix] of wanted) {
        if (own.has(text)) continue;
        own.set(text, prefix);
        const rib = ribs[prefix.family];
        rib.prefixes.loadPrefix(prefix);
        rib.put(rib.addLoadedPrefix(), -1, OWN, ownAttributes, ACCEPTED, 0, now);
      }
      policy.setOwnPrefixes(prefixes);
      reevaluateAll(now);
    },

    setDecision(wish: Partial<DecisionOptions>, now: Instant): void {
      const next = { ...DECISION_DEFAULTS, ...wish };
      const keys = Object.keys(DECISION_DEFAULTS) as (keyof DecisionOptions)[];
      if (keys.every((key) => decision.options[key] === next[key])) return;
      decision.options = next;
      forEachRib((rib) => jobs.add('decide', rib, EVERYBODY));
      schedule(now, true);
    },

    setFlapping(settings): void {
      flaps.set({ ...FLAP_DEFAULTS, ...settings });
    },

    setRoas(
      roas: readonly Roa[] | undefined,
      filters: PrefixFilters | undefined,
      now: Instant,
    ): void {
      policy.setRegistry(roas, filters);
      reevaluateAll(now);
    },

    established,
    ended,
    forget,
    receiveRouteRefresh,

    receiveUpdate(
      id: NeighborId,
      bytes: Uint8Array,
      start: number,
      end: number,
      now: Instant,
    ): BgpNotification | undefined {
      const neighbor = neighborOf(id);
      if (neighbor.session === undefined) return undefined;
      const reset = receiver.receive(neighbor, bytes, start, end, now);
      watchLimits(neighbor, report);
      afterInput(now);
      return reset;
    },

    writable(id: NeighborId, now: Instant): void {
      const neighbor = neighborOf(id);
      exporter.writable(neighbor, now);
      sendRequests(neighbor, now);
      if (exporter.hasWork()) schedule(now, true);
    },

    nextHopsChanged(now: Instant): void {
      for (const { source, importView } of bySource.values()) {
        if (importView.isInternal) forEachRib((rib) => jobs.add('resolve', rib, source));
      }
      resolveAnew();
      schedule(now, true);
    },

    runPending,
    advertise(now: Instant): void {
      exporter.isDeferred = false;
      schedule(now, true);
    },

    counters: (id) => neighborOf(id).counters(),
    stale: (id) => stale.view(neighborOf(id)),
    hasToldAll(id) {
      const neighbor = neighborOf(id);
      return (neighbor.session?.families ?? []).every((family) => neighbor[family].hasEndOfRib);
    },
    totals: () => ({ ipv4: ribs[4].reachable, ipv6: ribs[6].reachable }),
    tables: () => ({ ipv4: tableOf(4), ipv6: tableOf(6) }),
    lookup: (query, limit) => reader.lookup(query, limit),
    exportsOf: (prefix) => reader.exportsOf(prefix),
    history: (prefix, mode, limit) => reader.history(prefix, mode, limit),
    flaps: (now) => flapViews(flaps, bySource, now),
    routesOf: (id, which, cursor, limit) => reader.routesOf(neighborOf(id), which, cursor, limit),
    validate: (prefix, origin) => reader.validate(prefix, origin),
    malformed: (id) => neighborOf(id).malformed.list(),
    dumpTables(request) {
      const peers = [...byId.values()].map(({ source, config, importView }) => ({
        source,
        address: config.remoteAddress,
        asn: importView.peerAsn,
      }));
      return new TableDump({ asn, routerId, store, sources, ribs }, peers, request);
    },
    explainPolicy: (id, direction, what) => explainer.explain(neighborOf(id), direction, what),
    dryRun: (candidates) =>
      dryRun(candidates, {
        ribs,
        bySource,
        byId,
        programs,
        judge,
        decision,
        exporter,
        reasons,
      }),
    nextOutput: () => events.shift(),
    audit: () =>
      auditRoutes({
        store,
        ribs,
        bySource,
        pinned: 2,
        ownCount: own.size,
        watcher,
        defaultHolds: (family) => defaults.holds(family),
      }),
  };
}

const keepsRejected = ({ ipv4, ipv6 }: RouteNeighbor): boolean =>
  ipv4.options.importTable && ipv6.options.importTable;
