/**
 * Key pairs of all peers, found by receiver index, in typed arrays over one memory.
 *
 * Standard: WireGuard paper §5.4 (indices), §6.2. The table itself is not standardized.
 *
 *   receiver index   │ generation (random) │ row │      row = lower bits: no hash table, no reference
 *
 *   free ──reserve──► handshake ──install──► key pair ──release──► free
 *
 * A row begins as the index of a handshake under way and becomes the key pair of its outcome. The
 * generation is drawn anew each time and never repeats the row's last one, so that a late packet
 * never meets a new key pair, and observers learn little from indices.
 *
 * Invariants
 * - Ids are rows; whoever keeps one in a column drops it when the row is released.
 * - The cipher keys of a row belong to it and are removed with it.
 * - With a forwarding plane the keys, counters and windows of a key pair are there and not here.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import type { Random } from '../base/random.ts';
import { type Branded, type Instant, NONE, type PeerId } from '../base/units.ts';
import type { TransportPlane } from '../packet/forwarding-plane.ts';
import type { CipherKey, PacketCipher } from './crypto.ts';
import type { TransportKeys } from './noise.ts';
import { acceptCounter, clearWindow, REPLAY_WORDS } from './replay-window.ts';

export type KeyPairId = Branded<number, 'KeyPairId'>;
/** `find`: the row is in use by another generation. */
export const STALE = -2;

const FREE = 0;
const HANDSHAKE = 1;
const KEY_PAIR = 2;

/** The columns: name and octets per row, widest first so that each is aligned. */
const COLUMNS = [
  ['created', 8],
  ['sendCounter', 8],
  ['greatest', 8],
  ['window', 4 * REPLAY_WORDS],
  ['localIndex', 4],
  ['remoteIndex', 4],
  ['peer', 4],
  ['sendKey', 4],
  ['receiveKey', 4],
  ['state', 1],
  ['isInitiator', 1],
] as const;
type ColumnName = (typeof COLUMNS)[number][0];

export class KeyPairTable {
  /** When the key pair was derived. */
  readonly created: Float64Array;
  /** The counter of the next message. */
  readonly sendCounter: Float64Array;
  readonly remoteIndex: Uint32Array;
  readonly localIndex: Uint32Array;
  readonly peer: Int32Array;
  readonly sendKey: Int32Array;
  readonly receiveKey: Int32Array;
  readonly isInitiator: Uint8Array;

  private readonly state: Uint8Array;
  private readonly greatest: Float64Array;
  private readonly window: Uint32Array;
  private readonly freeRows: Uint32Array;
  private freeCount: number;
  private readonly rows: number;
  private readonly rowMask: number;
  private readonly rowBits: number;
  private readonly cipher: PacketCipher;
  private readonly random: Random;
  private readonly plane: TransportPlane | undefined;

  constructor(options: {
    readonly rows: number;
    readonly cipher: PacketCipher;
    readonly random: Random;
    readonly plane?: TransportPlane | undefined;
  }) {
    const { rows } = options;
    const offsets = {} as Record<ColumnName, number>;
    let total = 0;
    for (const [name, perRow] of COLUMNS) {
      offsets[name] = total;
      total += Math.ceil((rows * perRow) / 64) * 64;
    }
    const buffer = new ArrayBuffer(total);
    this.created = new Float64Array(buffer, offsets.created, rows);
    this.sendCounter = new Float64Array(buffer, offsets.sendCounter, rows);
    this.greatest = new Float64Array(buffer, offsets.greatest, rows);
    this.window = new Uint32Array(buffer, offsets.window, rows * REPLAY_WORDS);
    this.localIndex = new Uint32Array(buffer, offsets.localIndex, rows);
    this.remoteIndex = new Uint32Array(buffer, offsets.remoteIndex, rows);
    this.peer = new Int32Array(buffer, offsets.peer, rows);
    this.sendKey = new Int32Array(buffer, offsets.sendKey, rows);
    this.receiveKey = new Int32Array(buffer, offsets.receiveKey, rows);
    this.state = new Uint8Array(buffer, offsets.state, rows);
    this.isInitiator = new Uint8Array(buffer, offsets.isInitiator, rows);

    this.rows = rows;
    this.rowBits = Math.max(1, Math.ceil(Math.log2(rows)));
    this.rowMask = 2 ** this.rowBits - 1;
    this.freeRows = new Uint32Array(rows);
    for (let i = 0; i < rows; i++) this.freeRows[i] = rows - 1 - i;
    this.freeCount = rows;
    this.cipher = options.cipher;
    this.random = options.random;
    this.plane = options.plane;
  }

