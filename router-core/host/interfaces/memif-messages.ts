/**
 * Control messages of memif, as its master needs them: 128 octets each, over a Unix socket of sequenced packets.
 *
 * Standard: memif 2.0, the public protocol of VPP and DPDK (memif.h). Little-endian, packed.
 *
 *   master (we)                    slave (VPP)
 *     HELLO ─────────────────────────►
 *       ◄─────────────────────── INIT        ACK to each of these
 *       ◄───────── ADD_REGION + memory
 *       ◄───────── ADD_RING + eventfd
 *       ◄──────────────────── CONNECT
 *     CONNECTED ─────────────────────►       DISCONNECT by either side
 *
 * @module
 */
import { asciiBytes } from '../../base/bytes.ts';
import { printable } from '../../base/printable.ts';

export const MEMIF_MESSAGE_BYTES = 128;
export const MEMIF_VERSION = 0x0200;
export const MEMIF_MODE_ETHERNET = 0;
/** Of `size` in ring offsets: the slave may ask for rings up to so many descriptors. */
export const LOG2_RING_SIZE_MAX = 14;
const ACK = 1;
const HELLO = 2;
const INIT = 3;
const ADD_REGION = 4;
const ADD_RING = 5;
const CONNECT = 6;
const CONNECTED = 7;
const DISCONNECT = 8;
const RING_FLAG_SLAVE_TO_MASTER = 1;
const NAME_BYTES = 32;
const REASON_BYTES = 96;

export type SlaveMessage =
  | { readonly kind: 'init'; readonly version: number; readonly id: number; readonly mode: number }
  | { readonly kind: 'add-region'; readonly index: number; readonly size: number }
  | {
      readonly kind: 'add-ring';
      readonly isToMaster: boolean;
      readonly index: number;
      readonly region: number;
      readonly offset: number;
      readonly log2Size: number;
    }
  | { readonly kind: 'connect' }
  | { readonly kind: 'disconnect'; readonly reason: string };

/** Reads a message of a slave; undefined when it is none. */
export function readSlaveMessage(octets: Uint8Array): SlaveMessage | undefined {
  if (octets.length !== MEMIF_MESSAGE_BYTES) return undefined;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const word = (offset: number): number => view.getUint16(offset, true);
  const long = (offset: number): number => view.getUint32(offset, true);
  switch (word(0)) {
    case INIT:
      return { kind: 'init', version: word(2), id: long(4), mode: view.getUint8(8) };
    case ADD_REGION:
      return { kind: 'add-region', index: word(2), size: Number(view.getBigUint64(4, true)) };
    case ADD_RING:
      return {
        kind: 'add-ring',
        isToMaster: (word(2) & RING_FLAG_SLAVE_TO_MASTER) !== 0,
        index: word(4),
        region: word(6),
        offset: long(8),
        log2Size: view.getUint8(12),
      };
    case CONNECT:
      return { kind: 'connect' };
    case DISCONNECT: {
      const text = Buffer.from(octets.subarray(6, 6 + REASON_BYTES)).toString('latin1');
      return { kind: 'disconnect', reason: printable(text.split('\0')[0] ?? '', REASON_BYTES) };
    }
    default:
      return undefined;
  }
}

function message(type: number): [Uint8Array, DataView] {
  const octets = new Uint8Array(MEMIF_MESSAGE_BYTES);
  const view = new DataView(octets.buffer);
  view.setUint16(0, type, true);
  return [octets, view];
}

/** One region and one ring in each direction is what we use. */
export function helloMessage(name: string, regionsMax: number): Uint8Array {
  const [octets, view] = message(HELLO);
  octets.set(asciiBytes(name.slice(0, NAME_BYTES - 1)), 2);
  view.setUint16(34, MEMIF_VERSION, true);
  view.setUint16(36, MEMIF_VERSION, true);
  view.setUint16(38, regionsMax - 1, true);
  view.setUint16(40, 0, true);
  view.setUint16(42, 0, true);
  view.setUint8(44, LOG2_RING_SIZE_MAX);
  return octets;
}

export const ackMessage = (): Uint8Array => message(ACK)[0];

export function connectedMessage(name: string): Uint8Array {
  const [octets] = message(CONNECTED);
  octets.set(asciiBytes(name.slice(0, NAME_BYTES - 1)), 2);
  return octets;
}

export function disconnectMessage(reason: string): Uint8Array {
  const [octets] = message(DISCONNECT);
  octets.set(asciiBytes(reason.slice(0, REASON_BYTES - 1)), 6);
  return octets;
}
