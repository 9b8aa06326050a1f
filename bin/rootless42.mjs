#!/usr/bin/env node
/**
 * The command line. `serve` hands over to start.mjs; everything else is the bundle of router-core/cli,
 * built first when it is missing.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const cli = join(import.meta.dirname, '../dist/router-core/cli.js');

if (process.argv[2] === 'serve') {
  await import('./start.mjs');
} else {
  if (!existsSync(cli)) {
    const { prepareRouter } = await import('./prepare.mjs');
    await prepareRouter();
  }
  await import(cli);
}
