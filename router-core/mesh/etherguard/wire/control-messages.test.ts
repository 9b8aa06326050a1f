/**
 * Control messages against what a real encoder writes, a real decoder takes and real nodes sent.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../base/bytes.ts';
import type { NodeNumber } from '../../node-number.ts';
import {
  broadcastPeerMessage,
  type PeerReport,
  type Pong,
  peerReportMessage,
  pingMessage,
  pongMessage,
  queryPeerMessage,
  registerMessage,
  serverUpdateMessage,
} from './control-messages.ts';
import { GobError } from './gob/gob-error.ts';
import { GOB_ZERO_TIME, type GobTime } from './gob/gob-time.ts';
import { MESH_HEADER_BYTES, USAGE } from './mesh-packet.ts';

type Fields = Record<string, unknown>;
type Example = { readonly message: Name; readonly fields: Fields; readonly hex: string };
type Decision = {
  readonly name: string;
  readonly hex: string;
  readonly accepted: boolean;
  readonly Request_ID: number | null;
};
type Name = keyof typeof MESSAGES;

const fixture = readFixture<{
  readonly definitionPrefix: Readonly<Record<Name, string>>;
  readonly encode: readonly Example[];
  readonly decode: readonly Decision[];
  readonly captured: readonly (Example & { readonly mode: string; readonly node: number })[];
}>('gob-messages.json');
const { reports } = readFixture<{
  readonly reports: readonly { compressed: string; body: string; report: Fields }[];
}>('reports.json');
const datagrams = readFixture<{
  readonly vectors: readonly {
    readonly usage: number;
    readonly usageName: string;
    readonly mode: string;
    readonly message?: Name;
    readonly fields?: Fields;
    readonly damaged?: boolean;
    readonly plaintextPadded: string;
  }[];
}>('transport.json').vectors.filter(
  ({ usage, plaintextPadded }) => usage > USAGE.normal && plaintextPadded !== '',
);

/** Each message: its codec, and its value from the fixture's names of fields. */
const MESSAGES = {
  RegisterMsg: codec(registerMessage, (f) => ({
    node: f.Node_id as NodeNumber,
    version: f.Version as string,
    peerStateHash: f.PeerStateHash as string,
    nextHopStateHash: f.NhStateHash as string,
    parameterStateHash: f.SuperParamStateHash as string,
    reportSecret: octets(f.JWTSecret as string),
    reportCount: BigInt(f.HttpPostCount as number),
  })),
  ServerUpdateMsg: codec(serverUpdateMessage, (f) => ({
    node: f.Node_id as NodeNumber,
    action: f.Action as number,
    code: f.Code as number,
    text: f.Params as string,
  })),
  PingMsg: codec(pingMessage, (f) => ({
    requestId: f.RequestID as number,
    source: f.Src_nodeID as NodeNumber,
    time: timeOf(f.Time as FixtureTime | null),
    repliesWanted: f.RequestReply as number,
  })),
  PongMsg: codec(pongMessage, pongOf),
  QueryPeerMsg: codec(queryPeerMessage, (f) => ({ requestId: f.Request_ID as number })),
  BoardcastPeerMsg: codec(broadcastPeerMessage, (f) => ({
    requestId: f.Request_ID as number,
    node: f.NodeID as NodeNumber,
    publicKey: octets(f.PubKey as string),
    endpoint: f.ConnURL as string,
  })),
  API_report_peerinfo: codec(
    peerReportMessage,
    (f): PeerReport => ({
      pongs: (f.Pongs as Fields[]).map(pongOf),
      localV4: ranksOf(f.LocalV4s as Record<string, number> | null),
      localV6: ranksOf(f.LocalV6s as Record<string, number> | null),
    }),
  ),
};

test.each(Object.keys(MESSAGES) as Name[])('%s begins with the constant definitions', (name) => {
  expect(toHex(MESSAGES[name].prefix)).toBe(fixture.definitionPrefix[name]);
});

describe.each(fixture.encode)('$message $fields', ({ message, fields, hex }) => {
  const { encode, decode, value } = MESSAGES[message];

  test('is written as a fresh encoder writes it', () => {
    expect(toHex(encode(fields))).toBe(hex);
  });

  test('is read, also with another fifteen octets behind it', () => {
    expect(decode(octets(hex))).toEqual(value(fields));
    expect(decode(octets(`ffff${hex}${'00'.repeat(15)}`), 2)).toEqual(value(fields));
  });
});

