/**
 * MRT: what the other parts of BGP, the router and the command line may use.
 *
 * @module
 */
export { type MrtRecord, RecordDecoder } from './decode-record.ts';
export {
  FlightRecorder,
  RECORDER_DEFAULTS,
  type RecorderBounds,
  type RecorderView,
} from './flight-recorder.ts';
export { type Damaged, RecordReader } from './record-reader.ts';
export { type RecordRow, recordRow, recordWords } from './record-words.ts';
export { Replay } from './replay.ts';
export { TableDump, type TableDumpRequest } from './table-dump.ts';
