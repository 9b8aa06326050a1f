/**
 * TCP-AO of one connection: which key signs, which key a segment must fit, and how keys change.
 *
 * Standard: RFC 5925 §3.1 (master key tuples), §5.2 (traffic keys of a connection), §6.2 (sequence number
 * extension), §7.4 and §7.5 (processing, and the choice of keys by RNextKeyID).
 *
 *   ours   KeyID = SendID of the key in use; RNextKeyID = RecvID of the first key of the list
 *   theirs KeyID names the key by its RecvID; RNextKeyID asks us to sign with the key of that SendID
 *
 * So an operator adds a key in front on both ends, one after the other, and takes the old one away later.
 *
 * Invariants
 * - Only a segment whose MAC fits moves anything: extension, reference, key in use.
 * - Both ISNs are part of every traffic key but that of a SYN; a segment outside a connection that is no SYN
 *   can therefore neither be checked nor answered.
 *
 * @module
 */
import { at, equalSecrets } from '../../base/bytes.ts';
import { TCP_ACK, TCP_SYN } from '../../packet/index.ts';
import {
  type CoveredSegment,
  MAC_BYTES,
  MAC_OFFSET,
  type MasterKey,
  macOf,
  TCP_OPTION_AO,
  TCP_OPTION_AO_BYTES,
  trafficKey,
} from './authentication-option.ts';
import type { TcpTuple } from './contract.ts';
import type { Segment } from './segment.ts';
import type { SequenceNumber } from './sequence-number.ts';

/** The pair of a connection under one master key. */
type TrafficKeys = { readonly send: Uint8Array; readonly receive: Uint8Array };

const WRAP = 2 ** 32;

/** Follows a sequence number past 2^32 (RFC 5925 §6.2), by the greatest one known so far. */
class ExtendedSequence {
  private greatest: number;

  constructor(isn: SequenceNumber) {
    this.greatest = isn;
  }

  /** The whole number of which `seq` is the lower half: the one nearest to what is known. */
  whole(seq: SequenceNumber): number {
    return this.greatest + ((seq - (this.greatest % WRAP)) | 0);
  }

  advance(whole: number): void {
    if (whole > this.greatest) this.greatest = whole;
  }
}

export class ConnectionAuthentication {
  private readonly keys: readonly MasterKey[];
  private readonly tuple: TcpTuple;
  private readonly iss: SequenceNumber;
  private irs: SequenceNumber | undefined = undefined;
  private inUse: MasterKey;
  private readonly derived = new Map<MasterKey, TrafficKeys>();
  private readonly sent: ExtendedSequence;
  private received: ExtendedSequence | undefined = undefined;

  /** `keys`: not empty, the preferred one first. */
  constructor(keys: readonly MasterKey[], tuple: TcpTuple, iss: SequenceNumber) {
    this.keys = keys;
    this.tuple = tuple;
    this.iss = iss;
    this.inUse = keys[0] as MasterKey;
    this.sent = new ExtendedSequence(iss);
  }

  /** Writes the option with room for the MAC; returns where the next one goes. */
  writeOption(b: Uint8Array, i: number): number {
    b[i] = TCP_OPTION_AO;
    b[i + 1] = TCP_OPTION_AO_BYTES;
    b[i + 2] = this.inUse.sendId;
    b[i + 3] = (this.keys[0] as MasterKey).receiveId;
    b.fill(0, i + MAC_OFFSET, i + TCP_OPTION_AO_BYTES);
    return i + TCP_OPTION_AO_BYTES;
  }

  /** Fills in the MAC of the segment whose option stands at `option`. */
  sign(b: Uint8Array, start: number, end: number, option: number, seq: SequenceNumber): void {
    const { algorithm, coversOptions } = this.inUse;
    const { local, remote } = this.tuple;
    // Of a SYN too: the other ISN counts as 0 until it is known.
    const key = this.trafficKeys(this.inUse).send;
    const whole = this.sent.whole(seq);
    this.sent.advance(whole);
    const covered: CoveredSegment = {
      family: local.family,
      source: local.bytes,
      destination: remote.bytes,
      b,
      start,
      end,
      option,
      sequenceExtension: Math.floor(whole / WRAP),
    };
    b.set(macOf(algorithm, key, coversOptions, covered), option + MAC_OFFSET);
  }

