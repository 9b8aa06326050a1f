/**
 * wgobfs: header masked by a keyed hash of the message, random-looking octets appended, MAC2 filled.
 *
 * Not standardized; the wire format is that of `infinet/xt_wgobfs` 0.6.1, see fixtures/README.md.
 *
 *   message   │ head 16 │ seed 16 │ …                      │
 *   datagram  │ masked  │ seed 16 │ …                      │ padding R, the last octet masked R │
 *
 * hash(input) is the ChaCha block with 6 rounds whose last four words are the input. The mask is
 * hash(seed); the octets of padding and MAC2 come from hashes of the seed counted up, so a datagram
 * is a function of key and message: the same message looks the same twice.
 *
 * Of keepalives four in five are left out, as the reference does, to hide their rhythm.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { at, readInt32LittleEndian } from '../../base/bytes.ts';
import { ChaChaBlock } from './chacha-block.ts';
import { WGOBFS_KEY_BYTES_MAX } from './limits.ts';
import {
  INITIATION_BYTES,
  INITIATION_KIND,
  KEEPALIVE_BYTES,
  type MessageKind,
  messageKind,
  NO_MESSAGE,
  RESPONSE_BYTES,
  RESPONSE_KIND,
  receiverIndex,
  TRANSPORT_KIND,
} from './message-kind.ts';
import {
  LEFT_OUT,
  type Obfuscation,
  PlainTyped,
  TOO_BIG,
  WRAPPED,
  type WrapResult,
} from './obfuscation.ts';

const KEY_BYTES = 32;
const HEAD_BYTES = 16;
const SEED = 16;
const MAC2_BYTES = 16;
/** The padding octet that hides the length of the padding comes after the mask of the head. */
const LENGTH_MASK = 16;
/** What a hash is asked for padding at once. */
const PADDING_HASH_BYTES = 32;
const PADDING_MIN = 4;
const PADDING_MAX = 32;
const PADDING_MAX_LARGE = 8;
/** Messages longer than this get little padding. */
const LARGE_BYTES = 200;
/** The counter's first value, and the flag of a type whose MAC2 was filled. */
const COUNTER_BEGIN = 42;
const MAC2_FILLED = 0x10;
/** A keepalive stays when its hash is at most this: 51 of 256. */
const KEEPALIVE_STAYS_MAX = 50;
/** The counter is one octet: after this many steps the hashes repeat. */
const COUNTER_STEPS = 256;

export class Wgobfs extends PlainTyped implements Obfuscation {
  /** What a full packet gets. Small ones get up to 32, and have the room. */
  readonly overheadBytes = PADDING_MAX_LARGE;
  override readonly leavesKeepalivesOut = true;
  private readonly block: ChaChaBlock;
  /** The seed with its counter: the input of the next hash. */
  private counter = 0;
  private seed1 = 0;
  private seed2 = 0;
  private seed3 = 0;
  private readonly head = new Uint8Array(HEAD_BYTES);

  constructor(key: Uint8Array) {
    super();
    assert(key.length >= 1 && key.length <= WGOBFS_KEY_BYTES_MAX, 'the key has 1 to 32 octets');
    this.block = new ChaChaBlock(
      new Uint8Array(KEY_BYTES).map((_, i) => at(key, i % key.length)),
      6,
    );
  }

  wrap(
    kind: MessageKind,
    b: Uint8Array,
    start: number,
    end: number,
    _low: number,
    high: number,
  ): WrapResult {
    const octets = end - start;
    this.beginCounter(b, start);
    if (kind === TRANSPORT_KIND && octets === KEEPALIVE_BYTES) {
      this.hashNext();
      if (this.block.octet(0) > KEEPALIVE_STAYS_MAX) return LEFT_OUT;
    }
    const padding = this.drawPadding(octets > LARGE_BYTES ? PADDING_MAX_LARGE : PADDING_MAX);
    if (end + padding > high) return TOO_BIG;
    for (let i = 0; i < padding; i++) b[end + i] = this.block.octet(i);
    this.fillMac2(kind, b, start, end);
    this.hashSeed(b, start);
    this.block.xor(b, start, HEAD_BYTES);
    b[end + padding - 1] = padding ^ this.block.octet(LENGTH_MASK);
    this.start = start;
    this.end = end + padding;
    return WRAPPED;
  }

