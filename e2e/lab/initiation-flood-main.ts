/**
 * Entry of the strangers' process: options as JSON in the first argument, SIGUSR2 to begin.
 *
 * @module
 */
import { type InitiationFloodOptions, prepareInitiationFlood } from './initiation-flood.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as InitiationFloodOptions;
const waiting = setInterval(() => undefined, 1000);
const begin = new Promise<void>((resolve) => {
  process.once('SIGUSR2', () => resolve());
});
const send = await prepareInitiationFlood(options);
process.stdout.write('LOADED\n');
await begin;
process.stdout.write(`RESULT ${JSON.stringify(await send())}\n`);
clearInterval(waiting);
