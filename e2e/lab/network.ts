/**
 * Hosts of the lab: network namespaces joined by one switch, made and removed by the suite.
 *
 *   [switch: bridge br0] ═veth═ router 10.42.0.1, fd99::1
 *                        ═veth═ bird   10.42.0.2, fd99::2   …
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, run } from './process.ts';

/** One host: a namespace with an address on the switch. */
export type Host = {
  readonly name: string;
  readonly namespace: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** Runs a command inside. @throws when it fails */
  must(command: string, ...args: string[]): Promise<string>;
  /** Returns the command line that runs inside. */
  inside(command: string, ...args: string[]): [string, string[]];
};

export type Lab = {
  /** Where the hosts' files go; removed with the lab. */
  readonly folder: string;
  host(name: string): Host;
  stop(): Promise<void>;
};

let labs = 0;

/** Makes a lab. Names begin with the process id, so that suites side by side do not meet. */
export async function startLab(
  names: readonly string[],
  { mtu = 1500 }: { readonly mtu?: number } = {},
): Promise<Lab> {
  const prefix = `r42t${process.pid % 10_000}${labs++}`;
  const folder = mkdtempSync(join(tmpdir(), 'r42-lab-'));
  await must('chmod', ['755', folder]);
  const hosts = new Map<string, Host>();
  const center = `${prefix}sw`;
  await must('ip', ['netns', 'add', center]);
  await must('ip', ['-n', center, 'link', 'add', 'br0', 'type', 'bridge']);
  await must('ip', ['-n', center, 'link', 'set', 'br0', 'up']);
  for (const [i, name] of names.entries())
    hosts.set(name, await addHost(prefix, center, name, i + 1, mtu));

  return {
    folder,
    host(name) {
      const host = hosts.get(name);
      if (host === undefined) throw new Error(`the lab has no host ${name}`);
      return host;
    },
    async stop() {
      for (const namespace of [...[...hosts.values()].map((host) => host.namespace), center]) {
        // Whatever a failed test left running in a namespace this lab made ends with it.
        const { stdout } = await run('ip', ['netns', 'pids', namespace]);
        for (const pid of stdout.split('\n').filter(Boolean)) await run('kill', ['-9', pid]);
        await run('ip', ['netns', 'del', namespace]);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function addHost(
  prefix: string,
  center: string,
  name: string,
  number: number,
  mtu: number,
): Promise<Host> {
  const namespace = `${prefix}${name}`;
  const ipv4 = `10.42.0.${number}`;
  const ipv6 = `fd99::${number}`;
  const ip = (...args: string[]): Promise<string> => must('ip', ['-n', namespace, ...args]);
  const inside = (command: string, ...args: string[]): [string, string[]] => [
    'ip',
    ['netns', 'exec', namespace, command, ...args],
  ];
  await must('ip', ['netns', 'add', namespace]);
  const sysctl = (key: string, value: string): Promise<string> =>
    must(...inside('sysctl', '-qw', `${key}=${value}`));
  for (const scope of ['all', 'default']) {
    await sysctl(`net.ipv6.conf.${scope}.accept_dad`, '0');
    await sysctl(`net.ipv6.conf.${scope}.forwarding`, '1');
    await sysctl(`net.ipv4.conf.${scope}.rp_filter`, '0');
  }
  await sysctl('net.ipv4.ip_forward', '1');
  await must('ip', [
    '-n',
    center,
    'link',
    'add',
    `p${number}`,
    'mtu',
    String(mtu),
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'mtu',
    String(mtu),
    'netns',
    namespace,
  ]);
  await must('ip', ['-n', center, 'link', 'set', `p${number}`, 'master', 'br0', 'up']);
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'set', 'eth0', 'up');
  await ip('addr', 'add', `${ipv4}/24`, 'dev', 'eth0');
  await ip('addr', 'add', `${ipv6}/64`, 'dev', 'eth0', 'nodad');
  return {
    name,
    namespace,
    ipv4,
    ipv6,
    inside,
    must: (command, ...args) => must(...inside(command, ...args)),
  };
}
