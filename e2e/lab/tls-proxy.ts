/**
 * TLS before a port of a host, as an operator's proxy has it: it terminates TLS and passes octets on.
 *
 * Its certificate is made here (openssl), for the host's addresses, and signed by itself: only who is told to trusts it.
 *
 * @module
 */
import { join } from 'node:path';
import type { Host, Lab } from './network.ts';
import { Daemon, must } from './process.ts';

export type TlsProxy = {
  readonly daemon: Daemon;
  /** What `NODE_EXTRA_CA_CERTS` names to trust it. */
  readonly certificate: string;
};

/** Starts a proxy on a port of the host towards another port of it. */
export async function startTlsProxy(
  lab: Lab,
  host: Host,
  { port, target }: { readonly port: number; readonly target: number },
): Promise<TlsProxy> {
  const certificate = join(lab.folder, `${host.name}.crt`);
  const key = join(lab.folder, `${host.name}.key`);
  await must('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', key, '-out', certificate, '-days', '2', '-subj', `/CN=${host.name}`],
    ...['-addext', `subjectAltName=IP:${host.ipv4},IP:${host.ipv6}`],
  ]);
  const script = `
    const { readFileSync } = require('node:fs');
    const identity = { cert: readFileSync('${certificate}'), key: readFileSync('${key}') };
    const server = require('node:https').createServer(identity, (asked, answer) => {
      const { method, url: path, headers } = asked;
      const passed = require('node:http').request({ port: ${target}, method, path, headers }, (got) => {
        answer.writeHead(got.statusCode, got.headers);
        got.pipe(answer);
      });
      passed.on('error', () => answer.destroy());
      asked.pipe(passed);
    });
    server.listen(${port}, '::', () => console.log('LISTENING'));`;
  const daemon = new Daemon('TLS proxy', ...host.inside(process.execPath, '-e', script));
  await daemon.printed(/LISTENING/);
  return { daemon, certificate };
}
