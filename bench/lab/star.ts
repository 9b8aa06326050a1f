/**
 * The machines of a benchmark: one namespace in the middle, one veth pair to each around it.
 *
 *   client 10.201.1.2 ══ 10.201.1.1 router 10.201.2.1 ══ 10.201.2.2 server
 *
 * No switch stands between them as in e2e/lab: its work would be billed to whoever sends.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, hostIn, type Lab, removeNamespace } from '../../e2e/lab/network.ts';
import { must, run } from '../../e2e/lab/process.ts';

/** Queues of sockets that ask for none, so that a burst is not lost before its reader wakes up. */
const SOCKET_BUFFER_BYTES = 1024 * 1024;

export type Star = Lab & {
  /** The middle's address towards one around it. */
  centerAddress(edge: string): string;
  /** What the middle has sent towards one around it. */
  sentTo(edge: string): Promise<Sent>;
};
/** `bytes` count Ethernet headers; a segmented super-packet counts once in `packets`. */
export type Sent = { readonly packets: number; readonly bytes: number };

/** Device names differ across namespaces: the sockets of wireguard-go meet in one folder. */
export const deviceName = (place: string, end: string): string =>
  `r42${place}${end[0]}${process.pid % 100_000}`;

const running = new Set<Star>();
let stars = 0;

/** Makes the namespaces. Their names begin with the process id, so that two benchmarks do not meet. */
export async function startStar(center: string, edges: readonly string[]): Promise<Star> {
  const prefix = `r42p${process.pid % 10_000}${stars++}`;
  const folder = mkdtempSync(join(tmpdir(), 'r42-bench-'));
  await must('chmod', ['755', folder]);
  const hosts = new Map<string, Host>();
  const namespaceOf = (name: string): string => `${prefix}${name}`;
  const numberOf = (edge: string): number => edges.indexOf(edge) + 1;

  const star: Star = {
    folder,
    host(name) {
      const host = hosts.get(name);
      if (host === undefined) throw new Error(`there is no host ${name}`);
      return host;
    },
    centerAddress: (edge) => `10.201.${numberOf(edge)}.1`,
    async sentTo(edge) {
      const device = `eth${numberOf(edge)}`;
      const text = await must('ip', [
        '-n',
        namespaceOf(center),
        '-s',
        '-j',
        'link',
        'show',
        device,
      ]);
      const [link] = JSON.parse(text) as [{ stats64: { tx: Sent } }];
      const { packets, bytes } = link.stats64.tx;
      return { packets, bytes };
    },
    async stop() {
      running.delete(star);
      for (const { namespace } of hosts.values()) await removeNamespace(namespace);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  running.add(star);
  try {
    hosts.set(
      center,
      await addNamespace(center, namespaceOf(center), star.centerAddress(edges[0] ?? '')),
    );
    for (const edge of edges) {
      const n = numberOf(edge);
      hosts.set(edge, await addNamespace(edge, namespaceOf(edge), `10.201.${n}.2`));
      await connect(
        namespaceOf(center),
        `eth${n}`,
        `10.201.${n}.1`,
        namespaceOf(edge),
        `10.201.${n}.2`,
      );
    }
  } catch (error) {
    await star.stop();
    throw error;
  }
  return star;
}

/** Removes whatever still stands, when a person interrupts. */
export async function stopAllStars(): Promise<void> {
  for (const star of [...running]) await star.stop();
}

/** Returns the same host with everything started on these processors only. */
export function pinned(host: Host, processors: string): Host {
  return {
    ...host,
    inside: (command, ...args) => host.inside('taskset', '-c', processors, command, ...args),
  };
}

async function addNamespace(name: string, namespace: string, ipv4: string): Promise<Host> {
  const host = hostIn({ name, namespace, ipv4, ipv6: '' });
  await must('ip', ['netns', 'add', namespace]);
  await must('ip', ['-n', namespace, 'link', 'set', 'lo', 'up']);
  for (const key of ['net.core.rmem_default', 'net.core.wmem_default']) {
    // Not every kernel lets a namespace have its own; then all routers live with the system's.
    await run(...host.inside('sysctl', '-qw', `${key}=${SOCKET_BUFFER_BYTES}`));
  }
  for (const scope of ['all', 'default'])
    await must(...host.inside('sysctl', '-qw', `net.ipv6.conf.${scope}.accept_dad=0`));
  return host;
}

async function connect(
  namespace: string,
  device: string,
  address: string,
  otherNamespace: string,
  otherAddress: string,
): Promise<void> {
  const peer = ['peer', 'name', 'eth0', 'netns', otherNamespace];
  await must('ip', ['-n', namespace, 'link', 'add', device, 'type', 'veth', ...peer]);
  for (const [ns, dev, ip] of [
    [namespace, device, address],
    [otherNamespace, 'eth0', otherAddress],
  ] as const) {
    await must('ip', ['-n', ns, 'addr', 'add', `${ip}/24`, 'dev', dev]);
    await must('ip', ['-n', ns, 'link', 'set', dev, 'up']);
  }
}
