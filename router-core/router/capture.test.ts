import { expect, test } from 'vitest';
import { wallTime } from '../base/units.ts';
import { CAPTURED_INBOUND } from '../packet/index.ts';
import { Capture, type CapturedTunnel, type CaptureLimits } from './capture.ts';
import { CAPTURE_WAITING_OCTETS } from './limits.ts';

const ALDER: CapturedTunnel = { id: 'a', name: 'alder', description: 'AS1' };
const BASALT: CapturedTunnel = { id: 'b', name: 'basalt', description: 'AS2' };
const PLENTY: CaptureLimits = {
  packets: 1_000_000,
  octets: 1e9,
  seconds: 60,
  snapLength: 65_535,
};
const SECTION = 0x0a0d0d0a,
  INTERFACE = 1,
  STATISTICS = 5,
  PACKET = 6;

test('a file without a packet has its header, its tunnels and their statistics', () => {
  const capture = captureOf({}, [ALDER]);
  capture.end(wallTime(9));
  expect(typesOf(capture.take())).toEqual([SECTION, INTERFACE, STATISTICS]);
  expect(capture.isDone).toBe(true);
  expect(capture.take()).toBeUndefined();
});

test('a tunnel that was not there at the start is told before its first packet, once', () => {
  const capture = captureOf({}, [ALDER]);
  for (const tunnel of [BASALT, ALDER, BASALT]) add(capture, tunnel, 40);
  const blocks = blocksOf(capture.take());
  expect(blocks.map((block) => block.type)).toEqual([
    SECTION,
    INTERFACE,
    INTERFACE,
    PACKET,
    PACKET,
    PACKET,
  ]);
  expect(blocks.slice(3).map((block) => block.view.getUint32(8, true))).toEqual([1, 0, 1]);
});

test('it ends with the last packet that was asked for', () => {
  const capture = captureOf({ packets: 2 }, [ALDER]);
  expect(add(capture, ALDER, 40)).toBe(true);
  expect(add(capture, ALDER, 40)).toBe(false);
  expect(add(capture, ALDER, 40)).toBe(false);
  const blocks = blocksOf(capture.take());
  expect(blocks.map((block) => block.type).slice(2)).toEqual([PACKET, PACKET, STATISTICS]);
  expect(statisticsOf(blocks)).toEqual([2, 0]);
});

test('it ends before the packet that would make the file too long', () => {
  const capture = captureOf({ octets: 4000 }, [ALDER]);
  while (add(capture, ALDER, 1000));
  const blocks = blocksOf(capture.take());
  expect(blocks.map((block) => block.type).slice(2)).toEqual([PACKET, PACKET, PACKET, STATISTICS]);
  expect(statisticsOf(blocks)).toEqual([3, 0]);
});

test('what nobody reads is dropped beyond a bound; the next packet and the end tell how many', () => {
  const capture = captureOf({}, [ALDER]);
  const size = 64 * 1024;
  const fitting = Math.ceil(CAPTURE_WAITING_OCTETS / size);
  for (let i = 0; i < fitting + 20; i++) add(capture, ALDER, size);
  const waiting = capture.take();
  expect(waiting?.length).toBeLessThan(CAPTURE_WAITING_OCTETS + 2 * size);
  const kept = typesOf(waiting).filter((type) => type === PACKET).length;
  add(capture, ALDER, 40);
  add(capture, ALDER, 40);
  capture.end(wallTime(9));
  const blocks = blocksOf(capture.take());
  expect(blocks.slice(0, 2).map(dropsOf)).toEqual([fitting + 20 - kept, 0]);
  expect(statisticsOf(blocks)).toEqual([fitting + 22, fitting + 20 - kept]);
});

const captureOf = (limits: Partial<CaptureLimits>, tunnels: readonly CapturedTunnel[]): Capture =>
  new Capture(
    { ...PLENTY, ...limits },
    wallTime(1),
    { application: 'test', comment: 'node test' },
    tunnels,
  );

const add = (capture: Capture, tunnel: CapturedTunnel, length: number): boolean =>
  capture.add(tunnel, CAPTURED_INBOUND, wallTime(2), new Uint8Array(length), 0, length);

type Block = { readonly type: number; readonly view: DataView };

function blocksOf(bytes: Uint8Array | undefined): Block[] {
  const blocks: Block[] = [];
  const whole = bytes ?? new Uint8Array(0);
  for (let at = 0; at < whole.length; ) {
    const length = new DataView(whole.buffer, whole.byteOffset + at).getUint32(4, true);
    const view = new DataView(whole.buffer, whole.byteOffset + at, length);
    expect(view.getUint32(length - 4, true)).toBe(length);
    blocks.push({ type: view.getUint32(0, true), view });
    at += length;
  }
  return blocks;
}

const typesOf = (bytes: Uint8Array | undefined): number[] =>
  blocksOf(bytes).map((block) => block.type);

/** The drop count of a packet block: its last option before the end. */
const dropsOf = ({ view }: Block): number => view.getUint32(view.byteLength - 16, true);

/** Received and dropped of the first statistics block. */
function statisticsOf(blocks: readonly Block[]): [number, number] {
  const view = blocks.find((block) => block.type === STATISTICS)?.view;
  if (view === undefined) throw new Error('no statistics');
  return [view.getUint32(48, true), view.getUint32(60, true)];
}
