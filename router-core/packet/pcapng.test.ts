import { expect, test } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { wallTime } from '../base/units.ts';
import {
  CAPTURED_INBOUND,
  CAPTURED_OUTBOUND,
  enhancedPacketBlock,
  interfaceDescriptionBlock,
  interfaceStatisticsBlock,
  sectionHeaderBlock,
} from './pcapng.ts';

// Byte by byte; e2e/interop/capture.test.ts has tcpdump read whole files.
const hex = (text: string): string => text.replace(/\s/g, '');

test('a section header has the byte order, version 1.0, an open length and two texts (§4.1)', () => {
  expect(toHex(sectionHeaderBlock('r42', 'a node'))).toBe(
    hex(`0a0d0d0a 34000000 4d3c2b1a 0100 0000 ffffffffffffffff
         0100 0600 61206e6f64650000
         0400 0300 72343200
         0000 0000 34000000`),
  );
});

test('an interface has link type RAW, snap length, name and nanoseconds (§4.2)', () => {
  expect(toHex(interfaceDescriptionBlock('alder', 'AS1', 65_535))).toBe(
    hex(`01000000 34000000 6500 0000 ffff0000
         0200 0500 616c646572000000
         0300 0300 41533100
         0900 0100 09000000
         0000 0000 34000000`),
  );
});

test('a packet has interface, time, both lengths, octets, direction and drops (§4.3)', () => {
  const bytes = Uint8Array.of(9, 9, 0x45, 1, 2, 3, 4, 9);
  const block = enhancedPacketBlock({
    interface: 2,
    at: wallTime(1_795_182_564_612.5),
    direction: CAPTURED_OUTBOUND,
    bytes,
    start: 2,
    end: 7,
    snapLength: 65_535,
    drops: 3,
  });
  expect(toHex(block)).toBe(
    hex(`06000000 40000000 02000000 ${timestamp(1_795_182_564_612_500_000n)}
         05000000 05000000 4501020304000000
         0200 0400 02000000
         0400 0800 0300000000000000
         0000 0000 40000000`),
  );
});

test('the snap length cuts what is captured, not what is told', () => {
  const block = enhancedPacketBlock({
    interface: 0,
    at: wallTime(0),
    direction: CAPTURED_INBOUND,
    bytes: new Uint8Array(1420).fill(0x45),
    start: 0,
    end: 1420,
    snapLength: 96,
    drops: 0,
  });
  const view = new DataView(block.buffer);
  expect([view.getUint32(20, true), view.getUint32(24, true)]).toEqual([96, 1420]);
  expect(block.length).toBe(32 + 96 + 24);
});

test('times keep every nanosecond that a calendar time has, for centuries', () => {
  for (const ms of [0, 0.25, 999.5, 1_500.25, 2 ** 32, 1_795_182_564_612.5, 4_102_444_800_000]) {
    const block = interfaceStatisticsBlock({
      interface: 0,
      startedAt: wallTime(ms),
      endedAt: wallTime(ms),
      received: 0,
      dropped: 0,
    });
    const ns = BigInt(Math.floor(ms)) * 1_000_000n + BigInt((ms % 1) * 1e6);
    expect(toHex(block.subarray(12, 20)), String(ms)).toBe(hex(timestamp(ns)));
  }
});

test('statistics tell what was seen and what was lost, above 32 bits too (§4.6)', () => {
  const block = interfaceStatisticsBlock({
    interface: 1,
    startedAt: wallTime(1000),
    endedAt: wallTime(2000),
    received: 2 ** 32 + 7,
    dropped: 5,
  });
  expect(toHex(block)).toBe(
    hex(`05000000 4c000000 01000000 ${timestamp(2_000_000_000n)}
         0200 0800 ${timestamp(1_000_000_000n)}
         0300 0800 ${timestamp(2_000_000_000n)}
         0400 0800 07000000 01000000
         0500 0800 05000000 00000000
         0000 0000 4c000000`),
  );
});

/** The high half, then the low half, each little-endian. */
function timestamp(ns: bigint): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, Number(ns >> 32n), true);
  view.setUint32(4, Number(ns & 0xffffffffn), true);
  return toHex(new Uint8Array(view.buffer));
}
