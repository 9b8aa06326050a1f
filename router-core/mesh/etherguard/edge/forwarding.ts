/**
 * Every packet: from the own interface, and from link peers to the own interface, to the control part, and onward.
 *
 * Standard: etherguard-go v0.3.5 (`device/receive.go`, `device/send.go`).
 *
 *   destination   handled here                      passed on
 *   own number    frame, control                    no
 *   broadcast     frame, control                    along the tree of the source
 *   spread        frame, control, once              to all link peers but where it came from and its source
 *   another node  no                                to the next hop
 *   supernode     server update from a supernode    never
 *
 * Node numbers, usage and TTL are members' words, and relays of the original mix contents up: all of it may be
 * anything. A packet that claims to come from ourselves is dropped; so is all that a supernode sends beside updates.
 *
 * Invariants
 * - A slot that comes in is handed on or released on every way out.
 * - A TTL of 0 is handled and not passed on; a passed on one has one less.
 *
 * @module
 */
import type { DropCounters, DropReason } from '../../../base/drop-reason.ts';
import { MAC_ADDRESS_BYTES } from '../../../base/mac-address.ts';
import type { Random } from '../../../base/random.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import { type Instant, interfaceId, NONE, type PacketSlot, seconds } from '../../../base/units.ts';
import type { PacketArena } from '../../../packet/arena.ts';
import type { FrameSink, PacketSink } from '../../../packet/sinks.ts';
import { NOT_STAGED, type WireguardDevice } from '../../../wireguard/index.ts';
import {
  BROADCAST,
  isEdgeNumber,
  NO_NODE,
  type NodeNumber,
  SPREAD,
  SUPERNODE,
} from '../../node-number.ts';
import { DuplicateCache, MacTable } from '../../switch/index.ts';
import type { EdgeConfig } from '../config/index.ts';
import {
  contentLimit,
  FRAME_BYTES_MIN,
  firstTtl,
  MESH_HEADER_BYTES,
  meshDestination,
  meshPacketProblem,
  meshSource,
  meshTtl,
  meshUsage,
  paddingBytes,
  takeHop,
  USAGE,
  type Usage,
  writeMeshPacket,
} from '../wire/index.ts';
import { PACKET_LOGS_PER_SECOND } from './limits.ts';
import type { Link, LinkTable } from './links.ts';
import type { NextHops } from './next-hops.ts';
import type { Outputs } from './outputs.ts';

/** Takes control messages: the body is in `b` from `start` to `end`, padding included. */
export interface ControlReceiver {
  receiveControl(
    usage: number,
    link: Link,
    b: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): DropReason | undefined;
}

export type ForwardingParts = {
  readonly arena: PacketArena;
  readonly device: WireguardDevice;
  readonly links: LinkTable;
  readonly nextHops: NextHops;
  readonly frames: FrameSink;
  readonly control: ControlReceiver;
  readonly outputs: Outputs;
  /** Of the interface. */
  readonly mtu: number;
};

/** What depends on the file, and is made anew when the file changes. */
export type ForwardingState = {
  readonly macTable: MacTable;
  readonly duplicates: DuplicateCache;
  readonly defaultTtl: number;
};

/** Tables are kept while their timeout in the file is the same. */
export function forwardingStateOf(
  { L2FIBTimeout, DefaultTTL, DynamicRoute }: EdgeConfig,
  random: Random,
  now: Instant,
  before?: { readonly config: EdgeConfig; readonly state: ForwardingState },
): ForwardingState {
  const { DupCheckTimeout } = DynamicRoute;
  const macTable =
    before?.config.L2FIBTimeout === L2FIBTimeout
      ? before.state.macTable
      : new MacTable(seconds(L2FIBTimeout), random.below(SALTS), now);
  const duplicates =
    before?.config.DynamicRoute.DupCheckTimeout === DupCheckTimeout
      ? before.state.duplicates
      : new DuplicateCache(seconds(DupCheckTimeout), random.below(SALTS));
  return { macTable, duplicates, defaultTtl: DefaultTTL };
}

const SALTS = 0x7fff_ffff;
/** The port of the interface frames go to: an edge has one. */
const PORT = interfaceId(0);
/** Usage and TTL stand in front of the content. */
const FRONT_BYTES = 14;

export class Forwarding implements PacketSink {
  state: ForwardingState;
  private readonly parts: ForwardingParts;
  private readonly own: NodeNumber;
  private readonly drops: DropCounters;
  private readonly limit: number;
  private readonly logged = new TokenBucket(PACKET_LOGS_PER_SECOND, PACKET_LOGS_PER_SECOND);

  constructor(parts: ForwardingParts, state: ForwardingState) {
    this.parts = parts;
    this.state = state;
    this.own = parts.nextHops.own;
    this.drops = parts.device.drops;
    this.limit = contentLimit(parts.mtu);
  }

