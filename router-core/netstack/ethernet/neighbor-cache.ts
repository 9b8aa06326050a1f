/**
 * The neighbor cache of one Ethernet port: which link-layer address belongs to an IP address, and whether it
 * still does.
 *
 * Standard: RFC 4861 §7.2 (resolution), §7.3 (unreachability detection), Appendix C (the state machine). IPv4
 * neighbors live by the same rules, fed by ARP (arp-input.ts). Before changing this file read §7.3.
 *
 *                 send                  advertised, solicited
 *      (none) ──────────► INCOMPLETE ──────────────────────────► REACHABLE ◄──────────┐
 *         ▲                │ │ otherwise heard of                    │ ReachableTime   │ confirmed
 *         │   3 questions  │ └──────────────► STALE ◄────────────────┘                 │
 *         ├────────────────┘                    │ send                                │
 *         │   3 questions                       ▼            5 s                      │
 *         └───────────────────── PROBE ◄────── DELAY ─────────────────────────────────┘
 *
 * A packet for a neighbor in INCOMPLETE waits; in every other state it leaves at once. REACHABLE becomes STALE
 * when it is looked at, so only questions under way have a timer.
 *
 * Departures: RFC 4861 §7.3.1 wants hints from upper layers; we have none and probe instead. §7.2.2 gives a
 * queue of any length; ours drops its oldest.
 *
 * Invariants
 * - A scan of the link evicts only its own questions and neighbors nobody speaks to: never REACHABLE, DELAY, PROBE.
 * - What is made here and never confirmed is bounded by limits.ts.
 * - A packet that waits leaves, or its reason is told to the output, exactly once.
 *
 * @module
 */
import type { DropReason } from '../../base/drop-reason.ts';
import type { IpFamily } from '../../base/ip-address.ts';
import { equalMacAddresses, MAC_ADDRESS_BYTES, readMacAddress } from '../../base/mac-address.ts';
import type { Random } from '../../base/random.ts';
import type { TimerQueue, Timers } from '../../base/timer-queue.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { type Instant, instant, NONE, type PacketSlot } from '../../base/units.ts';
import {
  DELAY_FIRST_PROBE_TIME,
  MAX_MULTICAST_SOLICIT,
  MAX_UNICAST_SOLICIT,
  RANDOM_FACTOR_MIN,
  REACHABLE_TIME,
  RETRANS_TIMER,
} from './constants.ts';
import type { NeighborState, NeighborView } from './contract.ts';
import {
  LINK_ADDRESS_LOCK_MS,
  RESOLUTIONS_BURST,
  RESOLUTIONS_PER_SECOND,
  UNRESOLVED_PER_INGRESS,
  UNRESOLVED_PER_PORT,
  WAITING_PER_NEIGHBOR,
  WAITING_PER_PORT,
} from './limits.ts';
import { DELAY, INCOMPLETE, NeighborTable, PROBE, REACHABLE, STALE } from './neighbor-table.ts';

/** What the cache asks of its port. Called synchronously; only `unreachable` may send by the cache again. */
export interface NeighborOutput {
  /** Asks who has the address at `i`: all of the link, or the one at `linkAddressAt` when that is not NONE. */
  solicit(
    family: IpFamily,
    b: Uint8Array,
    i: number,
    linkAddresses: Uint8Array,
    linkAddressAt: number,
    now: Instant,
  ): void;
  /** Sends a packet to a link-layer address. */
  deliver(slot: PacketSlot, linkAddresses: Uint8Array, linkAddressAt: number, now: Instant): void;
  /** Nobody answered: the packet's sender is told. */
  unreachable(slot: PacketSlot, now: Instant): void;
  /** The packet waited and had to make room. */
  discard(slot: PacketSlot, reason: DropReason): void;
}

/** What an advertisement or an ARP message says besides the address (RFC 4861 §4.4). */
export type Advertised = {
  readonly isSolicited: boolean;
  readonly isOverride: boolean;
  /** Absent: ARP does not say. */
  readonly isRouter?: boolean;
};

