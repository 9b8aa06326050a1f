/**
 * One stack and a peer played by the test, segment by segment, on virtual time.
 *
 * Numbers are relative, so that scripts read like those of the RFC: the peer's SYN has `seq` 0, ours
 * has `seq` 0 as well, the first octet of data is 1.
 *
 *   peer.sends({ flags: 'SA', seq: 0, ack: 1 });
 *   expect(peer.hears()).toMatchObject([{ flags: 'A', seq: 1, ack: 1 }]);
 *
 * @module
 */
import { assert } from '../../../base/assert.ts';
import type { DropReason } from '../../../base/drop-reason.ts';
import { type IpAddress, parseIpAddress } from '../../../base/ip-address.ts';
import { seededRandom } from '../../../base/random.ts';
import { createTimerQueue, type TimerQueue } from '../../../base/timer-queue.ts';
import { type Instant, type InterfaceId, instant, interfaceId } from '../../../base/units.ts';
import {
  createPacketArena,
  type PacketArena,
  TCP_HEADER_BYTES,
  tcpAcknowledgment,
  tcpSequence,
  writeTcpHeader,
} from '../../../packet/index.ts';
import {
  type ConnectionId,
  createTcpStack,
  type TcpEvent,
  type TcpLimits,
  type TcpStack,
} from '../index.ts';
import {
  parseSegment,
  Segment,
  writeMssOption,
  writePadding,
  writeSackBlock,
  writeSackHead,
  writeSackPermittedOption,
  writeSignatureOption,
  writeTimestampsOption,
  writeWindowScaleOption,
} from '../segment.ts';
import { sequenceNumber } from '../sequence-number.ts';
import {
  ipHeaderBytes,
  packetOf,
  signPacket,
  slotOf,
  wrapSegment,
  writeChecksum,
} from './ip-packets.ts';

const FLAG_LETTERS = 'FSRPAU';
const PEER_ISN = 0xffff_ff00; // Wraps soon, so that every script crosses the border.

export type Spoken = {
  /** Letters of F, S, R, P, A, U. */
  readonly flags: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly window?: number;
  readonly data?: number | Uint8Array;
  readonly mss?: number;
  readonly scale?: number;
  readonly sackPermitted?: boolean;
  readonly ts?: readonly [value: number, echo: number];
  readonly sack?: readonly (readonly [left: number, right: number])[];
  readonly sourcePort?: number;
  readonly source?: IpAddress;
  /** Signs the segment (RFC 2385). */
  readonly key?: Uint8Array;
  /** 64 when absent. */
  readonly hopLimit?: number;
  /** Numbers as they are, for segments out of no conversation. */
  readonly isAbsolute?: boolean;
};

export type Heard = {
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly length: number;
  readonly data: Uint8Array;
  readonly mss: number;
  readonly scale: number;
  readonly sackPermitted: boolean;
  readonly ts: readonly [number, number] | undefined;
  readonly sack: readonly (readonly [number, number])[];
  readonly at: number;
  readonly sourcePort: number;
  readonly raw: { readonly seq: number; readonly ack: number };
  /** IP header, of which addresses and hop limit are filled in, and segment. */
  readonly packet: Uint8Array;
  /** Octets of options. */
  readonly optionBytes: number;
};

export type Script = {
  readonly stack: TcpStack;
  readonly arena: PacketArena;
  readonly timerQueue: TimerQueue;
  readonly link: InterfaceId;
  readonly us: IpAddress;
  readonly them: IpAddress;
  readonly peer: {
    sends(spoken: Spoken): DropReason | undefined;
    /** What arrived since the last question. */
    hears(): Heard[];
    /** Puts any octets behind an IP header. */
    sendsRaw(segment: Uint8Array): DropReason | undefined;
  };
  now(): Instant;
  /** Moves the clock, expiring timers at their times. */
  passMs(ms: number): void;
  events(): TcpEvent[];
  kinds(): string[];
  connect(localPort?: number): ConnectionId;
  /** Listens on 179 and completes a handshake with what the peer offers. */
  accept(offer?: Partial<Spoken>): ConnectionId;
  read(connection: ConnectionId): number;
  write(connection: ConnectionId, octets: number): number;
};

