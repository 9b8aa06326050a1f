/**
 * All BGP neighbors of a router: the public face of the session side.
 *
 * Standard: RFC 4271 §8; see neighbor.ts and session.ts.
 *
 * Octets and transport events go in by number of the transport, commands by number of the neighbor;
 * UPDATE bodies leave by the `RouteExchange`, octets by the `TransportPort`, both at once;
 * everything else waits in `nextOutput`. Timers run in the router's timer queue.
 *
 * Invariants
 * - A transport that nobody uses any more has no effect, whatever still comes from it.
 * - After `remove`, and at most a second for the last NOTIFICATION, no timer is armed.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { Random } from '../base/random.ts';
import type { TimerQueue } from '../base/timer-queue.ts';
import type { Asn, Instant } from '../base/units.ts';
import type { ForwardingState } from './graceful-restart.ts';
import { Neighbor, type NeighborContext } from './neighbor.ts';
import {
  applyChange,
  assertConfig,
  type NeighborChange,
  type NeighborConfig,
} from './neighbor-config.ts';
import type { NeighborEvent, NeighborView } from './neighbor-view.ts';
import type { PrefixExcess } from './prefix-excess.ts';
import type { SessionTap } from './session-tap.ts';
import type { TransportUser } from './transport-user.ts';
import {
  type Family,
  type NeighborId,
  neighborId,
  type RefreshSubtype,
  type RouteExchange,
  type TransportId,
  type TransportPort,
} from './types.ts';

export type BgpNeighborsOptions = {
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  readonly transport: TransportPort;
  readonly exchange: RouteExchange;
  readonly asn: Asn;
  /** The BGP identifier, 32 bits, not 0. */
  readonly routerId: number;
  /** Absent: packets stop with this speaker. `preserved`: it returns, until `returned` says that it has. */
  readonly forwarding?: ForwardingState;
  /** Listens without taking part. */
  readonly tap?: SessionTap;
  /** Shared by all neighbors of a router, so that a number names one of all; absent: these are all. */
  readonly numbers?: NeighborNumbers;
};

/** The number the next neighbor gets. */
export type NeighborNumbers = { next: number };

export interface BgpNeighbors {
  /** Adds a neighbor and, unless it is disabled, starts to connect. */
  add(config: NeighborConfig, now: Instant): NeighborId;
  /** Changes what differs; a session restarts (6/6) only where it must. */
  update(id: NeighborId, change: NeighborChange, now: Instant): void;
  /** Cease 6/3; the number is never used again. */
  remove(id: NeighborId, now: Instant): void;
  /** Cease 6/2 with the text, until `enable`. */
  disable(id: NeighborId, text: string, now: Instant): void;
  enable(id: NeighborId, now: Instant): void;
  /** Cease 6/4, and up again at once. */
  restart(id: NeighborId, now: Instant): void;
  /** Cease 6/1: too many prefixes. Down for a while, or until another command of these. */
  exceed(id: NeighborId, excess: PrefixExcess, now: Instant): void;
  /** The limits are others now: a neighbor that is down for them comes up. */
  forgiveExcess(id: NeighborId, now: Instant): void;
  /** The tunnel came up: dials now instead of waiting for ConnectRetry. */
  linkUp(id: NeighborId, now: Instant): void;
  /** BFD lost the neighbor: Cease 6/10 and no routes; C: not even those kept over a restart. */
  bfdDown(
    id: NeighborId,
    diagnostic: string,
    isControlPlaneIndependent: boolean,
    now: Instant,
  ): void;
  /** Cease 6/8: its routes take more memory than there is. Up again like after an error. */
  shed(id: NeighborId, now: Instant): void;
  /** Cease 6/2 with the text to everybody: the router goes. */
  stopAll(text: string, now: Instant): void;

  transportOpened(transport: TransportId, local: IpAddress, remote: IpAddress, now: Instant): void;
  /** The transport ended, by whatever; its owner has released it. Also after a mere FIN. */
  transportClosed(transport: TransportId, reason: string, now: Instant): void;
  transportWritable(transport: TransportId, now: Instant): void;
  /** A connection came in from the neighbor's address; false: the caller aborts it. */
  acceptTransport(
    neighbor: NeighborId,
    transport: TransportId,
    local: IpAddress,
    remote: IpAddress,
    now: Instant,
  ): boolean;
  receive(
    transport: TransportId,
    bytes: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): void;

  /** Takes a whole UPDATE, header included. False: not taken; `RouteExchange.writable` tells when. */
  sendUpdate(
    neighbor: NeighborId,
    bytes: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): boolean;
  /** False also when the other side did not announce what it takes. */
  sendRouteRefresh(
    neighbor: NeighborId,
    family: Family,
    subtype: RefreshSubtype,
    now: Instant,
  ): boolean;

