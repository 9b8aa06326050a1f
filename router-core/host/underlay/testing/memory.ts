/**
 * A shared memory with everything that underlay I/O needs, for tests and benchmarks.
 *
 * @module
 */
import { DESCRIPTOR_BYTES } from '../descriptor.ts';
import { type BatchMemory, ioBytesFor } from '../io.ts';

const SLOT_DATA_BYTES = 9216;
const SLOT_BYTES = SLOT_DATA_BYTES + 64;

/** Returns the memory; tx datagrams may lie in the `txMax` slots behind those of `rxSlots`. */
export function createBatchMemory(
  rxCount = 64,
  txMax = 64,
): BatchMemory & { readonly txSlots: number } {
  const ioBytes = ioBytesFor(rxCount, txMax);
  const rxDescriptors = 64;
  const txDescriptors = rxDescriptors + rxCount * DESCRIPTOR_BYTES;
  const io = txDescriptors + txMax * DESCRIPTOR_BYTES;
  const rxSlots = (io + ioBytes + 63) & ~63;
  const txSlots = rxSlots + rxCount * SLOT_BYTES;
  return {
    buffer: new SharedArrayBuffer(txSlots + txMax * SLOT_BYTES),
    rxDescriptors,
    rxSlots,
    slotBytes: SLOT_BYTES,
    rxCount,
    slotDataBytes: SLOT_DATA_BYTES,
    txDescriptors,
    txMax,
    txSlots,
    io,
    ioBytes,
  };
}
