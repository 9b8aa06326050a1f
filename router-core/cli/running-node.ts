/**
 * A client to the node that runs on this machine, by its control socket.
 *
 * @module
 */
import { resolve } from 'node:path';
import { RouterError } from '../base/errors.ts';
import { connectToUnixSocket } from '../host/carriers/unix-socket.ts';
import { scheduleOnEventLoop } from '../host/supervisor.ts';
import { controlSocketPath } from '../host/workers/router-protocol.ts';
import { createDoorClient } from '../router/door/client.ts';
import type { DoorReply, DoorRequest, QueryInput, RouterClient } from '../router/door/contract.ts';
import { textOfRow } from '../router/door/queries/index.ts';

/** Options every command has that asks a running node. */
export const NODE_OPTIONS = {
  data: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Connects to the node of this data folder. @throws RouterError `ROUTER_AWAY` when none runs. */
export async function connectToNode(data: string | undefined): Promise<RouterClient> {
  const path = controlSocketPath(resolve(data ?? process.env.ROOTLESS42_DATA ?? 'data'));
  try {
    return createDoorClient(
      await connectToUnixSocket<DoorRequest, DoorReply>(path),
      scheduleOnEventLoop,
    );
  } catch (error) {
    throw new RouterError(
      'ROUTER_AWAY',
      `No node answers on ${path}: ${(error as Error).message}. Is it running, and is ROOTLESS42_DATA the same?`,
      {},
      error,
    );
  }
}

/** Asks the running node and prints each row of its answer as it comes. @throws RouterError */
export async function printAnswer(
  { data, json }: { readonly data?: string | undefined; readonly json: boolean },
  query: QueryInput,
): Promise<void> {
  const client = await connectToNode(data);
  try {
    for await (const row of client.query(query))
      process.stdout.write(`${json ? JSON.stringify(row) : textOfRow(query.name, row)}\n`);
  } finally {
    await client.close();
  }
}
