/**
 * What a host's line carried, recorded by the real tcpdump and read here.
 *
 * Standard: the pcap file format (draft-ietf-opsawg-pcap), as tcpdump writes it on Ethernet.
 *
 *   file    │ header 24 │ record │ record │ …      record   │ time 8 │ kept 4 │ whole 4 │ frame │
 *
 * Batched senders hand the system runs of datagrams, which a veth carries, and tcpdump shows, as one:
 * `cutRuns` has a host cut them first.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, Lab } from './network.ts';
import { Daemon } from './process.ts';

/** The start of a frame: enough to tell what a message is. */
const KEPT_BYTES = 128;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const KEPT_LENGTH = 8;
const MAGIC = 0xa1b2c3d4; // microseconds, octets in the order of this machine
const ETHERNET_BYTES = 14;
const ETHERTYPE = 12;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const IPV6_BYTES = 40;
const UDP = 17;
const UDP_BYTES = 8;
const FRAGMENT_HEADER = 44;

/** One UDP datagram. */
export type WireDatagram = {
  readonly family: 4 | 6;
  readonly isOurs: boolean;
  /** The start of its data; all of it has `octets`. */
  readonly start: Buffer;
  readonly octets: number;
};

type WireRecord = {
  readonly datagrams: readonly WireDatagram[];
  /** IP fragments: what was too large for the line. */
  readonly fragments: number;
};

export class WireCapture {
  private readonly tcpdump: Daemon;
  private readonly file: string;
  private readonly address: string;

  private constructor(tcpdump: Daemon, file: string, address: string) {
    this.tcpdump = tcpdump;
    this.file = file;
    this.address = address;
  }

  /** Records what passes the host's line until it is finished. */
  static async start(lab: Lab, host: Host): Promise<WireCapture> {
    const address = (await host.must('cat', '/sys/class/net/eth0/address')).trim();
    const file = join(lab.folder, `${host.name}.pcap`);
    const line = ['-i', 'eth0', '-Z', 'root', '-n', '-s', String(KEPT_BYTES), '-B', '16384'];
    const tcpdump = new Daemon('tcpdump', ...host.inside('tcpdump', ...line, '-w', file));
    await tcpdump.printed(/listening on eth0/);
    return new WireCapture(tcpdump, file, address.replaceAll(':', ''));
  }

  /** Ends it and returns what passed. */
  async finish(): Promise<WireRecord> {
    await this.tcpdump.stop('SIGINT');
    return readWireRecord(readFileSync(this.file), this.address);
  }

  stop(): Promise<unknown> {
    return this.tcpdump.stop('SIGKILL');
  }
}

/** Has a host put single datagrams on its line, whatever its programs hand to the system. */
export const cutRuns = (host: Host): Promise<string> =>
  host.must('ip', 'link', 'set', 'eth0', 'gso_max_segs', '1');

/** Reads a pcap file; `ourAddress` is the host's Ethernet address in hex. */
function readWireRecord(file: Buffer, ourAddress: string): WireRecord {
  if (file.readUInt32LE(0) !== MAGIC) throw new Error('this is not what tcpdump writes here');
  const datagrams: WireDatagram[] = [];
  let fragments = 0;
  for (let at = FILE_HEADER_BYTES; at + RECORD_HEADER_BYTES <= file.length; ) {
    const kept = file.readUInt32LE(at + KEPT_LENGTH);
    const frame = file.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + kept);
    at += RECORD_HEADER_BYTES + kept;
    const packet = frame.subarray(ETHERNET_BYTES);
    const ethertype = frame.readUInt16BE(ETHERTYPE);
    if (ethertype !== IPV4 && ethertype !== IPV6) continue;
    const family = ethertype === IPV4 ? 4 : 6;
    if (isFragment(packet, family)) fragments++;
    else if (packet[family === 4 ? 9 : 6] === UDP) {
      const udp = packet.subarray(family === 4 ? ((packet[0] as number) & 15) * 4 : IPV6_BYTES);
      datagrams.push({
        family,
        isOurs: frame.toString('hex', 6, 12) === ourAddress,
        start: udp.subarray(UDP_BYTES),
        octets: udp.readUInt16BE(4) - UDP_BYTES,
      });
    }
  }
  return { datagrams, fragments };
}

/** RFC 791 §3.1: more to come, or not the first. RFC 8200 §4.5. */
const isFragment = (packet: Buffer, family: 4 | 6): boolean =>
  family === 4 ? (packet.readUInt16BE(6) & 0x3fff) !== 0 : packet[6] === FRAGMENT_HEADER;
