import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, writeUint32 } from '../../base/bytes.ts';
import { wallTime } from '../../base/units.ts';
import { goldenMessages } from '../testing/golden.ts';
import { address, hexBytes } from '../testing/scripted-router.ts';
import { writeMessageRecord } from './bgp4mp.ts';
import { RIB_IPV4_UNICAST_ADDPATH, TABLE_DUMP_V2 } from './constants.ts';
import bird from './fixtures/bird-mrt.json';
import { RECORD_BYTES_MAX } from './limits.ts';
import { RecordReader } from './record-reader.ts';
import { recordRow, recordWords } from './record-words.ts';
import { RecordWriter } from './record-writer.ts';
import { Replay } from './replay.ts';
import { readAll, wordsOf } from './testing/read-all.ts';

const fileOf = (records: readonly string[]): Uint8Array => concatBytes(...records.map(hexBytes));
const UPDATES = fileOf(bird['bird-updates.mrt']);
const TABLE = fileOf(bird['bird-table-master4.mrt']);
const ENDS = {
  peerAsn: 4242420001,
  localAsn: 4242420002,
  peerAddress: '10.97.0.1',
  localAddress: '10.97.0.2',
};

describe('files of BIRD', () => {
  test('a session from Connect to Idle reads as what happened (RFC 6396 §4.4)', () => {
    expect(wordsOf(UPDATES)).toMatchInlineSnapshot(`
      [
        "2026-11-20T14:16:18.000Z 0.0.0.0 AS4242420005: idle -> active",
        "2026-11-20T14:16:21.000Z 10.98.0.2 AS4242420005: active -> connect",
        "2026-11-20T14:16:21.000Z 10.98.0.2 AS4242420005: connect -> opensent",
        "2026-11-20T14:16:21.000Z from 10.98.0.2 AS23456: OPEN AS field 23456, hold time 90 s, id 10.98.0.2; Route refresh, Host name vm, Multiprotocol IPv4 unicast, Multiprotocol IPv6 unicast, 4-octet AS numbers, Extended next hop",
        "2026-11-20T14:16:21.000Z 10.98.0.2 AS4242420005: opensent -> openconfirm",
        "2026-11-20T14:16:21.000Z from 10.98.0.2 AS23456: KEEPALIVE",
        "2026-11-20T14:16:21.000Z 10.98.0.2 AS4242420005: openconfirm -> established",
        "2026-11-20T14:16:21.000Z from 10.98.0.2 AS4242420005: UPDATE announces 172.22.5.0/24; via 10.98.0.2, AS path 4242420005, communities 64511:7",
        "2026-11-20T14:16:35.000Z 10.98.0.2 AS4242420005: established -> idle",
      ]
    `);
  });

  test('a table names its peers, and each path with its attributes (§4.3)', () => {
    expect(wordsOf(TABLE).slice(0, 6)).toMatchInlineSnapshot(`
      [
        "2026-11-20T14:16:27.000Z table "master4" of 10.98.0.1, 2 peers: :: AS0 10.98.0.2 AS4242420005",
        "2026-11-20T14:16:27.000Z 172.22.0.53/32 from :: AS0 since 2026-11-20T14:16:18.000Z AS path empty",
        "2026-11-20T14:16:27.000Z 172.20.16.0/24 from :: AS0 since 2026-11-20T14:16:18.000Z AS path empty, MED 50, communities 64511:3 64511:24 64511:34 4242420001:100:7 rt:64511:42",
        "2026-11-20T14:16:27.000Z 172.20.17.0/25 from :: AS0 since 2026-11-20T14:16:18.000Z AS path 4242420004 4242420003",
        "2026-11-20T14:16:27.000Z 10.127.0.0/16 from :: AS0 since 2026-11-20T14:16:18.000Z AS path empty, communities 65535:0 65535:666 65535:65281",
        "2026-11-20T14:16:27.000Z 172.22.5.0/24 from 10.98.0.2 AS4242420005 since 2026-11-20T14:16:21.000Z via 10.98.0.2, AS path 4242420005, local pref 100, communities 64511:7",
      ]
    `);
    expect(wordsOf(fileOf(bird['bird-table-master6.mrt']))).toHaveLength(8);
  });

  test('it does not matter in which parts a file arrives', () => {
    const whole = readAll(TABLE);
    for (const step of [1, 7, 11, 12, 13, 100]) expect(readAll(TABLE, step)).toEqual(whole);
  });

  test('a file that breaks off anywhere gives its whole records, then where it broke', () => {
    const whole = readAll(UPDATES);
    const ends = new Set([...whole.slice(1).map(({ offset }) => offset), UPDATES.length]);
    for (let end = 1; end < UPDATES.length; end++) {
      const records = readAll(UPDATES.subarray(0, end));
      const count = whole.findIndex(
        ({ offset }, i) => (whole[i + 1]?.offset ?? UPDATES.length) > end || offset >= end,
      );
      expect(records.slice(0, count)).toEqual(whole.slice(0, count));
      if (ends.has(end)) expect(records).toHaveLength(count);
      else expect(records.at(-1)).toMatchObject({ kind: 'damaged', reason: 'truncated' });
    }
  });
});

