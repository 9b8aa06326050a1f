/**
 * Underlay I/O of a packet worker: what the worker's driver may use.
 *
 * @module
 */
export { chooseUnderlay } from './choose.ts';
export {
  type BatchHandler,
  type BatchMemory,
  ioBytesFor,
  type UnderlayIo,
  type UnderlayKind,
} from './io.ts';
export { wakeByDescriptor } from './wake.ts';
