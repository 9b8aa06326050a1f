/**
 * Entry of the shaper process: options as JSON in the first argument. SIGUSR2 changes the ports
 * towards the targets, SIGTERM ends it with its counters.
 *
 * @module
 */
import { type ShaperOptions, startUdpShaper } from './udp-shaper.ts';

const shaper = await startUdpShaper(JSON.parse(process.argv[2] ?? '{}') as ShaperOptions);
const print = (text: string): boolean => process.stdout.write(`${text}\n`);
let remaps = 0;
process.on('SIGUSR2', async () => {
  await shaper.remap();
  print(`REMAPPED ${++remaps}`);
});
process.on('SIGTERM', () => {
  print(`COUNTERS ${JSON.stringify(shaper.counters)}`);
  shaper.close();
  process.exit(0);
});
print('RELAYING');
