/**
 * Who is let in: how many connections a service has, from where, and how many it turned away.
 *
 * Not standardized. One source is an IPv4 address or an IPv6 /64, which is what one network hands to one host.
 *
 * @module
 */
import { hostNetwork, type IpAddress } from '../../base/ip-address.ts';
import type { ServiceRefusal, ServiceView } from '../../router/index.ts';
import { SERVICE_CONNECTIONS, SERVICE_CONNECTIONS_PER_SOURCE } from './limits.ts';

export class Gate {
  private readonly sources = new Map<string, number>();
  private now = 0;
  private total = 0;
  private refused = 0;
  private lastRefusal: { at: string; reason: ServiceRefusal } | undefined;

  /** Returns what to call when the connection has ended, once; undefined: it is turned away, and counted so. */
  admit(source?: IpAddress): (() => void) | undefined {
    const key = source === undefined ? undefined : hostNetwork(source);
    const ofSource = key === undefined ? 0 : (this.sources.get(key) ?? 0);
    if (this.now >= SERVICE_CONNECTIONS || ofSource >= SERVICE_CONNECTIONS_PER_SOURCE) {
      this.refuse(this.now >= SERVICE_CONNECTIONS ? 'service-full' : 'source-full');
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
  refuse(reason: ServiceRefusal): void {
    this.refused++;
    this.lastRefusal = { at: new Date().toISOString(), reason };
  }

  view(): Omit<NonNullable<ServiceView['connections']>, 'limitPerSource'> {
    const { now, total, refused, lastRefusal } = this;
    return {
      now,
      total,
      refused,
      limit: SERVICE_CONNECTIONS,
      ...(lastRefusal === undefined ? {} : { lastRefusal }),
    };
  }

  private leave(key: string): void {
    const left = (this.sources.get(key) ?? 1) - 1;
    if (left === 0) this.sources.delete(key);
    else this.sources.set(key, left);
  }
}
