/**
 * A router's BGP sessions with a scripted world around them: virtual time, transports made of
 * arrays, an exchange that only writes down what it hears.
 *
 * For tests only.
 *
 * @module
 */
import { toHex } from '../../base/bytes.ts';
import { type IpAddress, parseIpAddress } from '../../base/ip-address.ts';
import { seededRandom } from '../../base/random.ts';
import { createTimerQueue, type TimerQueue } from '../../base/timer-queue.ts';
import { type Asn, type Instant, instant } from '../../base/units.ts';
import type { Capability } from '../capability/capability.ts';
import { HEADER_BYTES } from '../constants.ts';
import type { ForwardingState } from '../graceful-restart.ts';
import { messageLength, messageType } from '../message/header.ts';
import { readNotification } from '../message/notification.ts';
import { buildOpen } from '../message/open.ts';
import type { NeighborConfig } from '../neighbor-config.ts';
import type { NeighborEvent } from '../neighbor-view.ts';
import { type BgpNeighbors, createBgpNeighbors } from '../neighbors.ts';
import type { SessionTap } from '../session-tap.ts';
import {
  type BgpNotification,
  type NeighborId,
  type RouteExchange,
  type TransportId,
  transportId,
} from '../types.ts';

export const OUR_ASN = 4242420000 as Asn;
export const THEIR_ASN = 4242420001 as Asn;
export const OUR_ID = 0x0a610002;
export const THEIR_ID = 0x0a610001;
export const OUR_ADDRESS = address('10.97.0.2');
export const THEIR_ADDRESS = address('10.97.0.1');

export function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}

export const KEEPALIVE_HEX = `${'ff'.repeat(16)}001304`;

/** One connection as the script sees it. */
export type ScriptedTransport = {
  readonly id: TransportId;
  readonly written: number[];
  /** How many more octets the transport takes. */
  room: number;
  closed?: 'graceful' | 'abort';
};

export type ScriptedRouter = {
  readonly neighbors: BgpNeighbors;
  readonly timerQueue: TimerQueue;
  /** In the order in which they were opened or accepted. */
  readonly transports: ScriptedTransport[];
  readonly heard: string[];
  readonly updates: string[];
  readonly neighbor: NeighborId;
  now: Instant;
  /** What the exchange answers to the next UPDATE. */
  nextUpdateError: BgpNotification | undefined;
  /** Runs timers until `seconds` from now. */
  pass(seconds: number): void;
  /** The neighbor connects. */
  connect(): ScriptedTransport | undefined;
  /** Our dial succeeds. */
  open(transport: ScriptedTransport): void;
  lose(transport: ScriptedTransport, reason?: string): void;
  deliver(transport: ScriptedTransport, hex: string): void;
  last(): ScriptedTransport;
  state(): string;
  events(): NeighborEvent[];
};

export const CONFIG: NeighborConfig = {
  name: 'them',
  peerAsn: THEIR_ASN,
  remoteAddress: THEIR_ADDRESS,
  localAddress: OUR_ADDRESS,
  families: ['ipv4', 'ipv6'],
  extendedNextHop: false,
  holdTimeSeconds: 90,
  passive: false,
};

