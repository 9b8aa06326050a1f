/**
 * Two netstacks with a tunnel between them, on virtual time: `here` has the services, `there` is DN42.
 *
 *   here 172.20.1.1, fd00:1::1 ══ 5 ms ══ there 172.20.2.2, fd00:2::2 ══ whatever goes to 172.20.2.99 vanishes
 *
 * Node's streams move by ticks of the event loop, so time passes in steps, and between them the ticks run.
 *
 * @module
 */
import { vi } from 'vitest';
import { type Instant, type InterfaceId, instant } from '../../../base/units.ts';
import { address, createTestNode, type TestNode } from '../../../netstack/testing/test-node.ts';
import {
  IPV4_DESTINATION,
  IPV4_HEADER_BYTES,
  IPV4_SOURCE,
  ipVersion,
  ipv4Protocol,
  PROTOCOL_UDP,
  UDP_HEADER_BYTES,
  udpDestinationPort,
  udpSourcePort,
  writeIpv4Checksum,
  writeIpv4Header,
  writeUdpChecksum,
  writeUdpHeader,
} from '../../../packet/index.ts';
import { createOverlaySockets, type OverlaySocketTable } from '../../../router/overlay-sockets.ts';
import type { Overlay } from '../overlay-socket.ts';

const DELAY_MS = 5;
export const HERE = address('172.20.1.1');
export const THERE = address('172.20.2.2');
export const SILENT = address('172.20.2.99');

export type Side = Overlay & {
  readonly node: TestNode;
  readonly link: InterfaceId;
  readonly table: OverlaySocketTable;
};

export type OverlayLab = {
  readonly here: Side;
  readonly there: Side;
  /** Answers datagrams to this port of `there`, over IPv4, with any number of others. */
  serveUdp(port: number, answer: (payload: Uint8Array) => readonly Uint8Array[]): void;
  /** Packets that the tunnel swallows from now on. */
  lose(isLost: boolean): void;
  /** Lets virtual time pass; faked timers of the test go along. */
  pass(ms: number): Promise<void>;
};

/** Needs `vi.useFakeTimers({ toFake: FAKED })`. */
export const FAKED: ('setTimeout' | 'clearTimeout')[] = ['setTimeout', 'clearTimeout'];

export function createOverlayLab(): OverlayLab {
  let now = 1000;
  let isLosing = false;
  let udpServer:
    | { port: number; answer: (payload: Uint8Array) => readonly Uint8Array[] }
    | undefined;
  const flying: { at: number; to: Side; bytes: Uint8Array }[] = [];
  const here = side(['172.20.1.1', 'fd00:1::1'], ['172.20.2.0/24', 'fd00:2::/48'], 1);
  const there = side(['172.20.2.2', 'fd00:2::2'], ['172.20.1.0/24', 'fd00:1::/48'], 2);

  there.node.route('172.20.2.99/32', there.node.tunnel({}));

  function side(addresses: string[], routes: string[], seed: number): Side {
    const node = createTestNode({ addresses, slots: 1024, seed });
    const link = node.tunnel({ ours: [`fe80::${seed}`] });
    for (const prefix of routes) node.route(prefix, link);
    const table = createOverlaySockets(node.netstack);
    return {
      node,
      link,
      table,
      sockets: () => table,
      now: (): Instant => instant(now),
      wake: () => undefined,
    };
  }

  function settle(one: Side, other: Side): void {
    const { netstack } = one.node;
    for (let e = netstack.nextOutput(); e !== undefined; e = netstack.nextOutput())
      if (e.kind === 'datagram') one.table.receiveDatagram(e);
    for (let e = netstack.tcp.nextOutput(); e !== undefined; e = netstack.tcp.nextOutput())
      one.table.receiveTcpEvent(e, instant(now));
    for (const { bytes, out } of one.node.takeSent())
      if (!isLosing && out === one.link) flying.push({ at: now + DELAY_MS, to: other, bytes });
  }

  function arrive(): void {
    for (let next = flying[0]; next !== undefined && next.at <= now; next = flying[0]) {
      flying.shift();
      const answers = next.to === there ? answersOf(next.bytes) : undefined;
      if (answers === undefined) next.to.node.deliver(next.bytes, next.to.link, instant(now));
      else for (const bytes of answers) flying.push({ at: now + DELAY_MS, to: here, bytes });
    }
  }

  /** What the server of `serveUdp` sends for a packet; undefined when it is not for it. */
  function answersOf(packet: Uint8Array): Uint8Array[] | undefined {
    const isQuestion =
      ipVersion(packet, 0) === 4 &&
      ipv4Protocol(packet, 0) === PROTOCOL_UDP &&
      udpDestinationPort(packet, IPV4_HEADER_BYTES) === udpServer?.port;
    if (!isQuestion || udpServer === undefined) return undefined;
    const payload = packet.subarray(IPV4_HEADER_BYTES + UDP_HEADER_BYTES);
    return udpServer.answer(payload).map((answer) => datagramBack(packet, answer));
  }

  return {
    here,
    there,
    serveUdp(port, answer) {
      udpServer = { port, answer };
    },
    lose(isLost) {
      isLosing = isLost;
    },
    async pass(ms) {
      for (let left = ms; left > 0; left -= DELAY_MS) {
        now += DELAY_MS;
        await vi.advanceTimersByTimeAsync(DELAY_MS);
        arrive();
        for (const one of [here, there]) one.node.timerQueue.runDue(instant(now));
        // Streams answer within a few ticks; what they cause is sent in the same step.
        for (let turn = 0; turn < 3; turn++) {
          settle(here, there);
          settle(there, here);
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    },
  };
}

/** The datagram from whom `packet` went to back to whom it came from. */
function datagramBack(packet: Uint8Array, payload: Uint8Array): Uint8Array {
  const length = UDP_HEADER_BYTES + payload.length;
  const back = new Uint8Array(IPV4_HEADER_BYTES + length);
  writeIpv4Header(back, 0, back.length, 1, 64, PROTOCOL_UDP, 0);
  back.set(packet.subarray(IPV4_DESTINATION, IPV4_DESTINATION + 4), IPV4_SOURCE);
  back.set(packet.subarray(IPV4_SOURCE, IPV4_SOURCE + 4), IPV4_DESTINATION);
  writeIpv4Checksum(back, 0);
  const udp = IPV4_HEADER_BYTES;
  writeUdpHeader(back, udp, udpDestinationPort(packet, udp), udpSourcePort(packet, udp), length);
  back.set(payload, udp + UDP_HEADER_BYTES);
  writeUdpChecksum(4, back, 0, udp);
  return back;
}
