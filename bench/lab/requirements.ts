/**
 * What this machine lacks, in words that say what to install.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Debian packages by program. */
const PACKAGES = {
  'wireguard-go': 'wireguard-go',
  wg: 'wireguard-tools',
  ip: 'iproute2',
  sysctl: 'procps',
  ping: 'iputils-ping',
  taskset: 'util-linux',
  setpriv: 'util-linux',
  bird: 'bird2',
  gobgpd: 'gobgpd',
  iperf3: 'iperf3',
} as const;
export type RequiredProgram = keyof typeof PACKAGES;

const COMMON: readonly RequiredProgram[] = [
  'wireguard-go',
  'wg',
  'ip',
  'sysctl',
  'taskset',
  'setpriv',
];
const NEEDS = { forwarding: [...COMMON, 'ping'], bgp: [...COMMON, 'bird'] } as const;

/** Returns whether a program is in the path. */
export const hasProgram = (program: RequiredProgram): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Returns a sentence for each thing that a benchmark misses here. */
export function missingFor(benchmark: keyof typeof NEEDS): string[] {
  const sentences: string[] = [];
  if (process.platform !== 'linux') sentences.push('This benchmark needs Linux.');
  if (process.getuid?.() !== 0)
    sentences.push('This benchmark makes network namespaces: run it as root.');
  if (!existsSync('/dev/net/tun'))
    sentences.push('/dev/net/tun is missing: the WireGuard endpoints need it (modprobe tun).');
  const packages = new Set(
    NEEDS[benchmark].filter((program) => !hasProgram(program)).map((program) => PACKAGES[program]),
  );
  if (packages.size > 0)
    sentences.push(`Programs are missing: apt-get install ${[...packages].join(' ')}`);
  return sentences;
}
