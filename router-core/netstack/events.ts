/**
 * What the netstack tells: answers to our own probes, and what a diagnosis wants to know.
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

/** What a probe is: an echo request, a datagram to a port nobody should use, or a SYN. */
export type ProbeProtocol = 'icmp' | 'udp' | 'tcp';

/** Which of our probes an answer is about. */
export type Probe = {
  readonly protocol: ProbeProtocol;
  readonly target: IpAddress;
  /** Of an echo request; of the others the source port. */
  readonly identifier: number;
  /** Of an echo request; of the others the destination port. */
  readonly sequence: number;
  /** Sequence number of a SYN, which its answers repeat; 0 of the others. */
  readonly segment: number;
  readonly sentAt: Instant;
};

export type NetstackEvent =
  | {
      /** The target's own answer: an echo reply, SYN,ACK or RST. */
      readonly kind: 'probe-reply';
      readonly interface: InterfaceId;
      readonly about: Probe;
      readonly answer: 'echo' | 'open' | 'refused';
      readonly from: IpAddress;
      readonly at: Instant;
      /** TTL or hop limit of the reply as it came in. */
      readonly hopLimit: number;
    }
  | {
      readonly kind: 'icmp-error';
      readonly interface: InterfaceId;
      readonly about: Probe;
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
  /** Nobody else on the link has this address: it is used from here on. */
  | {
      readonly kind: 'address-assigned';
      readonly interface: InterfaceId;
      readonly address: IpAddress;
      readonly at: Instant;
    }
  /** Somebody else on the link has this address, which we want or use. */
  | {
      readonly kind: 'address-conflict';
      readonly interface: InterfaceId;
      readonly address: IpAddress;
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
