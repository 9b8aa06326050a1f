/**
 * Entry of the flood process: options as JSON in the first argument, SIGUSR2 to begin.
 *
 * @module
 */
import { type FloodOptions, openFloodEnd } from './flood.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as FloodOptions;
const begin = new Promise<void>((resolve) => {
  process.once('SIGUSR2', () => resolve());
});
// Nothing else may keep the event loop alive while it waits for the signal.
const waiting = setInterval(() => undefined, 1000);
const end = await openFloodEnd(options);
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

print(`SOCKET ${end.socket}`);
if (options.role === 'sink') {
  print('LISTENING');
  await begin;
  print(`RESULT ${JSON.stringify(await end.count())}`);
} else {
  print(`LOADED ${end.load()}`);
  await begin;
  print(`RESULT ${JSON.stringify(await end.send())}`);
}
clearInterval(waiting);
end.close();
