/**
 * Builds segments in slots and hands them to the way out.
 *
 * Standard: RFC 9293 §3.1 and §3.10.7 (formats of resets), §3.8.6.2.2 (which window to offer);
 * RFC 7323 §3.2; RFC 2018 §4 (which blocks to report); RFC 2385 §2 (every segment is signed);
 * RFC 5925 §7.4 (or carries a MAC).
 *
 *   slot │ headroom for IP and WireGuard │ TCP header │ options │ payload │
 *                                        ↑ start                          ↑ end
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { type Instant, NONE, type PacketSlot } from '../../base/units.ts';
import {
  findTcpOption,
  TCP_ACK,
  TCP_HEADER_BYTES,
  TCP_OPTION_MD5,
  TCP_RST,
  TCP_SYN,
  writeTcpChecksum,
  writeTcpHeader,
} from '../../packet/index.ts';
import { TCP_OPTION_AO } from './authentication-option.ts';
import type { TcpContext } from './context.ts';
import type { TcpTuple } from './contract.ts';
import { signatureOf } from './md5-signature.ts';
import { hopLimitTo, type NeighborGuard } from './neighbor-guard.ts';
import type { SequenceRange } from './range-set.ts';
import {
  writeMssOption,
  writePadding,
  writeSackBlock,
  writeSackHead,
  writeSackPermittedOption,
  writeSignatureOption,
  writeTimestampsOption,
  writeWindowScaleOption,
} from './segment.ts';
import { advance, distance, type SequenceNumber } from './sequence-number.ts';
import type { Tcb } from './tcb.ts';

const WINDOW_MAX = 0xffff;

/**
 * Sends `length` octets of the send buffer from `seq` with these flags, and all that a segment of
 * this connection carries. Returns false when the arena is full: whoever called tries again later.
 */
export function sendSegment(
  context: TcpContext,
  tcb: Tcb,
  seq: SequenceNumber,
  flags: number,
  length: number,
  now: Instant,
): boolean {
  const { arena } = context;
  const slot = arena.allocate();
  if (slot === NONE) {
    context.counters.arenaFull++;
    return false;
  }
  const b = arena.bytes;
  const start = arena.start[slot] as number;
  const options = start + TCP_HEADER_BYTES;
  const payload =
    (flags & TCP_SYN) !== 0
      ? writeSynOptions(tcb, b, options, (flags & TCP_ACK) !== 0, now)
      : writeOptions(tcb, b, options, now);
  const window = offerWindow(tcb, (flags & TCP_SYN) !== 0);
  const ack = (flags & TCP_ACK) !== 0 ? tcb.rcvNxt : 0;
  const { tuple } = tcb;
  writeTcpHeader(
    b,
    start,
    tuple.localPort,
    tuple.remotePort,
    seq,
    ack,
    payload - start,
    flags,
    window,
  );
  tcb.sendBuffer.copyTo(seq, length, b, payload);
  arena.end[slot] = payload + length;

  tcb.segmentsSent++;
  tcb.lastSentAt = now;
  if ((flags & TCP_ACK) !== 0) acknowledged(tcb);
  if (tcb.authentication !== undefined) {
    const option = findTcpOption(b, start, TCP_OPTION_AO);
    tcb.authentication.sign(b, start, payload + length, option, seq);
  }
  handOver(context, tuple, tcb.guard, slot, now);
  return true;
}

/** Sends an acknowledgment without data. */
export function sendAck(context: TcpContext, tcb: Tcb, now: Instant): void {
  sendSegment(context, tcb, tcb.sndNxt, TCP_ACK, 0, now);
}

/** Sends our SYN, or SYN and ACK once the peer's SYN has come. */
export function sendSyn(context: TcpContext, tcb: Tcb, now: Instant): void {
  const flags = tcb.state === 'syn-sent' ? TCP_SYN : TCP_SYN | TCP_ACK;
  sendSegment(context, tcb, tcb.iss, flags, 0, now);
}

/** Sends the RST that ends a connection from our side (RFC 9293 §3.10.5). */
export function sendReset(context: TcpContext, tcb: Tcb, now: Instant): void {
  context.counters.resetsSent++;
  sendSegment(context, tcb, tcb.sndNxt, TCP_RST | TCP_ACK, 0, now);
}

