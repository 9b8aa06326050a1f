/**
 * Datagrams of the virtual underlay as a capture file that Wireshark reads.
 *
 * Standard: the classic libpcap format (draft-ietf-opsawg-pcap), link type RAW (101): each packet is
 * an IPv4 or IPv6 header made up around the datagram, with UDP checksums left out.
 *
 * @module
 */

import { concatBytes, writeUint16, writeUint32, writeUint32LittleEndian } from '../base/bytes.ts';
import { checksum } from '../base/checksum.ts';
import type { WallTime } from '../base/units.ts';
import type { VirtualDatagram } from './network.ts';

const MAGIC = 0xa1b2c3d4;
const SNAP_LENGTH = 65_535;
const LINK_TYPE_RAW = 101;
const UDP = 17;

export interface PcapWriter {
  add(datagram: VirtualDatagram, at: WallTime): void;
  /** The whole file so far. */
  bytes(): Uint8Array;
}

export function createPcapWriter(): PcapWriter {
  const parts: Uint8Array[] = [fileHeader()];
  return {
    add(datagram, at) {
      const packet = packetOf(datagram);
      const header = new Uint8Array(16);
      writeUint32LittleEndian(header, 0, Math.floor(at / 1000));
      writeUint32LittleEndian(header, 4, Math.round((at % 1000) * 1000));
      writeUint32LittleEndian(header, 8, packet.length);
      writeUint32LittleEndian(header, 12, packet.length);
      parts.push(header, packet);
    },
    bytes: () => concatBytes(...parts),
  };
}

function fileHeader(): Uint8Array {
  const header = new Uint8Array(24);
  writeUint32LittleEndian(header, 0, MAGIC);
  header[4] = 2; // version 2.4
  header[6] = 4;
  writeUint32LittleEndian(header, 16, SNAP_LENGTH);
  writeUint32LittleEndian(header, 20, LINK_TYPE_RAW);
  return header;
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
