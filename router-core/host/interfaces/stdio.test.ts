import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../base/bytes.ts';
import { DeviceBench, SLOTS, surroundings, until } from './testing/device-bench.ts';

const octets = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
/** Recorded from the original; frames are padded to 16 octets with their type on the way. */
const RECORDED = JSON.parse(
  readFileSync(new URL('fixtures/interfaces.json', import.meta.url), 'utf8'),
);

test.each([
  ['kbdbg', RECORDED.stdioKbdbg],
  ['noL2', RECORDED.stdioNoL2],
] as const)('%s reads and writes what the original does', async (L2HeaderMode, recorded) => {
  const streams = surroundings();
  const bench = await DeviceBench.open({ IType: 'stdio', L2HeaderMode }, streams);
  streams.stdin.write(recorded.input);
  await until('a frame', () => bench.frames.length === 1);
  // The hops padded it with zeros.
  const frame = toHex(bench.frames[0] as Uint8Array);
  expect(recorded.frameAtNode3.startsWith(frame)).toBe(true);
  expect(recorded.frameAtNode3.slice(frame.length)).toMatch(/^0*$/);

  bench.send(octets(recorded.frameFromNode3));
  const output = toHex(streams.stdout.read());
  expect(recorded.output.startsWith(output)).toBe(true);
  expect(recorded.output.slice(output.length)).toMatch(/^0*$/);
  await bench.device.close();
  await until('the slot back', () => bench.arena.free() === SLOTS);
});

test('kbdbg writes b for a group, and reads it as broadcast', async () => {
  const streams = surroundings();
  const bench = await DeviceBench.open({ IType: 'stdio', L2HeaderMode: 'kbdbg' }, streams);
  bench.send(octets(RECORDED.stdioKbdbg.broadcastFromNode3));
  const output = toHex(streams.stdout.read());
  expect(RECORDED.stdioKbdbg.broadcastOutput.startsWith(output)).toBe(true);
  await bench.device.close();
});

test('nochg changes nothing in either direction', async () => {
  const streams = surroundings();
  const bench = await DeviceBench.open({ IType: 'stdio' }, streams);
  const frame = octets(RECORDED.stdioNoL2.frameAtNode3);
  streams.stdin.write(frame);
  await until('a frame', () => bench.frames.length === 1);
  expect(bench.frames[0]).toEqual(frame);
  bench.send(frame);
  expect(new Uint8Array(streams.stdout.read())).toEqual(frame);
  await bench.device.close();
});

test('drops and counts what is too short, in every mode', async () => {
  for (const [L2HeaderMode, input] of [
    ['nochg', 'twelve chars'],
    ['kbdbg', 'b'],
    ['kbdbg', 'b1'],
  ] as const) {
    const streams = surroundings();
    const bench = await DeviceBench.open({ IType: 'stdio', L2HeaderMode }, streams);
    streams.stdin.write(input);
    await until('a drop', () => bench.device.rejected() === 1);
    bench.send(new Uint8Array(12));
    expect(bench.device.dropped()).toBe(1);
    await bench.device.close();
    expect(bench.arena.free()).toBe(SLOTS);
  }
});

test('the end of stdin is the end, without an error', async () => {
  const streams = surroundings();
  const bench = await DeviceBench.open({ IType: 'stdio' }, streams);
  streams.stdin.end();
  await until('the end', () => bench.ends.length === 1);
  expect(bench.ends).toEqual([{ error: undefined }]);
  await bench.device.close();
});

test('a reader of stdout that went away is the end, with its error', async () => {
  const stdout = new PassThrough();
  const bench = await DeviceBench.open({ IType: 'stdio' }, { ...surroundings(), stdout });
  stdout.destroy(new Error('EPIPE'));
  await until('the end', () => bench.ends.length === 1);
  bench.send(new Uint8Array(60));
  expect(bench.device.dropped()).toBe(1);
  await bench.device.close();
});
