/**
 * Services of a node without root: programs of its host reach DN42 through our own TCP, and DN42 reaches them.
 *
 *   router host: curl ─► SOCKS5, CONNECT, forward ─► router ══wg══ BIRD 172.21.129.1: HTTP, DNS
 *   router host: HTTP  ◄── forward, port 8080 ────── router ══wg══ curl
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Host } from '../lab/network.ts';
import { Daemon, eventually, type Output, run } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';

const THERE = '172.21.129.1';
const THERE6 = 'fdb1:6000:101::1';
const HERE = '172.21.128.1';
const HERE6 = 'fdb0:6000:100::1';
const BIG_BYTES = 50_000_000;
const SECRET = 'moss-under-alder';

let pair: Pair;
let folder: string;
/** Visits to somebody who never answers: they take their time while the other tests run. */
let silent: Promise<[Output, Output]>;
const servers: Daemon[] = [];

/** Serves `/big` and `/small`, takes PUT and answers with what it hashed, and shows who asked. */
const SERVER = `
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import net from 'node:net';
const [, , folder, port, tcpPort] = process.argv;
createServer((request, response) => {
  if (request.method === 'PUT') {
    const hash = createHash('sha256');
    request.on('data', (chunk) => hash.update(chunk)).on('end', () => response.end(hash.digest('hex')));
  } else if (request.url === '/big') createReadStream(folder + '/big').pipe(response);
  else response.end('from ' + request.socket.remoteAddress.replace('::ffff:', '') + '\\n');
}).listen(port, '::', () => console.log('SERVING'));
// Answers only when the other side has said everything: half-close.
net.createServer({ allowHalfOpen: true }, (socket) => {
  let count = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => { count += chunk.length; });
  socket.on('end', () => setTimeout(() => socket.end('heard ' + count + '\\n'), 300));
}).listen(tcpPort, '::');
`;

/** Says much, then that it is done, and prints what it hears. */
const HALF = `
import net from 'node:net';
const [, , host, port] = process.argv;
const socket = net.connect({ host, port, allowHalfOpen: true });
socket.end('x'.repeat(100000));
socket.pipe(process.stdout);
`;

/** Knows \`www.alder.dn42\`, and one name whose answer is cut off over UDP. */
const DNS = `
import dgram from 'node:dgram';
import net from 'node:net';
const [, , ipv4, ipv6] = process.argv;
const octets6 = Buffer.concat(ipv6.replace('::', ':' + '0:'.repeat(9 - ipv6.split(':').length)).split(':').map((g) => Buffer.from(g.padStart(4, '0'), 'hex')));
function answer(query, isTcp) {
  let end = 12;
  const labels = [];
  while (query[end] !== 0) { labels.push(query.toString('latin1', end + 1, end + 1 + query[end])); end += 1 + query[end]; }
  const type = query.readUInt16BE(end + 1);
  const question = query.subarray(12, end + 5);
  const name = labels.join('.');
  const header = Buffer.from(query.subarray(0, 12));
  const knows = name === 'www.alder.dn42' || name === 'long.alder.dn42';
  header.writeUInt16BE(knows ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(0, 6); header.writeUInt16BE(0, 8); header.writeUInt16BE(0, 10);
  if (!knows) return Buffer.concat([header, question]);
  if (name === 'long.alder.dn42' && !isTcp) { header.writeUInt16BE(0x8380, 2); return Buffer.concat([header, question]); }
  const data = type === 1 ? Buffer.from(ipv4.split('.').map(Number)) : octets6;
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc00c, 0); record.writeUInt16BE(type, 2); record.writeUInt16BE(1, 4); record.writeUInt32BE(60, 6); record.writeUInt16BE(data.length, 10);
  header.writeUInt16BE(1, 6);
  return Buffer.concat([header, question, record, data]);
}
const udp = dgram.createSocket('udp4');
udp.on('message', (message, from) => udp.send(answer(message, false), from.port, from.address));
udp.bind(53, ipv4, () => console.log('SERVING'));
net.createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => { const a = answer(chunk.subarray(2), true); const l = Buffer.alloc(2); l.writeUInt16BE(a.length); socket.write(Buffer.concat([l, a])); });
}).listen(53, ipv4);
`;

