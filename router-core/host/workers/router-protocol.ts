/**
 * What the supervisor and the router worker say to each other beside the door.
 *
 * @module
 */
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import type { PlaneHandover } from '../packet-plane.ts';

export type RouterWorkerData = {
  readonly dataFolder: string;
  readonly version: string;
  /** The worker's end of the door. */
  readonly doorPort: MessagePort;
  /** Who carries packets, or why this worker does. */
  readonly packets: PlaneHandover | { readonly inlineReason: string };
};

export type RouterWorkerLog = {
  readonly kind: 'log';
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** Where a running node listens for the command line. */
export const controlSocketPath = (dataFolder: string): string => join(dataFolder, 'control.sock');
