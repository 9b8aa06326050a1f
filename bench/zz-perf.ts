import { execFileSync, spawn } from 'node:child_process';
import { startPlace, ROUTERS } from './forwarding/topology.ts';
import { LOADS } from './forwarding/loads.ts';
import { buildPrograms } from './lab/programs.ts';
const test = (process.argv[2] ?? 'udp-large') as keyof typeof LOADS;
await buildPrograms('flood');
const place = await startPlace(ROUTERS[+(process.argv[3] ?? 1)]!, { router: '0', ends: '1' });
try {
  const t0=process.hrtime.bigint();
  console.log(await LOADS['udp-small'].run(place, 3));
  const perf = spawn('perf', ['record', '-F', '3000', '-g', '-e', 'cpu-clock', '-o', '/tmp/r42/perf/p.data', '-p', place.routerPids.join(','), '--', 'sleep', '7'], { stdio: 'ignore' });
  console.log(test, await LOADS[test].run(place, 5));
  await new Promise((r) => perf.on('exit', r));
  const sh=(c: string)=>execFileSync('sh',['-c',`cd /tmp/r42/perf; ${c}`],{encoding:'utf8'});
  console.log(sh('perf report -i p.data --no-children -g none --sort dso --stdio 2>/dev/null | grep -v "^#" | head -12'));
  console.log(sh('perf report -i p.data --no-children -g none --sort comm --stdio 2>/dev/null | grep -v "^#" | head -12'));
  console.log(sh('perf report -i p.data --no-children -g none --sort dso,symbol --stdio 2>/dev/null | grep -v "^#" | head -60'));
} finally { await place.stop(); }
