/**
 * The fast path over a memory of its own, driven by hand: what underlay and packet worker do in
 * production, as calls that return what would have been sent.
 *
 * @module
 */
import type { Instant, PacketSlot } from '../../base/units.ts';
import type { PacketArena } from '../../packet/arena.ts';
import * as L from '../../packet/plane-layout.ts';
import { type FastPathExports, instantiateFastPath, sharedBufferOf } from '../module.ts';
import { PuntRing, type PuntSink } from '../punt-ring.ts';
import { SharedPlane } from '../shared-plane.ts';
import { sockaddrAddress, sockaddrFamily, sockaddrPort, writeSockaddr } from '../sockaddr.ts';
import { fastPathModule } from './cipher-bench.ts';

export type TestDatagram = {
  readonly socket: number;
  readonly family: 4 | 6;
  readonly port: number;
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  readonly bytes: Uint8Array;
};

export class TestPlane {
  readonly memory = new WebAssembly.Memory({
    initial: L.PLANE_PAGES,
    maximum: L.PLANE_PAGES,
    shared: true,
  });
  readonly buffer = sharedBufferOf(this.memory);
  readonly functions: FastPathExports = instantiateFastPath(
    fastPathModule,
    this.memory,
    L.WORKER + L.WORKER_SCRATCH,
  );
  private readonly bytes = new Uint8Array(this.buffer);
  private readonly words = new Int32Array(this.buffer);

  constructor() {
    this.words[L.CONTROL_BANK >> 2] = -1;
    this.words[L.CONTROL_FORWARDING >> 2] = -1;
  }

  /** The tables of a new life of the router. */
  life(number: number, keyPairRows: number): { plane: SharedPlane; punts: PuntRing } {
    const plane = new SharedPlane(this.buffer, number, keyPairRows);
    return { plane, punts: new PuntRing(this.buffer, number) };
  }

  /** Takes datagrams as one batch; returns what leaves. */
  receive(datagrams: readonly TestDatagram[], now: Instant): TestDatagram[] {
    for (const [i, datagram] of datagrams.entries()) {
      const descriptor = L.RX_DESCRIPTORS + i * L.DESCRIPTOR_BYTES;
      const start = L.RX_SLOTS + i * L.PLANE_SLOT_BYTES + L.PLANE_HEADROOM;
      this.bytes.set(datagram.bytes, start);
      this.words[(descriptor + L.DESCRIPTOR_START) >> 2] = start;
      this.words[(descriptor + L.DESCRIPTOR_LENGTH) >> 2] = datagram.bytes.length;
      this.words[(descriptor + L.DESCRIPTOR_SOCKET) >> 2] = datagram.socket;
      this.words[(descriptor + L.DESCRIPTOR_TAG) >> 2] = -1;
      const { family, port, address } = datagram;
      writeSockaddr(this.bytes, descriptor + L.DESCRIPTOR_ADDRESS, family, port, address, 0);
    }
    return this.sent(this.functions.receiveBatch(datagrams.length, now));
  }

  /** Takes what the router queued; returns what leaves. */
  transmit(now: Instant): TestDatagram[] {
    const all: TestDatagram[] = [];
    do all.push(...this.sent(this.functions.transmitBatch(now)));
    while (this.functions.transmitted() > 0);
    return all;
  }

  drain(punts: PuntRing, arena: PacketArena, sink: PuntSink): void {
    while (punts.drain(arena, { tunnels: sink }, 64));
  }

  drop(number: number): number {
    return new Float64Array(this.buffer, L.CONTROL_DROPS, L.DROPS)[number] as number;
  }

  private sent(count: number): TestDatagram[] {
    return Array.from({ length: count }, (_, i) => {
      const descriptor = L.TX_DESCRIPTORS + i * L.DESCRIPTOR_BYTES;
      const start = this.words[(descriptor + L.DESCRIPTOR_START) >> 2] as number;
      const length = this.words[(descriptor + L.DESCRIPTOR_LENGTH) >> 2] as number;
      const at = descriptor + L.DESCRIPTOR_ADDRESS;
      const family = sockaddrFamily(this.bytes, at) === 4 ? 4 : 6;
      const address = sockaddrAddress(this.bytes, at);
      return {
        socket: this.words[(descriptor + L.DESCRIPTOR_SOCKET) >> 2] as number,
        family,
        port: sockaddrPort(this.bytes, at),
        address: this.bytes.slice(address, address + (family === 4 ? 4 : 16)),
        bytes: this.bytes.slice(start, start + length),
      };
    });
  }
}

/** Puts a datagram into a slot, as a socket would. */
export function datagramSlot(
  arena: PacketArena,
  { socket, family, port, address, bytes }: TestDatagram,
): PacketSlot {
  const slot = arena.allocate();
  const start = arena.start[slot] as number;
  arena.bytes.set(bytes, start);
  arena.end[slot] = start + bytes.length;
  arena.socket[slot] = socket;
  arena.remoteFamily[slot] = family;
  arena.remotePort[slot] = port;
  arena.remoteAddress.fill(0, slot * 16, slot * 16 + 16);
  arena.remoteAddress.set(address, slot * 16);
  return slot;
}

/** The datagram in a slot. */
export function datagramOf(arena: PacketArena, slot: PacketSlot): TestDatagram {
  const family = arena.remoteFamily[slot] === 4 ? 4 : 6;
  return {
    socket: arena.socket[slot] as number,
    family,
    port: arena.remotePort[slot] as number,
    address: arena.remoteAddress.slice(slot * 16, slot * 16 + (family === 4 ? 4 : 16)),
    bytes: arena.bytes.slice(arena.start[slot], arena.end[slot]),
  };
}
