/**
 * `rootless42 mrt dump|record|show`: routing tables and BGP messages as MRT files (RFC 6396).
 *
 *   dump FILE               the tables of the running node; `--before` as received, else after the policy,
 *                           `--vrf NAME` of a virtual router
 *   record PEERING FILE     the last messages of a peering, both directions, for a bug report
 *   show FILE               one line per record of any MRT file; `--json` for programs
 *
 * `-` is standard output, or input for `show`. A recording holds no secrets: keys of TCP MD5 and TCP-AO are
 * never part of a BGP message.
 *
 * @module
 */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { RouterError } from '../../base/errors.ts';
import {
  type Damaged,
  type MrtRecord,
  RecordDecoder,
  RecordReader,
  Replay,
  recordRow,
  recordWords,
} from '../../bgp/index.ts';
import type { MrtInput } from '../../router/door/contract.ts';
import type { Command } from '../command.ts';
import { fileError, isReaderGone, tellOctets, writeOctets } from '../octet-file.ts';
import { connectToNode, NODE_OPTIONS } from '../running-node.ts';

const USAGE = 'mrt takes dump FILE, record PEERING FILE, or show FILE.';

export const mrt: Command = {
  usage: '<dump FILE|record PEERING FILE|show FILE>',
  summary: 'tables and BGP messages as MRT files',
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...NODE_OPTIONS,
        before: { type: 'boolean', default: false },
        vrf: { type: 'string' },
      },
    });
    const [what, ...names] = positionals;
    const [first, second] = names;
    if (what === 'dump' && first !== undefined && names.length === 1) {
      await write(
        {
          what: 'table',
          policy: values.before ? 'before' : 'after',
          ...(values.vrf === undefined ? {} : { vrf: values.vrf }),
        },
        first,
        values.data,
      );
      return 0;
    }
    if (what === 'record' && first !== undefined && second !== undefined && names.length === 2) {
      await write({ what: 'messages', peering: first }, second, values.data);
      return 0;
    }
    if (what === 'show' && first !== undefined && names.length === 1)
      return (await show(first, values.json)) ? 0 : 1;
    throw new RouterError('QUERY_INVALID', USAGE);
  },
};

async function write(input: MrtInput, path: string, data: string | undefined): Promise<void> {
  if (path === '-' && process.stdout.isTTY)
    throw new RouterError('QUERY_INVALID', 'An MRT file is no text for a terminal: name a file.');
  const client = await connectToNode(data);
  let octets = 0;
  try {
    await writeOctets(client.mrt(input), path, (more) => {
      octets += more;
    });
  } catch (error) {
    if (error instanceof RouterError || !isOfSystem(error)) throw error;
    throw fileError(path, 'written', error);
  } finally {
    await client.close();
  }
  tellOctets(octets, path);
}

/** Prints every record; false: some are damaged. */
async function show(path: string, isJson: boolean): Promise<boolean> {
  const reader = new RecordReader();
  const decoder = new RecordDecoder();
  const replay = new Replay();
  let damaged = 0;
  const line = (record: MrtRecord | Damaged): string => {
    if (record.kind === 'damaged') damaged++;
    return isJson ? JSON.stringify(recordRow(record, replay)) : recordWords(record, replay);
  };
  const lines = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      for (const raw of reader.push(chunk))
        yield `${line(raw.kind === 'raw' ? decoder.decode(raw) : raw)}\n`;
    }
    for (const damage of reader.end()) yield `${line(damage)}\n`;
  };
  try {
    const input = path === '-' ? process.stdin : createReadStream(path);
    await pipeline(input, lines, process.stdout, { end: false });
  } catch (error) {
    if (!isOfSystem(error)) throw error;
    if (!isReaderGone(error)) throw fileError(path, 'read', error);
  }
  if (damaged > 0) process.stderr.write(`${damaged} damaged\n`);
  return damaged === 0;
}

/** Not a mistake of ours. */
const isOfSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error;