/** Acknowledges a suspicious segment, seldom (RFC 5961 §3, §4, §5 and §7). */
export function sendChallengeAck(context: TcpContext, tcb: Tcb, now: Instant): void {
  if (now < tcb.nextChallengeAt) return;
  tcb.nextChallengeAt = (now + context.limits.challengeAckInterval) as Instant;
  context.counters.challengeAcks++;
  sendAck(context, tcb, now);
}

/** What a SYN of no connection offers. */
type BareOptions = { readonly mss: number; readonly tsVal: number | undefined };

/** Sends a segment that belongs to no connection. */
export function sendBare(
  context: TcpContext,
  tuple: TcpTuple,
  guard: NeighborGuard | undefined,
  seq: SequenceNumber,
  ack: SequenceNumber,
  flags: number,
  offer: BareOptions | undefined,
  now: Instant,
): void {
  const { arena } = context;
  const slot = arena.allocate();
  if (slot === NONE) {
    context.counters.arenaFull++;
    return;
  }
  if ((flags & TCP_RST) !== 0) context.counters.resetsSent++;
  const b = arena.bytes;
  const start = arena.start[slot] as number;
  const options = start + TCP_HEADER_BYTES;
  let end = options;
  if (offer !== undefined) {
    end = writeMssOption(b, end, offer.mss);
    if (offer.tsVal !== undefined) end = writeTimestampsOption(b, end, offer.tsVal, 0);
  }
  if (guard?.neighbor.md5Key !== undefined) end = writePadding(b, writeSignatureOption(b, end));
  writeTcpHeader(
    b,
    start,
    tuple.localPort,
    tuple.remotePort,
    seq,
    ack,
    end - start,
    flags,
    offer === undefined ? 0 : WINDOW_MAX,
  );
  arena.end[slot] = end;
  handOver(context, tuple, guard, slot, now);
}

/** Answers a segment that belongs to no connection (RFC 9293 §3.10.7.1). */
export function sendResetFor(
  context: TcpContext,
  tuple: TcpTuple,
  guard: NeighborGuard | undefined,
  seq: SequenceNumber,
  ack: SequenceNumber,
  flags: number,
  length: number,
  now: Instant,
): void {
  // Nobody would believe an answer without a MAC (RFC 5925 §7.4), and there are no keys for one.
  if (guard?.neighbor.masterKeys !== undefined) return;
  const none = 0 as SequenceNumber;
  if ((flags & TCP_ACK) !== 0) sendBare(context, tuple, guard, ack, none, TCP_RST, undefined, now);
  else {
    const after = advance(seq, length);
    sendBare(context, tuple, guard, none, after, TCP_RST | TCP_ACK, undefined, now);
  }
}

function handOver(
  context: TcpContext,
  tuple: TcpTuple,
  guard: NeighborGuard | undefined,
  slot: PacketSlot,
  now: Instant,
): void {
  const { arena } = context;
  const { local, remote } = tuple;
  const md5Key = guard?.neighbor.md5Key;
  if (md5Key !== undefined) sign(context, tuple, md5Key, slot);
  writeTcpChecksum(
    local.family,
    local.bytes,
    remote.bytes,
    arena.bytes,
    arena.start[slot] as number,
    arena.end[slot] as number,
  );
  context.counters.segmentsSent++;
  assert(!context.isSending, 'the way out does not call back');
  context.isSending = true;
  const hopLimit = guard === undefined ? undefined : hopLimitTo(guard.neighbor);
  context.output.sendSegment(tuple.interface, local, remote, local.family, hopLimit, slot, now);
  context.isSending = false;
}

/** Fills in the signature, for which the options have left room. */
function sign({ arena }: TcpContext, tuple: TcpTuple, key: Uint8Array, slot: PacketSlot): void {
  const { local, remote } = tuple;
  const b = arena.bytes;
  const start = arena.start[slot] as number;
  const option = findTcpOption(b, start, TCP_OPTION_MD5);
  assert(option !== -1, 'a signed segment has room for its signature');
  const end = arena.end[slot] as number;
  b.set(signatureOf(key, local.family, local.bytes, 0, remote.bytes, 0, b, start, end), option + 2);
}

