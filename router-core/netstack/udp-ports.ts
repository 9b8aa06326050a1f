/**
 * The open UDP ports: each speaks with one remote end.
 *
 * Standard: RFC 6335 §6 (which ports); RFC 5452 §9.2 (nobody guesses them).
 *
 * Invariant: at most `UDP_PORTS_MAX` are open.
 *
 * @module
 */
import type { IpAddress } from '../base/ip-address.ts';
import type { Random } from '../base/random.ts';
import { UDP_PORTS_MAX } from './limits.ts';
import { EPHEMERAL_PORT_FIRST, EPHEMERAL_PORTS } from './tcp/index.ts';

export type UdpPort = { readonly remote: IpAddress; readonly remotePort: number };

export class UdpPorts {
  private readonly random: Random;
  private readonly ports = new Map<number, UdpPort>();

  constructor(random: Random) {
    this.random = random;
  }

  /** Returns the number of a new port, or undefined when no more may be open. */
  open(remote: IpAddress, remotePort: number): number | undefined {
    if (this.ports.size >= UDP_PORTS_MAX) return undefined;
    let port: number;
    do port = EPHEMERAL_PORT_FIRST + this.random.below(EPHEMERAL_PORTS);
    while (this.ports.has(port));
    this.ports.set(port, { remote, remotePort });
    return port;
  }

  close(port: number): void {
    this.ports.delete(port);
  }

  find(port: number): UdpPort | undefined {
    return this.ports.get(port);
  }
}
