/**
 * BFD (RFC 5880, 5881) inside a real tunnel, with BIRD 2 and FRR, and what it does to BGP (RFC 9384).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connectToNode } from '../../router-core/cli/running-node.ts';
import type { Snapshot } from '../../router-core/index.ts';
import { documentOfFile, readConfigFile } from '../../router-core/router/config-file.ts';
import { startFrr } from '../lab/daemons.ts';
import { Daemon, eventually, must } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';
import { frrConfig } from './peer-texts.ts';

const hasFrr = existsSync('/usr/lib/frr/bfdd');
const BIRD = `
protocol bfd watch { interface "DEVICE" { interval 300 ms; idle tx interval 1 s; multiplier 5; }; }
protocol bgp tokyo from peers { neighbor fe80::6000%'DEVICE' as 4242426000; bfd on; connect retry time 5; error wait time 2, 4; }`;

let pair: Pair | undefined;
/** Of the tests with BIRD, which follow one session through its life. */
let place: Pair;
beforeAll(async () => {
  place = await startPair({ peering: { bfd: true }, sessions: BIRD });
});
afterAll(() => place?.stop());
afterEach(async () => {
  await pair?.stop();
  pair = undefined;
});

const sessionOf = ({ peerings }: Snapshot) => peerings[0]?.sessions[0];
const isUp = (snapshot: Snapshot): boolean =>
  sessionOf(snapshot)?.bfd?.state === 'up' && sessionOf(snapshot)?.state === 'established';
const hasSent = (snapshot: Snapshot, ...subcodes: number[]): boolean => {
  const last = sessionOf(snapshot)?.lastNotification;
  return last?.direction === 'sent' && last.code === 6 && subcodes.includes(last.subcode);
};

/** How often the session has ended. */
const endsOf = ({ peerings }: Snapshot): number =>
  peerings[0]?.transitions.filter(({ step }) => step === 'down').length ?? 0;

test('BIRD: both ends are up at the intervals of both', async () => {
  await place.bird.established('tokyo');
  const up = await place.router.reaches('BFD up', isUp);
  expect(sessionOf(up)?.bfd).toMatchObject({ remoteState: 'up', downs: 0 });
  await place.router.reaches('300 ms and 1.5 s', (s) => {
    const bfd = sessionOf(s)?.bfd;
    return bfd?.transmitIntervalMs === 300 && bfd.detectionTimeMs === 1500;
  });
  expect(await place.bird.ask('show', 'bfd', 'sessions')).toMatch(/fe80::6000\s+\S+\s+Up/);
  expect(await place.router.cli('status')).toMatch(/BFD[\s\S]*up 20/);
});

test('BIRD: new parameters on a living session, first theirs, then ours', async () => {
  const file = join(place.lab.folder, 'bird-bird', 'bird.conf');
  writeFileSync(file, (await must('cat', [file])).replace('interval 300 ms', 'interval 600 ms'));
  await place.bird.ask('configure');
  const slower = await place.router.reaches(
    'slower by Poll and Final',
    (s) => sessionOf(s)?.bfd?.detectionTimeMs === 3000,
  );
  expect(sessionOf(slower)?.bfd).toMatchObject({ state: 'up', downs: 0, transmitIntervalMs: 600 });
  await wish({ minTx: 900, minRx: 300, multiplier: 4 });
  const slowest = await place.router.reaches(
    'BIRD has answered our Poll',
    (s) => sessionOf(s)?.bfd?.transmitIntervalMs === 900,
  );
  expect(sessionOf(slowest)).toMatchObject({
    state: 'established',
    bfd: { state: 'up', downs: 0 },
  });
  // 4 packets of ours, 900 ms apart.
  expect(await place.bird.ask('show', 'bfd', 'sessions')).toMatch(/Up.*3\.600/);
  await wish({ minTx: 300, minRx: 300, multiplier: 5 });
  writeFileSync(file, (await must('cat', [file])).replace('interval 600 ms', 'interval 300 ms'));
  await place.bird.ask('configure');
  await place.router.reaches('fast again', (s) => sessionOf(s)?.bfd?.detectionTimeMs === 1500);
});

test('silence ends the session within the detection time, and both come back', async () => {
  const before = Date.now();
  // The tunnel swallows everything, as a dead machine would.
  process.kill(place.tunnel.pid, 'SIGSTOP');
  const down = await place.router.reaches('6/10 sent', (s) => hasSent(s, 10), 10_000);
  const tookMs = Date.parse(sessionOf(down)?.lastNotification?.at ?? '') - before;
  console.log(`BFD found the silence after ${tookMs} ms`);
  expect(tookMs).toBeGreaterThan(1000);
  expect(tookMs).toBeLessThan(2500);
  expect(sessionOf(down)?.accepted).toBe(0);
  expect(await place.router.cli('status')).toMatch(
    /BFD lost your router \(detection time expired\).*BFD_DOWN/,
  );
  process.kill(place.tunnel.pid, 'SIGCONT');
  await place.router.reaches('both are back', isUp, 30_000);
});