  recognize(b: Uint8Array, start: number, end: number): MessageKind {
    if (end - start < KEEPALIVE_BYTES + PADDING_MIN) return NO_MESSAGE;
    this.hashSeed(b, start);
    const padding = at(b, end - 1) ^ this.block.octet(LENGTH_MASK);
    if (padding === 0 || end - start - padding < KEEPALIVE_BYTES) return NO_MESSAGE;
    const { head } = this;
    for (let i = 0; i < HEAD_BYTES; i++) head[i] = at(b, start + i);
    this.block.xor(head, 0, HEAD_BYTES);
    this.start = start;
    this.end = end - padding;
    // The upper half of the octet is a flag; the three after it are zero in every message.
    const type = readInt32LittleEndian(head, 0) & ~MAC2_FILLED;
    const kind = messageKind(type, this.end - start);
    this.receiver = receiverIndex(kind, head, 0);
    return kind;
  }

  unwrap(b: Uint8Array, start: number, end: number): MessageKind {
    const kind = this.recognize(b, start, end);
    if (kind === NO_MESSAGE) return NO_MESSAGE;
    const isMac2Filled = (at(this.head, 0) & MAC2_FILLED) !== 0;
    for (let i = 0; i < HEAD_BYTES; i++) b[start + i] = at(this.head, i);
    b[start] = kind;
    if (isMac2Filled && (kind === INITIATION_KIND || kind === RESPONSE_KIND)) {
      b.fill(0, this.end - MAC2_BYTES, this.end);
    }
    return kind;
  }

  /** An initiation or response without cookie ends in zeros, which nothing else does. */
  private fillMac2(kind: MessageKind, b: Uint8Array, start: number, end: number): void {
    const octets = end - start;
    const hasMac2 =
      (kind === INITIATION_KIND && octets === INITIATION_BYTES) ||
      (kind === RESPONSE_KIND && octets === RESPONSE_BYTES);
    const mac2 = end - MAC2_BYTES;
    if (!hasMac2 || readInt32LittleEndian(b, mac2) !== 0) return;
    this.hashNext();
    for (let i = 0; i < MAC2_BYTES; i++) b[mac2 + i] = this.block.octet(i);
    b[start] = at(b, start) | MAC2_FILLED;
  }

  /** Hashes on until an octet is a length of padding; the hash it stands in becomes the padding. */
  private drawPadding(max: number): number {
    for (let step = 0; step < COUNTER_STEPS; step++) {
      this.hashNext();
      for (let i = 0; i < PADDING_HASH_BYTES; i++) {
        const octet = this.block.octet(i);
        if (octet >= PADDING_MIN && octet <= max) return octet;
      }
    }
    // Not one of 8,192 octets fits: that has a chance of 2^-230.
    return PADDING_MIN;
  }

  private beginCounter(b: Uint8Array, start: number): void {
    const first = readInt32LittleEndian(b, start + SEED);
    this.counter = (first & ~0xff) | ((first + COUNTER_BEGIN) & 0xff);
    this.seed1 = readInt32LittleEndian(b, start + SEED + 4);
    this.seed2 = readInt32LittleEndian(b, start + SEED + 8);
    this.seed3 = readInt32LittleEndian(b, start + SEED + 12);
  }

  /** Counts the first octet of the seed up, without carry, and hashes. */
  private hashNext(): void {
    this.counter = (this.counter & ~0xff) | ((this.counter + 1) & 0xff);
    this.block.compute(this.counter, this.seed1, this.seed2, this.seed3);
  }

  private hashSeed(b: Uint8Array, start: number): void {
    this.block.compute(
      readInt32LittleEndian(b, start + SEED),
      readInt32LittleEndian(b, start + SEED + 4),
      readInt32LittleEndian(b, start + SEED + 8),
      readInt32LittleEndian(b, start + SEED + 12),
    );
  }
}