const STATE_NAMES: Readonly<Record<number, NeighborState>> = {
  [INCOMPLETE]: 'incomplete',
  [REACHABLE]: 'reachable',
  [STALE]: 'stale',
  [DELAY]: 'delay',
  [PROBE]: 'probe',
};

export class NeighborCache {
  private readonly table = new NeighborTable();
  private readonly timers: Timers<'neighbor'>[] = [];
  private readonly timerQueue: TimerQueue;
  private readonly random: Random;
  private readonly output: NeighborOutput;
  private readonly resolutions = new TokenBucket(RESOLUTIONS_PER_SECOND, RESOLUTIONS_BURST);

  constructor(options: {
    readonly timerQueue: TimerQueue;
    readonly random: Random;
    readonly output: NeighborOutput;
  }) {
    this.timerQueue = options.timerQueue;
    this.random = options.random;
    this.output = options.output;
  }

  /**
   * Sends a packet to the neighbor at `i`, or keeps it until the neighbor is found. `ingress` is the interface
   * it came in by, NONE for our own. Returns why neither is possible; the slot then stays with the caller.
   */
  send(
    slot: PacketSlot,
    family: IpFamily,
    b: Uint8Array,
    i: number,
    ingress: number,
    now: Instant,
  ): DropReason | undefined {
    const { table } = this;
    const row = table.find(family, b, i);
    if (row === NONE) return this.resolve(slot, family, b, i, ingress, now);
    table.usedAt[row] = now;
    if (table.state[row] === INCOMPLETE) return this.wait(row, slot);
    this.packetLeaves(row, now);
    this.output.deliver(slot, table.linkAddress, row * MAC_ADDRESS_BYTES, now);
    return undefined;
  }

  /** Whether a question about this address is under way. */
  isAskingFor(family: IpFamily, b: Uint8Array, i: number): boolean {
    const row = this.table.find(family, b, i);
    return row !== NONE && (this.is(row, INCOMPLETE) || this.is(row, PROBE));
  }

  /** RFC 4861 §7.2.3: the neighbor at `i` asked us, from the link-layer address at `from`. */
  heardAsking(
    family: IpFamily,
    b: Uint8Array,
    i: number,
    linkAddresses: Uint8Array,
    from: number,
    now: Instant,
  ): void {
    const { table } = this;
    let row = table.find(family, b, i);
    if (row === NONE) {
      if (table.isFull && !this.evictStale(now)) return;
      row = table.add(family, b, i, NONE, now);
    } else if (!this.is(row, INCOMPLETE)) {
      if (this.hasLinkAddress(row, linkAddresses, from) || this.isLocked(row, family, now)) return;
    }
    this.learn(row, linkAddresses, from, STALE, now);
  }

  /** RFC 4861 §7.2.5: somebody says who has the address at `i`; `from` is NONE without a link-layer address. */
  advertised(
    family: IpFamily,
    b: Uint8Array,
    i: number,
    linkAddresses: Uint8Array,
    from: number,
    says: Advertised,
    now: Instant,
  ): void {
    const { table } = this;
    const row = table.find(family, b, i);
    if (row === NONE) return;
    if (this.is(row, INCOMPLETE)) {
      if (from === NONE) return;
      this.setRouter(row, says);
      this.learn(row, linkAddresses, from, says.isSolicited ? REACHABLE : STALE, now);
      return;
    }
    const isOther = from !== NONE && !this.hasLinkAddress(row, linkAddresses, from);
    if (isOther && !says.isOverride) {
      if (this.is(row, REACHABLE)) table.setState(row, STALE);
      return;
    }
    if (isOther && this.isLocked(row, family, now)) return;
    this.setRouter(row, says);
    if (isOther) this.learn(row, linkAddresses, from, says.isSolicited ? REACHABLE : STALE, now);
    else if (says.isSolicited) this.confirm(row, now);
  }

