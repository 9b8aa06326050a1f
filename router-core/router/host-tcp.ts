/**
 * TCP of the machine itself, as the router sees it: the port that `transport: host` needs from the driver.
 *
 * Not standardized; host/host-tcp.ts implements it on Node's sockets.
 *
 * None of the calls below calls back before it returns.
 *
 * @module
 */
import type { IpAddress } from '../base/ip-address.ts';
import type { Branded, Instant } from '../base/units.ts';

/** A connection over the machine's TCP; the numbers are never used again. */
export type HostConnectionId = Branded<number, 'HostConnectionId'>;

/** Why a connection is no more. `finished`: the other side said that it has no more to say. */
export type HostCloseReason = 'finished' | 'refused' | 'timeout' | 'unreachable' | 'reset';

export interface HostTcp {
  /** Called once, before anything else. */
  attach(user: HostTcpUser): void;
  /** Dials from any address of the machine. */
  connect(remote: IpAddress, port: number): HostConnectionId;
  /** Returns how many octets were accepted; after fewer than all, `writable` follows. */
  write(connection: HostConnectionId, bytes: Uint8Array, start: number, end: number): number;
  /** FIN after what was accepted. */
  finish(connection: HostConnectionId): void;
  /** RST; the number is dead at once. */
  abort(connection: HostConnectionId): void;
}

/** What the machine's TCP tells; octets are valid during the call only. */
export interface HostTcpUser {
  /** A connection came in; false: it is refused, and its number dead. */
  incoming(
    connection: HostConnectionId,
    local: IpAddress,
    remote: IpAddress,
    now: Instant,
  ): boolean;
  opened(connection: HostConnectionId, local: IpAddress, remote: IpAddress, now: Instant): void;
  received(connection: HostConnectionId, bytes: Uint8Array, now: Instant): void;
  writable(connection: HostConnectionId, now: Instant): void;
  closed(connection: HostConnectionId, reason: HostCloseReason, now: Instant): void;
}