  /** The restart is over: OPENs no longer say that we come back from one (R, RFC 4724 §3). */
  returned(): void;

  view(id: NeighborId): NeighborView;
  nextOutput(): NeighborEvent | undefined;
  /** How many connections exist or wait for their NOTIFICATION to leave; 0: a stop is complete. */
  openTransports(): number;
}

export function createBgpNeighbors(options: BgpNeighborsOptions): BgpNeighbors {
  const { random, timerQueue, transport: port, exchange, asn, routerId } = options;
  assert(routerId > 0, 'a BGP identifier is not zero');
  assert(routerId <= 0xffffffff, 'a BGP identifier has 32 bits');

  const neighbors = new Map<NeighborId, { readonly neighbor: Neighbor; config: NeighborConfig }>();
  const users = new Map<TransportId, TransportUser>();
  const events: NeighborEvent[] = [];
  const { forwarding = 'ends-with-us', tap, numbers = { next: 0 } } = options;
  let isRestarting = forwarding === 'preserved';

  const context: NeighborContext = {
    asn,
    routerId,
    random,
    timerQueue,
    port,
    exchange,
    forwarding,
    tap,
    isRestarting: () => isRestarting,
    bind(transport, user) {
      if (user === undefined) users.delete(transport);
      else users.set(transport, user);
    },
    emit: (event) => events.push(event),
  };

  function get(id: NeighborId): { readonly neighbor: Neighbor; config: NeighborConfig } {
    const entry = neighbors.get(id);
    assert(entry !== undefined, `neighbor ${id} exists`);
    return entry;
  }

  function tellEnds(id: NeighborId, config: NeighborConfig): void {
    const { localAsn = asn, peerAsn, localAddress, remoteAddress } = config;
    tap?.neighborConfigured(id, { localAsn, peerAsn, localAddress, remoteAddress });
  }

  function update(id: NeighborId, change: NeighborChange, now: Instant): void {
    const entry = get(id);
    entry.config = applyChange(entry.config, change);
    assertConfig(entry.config);
    entry.neighbor.update(entry.config, now);
    // Afterwards: the last NOTIFICATION still went between the old ends.
    tellEnds(id, entry.config);
  }

  return {
    add(config, now) {
      assertConfig(config);
      const id = neighborId(numbers.next++);
      tellEnds(id, config);
      neighbors.set(id, { neighbor: new Neighbor(id, config, context, now), config });
      return id;
    },
    update,
    remove(id, now) {
      get(id).neighbor.remove(now);
      neighbors.delete(id);
      tap?.neighborRemoved(id, now);
    },
    disable: (id, text, now) => update(id, { disabled: text }, now),
    enable: (id, now) => update(id, { disabled: undefined }, now),
    restart: (id, now) => get(id).neighbor.restart(now),
    exceed: (id, excess, now) => get(id).neighbor.exceed(excess, now),
    forgiveExcess: (id, now) => get(id).neighbor.forgiveExcess(now),
    linkUp: (id, now) => get(id).neighbor.linkUp(now),
    bfdDown: (id, diagnostic, isControlPlaneIndependent, now) =>
      get(id).neighbor.bfdDown(diagnostic, isControlPlaneIndependent, now),
    shed: (id, now) => get(id).neighbor.shed(now),
    stopAll(text, now) {
      for (const id of neighbors.keys()) update(id, { disabled: text }, now);
    },

    transportOpened: (transport, local, remote, now) =>
      users.get(transport)?.transportOpened(local, remote, now),
    transportClosed: (transport, reason, now) => users.get(transport)?.transportClosed(reason, now),
    transportWritable: (transport, now) => users.get(transport)?.transportWritable(now),
    acceptTransport: (id, transport, local, remote, now) =>
      neighbors.get(id)?.neighbor.accept(transport, local, remote, now) ?? false,
    receive: (transport, bytes, start, end, now) =>
      users.get(transport)?.receive(bytes, start, end, now),

    sendUpdate: (id, bytes, start, end, now) =>
      neighbors.get(id)?.neighbor.sendUpdate(bytes, start, end, now) ?? false,
    sendRouteRefresh: (id, family, subtype, now) =>
      neighbors.get(id)?.neighbor.sendRouteRefresh(family, subtype, now) ?? false,

    returned() {
      isRestarting = false;
    },
    view: (id) => get(id).neighbor.view(),
    nextOutput: () => events.shift(),
    openTransports: () => users.size,
  };
}