test.each(fixture.decode)('$name: as the real decoder decides', (row) => {
  const decode = () => queryPeerMessage.decode(octets(row.hex));
  if (row.accepted) expect(decode()).toEqual({ requestId: row.Request_ID });
  else expect(decode).toThrow(GobError);
});

test.each(fixture.captured)('$message of node $node in $mode mode is read', (row) => {
  const { decode, value } = MESSAGES[row.message];
  expect(decode(octets(row.hex))).toEqual(value(row.fields));
});

test.each(reports)('a report that an edge posted is read (%#)', ({ compressed, body, report }) => {
  expect(toHex(gunzipSync(octets(compressed)))).toBe(body);
  const { decode, value } = MESSAGES.API_report_peerinfo;
  expect(decode(octets(body))).toEqual(value(report));
});

describe.each(datagrams)('the body of a datagram: $usageName in $mode mode', (row) => {
  const content = octets(row.plaintextPadded);

  test('is read behind its header', () => {
    if (row.message === undefined || row.fields === undefined) {
      // A relay of the original sent other octets than it got.
      expect(row.damaged).toBe(true);
      for (const { decode } of Object.values(MESSAGES)) expectValueOrRefusal(decode, content);
      return;
    }
    const { decode, value } = MESSAGES[row.message];
    expect(decode(content, MESH_HEADER_BYTES)).toEqual(value(row.fields));
  });
});

test('numbers of 64 bits and nanoseconds pass unchanged', () => {
  const register = {
    ...registerMessage.decode(octets(fixture.encode[0]?.hex as string)),
    reportCount: 0xffff_ffff_ffff_fffen,
  };
  expect(registerMessage.decode(registerMessage.encode(register))).toEqual(register);
  const ping = {
    requestId: 0xffff_ffff,
    source: 65_531 as NodeNumber,
    time: { unixSeconds: -9_007_199_254_740_991, nanoseconds: 999_999_999, zoneSeconds: -12_345 },
    repliesWanted: -9_007_199_254_740_991,
  };
  expect(pingMessage.decode(pingMessage.encode(ping))).toEqual(ping);
});

type FixtureTime = {
  readonly unixSeconds: number;
  readonly nanoseconds: number;
  readonly offsetMinutes: number | null;
  readonly binary: string;
};

function expectValueOrRefusal(decode: (b: Uint8Array, start: number) => unknown, b: Uint8Array) {
  try {
    decode(b, MESH_HEADER_BYTES);
  } catch (error) {
    expect(error).toBeInstanceOf(GobError);
  }
}

function timeOf(time: FixtureTime | null): GobTime {
  if (time === null) return GOB_ZERO_TIME;
  const { unixSeconds, nanoseconds, offsetMinutes, binary } = time;
  if (offsetMinutes === null) return { unixSeconds, nanoseconds };
  const seconds = binary.length === 32 ? Number.parseInt(binary.slice(30), 16) : 0;
  return { unixSeconds, nanoseconds, zoneSeconds: offsetMinutes * 60 + seconds };
}

function pongOf(f: Fields): Pong {
  return {
    requestId: f.RequestID as number,
    source: f.Src_nodeID as NodeNumber,
    destination: f.Dst_nodeID as NodeNumber,
    latency: f.Timediff as number,
    timeToAlive: f.TimeToAlive as number,
    additionalCost: f.AdditionalCost as number,
  };
}

function ranksOf(ranks: Record<string, number> | null): ReadonlyMap<string, number> | undefined {
  return ranks === null ? undefined : new Map(Object.entries(ranks));
}

function codec<T>(
  message: {
    readonly prefix: Uint8Array;
    encode(value: T): Uint8Array;
    decode(b: Uint8Array, start?: number, end?: number): T;
  },
  value: (fields: Fields) => T,
) {
  return {
    prefix: message.prefix,
    value: (fields: Fields): unknown => value(fields),
    encode: (fields: Fields) => message.encode(value(fields)),
    decode: (b: Uint8Array, start?: number): unknown => message.decode(b, start),
  };
}

function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')) as T;
}

function octets(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error(`not hexadecimal: ${hex}`);
  return bytes;
}
