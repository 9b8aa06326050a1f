/**
 * The slave of memif, as VPP is one: brings memory and rings, fills and offers buffers. Blocking calls where it may.
 *
 * Standard: memif 2.0; memfd_create(2), sendmsg(2) with SCM_RIGHTS.
 *
 * @module
 */
import { type Libc, requireLibc } from '../../libc.ts';
import { loadUnixSockets, SOCK_SEQPACKET, type UnixSockets } from '../../unix-sockets.ts';
import { DESCRIPTOR_BYTES, MEMIF_COOKIE, RING_HEADER_BYTES } from '../memif-ring.ts';
import { until } from './device-bench.ts';

const LOG2_SIZE = 4;
export const RING_SIZE = 1 << LOG2_SIZE;
export const BUFFER_BYTES = 256;
const RING_BYTES = RING_HEADER_BYTES + RING_SIZE * DESCRIPTOR_BYTES;
const BUFFERS = 2 * RING_BYTES;
const REGION_BYTES = BUFFERS + 2 * RING_SIZE * BUFFER_BYTES;
/** Ring 0 is ours to fill, ring 1 offers empty buffers. */
const TO_MASTER = 0;
const TO_SLAVE = 1;
const [ACK, INIT, ADD_REGION, ADD_RING, CONNECT, CONNECTED, DISCONNECT] = [1, 3, 4, 5, 6, 7, 8];

/** What a hostile slave says instead. */
export type Wrong = {
  readonly version?: number;
  readonly id?: number;
  readonly regionSize?: number;
  readonly ringOffset?: number;
  readonly log2Size?: number;
  readonly isWithoutDescriptor?: boolean;
  readonly isWithoutInit?: boolean;
};

export class MemifSlave {
  private readonly memory: DataView;
  readonly received: Uint8Array[] = [];
  private readonly libc: Libc;
  private readonly sockets: UnixSockets;
  private readonly fd: number;
  private readonly memfd: number;
  private readonly events: readonly [number, number];
  private readonly octets: Uint8Array;
  private readonly heads = [0, 0];
  private readonly tails = [0, 0];

  private constructor(libc: Libc, sockets: UnixSockets, path: string) {
    this.libc = libc;
    this.sockets = sockets;
    this.fd = sockets.connect(SOCK_SEQPACKET, path);
    this.memfd = libc.bind('memfd_create', ['void *', 'uint'])(Buffer.from('memif\0'), 0);
    libc.bind('ftruncate', ['int', 'long'])(this.memfd, REGION_BYTES);
    const mmap = libc.bindAddress('mmap', ['uintptr_t', 'size_t', 'int', 'int', 'int', 'long']);
    this.octets = libc.viewOf(mmap(0, REGION_BYTES, 3, 1, this.memfd, 0), REGION_BYTES);
    this.memory = new DataView(this.octets.buffer);
    const eventfd = libc.bind('eventfd', ['uint', 'int']);
    this.events = [eventfd(0, 0), eventfd(0, 0o4000)];
    for (const ring of [TO_MASTER, TO_SLAVE])
      this.memory.setUint32(ring * RING_BYTES, MEMIF_COOKIE, true);
    for (let i = 0; i < RING_SIZE; i++) this.offer();
  }

  /** Connects; resolves when the master has said CONNECTED, or with its reason not to. */
  static async connect(
    path: string,
    id: number,
    wrong: Wrong = {},
  ): Promise<{ readonly slave: MemifSlave; readonly refusal?: string }> {
    const slave = new MemifSlave(
      await requireLibc('this test'),
      await loadUnixSockets('this test'),
      path,
    );
    const refusal = await slave.shakeHands(id, wrong);
    return refusal === undefined ? { slave } : { slave, refusal };
  }

  private async shakeHands(id: number, wrong: Wrong): Promise<string | undefined> {
    const hello = await this.read();
    if (hello.getUint16(0, true) !== 2) return 'no HELLO';
    const init = this.message(INIT);
    init.setUint16(2, wrong.version ?? 0x0200, true);
    init.setUint32(4, wrong.id ?? id, true);
    const region = this.message(ADD_REGION);
    region.setBigUint64(4, BigInt(wrong.regionSize ?? REGION_BYTES), true);
    const steps: [DataView, number | undefined][] = wrong.isWithoutInit ? [] : [[init, undefined]];
    steps.push([region, wrong.isWithoutDescriptor ? undefined : this.memfd]);
    for (const ring of [TO_MASTER, TO_SLAVE]) {
      const message = this.message(ADD_RING);
      message.setUint16(2, ring === TO_MASTER ? 1 : 0, true);
      message.setUint32(8, wrong.ringOffset ?? ring * RING_BYTES, true);
      message.setUint8(12, wrong.log2Size ?? LOG2_SIZE);
      steps.push([message, this.events[ring]]);
    }
    steps.push([this.message(CONNECT), undefined]);
    for (const [message, fd] of steps) {
      this.send(message, fd);
      const answer = await this.read();
      const type = answer.getUint16(0, true);
      if (type === DISCONNECT)
        return Buffer.from(answer.buffer, 6, 96).toString('latin1').split('\0')[0];
      if (type !== ACK && type !== CONNECTED) return `an answer of type ${type}`;
    }
    return undefined;
  }