export function scriptedRouter(
  change: Partial<NeighborConfig> = {},
  seed = 1,
  identity: { readonly asn: Asn; readonly routerId: number } = { asn: OUR_ASN, routerId: OUR_ID },
  forwarding?: ForwardingState,
  tap?: SessionTap,
): ScriptedRouter {
  const timerQueue = createTimerQueue();
  const transports: ScriptedTransport[] = [];
  const heard: string[] = [];
  const updates: string[] = [];
  let nextTransport = 0;
  const newTransport = (): ScriptedTransport => {
    const room = Number.POSITIVE_INFINITY;
    const transport = { id: transportId(nextTransport++), written: [], room };
    transports.push(transport);
    return transport;
  };
  const find = (id: TransportId): ScriptedTransport => {
    const found = transports.find((t) => t.id === id);
    if (found === undefined) throw new Error(`no transport ${id}`);
    if (found.closed === 'abort') throw new Error(`transport ${id} is used after its end`);
    return found;
  };
  const exchange: RouteExchange = {
    established: () => heard.push('established'),
    receiveUpdate(_neighbor, bytes, start, end) {
      updates.push(toHex(bytes.subarray(start, end)));
      const error = router.nextUpdateError;
      router.nextUpdateError = undefined;
      return error;
    },
    receiveRouteRefresh: (_neighbor, family, subtype) => heard.push(`refresh ${family} ${subtype}`),
    writable: () => heard.push('writable'),
    ended: (_neighbor, keepsRoutes) => heard.push(keepsRoutes ? 'ended, routes kept' : 'ended'),
    // Only worth a word when no session ended just before.
    forget: () => {
      if (heard.at(-1) !== 'ended') heard.push('forget');
    },
  };
  const neighbors = createBgpNeighbors({
    random: seededRandom(seed),
    timerQueue,
    exchange,
    ...identity,
    ...(forwarding === undefined ? {} : { forwarding }),
    ...(tap === undefined ? {} : { tap }),
    transport: {
      open: () => newTransport().id,
      write(id, bytes, start, end) {
        const transport = find(id);
        if (transport.closed !== undefined) throw new Error(`transport ${id} is half-closed`);
        const count = Math.min(end - start, transport.room);
        transport.written.push(...bytes.subarray(start, start + count));
        transport.room -= count;
        return count;
      },
      close(id, how) {
        find(id).closed = how;
      },
    },
  });
  const config = { ...CONFIG, ...change };
  const router: ScriptedRouter = {
    neighbors,
    timerQueue,
    transports,
    heard,
    updates,
    neighbor: neighbors.add(config, instant(0)),
    now: instant(0),
    nextUpdateError: undefined,
    pass(seconds) {
      const end = instant(router.now + seconds * 1000);
      for (;;) {
        const deadline = timerQueue.nextDeadline();
        if (deadline === undefined || deadline > end) break;
        router.now = deadline > router.now ? deadline : router.now;
        timerQueue.runDue(router.now);
      }
      router.now = end;
    },
    connect() {
      const transport = newTransport();
      const { remoteAddress, localAddress } = config;
      const isTaken = neighbors.acceptTransport(
        router.neighbor,
        transport.id,
        localAddress,
        remoteAddress,
        router.now,
      );
      return isTaken ? transport : undefined;
    },
    open: ({ id }) =>
      neighbors.transportOpened(id, config.localAddress, config.remoteAddress, router.now),
    lose: ({ id }, reason = 'reset') => neighbors.transportClosed(id, reason, router.now),
    deliver({ id }, hex) {
      const bytes = hexBytes(hex);
      neighbors.receive(id, bytes, 0, bytes.length, router.now);
    },
    last() {
      const transport = transports.at(-1);
      if (transport === undefined) throw new Error('no transport was opened');
      return transport;
    },
    state: () => neighbors.view(router.neighbor).state,
    events() {
      const out: NeighborEvent[] = [];
      for (let e = neighbors.nextOutput(); e !== undefined; e = neighbors.nextOutput()) out.push(e);
      return out;
    },
  };
  return router;
}

/** Brings the session up on our own dial; returns its transport. */
export function establish(router: ScriptedRouter, open = theirOpen()): ScriptedTransport {
  router.pass(1);
  const transport = router.last();
  router.open(transport);
  router.deliver(transport, open);
  router.deliver(transport, KEEPALIVE_HEX);
  return transport;
}

/** An OPEN of the other side in hex. */
export function theirOpen(
  change: {
    asn?: number;
    routerId?: number;
    holdTimeSeconds?: number;
    capabilities?: readonly Capability[];
  } = {},
): string {
  const asn = change.asn ?? THEIR_ASN;
  return toHex(
    buildOpen({
      asField: asn > 0xffff ? 23456 : asn,
      holdTimeSeconds: change.holdTimeSeconds ?? 90,
      routerId: change.routerId ?? THEIR_ID,
      capabilities: change.capabilities ?? [
        { kind: 'multiprotocol', afi: 1, safi: 1 },
        { kind: 'multiprotocol', afi: 2, safi: 1 },
        { kind: 'route-refresh' },
        { kind: 'extended-message' },
        { kind: 'four-octet-as', asn },
        { kind: 'enhanced-route-refresh' },
      ],
    }),
  );
}

/** The messages written to a transport, in words: `OPEN`, `KEEPALIVE`, `NOTIFICATION 6/2 0a0b` … */
export function messagesOf(transport: ScriptedTransport): string[] {
  const b = Uint8Array.from(transport.written);
  const out: string[] = [];
  for (let i = 0; i + HEADER_BYTES <= b.length; ) {
    const end = i + messageLength(b, i);
    if (end > b.length) break;
    out.push(words(b, i, end));
    i = end;
  }
  return out;
}

export function hexBytes(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return out;
}

const NAMES = ['', 'OPEN', 'UPDATE', 'NOTIFICATION', 'KEEPALIVE', 'ROUTE-REFRESH'];

function words(b: Uint8Array, start: number, end: number): string {
  const name = NAMES[messageType(b, start)] ?? 'UNKNOWN';
  if (name === 'NOTIFICATION') {
    const { code, subcode, data } = readNotification(b, start, end);
    return `${name} ${code}/${subcode} ${toHex(data)}`.trimEnd();
  }
  return name === 'ROUTE-REFRESH'
    ? `${name} ${toHex(b.subarray(start + HEADER_BYTES, end))}`
    : name;
}
