/**
 * Entry of the process that speaks for all peers: options as JSON in the file of the first argument.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { type FleetOptions, runFleet } from './fleet.ts';

const options = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as FleetOptions;
const result = await runFleet(options);
process.stdout.write(`RESULT ${JSON.stringify(result)}\n`);
