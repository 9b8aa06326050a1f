/**
 * AmneziaWG: other types, padding in front, random trailers, masked headers, decoys.
 *
 * Not standardized; the wire format is that of `amneziawg-go`, protocol generation 3.1, see
 * fixtures/README.md. With no parameter it is WireGuard.
 *
 *   datagram   │ padding S │ type H │ … message … │ trailer │
 *
 * Padding and trailer are random, the type is drawn per message, lengths of padding are parameters.
 * Only handshake messages have a trailer; a transport message has zero octets inside its content
 * instead. Header protection masks a handshake message, or the 16 octets in front of a transport
 * message, with ChaCha20 whose nonce is the first 12 octets of the datagram, which are padding.
 *
 * A kind is recognized by length and type, in the order of the type numbers. Wide ranges of types
 * let a stray datagram pass for a message: MAC1 and index are there for that.
 *
 * @module
 */
import { readInt32LittleEndian, writeUint32LittleEndian } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import type { AmneziaWgParameters } from './amneziawg-parameters.ts';
import { ChaChaBlock } from './chacha-block.ts';
import { OBFUSCATED_DATAGRAM_BYTES_MAX, WINDOW_BYTES_INITIAL } from './limits.ts';
import {
  COOKIE_REPLY_KIND,
  INITIATION_KIND,
  KEEPALIVE_BYTES,
  type MessageKind,
  messageBytes,
  NO_MESSAGE,
  RESPONSE_KIND,
  TRANSPORT_HEADER_BYTES,
  TRANSPORT_KIND,
} from './message-kind.ts';
import { type Obfuscation, TOO_BIG, WRAPPED, type WrapResult } from './obfuscation.ts';
import { RandomPool } from './random-pool.ts';
import { contains, type Range } from './range.ts';
import { writeSignaturePacket } from './signature-packet.ts';

const BLOCK_BYTES = 64;

/** Whether MACs cover the type of a message: then it was drawn before they were written. */
const hasMacs = (kind: MessageKind): boolean => kind === INITIATION_KIND || kind === RESPONSE_KIND;

export class AmneziaWg implements Obfuscation {
  readonly overheadBytes: number;
  readonly decoys: number;
  readonly padsKeepalives: boolean;
  readonly disablesCookies: boolean;
  readonly leavesKeepalivesOut = false;
  start = 0;
  end = 0;
  receiver = 0;
  window = WINDOW_BYTES_INITIAL;
  private readonly parameters: AmneziaWgParameters;
  private readonly random: RandomPool;
  private readonly mask: ChaChaBlock | undefined;

  constructor(parameters: AmneziaWgParameters, random: Random) {
    this.parameters = parameters;
    this.random = new RandomPool(random);
    this.overheadBytes = parameters.padding[TRANSPORT_KIND];
    this.decoys = parameters.signatures.length + parameters.junk.count;
    this.padsKeepalives = parameters.randomTrailers || parameters.contentPadding !== undefined;
    this.disablesCookies = parameters.disableCookies;
    this.mask =
      parameters.headerProtectionKey && new ChaChaBlock(parameters.headerProtectionKey, 20);
  }

  drawType(kind: MessageKind): number {
    const { low, high } = this.parameters.types[kind];
    return this.random.between(low, high);
  }

  contentBytes(length: number, padded: number, mtu: number): number {
    const { contentPadding, randomTrailers, padding } = this.parameters;
    const most = mtu === 0 ? OBFUSCATED_DATAGRAM_BYTES_MAX : mtu;
    if (contentPadding !== undefined) {
      return this.within(
        length,
        this.random.between(contentPadding.low, contentPadding.high),
        most,
      );
    }
    if (!randomTrailers) return padded;
    const size = padding[TRANSPORT_KIND] + KEEPALIVE_BYTES + length;
    return this.within(length, this.drawTrailer(size, this.window), most);
  }

