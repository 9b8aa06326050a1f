/**
 * Datagrams of the virtual underlay as a capture file.
 *
 * Standard: the blocks are those of packet/pcapng.ts. Each packet is an IPv4 or IPv6 header made up
 * around the datagram, with UDP checksums left out.
 *
 * @module
 */

import { concatBytes, writeUint16, writeUint32 } from '../base/bytes.ts';
import { checksum } from '../base/checksum.ts';
import type { WallTime } from '../base/units.ts';
import {
  enhancedPacketBlock,
  interfaceDescriptionBlock,
  sectionHeaderBlock,
} from '../packet/index.ts';
import type { VirtualDatagram } from './network.ts';

const SNAP_LENGTH = 65_535;
const UDP = 17;

export interface UnderlayCapture {
  add(datagram: VirtualDatagram, at: WallTime): void;
  /** The whole file so far. */
  bytes(): Uint8Array;
}

export function createUnderlayCapture(): UnderlayCapture {
  const blocks: Uint8Array[] = [
    sectionHeaderBlock('rootless42 simulation', 'datagrams as they were sent'),
    interfaceDescriptionBlock('underlay', 'the virtual network', SNAP_LENGTH),
  ];
  return {
    add(datagram, at) {
      const bytes = packetOf(datagram);
      blocks.push(
        enhancedPacketBlock({
          interface: 0,
          at,
          direction: 0,
          bytes,
          start: 0,
          end: bytes.length,
          snapLength: SNAP_LENGTH,
          drops: 0,
        }),
      );
    },
    bytes: () => concatBytes(...blocks),
  };
}

function packetOf({ from, to, bytes }: VirtualDatagram): Uint8Array {
  const udp = new Uint8Array(8);
  writeUint16(udp, 0, from.port);
  writeUint16(udp, 2, to.port);
  writeUint16(udp, 4, 8 + bytes.length);
  const ip = from.address.family === 4 ? new Uint8Array(20) : new Uint8Array(40);
  if (from.address.family === 4) {
    ip[0] = 0x45;
    writeUint16(ip, 2, 28 + bytes.length);
    ip[8] = 64;
    ip[9] = UDP;
    ip.set(from.address.bytes, 12);
    ip.set(to.address.bytes, 16);
    writeUint16(ip, 10, checksum(ip, 0, ip.length));
  } else {
    writeUint32(ip, 0, 0x60000000);
    writeUint16(ip, 4, 8 + bytes.length);
    ip[6] = UDP;
    ip[7] = 64;
    ip.set(from.address.bytes, 8);
    ip.set(to.address.bytes, 24);
  }
  return concatBytes(ip, udp, bytes);
}
