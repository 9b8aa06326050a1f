/**
 * `npm run dev`: the same process with reload of pages, and the router rebuilt when its sources change.
 *
 * @module
 */
import path from 'node:path';
import { settleEnvironment } from './environment.mjs';
import { prepareDevelopment } from './prepare.mjs';
import { serve } from './serve.mjs';

const root = path.dirname(import.meta.dirname);
process.env.NODE_ENV = 'development';
const settings = settleEnvironment(process.argv.slice(2), root);
await prepareDevelopment();
await serve({ root, ...settings, development: true });

const { watchRouter } = await import('./build-router.mjs');
let isFirst = true;
await watchRouter((result) => {
  const portal = globalThis[Symbol.for('rootless42.portal')];
  if (!isFirst && result.errors.length === 0)
    for (const node of portal?.nodes.values() ?? []) node.router.restart();
  isFirst = false;
});
