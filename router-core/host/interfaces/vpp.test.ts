/**
 * Our master of memif and a slave written for the test: they share a socket and the slave's memory, nothing else.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  DeviceBench,
  SLOTS,
  SocketFolder,
  surroundings,
  testFrame,
  until,
} from './testing/device-bench.ts';
import { MemifSlave, RING_SIZE, type Wrong } from './testing/memif-slave.ts';

const ID = 7;
let folder: SocketFolder;
let master: DeviceBench;
let slaves: MemifSlave[] = [];
beforeEach(async () => {
  folder = new SocketFolder();
  master = await DeviceBench.open(
    { IType: 'vpp', Name: 'vpp0', VPPIFaceID: ID },
    surroundings({ VPP_MEMIF_SOCKET_DIR: folder.at('memif') }),
  );
});
afterEach(async () => {
  for (const slave of slaves) slave.close();
  slaves = [];
  await master.device.close();
  expect(master.arena.free()).toBe(SLOTS);
  folder.remove();
});

test('carries frames in both directions, also those longer than a buffer', async () => {
  const slave = await connect();
  for (const [n, octets] of [60, 256, 257, 1414].entries()) {
    slave.sendFrame(testFrame(n, octets));
    await until('a frame at the master', () => master.frames.length === n + 1);
    expect(master.frames[n]).toEqual(testFrame(n, octets));
    master.send(testFrame(n, octets));
    expect(slave.isTold()).toBe(true);
    slave.receive();
    expect(slave.received[n]).toEqual(Buffer.from(testFrame(n, octets)));
  }
  expect([master.device.dropped(), master.device.rejected()]).toEqual([0, 0]);
});

test('goes round the rings, many frames per wake', async () => {
  const slave = await connect();
  let sent = 0;
  for (let round = 0; round < 50; round++) {
    for (let n = 0; n < RING_SIZE; n++) slave.fill(testFrame(sent++));
    slave.tell();
    await until('a ring of frames', () => master.frames.length === sent);
    expect(slave.taken()).toBe(sent & 0xffff);
    for (let n = 0; n < RING_SIZE; n++) master.send(testFrame(n));
    slave.receive();
    expect(slave.received).toHaveLength(sent);
  }
});

test('drops and counts what finds no buffer, and goes on when there is one', async () => {
  const slave = await connect();
  for (let n = 0; n < RING_SIZE + 3; n++) master.send(testFrame(n));
  expect(master.device.dropped()).toBe(3);
  slave.receive();
  master.send(testFrame(99));
  slave.receive();
  expect(slave.received).toHaveLength(RING_SIZE + 1);
  expect(master.device.dropped()).toBe(3);
});

test('drops and counts what is no frame or finds no slot', async () => {
  const slave = await connect();
  slave.sendFrame(new Uint8Array(12));
  await until('the short one', () => master.device.rejected() === 1);
  const taken = master.occupy(0);
  slave.sendFrame(testFrame(1));
  await until('the one without a slot', () => master.device.rejected() === 2);
  for (const slot of taken) master.arena.release(slot);
  slave.sendFrame(testFrame(2));
  await until('a frame', () => master.frames.length === 1);
});

test('tells nobody who does not want to be told', async () => {
  const slave = await connect();
  slave.maskInterrupts();
  master.send(testFrame(1));
  expect(slave.isTold()).toBe(false);
  slave.receive();
  expect(slave.received).toHaveLength(1);
});

test('waits for the next slave when one goes, and the newest replaces the older', async () => {
  const first = await connect();
  first.close();
  slaves = [];
  await until('nobody', () => {
    const before = master.device.dropped();
    master.send(testFrame(0));
    return master.device.dropped() > before;
  });
  const second = await connect();
  const third = await connect();
  second.sendFrame(testFrame(2));
  third.sendFrame(testFrame(3));
  await until('a frame', () => master.frames.length === 1);
  expect(master.frames).toEqual([testFrame(3)]);
  expect(master.ends).toEqual([]);
});

test.each<[string, Wrong]>([
  ['a version other than 2.0', { version: 0x0100 }],
  ['interface 8 instead of 7', { id: 8 }],
  ['a message before INIT', { isWithoutInit: true }],
  ['a message without its descriptor', { isWithoutDescriptor: true }],
  ['a region of this size', { regionSize: 2 ** 40 }],
  ['a region of this size', { regionSize: 0 }],
  ['a region that is longer than its memory', { regionSize: 2 ** 20 }],
  ['a ring that is not in its region', { ringOffset: 2 ** 31 }],
  ['a ring that is not in its region', { ringOffset: 2 }],
  ['a ring that is not in its region', { log2Size: 12 }],
  ['a ring of this size', { log2Size: 15 }],
])('refuses %s: %o', async (reason, wrong) => {
  const { slave, refusal } = await MemifSlave.connect(folder.at('memif/vpp0.sock'), ID, wrong);
  slaves.push(slave);
  expect(refusal).toBe(reason);
  await connect();
});

test('a descriptor outside of its region, or more of them than there are, ends the session', async () => {
  const outside = await connect();
  outside.fill(testFrame(1));
  outside.spoil(0, 2 ** 31);
  outside.tell();
  await until('the end', () => isGone());
  const offered = await connect();
  offered.spoil(1, 2 ** 32 - 1);
  await until('the end', () => isGone());
  const many = await connect();
  many.overrun();
  await until('the end', () => isGone());
  expect(master.frames).toEqual([]);
});

async function connect(): Promise<MemifSlave> {
  const { slave, refusal } = await MemifSlave.connect(folder.at('memif/vpp0.sock'), ID);
  slaves.push(slave);
  expect(refusal).toBeUndefined();
  return slave;
}

/** Whether frames have nowhere to go. */
function isGone(): boolean {
  const before = master.device.dropped();
  master.send(testFrame(0));
  return master.device.dropped() > before;
}
