/**
 * Portal and router in a host: the product as `npm start` runs it, as nobody.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Host, Lab } from './network.ts';
import { Daemon, must, run } from './process.ts';
import { asNobody } from './router.ts';

export const OPERATOR_TOKEN = 'interop-operator-token-0123456789';
export const PORTAL_PORT = 4242;

export class Portal {
  readonly daemon: Daemon;
  readonly folder: string;
  private readonly host: Host;

  constructor(host: Host, daemon: Daemon, folder: string) {
    this.host = host;
    this.daemon = daemon;
    this.folder = folder;
  }

  get url(): string {
    return `http://localhost:${PORTAL_PORT}`;
  }

  /** A request from inside the host; with the operator token unless `token` says otherwise. */
  async request(
    method: string,
    path: string,
    body?: unknown,
    token: string | null = OPERATOR_TOKEN,
  ): Promise<{ status: number; body: string }> {
    const headers = [
      ...(token === null ? [] : ['-H', `Authorization: Bearer ${token}`]),
      ...(body === undefined
        ? []
        : ['-H', 'Content-Type: application/json', '--data-binary', '@-']),
    ];
    const { stdout } = await run(
      ...this.host.inside(
        'curl',
        '-sS',
        '-m',
        '20',
        '-X',
        method,
        '-w',
        '\n%{http_code}',
        ...headers,
        `${this.url}${path}`,
      ),
      {
        input: body === undefined ? '' : JSON.stringify(body),
      },
    );
    const at = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
  }

  /** A request that must succeed; returns the JSON. */
  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.request(method, path, body);
    if (answer.status < 200 || answer.status > 299)
      throw new Error(`${method} ${path} → ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body) as T;
  }
}

/** Starts the portal in a host with this configuration file. */
export async function startPortal(lab: Lab, host: Host, config: unknown): Promise<Portal> {
  const folder = join(lab.folder, 'portal-data');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'node.yaml');
  writeFileSync(file, stringify(config));
  await must('chown', ['-R', 'nobody:nogroup', folder]);
  const env = {
    ...process.env,
    HOME: folder,
    PORT: String(PORTAL_PORT),
    ROOTLESS42_DATA: folder,
    ROOTLESS42_CONFIG: file,
    ROOTLESS42_OPERATOR_TOKEN: OPERATOR_TOKEN,
  };
  const daemon = new Daemon('portal', ...(await asNobody(lab, host, 'bin/start.mjs')), env);
  await daemon.printed(/rootless42: http/, 60_000);
  return new Portal(host, daemon, folder);
}