describe('damage is named and skipped', () => {
  test('a record with a broken body does not hide the next one', () => {
    const broken = hexBytes(bird['bird-updates.mrt'][3] as string);
    broken[12 + 16] = 0; // the marker of the OPEN
    const offset = broken.length;
    const words = wordsOf(concatBytes(broken, UPDATES));
    expect(words[0]).toMatch(
      /^octet 0: damaged \(bad-message\): The start of a message was not where/,
    );
    expect(words).toHaveLength(10);
    expect(readAll(concatBytes(broken, UPDATES))[1]?.offset).toBe(offset);
  });

  test('a record longer than any real one is skipped by its length and never kept', () => {
    const long = new Uint8Array(12 + RECORD_BYTES_MAX + 1);
    writeUint32(long, 8, RECORD_BYTES_MAX + 1);
    const records = readAll(concatBytes(UPDATES, long, UPDATES), 65536);
    expect(records).toHaveLength(19);
    expect(records[9]).toMatchObject({ reason: 'too-long', offset: UPDATES.length });
    expect(records[10]?.offset).toBe(UPDATES.length + long.length);
  });

  test.each([
    [
      'an address family that has none',
      '0000000100000003fcde3125fcde31210000000900000000',
      'bad-field',
    ],
    ['no addresses', 'fcde3125fcde312100000001', 'short'],
    ['no states', 'fcde3125fcde312100000001aabbccddaabbccdd', 'short'],
  ])('a change of state with %s', (_, body, reason) => {
    const octets = hexBytes(body);
    const file = concatBytes(new Uint8Array(12), octets);
    file.set([0, 16, 0, 5], 4);
    writeUint32(file, 8, octets.length);
    expect(readAll(file)).toEqual([
      expect.objectContaining({ kind: 'damaged', reason, offset: 0 }),
    ]);
  });

  test('a kind of record that is not read here is no damage', () => {
    const file = new Uint8Array(14);
    file.set([0, 12, 0, 1, 0, 0, 0, 2], 4);
    expect(wordsOf(file)).toEqual([
      '1970-01-01T00:00:00.000Z a record of type 12/1, which is not read here',
    ]);
  });
});

test('any octets, and any mutation of a file, give records and damage but no exception', () => {
  const replay = new Replay();
  const readEverything = (file: Uint8Array, step: number): void => {
    for (const record of readAll(file, step)) {
      expect(recordWords(record, replay)).toEqual(expect.any(String));
      expect(JSON.stringify(recordRow(record, replay))).toEqual(expect.any(String));
    }
  };
  const golden = goldenMessages('UPDATE')
    .slice(0, 30)
    .map(({ bytes }) => messageFile(bytes, false));
  const files = [UPDATES, TABLE, fileOf(bird['bird-table-master6.mrt']), ...golden];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 64 }), readEverything),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      (file, changes) => {
        const changed = file.slice();
        for (const [at, value] of changes) changed[at % changed.length] = value;
        readEverything(changed, 512);
      },
    ),
    { numRuns: 1000 },
  );
});

test('every golden UPDATE comes back from its record as it went in', () => {
  for (const { bytes, name } of goldenMessages('UPDATE')) {
    const [record] = readAll(messageFile(bytes, true));
    expect(record, name).toMatchObject({
      kind: 'message',
      message: bytes,
      direction: 'sent',
      when: 1_700_000_000_123.456,
    });
  }
});

test('messages with path ids read like others, with the ids beside them (RFC 8050 §3)', () => {
  // Withdraws 172.20.1.0/24 with id 7; announces 172.20.0.0/24 with id 1 and, by MP_REACH, fd42::/48 with id 9.
  const attributes =
    '400101004002060201fcde3121400304ac140001' +
    `800e20000201${'10'}fd420000000000000000000000000001${'00'}${'0000000930fd4200000000'}`;
  const body = `0008${'0000000718ac1401'}${(attributes.length / 2).toString(16).padStart(4, '0')}${attributes}0000000118ac1400`;
  const length = (19 + body.length / 2).toString(16).padStart(4, '0');
  const message = hexBytes(`${'ff'.repeat(16)}${length}02${body}`);
  const reading = new Replay().read(message, { hasAs4: true, hasPathIds: true }, ENDS);
  expect(reading).toMatchObject({
    reaction: { kind: 'accept' },
    withdrawn: ['172.20.1.0/24'],
    announced: ['172.20.0.0/24', 'fd42::/48'],
    pathIds: [7, 9, 1],
  });
});

test('a table with path ids names them (RFC 8050 §4)', () => {
  const writer = new RecordWriter();
  writer.begin(TABLE_DUMP_V2, RIB_IPV4_UNICAST_ADDPATH, wallTime(0));
  writer.uint32(5);
  writer.octets(Uint8Array.of(8, 10));
  writer.uint16(1);
  writer.uint16(3);
  writer.uint32(60);
  writer.uint32(42);
  writer.uint16(0);
  writer.finish();
  expect(wordsOf(writer.take())).toEqual([
    '1970-01-01T00:00:00.000Z 10.0.0.0/8 from a peer not in the index path id 42 since 1970-01-01T00:01:00.000Z AS path empty',
  ]);
});

test('a reader that waits for nothing ends with nothing', () => {
  expect([...new RecordReader().end()]).toEqual([]);
  expect(readAll(new Uint8Array(0))).toEqual([]);
});

function messageFile(message: Uint8Array, isSent: boolean): Uint8Array {
  const writer = new RecordWriter();
  writeMessageRecord(
    writer,
    wallTime(1_700_000_000_123.456),
    {
      peerAsn: ENDS.peerAsn as never,
      localAsn: ENDS.localAsn as never,
      remoteAddress: address(ENDS.peerAddress),
      localAddress: address(ENDS.localAddress),
    },
    { hasAs4: true, hasPathIds: false },
    isSent ? 'sent' : 'received',
    message,
    0,
    message.length,
  );
  return writer.take();
}
