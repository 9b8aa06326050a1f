/**
 * BFD over the netstack's UDP: its packets travel inside the tunnel of their neighbor.
 *
 * Standard: RFC 5881 §4 and §5 (port 3784, hop limit 255 in both directions).
 *
 *   tunnel ─► netstack ─► Bfd.receive ─► BfdSink ─► netstack ─► tunnel
 *
 * Invariant: BFD is silent in a tunnel without keys; its packets never make WireGuard call.
 *
 * @module
 */
import type { Random } from '../base/random.ts';
import type { TimerQueue } from '../base/timer-queue.ts';
import { BFD_CONTROL_PORT, type Bfd, createBfd } from '../bgp/index.ts';
import type { Netstack } from '../netstack/index.ts';
import type { Roster } from './roster.ts';

export function createBfdOverTunnels(
  netstack: Netstack,
  roster: Roster,
  random: Random,
  timerQueue: TimerQueue,
): Bfd {
  const bfd = createBfd({
    random,
    timerQueue,
    sink: {
      send(path, sourcePort, octets, now) {
        if (roster.ofInterface(path.interface)?.facts.hasKeyPair !== true) return;
        const request = { ...path, sourcePort, destinationPort: BFD_CONTROL_PORT };
        netstack.sendOnLink(request, octets, now);
      },
    },
  });
  netstack.listenOnLinks(BFD_CONTROL_PORT, (datagram, now) => bfd.receive(datagram, now));
  return bfd;
}
