/**
 * A strict monitoring station: reads a stream as the RFCs say, and keeps the tables it hears of.
 *
 * Standard: RFC 7854 §4, RFC 8671 §4, RFC 9069 §4; written after the texts, not after our encoder.
 *
 * For tests only. Anything that is not as it should be throws.
 *
 * @module
 */
import { readUint16, readUint32 } from '../../../base/bytes.ts';
import { formatIpAddress } from '../../../base/ip-address.ts';
import { messageLength, messageType } from '../../message/header.ts';
import { capabilitiesOfOpen, readOpen } from '../../message/open.ts';
import { hear } from '../../routes/testing/updates.ts';
import type { Family, NegotiatedSession } from '../../types.ts';

export type HeardPeer = {
  readonly type: number;
  readonly flags: number;
  readonly address: string;
  readonly asn: number;
  readonly bgpId: string;
  readonly seconds: number;
  readonly microseconds: number;
};

export type HeardMessage = {
  readonly type: number;
  readonly peer?: HeardPeer;
  readonly tlvs?: readonly { readonly type: number; readonly value: Uint8Array }[];
  readonly update?: Uint8Array;
  readonly up?: {
    readonly localAddress: string;
    readonly localPort: number;
    readonly remotePort: number;
    readonly sentOpen: Uint8Array;
    readonly receivedOpen: Uint8Array;
  };
  readonly down?: { readonly reason: number; readonly data: Uint8Array };
};

const ROUTE_MONITORING = 0,
  PEER_DOWN = 2,
  PEER_UP = 3,
  INITIATION = 4,
  TERMINATION = 5;

/** Reads one whole message. */
export function readBmp(b: Uint8Array): HeardMessage {
  must(b[0] === 3, 'version 3');
  must(readUint32(b, 1) === b.length, 'the length of the message');
  const type = b[5] as number;
  must(type <= TERMINATION, 'a known type');
  if (type === INITIATION || type === TERMINATION) return { type, tlvs: readTlvs(b, 6) };
  must(b.length >= 48, 'a per-peer header');
  const peer = readPeer(b);
  switch (type) {
    case ROUTE_MONITORING: {
      const update = b.slice(48);
      must(messageLength(update, 0) === update.length, 'one whole UPDATE');
      must(messageType(update, 0) === 2, 'an UPDATE');
      return { type, peer, update };
    }
    case PEER_UP: {
      const sentEnd = 68 + messageLength(b, 68);
      const receivedEnd = sentEnd + messageLength(b, sentEnd);
      must(messageType(b, 68) === 1 && messageType(b, sentEnd) === 1, 'two OPENs');
      must(receivedEnd <= b.length, 'both OPENs are whole');
      const up = {
        localAddress: readAddress(b, 48, peer.flags),
        localPort: readUint16(b, 64),
        remotePort: readUint16(b, 66),
        sentOpen: b.slice(68, sentEnd),
        receivedOpen: b.slice(sentEnd, receivedEnd),
      };
      return { type, peer, up, tlvs: readTlvs(b, receivedEnd) };
    }
    case PEER_DOWN: {
      const reason = b[48] as number;
      const data = b.slice(49);
      must(reason >= 1 && reason <= 6, 'a known reason');
      if (reason === 1 || reason === 3)
        must(
          messageType(data, 0) === 3 && messageLength(data, 0) === data.length,
          'a NOTIFICATION',
        );
      else if (reason === 2) must(data.length === 2, 'an event code');
      else if (reason !== 6) must(data.length === 0, 'no data');
      return { type, peer, down: { reason, data } };
    }
    default: {
      const tlvs = readTlvs(b, 52);
      must(readUint32(b, 48) === tlvs.length, 'as many statistics as it says');
      return { type, peer, tlvs };
    }
  }
}

/** The tables of a router as a station knows them from one connection. */
export class HeardTables {
  /** By table (`10.0.0.1 pre`, `loc-rib`): AS path by prefix. */
  readonly tables = new Map<string, Map<string, string>>();
  /** End-of-RIBs since the peer came up, by table. */
  readonly endOfRibs = new Map<string, string[]>();
  readonly peers = new Set<string>();
  readonly messages: HeardMessage[] = [];
  /** By peer: the families whose prefixes carry path ids, by its OPENs. */
  private readonly pathIds = new Map<string, PathIds>();
  private rest: Uint8Array = new Uint8Array(0);
  private isOver = false;

  receive(bytes: Uint8Array): void {
    let b = new Uint8Array(this.rest.length + bytes.length);
    b.set(this.rest);
    b.set(bytes, this.rest.length);
    while (b.length >= 6 && b.length >= readUint32(b, 1)) {
      const length = readUint32(b, 1);
      must(length >= 6, 'a length of at least its header');
      this.take(readBmp(b.subarray(0, length)));
      b = b.slice(length);
    }
    this.rest = b;
  }