  /** Takes a row for a handshake and gives it a fresh receiver index. */
  reserve(peer: PeerId): KeyPairId {
    assert(this.freeCount > 0, 'the key-pair table has rows for every peer');
    const row = this.freeRows[--this.freeCount] as number;
    const generations = 2 ** (32 - this.rowBits);
    const last = (this.localIndex[row] as number) >>> this.rowBits;
    // Drawn from all generations but the last one.
    const drawn = this.random.below(generations - 1);
    const generation = drawn >= last ? drawn + 1 : drawn;
    this.localIndex[row] = generation * 2 ** this.rowBits + row;
    this.state[row] = HANDSHAKE;
    this.peer[row] = peer;
    this.sendKey[row] = NONE;
    this.receiveKey[row] = NONE;
    return row as KeyPairId;
  }

  /** Makes the row of a handshake a key pair. The keys are copied into the provider. */
  install(
    row: KeyPairId,
    pair: {
      readonly keys: TransportKeys;
      readonly remoteIndex: number;
      readonly isInitiator: boolean;
      readonly now: Instant;
    },
  ): void {
    assert(this.state[row] === HANDSHAKE, 'a key pair is installed in the row of its handshake');
    this.state[row] = KEY_PAIR;
    this.remoteIndex[row] = pair.remoteIndex;
    this.isInitiator[row] = pair.isInitiator ? 1 : 0;
    this.created[row] = pair.now;
    this.sendCounter[row] = 0;
    if (this.plane !== undefined) {
      this.installInPlane(this.plane, row, pair);
      return;
    }
    this.sendKey[row] = this.cipher.addKey(pair.keys.send);
    this.receiveKey[row] = this.cipher.addKey(pair.keys.receive);
    clearWindow(this.window, this.greatest, row);
  }

  /** An initiator's key pair is confirmed by the response it comes from. */
  private installInPlane(
    plane: TransportPlane,
    row: KeyPairId,
    pair: Parameters<KeyPairTable['install']>[1],
  ): void {
    plane.addKeyPair(
      row,
      {
        peer: this.peer[row] as PeerId,
        localIndex: this.localIndex[row] as number,
        remoteIndex: pair.remoteIndex,
        isInitiator: pair.isInitiator,
        created: pair.now,
        sendKey: pair.keys.send,
        receiveKey: pair.keys.receive,
      },
      pair.isInitiator,
    );
  }

  /** Frees the row and erases its keys; NONE is nothing to free. */
  release(row: number): void {
    if (row === NONE) return;
    assert(this.state[row] !== FREE, 'a key pair is released once');
    if (this.state[row] === KEY_PAIR && this.plane !== undefined) {
      this.plane.removeKeyPair(row);
    } else if (this.state[row] === KEY_PAIR) {
      this.cipher.removeKey(this.sendKey[row] as CipherKey);
      this.cipher.removeKey(this.receiveKey[row] as CipherKey);
    }
    this.state[row] = FREE;
    this.peer[row] = NONE;
    this.freeRows[this.freeCount++] = row;
  }

  /** Returns the row of a receiver index, NONE when nobody has it, STALE when another generation does. */
  find(index: number): number {
    const row = index & this.rowMask;
    if (row >= this.rows || this.state[row] === FREE) return NONE;
    return this.localIndex[row] === index ? row : STALE;
  }

  isKeyPair(row: number): boolean {
    return this.state[row] === KEY_PAIR;
  }

  /** Whether the row's replay window takes the counter; asked after the AEAD only. */
  acceptCounter(row: number, counter: number): boolean {
    return acceptCounter(this.window, this.greatest, row, counter);
  }

  /** How many rows are free; tests look for leaks with it. */
  free(): number {
    return this.freeCount;
  }
}
