/**
 * The TCP of virtual machines, for neighbors of `transport: host`.
 *
 * Not standardized; the port is router/host-tcp.ts, and what Node's sockets do of it: octets in order, nothing
 * lost, a connection accepted by the system before anybody is asked.
 *
 * Invariants
 * - None of a router's calls is answered before it returns: everything arrives a millisecond later.
 * - An end that was aborted hears nothing more.
 *
 * @module
 */
import { equalAddresses, type IpAddress } from '../base/ip-address.ts';
import { addMilliseconds, type Instant, milliseconds } from '../base/units.ts';
import { BGP_PORT } from '../bgp/index.ts';
import type {
  HostCloseReason,
  HostConnectionId,
  HostTcp,
  HostTcpUser,
} from '../router/host-tcp.ts';
import type { Agenda } from './agenda.ts';

const LATENCY = milliseconds(1);

export interface MachineNetwork {
  /** The TCP of a machine with these addresses, which listens on 179. `wake`: the router has work now. */
  join(addresses: readonly IpAddress[], wake: () => void): MachineTcp;
}

export interface MachineTcp extends HostTcp {
  /** The machine is gone: its connections are reset. */
  leave(): void;
}

type Machine = {
  readonly addresses: readonly IpAddress[];
  readonly ends: Map<HostConnectionId, End>;
  readonly wake: () => void;
  user: HostTcpUser | undefined;
};
type End = { readonly machine: Machine; readonly id: HostConnectionId; other: End | undefined };

export function createMachineNetwork(agenda: Agenda, now: () => Instant): MachineNetwork {
  const machines = new Set<Machine>();
  let nextId = 0;

  const soon = (run: (at: Instant) => void): void =>
    void agenda.add(addMilliseconds(now(), LATENCY), run);

  function makeEnd(machine: Machine): End {
    const end: End = { machine, id: nextId++ as HostConnectionId, other: undefined };
    machine.ends.set(end.id, end);
    return end;
  }

  /** Tells the user of an end that is still there. */
  function tell({ machine, id }: End, what: (user: HostTcpUser) => void): void {
    if (machine.user === undefined || !machine.ends.has(id)) return;
    what(machine.user);
    machine.wake();
  }

  function close(end: End, reason: HostCloseReason, at: Instant): void {
    tell(end, (user) => {
      end.machine.ends.delete(end.id);
      user.closed(end.id, reason, at);
    });
  }

  function reset({ machine, id, other }: End): void {
    machine.ends.delete(id);
    if (other !== undefined) soon((at) => close(other, 'reset', at));
  }

  function arrive(dialled: End, remote: IpAddress, port: number, at: Instant): void {
    const there = [...machines].find(({ addresses }) =>
      addresses.some((address) => equalAddresses(address, remote)),
    );
    const local = dialled.machine.addresses.find(({ family }) => family === remote.family);
    if (there?.user === undefined || local === undefined || port !== BGP_PORT) {
      close(dialled, 'refused', at);
      return;
    }
    const accepted = makeEnd(there);
    [dialled.other, accepted.other] = [accepted, dialled];
    tell(dialled, (user) => user.opened(dialled.id, local, remote, at));
    tell(accepted, (user) => {
      if (!user.incoming(accepted.id, remote, local, at)) reset(accepted);
    });
  }

  return {
    join(addresses, wake) {
      const machine: Machine = { addresses, ends: new Map(), wake, user: undefined };
      machines.add(machine);
      return {
        attach(user) {
          machine.user = user;
        },
        connect(remote, port) {
          const end = makeEnd(machine);
          soon((at) => {
            if (machine.ends.has(end.id)) arrive(end, remote, port, at);
          });
          return end.id;
        },
        write(id, bytes, start, end) {
          const other = machine.ends.get(id)?.other;
          const octets = bytes.slice(start, end);
          if (other !== undefined)
            soon((at) => tell(other, (user) => user.received(other.id, octets, at)));
          return end - start;
        },
        finish(id) {
          const end = machine.ends.get(id);
          if (end === undefined) return;
          soon((at) => {
            if (end.other !== undefined) close(end.other, 'finished', at);
            close(end, 'finished', at);
          });
        },
        abort(id) {
          const end = machine.ends.get(id);
          if (end !== undefined) reset(end);
        },
        leave() {
          machines.delete(machine);
          for (const end of machine.ends.values()) reset(end);
        },
      };
    },
  };
}
