/**
 * Disguises between the underlay and the fast path: taken off what came, put on what leaves.
 *
 * Not standardized; wireguard/obfuscation/README.md. The fast path knows plain transport messages only;
 * handshake messages stay as they came, and what the router worker sends is disguised already.
 *
 * Invariants
 * - Sockets and peers without disguise cost a comparison per batch, not per packet.
 * - A datagram that is left out takes no descriptor: the rest moves up, in order.
 *
 * @module
 */
import { knownIndexIn } from '../../fast-path/index.ts';
import * as L from '../../packet/plane-layout.ts';
import { LEFT_OUT, type ObfuscationConfig, PacketForms } from '../../router/index.ts';
import { systemRandom } from '../system-random.ts';

/** Room in front of a sealed message, and behind it: what is left of head- and tailroom. */
const ROOM_BEFORE = L.PLANE_HEADROOM - 16;
const ROOM_BEHIND = L.PLANE_TAILROOM - 32;

/** Tags count the peers of bank 0, then those of bank 1. */
export const bankOfTag = (tag: number): number => Math.floor(tag / L.PEERS);

export class Disguises {
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly forms: PacketForms;
  private readonly sockets = new Set<number>();
  private readonly peers = new Set<number>();

  constructor(buffer: SharedArrayBuffer) {
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.forms = new PacketForms(systemRandom, knownIndexIn(buffer));
  }

  setSocket(socket: number, forms: readonly ObfuscationConfig[]): void {
    this.forms.setSocket(socket, forms);
    if (forms.length === 0) this.sockets.delete(socket);
    else this.sockets.add(socket);
    // The fast path punts what comes by such a socket, unless it was restored here.
    this.bytes[L.SOCKET_FRAMINGS + socket] =
      forms.length === 0 ? L.FRAMING_WIREGUARD : L.FRAMING_OBFUSCATED;
  }

  /** What comes by this socket is of the mesh, whose messages have no disguise. */
  setMeshSocket(socket: number): void {
    this.setSocket(socket, []);
    this.bytes[L.SOCKET_FRAMINGS + socket] = L.FRAMING_ETHERGUARD;
  }

  /** `tag` marks datagrams to the peer (DESCRIPTOR_TAG). */
  setPeer(tag: number, form: ObfuscationConfig | undefined): void {
    this.forms.setPeer(tag, form);
    if (form === undefined) this.peers.delete(tag);
    else this.peers.add(tag);
  }

  /** Forgets the peers of a bank, whose tags are given out anew. */
  forgetBank(bank: number): void {
    for (const tag of [...this.peers]) if (bankOfTag(tag) === bank) this.setPeer(tag, undefined);
  }

  /** Restores transport messages among the received datagrams, in place. */
  restore(count: number): void {
    if (this.sockets.size === 0) return;
    const { words, forms } = this;
    for (let i = 0; i < count; i++) {
      const descriptor = (L.RX_DESCRIPTORS + i * L.DESCRIPTOR_BYTES) >> 2;
      const socket = words[descriptor + (L.DESCRIPTOR_SOCKET >> 2)] as number;
      if (!forms.isDisguised(socket)) continue;
      const start = words[descriptor + (L.DESCRIPTOR_START >> 2)] as number;
      const end = start + (words[descriptor + (L.DESCRIPTOR_LENGTH >> 2)] as number);
      if (!forms.restore(socket, this.bytes, start, end)) continue;
      words[descriptor + (L.DESCRIPTOR_START >> 2)] = forms.start;
      words[descriptor + (L.DESCRIPTOR_LENGTH >> 2)] = forms.end - forms.start;
      words[descriptor + (L.DESCRIPTOR_TAG >> 2)] = L.RESTORED;
    }
  }

  /** Disguises sealed messages among those to send; returns how many are left. */
  disguise(count: number): number {
    if (this.peers.size === 0) return count;
    const { words } = this;
    let left = 0;
    for (let i = 0; i < count; i++) {
      const from = (L.TX_DESCRIPTORS + i * L.DESCRIPTOR_BYTES) >> 2;
      const tag = words[from + (L.DESCRIPTOR_TAG >> 2)] as number;
      if (this.peers.has(tag) && !this.put(from, tag)) continue;
      const to = (L.TX_DESCRIPTORS + left * L.DESCRIPTOR_BYTES) >> 2;
      if (to !== from) words.copyWithin(to, from, from + (L.DESCRIPTOR_BYTES >> 2));
      left++;
    }
    return left;
  }

  /** Puts the disguise on one message; false when it is to be left out. */
  private put(descriptor: number, tag: number): boolean {
    const { words, forms, bytes } = this;
    const start = words[descriptor + (L.DESCRIPTOR_START >> 2)] as number;
    const end = start + (words[descriptor + (L.DESCRIPTOR_LENGTH >> 2)] as number);
    const result = forms.disguise(tag, bytes, start, end, start - ROOM_BEFORE, end + ROOM_BEHIND);
    if (result === LEFT_OUT) return false;
    words[descriptor + (L.DESCRIPTOR_START >> 2)] = forms.start;
    words[descriptor + (L.DESCRIPTOR_LENGTH >> 2)] = forms.end - forms.start;
    return true;
  }
}
