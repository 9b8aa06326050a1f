/**
 * `rootless42 capture <peering|all> [-w FILE]`: decrypted inner packets of the running node as pcapng.
 *
 * Writes to standard output where that is no terminal: `rootless42 capture alder | tcpdump -nr -`.
 * Ctrl-C, or a reader that has seen enough, ends it; what was written is a whole file.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { RouterError } from '../../base/errors.ts';
import type { CaptureInput } from '../../router/door/contract.ts';
import type { Command } from '../command.ts';
import { fileError, isReaderGone, tellOctets, writeOctets } from '../octet-file.ts';
import { connectToNode, NODE_OPTIONS } from '../running-node.ts';

/** Limits by their options, and what the door calls them. */
const LIMITS = {
  packets: 'packets',
  seconds: 'seconds',
  octets: 'octets',
  snaplen: 'snapLength',
} as const;

export const capture: Command = {
  usage: '<PEERING|all> [-w FILE] [--seconds N]',
  summary: 'packets inside a tunnel, for tcpdump and Wireshark',
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        data: NODE_OPTIONS.data,
        write: { type: 'string', short: 'w' },
        packets: { type: 'string' },
        seconds: { type: 'string' },
        octets: { type: 'string' },
        snaplen: { type: 'string' },
      },
    });
    const [peering] = positionals;
    if (peering === undefined || positionals.length > 1)
      throw new RouterError('QUERY_INVALID', 'capture takes the name of one peering, or all.');
    const input: CaptureInput = {
      ...(peering === 'all' ? {} : { peering }),
      ...Object.fromEntries(
        Object.entries(LIMITS).flatMap(([option, limit]) => {
          const text = values[option as keyof typeof LIMITS];
          return text === undefined ? [] : [[limit, numberOf(option, text)]];
        }),
      ),
    };
    const path = values.write ?? '-';
    if (path === '-' && process.stdout.isTTY)
      throw new RouterError(
        'QUERY_INVALID',
        'A capture is no text for a terminal: give -w FILE, or pipe it into tcpdump -nr -.',
      );
    await write(input, path, values.data);
    return 0;
  },
};

async function write(input: CaptureInput, path: string, data: string | undefined): Promise<void> {
  const client = await connectToNode(data);
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  let octets = 0;
  try {
    await writeOctets(client.capture(input, ending.signal), path, (more) => {
      octets += more;
    });
  } catch (error) {
    if (error instanceof RouterError) throw error;
    if (!isReaderGone(error)) throw fileError(path, 'written', error as Error);
  } finally {
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
    await client.close();
  }
  tellOctets(octets, path);
}

function numberOf(option: string, text: string): number {
  if (/^[0-9]{1,10}$/.test(text)) return Number(text);
  throw new RouterError('QUERY_INVALID', `--${option} is a number, not ${text}.`);
}
