/**
 * A route side on a table with stations that take what they are sent as slowly as a test likes.
 *
 * For tests only.
 *
 * @module
 */

import { formatIpAddress } from '../../../base/ip-address.ts';
import { seededRandom } from '../../../base/random.ts';
import type { TimerQueue } from '../../../base/timer-queue.ts';
import { wallTime } from '../../../base/units.ts';
import { AFI_OF_FAMILY } from '../../constants.ts';
import { buildOpen } from '../../message/open.ts';
import {
  LAB_ASN,
  LAB_ROUTER_ID,
  Lab,
  type LabNeighbor,
  type NeighborWish,
} from '../../routes/testing/lab.ts';
import { ip, prefix } from '../../routes/testing/updates.ts';
import type { RouteView } from '../../routes/types.ts';
import type { SessionOpens } from '../../session-tap.ts';
import { FAMILIES, type Family } from '../../types.ts';
import { BmpMonitor } from '../monitor.ts';
import type { BmpView } from '../route-feed.ts';
import type { StationConfig } from '../station.ts';
import { HeardTables } from './station-reader.ts';

export const WALL_AT_ZERO = 1_700_000_000_000;

/** One connection as the test's station sees it. */
export type HeardConnection = {
  readonly id: number;
  readonly host: string;
  readonly heard: HeardTables;
  waiting: Uint8Array[];
  isClosed: boolean;
};

export class MonitoredLab {
  readonly lab: Lab;
  readonly connections: HeardConnection[] = [];
  readonly neighbors: LabNeighbor[] = [];
  /** Of these, the ones whose session is up. */
  readonly up = new Set<LabNeighbor>();
  monitor!: BmpMonitor;

  constructor() {
    const find = (id: number): HeardConnection => this.connections[id - 1] as HeardConnection;
    this.lab = new Lab({}, (tables) => {
      this.monitor = new BmpMonitor({
        tables,
        asn: LAB_ASN,
        routerId: LAB_ROUTER_ID,
        random: seededRandom(5),
        timerQueue: timerQueueOf(() => this.lab),
        port: {
          open: (id, host) =>
            void this.connections.push({
              id,
              host,
              heard: new HeardTables(),
              waiting: [],
              isClosed: false,
            }),
          send: (id, bytes) => void find(id).waiting.push(bytes),
          close: (id) => {
            find(id).isClosed = true;
          },
        },
        wallAt: (at) => wallTime(WALL_AT_ZERO + at),
        portsOf: () => ({ localPort: 179, remotePort: 40_000 }),
      });
      return this.monitor;
    });
  }

  stations(...views: readonly (readonly BmpView[])[]): void {
    const configs = views.map(
      (of, i): StationConfig => ({ host: `station-${i}`, port: 1790, views: of }),
    );
    this.monitor.setStations(
      configs,
      { name: 'tokyo', description: 'rootless42 test' },
      this.lab.now,
    );
  }

  add(wish: NeighborWish = {}, isUp = true): LabNeighbor {
    const neighbor = this.lab.add(wish, false);
    const { localAddress, remoteAddress } = neighbor.session;
    this.monitor.neighborConfigured(neighbor.id, {
      localAsn: LAB_ASN,
      peerAsn: neighbor.asn,
      localAddress,
      remoteAddress,
    });
    this.neighbors.push(neighbor);
    if (isUp) this.establish(neighbor);
    return neighbor;
  }

  establish(neighbor: LabNeighbor): void {
    this.monitor.established(neighbor.id, neighbor.session, opensOf(neighbor), this.lab.now);
    this.lab.establish(neighbor);
    this.up.add(neighbor);
  }

  end(neighbor: LabNeighbor): void {
    this.monitor.ended(neighbor.id, this.lab.now);
    this.lab.end(neighbor);
    this.up.delete(neighbor);
  }

  /** The newest connection of a station. */
  connection(station = 0): HeardConnection {
    const found = this.connections.findLast(({ host }) => host === `station-${station}`);
    if (found === undefined) throw new Error(`station ${station} was never called`);
    return found;
  }

