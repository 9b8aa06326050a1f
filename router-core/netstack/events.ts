/**
 * What the netstack tells: answers to our own echo requests, and what a diagnosis wants to know.
 *
 * Not standardized. The words for ICMP errors are ours, one for both families, because traceroute asks
 * the same of both.
 *
 * Invariant: at most `EVENTS_MAX` wait; what comes later is counted and lost.
 *
 * @module
 */
import type { IpAddress } from '../base/ip-address.ts';
import type { Instant, InterfaceId } from '../base/units.ts';
import { EVENTS_MAX } from './limits.ts';

/** What an ICMP or ICMPv6 error says. */
export type IcmpError =
  | 'no-route'
  | 'address-unreachable'
  | 'prohibited'
  | 'beyond-scope'
  | 'protocol-unreachable'
  | 'port-unreachable'
  | 'packet-too-big'
  | 'hop-limit-exceeded'
  | 'parameter-problem'
  | 'other';

/** Which of our echo requests an answer is about. */
export type EchoRequest = {
  readonly target: IpAddress;
  readonly identifier: number;
  readonly sequence: number;
  readonly sentAt: Instant;
};

export type NetstackEvent =
  | {
      readonly kind: 'echo-reply';
      readonly interface: InterfaceId;
      readonly identifier: number;
      readonly sequence: number;
      readonly from: IpAddress;
      readonly sentAt: Instant;
      readonly at: Instant;
      /** TTL or hop limit of the reply as it came in. */
      readonly hopLimit: number;
    }
  | {
      readonly kind: 'icmp-error';
      readonly interface: InterfaceId;
      readonly about: EchoRequest;
      readonly error: IcmpError;
      readonly icmpType: number;
      readonly icmpCode: number;
      /** Of the next hop, with 'packet-too-big'. */
      readonly mtu?: number;
      readonly from: IpAddress;
      readonly at: Instant;
      readonly hopLimit: number;
    }
  /** From the one whom a port asks (udp.ts). */
  | {
      readonly kind: 'datagram';
      readonly interface: InterfaceId;
      readonly port: number;
      readonly payload: Uint8Array;
      readonly at: Instant;
    }
  /** The first packet that came out of a tunnel. */
  | {
      readonly kind: 'first-inner-packet';
      readonly interface: InterfaceId;
      readonly at: Instant;
    }
  /** The peer speaks from another link-local address than the one we were told. */
  | {
      readonly kind: 'inner-source-mismatch';
      readonly interface: InterfaceId;
      readonly source: IpAddress;
      readonly at: Instant;
    }
  /** After a mismatch: it speaks from the right one as well. */
  | {
      readonly kind: 'inner-source-right';
      readonly interface: InterfaceId;
      readonly at: Instant;
    };

/** A bounded queue between the packet path and the driver. */
export class EventQueue {
  /** How many events were lost because the driver did not take them. */
  lost = 0;
  private readonly waiting: NetstackEvent[] = [];

  push(event: NetstackEvent): void {
    if (this.waiting.length < EVENTS_MAX) this.waiting.push(event);
    else this.lost++;
  }

  next(): NetstackEvent | undefined {
    return this.waiting.shift();
  }
}
