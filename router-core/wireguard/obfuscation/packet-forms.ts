/**
 * Forms by socket and peer, for a thread that only moves packets: it is told plain data.
 *
 * Not standardized; docs/architecture.md §6. The device decides who has which form (socket-forms.ts).
 *
 *   in    datagram of a socket ─ restore ─► transport message, to be opened
 *                                      └──► anything else stays as it came, for the device
 *   out   sealed message of a peer ─ disguise ─► datagram, or nothing
 *
 * Invariants
 * - `restore` changes only what it says is a transport message.
 * - Nothing is allocated per packet; where the result stands is in `start` and `end`.
 *
 * @module
 */
import type { Random } from '../../base/random.ts';
import { createObfuscation } from './build.ts';
import { WINDOW_BYTES_INITIAL } from './limits.ts';
import { TRANSPORT_KIND } from './message-kind.ts';
import { type Obfuscation, WRAPPED, type WrapResult } from './obfuscation.ts';
import type { ObfuscationConfig } from './options.ts';

export class PacketForms {
  start = 0;
  end = 0;
  private readonly random: Random;
  private readonly isOurs: (index: number) => boolean;
  private readonly ofSocket: (readonly Obfuscation[] | undefined)[] = [];
  private readonly ofPeer: (Obfuscation | undefined)[] = [];
  /** By peer: the largest datagram that left. */
  private readonly windows: number[] = [];

  /** @param isOurs whether a receiver index belongs to a key pair; asked where forms compete. */
  constructor(random: Random, isOurs: (index: number) => boolean) {
    this.random = random;
    this.isOurs = isOurs;
  }

  /** The forms a socket listens for; none where all of it is plain. */
  setSocket(socket: number, forms: readonly ObfuscationConfig[]): void {
    this.ofSocket[socket] =
      forms.length === 0 ? undefined : forms.map((form) => createObfuscation(form, this.random));
  }

  /** The form a peer's messages leave in; undefined where they are plain. */
  setPeer(peer: number, form: ObfuscationConfig | undefined): void {
    this.ofPeer[peer] = form === undefined ? undefined : createObfuscation(form, this.random);
    this.windows[peer] = WINDOW_BYTES_INITIAL;
  }

  /** Whether datagrams of this socket must come by `restore`. */
  isDisguised(socket: number): boolean {
    return this.ofSocket[socket] !== undefined;
  }

  /** Restores a transport message in place; false for everything else, which stays as it is. */
  restore(socket: number, b: Uint8Array, start: number, end: number): boolean {
    const forms = this.ofSocket[socket];
    if (forms === undefined) return false;
    for (let i = 0; i < forms.length; i++) {
      const form = forms[i] as Obfuscation;
      if (form.recognize(b, start, end) !== TRANSPORT_KIND) continue;
      if (forms.length > 1 && !this.isOurs(form.receiver >>> 0)) continue;
      form.unwrap(b, start, end);
      this.start = form.start;
      this.end = form.end;
      return true;
    }
    return false;
  }

  /** Returns how long the content of a message to this peer becomes before it is sealed. */
  contentBytes(peer: number, length: number, padded: number, mtu: number): number {
    const form = this.ofPeer[peer];
    if (form === undefined) return padded;
    form.window = this.windows[peer] as number;
    return form.contentBytes(length, padded, mtu);
  }

  /** Disguises a sealed transport message in place, within the room `low` to `high`. */
  disguise(
    peer: number,
    b: Uint8Array,
    start: number,
    end: number,
    low: number,
    high: number,
  ): WrapResult {
    this.start = start;
    this.end = end;
    const form = this.ofPeer[peer];
    if (form === undefined) return WRAPPED;
    const result = form.wrap(TRANSPORT_KIND, b, start, end, low, high);
    this.start = form.start;
    this.end = form.end;
    const octets = form.end - form.start;
    if (result === WRAPPED && octets > (this.windows[peer] as number)) this.windows[peer] = octets;
    return result;
  }
}
