/**
 * The bad line: a relay for UDP that loses, delays, reorders and repeats, from a seed.
 *
 *   client ──► [listen] ── fate ──► [a port per client] ──► target
 *          ◄── [listen] ◄── fate ── [a port per client] ◄──
 *
 * It is a NAT as well: the target sees the shaper's port in the client's place, and `remap` changes that
 * port, as a NAT does that forgot. Tests use it because netem is not in every kernel.
 *
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Random, seededRandom } from '../../router-core/base/random.ts';

type Endpoint = { readonly address: string; readonly port: number };
/** Percentages may have fractions; down to a hundredth counts. */
export type Impairments = {
  readonly lossPercent?: number;
  readonly reorderPercent?: number;
  readonly duplicatePercent?: number;
  /** Each way. */
  readonly delayMs?: number;
};
/** One line whose directions differ; what is absent is as all lines are. */
export type Directions = { readonly toTarget?: Impairments; readonly toClient?: Impairments };
export type ShaperOptions = Impairments & {
  readonly seed: number;
  readonly relays: readonly { readonly listen: Endpoint; readonly target: Endpoint }[];
};
export type ShaperCounters = Record<
  'relayed' | 'lost' | 'reordered' | 'duplicated' | 'overflowed' | 'failed',
  number
>;
export type UdpShaper = {
  readonly counters: ShaperCounters;
  /** Gives every client another port towards its target. */
  remap(): Promise<void>;
  /** From now on the lines are like this, one for each relay. */
  change(lines: readonly Directions[]): void;
  close(): void;
};

/** How long a reordered datagram is held back: tens of others pass it on a busy line. */
const REORDER_HOLD_MS = 3;
/** Datagrams on the way; what comes on top is lost, as in a full queue. */
const ON_THE_WAY_MAX = 10_000;
const CLIENTS_MAX = 256;
const BUFFER_BYTES = 4 * 1024 * 1024;
const WHOLE = 10_000;

/** Returns for one datagram after how many milliseconds its copies arrive: none when it is lost. */
export function fateOf(
  { lossPercent = 0, reorderPercent = 0, duplicatePercent = 0, delayMs = 0 }: Impairments,
  random: Random,
  counters: ShaperCounters,
): number[] {
  const happens = (percent: number): boolean => random.below(WHOLE) < percent * (WHOLE / 100);
  if (happens(lossPercent)) {
    counters.lost++;
    return [];
  }
  const isReordered = happens(reorderPercent);
  if (isReordered) counters.reordered++;
  const delay = delayMs + (isReordered ? REORDER_HOLD_MS : 0);
  if (!happens(duplicatePercent)) return [delay];
  counters.duplicated++;
  return [delay, delay];
}

/** Nothing has happened yet. */
export const zeroCounters = (): ShaperCounters => ({
  relayed: 0,
  lost: 0,
  reordered: 0,
  duplicated: 0,
  overflowed: 0,
  failed: 0,
});

/** Starts the relays; resolves when they listen. */
export async function startUdpShaper(options: ShaperOptions): Promise<UdpShaper> {
  const counters = zeroCounters();
  const random = seededRandom(options.seed);
  let onTheWay = 0;

  const pass: Pass = (datagram, socket, to, line) => {
    const send = (): void => {
      counters.relayed++;
      socket().send(datagram, to.port, to.address, (error) => {
        if (error !== null) counters.failed++;
      });
    };
    for (const delay of fateOf({ ...options, ...line }, random, counters)) {
      if (delay === 0) send();
      else if (onTheWay >= ON_THE_WAY_MAX) counters.overflowed++;
      else {
        onTheWay++;
        setTimeout(() => {
          onTheWay--;
          send();
        }, delay);
      }
    }
  };
  const relays = await Promise.all(
    options.relays.map(({ listen, target }) => Relay.start(listen, target, pass)),
  );
  return {
    counters,
    async remap() {
      for (const relay of relays) await relay.remap();
    },
    change(lines) {
      for (const [i, relay] of relays.entries()) relay.line = lines[i] ?? {};
    },
    close() {
      for (const relay of relays) relay.close();
    },
  };
}

type Pass = (datagram: Buffer, socket: () => Socket, to: Endpoint, line?: Impairments) => void;

class Relay {
  line: Directions = {};
  private readonly front: Socket;
  private readonly target: Endpoint;
  private readonly pass: Pass;
  private readonly clients = new Map<string, Client>();

  /** Opens the port that clients are told. */
  static async start(listen: Endpoint, target: Endpoint, pass: Pass): Promise<Relay> {
    return new Relay(await openSocket(listen), target, pass);
  }

  private constructor(front: Socket, target: Endpoint, pass: Pass) {
    this.front = front;
    this.target = target;
    this.pass = pass;
    front.on('message', (datagram, { address, port }) => {
      const key = `${address} ${port}`;
      const known = this.clients.get(key);
      if (known === undefined && this.clients.size >= CLIENTS_MAX) return;
      const client = known ?? new Client({ address, port }, (back) => this.answer(back, client));
      if (known === undefined) this.clients.set(key, client);
      this.pass(datagram, () => client.socket, this.target, this.line.toTarget);
    });
  }

  async remap(): Promise<void> {
    for (const client of this.clients.values()) await client.remap();
  }

  close(): void {
    this.front.close();
    for (const client of this.clients.values()) client.socket.close();
  }

  private answer(datagram: Buffer, client: Client): void {
    this.pass(datagram, () => this.front, client.endpoint, this.line.toClient);
  }
}

/** One client, and the port that stands for it. */
class Client {
  readonly endpoint: Endpoint;
  socket: Socket;
  private readonly receive: (datagram: Buffer) => void;

  constructor(endpoint: Endpoint, receive: (datagram: Buffer) => void) {
    this.endpoint = endpoint;
    this.receive = receive;
    this.socket = this.open();
  }

  async remap(): Promise<void> {
    const former = this.socket;
    this.socket = this.open();
    former.close();
  }

  /** A socket binds itself to a free port when it first sends. */
  private open(): Socket {
    const socket = createSocket(this.endpoint.address.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', () => undefined);
    socket.on('message', this.receive);
    socket.bind(0, () => grow(socket));
    return socket;
  }
}

async function openSocket({ address, port }: Endpoint): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.bind(port, address);
  await once(socket, 'listening');
  grow(socket);
  socket.on('error', () => undefined);
  return socket;
}

function grow(socket: Socket): void {
  socket.setRecvBufferSize(BUFFER_BYTES);
  socket.setSendBufferSize(BUFFER_BYTES);
}
