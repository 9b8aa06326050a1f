/**
 * UDP for questions of our own: a port hears the one it asks, and nobody else.
 *
 * Standard: RFC 768; RFC 1122 §4.1.3. What is no answer is told "port unreachable" by local.ts, as if there
 * were no port.
 *
 *   open(remote) ─► send ─► … ─► event 'datagram' ─► close
 *
 * Invariant: a datagram is taken only from the address and port that the question went to.
 *
 * @module
 */
import { equalBytes } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { IpFamily } from '../base/ip-address.ts';
import { type Instant, NONE, type PacketSlot } from '../base/units.ts';
import { UDP_HEADER_BYTES, udpDestinationPort, udpLength, udpSourcePort } from '../packet/index.ts';
import { DEFAULT_HOP_LIMIT } from './constants.ts';
import { readSource } from './probe.ts';
import { chooseInterface, chooseSource } from './send.ts';
import { sendUdp } from './send-udp.ts';
import { allocate, drop, type Stack } from './stack.ts';

/** Sends a datagram from a port to its remote end; returns why it could not leave. */
export function sendDatagram(
  stack: Stack,
  port: number,
  payload: Uint8Array,
  now: Instant,
): DropReason | undefined {
  const open = stack.udpPorts.find(port);
  if (open === undefined) return 'no-listener';
  const slot = allocate(stack);
  if (slot === NONE) return 'arena-full';
  const { remote, remotePort } = open;
  const { family } = remote;
  stack.destination.set(remote.bytes);
  const out = chooseInterface(stack, family, NONE);
  if (out === NONE) return drop(stack, slot, 'no-route');
  if (!chooseSource(stack, family, out)) return drop(stack, slot, 'bad-source');
  const head = {
    family,
    sourcePort: port,
    destinationPort: remotePort,
    hopLimit: DEFAULT_HOP_LIMIT,
    trafficClass: 0,
  };
  return sendUdp(stack, slot, head, payload, out, now);
}

/** Takes a whole datagram with a right checksum, slot and all, when a port of ours waits for it. */
export function takeDatagram(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  datagram: number,
  link: number,
  now: Instant,
): boolean {
  const { arena, udpPorts } = stack;
  const b = arena.bytes;
  const port = udpDestinationPort(b, datagram);
  const open = udpPorts.find(port);
  if (open === undefined || open.remotePort !== udpSourcePort(b, datagram)) return false;
  const source = readSource(b, arena.start[slot] as number, family);
  if (source.family !== open.remote.family || !equalBytes(source.bytes, open.remote.bytes))
    return false;
  const payload = b.slice(datagram + UDP_HEADER_BYTES, datagram + udpLength(b, datagram));
  stack.events.push({
    kind: 'datagram',
    interface: stack.interfaces.idOf(link),
    port,
    payload,
    at: now,
  });
  arena.release(slot);
  return true;
}
