import { expect, test } from 'vitest';
import { readUint32, toHex } from '../../base/bytes.ts';
import { type Asn, type WallTime, wallTime } from '../../base/units.ts';
import type { NeighborConfig } from '../neighbor-config.ts';
import {
  CONFIG,
  establish,
  hexBytes,
  OUR_ASN,
  OUR_ID,
  type ScriptedRouter,
  scriptedRouter,
  theirOpen,
} from '../testing/scripted-router.ts';
import { neighborId } from '../types.ts';
import { FlightRecorder, type RecorderBounds } from './flight-recorder.ts';
import { RECORDER_BYTES_MIN } from './limits.ts';
import { readAll, wordsOf } from './testing/read-all.ts';

const UPDATE = `${'ff'.repeat(16)}002f0200000014400101004002060201fcde316140030401020304${'18ac1605'}`;

function recorded(
  bounds?: RecorderBounds,
  change: Partial<NeighborConfig> = {},
): { router: ScriptedRouter; recorder: FlightRecorder } {
  let router: ScriptedRouter | undefined;
  const clock = { now: (): WallTime => wallTime(1_700_000_000_000 + (router?.now ?? 0)) };
  const recorder = new FlightRecorder(clock, bounds);
  router = scriptedRouter(change, 1, { asn: OUR_ASN, routerId: OUR_ID }, undefined, recorder);
  return { router, recorder };
}

test('a session is recorded from its first state to the NOTIFICATION, both directions', () => {
  const { router, recorder } = recorded();
  const transport = establish(router);
  router.deliver(transport, UPDATE);
  router.neighbors.disable(router.neighbor, 'maintenance', router.now);
  const words = wordsOf(recorder.slice(router.neighbor));
  expect(words.map((line) => line.slice(25))).toMatchInlineSnapshot(`
    [
      "10.97.0.1 AS4242420001: idle -> active",
      "10.97.0.1 AS4242420001: active -> connect",
      "10.97.0.1 AS4242420001: connect -> opensent",
      "to 10.97.0.1 AS4242420001: OPEN AS field 23456, hold time 90 s, id 10.97.0.2; Multiprotocol IPv4 unicast, Multiprotocol IPv6 unicast, Route refresh, Extended message, 4-octet AS numbers, Enhanced route refresh",
      "from 10.97.0.1 AS4242420001: OPEN AS field 23456, hold time 90 s, id 10.97.0.1; Multiprotocol IPv4 unicast, Multiprotocol IPv6 unicast, Route refresh, Extended message, 4-octet AS numbers, Enhanced route refresh",
      "to 10.97.0.1 AS4242420001: KEEPALIVE",
      "10.97.0.1 AS4242420001: opensent -> openconfirm",
      "from 10.97.0.1 AS4242420001: KEEPALIVE",
      "10.97.0.1 AS4242420001: openconfirm -> established",
      "from 10.97.0.1 AS4242420001: UPDATE announces 172.22.5.0/24; via 1.2.3.4, AS path 4242420065",
      "to 10.97.0.1 AS4242420001: NOTIFICATION Cease: Administrative Shutdown "maintenance"",
      "10.97.0.1 AS4242420001: established -> idle",
    ]
  `);
});

test('the form of messages is that of the session: two-octet AS numbers (RFC 6396 §4.4.2)', () => {
  const { router, recorder } = recorded(undefined, { peerAsn: 64512 as Asn });
  const transport = establish(router, theirOpen({ asn: 64512, capabilities: [] }));
  router.deliver(
    transport,
    `${'ff'.repeat(16)}002d0200000012400101004002040201fc0040030401020304${'18ac1605'}`,
  );
  const update = readAll(recorder.slice(router.neighbor)).at(-1);
  expect(update).toMatchObject({ kind: 'message', form: { hasAs4: false, hasPathIds: false } });
  // Ours does not fit two octets.
  expect(update).toMatchObject({ ends: { peerAsn: 64512, localAsn: 23456 } });
});

test('the ring keeps the newest, and both OPENs stay in front of it', () => {
  const { router, recorder } = recorded({ bytesPerNeighbor: 4096, bytesTotal: 1 << 20 });
  const transport = establish(router);
  for (let i = 0; i < 500; i++) router.deliver(transport, UPDATE);
  const slice = recorder.slice(router.neighbor);
  const records = readAll(slice);
  expect(records.every(({ kind }) => kind !== 'damaged')).toBe(true);
  expect(wordsOf(slice).filter((line) => line.includes('OPEN'))).toHaveLength(2);
  expect(wordsOf(slice)[0]).toContain('OPEN');
  expect(recorder.view()).toMatchObject({ reserved: 4096, tooLong: 0 });
  expect(recorder.view().recorded).toBeLessThanOrEqual(4096);
  expect(records.length).toBeGreaterThan(30);
});

test('all neighbors together stay within the total, and each has its minimum', () => {
  const total = 3 * RECORDER_BYTES_MIN;
  const clock = { now: () => wallTime(0) };
  const recorder = new FlightRecorder(clock, { bytesPerNeighbor: 1 << 20, bytesTotal: total });
  const message = hexBytes(UPDATE);
  const ends = {
    localAsn: OUR_ASN,
    peerAsn: CONFIG.peerAsn,
    localAddress: CONFIG.localAddress,
    remoteAddress: CONFIG.remoteAddress,
  };
  for (const n of [1, 2]) recorder.neighborConfigured(neighborId(n), ends);
  for (const n of [1, 2]) {
    for (let i = 0; i < 1000; i++)
      recorder.messagePassed(neighborId(n), 'sent', message, 0, message.length, 0 as never);
  }
  expect(recorder.view().reserved).toBe(total);
  expect(recorder.slice(neighborId(2)).length).toBeGreaterThan(RECORDER_BYTES_MIN - 200);
  for (const n of [1, 2]) recorder.neighborRemoved(neighborId(n));
  expect(recorder.view()).toEqual({ recorded: 0, reserved: 0, tooLong: 0 });
});

test('bounds change while it records: 0 forgets everything, more records again', () => {
  const { router, recorder } = recorded();
  const transport = establish(router);
  router.deliver(transport, UPDATE);
  recorder.setBounds({ bytesPerNeighbor: 0, bytesTotal: 0 });
  router.deliver(transport, UPDATE);
  expect(readAll(recorder.slice(router.neighbor)).every(({ kind }) => kind === 'message')).toBe(
    true,
  );
  expect(recorder.view()).toMatchObject({ recorded: 0, reserved: 0 });
  recorder.setBounds({ bytesPerNeighbor: 8192, bytesTotal: 8192 });
  router.deliver(transport, UPDATE);
  const slice = recorder.slice(router.neighbor);
  expect(toHex(slice)).toContain(UPDATE);
  expect(readUint32(slice, 0)).toBe(1_700_000_001);
  expect(wordsOf(slice).filter((line) => line.includes('OPEN'))).toHaveLength(2);
});
