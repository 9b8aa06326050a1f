/**
 * Our TCP against Linux's, through a real tunnel and a bad line: every octet, both ways.
 *
 *   own stack 10.77.0.1 ══wg══ [line that loses, delays, reorders] ══wg══ Linux 10.77.1.2
 */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { makeWireguardKeys, startWireguard } from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import type { OwnTcpOptions } from '../lab/own-tcp-main.ts';
import { Daemon, run } from '../lab/process.ts';
import { buildPrograms, programLine, programWords } from '../lab/programs.ts';
import { startShaper } from '../lab/shaper.ts';
import type { Impairments } from '../lab/udp-shaper.ts';

const OURS = '10.77.0.1';
const THEIRS = '10.77.1.2';
const TCP_PORT = 4000;
const WG_PORT = 26001;
const LINE_PORT = 27001;
const MEGABYTE = 1 << 20;
/** The fifty megabytes of the acceptance list where time does not matter; a tenth daily. */
const BULK = (process.env.ROOTLESS42_SOAK === undefined ? 5 : 50) * MEGABYTE;
const LITTLE = 64 * 1024;
const BAD: Impairments = { lossPercent: 20, reorderPercent: 5, duplicatePercent: 1, delayMs: 1 };
const PATIENCE_MS = 50_000;

type Place = {
  readonly linux: Host;
  /** Starts our end. */
  own(options: Pick<OwnTcpOptions, 'role' | 'octets' | 'pauseMs'>): Promise<Daemon>;
};

let lab: Lab | undefined;
const daemons: Daemon[] = [];

beforeAll(() => buildPrograms('ownTcp', 'transfer'));
afterEach(async () => {
  for (const daemon of daemons.splice(0).reverse()) await daemon.stop('SIGKILL');
  await lab?.stop();
  lab = undefined;
});

test('a bulk transfer to Linux arrives whole', async () => {
  expect(await sends(await startPlace({}), BULK)).toBe(BULK);
});

test('a bulk transfer from Linux arrives whole', async () => {
  expect(await receives(await startPlace({}), BULK)).toBe(BULK);
});

test('a line that loses a fifth and reorders slows both ways, and loses no octet', async () => {
  const place = await startPlace(BAD);
  expect(await sends(place, LITTLE)).toBe(LITTLE);
  expect(await receives(place, LITTLE)).toBe(LITTLE);
});

test('Linux waits at a shut window and goes on when it opens (RFC 9293 §3.8.6.1)', async () => {
  const place = await startPlace({});
  // Far more than our buffer holds: what does not fit waits until we read.
  expect(await receives(place, 2 * MEGABYTE, 2000)).toBe(2 * MEGABYTE);
});

async function sends({ linux, own }: Place, octets: number): Promise<number> {
  const receiver = new Daemon(
    'receiver',
    ...linux.inside(...programWords('transfer', 'receive', String(TCP_PORT))),
  );
  daemons.push(receiver);
  await receiver.printed(/LISTENING/);
  const ours = await own({ role: 'send', octets });
  const [, count] = await receiver.printed(/RECEIVED (\d+)/, PATIENCE_MS);
  await ours.printed(/CLOSED/, PATIENCE_MS);
  return Number(count);
}

async function receives({ linux, own }: Place, octets: number, pauseMs?: number): Promise<number> {
  const ours = await own({
    role: 'receive',
    octets,
    ...(pauseMs === undefined ? {} : { pauseMs }),
  });
  const words = programWords('transfer', 'send', OURS, String(TCP_PORT), String(octets));
  const sender = run(...linux.inside(...words), { timeoutMs: PATIENCE_MS });
  const [, count] = await ours.printed(/RECEIVED (\d+)/, PATIENCE_MS);
  expect((await sender).stderr).toBe('');
  await ours.printed(/CLOSED/, PATIENCE_MS);
  return Number(count);
}

async function startPlace(line: Impairments): Promise<Place> {
  lab = await startLab(['own', 'line', 'linux']);
  const [host, between, linux] = [lab.host('own'), lab.host('line'), lab.host('linux')];
  const keys = { own: await makeWireguardKeys(), linux: await makeWireguardKeys() };
  const device = `wgtl${process.pid}`;
  daemons.push(
    await startShaper(between, {
      seed: 42,
      ...line,
      relays: [
        {
          listen: { address: between.ipv4, port: LINE_PORT },
          target: { address: linux.ipv4, port: WG_PORT },
        },
      ],
    }),
    await startWireguard(lab, linux, {
      device,
      privateKey: keys.linux.privateKey,
      listenPort: WG_PORT,
      peer: { publicKey: keys.own.publicKey },
      addresses: [`${THEIRS}/32`],
    }),
  );
  await linux.must('ip', 'route', 'add', `${OURS}/32`, 'dev', device);
  return {
    linux,
    async own(options) {
      const all: OwnTcpOptions = {
        privateKey: keys.own.privateKey,
        peerPublicKey: keys.linux.publicKey,
        endpoint: `${between.ipv4}:${LINE_PORT}`,
        listenPort: 0,
        ours: OURS,
        theirs: THEIRS,
        port: TCP_PORT,
        ...options,
      };
      const daemon = new Daemon('own tcp', ...host.inside(...programLine('ownTcp', all)));
      daemons.push(daemon);
      await daemon.printed(/READY/);
      return daemon;
    },
  };
}
