/**
 * Which lines of a mesh are written, by `LogLevel` of its file. The switches of topics are the core's part.
 *
 * Not standardized.
 *
 *   silent: errors of its life     error: its life     debug: with details; and whatever topic is switched on
 *
 * @module
 */
import type { EdgeConfig } from '../../mesh/etherguard/config/index.ts';
import type { MeshOutput } from '../../mesh/etherguard/ports.ts';

export type LogLevel = EdgeConfig['LogLevel']['LogLevel'];

/** Whether the file wants this line. */
export function isWanted(wanted: LogLevel, line: MeshOutput & { kind: 'log' }): boolean {
  if (line.topic !== 'life' || wanted === 'debug') return true;
  return wanted === 'silent' ? line.level === 'error' : line.level !== 'debug';
}
