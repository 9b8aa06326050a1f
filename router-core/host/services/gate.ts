/**
 * Who is let in: how many connections a service has, from where, and how many it turned away.
 *
 * Not standardized. One source is an IPv4 address or an IPv6 /64, which is what one network hands to one host.
 *
 * @module
 */
import { formatIpPrefix, type IpAddress, prefixOf } from '../../base/ip-address.ts';
import type { ServiceView } from '../../router/index.ts';
import { SERVICE_CONNECTIONS, SERVICE_CONNECTIONS_PER_SOURCE } from './limits.ts';

export class Gate {
  private readonly sources = new Map<string, number>();
  private now = 0;
  private total = 0;
  private refused = 0;

  /** Returns what to call when the connection has ended, once; undefined: it is turned away, and counted so. */
  admit(source?: IpAddress): (() => void) | undefined {
    const key = source === undefined ? undefined : sourceOf(source);
    const ofSource = key === undefined ? 0 : (this.sources.get(key) ?? 0);
    if (this.now >= SERVICE_CONNECTIONS || ofSource >= SERVICE_CONNECTIONS_PER_SOURCE) {
      this.refused++;
      return undefined;
    }
    this.now++;
    this.total++;
    if (key !== undefined) this.sources.set(key, ofSource + 1);
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.now--;
      if (key !== undefined) this.leave(key);
    };
  }

  /** Counts a connection that was let in or not, and could not be served. */
  refuse(): void {
    this.refused++;
  }

  view(): NonNullable<ServiceView['connections']> {
    return { now: this.now, total: this.total, refused: this.refused };
  }

  private leave(key: string): void {
    const left = (this.sources.get(key) ?? 1) - 1;
    if (left === 0) this.sources.delete(key);
    else this.sources.set(key, left);
  }
}

const sourceOf = (address: IpAddress): string =>
  formatIpPrefix(prefixOf(address, address.family === 4 ? 32 : 64));
