/**
 * A peer of the benchmark: announces its feed and knows which prefixes of the workload it was told.
 *
 * @module
 */
import { BgpSession, type SessionOptions } from '../../e2e/lab/bgp-session.ts';
import { readUint16 } from '../../router-core/base/bytes.ts';
import { indexOfIpv4, indexOfIpv6, ipv4Count, type Prefixes } from './workload.ts';

export type SpeakerOptions = Omit<SessionOptions, 'hasIpv6'> & { readonly prefixes: Prefixes };

const MP_REACH = 14;
const MP_UNREACH = 15;

export class Speaker {
  /** How many prefixes of the workload the other side has announced and not withdrawn. */
  present = 0;
  /** Announced prefixes that are not of the workload. */
  foreign = 0;
  updates = 0;
  lastChange = 0;
  readonly session: BgpSession;
  private readonly prefixes: Prefixes;
  private readonly has: Uint8Array;

  constructor({ prefixes, ...options }: SpeakerOptions) {
    this.prefixes = prefixes;
    this.has = new Uint8Array(prefixes.count);
    this.session = new BgpSession(
      { ...options, hasIpv6: ipv4Count(prefixes) < prefixes.count },
      (b, start, end) => this.update(b, start, end),
    );
  }

  private update(b: Uint8Array, start: number, end: number): void {
    this.updates++;
    const before = this.present;
    const withdrawnEnd = start + 2 + readUint16(b, start);
    this.mark(b, start + 2, withdrawnEnd, 0, indexOfIpv4);
    const attributesEnd = withdrawnEnd + 2 + readUint16(b, withdrawnEnd);
    for (let o = withdrawnEnd + 2; o < attributesEnd; ) {
      const isLong = ((b[o] as number) & 0x10) !== 0;
      const value = o + (isLong ? 4 : 3);
      const length = isLong ? readUint16(b, o + 2) : (b[o + 2] as number);
      const type = b[o + 1];
      const indexOf = readUint16(b, value) === 1 ? indexOfIpv4 : indexOfIpv6;
      if (type === MP_REACH)
        this.mark(b, value + 5 + (b[value + 3] as number), value + length, 1, indexOf);
      if (type === MP_UNREACH) this.mark(b, value + 3, value + length, 0, indexOf);
      o = value + length;
    }
    this.mark(b, attributesEnd, end, 1, indexOfIpv4);
    if (this.present !== before) this.lastChange = performance.now();
  }

  private mark(
    b: Uint8Array,
    start: number,
    end: number,
    isPresent: 0 | 1,
    indexOf: typeof indexOfIpv4,
  ): void {
    for (let o = start; o < end; o += 1 + (((b[o] as number) + 7) >> 3)) {
      const index = indexOf(b, o, this.prefixes);
      if (index < 0) {
        this.foreign += isPresent;
        continue;
      }
      if (this.has[index] === isPresent) continue;
      this.has[index] = isPresent;
      this.present += isPresent === 1 ? 1 : -1;
    }
  }
}
