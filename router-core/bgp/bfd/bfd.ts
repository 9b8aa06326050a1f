/**
 * BFD for the neighbors of BGP: all sessions of a router.
 *
 * Standard: RFC 5880 §6.3 (demultiplexing), §6.8.6; RFC 5881 (single hop, IPv4 and IPv6); RFC 5882 §4.
 *
 *   UDP 3784 ─► receive ─► whose is it? ─► session.ts ─► BfdSink.send     at once
 *                                              └───────► nextOutput()     changes of state
 *
 * A packet that names our discriminator belongs to that session if it came by its interface; one that
 * names none belongs to the neighbor it came from. Nothing received makes a session.
 *
 * Invariants
 * - A neighbor has at most one session; discriminators and source ports of living sessions differ.
 * - What is dropped has a reason and no other effect.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import type { DropReason } from '../../base/drop-reason.ts';
import { equalAddresses, formatIpAddress, type IpAddress } from '../../base/ip-address.ts';
import type { Random } from '../../base/random.ts';
import type { TimerQueue, Timers } from '../../base/timer-queue.ts';
import { addMilliseconds, type Instant, type InterfaceId } from '../../base/units.ts';
import type { NeighborId } from '../types.ts';
import { BFD_HOP_LIMIT, BFD_SOURCE_PORT_MIN, BFD_SOURCE_PORTS } from './constants.ts';
import {
  CONTROL_PACKET_BYTES,
  type ControlPacket,
  readControlPacket,
  writeControlPacket,
} from './control-packet.ts';
import { Punctuality } from './punctuality.ts';
import { type BfdParameters, BfdSession, type BfdStateChange, type BfdView } from './session.ts';

/** Where a session runs: one hop, between these two addresses of one interface. */
export type BfdPath = {
  readonly interface: InterfaceId;
  readonly local: IpAddress;
  readonly remote: IpAddress;
};

/** A hot edge: called at once, must not call back. The octets are valid during the call only. */
export interface BfdSink {
  /** A control packet for port 3784 of the remote address, hop limit 255. */
  send(path: BfdPath, sourcePort: number, octets: Uint8Array, now: Instant): void;
}

/** What came in on port 3784. */
export type BfdDatagram = {
  readonly interface: InterfaceId;
  readonly source: IpAddress;
  readonly hopLimit: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
};

export type BfdEvent = BfdStateChange & { readonly neighbor: NeighborId };

export interface Bfd {
  /** Starts the session of a neighbor; `isDisabled`: in AdminDown. */
  add(
    neighbor: NeighborId,
    path: BfdPath,
    parameters: BfdParameters,
    isDisabled: boolean,
    now: Instant,
  ): void;
  /** New parameters reach the neighbor without an interruption. */
  update(neighbor: NeighborId, parameters: BfdParameters, now: Instant): void;
  disable(neighbor: NeighborId, now: Instant): void;
  enable(neighbor: NeighborId, now: Instant): void;
  /** Says AdminDown for as long as the neighbor would take silence for a failure, then ends. */
  remove(neighbor: NeighborId, now: Instant): void;
  /** Ends at once and without a word: there is no way to the neighbor any more. */
  forget(neighbor: NeighborId): void;
  /** AdminDown to everybody: the router goes. */
  stopAll(now: Instant): void;
  receive(datagram: BfdDatagram, now: Instant): DropReason | undefined;
  /** Undefined: the neighbor has no session. */
  view(neighbor: NeighborId): BfdView | undefined;
  /** Timers of ours that ran too late to be fair to a neighbor. */
  lateTimers(): number;
  nextOutput(): BfdEvent | undefined;
}

type Entry = {
  readonly neighbor: NeighborId;
  readonly path: BfdPath;
  readonly session: BfdSession;
  readonly sourcePort: number;
  /** Set while the session says goodbye. */
  goodbye?: Timers<'goodbye'>;
};

