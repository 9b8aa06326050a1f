/**
 * Which lines of a mesh are written, by `LogLevel` of its file.
 *
 * Not standardized; the switches are EtherGuard's.
 *
 *   LogLevel   silent: errors of its life    error: its life    debug: and the details of what is switched on
 *   LogTransit, LogNormal, LogControl, LogInternal, LogNTP      a topic each
 *
 * @module
 */
import type { EdgeConfig } from '../../mesh/etherguard/config/index.ts';
import type { MeshLogTopic, MeshOutput } from '../../mesh/etherguard/ports.ts';

export type LogLevels = EdgeConfig['LogLevel'];
export type MeshLogLine = MeshOutput & { kind: 'log' };

const SWITCHES: Readonly<Record<Exclude<MeshLogTopic, 'life'>, keyof LogLevels>> = {
  transit: 'LogTransit',
  normal: 'LogNormal',
  control: 'LogControl',
  internal: 'LogInternal',
  ntp: 'LogNTP',
};

/** Whether the file wants this line. */
export function isWanted(levels: LogLevels, { level, topic }: MeshLogLine): boolean {
  if (topic !== 'life') return levels[SWITCHES[topic]] === true;
  if (levels.LogLevel === 'silent') return level === 'error';
  return levels.LogLevel === 'debug' || level !== 'debug';
}