  /** The other side's SYN was checked and is taken: its ISN, and the key it asks for. */
  begin(segment: Segment, b: Uint8Array): void {
    this.irs = segment.seq;
    this.received = new ExtendedSequence(segment.seq);
    this.follow(b, segment.authentication);
  }

  /** Whether a received segment of this connection is authentic. */
  isAuthentic(segment: Segment, b: Uint8Array, start: number, end: number): boolean {
    const key = keyOf(this.keys, b, segment.authentication);
    if (key === undefined) return false;
    const isFirst = (segment.flags & (TCP_SYN | TCP_ACK)) === TCP_SYN;
    if (isFirst) return isSynAuthentic(this.keys, this.tuple, segment, b, start, end);
    const isAnswer = segment.has(TCP_SYN) && this.irs === undefined;
    const irs = isAnswer ? segment.seq : this.irs;
    if (irs === undefined) return false;
    const traffic = isAnswer ? this.derive(key, irs).receive : this.trafficKeys(key).receive;
    const whole = (this.received ?? new ExtendedSequence(irs)).whole(segment.seq);
    const extension = Math.max(0, Math.floor(whole / WRAP));
    if (!isMacRight(key, traffic, this.tuple, extension, segment, b, start, end)) return false;
    // The SYN's own answer is taken by `begin`, once its acknowledgment is found right.
    if (!isAnswer) {
      this.received?.advance(whole);
      this.follow(b, segment.authentication);
    }
    return true;
  }

  /** Signs with the key the other side asks for, when there is one of that number. */
  private follow(b: Uint8Array, option: number): void {
    const wanted = at(b, option + 3);
    if (wanted === this.inUse.sendId) return;
    this.inUse = this.keys.find(({ sendId }) => sendId === wanted) ?? this.inUse;
  }

  private trafficKeys(master: MasterKey): TrafficKeys {
    let keys = this.derived.get(master);
    if (keys === undefined) {
      keys = this.derive(master, this.irs ?? (0 as SequenceNumber));
      if (this.irs !== undefined) this.derived.set(master, keys);
    }
    return keys;
  }

  private derive({ algorithm, key }: MasterKey, irs: SequenceNumber): TrafficKeys {
    const { local, localPort, remote, remotePort } = this.tuple;
    const ours = { address: local.bytes, port: localPort, isn: this.iss };
    const theirs = { address: remote.bytes, port: remotePort, isn: irs };
    return {
      send: trafficKey(algorithm, key, ours, theirs),
      receive: trafficKey(algorithm, key, theirs, ours),
    };
  }
}

/** Whether a SYN from `tuple.remote` is authentic, with or without a connection. */
export function isSynAuthentic(
  keys: readonly MasterKey[],
  tuple: TcpTuple,
  segment: Segment,
  b: Uint8Array,
  start: number,
  end: number,
): boolean {
  const master = keyOf(keys, b, segment.authentication);
  if (master === undefined) return false;
  const { local, localPort, remote, remotePort } = tuple;
  const traffic = trafficKey(
    master.algorithm,
    master.key,
    { address: remote.bytes, port: remotePort, isn: segment.seq },
    { address: local.bytes, port: localPort, isn: 0 },
  );
  return isMacRight(master, traffic, tuple, 0, segment, b, start, end);
}

/** Whether the MAC of a received segment is that of this key. */
function isMacRight(
  { algorithm, coversOptions }: MasterKey,
  traffic: Uint8Array,
  { local, remote }: TcpTuple,
  sequenceExtension: number,
  segment: Segment,
  b: Uint8Array,
  start: number,
  end: number,
): boolean {
  const option = segment.authentication;
  const expected = macOf(algorithm, traffic, coversOptions, {
    family: local.family,
    source: remote.bytes,
    destination: local.bytes,
    b,
    start,
    end,
    option,
    sequenceExtension,
  });
  const mac = option + MAC_OFFSET;
  return equalSecrets(expected, b.subarray(mac, mac + MAC_BYTES));
}

/** The key a segment names by its KeyID. */
const keyOf = (keys: readonly MasterKey[], b: Uint8Array, option: number): MasterKey | undefined =>
  keys.find(({ receiveId }) => receiveId === at(b, option + 2));
