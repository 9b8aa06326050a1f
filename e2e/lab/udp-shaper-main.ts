/**
 * Entry of the shaper process: options as JSON in the first argument. SIGUSR2 changes the ports
 * towards the targets, SIGHUP makes the lines as the file of the second argument has them, SIGTERM ends it with its counters.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { type Directions, type ShaperOptions, startUdpShaper } from './udp-shaper.ts';

const shaper = await startUdpShaper(JSON.parse(process.argv[2] ?? '{}') as ShaperOptions);
const print = (text: string): boolean => process.stdout.write(`${text}\n`);
let remaps = 0;
process.on('SIGUSR2', async () => {
  await shaper.remap();
  print(`REMAPPED ${++remaps}`);
});
let changes = 0;
process.on('SIGHUP', () => {
  shaper.change(JSON.parse(readFileSync(process.argv[3] ?? '', 'utf8')) as Directions[]);
  print(`CHANGED ${++changes}`);
});
process.on('SIGTERM', () => {
  print(`COUNTERS ${JSON.stringify(shaper.counters)}`);
  shaper.close();
  process.exit(0);
});
print('RELAYING');
