/**
 * `rootless42 policy <show | check | test | diff>`: what filters do, and what they would do.
 *
 * `check` needs no node; the others ask the running one. A file is a policy document, or a configuration
 * file with one in it.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { RouterError } from '../../base/errors.ts';
import { resolvePolicyDocument } from '../../bgp/index.ts';
import { withoutEmptyKeys } from '../../router/config-file.ts';
import type { QueryInput } from '../../router/door/contract.ts';
import type { Command } from '../command.ts';
import { configOf, findingsError, readValues } from '../read-config.ts';
import { NODE_OPTIONS, printAnswer } from '../running-node.ts';

const ACTIONS = ['show', 'check', 'test', 'diff'];

export const policy: Command = {
  usage: `<${ACTIONS.join('|')}> [FILE|ROUTE] [--json]`,
  summary: 'import and export policies: which run, and what others would change',
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...NODE_OPTIONS,
        peering: { type: 'string' },
        direction: { type: 'string' },
        limit: { type: 'string' },
      },
    });
    const [action = '', ...rest] = positionals;
    const file = rest[0];
    const options = {
      ...(values.peering === undefined ? {} : { peering: values.peering }),
      ...(values.direction === undefined ? {} : { direction: values.direction }),
      ...(values.limit === undefined ? {} : { limit: Number(values.limit) }),
    };
    const ask = async (name: QueryInput['name'], argument: string): Promise<number> => {
      await printAnswer(values, { name, argument, options });
      return 0;
    };
    switch (action) {
      case 'show':
        return ask('policy-show', '');
      case 'test':
        return ask('policy-test', rest.join(' '));
      case 'check':
        return check(needFile(file));
      case 'diff':
        return ask('policy-diff', JSON.stringify(readPolicy(needFile(file))));
      default:
        throw new RouterError('QUERY_UNKNOWN', `policy does ${ACTIONS.join(', ')}.`);
    }
  },
};

function needFile(file: string | undefined): string {
  if (file !== undefined) return file;
  throw new RouterError('CONFIG_UNREADABLE', 'Name a file with a policy document.');
}

/** @throws RouterError telling everything that is wrong with it */
function check(file: string): number {
  const { policies = {} } = readPolicy(file) as { policies?: Record<string, { rules: unknown[] }> };
  for (const [name, { rules }] of Object.entries(policies))
    process.stdout.write(`${name}: ${rules.length} rules\n`);
  process.stdout.write(`${file} is right.\n`);
  return 0;
}

/** Reads a policy document, by itself or inside a configuration. @throws RouterError when it is wrong */
function readPolicy(path: string): unknown {
  const values = withoutEmptyKeys(readValues(path) ?? {}) as object;
  if ('node' in values) return configOf(path, values).policy ?? {};
  const { findings } = resolvePolicyDocument(values);
  if (findings.length > 0) throw findingsError(path, findings);
  return values;
}