export function createScript(limits: Partial<TcpLimits> = {}, mtu = 1420): Script {
  const us = parseIpAddress('fe80::1') as IpAddress;
  const them = parseIpAddress('fe80::2') as IpAddress;
  const link = interfaceId(5);
  const arena = createPacketArena(16);
  const timerQueue = createTimerQueue();
  let now = 1000;
  let ourIsn = 0;
  let ourPort = 179;
  let heard: Heard[] = [];
  const header = ipHeaderBytes(6);

  const stack = createTcpStack({
    arena,
    timerQueue,
    random: seededRandom(42),
    limits,
    output: {
      mtu: () => mtu,
      sendSegment(_out, local, remote, _family, hopLimit, slot) {
        const bytes = packetOf(arena, slot, local, remote, hopLimit ?? 64);
        arena.release(slot);
        heard.push(listen(bytes));
      },
    },
  });

  function listen(bytes: Uint8Array): Heard {
    const copy = bytes.slice();
    writeChecksum(copy);
    assert(
      copy.every((octet, i) => octet === bytes[i]),
      'our checksum is right',
    );
    const segment = new Segment();
    assert(parseSegment(segment, bytes, header, bytes.length) === undefined, 'we send well-formed');
    const flags = [...FLAG_LETTERS].filter((_, i) => segment.has(1 << i)).join('');
    if (flags.includes('S')) {
      ourIsn = segment.seq;
      ourPort = segment.sourcePort;
    }
    const relative = (n: number, to: number): number => (n - to) | 0;
    const sack: [number, number][] = [];
    for (let i = 0; i < segment.sackCount; i++)
      sack.push([
        relative(segment.sacks[2 * i] as number, PEER_ISN),
        relative(segment.sacks[2 * i + 1] as number, PEER_ISN),
      ]);
    return {
      flags,
      seq: relative(segment.seq, ourIsn),
      ack: relative(segment.ack, PEER_ISN),
      window: segment.window,
      length: segment.dataEnd - segment.dataStart,
      data: bytes.slice(segment.dataStart, segment.dataEnd),
      mss: segment.mss,
      scale: segment.windowScale,
      sackPermitted: segment.isSackPermitted,
      ts: segment.hasTimestamps ? [segment.tsVal, segment.tsEcr] : undefined,
      sack,
      at: now,
      sourcePort: segment.sourcePort,
      raw: { seq: tcpSequence(bytes, header), ack: tcpAcknowledgment(bytes, header) },
      packet: copy,
      optionBytes: segment.dataStart - header - TCP_HEADER_BYTES,
    };
  }

  function build(spoken: Spoken): Uint8Array {
    const b = new Uint8Array(2000);
    let next = TCP_HEADER_BYTES;
    if (spoken.mss !== undefined) next = writeMssOption(b, next, spoken.mss);
    if (spoken.sackPermitted) next = writeSackPermittedOption(b, writePadding(b, next));
    if (spoken.ts !== undefined) next = writeTimestampsOption(b, next, ...spoken.ts);
    if (spoken.scale !== undefined) next = writeWindowScaleOption(b, next, spoken.scale);
    if (spoken.sack !== undefined) {
      next = writeSackHead(b, writePadding(b, next), spoken.sack.length);
      for (const [left, right] of spoken.sack)
        next = writeSackBlock(
          b,
          next,
          sequenceNumber(ourIsn + left),
          sequenceNumber(ourIsn + right),
        );
    }
    if (spoken.key !== undefined) next = writePadding(b, writeSignatureOption(b, next));
    const data = octetsOf(spoken.data ?? 0);
    b.set(data, next);
    let flags = 0;
    for (const letter of spoken.flags) flags |= 1 << FLAG_LETTERS.indexOf(letter);
    const seqBase = spoken.isAbsolute ? 0 : PEER_ISN;
    const ackBase = spoken.isAbsolute ? 0 : ourIsn;
    writeTcpHeader(
      b,
      0,
      spoken.sourcePort ?? 40_000,
      ourPort,
      sequenceNumber(seqBase + (spoken.seq ?? 0)),
      spoken.ack === undefined ? 0 : sequenceNumber(ackBase + spoken.ack),
      next,
      flags,
      spoken.window ?? 60_000,
    );
    return b.slice(0, next + data.length);
  }

  function deliver(packet: Uint8Array): DropReason | undefined {
    const slot = slotOf(arena, packet, link);
    const start = arena.start[slot] as number;
    return stack.receiveSegment(slot, start, 6, start + header, instant(now));
  }

  const script: Script = {
    stack,
    arena,
    timerQueue,
    link,
    us,
    them,
    peer: {
      sends(spoken) {
        const packet = wrapSegment(build(spoken), spoken.source ?? them, us, spoken.hopLimit ?? 64);
        if (spoken.key === undefined) writeChecksum(packet);
        else signPacket(packet, spoken.key);
        return deliver(packet);
      },
      sendsRaw: (segment) => deliver(wrapSegment(segment, them, us, 64)),
      hears() {
        const all = heard;
        heard = [];
        return all;
      },
    },
    now: () => instant(now),
    passMs(ms) {
      const until = now + ms;
      for (;;) {
        const next = timerQueue.nextDeadline();
        if (next === undefined || next > until) break;
        now = Math.max(now, next);
        timerQueue.runDue(instant(now));
      }
      now = until;
    },
    events() {
      const all: TcpEvent[] = [];
      for (let e = stack.nextOutput(); e !== undefined; e = stack.nextOutput()) all.push(e);
      return all;
    },
    kinds: () => script.events().map((e) => (e.kind === 'closed' ? `closed ${e.reason}` : e.kind)),
    connect(localPort) {
      const request = { interface: link, local: us, remote: them, remotePort: 40_000 };
      return stack.connect(
        localPort === undefined ? request : { ...request, localPort },
        instant(now),
      );
    },
    accept(offer = {}) {
      ourPort = 179;
      stack.listen(179);
      script.peer.sends({ flags: 'S', mss: 1360, ...offer });
      const ts = offer.ts === undefined ? {} : { ts: [offer.ts[0] + 1, 0] as const };
      const { source, sourcePort, key, hopLimit } = offer;
      script.peer.sends({
        flags: 'A',
        seq: 1,
        ack: 1,
        ...ts,
        ...(offer.window === undefined ? {} : { window: offer.window }),
        ...(source === undefined ? {} : { source }),
        ...(sourcePort === undefined ? {} : { sourcePort }),
        ...(key === undefined ? {} : { key }),
        ...(hopLimit === undefined ? {} : { hopLimit }),
      });
      const incoming = script.events().find((e) => e.kind === 'incoming');
      assert(incoming?.kind === 'incoming', 'the handshake is done');
      script.peer.hears();
      return incoming.connection;
    },
    read: (connection) => stack.read(connection, new Uint8Array(1 << 20), instant(now)),
    write: (connection, octets) =>
      stack.write(connection, octetsOf(octets), 0, octets, instant(now)),
  };
  return script;
}

/** Octets 0, 1, 2 … or those given. */
const octetsOf = (data: number | Uint8Array): Uint8Array =>
  typeof data === 'number' ? Uint8Array.from({ length: data }, (_, i) => i & 0xff) : data;