  /** Takes a frame of the own interface. */
  sendFrame(slot: PacketSlot, now: Instant): void {
    const { arena, nextHops } = this.parts;
    const frame = arena.start[slot] as number;
    const length = (arena.end[slot] as number) - frame;
    if (length < FRAME_BYTES_MIN) return this.drop(slot, 'truncated');
    const known = this.state.macTable.find(arena.bytes, frame);
    const destination = known === NO_NODE ? BROADCAST : known;
    const start = frame - MESH_HEADER_BYTES;
    arena.start[slot] = start;
    this.address(start, USAGE.normal, destination);
    this.pad(slot);
    this.note('normal', 'sent a frame', slot, now);
    if (destination === BROADCAST) this.sendToAll(nextHops.neighbors, NONE, slot, now);
    else this.sendTo(nextHops.linkTo[destination] as number, slot, now);
  }

  /** Sends a control message of our own to one link peer; returns why it did not leave. */
  sendControl(
    link: Link,
    usage: Usage,
    destination: NodeNumber,
    body: Uint8Array,
    waits: 'may wait' | 'never waits',
    now: Instant,
  ): DropReason | undefined {
    const { arena, device } = this.parts;
    const slot = arena.allocate();
    if (slot === NONE) {
      this.drops['arena-full']++;
      return 'arena-full';
    }
    const start = arena.start[slot] as number;
    arena.bytes.set(body, start + MESH_HEADER_BYTES);
    arena.end[slot] = start + MESH_HEADER_BYTES + body.length;
    this.address(start, usage, destination);
    this.pad(slot);
    if (waits === 'never waits') arena.flags[slot] = NOT_STAGED;
    return device.sendPacket(link.peer, slot, now);
  }

  /** Takes what the device opened. */
  receivePacket(slot: PacketSlot, now: Instant): void {
    const { arena, links } = this.parts;
    const { bytes } = arena;
    const start = arena.start[slot] as number;
    const end = arena.end[slot] as number;
    const link = links.at(arena.ingress[slot] as number);
    if (link === undefined) return this.drop(slot, 'unknown-interface');
    link.wasHeard = true;
    const problem = meshPacketProblem(bytes, start, end);
    if (problem !== undefined) return this.drop(slot, problem);
    const usage = meshUsage(bytes, start);
    if (link.node === SUPERNODE || usage === USAGE.serverUpdate)
      return this.receiveFromSupernode(link, usage, slot, now);

    const source = meshSource(bytes, start);
    if (!isEdgeNumber(source) || source === this.own) return this.drop(slot, 'bad-source');
    const destination = meshDestination(bytes, start);
    switch (destination) {
      case this.own:
        if (usage !== USAGE.normal && !link.control.take(now))
          return this.drop(slot, 'rate-limited');
        return this.deliver(link, usage, source, slot, now);
      case BROADCAST:
        return this.receiveBroadcast(link, usage, source, slot, now);
      case SPREAD:
        return this.receiveSpread(link, usage, source, slot, now);
      case SUPERNODE:
      case NO_NODE:
        return this.drop(slot, 'bad-destination');
      default:
        return this.relay(link, destination, slot, now);
    }
  }

  private receiveFromSupernode(link: Link, usage: number, slot: PacketSlot, now: Instant): void {
    const { bytes, start } = this.parts.arena;
    const destination = meshDestination(bytes, start[slot] as number);
    if (link.node !== SUPERNODE || usage !== USAGE.serverUpdate)
      return this.drop(slot, 'bad-source');
    if (destination !== this.own && destination !== SUPERNODE)
      return this.drop(slot, 'bad-destination');
    this.takeControl(link, usage, slot, now);
  }

  private receiveBroadcast(
    link: Link,
    usage: number,
    source: NodeNumber,
    slot: PacketSlot,
    now: Instant,
  ): void {
    if (!link.broadcasts.take(now)) return this.drop(slot, 'rate-limited');
    const onward = this.parts.nextHops.onward(source);
    if (this.mayGoOn(slot)) {
      for (const index of onward) if (index !== link.index) this.sendCopy(index, slot, now);
    }
    this.deliver(link, usage, source, slot, now);
  }

  private receiveSpread(
    link: Link,
    usage: number,
    source: NodeNumber,
    slot: PacketSlot,
    now: Instant,
  ): void {
    const { arena, links } = this.parts;
    const start = arena.start[slot] as number;
    const end = arena.end[slot] as number;
    const body = start + MESH_HEADER_BYTES;
    // Seen before: every link peer of ours passes it on, so this is the rule and no fault.
    if (this.state.duplicates.isDuplicate(arena.bytes, body, end, now)) {
      arena.release(slot);
      return;
    }
    const bucket = usage === USAGE.normal ? link.broadcasts : link.control;
    if (!bucket.take(now)) return this.drop(slot, 'rate-limited');
    if (this.mayGoOn(slot)) {
      for (const other of links.edges())
        if (other !== link && other.node !== source) this.sendCopy(other.index, slot, now);
    }
    this.deliver(link, usage, source, slot, now);
  }

