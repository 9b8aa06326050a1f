/**
 * `rootless42 lg <query> [argument]`: the looking glass of the running node.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { RouterError } from '../../base/errors.ts';
import { QUERY_NAMES, type QueryName } from '../../router/door/contract.ts';
import type { Command } from '../command.ts';
import { NODE_OPTIONS, printAnswer } from '../running-node.ts';

/** Options of the questions; each reads its own and says what it takes. */
const QUERY_OPTIONS = [
  'mode',
  'count',
  'limit',
  'size',
  'protocol',
  'port',
  'hops',
  'which',
  'vrf',
] as const;

export const lg: Command = {
  usage: `<${['route', 'why', 'rejected', 'traceroute'].join('|')}|…> [ARGUMENT] [--vrf NAME] [--json]`,
  summary: 'ask the running node, e.g. lg route 172.20.0.53',
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...NODE_OPTIONS,
        mode: { type: 'string' },
        count: { type: 'string' },
        limit: { type: 'string' },
        size: { type: 'string' },
        protocol: { type: 'string' },
        port: { type: 'string' },
        hops: { type: 'string' },
        which: { type: 'string' },
        vrf: { type: 'string' },
      },
    });
    const [name, argument = ''] = positionals;
    if (name === undefined || !(QUERY_NAMES as readonly string[]).includes(name)) {
      throw new RouterError('QUERY_UNKNOWN', `Queries are ${QUERY_NAMES.join(', ')}.`);
    }
    const options = Object.fromEntries(
      QUERY_OPTIONS.flatMap((option) => {
        const value = values[option];
        return value === undefined ? [] : [[option, value]];
      }),
    );
    await printAnswer(values, { name: name as QueryName, argument, options });
    return 0;
  },
};
