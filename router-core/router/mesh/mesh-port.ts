/**
 * The Ethernet port of an edge of `IType: router`: the mesh as an interface of the node's own IP stack.
 *
 * Standard: RFC 1812 §5.2.4 (next hops).
 *
 * Invariants
 * - The port outlives the lives of its edge: addresses are claimed once, not after every restart.
 * - A next hop is there as long as a route leads to it, and goes with the port.
 *
 * @module
 */
import {
  equalPrefixes,
  formatIpAddress,
  type IpAddress,
  type IpPrefix,
  isLinkLocal,
  prefixContains,
} from '../../base/ip-address.ts';
import type { Instant, InterfaceId } from '../../base/units.ts';
import type { FrameSink } from '../../packet/index.ts';
import type { Vrf } from '../vrf.ts';
import type { MeshLink } from './mesh-link.ts';
import type { PortStatus } from './mesh-view.ts';
import type { MeshPortWish } from './mesh-wish.ts';

export class MeshPort {
  readonly id: InterfaceId;
  private readonly vrf: Vrf;
  private readonly hops = new Map<string, InterfaceId>();
  private wish: MeshPortWish;

  constructor(vrf: Vrf, wish: MeshPortWish, frames: FrameSink, now: Instant) {
    const { mtu, linkAddress, addresses } = wish;
    this.vrf = vrf;
    this.wish = wish;
    this.id = vrf.netstack.addEthernetPort({ mtu, linkAddress, addresses, frames }, now);
    for (const prefix of wish.onLink) vrf.staticRoutes.setOnLink(prefix, this.id);
  }

  /** Follows another wish. */
  update(wish: MeshPortWish, now: Instant): void {
    const { vrf, id } = this;
    const { mtu, linkAddress, addresses, onLink } = wish;
    for (const prefix of this.wish.onLink)
      if (!onLink.some((kept) => equalPrefixes(kept, prefix))) vrf.staticRoutes.remove(prefix);
    for (const prefix of onLink) vrf.staticRoutes.setOnLink(prefix, id);
    vrf.netstack.updateEthernetPort(id, { mtu, linkAddress, addresses }, now);
    this.wish = wish;
  }

  remove(now: Instant): void {
    for (const prefix of this.wish.onLink) this.vrf.staticRoutes.remove(prefix);
    this.vrf.netstack.removeInterface(this.id, now);
    this.hops.clear();
  }

  isOnLink(prefix: IpPrefix): boolean {
    return this.wish.onLink.some((known) => equalPrefixes(known, prefix));
  }

  /** Returns the neighbor of this address as a way out, or undefined when it does not live on the mesh. */
  nextHop(address: IpAddress): InterfaceId | undefined {
    const isHere =
      isLinkLocal(address) || this.wish.onLink.some((prefix) => prefixContains(prefix, address));
    if (!isHere) return undefined;
    const key = formatIpAddress(address);
    const known = this.hops.get(key);
    if (known !== undefined) return known;
    const hop = this.vrf.netstack.addNextHop({ port: this.id, address });
    this.hops.set(key, hop);
    return hop;
  }

  /** Returns how to speak to this neighbor, or undefined when it does not live on the mesh or we have no address for it. */
  link(address: IpAddress): MeshLink | undefined {
    const ours = this.wish.addresses.filter((own) => !isLinkLocal(own));
    const local = ours.find(({ family }) => family === address.family);
    const hop = this.nextHop(address);
    if (local === undefined || hop === undefined) return undefined;
    return { port: this.id, hop, local, ours };
  }

  /** Removes the next hops that no route leads to any more. */
  keepHops(used: ReadonlySet<InterfaceId>, now: Instant): void {
    for (const [key, hop] of this.hops) {
      if (used.has(hop)) continue;
      this.hops.delete(key);
      this.vrf.netstack.removeInterface(hop, now);
    }
  }

  view(now: Instant): PortStatus {
    return { ...this.vrf.netstack.ethernetView(this.id, now), mtu: this.wish.mtu };
  }
}