  /** Forgets everything; what waits is discarded. */
  clear(): void {
    for (const row of [...this.table.rows()]) this.evict(row);
  }

  views(now: Instant): NeighborView[] {
    const { table } = this;
    return [...table.rows()].map((row) => {
      const family = table.familyOf(row);
      const i = table.addressAt(row);
      const isKnown = !this.is(row, INCOMPLETE);
      const state = this.isStale(row, now) ? STALE : (table.state[row] as number);
      return {
        address: { family, bytes: table.address.slice(i, i + (family === 4 ? 4 : 16)) },
        state: STATE_NAMES[state] as NeighborState,
        ...(isKnown
          ? { linkAddress: readMacAddress(table.linkAddress, row * MAC_ADDRESS_BYTES) }
          : {}),
        isRouter: table.isRouter[row] === 1,
        waitingPackets: table.waitingCount[row] as number,
      };
    });
  }

  // Resolution.

  private resolve(
    slot: PacketSlot,
    family: IpFamily,
    b: Uint8Array,
    i: number,
    ingress: number,
    now: Instant,
  ): DropReason | undefined {
    const { table } = this;
    // Our own packets are bounded by what we do; those of others by this.
    if (ingress !== NONE && !this.resolutions.take(now)) return 'neighbor-limited';
    this.makeRoomForQuestion(ingress);
    if (table.isFull && !this.evictStale(now)) return 'neighbor-table-full';
    const row = table.add(family, b, i, ingress, now);
    const reason = this.wait(row, slot);
    if (reason !== undefined) {
      table.remove(row);
      return reason;
    }
    this.ask(row, NONE, now);
    return undefined;
  }

  /** Keeps shares: a flood by one interface evicts its own oldest question. */
  private makeRoomForQuestion(ingress: number): void {
    if (this.table.unresolved < UNRESOLVED_PER_INGRESS) return;
    const own = this.table.oldestUnresolved(ingress);
    if (own.count >= UNRESOLVED_PER_INGRESS) this.evict(own.row);
    else if (this.table.unresolved >= UNRESOLVED_PER_PORT)
      this.evict(this.table.oldestUnresolved().row);
  }

  private evictStale(now: Instant): boolean {
    const row = this.table.oldestStale((candidate) => this.isStale(candidate, now));
    if (row !== NONE) this.evict(row);
    return row !== NONE;
  }

  private wait(row: number, slot: PacketSlot): DropReason | undefined {
    const { table } = this;
    const isRowFull = table.waitingCount[row] === WAITING_PER_NEIGHBOR;
    if (isRowFull || table.waiting >= WAITING_PER_PORT) {
      const oldest = table.dequeue(row);
      if (oldest === NONE) return 'neighbor-queue-full';
      this.output.discard(oldest, 'neighbor-queue-full');
    }
    table.enqueue(row, slot);
    return undefined;
  }

  /** Asks once, and again or no more after RetransTimer. */
  private ask(row: number, linkAddressAt: number, now: Instant): void {
    const { table } = this;
    table.solicitations[row] = (table.solicitations[row] as number) + 1;
    this.arm(row, now + RETRANS_TIMER);
    this.output.solicit(
      table.familyOf(row),
      table.address,
      table.addressAt(row),
      table.linkAddress,
      linkAddressAt,
      now,
    );
  }

  private expired(row: number, now: Instant): void {
    const { table } = this;
    switch (table.state[row]) {
      case INCOMPLETE:
        if ((table.solicitations[row] as number) < MAX_MULTICAST_SOLICIT) this.ask(row, NONE, now);
        else this.fail(row, now);
        return;
      case DELAY:
        table.setState(row, PROBE);
        table.solicitations[row] = 0;
        this.ask(row, row * MAC_ADDRESS_BYTES, now);
        return;
      case PROBE:
        if ((table.solicitations[row] as number) < MAX_UNICAST_SOLICIT)
          this.ask(row, row * MAC_ADDRESS_BYTES, now);
        // RFC 4861 §7.3.3: the entry goes, so that the next packet asks everybody.
        else this.forget(row);
        return;
      default:
    }
  }