function acknowledged(tcb: Tcb): void {
  tcb.lastAckSent = tcb.rcvNxt;
  tcb.ackDebt = 'none';
  tcb.segmentsUnacknowledged = 0;
  tcb.timers.clear('delayedAck');
}

/** Returns how far the right edge of the window could move now. */
export function windowGain(tcb: Tcb): number {
  const room = Math.min(tcb.receiveBuffer.room, WINDOW_MAX << tcb.rcvWndShift);
  return distance(tcb.rcvAdv, advance(tcb.rcvNxt, room));
}

/** RFC 9293 §3.8.6.2.2: the edge moves by a segment or half the buffer, not by crumbs. */
export const isGainWorthIt = (tcb: Tcb, gain: number): boolean =>
  gain >= Math.min(tcb.receiveMss, tcb.receiveBuffer.maximum / 2);

/** Returns the window field, and remembers the edge it offers. */
function offerWindow(tcb: Tcb, isSyn: boolean): number {
  const shift = isSyn ? 0 : tcb.rcvWndShift;
  const gain = windowGain(tcb);
  const edge = isGainWorthIt(tcb, gain) ? advance(tcb.rcvAdv, gain) : tcb.rcvAdv;
  const window = Math.min(Math.max(0, distance(tcb.rcvNxt, edge)) >>> shift, WINDOW_MAX);
  const rightEdge = advance(tcb.rcvNxt, window << shift);
  if (distance(tcb.rcvAdv, rightEdge) > 0) tcb.rcvAdv = rightEdge;
  return window;
}

/**
 * RFC 7323 §2.2 and §3.2, RFC 2018 §2: a SYN offers everything, its answer what was offered. With a
 * signature, or a MAC, that is exactly 40 octets.
 */
function writeSynOptions(
  tcb: Tcb,
  b: Uint8Array,
  i: number,
  isAnswer: boolean,
  now: Instant,
): number {
  let next = writeMssOption(b, i, tcb.receiveMss);
  if (tcb.authentication !== undefined) next = tcb.authentication.writeOption(b, next);
  const hasSack = !isAnswer || tcb.hasSack;
  if (tcb.isSigned) next = writeSignatureOption(b, next);
  else if (hasSack) next = writePadding(b, next);
  if (hasSack) next = writeSackPermittedOption(b, next);
  else if (tcb.isSigned) next = writePadding(b, next);
  if (!isAnswer || tcb.hasTimestamps)
    next = writeTimestampsOption(b, next, tcb.timestamp(now), isAnswer ? tcb.tsRecent : 0);
  if (!isAnswer || tcb.hasWindowScale) next = writeWindowScaleOption(b, next, tcb.rcvWndShift);
  return next;
}

function writeOptions(tcb: Tcb, b: Uint8Array, i: number, now: Instant): number {
  let next = i;
  if (tcb.hasTimestamps) next = writeTimestampsOption(b, next, tcb.timestamp(now), tcb.tsRecent);
  if (tcb.authentication !== undefined) next = tcb.authentication.writeOption(b, next);
  const blocks = tcb.sackBlocks;
  if (tcb.isSigned) next = writeSignatureOption(b, next);
  else if (blocks > 0) next = writePadding(b, next);
  if (blocks > 0) return writeSacks(tcb, b, next, blocks);
  return tcb.isSigned ? writePadding(b, next) : next;
}

/** RFC 2018 §4: the island that changed last comes first, then the others by how recent they are. */
function writeSacks(tcb: Tcb, b: Uint8Array, i: number, blocks: number): number {
  let next = writeSackHead(b, i, blocks);
  let before = Number.POSITIVE_INFINITY;
  for (let n = 0; n < blocks; n++) {
    const range = latestBefore(tcb.receiveBuffer.islands.ranges, before);
    next = writeSackBlock(b, next, range.start, range.end);
    before = range.stamp;
  }
  return next;
}

function latestBefore(ranges: readonly SequenceRange[], stamp: number): SequenceRange {
  let latest: SequenceRange | undefined;
  for (const range of ranges)
    if (range.stamp < stamp && (latest === undefined || range.stamp > latest.stamp)) latest = range;
  assert(latest !== undefined, 'there are as many islands as blocks');
  return latest;
}
