/**
 * `npm start`: makes everything ready, then runs portal and router in this one process.
 *
 *   npm start -- --port 8080 --data /srv/rootless42 --config node.yaml
 *
 * No root, no capability, no kernel interface.
 *
 * @module
 */
import path from 'node:path';
import { settleEnvironment } from './environment.mjs';
import { prepare } from './prepare.mjs';
import { serve } from './serve.mjs';

const root = path.dirname(import.meta.dirname);
process.env.NODE_ENV = 'production';
const settings = settleEnvironment(process.argv.slice(2), root);
await prepare();
await serve({ root, ...settings });
