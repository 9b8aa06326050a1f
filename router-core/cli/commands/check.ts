/**
 * `rootless42 check --config FILE`: whether a file is right, and what it would do.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { RouterError } from '../../base/errors.ts';
import { documentOfFile } from '../../router/config-file.ts';
import type { Command } from '../command.ts';
import { findingsError, readConfig } from '../read-config.ts';

export const check: Command = {
  usage: '--config FILE',
  summary: 'validate a configuration file and print the plan',
  run(args) {
    const { values } = parseArgs({ args, options: { config: { type: 'string' } } });
    if (values.config === undefined)
      throw new RouterError('CONFIG_UNREADABLE', 'check needs --config FILE.');
    const file = readConfig(values.config);
    // The key is not needed to judge a file, and `check` makes nothing.
    const { config, findings } = documentOfFile(file, '');
    if (config === undefined) throw findingsError(values.config, findings);
    for (const warning of findings)
      process.stdout.write(`warning  ${warning.path}: ${warning.message} (${warning.code})\n`);
    const { node, peerings, routes } = config;
    process.stdout.write(
      `node     ${node.name}, AS${node.asn}, router id ${node.routerId}, UDP port ${node.listen.port} on ${node.listen.host}\n`,
    );
    process.stdout.write(`announce ${node.announce.join(', ') || 'nothing'}\n`);
    for (const peering of peerings) {
      process.stdout.write(
        `add      ${peering.name}: AS${peering.asn}, ${peering.sessions}, ${peering.endpoint ?? 'connects to us'}\n`,
      );
    }
    for (const route of routes) process.stdout.write(`route    ${route.prefix} via ${route.via}\n`);
    process.stdout.write(`${values.config} is right.\n`);
    return Promise.resolve(0);
  },
};
