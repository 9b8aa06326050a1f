/**
 * What waits for the driver: sockets, names, changes of the file, lines of the log.
 *
 * Not standardized. Which lines are told is for `LogLevel` of the file.
 *
 * Invariant: what strangers can cause are lines of the log, and of those LOG_LINES_MAX wait at most.
 *
 * @module
 */
import type { SuperConfig } from '../config/index.ts';
import type { MeshLogTopic, MeshOutput } from '../ports.ts';
import { LOG_LINES_MAX } from './limits.ts';

type LogOutput = Extract<MeshOutput, { kind: 'log' }>;

export class OutputQueue {
  private queue: MeshOutput[] = [];
  private lines = 0;
  private logLevel: SuperConfig['LogLevel'];

  constructor(logLevel: SuperConfig['LogLevel']) {
    this.logLevel = logLevel;
  }

  setLogLevel(logLevel: SuperConfig['LogLevel']): void {
    this.logLevel = logLevel;
  }

  push(output: Exclude<MeshOutput, LogOutput>): void {
    this.queue.push(output);
  }

  log(
    level: LogOutput['level'],
    topic: MeshLogTopic,
    message: string,
    fields: LogOutput['fields'] = {},
  ): void {
    if (!this.isTold(level, topic) || this.lines >= LOG_LINES_MAX) return;
    this.lines++;
    this.queue.push({ kind: 'log', level, topic, message, fields });
  }

  next(): MeshOutput | undefined {
    const output = this.queue.shift();
    if (output?.kind === 'log') this.lines--;
    return output;
  }

  private isTold(level: LogOutput['level'], topic: MeshLogTopic): boolean {
    const { logLevel } = this;
    switch (topic) {
      case 'life':
        return true;
      case 'control':
        return logLevel.LogControl;
      case 'internal':
        return logLevel.LogInternal || level === 'error';
      default:
        return false;
    }
  }
}