beforeAll(async () => {
  pair = await startPair({
    settings: {
      services: {
        socks: { enabled: true, resolver: THERE },
        httpConnect: { enabled: true, username: 'alder', password: SECRET, resolver: THERE },
        forwards: [
          { from: { overlay: 8080 }, to: '127.0.0.1:8000', allow: [`${THERE}/32`, 'fd00::/8'] },
          { from: { overlay: 8081 }, to: '127.0.0.1:8000', allow: ['172.20.0.0/24'] },
          { from: { overlay: 8082 }, to: '127.0.0.1:9' },
          { from: { overlay: 8083 }, to: '127.0.0.1:8001' },
          { from: { host: '127.0.0.1:8180' }, to: `${THERE}:80` },
          { from: { host: '[::1]:8181' }, to: `[${THERE6}]:81` },
        ],
      },
    },
  });
  folder = join(pair.lab.folder, 'served');
  mkdirSync(folder);
  const big = Buffer.alloc(BIG_BYTES);
  for (let i = 0, x = 42; i < BIG_BYTES; i += 4) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    big.writeUInt32LE(x, i);
  }
  writeFileSync(join(folder, 'big'), big);
  writeFileSync(join(folder, 'server.mjs'), SERVER);
  writeFileSync(join(folder, 'dns.mjs'), DNS);
  writeFileSync(join(folder, 'half.mjs'), HALF);
  await serve(pair.birdHost, 'server.mjs', folder, '80', '81');
  await serve(pair.birdHost, 'dns.mjs', THERE, THERE6);
  await serve(pair.routerHost, 'server.mjs', folder, '8000', '8001');
  await pair.bird.established('tokyo');
  await pair.birdHost.must('ip', 'route', 'add', `${HERE}/32`, 'dev', pair.device, 'src', THERE);
  await pair.birdHost.must(
    'ip',
    '-6',
    'route',
    'add',
    `${HERE6}/128`,
    'dev',
    pair.device,
    'src',
    THERE6,
  );
  await pair.router.reaches(
    'the routes of BIRD',
    ({ node }) => node.routes.ipv4 > 0 && node.routes.ipv6 > 0,
  );
  await pair.birdHost.must('ip', 'route', 'add', 'blackhole', '172.21.129.29/32');
  silent = Promise.all([
    socks('http://172.21.129.29/'),
    curl('-v', ...CONNECT, 'http://172.21.129.29/'),
  ]);
});

afterAll(async () => {
  for (const server of servers) await server.stop();
  await pair?.stop();
});

async function serve(host: Host, script: string, ...args: string[]): Promise<void> {
  const server = new Daemon(
    script,
    ...host.inside(process.execPath, join(folder, script), ...args),
  );
  servers.push(server);
  await server.printed(/SERVING/);
}

const curlOn = (host: Host, ...args: string[]): Promise<Output> =>
  run(...host.inside('curl', '-sS', '-m', '100', ...args), { timeoutMs: 110_000 });
const curl = (...args: string[]): Promise<Output> => curlOn(pair.routerHost, ...args);
const socks = (...args: string[]): Promise<Output> =>
  curl('--socks5-hostname', '127.0.0.1:1080', ...args);
const CONNECT = ['--proxytunnel', '-x', `http://alder:${SECRET}@127.0.0.1:8118`];

const bigHash = (): string =>
  createHash('sha256')
    .update(readFileSync(join(folder, 'big')))
    .digest('hex');