  /** Nobody answered. The row goes first: an error about its packets may look for a neighbor itself. */
  private fail(row: number, now: Instant): void {
    const waiting = this.takeWaiting(row);
    this.forget(row);
    for (const slot of waiting) this.output.unreachable(slot, now);
  }

  private evict(row: number): void {
    for (const slot of this.takeWaiting(row)) this.output.discard(slot, 'neighbor-table-full');
    this.forget(row);
  }

  private takeWaiting(row: number): PacketSlot[] {
    const slots: PacketSlot[] = [];
    for (let slot = this.table.dequeue(row); slot !== NONE; slot = this.table.dequeue(row))
      slots.push(slot);
    return slots;
  }

  private forget(row: number): void {
    this.timers[row]?.clear('neighbor');
    this.table.remove(row);
  }

  // What is known.

  /** Enters a link-layer address and sends what waited for it. */
  private learn(
    row: number,
    linkAddresses: Uint8Array,
    from: number,
    state: number,
    now: Instant,
  ): void {
    const { table } = this;
    const to = row * MAC_ADDRESS_BYTES;
    for (let k = 0; k < MAC_ADDRESS_BYTES; k++)
      table.linkAddress[to + k] = linkAddresses[from + k] as number;
    table.changedAt[row] = now;
    if (state === REACHABLE) this.confirm(row, now);
    else {
      table.setState(row, STALE);
      this.timers[row]?.clear('neighbor');
    }
    if (table.waitingCount[row] === 0) return;
    this.packetLeaves(row, now);
    for (let slot = table.dequeue(row); slot !== NONE; slot = table.dequeue(row))
      this.output.deliver(slot, table.linkAddress, to, now);
  }

  /** RFC 4861 §7.3.3: a packet that leaves makes a stale neighbor one that will be asked. */
  private packetLeaves(row: number, now: Instant): void {
    if (!this.isStale(row, now)) return;
    this.table.setState(row, DELAY);
    this.arm(row, now + DELAY_FIRST_PROBE_TIME);
  }

  private confirm(row: number, now: Instant): void {
    this.table.setState(row, REACHABLE);
    this.timers[row]?.clear('neighbor');
    const spread = RANDOM_FACTOR_MIN * REACHABLE_TIME;
    this.table.reachableUntil[row] = now + spread + this.random.below(2 * spread + 1);
  }

  private setRouter(row: number, { isRouter }: Advertised): void {
    if (isRouter !== undefined) this.table.isRouter[row] = isRouter ? 1 : 0;
  }

  private is(row: number, state: number): boolean {
    return this.table.state[row] === state;
  }

  /** Whether the row is in STALE, or was REACHABLE for as long as it may be. */
  private isStale(row: number, now: Instant): boolean {
    const { table } = this;
    if (table.state[row] === REACHABLE && now > (table.reachableUntil[row] as number))
      table.setState(row, STALE);
    return table.state[row] === STALE;
  }

  private hasLinkAddress(row: number, linkAddresses: Uint8Array, from: number): boolean {
    return equalMacAddresses(this.table.linkAddress, row * MAC_ADDRESS_BYTES, linkAddresses, from);
  }

  /** ARP is believed by anybody: of two who claim an address at once, the first is kept for a moment. */
  private isLocked(row: number, family: IpFamily, now: Instant): boolean {
    return family === 4 && now - (this.table.changedAt[row] as number) < LINK_ADDRESS_LOCK_MS;
  }

  private arm(row: number, at: number): void {
    let timers = this.timers[row];
    if (timers === undefined) {
      timers = this.timerQueue.add<'neighbor'>({
        timerExpired: (_name, now) => this.expired(row, now),
      });
      this.timers[row] = timers;
    }
    timers.set('neighbor', instant(at));
  }
}
