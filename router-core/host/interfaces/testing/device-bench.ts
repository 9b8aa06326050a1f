/**
 * A bench for interfaces: opens them over an arena of their own, sends frames and collects what comes.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { MacAddress } from '../../../base/mac-address.ts';
import { NONE, type PacketSlot } from '../../../base/units.ts';
import type { InterfaceConf } from '../../../mesh/etherguard/config/index.ts';
import { createPacketArena, type PacketArena } from '../../../router/index.ts';
import type { CountedFrameDevice } from '../counted-device.ts';
import { type InterfaceSurroundings, openFrameDevice } from '../open-frame-device.ts';

export const SLOTS = 512;
const PATIENCE_MS = 15_000;

export const interfaceConf = (part: Partial<InterfaceConf>): InterfaceConf => ({
  IType: 'dummy',
  Name: 'eg0',
  VPPIFaceID: 0,
  VPPBridgeID: 0,
  MacAddrPrefix: '02:42:AC:10',
  IPv4CIDR: '',
  IPv6CIDR: '',
  IPv6LLPrefix: '',
  MTU: 1404,
  RecvAddr: '',
  SendAddr: '',
  L2HeaderMode: 'nochg',
  ...part,
});

/** A frame with a number in it, so that order shows. */
export function testFrame(number: number, octets = 60): Uint8Array {
  const frame = new Uint8Array(octets).fill(number & 0xff);
  frame.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x42, 0xac, 0x10, 0, 1, 0x88, 0xb5]);
  new DataView(frame.buffer).setUint32(14, number);
  return frame;
}

export const numberOf = (frame: Uint8Array): number =>
  new DataView(frame.buffer, frame.byteOffset).getUint32(14);

export type DeviceEnd = { readonly error: Error | undefined };

export class DeviceBench {
  readonly arena: PacketArena;
  readonly frames: Uint8Array[] = [];
  readonly ends: DeviceEnd[] = [];
  readonly device: CountedFrameDevice;

  private constructor(
    arena: PacketArena,
    device: CountedFrameDevice,
    frames: Uint8Array[],
    ends: DeviceEnd[],
  ) {
    this.arena = arena;
    this.device = device;
    this.frames = frames;
    this.ends = ends;
  }

  static async open(
    conf: Partial<InterfaceConf>,
    surroundings?: InterfaceSurroundings,
    slots = SLOTS,
  ): Promise<DeviceBench> {
    const arena = createPacketArena(slots);
    const frames: Uint8Array[] = [];
    const ends: DeviceEnd[] = [];
    const linkAddress = Uint8Array.of(0x02, 0x42, 0xac, 0x10, 0x00, 0x01) as MacAddress;
    const device = await openFrameDevice(
      interfaceConf(conf),
      { node: 1, linkAddress },
      arena,
      {
        receiveFrame(slot) {
          frames.push(arena.bytes.slice(arena.start[slot], arena.end[slot]));
          arena.release(slot);
        },
        ended: (error) => ends.push({ error }),
      },
      surroundings,
    );
    return new DeviceBench(arena, device, frames, ends);
  }

  send(frame: Uint8Array): void {
    const slot = this.arena.allocate();
    if (slot === NONE) throw new Error('the test sends more than there are slots');
    this.arena.bytes.set(frame, this.arena.start[slot]);
    this.arena.end[slot] = (this.arena.start[slot] as number) + frame.length;
    this.device.write(slot);
  }

  /** Takes every slot but so many, as a busy router has. */
  occupy(left: number): PacketSlot[] {
    const taken: PacketSlot[] = [];
    while (this.arena.free() > left) taken.push(this.arena.allocate());
    return taken;
  }
}

/** Waits until something is so. @throws when it is not in time */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A folder for sockets. */
export class SocketFolder {
  private readonly path = mkdtempSync(join(tmpdir(), 'r42-if-'));

  at(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export const surroundings = (
  env: Readonly<Record<string, string>> = {},
): InterfaceSurroundings & { readonly stdin: PassThrough; readonly stdout: PassThrough } => ({
  env,
  stdin: new PassThrough(),
  stdout: new PassThrough(),
});