  private take(message: HeardMessage): void {
    must(!this.isOver, 'nothing behind termination');
    must(this.messages.length > 0 === (message.type !== INITIATION), 'initiation first, once');
    this.messages.push(message);
    const { peer } = message;
    if (message.type === TERMINATION) this.isOver = true;
    if (peer === undefined) return;
    const name = peer.type === 3 ? 'loc-rib' : peer.address;
    if (message.type === PEER_UP) {
      must(!this.peers.has(name), `${name} comes up once`);
      must((peer.flags & 0x7f) === 0, 'only the V flag in a peer up');
      this.peers.add(name);
      if (message.up !== undefined) this.pathIds.set(name, pathIdsOf(message.up));
      return;
    }
    must(this.peers.has(name), `${name} is up`);
    if (message.type === PEER_DOWN) {
      this.peers.delete(name);
      for (const map of [this.tables, this.endOfRibs])
        for (const key of [...map.keys()])
          if (key === name || key.startsWith(`${name} `)) map.delete(key);
    }
    if (message.update !== undefined) this.applyUpdate(peer, name, message.update);
  }

  private applyUpdate(peer: HeardPeer, name: string, update: Uint8Array): void {
    const key = tableOf(peer);
    const isOut = (peer.flags & 0x10) !== 0 && peer.type !== 3;
    const ids = this.pathIds.get(name);
    const table = this.tables.get(key) ?? new Map<string, string>();
    this.tables.set(key, table);
    // The reader of test messages knows path ids as those we send.
    const addPath = { receive: [], send: (isOut ? ids?.toPeer : ids?.fromPeer) ?? [] };
    const heard = hear(update, { ...SESSION, addPath });
    if (heard.endOfRib !== undefined)
      this.endOfRibs.set(key, [...(this.endOfRibs.get(key) ?? []), heard.endOfRib]);
    for (const prefix of heard.withdrawn)
      must(table.delete(prefix), `${prefix} of ${key} is there to be withdrawn`);
    for (const prefix of heard.announced) table.set(prefix, heard.attributes?.asPathText ?? '');
  }
}

type PathIds = { readonly fromPeer: readonly Family[]; readonly toPeer: readonly Family[] };

/** RFC 7911 §4: 1 receive, 2 send; both sides have to say so. */
function pathIdsOf({ sentOpen, receivedOpen }: NonNullable<HeardMessage['up']>): PathIds {
  const families = (open: Uint8Array, bit: number): Family[] =>
    capabilitiesOfOpen(readOpen(open, 0, open.length)).flatMap((capability) =>
      capability.kind === 'add-path'
        ? capability.families
            .filter(({ mode }) => (mode & bit) !== 0)
            .map(({ afi }) => (afi === 1 ? 'ipv4' : 'ipv6'))
        : [],
    );
  const both = (a: readonly Family[], b: readonly Family[]): Family[] =>
    a.filter((family) => b.includes(family));
  return {
    fromPeer: both(families(sentOpen, 1), families(receivedOpen, 2)),
    toPeer: both(families(sentOpen, 2), families(receivedOpen, 1)),
  };
}

export function tableOf({ type, flags, address }: HeardPeer): string {
  if (type === 3) return 'loc-rib';
  const isPost = (flags & 0x40) !== 0;
  if ((flags & 0x10) !== 0) return `${address} ${isPost ? 'out' : 'out-pre'}`;
  return `${address} ${isPost ? 'post' : 'pre'}`;
}

function readPeer(b: Uint8Array): HeardPeer {
  const type = b[6] as number;
  const flags = b[7] as number;
  must(type === 0 || type === 3, 'a known type of peer');
  must((flags & 0x0f) === 0 && (flags & 0x20) === 0, 'four-octet AS_PATHs, no unknown flags');
  must(
    b.slice(8, 16).every((octet) => octet === 0),
    'no distinguisher',
  );
  must(readUint32(b, 44) < 1_000_000, 'less than a million microseconds');
  return {
    type,
    flags,
    address: type === 3 ? '' : readAddress(b, 16, flags),
    asn: readUint32(b, 32),
    bgpId: formatIpAddress({ family: 4, bytes: b.slice(36, 40) }),
    seconds: readUint32(b, 40),
    microseconds: readUint32(b, 44),
  };
}

function readAddress(b: Uint8Array, o: number, flags: number): string {
  if ((flags & 0x80) !== 0) return formatIpAddress({ family: 6, bytes: b.slice(o, o + 16) });
  must(
    b.slice(o, o + 12).every((octet) => octet === 0),
    'an IPv4 address behind twelve zeros',
  );
  return formatIpAddress({ family: 4, bytes: b.slice(o + 12, o + 16) });
}

function readTlvs(b: Uint8Array, start: number): { type: number; value: Uint8Array }[] {
  const tlvs: { type: number; value: Uint8Array }[] = [];
  let o = start;
  while (o < b.length) {
    must(o + 4 <= b.length, 'a whole TLV header');
    const end = o + 4 + readUint16(b, o + 2);
    must(end <= b.length, 'a whole TLV');
    tlvs.push({ type: readUint16(b, o), value: b.slice(o + 4, end) });
    o = end;
  }
  return tlvs;
}

function must(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`BMP: ${what}`);
}

/** UPDATEs of a stream have four-octet AS numbers and both families. */
const SESSION = {
  isInternal: true,
  fourOctetAs: true,
  families: ['ipv4', 'ipv6'],
  extendedNextHop: true,
} as unknown as NegotiatedSession;
