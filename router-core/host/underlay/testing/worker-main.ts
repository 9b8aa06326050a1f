/**
 * The thread of lab.ts: one I/O, driven from inside its handler as a packet worker would.
 *
 * @module
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { socketId } from '../../../base/units.ts';
import { chooseUnderlay } from '../choose.ts';
import {
  DESCRIPTOR_BYTES,
  LENGTH,
  SOCKADDR_BYTES,
  SOCKADDR_OFFSET,
  SOCKET,
  START,
  wordOf,
} from '../descriptor.ts';
import type { UnderlayKind } from '../io.ts';
import type { Command, Datagram, Report } from './lab.ts';
import { createBatchMemory } from './memory.ts';

const { kind, port } = workerData as { kind: UnderlayKind; port: MessagePort };
const memory = createBatchMemory();
const words = new Int32Array(memory.buffer);
const bytes = new Uint8Array(memory.buffer);
const { io, reason } = await chooseUnderlay(kind, memory);
const commands: Command[] = [];
/** What is to be sent, in batches of at most txMax. */
const outgoing: Datagram[] = [];
let isEchoing = false;
let ticks = 0;
let batches = 0;

const tell = (report: Report): void => port.postMessage(report);

function follow(command: Command): void {
  if (command.kind === 'open')
    io.open(
      socketId(command.socket),
      command.port,
      command.host,
      (outcome) =>
        tell(
          'error' in outcome
            ? { kind: 'refused', socket: command.socket, code: String(outcome.error.code) }
            : { kind: 'opened', socket: command.socket, ...outcome },
        ),
      command.only,
    );
  else if (command.kind === 'close')
    io.close(socketId(command.socket), () => tell({ kind: 'closed', socket: command.socket }));
  else if (command.kind === 'connect')
    io.connect(command.peer, socketId(command.socket), command.sockaddr);
  else if (command.kind === 'send') outgoing.push(...command.datagrams);
  else if (command.kind === 'echo') isEchoing = true;
  else if (command.kind === 'ask')
    tell({ kind: 'state', counters: { ...io.counters }, ticks, batches });
  else io.stop();
}

function fillOutgoing(): number {
  const batch = outgoing.splice(0, memory.txMax);
  for (const [i, { socket, tag, sockaddr, data }] of batch.entries()) {
    const descriptor = memory.txDescriptors + i * DESCRIPTOR_BYTES;
    const start = memory.txSlots + i * memory.slotBytes;
    words.set([start, data.length, socket, tag], wordOf(descriptor));
    bytes.set(sockaddr, descriptor + SOCKADDR_OFFSET);
    bytes.set(data, start);
  }
  return batch.length;
}

/** Every datagram goes back where it came from, out of the slot it came in. */
function echo(count: number): number {
  const { rxDescriptors, txDescriptors } = memory;
  bytes.copyWithin(txDescriptors, rxDescriptors, rxDescriptors + count * DESCRIPTOR_BYTES);
  return count;
}

port.on('message', (command: Command) => {
  commands.push(command);
  io.wake();
});
tell({ kind: 'running', io: io.kind, reason, wakeFd: io.wakeFd });
await io.run({
  received(count) {
    if (isEchoing) return echo(count);
    for (let i = 0; i < count; i++) {
      const descriptor = memory.rxDescriptors + i * DESCRIPTOR_BYTES;
      const word = wordOf(descriptor);
      const start = words[word + START] as number;
      const end = start + (words[word + LENGTH] as number);
      const at = descriptor + SOCKADDR_OFFSET;
      tell({
        kind: 'received',
        datagram: {
          socket: words[word + SOCKET] as number,
          tag: -1,
          sockaddr: bytes.slice(at, at + SOCKADDR_BYTES),
          data: bytes.slice(start, end),
        },
      });
    }
    return 0;
  },
  woken() {
    for (const command of commands.splice(0)) follow(command);
    for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port))
      follow(got.message as Command);
    return fillOutgoing();
  },
  sent() {
    batches++;
  },
  tick() {
    ticks++;
  },
});
tell({ kind: 'ended' });
port.close();
