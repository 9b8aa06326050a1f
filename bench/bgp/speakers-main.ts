/**
 * Entry of the process that speaks for feeder and sink: options as JSON in the first argument.
 *
 * @module
 */
import { type RelayOptions, relay } from './relay.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as RelayOptions;
const result = await relay(options);
process.stdout.write(`RESULT ${JSON.stringify(result)}\n`);