  /** The station takes at most so many chunks of what waits. */
  take(connection: HeardConnection, chunks = Number.POSITIVE_INFINITY): void {
    for (let i = 0; i < chunks && !connection.isClosed; i++) {
      const bytes = connection.waiting.shift();
      if (bytes === undefined) return;
      connection.heard.receive(bytes);
      this.monitor.stationTook(connection.id, bytes.length, this.lab.now);
    }
  }

  /** Lets routes settle, and everybody take everything; returns how often there was more to send. */
  drain(): number {
    let rounds = 0;
    this.lab.settle();
    for (let hasMore = true; hasMore; rounds++) {
      hasMore = this.monitor.run(this.lab.now);
      for (const connection of this.connections) {
        hasMore ||= connection.waiting.length > 0 && !connection.isClosed;
        this.take(connection);
      }
    }
    return rounds;
  }

  /** What a station with these views must know. */
  expected(views: readonly BmpView[]): Map<string, Map<string, string>> {
    const tables = new Map<string, Map<string, string>>();
    const { routes } = this.lab;
    const pathsOf = (which: 'received' | 'accepted' | 'sent', id: LabNeighbor['id']) =>
      new Map(
        routes
          .routesOf(id, which, 0, 1_000_000)
          .routes.filter(({ rejected }) => rejected?.reason.startsWith('taw:') !== true)
          .map((route) => [keyOf(route), route.attributes.asPathText]),
      );
    for (const { id, session } of this.up) {
      const address = addressText(session.remoteAddress);
      if (views.includes('adj-in-pre')) tables.set(`${address} pre`, pathsOf('received', id));
      if (views.includes('adj-in-post')) tables.set(`${address} post`, pathsOf('accepted', id));
      if (views.includes('adj-out')) tables.set(`${address} out`, pathsOf('sent', id));
    }
    if (views.includes('loc-rib')) {
      const best = ['0.0.0.0/0', '::/0'].flatMap((text) =>
        routes
          .lookup({ prefix: prefix(text), mode: 'subnets' }, 1_000_000)
          .filter((route) => route.isBest),
      );
      tables.set(
        'loc-rib',
        new Map(best.map((route) => [route.prefix, route.attributes.asPathText])),
      );
    }
    return tables;
  }
}

/** The lab's, which makes its watcher before it is there itself. */
const timerQueueOf = (lab: () => Lab): TimerQueue => ({
  add: (owner) => lab().timerQueue.add(owner),
  nextDeadline: () => lab().timerQueue.nextDeadline(),
  runDue: (now, limit) => lab().timerQueue.runDue(now, limit),
  armed: () => lab().timerQueue.armed(),
});

const addressText = (address: LabNeighbor['config']['remoteAddress']): string =>
  formatIpAddress(address);

const keyOf = ({ prefix: text, pathId }: RouteView): string =>
  pathId === null ? text : `${text}#${pathId}`;

export function opensOf({ asn, session: { addPath } }: LabNeighbor): SessionOpens {
  const { receive = [], send = [] } = addPath ?? {};
  const open = (of: number, ...families: (readonly Family[])[]): Uint8Array => {
    const [receives = [], sends = []] = families;
    const modes = FAMILIES.map((family) => ({
      afi: AFI_OF_FAMILY[family],
      safi: 1,
      mode: (receives.includes(family) ? 1 : 0) | (sends.includes(family) ? 2 : 0),
    })).filter(({ mode }) => mode !== 0);
    return buildOpen({
      asField: 23456,
      holdTimeSeconds: 90,
      routerId: 1,
      capabilities: [
        { kind: 'four-octet-as', asn: of },
        ...(modes.length === 0 ? [] : [{ kind: 'add-path' as const, families: modes }]),
      ],
    });
  };
  return { sent: open(LAB_ASN, receive, send), received: open(asn, send, receive) };
}

/** An address for neighbors over IPv4. */
export const overIpv4 = (n: number): NeighborWish => ({
  remoteAddress: ip(`10.0.0.${n}`),
  session: {
    remoteAddress: ip(`10.0.0.${n}`),
    localAddress: ip('10.0.0.254'),
    extendedNextHop: false,
  },
  nextHopSelf: { ipv4: ip('10.0.0.254'), ipv6Global: ip('fd42:6000::1') },
});
