/**
 * Underlay I/O in a thread of its own, and strangers on loopback to talk with.
 *
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { MessageChannel, Worker } from 'node:worker_threads';
import { parseIpAddress } from '../../../base/ip-address.ts';
import { SOCKADDR_BYTES, writeSockaddr } from '../descriptor.ts';
import type { OpenedPort, UnderlayCounters, UnderlayKind } from '../io.ts';
import { wakeByDescriptor } from '../wake.ts';

export type Datagram = {
  readonly socket: number;
  readonly tag: number;
  readonly sockaddr: Uint8Array;
  readonly data: Uint8Array;
};

export type Command =
  | { readonly kind: 'open'; socket: number; port: number; host: string; only?: 4 | 6 }
  | { readonly kind: 'close'; socket: number }
  | { readonly kind: 'connect'; peer: number; socket: number; sockaddr: Uint8Array }
  | { readonly kind: 'send'; datagrams: readonly Datagram[] }
  | { readonly kind: 'echo' }
  | { readonly kind: 'ask' }
  | { readonly kind: 'stop' };

export type Report =
  | { readonly kind: 'running'; io: UnderlayKind; reason: string; wakeFd: number | undefined }
  | ({ readonly kind: 'opened'; socket: number } & OpenedPort)
  | { readonly kind: 'refused'; socket: number; code: string }
  | { readonly kind: 'closed'; socket: number }
  | { readonly kind: 'received'; datagram: Datagram }
  | { readonly kind: 'state'; counters: UnderlayCounters; ticks: number; batches: number }
  | { readonly kind: 'ended' };

const PATIENCE_MS = 10_000;

export type Lab = Awaited<ReturnType<typeof openLab>>;

/** Starts the thread; resolves when it runs. */
export async function openLab(kind: UnderlayKind) {
  const { port1: port, port2: itsPort } = new MessageChannel();
  const worker = new Worker(new URL('./underlay-worker.mjs', import.meta.url), {
    workerData: { kind, port: itsPort },
    transferList: [itsPort],
  });
  const received: Datagram[] = [];
  const outcomes = new Map<number, Report>();
  const closed: number[] = [];
  const reports: Report[] = [];
  let failure: Error | undefined;
  worker.on('error', (error) => {
    failure = error;
  });
  port.on('message', (report: Report) => {
    if (report.kind === 'received') received.push(report.datagram);
    else if (report.kind === 'opened' || report.kind === 'refused')
      outcomes.set(report.socket, report);
    else if (report.kind === 'closed') closed.push(report.socket);
    else reports.push(report);
  });

  async function until(condition: () => boolean): Promise<void> {
    for (const start = performance.now(); !condition(); ) {
      if (failure !== undefined) throw failure;
      if (performance.now() - start > PATIENCE_MS) throw new Error('waited in vain');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async function next<Kind extends Report['kind']>(
    kind: Kind,
  ): Promise<Extract<Report, { kind: Kind }>> {
    const isWanted = (report: Report): report is Extract<Report, { kind: Kind }> =>
      report.kind === kind;
    await until(() => reports.some(isWanted));
    const found = reports.find(isWanted);
    if (found === undefined) throw new Error('a report vanished');
    reports.splice(reports.indexOf(found), 1);
    return found;
  }

  const { io, reason, wakeFd } = await next('running');

  let isStopped = false;
  function tell(command: Command): void {
    // Its wake descriptor may be somebody else's by then.
    if (isStopped) return;
    port.postMessage(command);
    if (wakeFd !== undefined) wakeByDescriptor(wakeFd);
  }

  return {
    io,
    reason,
    received,
    /** Sockets whose ports are free again, in the order they were told. */
    closed,
    tell,
    until,
    async open(socket: number, number: number, host = '::', only?: 4 | 6) {
      tell({ kind: 'open', socket, port: number, host, ...(only !== undefined && { only }) });
      await until(() => outcomes.has(socket));
      return outcomes.get(socket);
    },
    send(...datagrams: readonly Datagram[]) {
      tell({ kind: 'send', datagrams });
    },
    async state() {
      tell({ kind: 'ask' });
      return next('state');
    },
    async stop(): Promise<void> {
      if (isStopped) return;
      tell({ kind: 'stop' });
      isStopped = true;
      await next('ended');
      port.close();
    },
  };
}

export type Stranger = {
  readonly socket: Socket;
  readonly port: number;
  readonly sockaddr: Uint8Array;
  readonly heard: Buffer[];
  send(data: Uint8Array, port: number): Promise<void>;
  close(): Promise<void>;
};

/** A plain socket of somebody else on this machine. */
export async function stranger(family: 4 | 6): Promise<Stranger> {
  const loopback = family === 4 ? '127.0.0.1' : '::1';
  const socket = createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    recvBufferSize: 4 * 1024 * 1024,
  });
  const heard: Buffer[] = [];
  socket.on('message', (datagram) => heard.push(datagram));
  await new Promise<void>((resolve) => socket.bind(0, loopback, resolve));
  const { port } = socket.address();
  return {
    socket,
    port,
    sockaddr: sockaddrOf(loopback, port),
    heard,
    send: (data, to) =>
      new Promise((resolve, reject) =>
        socket.send(data, to, loopback, (error) => (error ? reject(error) : resolve())),
      ),
    close: () => new Promise((resolve) => socket.close(resolve)),
  };
}

export function sockaddrOf(text: string, port: number): Uint8Array {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  const bytes = new Uint8Array(SOCKADDR_BYTES);
  writeSockaddr(bytes, 0, address.bytes, port);
  return bytes;
}

/** Octets that tell which datagram this is and whether it is whole. */
export function patterned(index: number, length: number): Uint8Array {
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) data[i] = index * 31 + (index >> 8) + i * 7;
  return data;
}
