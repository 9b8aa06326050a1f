/**
 * `rootless42 keys --config FILE`: the node's public key, made on first use.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { toBase64 } from '../../base/bytes.ts';
import { RouterError } from '../../base/errors.ts';
import { readOrMakeNodeKey } from '../../host/node-key.ts';
import type { Command } from '../command.ts';
import { readConfig } from '../read-config.ts';
import { connectToNode, NODE_OPTIONS } from '../running-node.ts';

export const keys: Command = {
  usage: '[--config FILE] [--data FOLDER]',
  summary: 'the public key of the file’s node, or of the running one',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { ...NODE_OPTIONS, config: { type: 'string' } },
    });
    const path = values.config ?? process.env.ROOTLESS42_CONFIG;
    if (path !== undefined) {
      const file = readConfig(path);
      process.stdout.write(`${toBase64(readOrMakeNodeKey(file.node.privateKeyFile).publicKey)}\n`);
      return 0;
    }
    const client = await connectToNode(values.data);
    const { node } = await client.call('snapshot', {});
    await client.close();
    if (node.publicKey === '') throw new RouterError('ROUTER_AWAY', 'The node has no key yet.');
    process.stdout.write(`${node.publicKey}\n`);
    return 0;
  },
};
