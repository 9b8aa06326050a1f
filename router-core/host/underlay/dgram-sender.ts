/**
 * Sending by `node:dgram`, from a memory that is used again at once.
 *
 * Not standardized. The runtime may keep a datagram until the system takes it, so each is copied into a
 * parcel of our own, which comes back when it is sent. What is sent while its port opens waits: the first
 * handshake after a restart is among it.
 *
 * Invariants
 * - At most `PARCELS_MAX` datagrams wait, in the runtime and for opening ports together; what does not
 *   fit is dropped and counted.
 *
 * @module
 */
import type { Socket } from 'node:dgram';
import { AddressTexts } from './address-cache.ts';
import {
  AF_INET,
  DESCRIPTOR_BYTES,
  familyOf,
  LENGTH,
  portOf,
  SOCKADDR,
  SOCKET,
  START,
  wordOf,
} from './descriptor.ts';
import type { DgramPorts } from './dgram-ports.ts';
import { type BatchMemory, UDP_PAYLOAD_MAX, type UnderlayCounters } from './io.ts';
import { countSendFailure, errorCode } from './send-errors.ts';

export const PARCELS_MAX = 1024;

type Parcel = {
  bytes: Buffer;
  length: number;
  socket: number;
  family: number;
  port: number;
  address: string;
  /** One per parcel instead of one per datagram. */
  readonly done: (error: Error | null) => void;
};

export interface DgramSender {
  /** Sends tx descriptor `index`. */
  send(index: number): void;
  /** A port has opened or failed: what waited for it goes. */
  portSettled(id: number): void;
}

export function createDgramSender(
  memory: BatchMemory,
  ports: DgramPorts,
  counters: UnderlayCounters,
): DgramSender {
  const words = new Int32Array(memory.buffer);
  const shared = Buffer.from(memory.buffer);
  const texts = new AddressTexts(memory.buffer);
  const free: Parcel[] = [];
  let waiting: Parcel[] = [];
  let made = 0;

  function makeParcel(): Parcel {
    made++;
    const parcel: Parcel = {
      bytes: Buffer.alloc(memory.slotDataBytes),
      length: 0,
      socket: 0,
      family: 0,
      port: 0,
      address: '',
      done(error) {
        if (error === null) counters.txDatagrams++;
        else countSendFailure(counters, errorCode(error));
        free.push(parcel);
      },
    };
    return parcel;
  }

  function transmit(parcel: Parcel, socket: Socket): void {
    const { bytes, length, port, address, done } = parcel;
    counters.txCalls++;
    socket.send(bytes, 0, length, port, address, done);
  }

  function dispatch(parcel: Parcel): void {
    const state = ports.find(parcel.socket);
    if (state?.isOpening) {
      waiting.push(parcel);
      return;
    }
    const socket = parcel.family === AF_INET ? state?.ipv4 : state?.ipv6;
    if (socket !== undefined) {
      transmit(parcel, socket);
    } else {
      counters.txOther++;
      free.push(parcel);
    }
  }

  return {
    send(index) {
      const descriptor = wordOf(memory.txDescriptors + index * DESCRIPTOR_BYTES);
      const start = words[descriptor + START] as number;
      const length = words[descriptor + LENGTH] as number;
      const port = portOf(words, descriptor + SOCKADDR);
      if (length > UDP_PAYLOAD_MAX || port === 0) {
        counters[port === 0 ? 'txOther' : 'txTooBig']++;
        return;
      }
      const parcel = free.pop() ?? (made < PARCELS_MAX ? makeParcel() : undefined);
      if (parcel === undefined) {
        counters.txWouldBlock++;
        return;
      }
      if (parcel.bytes.length < length) parcel.bytes = Buffer.alloc(length);
      shared.copy(parcel.bytes, 0, start, start + length);
      parcel.length = length;
      parcel.socket = words[descriptor + SOCKET] as number;
      parcel.family = familyOf(words, descriptor + SOCKADDR);
      parcel.port = port;
      parcel.address = texts.of(descriptor + SOCKADDR);
      dispatch(parcel);
    },
    portSettled(id) {
      const parcels = waiting.filter((parcel) => parcel.socket === id);
      waiting = waiting.filter((parcel) => parcel.socket !== id);
      for (const parcel of parcels) dispatch(parcel);
    },
  };
}