export function createBfd(options: {
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  readonly sink: BfdSink;
}): Bfd {
  const { random, timerQueue, sink } = options;
  const byNeighbor = new Map<NeighborId, Entry>();
  const byDiscriminator = new Map<number, Entry>();
  /** By interface and remote address. */
  const byPlace = new Map<string, Entry>();
  const punctuality = new Punctuality();
  const octets = new Uint8Array(CONTROL_PACKET_BYTES);
  const events: BfdEvent[] = [];
  let nextPort = random.below(BFD_SOURCE_PORTS);

  const placeOf = (link: InterfaceId, remote: IpAddress): string =>
    `${link} ${formatIpAddress(remote)}`;

  function get(neighbor: NeighborId): BfdSession {
    const entry = byNeighbor.get(neighbor);
    assert(entry !== undefined, `neighbor ${neighbor} has a BFD session`);
    return entry.session;
  }

  /** RFC 5880 §6.3: unique and not zero; random, so that nobody outside the path can name it. */
  function newDiscriminator(): number {
    for (;;) {
      const candidate = 1 + random.below(0xffffffff);
      if (!byDiscriminator.has(candidate)) return candidate;
    }
  }

  function end(entry: Entry): void {
    entry.session.end();
    entry.goodbye?.clearAll();
    byDiscriminator.delete(entry.session.discriminator);
    const place = placeOf(entry.path.interface, entry.path.remote);
    if (byPlace.get(place) === entry) byPlace.delete(place);
    if (byNeighbor.get(entry.neighbor) === entry) byNeighbor.delete(entry.neighbor);
  }

  function ownerOf(
    packet: ControlPacket,
    { interface: link, source }: BfdDatagram,
  ): Entry | undefined {
    const entry =
      packet.yourDiscriminator === 0
        ? byPlace.get(placeOf(link, source))
        : byDiscriminator.get(packet.yourDiscriminator);
    // RFC 5881 §3: one hop, hence one interface and one neighbor on it.
    const isFromNeighbor =
      entry?.path.interface === link && equalAddresses(entry.path.remote, source);
    return isFromNeighbor ? entry : undefined;
  }

  return {
    add(neighbor, path, parameters, isDisabled, now) {
      assert(path.local.family === path.remote.family, 'both ends have one address family');
      const place = placeOf(path.interface, path.remote);
      const before = byNeighbor.get(neighbor) ?? byPlace.get(place);
      if (before !== undefined) {
        assert(before.goodbye !== undefined, 'a neighbor has one BFD session');
        end(before);
      }
      const sourcePort = BFD_SOURCE_PORT_MIN + (nextPort++ % BFD_SOURCE_PORTS);
      const session = new BfdSession(
        {
          discriminator: newDiscriminator(),
          parameters,
          isDisabled,
          random,
          timerQueue,
          punctuality,
          send(packet, at) {
            writeControlPacket(octets, packet);
            sink.send(path, sourcePort, octets, at);
          },
          changed: (change) => events.push({ neighbor, ...change }),
        },
        now,
      );
      const entry: Entry = { neighbor, path, session, sourcePort };
      byNeighbor.set(neighbor, entry);
      byDiscriminator.set(session.discriminator, entry);
      byPlace.set(place, entry);
    },
    update: (neighbor, parameters, now) => get(neighbor).setParameters(parameters, now),
    disable: (neighbor, now) => get(neighbor).disable(now),
    enable: (neighbor, now) => get(neighbor).enable(now),
    remove(neighbor, now) {
      const entry = byNeighbor.get(neighbor);
      if (entry === undefined || entry.goodbye !== undefined) return;
      const wait = entry.session.theirDetectionTime;
      entry.goodbye = timerQueue.add<'goodbye'>({ timerExpired: () => end(entry) });
      entry.goodbye.set('goodbye', addMilliseconds(now, wait));
      entry.session.disable(now);
    },
    forget(neighbor) {
      const entry = byNeighbor.get(neighbor);
      if (entry !== undefined) end(entry);
    },
    stopAll(now) {
      for (const { session } of byNeighbor.values()) session.disable(now);
    },
    receive(datagram, now) {
      const { bytes, start, end: last, hopLimit } = datagram;
      if (hopLimit !== BFD_HOP_LIMIT) return 'hop-limit-low';
      const packet = readControlPacket(bytes, start, last);
      if (typeof packet === 'string') return packet;
      const entry = ownerOf(packet, datagram);
      if (entry === undefined) return 'bfd-unknown-session';
      entry.session.receive(packet, now);
      return undefined;
    },
    view(neighbor) {
      const entry = byNeighbor.get(neighbor);
      return entry === undefined || entry.goodbye !== undefined ? undefined : entry.session.view();
    },
    lateTimers: () => punctuality.lateTimers,
    nextOutput: () => events.shift(),
  };
}