  /** Sends a frame, over as many buffers as it needs, and tells the master. */
  sendFrame(frame: Uint8Array): void {
    this.fill(frame);
    this.tell();
  }

  /** Writes a frame into the ring. */
  fill(frame: Uint8Array): void {
    for (let from = 0; from < frame.length; from += BUFFER_BYTES) {
      const piece = frame.subarray(from, from + BUFFER_BYTES);
      const index = (this.heads[TO_MASTER] as number) % RING_SIZE;
      this.octets.set(piece, this.bufferAt(TO_MASTER, index));
      const hasMore = from + BUFFER_BYTES < frame.length;
      this.describe(TO_MASTER, index, piece.length, hasMore ? 1 : 0);
      this.advance(TO_MASTER);
    }
  }

  tell(): void {
    this.sockets.writeOctets(this.events[TO_MASTER], Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0));
  }

  /** Frames that the master has taken out of our ring. */
  taken(): number {
    return this.memory.getUint16(64, true);
  }

  /** Whether the master has told us of a frame since the last question. */
  isTold(): boolean {
    const buffer = new Uint8Array(new ArrayBuffer(128));
    return this.sockets.read(this.events[TO_SLAVE], this.sockets.addressOf(buffer), 8) === 8;
  }

  /** Takes what the master has put in, and offers the buffers again. */
  receive(): void {
    let pieces: Uint8Array[] = [];
    while (this.tails[TO_SLAVE] !== this.memory.getUint16(RING_BYTES + 64, true)) {
      const index = (this.tails[TO_SLAVE] as number) % RING_SIZE;
      const at = RING_BYTES + RING_HEADER_BYTES + index * DESCRIPTOR_BYTES;
      const buffer = this.bufferAt(TO_SLAVE, index);
      pieces.push(this.octets.slice(buffer, buffer + this.memory.getUint32(at + 4, true)));
      if (this.memory.getUint16(at, true) === 0) {
        this.received.push(Buffer.concat(pieces));
        pieces = [];
      }
      this.tails[TO_SLAVE] = ((this.tails[TO_SLAVE] as number) + 1) & 0xffff;
      this.offer();
    }
  }

  /** Asks the master not to tell us of frames. */
  maskInterrupts(): void {
    this.memory.setUint16(RING_BYTES + 4, 1, true);
  }

  /** Lets every descriptor of a ring point there. */
  spoil(ring: 0 | 1, offset: number): void {
    const at = ring * RING_BYTES + RING_HEADER_BYTES;
    for (let i = 0; i < RING_SIZE; i++)
      this.memory.setUint32(at + i * DESCRIPTOR_BYTES + 8, offset, true);
  }

  /** Claims more descriptors than the ring has. */
  overrun(): void {
    this.memory.setUint16(6, 1000, true);
    this.tell();
  }

  close(): void {
    for (const fd of [this.fd, this.memfd, ...this.events]) this.sockets.close(fd);
  }

  private offer(): void {
    const index = (this.heads[TO_SLAVE] as number) % RING_SIZE;
    this.describe(TO_SLAVE, index, BUFFER_BYTES, 0);
    this.advance(TO_SLAVE);
  }

  private bufferAt(ring: number, index: number): number {
    return BUFFERS + (ring * RING_SIZE + index) * BUFFER_BYTES;
  }

  private describe(ring: number, index: number, length: number, flags: number): void {
    const at = ring * RING_BYTES + RING_HEADER_BYTES + index * DESCRIPTOR_BYTES;
    this.memory.setUint16(at, flags, true);
    this.memory.setUint16(at + 2, 0, true);
    this.memory.setUint32(at + 4, length, true);
    this.memory.setUint32(at + 8, this.bufferAt(ring, index), true);
  }

  private advance(ring: number): void {
    this.heads[ring] = ((this.heads[ring] as number) + 1) & 0xffff;
    this.memory.setUint16(ring * RING_BYTES + 6, this.heads[ring], true);
  }

  private message(type: number | undefined): DataView {
    const view = new DataView(new ArrayBuffer(128));
    view.setUint16(0, type ?? 0, true);
    return view;
  }

  private async read(): Promise<DataView> {
    const buffer = new Uint8Array(new ArrayBuffer(128));
    await until(
      'a message of the master',
      () => this.sockets.read(this.fd, this.sockets.addressOf(buffer), 128) === 128,
    );
    return new DataView(buffer.buffer);
  }

  private send(message: DataView, fd: number | undefined): void {
    const memory = new ArrayBuffer(256);
    const view = new DataView(memory);
    const base = this.libc.addressOf(new Uint8Array(memory));
    const octets = new Uint8Array(message.buffer);
    const set = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);
    set(16, base + 64);
    set(24, 1);
    set(64, this.libc.addressOf(octets));
    set(72, octets.length);
    if (fd !== undefined) {
      set(32, base + 128);
      set(40, 24);
      set(128, 20);
      view.setInt32(136, 1, true);
      view.setInt32(140, 1, true);
      view.setInt32(144, fd, true);
    }
    this.libc.bind('sendmsg', ['int', 'uintptr_t', 'int'])(this.fd, base, 0);
  }
}