  private relay(link: Link, destination: NodeNumber, slot: PacketSlot, now: Instant): void {
    const { arena, nextHops } = this.parts;
    if (!takeHop(arena.bytes, arena.start[slot] as number))
      return this.drop(slot, 'hop-limit-exceeded');
    const index = nextHops.linkTo[destination] as number;
    // Back to where it came from is a loop: tables disagree.
    if (index === link.index) return this.drop(slot, 'no-route');
    this.note('transit', 'passed a packet on', slot, now);
    this.countRelayed(index, slot);
    this.sendTo(index, slot, now);
  }

  /** Hands a frame to the interface, a control message to its receiver. */
  private deliver(
    link: Link,
    usage: number,
    source: NodeNumber,
    slot: PacketSlot,
    now: Instant,
  ): void {
    if (usage !== USAGE.normal) return this.takeControl(link, usage, slot, now);
    const { arena, frames } = this.parts;
    this.note('normal', 'received a frame', slot, now);
    const frame = (arena.start[slot] as number) + MESH_HEADER_BYTES;
    this.state.macTable.learn(arena.bytes, frame + MAC_ADDRESS_BYTES, source, now);
    arena.start[slot] = frame;
    frames.sendFrame(PORT, slot, now);
  }

  private takeControl(link: Link, usage: number, slot: PacketSlot, now: Instant): void {
    const { arena, control } = this.parts;
    const body = (arena.start[slot] as number) + MESH_HEADER_BYTES;
    const end = arena.end[slot] as number;
    const reason = control.receiveControl(usage, link, arena.bytes, body, end, now);
    if (reason === undefined) arena.release(slot);
    else this.drop(slot, reason);
  }

  /** Whether copies of a packet for many may leave; they have one hop less. */
  private mayGoOn(slot: PacketSlot): boolean {
    const { arena } = this.parts;
    return takeHop(arena.bytes, arena.start[slot] as number);
  }

  /** Sends to all of these links but one; takes the slot. */
  private sendToAll(
    indices: readonly number[],
    except: number,
    slot: PacketSlot,
    now: Instant,
  ): void {
    for (const index of indices) if (index !== except) this.sendCopy(index, slot, now);
    this.parts.arena.release(slot);
  }

  private sendCopy(index: number, slot: PacketSlot, now: Instant): void {
    const { arena } = this.parts;
    const copy = arena.allocate();
    if (copy === NONE) {
      this.drops['arena-full']++;
      return;
    }
    const from = arena.start[slot] as number;
    const end = arena.end[slot] as number;
    const to = arena.start[copy] as number;
    arena.bytes.copyWithin(to - FRONT_BYTES, from - FRONT_BYTES, end);
    arena.end[copy] = to + (end - from);
    if (meshSource(arena.bytes, to) !== this.own) this.countRelayed(index, copy);
    // A pong that waits is worth nothing; a frame, or who is there, is.
    if (meshUsage(arena.bytes, to) === USAGE.pong) arena.flags[copy] = NOT_STAGED;
    this.sendTo(index, copy, now);
  }

  private sendTo(index: number, slot: PacketSlot, now: Instant): void {
    const link = index === NONE ? undefined : this.parts.links.at(index);
    if (link === undefined) return this.drop(slot, 'no-route');
    this.parts.device.sendPacket(link.peer, slot, now);
  }

  private countRelayed(index: number, slot: PacketSlot): void {
    const { arena, links } = this.parts;
    const link = links.at(index);
    if (link === undefined || meshUsage(arena.bytes, arena.start[slot] as number) !== USAGE.normal)
      return;
    link.relayedFrames++;
    link.relayedBytes +=
      (arena.end[slot] as number) - (arena.start[slot] as number) - MESH_HEADER_BYTES;
  }

  private address(start: number, usage: Usage, destination: NodeNumber): void {
    const ttl = firstTtl(usage, destination, this.state.defaultTtl);
    writeMeshPacket(this.parts.arena.bytes, start, usage, ttl, destination, this.own);
  }

  private pad(slot: PacketSlot): void {
    const { arena } = this.parts;
    const end = arena.end[slot] as number;
    const zeroes = paddingBytes(end - (arena.start[slot] as number), this.limit);
    arena.bytes.fill(0, end, end + zeroes);
    arena.end[slot] = end + zeroes;
  }

  private note(topic: 'normal' | 'transit', message: string, slot: PacketSlot, now: Instant): void {
    const { outputs, arena } = this.parts;
    if (!outputs.tells(topic) || !this.logged.take(now)) return;
    const start = arena.start[slot] as number;
    outputs.log('debug', topic, message, {
      usage: meshUsage(arena.bytes, start),
      ttl: meshTtl(arena.bytes, start),
      destination: meshDestination(arena.bytes, start),
      source: meshSource(arena.bytes, start),
    });
  }

  private drop(slot: PacketSlot, reason: DropReason): void {
    this.drops[reason]++;
    this.parts.arena.release(slot);
  }
}
