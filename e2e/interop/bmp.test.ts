/**
 * A BMP stream of our node while BIRD comes, changes and goes, dissected by tshark.
 *
 * The station is a program that takes everything and says nothing; tcpdump beside it writes what passed,
 * so that what is judged is what was on the wire.
 */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Daemon, eventually, run } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';

const MANY = 300;
const PORT = 1790;
/** Announced by two paths (RFC 7911), one from there. */
const FAR = 4242426077;
const TWICE = '10.100.7.0/24';
/** The second host of every lab. */
const BIRD = '10.42.0.2';
const VIEWS = ['adj-in-pre', 'adj-in-post', 'loc-rib', 'adj-out'];
/** Nobody listens here; called again only half a minute later, so the file is changed before. */
const WRONG_PORT = 1791;
let pair: Pair;
let tcpdump: Daemon;
let station: Daemon;

const stationAt = (port: number) => ({
  bmp: [{ station: `${BIRD}:${port}`, views: VIEWS }],
});

const startStation = async (): Promise<Daemon> => {
  const script = `require('net').createServer(s=>{console.log('CALLED');s.resume();s.on('end',()=>s.end())}).listen(${PORT},()=>console.log('LISTENING'))`;
  const daemon = new Daemon('station', ...pair.birdHost.inside(process.execPath, '-e', script));
  await daemon.printed(/LISTENING/);
  return daemon;
};

beforeAll(async () => {
  const many = Array.from(
    { length: MANY },
    (_, i) => `route 10.${100 + (i >> 8)}.${i & 255}.0/24 reject;`,
  );
  pair = await startPair({
    settings: stationAt(WRONG_PORT),
    peering: { policy: 'accept-all', addPath: { send: 'all', receive: true } },
    sessions: `
protocol static many { ipv4 { import filter { bgp_large_community.add((4242426001, 1, 2)); accept; }; export none; }; ${many.join(' ')} }
protocol static twin { ipv4 { import filter { bgp_path.prepend(${FAR}); preference = 150; accept; }; export none; }; route ${TWICE} reject; }
protocol bgp tokyo from peers { neighbor fe80::6000%'DEVICE' as 4242426000; ipv4 { add paths on; }; ipv6 { add paths on; }; }`,
  });
  tcpdump = new Daemon(
    'tcpdump',
    ...pair.birdHost.inside(
      'tcpdump',
      '-U',
      '-s',
      '0',
      '-i',
      'eth0',
      '-w',
      pcap(),
      'tcp',
      'port',
      String(PORT),
    ),
  );
  await tcpdump.printed(/listening on/);
  station = await startStation();
  await pair.bird.established('tokyo');
  await pair.router.reaches('every route', (now) => now.tables.ipv4.prefixes >= MANY + 2);
}, 60_000);
afterAll(async () => {
  await station?.stop();
  await tcpdump?.stop();
  rmSync(pcap(), { force: true });
  await pair?.stop();
});

const pcap = (): string => join(tmpdir(), `rootless42-bmp-${process.pid}.pcap`);

/** Every BMP message in words, as tshark dissects the stream. */
async function messages(): Promise<string[]> {
  const { code, stdout, stderr } = await run('tshark', [
    '-r',
    pcap(),
    '-d',
    `tcp.port==${PORT},bmp`,
    '-Y',
    'bmp',
    '-O',
    'bmp,bgp',
  ]);
  // A packet that tcpdump is writing at this moment is not whole: another look has it.
  if (code !== 0 && !stderr.includes('cut short')) throw new Error(`tshark: ${stderr}`);
  return code === 0 ? stdout.split(/^BGP Monitoring Protocol, /m).slice(1) : [];
}

/** tshark 4.0 takes the table name behind the OPENs of a Loc-RIB (RFC 9069 §5.2.1) for a third message. */
const isMisread = (text: string): boolean =>
  /malformed/i.test(text) && !/^Type Peer Up[\s\S]*Type: Loc-RIB Instance Peer \(3\)/.test(text);

test('a station that is not there is waited for, and status says so', async () => {
  await pair.router.reaches('a refused station', ({ node }) => node.bmp?.[0]?.state === 'waiting');
  expect(await pair.router.cli('status')).toMatch(
    /BMP 10\.42\.0\.2:1791 waiting since .* \(adj-in-pre, adj-in-post, loc-rib, adj-out\)/,
  );
});

test('tshark reads every message: initiation, peer up with both OPENs, whole tables', async () => {
  pair.router.reload({ ...(pair.config as object), ...stationAt(PORT) });
  await pair.router.reaches('the station', ({ node }) => node.bmp?.[0]?.state === 'up');
  const all = await eventually(
    'all tables on the wire',
    messages,
    (found) => found.filter((text) => text.includes('10.100.7.0/24')).length >= 3,
  );
  expect(all.filter(isMisread)).toEqual([]);
  expect(all[0]).toMatch(/^Type Initiation Message[\s\S]*Information: tokyo/);
  const up = all.filter((text) => text.startsWith('Type Peer Up'));
  expect(up).toHaveLength(2);
  const ofBird = up.find((text) => text.includes('fe80::6001'));
  expect(ofBird).toContain('4242426001');
  expect(ofBird?.match(/Protocol - OPEN Message/g)).toHaveLength(2);
}, 60_000);

test('with add-path each path of a neighbor is told under its id; the Loc-RIB has one without', async () => {
  const ids = (all: readonly string[], table: RegExp): string[] =>
    all
      .filter((text) => text.startsWith('Type Route Monitoring') && table.test(text))
      .flatMap((text) => [...text.matchAll(/ 10\.100\.7\.0\/24(?: PathId (\d+))?/g)])
      .map(([, id = 'none']) => id)
      .sort();
  const [before, after] = [/Flags: 0x80, IPv6$/m, /Flags: 0xc0, IPv6, Post-policy$/m];
  const best = /Loc-RIB Instance Peer \(3\)/;
  const all = await eventually(
    'both paths, before and after, and the best',
    messages,
    (found) =>
      [before, after].every((table) => ids(found, table).length >= 2) &&
      ids(found, best).length > 0,
  );
  const told = ids(all, before);
  expect(new Set(told).size).toBe(2);
  expect(told).not.toContain('none');
  expect(ids(all, after)).toEqual(told);
  expect(ids(all, best)).toEqual(['none']);
  const far = all.filter((text) => text.includes(`AS_PATH: 4242426001 ${FAR}`));
  expect(far.length).toBeGreaterThan(0);
});

test('a withdrawal and the end of the session reach it, with the reason', async () => {
  const before = (await messages()).length;
  await pair.bird.ask('disable', 'many');
  await eventually('withdrawals', messages, (found) =>
    found.slice(before).some((text) => /Withdrawn Routes[\s\S]*10\.100\.7\.0\/24/.test(text)),
  );
  await pair.bird.ask('disable', 'tokyo');
  const all = await eventually('peer down', messages, (found) =>
    found.some((text) => text.startsWith('Type Peer Down')),
  );
  const down = all.find((text) => text.startsWith('Type Peer Down')) as string;
  expect(down).toContain('Reason: Remote System, Notification (3)');
  expect(down).toMatch(/Cease/);
  expect(all.filter(isMisread)).toEqual([]);
});

test('the node goes: termination is the last word', async () => {
  await pair.router.daemon.stop();
  const all = await eventually(
    'termination',
    messages,
    (found) => found.at(-1)?.startsWith('Type Termination') === true,
  );
  expect(all.filter((text) => text.startsWith('Type Termination'))).toHaveLength(1);
});
