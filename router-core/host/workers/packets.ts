/**
 * Entry of the packet worker: one thread that moves packets, and decides nothing.
 *
 * Not standardized; docs/architecture.md §6. Built as `dist/router-core/packet-worker.js`, started by
 * host/packet-plane.ts before any router worker and living longer than those.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { instantiateFastPath, sharedBufferOf, touchPacketMemory } from '../../fast-path/index.ts';
import * as L from '../../packet/plane-layout.ts';
import { nameThread } from '../thread.ts';
import { type BatchMemory, chooseUnderlay, ioBytesFor } from '../underlay/index.ts';
import { PacketDriver } from './packet-driver.ts';
import type { FromPacketWorker, PacketWorkerData } from './packet-protocol.ts';

assert(parentPort !== null, 'the packet worker is started as a thread');
const { memory, module, wish, control } = workerData as PacketWorkerData;
nameThread('r42-packets');
const buffer = sharedBufferOf(memory);
touchPacketMemory(buffer);

const batch: BatchMemory = {
  buffer,
  rxDescriptors: L.RX_DESCRIPTORS,
  rxSlots: L.RX_SLOTS + L.PLANE_HEADROOM,
  slotBytes: L.PLANE_SLOT_BYTES,
  rxCount: L.BATCH_MAX,
  slotDataBytes: L.PLANE_DATA,
  txDescriptors: L.TX_DESCRIPTORS,
  txMax: L.TRANSMIT_MAX,
  io: L.IO,
  ioBytes: L.IO_BYTES,
};
assert(ioBytesFor(batch.rxCount, batch.txMax) <= L.IO_BYTES, 'the underlay has room');

const functions = instantiateFastPath(module, memory, L.WORKER + L.WORKER_SCRATCH);
assert(functions.layoutSum() === L.PLANE_LAYOUT_SUM, 'the module is of this layout');
const { io, kind, reason } = await chooseUnderlay(wish, batch);
const driver = new PacketDriver(io, functions, buffer, control);
const ready: FromPacketWorker = { kind: 'ready', underlay: { kind, reason }, wakeFd: io.wakeFd };
parentPort.postMessage(ready);
await io.run(driver);
process.exit(0);
