import { LOADS } from './forwarding/loads.ts';
import { OURS, startPlace } from './forwarding/topology.ts';
import { buildPrograms } from './lab/programs.ts';

const test = (process.argv[2] ?? 'udp-large') as keyof typeof LOADS;
await buildPrograms('flood');
const real = process.execPath;
process.execPath = '/tmp/r42/perf/node-prof';
const place = await startPlace(OURS, { router: '0', ends: '1' });
process.execPath = real;
try {
  console.log(test, await LOADS[test].run(place, 5));
  console.log(test, await LOADS[test].run(place, 5));
  process.kill(place.routerPids[0]!, 'SIGTERM');
  await new Promise((r) => setTimeout(r, 4000));
} finally {
  await place.stop();
}
