/**
 * Texts and octets of addresses, both ways, for a runtime that speaks in texts.
 *
 * Not standardized. One text per remote, not per packet; both tables have a fixed size.
 *
 * TODO when a peer's endpoint may be link-local: the zone of such a source is dropped here, so that an
 * answer to it fails; the batched kind keeps it.
 *
 * @module
 */
import { formatIpAddress, parseIpAddress } from '../../base/ip-address.ts';
import { AF_INET, addressIn, equalSockaddr, SOCKADDR_BYTES, writeSockaddr } from './descriptor.ts';

const CACHE_SIZE = 4096;
const WORDS = 7;

/** The port, in the first word of a socket address, does not belong to the text. */
const FAMILY_MASK = 0xffff;

export class AddressTexts {
  private readonly keys = new Int32Array(CACHE_SIZE * WORDS);
  private readonly texts: string[] = new Array<string>(CACHE_SIZE).fill('');
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly wanted = new Int32Array(WORDS);

  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory);
    this.bytes = new Uint8Array(memory);
  }

  /** Returns the text of the address in the socket address that starts at this word. */
  of(sockaddr: number): string {
    const { words, wanted } = this;
    let hash = 0;
    for (let i = 0; i < WORDS; i++) {
      const word = words[sockaddr + i] as number;
      wanted[i] = i === 0 ? word & FAMILY_MASK : word;
      hash = Math.imul(hash ^ (wanted[i] as number), 0x9e3779b1);
    }
    const place = (hash >>> 16) & (CACHE_SIZE - 1);
    if (!equalSockaddr(this.keys, place * WORDS, wanted, 0)) {
      this.keys.set(wanted, place * WORDS);
      this.texts[place] = this.format(sockaddr * 4);
    }
    return this.texts[place] as string;
  }

  private format(start: number): string {
    const sockaddr = this.bytes.slice(start, start + SOCKADDR_BYTES);
    const family = sockaddr[0] === AF_INET ? 4 : 6;
    return formatIpAddress({ family, bytes: addressIn(sockaddr) });
  }
}

export class AddressOctets {
  private readonly known = new Map<string, Uint8Array>();

  /** Writes the socket address of a datagram's source; returns false when the text is no address. */
  write(bytes: Uint8Array, at: number, text: string, port: number): boolean {
    const address = this.known.get(text) ?? this.parse(text);
    if (address === undefined) return false;
    writeSockaddr(bytes, at, address, port);
    return true;
  }

  private parse(text: string): Uint8Array | undefined {
    const address = parseIpAddress(text.split('%')[0] as string)?.bytes;
    if (address === undefined) return undefined;
    if (this.known.size >= CACHE_SIZE) this.known.clear();
    this.known.set(text, address);
    return address;
  }
}
