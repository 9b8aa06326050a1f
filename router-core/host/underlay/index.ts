/**
 * Underlay I/O of a packet worker: what the worker's driver may use.
 *
 * @module
 */
export {
  type ChosenUnderlay,
  chooseUnderlay,
} from './choose.ts';
export { DESCRIPTOR_BYTES, SOCKADDR_BYTES, SOCKADDR_OFFSET } from './descriptor.ts';
export {
  type BatchHandler,
  type BatchMemory,
  ioBytesFor,
  type OpenedPort,
  type OpenOutcome,
  TICK_MS,
  type UnderlayCounters,
  type UnderlayIo,
  type UnderlayKind,
} from './io.ts';
export { wakeByDescriptor } from './wake.ts';
