/**
 * Brings encoded messages to neighbors, and keeps them for those that are slow.
 *
 * Not standardized; BGP specification §6.5.
 *
 *   message ──sendUpdate──► session          the usual way, the same octets for every member
 *           └─refused──► outbox ──writable──► session
 *                           └─ring full──► the slowest is cut loose: it is owed the prefixes instead
 *
 * Invariant: a neighbor gets its messages in the order in which they were encoded.
 *
 * @module
 */
import { readUint32 } from '../../base/bytes.ts';
import type { Instant } from '../../base/units.ts';
import { HEADER_BYTES } from '../constants.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import { nextPrefix, PATH_ID_BYTES } from '../update/nlri.ts';
import { Outbox } from '../update/outbox.ts';
import { UpdateParser } from '../update/parse-update.ts';
import type { UpdateWriter } from '../update/update-writer.ts';
import type { AdjRibOut } from './adj-rib-out.ts';
import type { RouteNeighbor } from './neighbor.ts';
import type { RouteMessages } from './types.ts';

const NOT_STORED = -1;

export class Delivery {
  private readonly messages: RouteMessages;
  private readonly neighbors: ReadonlyMap<number, RouteNeighbor>;
  private readonly outbox: Outbox;
  private readonly parser: UpdateParser;
  /** The outbox's number of the message being delivered. */
  private stored: number;

  constructor(
    messages: RouteMessages,
    neighbors: ReadonlyMap<number, RouteNeighbor>,
    outbox: Outbox = new Outbox(),
  ) {
    this.messages = messages;
    this.neighbors = neighbors;
    this.outbox = outbox;
    this.parser = new UpdateParser();
    this.stored = NOT_STORED;
  }

  /** Begins with another message: the writer holds new octets. */
  begin(): void {
    this.stored = NOT_STORED;
  }

  /** Gives the writer's message to one neighbor, or keeps it for later. */
  deliver(neighbor: RouteNeighbor, writer: UpdateWriter, now: Instant): void {
    if (!neighbor.isBlocked && neighbor.queue.length === 0) {
      if (this.messages.sendUpdate(neighbor.id, writer.bytes, 0, writer.end, now)) return;
      neighbor.isBlocked = true;
    }
    if (this.stored === NOT_STORED) this.stored = this.store(writer);
    this.outbox.wait(this.stored);
    neighbor.queue.push(this.stored);
  }

  /** Sends what waits for a neighbor; returns whether all of it left. */
  drain(neighbor: RouteNeighbor, now: Instant): boolean {
    const { queue } = neighbor;
    while (queue.length > 0) {
      const message = queue.peek();
      const start = this.outbox.start(message);
      const end = this.outbox.end(message);
      if (!this.messages.sendUpdate(neighbor.id, this.outbox.bytes, start, end, now)) {
        neighbor.isBlocked = true;
        return false;
      }
      queue.shift();
      this.outbox.done(message);
    }
    return true;
  }

  /** Forgets what waits for a neighbor. */
  drop(neighbor: RouteNeighbor): void {
    while (neighbor.queue.length > 0) this.outbox.done(neighbor.queue.shift());
  }

  private store(writer: UpdateWriter): number {
    for (;;) {
      const message = this.outbox.append(writer.bytes, writer.end);
      if (message !== NOT_STORED) return message;
      const oldest = this.outbox.oldest;
      for (const neighbor of this.neighbors.values()) {
        if (neighbor.queue.length > 0 && neighbor.queue.peek() === oldest) this.cutLoose(neighbor);
      }
    }
  }

  /** Turns waiting messages into owed prefixes: state instead of history. */
  private cutLoose(neighbor: RouteNeighbor): void {
    while (neighbor.queue.length > 0) {
      const message = neighbor.queue.shift();
      this.oweMessage(neighbor, this.outbox.start(message), this.outbox.end(message));
      this.outbox.done(message);
    }
  }

  private oweMessage(neighbor: RouteNeighbor, start: number, end: number): void {
    const b = this.outbox.bytes;
    const { parser } = this;
    const pathIds = {
      4: neighbor.ipv4.out.paths?.hasPathIds === true,
      6: neighbor.ipv6.out.paths?.hasPathIds === true,
    };
    const context = { ...neighbor.context, extendedNextHop: true, pathIds };
    parser.parse(b, start + HEADER_BYTES, end, context);
    if (parser.endOfRib !== 0) {
      neighbor.of(parser.endOfRib).out.owesEndOfRib = true;
      return;
    }
    const { out: ipv4 } = neighbor.ipv4;
    owePrefixes(ipv4, b, parser.withdrawnStart, parser.withdrawnEnd);
    owePrefixes(ipv4, b, parser.nlriStart, parser.nlriEnd);
    if (parser.reachFamily !== 0) {
      owePrefixes(neighbor.of(parser.reachFamily).out, b, parser.reachStart, parser.reachEnd);
    }
    if (parser.unreachFamily !== 0) {
      owePrefixes(neighbor.of(parser.unreachFamily).out, b, parser.unreachStart, parser.unreachEnd);
    }
  }
}

/** The neighbor may or may not have these; being told once more settles it. */
function owePrefixes(out: AdjRibOut, b: Uint8Array, start: number, end: number): void {
  const rib: FamilyRib = out.rib;
  for (let o = start; o < end; o = nextPrefix(b, o)) {
    const hasPathId = out.paths?.hasPathIds === true;
    const pathId = hasPathId ? readUint32(b, o) : 0;
    if (hasPathId) o += PATH_ID_BYTES;
    rib.prefixes.loadNlri(b, o);
    const prefix = rib.addLoadedPrefix();
    if (out.paths === undefined) out.markSent(prefix);
    else out.paths.doubt(prefix, pathId);
    out.owe(prefix);
  }
}
