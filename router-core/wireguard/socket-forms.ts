/**
 * Which obfuscations are in use: the form of each peer, and the forms a socket listens for.
 *
 * Not standardized; obfuscation/README.md.
 *
 *   out   message of a peer ─ its form ─► decoys, datagram
 *   in    datagram ─ forms of its socket, the one its source used last first ─► message
 *
 * A peer is always answered in its own form. What comes in may have any form of its socket: the
 * handshake, not the disguise, proves who somebody is.
 *
 * A datagram that fits more than one form is a message of the form whose reading leads on: the index
 * in it is one of ours, or its MAC1 is right.
 *
 * Invariants
 * - A socket has at most FORMS_PER_SOCKET forms; a form without peers is gone.
 * - A socket whose peers are all plain costs one comparison.
 *
 * @module
 */
import { at, writeUint32LittleEndian } from '../base/bytes.ts';
import { RouterError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { NONE, type PacketSlot, type PeerId, type SocketId } from '../base/units.ts';
import type { PacketArena } from '../packet/arena.ts';
import { SLOT_BYTES } from '../packet/layout.ts';
import type { MacVerifier } from './cookie.ts';
import { INITIATION, WIREGUARD_FRAMING } from './framing.ts';
import type { KeyPairTable } from './key-pair-table.ts';
import {
  createObfuscation,
  FORMS_PER_SOCKET,
  INITIATION_KIND,
  type MessageKind,
  NO_MESSAGE,
  type Obfuscation,
  type ObfuscationConfig,
  obfuscationIdentity,
  WINDOW_BYTES_INITIAL,
  type WrapResult,
} from './obfuscation/index.ts';

/** The form of a peer that has none: its messages leave as they are. */
const PLAIN = 0;
const PLAIN_CONFIG: ObfuscationConfig = { kind: 'none' };
/** Sources whose last form is remembered; two that meet in a row cost each other a comparison. */
const SOURCE_ROWS = 1024;
const MAC1_OFFSET = WIREGUARD_FRAMING.typeBytes + INITIATION.mac1;

/** Told who has which form: a thread that moves packets needs the same (obfuscation/packet-forms.ts). */
export interface FormsListener {
  /** The forms a socket listens for; none where all of it is plain. */
  socketFormsChanged(socket: SocketId, forms: readonly ObfuscationConfig[]): void;
  /** The form of a peer's messages; undefined where they are plain. */
  peerFormChanged(peer: PeerId, form: ObfuscationConfig | undefined): void;
}

export class SocketForms {
  /** The form of the datagram at hand, for an answer to a stranger. */
  private arrivedForm = PLAIN;
  private arrivedBytes = 0;
  private readonly arena: PacketArena;
  private readonly keyPairs: KeyPairTable;
  private readonly macs: MacVerifier;
  private readonly random: Random;
  private readonly listener: FormsListener | undefined;
  /** By form id; PLAIN is always there. */
  private readonly forms: (Obfuscation | undefined)[];
  private readonly configs: (ObfuscationConfig | undefined)[] = [PLAIN_CONFIG];
  private readonly identities: string[] = [obfuscationIdentity(PLAIN_CONFIG)];
  /** By SocketId: the form of each of its peers, as often as peers have it. */
  private readonly peerFormsOf: number[][] = [];
  /** By SocketId: the same without repetition; undefined where all are plain. */
  private readonly formsOf: (readonly number[] | undefined)[] = [];
  private readonly formOfPeer: Uint16Array;
  private readonly socketOfPeer: Int32Array;
  /** By PeerId: the largest datagram that came or went. */
  private readonly windowOfPeer: Uint16Array;
  private readonly formOfSource = new Uint16Array(SOURCE_ROWS);
  private readonly copy = new Uint8Array(SLOT_BYTES);

  constructor(options: {
    readonly capacity: number;
    readonly arena: PacketArena;
    readonly keyPairs: KeyPairTable;
    readonly macs: MacVerifier;
    readonly random: Random;
    readonly listener: FormsListener | undefined;
  }) {
    const { capacity } = options;
    this.arena = options.arena;
    this.keyPairs = options.keyPairs;
    this.macs = options.macs;
    this.random = options.random;
    this.listener = options.listener;
    this.forms = [createObfuscation(PLAIN_CONFIG, options.random)];
    this.formOfPeer = new Uint16Array(capacity);
    this.socketOfPeer = new Int32Array(capacity).fill(NONE);
    this.windowOfPeer = new Uint16Array(capacity);
  }

  /** Whether a socket can serve one more form. @throws RouterError `OBFUSCATION_INVALID`. */
  checkRoom(socket: SocketId, config: ObfuscationConfig = PLAIN_CONFIG): void {
    const form = this.identities.indexOf(obfuscationIdentity(config));
    const present = new Set(this.peerFormsOf[socket]);
    if (present.has(form) || present.size < FORMS_PER_SOCKET) return;
    throw new RouterError(
      'OBFUSCATION_INVALID',
      `One UDP port serves ${FORMS_PER_SOCKET} different obfuscations, plain among them. Give this peering a listenPort of its own.`,
      { path: 'obfuscation' },
    );
  }

  /** Lets a peer use a form on a socket, which has room for it. */
  add(peer: PeerId, socket: SocketId, config: ObfuscationConfig = PLAIN_CONFIG): void {
    const form = this.intern(config);
    this.formOfPeer[peer] = form;
    this.windowOfPeer[peer] = WINDOW_BYTES_INITIAL;
    this.joinSocket(peer, socket);
    if (form !== PLAIN) this.listener?.peerFormChanged(peer, config);
  }

  /** The peer's configured socket changes. @throws RouterError `OBFUSCATION_INVALID`. */
  move(peer: PeerId, socket: SocketId): void {
    if (this.socketOfPeer[peer] === socket) return;
    this.checkRoom(socket, this.configs[this.formOfPeer[peer] as number]);
    this.leaveSocket(peer);
    this.joinSocket(peer, socket);
  }

  remove(peer: PeerId): void {
    const form = this.formOfPeer[peer] as number;
    this.leaveSocket(peer);
    this.formOfPeer[peer] = PLAIN;
    if (form !== PLAIN) this.listener?.peerFormChanged(peer, undefined);
    if (form === PLAIN || this.peerFormsOf.some((peers) => peers.includes(form))) return;
    this.forms[form] = undefined;
    this.configs[form] = undefined;
    this.identities[form] = '';
  }

  /** The form a peer's messages leave in; undefined where they are plain. */
  ofPeer(peer: PeerId): Obfuscation | undefined {
    const id = this.formOfPeer[peer] as number;
    if (id === PLAIN) return undefined;
    const form = this.forms[id] as Obfuscation;
    form.window = this.windowOfPeer[peer] as number;
    return form;
  }

  /** The form the datagram at hand came in; undefined where it was plain. */
  ofArrival(): Obfuscation | undefined {
    return this.arrivedForm === PLAIN ? undefined : this.forms[this.arrivedForm];
  }

  /** The forms of a socket; undefined where everything is plain. */
  ofSocket(socket: number): readonly number[] | undefined {
    this.arrivedForm = PLAIN;
    return this.formsOf[socket];
  }

  /** Turns the datagram in a slot into its message, under one of these forms. */
  unwrap(slot: PacketSlot, forms: readonly number[]): MessageKind {
    const { arena } = this;
    const { bytes } = arena;
    const start = arena.start[slot] as number;
    const end = arena.end[slot] as number;
    const id = forms.length === 1 ? (forms[0] as number) : this.choose(slot, forms);
    const form = this.forms[id] as Obfuscation;
    const kind = form.unwrap(bytes, start, end);
    if (kind === NO_MESSAGE) return NO_MESSAGE;
    this.arrivedForm = id;
    this.arrivedBytes = end - start;
    arena.start[slot] = form.start;
    arena.end[slot] = form.end;
    return kind;
  }

  /** The message at hand is an authentic one of this peer. */
  arrivedFrom(peer: PeerId, slot: PacketSlot): void {
    if (this.arrivedForm === PLAIN) return;
    this.widen(peer, this.arrivedBytes);
    this.formOfSource[this.sourceRow(slot)] = this.arrivedForm;
  }

  /** Turns the message in a slot into a datagram of this form. */
  wrap(slot: PacketSlot, kind: MessageKind, form: Obfuscation): WrapResult {
    const { arena } = this;
    const low = slot * SLOT_BYTES;
    const result = form.wrap(
      kind,
      arena.bytes,
      arena.start[slot] as number,
      arena.end[slot] as number,
      low,
      low + SLOT_BYTES,
    );
    arena.start[slot] = form.start;
    arena.end[slot] = form.end;
    return result;
  }

  /** A datagram for this peer left: later ones may be as large. */
  widen(peer: PeerId, octets: number): void {
    if (octets > (this.windowOfPeer[peer] as number)) this.windowOfPeer[peer] = octets;
  }

  /** Returns the one form that reads the datagram, or of several the one whose message leads on. */
  private choose(slot: PacketSlot, forms: readonly number[]): number {
    const { arena } = this;
    const start = arena.start[slot] as number;
    const end = arena.end[slot] as number;
    const last = this.formOfSource[this.sourceRow(slot)] as number;
    let chosen = forms.includes(last) ? last : (forms[0] as number);
    let readable = 0;
    for (let i = -1; i < forms.length; i++) {
      const id = i < 0 ? chosen : (forms[i] as number);
      if (i >= 0 && id === last) continue;
      const form = this.forms[id] as Obfuscation;
      const kind = form.recognize(arena.bytes, start, end);
      if (kind === NO_MESSAGE) continue;
      if (this.leadsOn(form, kind, start, end)) return id;
      if (readable++ === 0) chosen = id;
    }
    return chosen;
  }

  /** Whether a message is for us, as far as can be seen without a private key. */
  private leadsOn(form: Obfuscation, kind: MessageKind, start: number, end: number): boolean {
    if (kind !== INITIATION_KIND) return this.keyPairs.find(form.receiver >>> 0) >= 0;
    const { copy, macs } = this;
    const octets = end - start;
    for (let i = 0; i < octets; i++) copy[i] = at(this.arena.bytes, start + i);
    form.unwrap(copy, 0, octets);
    return macs.isMac1Right(copy, form.start, form.start + MAC1_OFFSET);
  }

  private intern(config: ObfuscationConfig): number {
    const identity = obfuscationIdentity(config);
    const known = this.identities.indexOf(identity);
    if (known >= 0) return known;
    const free = this.forms.indexOf(undefined);
    const id = free >= 0 ? free : this.forms.length;
    this.forms[id] = createObfuscation(config, this.random);
    this.configs[id] = config;
    this.identities[id] = identity;
    return id;
  }

  private joinSocket(peer: PeerId, socket: SocketId): void {
    this.socketOfPeer[peer] = socket;
    const peers = this.peerFormsOf[socket] ?? [];
    this.peerFormsOf[socket] = peers;
    peers.push(this.formOfPeer[peer] as number);
    this.recount(socket);
  }

  private leaveSocket(peer: PeerId): void {
    const socket = this.socketOfPeer[peer] as SocketId;
    const peers = this.peerFormsOf[socket] ?? [];
    const place = peers.indexOf(this.formOfPeer[peer] as number);
    if (place >= 0) peers.splice(place, 1);
    this.socketOfPeer[peer] = NONE;
    this.recount(socket);
  }

  private recount(socket: SocketId): void {
    const forms = [...new Set(this.peerFormsOf[socket])];
    const before = this.formsOf[socket];
    const after = forms.every((form) => form === PLAIN) ? undefined : forms;
    this.formsOf[socket] = after;
    if (before?.join() === after?.join()) return;
    const configs = (after ?? []).map((form) => this.configs[form] as ObfuscationConfig);
    this.listener?.socketFormsChanged(socket, configs);
  }

  private sourceRow(slot: PacketSlot): number {
    const { remotePort, remoteFamily, remoteAddress } = this.arena;
    const octets = remoteFamily[slot] === 6 ? 16 : 4;
    let hash = remotePort[slot] as number;
    for (let i = 0; i < octets; i++) {
      hash = Math.imul(hash ^ at(remoteAddress, slot * 16 + i), 0x01000193);
    }
    return (hash ^ (hash >>> 15)) & (SOURCE_ROWS - 1);
  }
}

/** Writes the type a handshake message has in this form, before its MACs are written. */
export function writeDrawnType(
  form: Obfuscation | undefined,
  kind: MessageKind,
  b: Uint8Array,
  start: number,
): void {
  if (form !== undefined) writeUint32LittleEndian(b, start, form.drawType(kind));
}