test('BIRD hears 6/10 when only its BFD falls silent, and BGP goes on without it', async () => {
  await place.bird.ask('disable', 'watch');
  await eventually(
    'BIRD tells of 6/10',
    async () => place.bird.output,
    // BIRD 2.0 knows no name for it.
    (text) => /tokyo: Received: .*(6\.10|BFD)/i.test(text),
    10_000,
  );
  const without = await place.router.reaches(
    'a session without BFD, explained',
    (s) => s.peerings[0]?.diagnosis.some(({ code }) => code === 'BFD_NOT_UP') ?? false,
    30_000,
  );
  expect(sessionOf(without)).toMatchObject({ state: 'established', bfd: { state: 'down' } });
  await place.bird.ask('enable', 'watch');
  await place.router.reaches('BFD up again', isUp, 20_000);
});

test('our orderly end is a shutdown and AdminDown to BIRD, not a failure', async () => {
  await place.router.daemon.stop();
  await eventually(
    'BIRD has heard why',
    () => place.bird.ask('show', 'protocols', 'all', 'tokyo'),
    (text) => /Administrative shutdown/i.test(text),
  );
});

/** Gives our running node the same document with other BFD parameters. */
async function wish(bfd: { minTx: number; minRx: number; multiplier: number }): Promise<void> {
  const config = JSON.parse(JSON.stringify(place.config)) as { peerings: { bfd: unknown }[] };
  for (const peering of config.peerings) peering.bfd = bfd;
  const { file } = readConfigFile(config, (path) => resolve(place.router.folder, path));
  const publicKey = (await place.router.cli('keys')).trim();
  const document = file === undefined ? undefined : documentOfFile(file, publicKey).config;
  if (document === undefined) throw new Error('the document of the lab is right');
  const client = await connectToNode(place.router.folder);
  await client.call('apply', { config: document }, 20_000);
  await client.close();
}

test.skipIf(!hasFrr)(
  'FRR: up, bfdd dies, 6/10; then an operator shuts BFD down there',
  async () => {
    pair = await startPair({ peering: { bfd: { minTx: 200, minRx: 200 } }, sessions: '' });
    const neighbor = 'fe80::6000';
    await pair.bird.stop();
    const folder = join(pair.lab.folder, `frr-${pair.birdHost.name}`);
    const frr = await startFrr(
      pair.lab,
      pair.birdHost,
      frrConfig({
        asn: 4242426001,
        routerId: '172.21.129.1',
        device: pair.device,
        neighbor,
        neighborAsn: 4242426000,
        ipv4: ['172.21.129.0/27'],
        ipv6: ['fdb1:6000:101::/48'],
      }).replace(
        ' address-family ipv4',
        ` neighbor ${neighbor} bfd\n neighbor ${neighbor} timers connect 3\n address-family ipv4`,
      ),
    );
    const log = join(folder, 'bgpd.log');
    await frr.ask('configure terminal', `log file ${log} informational`);
    const startBfdd = (): Daemon => {
      const options = `-u frr -g frr --vty_socket ${folder} -z ${folder}/zserv.api -i ${folder}/bfdd.pid --bfdctl ${folder}/bfdd.sock`;
      return new Daemon(
        'bfdd',
        ...(pair as Pair).birdHost.inside('/usr/lib/frr/bfdd', ...options.split(' ')),
      );
    };
    let bfdd = startBfdd();
    try {
      await frr.established(neighbor);
      await pair.router.reaches('BFD up with FRR', isUp, 40_000);
      await pair.router.reaches(
        '5 packets of 300 ms',
        (s) => sessionOf(s)?.bfd?.detectionTimeMs === 900,
      );
      await bfdd.stop('SIGKILL');
      await pair.router.reaches('6/10 sent', (s) => hasSent(s, 9, 10), 10_000);
      // FRR keeps routes over NOTIFICATIONs (RFC 8538), so ours is a hard reset around 6/10.
      await eventually(
        'FRR tells why',
        async () => readFileSync(log, 'utf8'),
        (text) => /NOTIFICATION: received from .* 6\/(9|10) \(Cease/.test(text),
      );
      bfdd = startBfdd();
      const again = await pair.router.reaches('BFD up again', isUp, 40_000);
      await frr.ask(
        'configure terminal',
        'bfd',
        `peer ${neighbor} interface ${pair.device}`,
        'shutdown',
      );
      const off = await pair.router.reaches(
        'AdminDown of FRR',
        (s) => sessionOf(s)?.bfd?.remoteState === 'admin-down',
      );
      expect(sessionOf(off)?.state).toBe('established');
      expect(endsOf(off)).toBe(endsOf(again));
    } finally {
      await bfdd.stop();
      await frr.stop();
    }
  },
);