async function download(host: Host, ...args: string[]): Promise<string> {
  const file = join(folder, 'got');
  const { code, stderr } = await curlOn(host, '-o', file, ...args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

test('SOCKS5 by address, both families: DN42 sees the node', async () => {
  expect((await socks(`http://${THERE}/`)).stdout).toBe(`from ${HERE}\n`);
  expect((await socks(`http://[${THERE6}]/`)).stdout).toBe(`from ${HERE6}\n`);
});

test('SOCKS5 by name: asked in DN42, over TCP when the answer was cut off', async () => {
  expect((await socks('http://www.alder.dn42/')).stdout).toMatch(/^from /);
  expect((await socks('http://long.alder.dn42/')).stdout).toMatch(/^from /);
  const { code, stderr } = await socks('http://nobody.alder.dn42/');
  expect(code).toBe(97);
  expect(stderr).toMatch(/\(4\)/);
});

test('HTTP CONNECT with a password, by address and name', async () => {
  expect((await curl(...CONNECT, `http://${THERE}/`)).stdout).toBe(`from ${HERE}\n`);
  expect((await curl(...CONNECT, 'http://www.alder.dn42/')).stdout).toMatch(/^from /);
  const wrong = ['--proxytunnel', '-x', 'http://alder:lichen@127.0.0.1:8118'];
  expect((await curl(...wrong, `http://${THERE}/`)).stderr).toContain('407');
  expect((await curl('-x', 'http://127.0.0.1:8118', `http://${THERE}/`)).stdout).toContain(
    '--proxytunnel',
  );
});

test('50 MB through SOCKS5 in each direction arrive as they were', async () => {
  expect(
    await download(pair.routerHost, '--socks5-hostname', '127.0.0.1:1080', `http://${THERE}/big`),
  ).toBe(bigHash());
  const put = await socks('-T', join(folder, 'big'), `http://[${THERE6}]/`);
  expect(put.stdout).toBe(bigHash());
});

test('50 MB through forwards, out and in', async () => {
  expect(await download(pair.routerHost, 'http://127.0.0.1:8180/big')).toBe(bigHash());
  expect(await download(pair.birdHost, `http://${HERE}:8080/big`)).toBe(bigHash());
  const put = await curlOn(pair.birdHost, '-T', join(folder, 'big'), `http://[${HERE6}]:8080/`);
  expect(put.stdout).toBe(bigHash());
});

test('half-close passes in both directions', async () => {
  const say = (host: Host, ...where: string[]): Promise<Output> =>
    run(...host.inside(process.execPath, join(folder, 'half.mjs'), ...where));
  expect((await say(pair.routerHost, '::1', '8181')).stdout).toBe('heard 100000\n');
  expect((await say(pair.birdHost, HERE, '8083')).stdout).toBe('heard 100000\n');
});

test('refused, unreachable, without route: each with its own reply and status', async () => {
  const refused = `http://${THERE}:4/`;
  expect((await socks(refused)).stderr).toMatch(/\(5\)/);
  expect((await socks('http://172.23.99.1/')).stderr).toMatch(/\(3\)/);
  await pair.birdHost.must('ip', 'route', 'add', 'unreachable', '172.21.129.30/32');
  expect((await socks('http://172.21.129.30/')).stderr).toMatch(/\(4\)/);
  const connect = async (url: string): Promise<string> =>
    (await curl('-v', ...CONNECT, url)).stderr;
  expect(await connect(refused)).toMatch(/502[\s\S]*error=connection_refused/);
  expect(await connect('http://172.21.129.30/')).toMatch(/502[\s\S]*error=destination_unavailable/);
  expect(await connect('http://172.23.99.1/')).toMatch(/502[\s\S]*error=destination_ip_unroutable/);
});

test('silence is a timeout', async () => {
  const [bySocks, byConnect] = await silent;
  expect(bySocks.stderr).toMatch(/\(6\)/);
  expect(byConnect.stderr).toMatch(/504[\s\S]*error=connection_timeout/);
});

test('a forward serves whom it allows, and resets where nobody listens', async () => {
  const visit = (port: number): Promise<Output> => curlOn(pair.birdHost, `http://${HERE}:${port}/`);
  expect((await visit(8080)).stdout).toBe('from 127.0.0.1\n');
  // Not allowed; nobody behind it; no such port. The reset may come before curl has asked, while it does, or after.
  for (const port of [8081, 8082, 8084]) expect([7, 55, 56]).toContain((await visit(port)).code);
});

test('status tells where services listen, and whom they served', async () => {
  const { node } = await eventually(
    'every connection has ended',
    () => pair.router.snapshot(),
    (snapshot) => snapshot.node.services.every(({ connections }) => connections?.now === 0),
  );
  const [first, second] = node.services;
  expect(first).toMatchObject({ kind: 'socks', at: '127.0.0.1:1080', isListening: true });
  expect(first?.connections?.total).toBeGreaterThan(5);
  expect(first?.connections?.refused).toBeGreaterThan(3);
  expect(second).toMatchObject({ kind: 'http-connect', at: '127.0.0.1:8118' });
  const text = await pair.router.cli('status');
  expect(text).toMatch(/forward-in +DN42 port 8080 +127\.0\.0\.1:8000/);
  expect(text + pair.router.daemon.output).not.toContain(SECRET);
});

test('the session did not notice', async () => {
  const { peerings } = await pair.router.snapshot();
  expect(peerings[0]?.sessions[0]?.state).toBe('established');
});
