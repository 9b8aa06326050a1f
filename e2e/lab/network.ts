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
  /** Runs commands of `ip` inside, by one process. @throws when one fails */
  ip(...commands: string[]): Promise<string>;
  /** Returns the command line that runs inside. */
  inside(command: string, ...args: string[]): [string, string[]];
};

export type Lab = {
  /** Where the hosts' files go; removed with the lab. */
  readonly folder: string;
  host(name: string): Host;
  stop(): Promise<void>;
};

/** A host forwards, has its addresses at once, and takes packets by whatever way they come. */
const SYSCTLS = [
  ...['all', 'default'].flatMap((scope) => [
    `net.ipv6.conf.${scope}.accept_dad=0`,
    `net.ipv6.conf.${scope}.forwarding=1`,
    `net.ipv4.conf.${scope}.rp_filter=0`,
  ]),
  'net.ipv4.ip_forward=1',
];

let labs = 0;

/** Makes a lab. Names begin with the process id, so that suites side by side do not meet. */
export async function startLab(
  names: readonly string[],
  { mtu = 1500 }: { readonly mtu?: number } = {},
): Promise<Lab> {
  const prefix = `r42t${process.pid % 10_000}${labs++}`;
  const folder = mkdtempSync(join(tmpdir(), 'r42-lab-'));
  await must('chmod', ['755', folder]);
  const center = `${prefix}sw`;
  await must('ip', ['netns', 'add', center]);
  await batch(center, ['link add br0 type bridge', 'link set br0 up']);
  const hosts = new Map(
    await Promise.all(
      names.map(
        async (name, i) => [name, await addHost(prefix, center, name, i + 1, mtu)] as const,
      ),
    ),
  );

  return {
    folder,
    host(name) {
      const host = hosts.get(name);
      if (host === undefined) throw new Error(`the lab has no host ${name}`);
      return host;
    },
    async stop() {
      const namespaces = [...[...hosts.values()].map((host) => host.namespace), center];
      await Promise.all(namespaces.map(removeNamespace));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whatever a failed test left running in a namespace this lab made ends with it, each by its id. */
export async function removeNamespace(namespace: string): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'pids', namespace]);
  const pids = stdout.split('\n').filter(Boolean);
  if (pids.length > 0) await run('kill', ['-9', ...pids]);
  await run('ip', ['netns', 'del', namespace]);
}

/** Runs commands of `ip` in a namespace by one process. @throws when one fails */
const batch = (namespace: string, commands: readonly string[]): Promise<string> =>
  must('ip', ['-n', namespace, '-batch', '-'], { input: `${commands.join('\n')}\n` });

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
  const host = hostIn({ name, namespace, ipv4, ipv6 });
  await must('ip', ['netns', 'add', namespace]);
  await host.must('sysctl', '-qw', ...SYSCTLS);
  await batch(center, [
    `link add p${number} mtu ${mtu} type veth peer name eth0 mtu ${mtu} netns ${namespace}`,
    `link set p${number} master br0 up`,
  ]);
  await host.ip(
    'link set lo up',
    'link set eth0 up',
    `addr add ${ipv4}/24 dev eth0`,
    `addr add ${ipv6}/64 dev eth0 nodad`,
  );
  return host;
}

/** Returns the host that a namespace is. */
export function hostIn(place: Pick<Host, 'name' | 'namespace' | 'ipv4' | 'ipv6'>): Host {
  const { namespace } = place;
  const inside = (command: string, ...args: string[]): [string, string[]] => [
    'ip',
    ['netns', 'exec', namespace, command, ...args],
  ];
  return {
    ...place,
    inside,
    must: (command, ...args) => must(...inside(command, ...args)),
    ip: (...commands) => batch(namespace, commands),
  };
}