  wrap(
    kind: MessageKind,
    b: Uint8Array,
    start: number,
    end: number,
    low: number,
    high: number,
  ): WrapResult {
    const { padding, randomTrailers } = this.parameters;
    const front = padding[kind];
    const octets = end - start;
    if (front + octets > high - low) return TOO_BIG;
    // Where headroom ends the message moves up: it does for padding larger than the headroom only.
    const message = Math.max(start, low + front);
    const messageEnd = message + octets;
    if (message !== start) b.copyWithin(message, start, end);
    if (!hasMacs(kind)) writeUint32LittleEndian(b, message, this.drawType(kind));

    this.start = message - front;
    this.random.fill(b, this.start, message);
    if (this.mask !== undefined) {
      const masked = kind === TRANSPORT_KIND ? TRANSPORT_HEADER_BYTES : octets;
      this.applyMask(b, this.start, message, masked);
    }
    this.end = messageEnd;
    if (randomTrailers && kind !== TRANSPORT_KIND) {
      const window = kind === COOKIE_REPLY_KIND ? WINDOW_BYTES_INITIAL : this.window;
      this.end = Math.min(messageEnd + this.drawTrailer(front + octets, window), high);
      this.random.fill(b, messageEnd, this.end);
    }
    return WRAPPED;
  }

  writeDecoy(
    index: number,
    b: Uint8Array,
    start: number,
    high: number,
    unixSeconds: number,
  ): number {
    const { signatures, junk } = this.parameters;
    const signature = signatures[index];
    if (signature !== undefined) {
      if (start + signature.bytes > high) return start;
      return writeSignaturePacket(signature, b, start, this.random, unixSeconds);
    }
    // The upper bound is never drawn, as in the reference.
    const octets = this.random.between(junk.min, Math.max(junk.min, junk.max - 1));
    const end = Math.min(start + octets, high);
    this.random.fill(b, start, end);
    return end;
  }

  recognize(b: Uint8Array, start: number, end: number): MessageKind {
    const { types, randomTrailers, padding } = this.parameters;
    const octets = end - start;
    if (octets < KEEPALIVE_BYTES) return NO_MESSAGE;
    if (this.mask !== undefined) this.computeMask(b, start, 0);
    for (let k = INITIATION_KIND; k <= TRANSPORT_KIND; k++) {
      const kind = k as MessageKind;
      const fewest = padding[kind] + messageBytes(kind);
      const isOpenEnded = randomTrailers || kind === TRANSPORT_KIND;
      if (isOpenEnded ? octets < fewest : octets !== fewest) continue;
      const message = start + padding[kind];
      if (!contains(types[kind] as Range, this.readMasked(b, message, 0))) continue;
      this.start = message;
      this.end = kind === TRANSPORT_KIND ? end : message + messageBytes(kind);
      this.receiver =
        kind === INITIATION_KIND ? 0 : this.readMasked(b, message, kind === RESPONSE_KIND ? 8 : 4);
      return kind;
    }
    return NO_MESSAGE;
  }

  unwrap(b: Uint8Array, start: number, end: number): MessageKind {
    const kind = this.recognize(b, start, end);
    if (kind === NO_MESSAGE) return NO_MESSAGE;
    const message = this.start;
    if (this.mask !== undefined) {
      const masked = kind === TRANSPORT_KIND ? TRANSPORT_HEADER_BYTES : this.end - message;
      this.applyMask(b, start, message, masked);
    }
    if (!hasMacs(kind)) writeUint32LittleEndian(b, message, kind);
    return kind;
  }

  private drawTrailer(size: number, window: number): number {
    return window > size ? this.random.between(0, window - size - 1) : 0;
  }

  /** Returns the length with what was drawn, but not beyond the MTU: a packet must fit the path. */
  private within(length: number, addition: number, most: number): number {
    return Math.max(length, Math.min(length + addition, most));
  }

  /** Returns four octets of a message, signed, without mask; the mask was computed before. */
  private readMasked(b: Uint8Array, message: number, offset: number): number {
    const value = readInt32LittleEndian(b, message + offset);
    const { mask } = this;
    return mask === undefined ? value : value ^ (mask.words[offset >>> 2] as number);
  }

  /** Masks or unmasks the octets of a message with the keystream its datagram's start leads to. */
  private applyMask(b: Uint8Array, datagram: number, message: number, octets: number): void {
    for (let done = 0; done < octets; done += BLOCK_BYTES) {
      this.computeMask(b, datagram, done / BLOCK_BYTES);
      this.mask?.xor(b, message + done, Math.min(BLOCK_BYTES, octets - done));
    }
  }

  /** RFC 8439 §2.4: the counter, then 12 octets of nonce. */
  private computeMask(b: Uint8Array, datagram: number, counter: number): void {
    this.mask?.compute(
      counter,
      readInt32LittleEndian(b, datagram),
      readInt32LittleEndian(b, datagram + 4),
      readInt32LittleEndian(b, datagram + 8),
    );
  }
}
