/**
 * The Ethernet ports of a netstack, and the next hops on them.
 *
 * Standard: RFC 1812 §5.2.4 (next hops); RFC 5549 / RFC 8950 (IPv4 by an IPv6 next hop needs nothing more).
 *
 * A port is an interface like a tunnel; a route to it says that the prefix is on its link. A neighbor that
 * routes lead to is a row of the interface table too, a next hop: so the forwarding table holds interfaces
 * and nothing else, and BGP sets a route by a neighbor on Ethernet as it sets one by a tunnel.
 *
 *   route ─► tunnel                        point-to-point
 *         ─► port      ─► destination ──┐
 *         ─► next hop  ─► its address ──┴─► neighbor cache of the port ─► frame
 *
 * Invariants
 * - A next hop has the MTU and the addresses of its port, and goes with it.
 * - An interface's addresses are the assigned ones; the others are nobody's yet.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import type { DropReason } from '../../base/drop-reason.ts';
import type { IpAddress } from '../../base/ip-address.ts';
import {
  equalMacAddresses,
  isStationMacAddress,
  MAC_ADDRESS_BYTES,
} from '../../base/mac-address.ts';
import type { TimerQueue } from '../../base/timer-queue.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import type { Instant, PacketSlot } from '../../base/units.ts';
import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  IPV4_DESTINATION,
  IPV6_DESTINATION,
  ipVersion,
  isIpv4Multicast,
  isIpv6Multicast,
  writeIpv4MulticastMacAddress,
  writeIpv6MulticastMacAddress,
} from '../../packet/index.ts';
import { drop, type Stack } from '../stack.ts';
import { AddressClaims } from './address-claims.ts';
import type { EthernetPortConfig, EthernetPorts, EthernetPortView } from './contract.ts';
import { ANSWERS_BURST, ANSWERS_PER_SECOND, NEXT_HOPS_PER_PORT } from './limits.ts';
import { NeighborCache } from './neighbor-cache.ts';
import { receiveAdvertisementOn, receiveSolicitationOn } from './neighbor-messages.ts';
import { routeTo } from './on-link.ts';
import { type EthernetPort, sendFrame } from './port.ts';
import { announceAddress, probeAddress, solicit } from './questions.ts';
import { receiveFrameOn } from './receive-frame.ts';
import { dropUnreachable } from './unreachable.ts';

type NextHop = { readonly port: EthernetPort; readonly address: IpAddress };

export class Ethernet implements EthernetPorts {
  private readonly stackOf: () => Stack;
  private readonly timerQueue: TimerQueue;
  /** By row of the interface table. */
  private readonly ports = new Map<number, EthernetPort>();
  private readonly nextHops = new Map<number, NextHop>();
  private readonly group = new Uint8Array(MAC_ADDRESS_BYTES);

  /** `stackOf` is asked when packets pass: the stack is made of this among others. */
  constructor(stackOf: () => Stack, timerQueue: TimerQueue) {
    this.stackOf = stackOf;
    this.timerQueue = timerQueue;
  }

  /** Makes the port of a new row; its addresses are claimed from here on. */
  addPort(index: number, config: EthernetPortConfig, now: Instant): void {
    assert(isStationMacAddress(config.linkAddress, 0), 'a port has the address of a station');
    const stack = this.stackOf();
    const { timerQueue } = this;
    const { random } = stack;
    const port: EthernetPort = {
      index,
      linkAddress: config.linkAddress,
      frames: config.frames,
      answers: new TokenBucket(ANSWERS_PER_SECOND, ANSWERS_BURST),
      neighbors: new NeighborCache({
        timerQueue,
        random,
        output: {
          solicit: (family, b, i, linkAddresses, linkAddressAt, at) =>
            solicit(stack, port, family, b, i, linkAddresses, linkAddressAt, at),
          deliver: (slot, linkAddresses, linkAddressAt, at) =>
            sendFrame(stack, port, slot, typeOf(stack, slot), linkAddresses, linkAddressAt, at),
          unreachable: (slot, at) => dropUnreachable(stack, slot, index, at),
          discard: (slot, reason) => drop(stack, slot, reason),
        },
      }),
      claims: new AddressClaims({
        timerQueue,
        random,
        output: {
          probe: (address, at) => probeAddress(stack, port, address, at),
          announce: (address, isOverride, at) =>
            announceAddress(stack, port, address, isOverride, at),
          assignmentChanged: () => this.assignmentChanged(port),
          told: (address, what, at) =>
            stack.events.push({
              kind: what === 'assigned' ? 'address-assigned' : 'address-conflict',
              interface: stack.interfaces.idOf(index),
              address,
              at,
            }),
        },
      }),
    };
    this.ports.set(index, port);
    stack.interfaces.port[index] = index;
    port.claims.set(config.addresses, now);
  }

  updatePort(index: number, change: Partial<EthernetPortConfig>, now: Instant): void {
    const stack = this.stackOf();
    const port = this.getPort(index);
    const { mtu, linkAddress, addresses, frames } = change;
    if (frames !== undefined) port.frames = frames;
    if (mtu !== undefined) stack.interfaces.update(index, { mtu });
    if ('ingress' in change) stack.interfaces.update(index, { ingress: change.ingress });
    if (addresses !== undefined) port.claims.set(addresses, now);
    if (linkAddress !== undefined && !equalMacAddresses(linkAddress, 0, port.linkAddress, 0)) {
      assert(isStationMacAddress(linkAddress, 0), 'a port has the address of a station');
      port.linkAddress = linkAddress;
      port.claims.announceAgain(now);
    }
    this.assignmentChanged(port);
  }

  /** Makes the next hop of a new row. */
  addNextHop(index: number, portIndex: number, address: IpAddress): void {
    const port = this.getPort(portIndex);
    assert(
      this.rowsOn(port).length < NEXT_HOPS_PER_PORT,
      'a port has a bounded number of next hops',
    );
    this.nextHops.set(index, { port, address });
    this.stackOf().interfaces.port[index] = portIndex;
    this.assignmentChanged(port);
  }

  /** Ends a port or next hop, if the row is one; returns the rows of next hops that go with it. */
  remove(index: number): number[] {
    this.nextHops.delete(index);
    const port = this.ports.get(index);
    if (port === undefined) return [];
    port.claims.stop();
    port.neighbors.clear();
    this.ports.delete(index);
    return this.rowsOn(port);
  }

  view(index: number, now: Instant): EthernetPortView {
    const port = this.getPort(index);
    return {
      linkAddress: port.linkAddress,
      addresses: port.claims.views(),
      neighbors: port.neighbors.views(now),
    };
  }

  receiveFrame(slot: PacketSlot, now: Instant): DropReason | undefined {
    const stack = this.stackOf();
    const port = this.ports.get(stack.interfaces.find(stack.arena.ingress[slot] as number));
    if (port === undefined) return drop(stack, slot, 'unknown-interface');
    return receiveFrameOn(stack, port, slot, now);
  }

  receiveSolicitation(
    slot: PacketSlot,
    icmp: number,
    link: number,
    now: Instant,
  ): DropReason | undefined {
    return receiveSolicitationOn(this.stackOf(), this.getPort(link), slot, icmp, now);
  }

  receiveAdvertisement(
    slot: PacketSlot,
    icmp: number,
    link: number,
    now: Instant,
  ): DropReason | undefined {
    return receiveAdvertisementOn(this.stackOf(), this.getPort(link), slot, icmp, now);
  }

  transmit(slot: PacketSlot, out: number, now: Instant): DropReason | undefined {
    const stack = this.stackOf();
    const hop = this.nextHops.get(out);
    if (hop !== undefined) return this.sendBy(stack, hop, slot, now);
    const port = this.getPort(out);
    const b = stack.arena.bytes;
    const ip = stack.arena.start[slot] as number;
    const family = ipVersion(b, ip) === 4 ? 4 : 6;
    const destination = ip + (family === 4 ? IPV4_DESTINATION : IPV6_DESTINATION);
    if (family === 4 ? isIpv4Multicast(b, destination) : isIpv6Multicast(b, destination)) {
      this.sendToGroup(stack, port, slot, family, destination, now);
      return undefined;
    }
    const row = routeTo(stack, port, family, b, destination);
    if (row === port.index) return this.sendTo(stack, port, slot, family, b, destination, now);
    // An answer, or a connection bound to the port, towards one who lives behind a neighbor.
    const beyond = this.nextHops.get(row);
    return beyond?.port === port
      ? this.sendBy(stack, beyond, slot, now)
      : drop(stack, slot, 'no-route');
  }

  private sendBy(
    stack: Stack,
    { port, address }: NextHop,
    slot: PacketSlot,
    now: Instant,
  ): DropReason | undefined {
    return this.sendTo(stack, port, slot, address.family, address.bytes, 0, now);
  }

  private sendTo(
    stack: Stack,
    port: EthernetPort,
    slot: PacketSlot,
    family: 4 | 6,
    b: Uint8Array,
    i: number,
    now: Instant,
  ): DropReason | undefined {
    const ingress = stack.arena.ingress[slot] as number;
    const reason = port.neighbors.send(slot, family, b, i, ingress, now);
    return reason === undefined ? undefined : drop(stack, slot, reason);
  }

  private sendToGroup(
    stack: Stack,
    port: EthernetPort,
    slot: PacketSlot,
    family: 4 | 6,
    destination: number,
    now: Instant,
  ): void {
    const b = stack.arena.bytes;
    if (family === 4) writeIpv4MulticastMacAddress(this.group, 0, b, destination);
    else writeIpv6MulticastMacAddress(this.group, 0, b, destination);
    sendFrame(stack, port, slot, typeOf(stack, slot), this.group, 0, now);
  }

  /** The rows of the next hops on a port. */
  private rowsOn(port: EthernetPort): number[] {
    return [...this.nextHops].filter(([, hop]) => hop.port === port).map(([row]) => row);
  }

  /** The rows of the port and its next hops get what is assigned. */
  private assignmentChanged(port: EthernetPort): void {
    const { interfaces, addresses } = this.stackOf();
    const assigned = port.claims.assigned();
    const { mtu } = interfaces.config(port.index);
    interfaces.update(port.index, { addresses: assigned });
    for (const row of this.rowsOn(port)) interfaces.update(row, { mtu, addresses: assigned });
    addresses.interfacesChanged();
  }

  private getPort(index: number): EthernetPort {
    const port = this.ports.get(index);
    assert(port !== undefined, 'an Ethernet port is in use');
    return port;
  }
}

const typeOf = (stack: Stack, slot: PacketSlot): number =>
  ipVersion(stack.arena.bytes, stack.arena.start[slot] as number) === 4
    ? ETHERTYPE_IPV4
    : ETHERTYPE_IPV6;
