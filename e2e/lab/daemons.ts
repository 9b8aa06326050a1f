/**
 * Real peers: wireguard-go, BIRD 2 and FRR, one of each per host.
 *
 * Facts of Debian 12's packages: sockets of wireguard-go meet in /var/run/wireguard, so device names
 * differ across hosts; FRR refuses root and wants its files owned by frr.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAnswered } from '../../router-core/host/carriers/unix-socket.ts';
import type { Host, Lab } from './network.ts';
import { Daemon, eventually, must, run } from './process.ts';

const WIREGUARD_SOCKETS = '/var/run/wireguard';

export type WireguardKeys = { readonly privateKey: string; readonly publicKey: string };

export async function makeWireguardKeys(): Promise<WireguardKeys> {
  const privateKey = (await must('wg', ['genkey'])).trim();
  return {
    privateKey,
    publicKey: (await must('wg', ['pubkey'], { input: `${privateKey}\n` })).trim(),
  };
}

export type WireguardPeer = {
  readonly publicKey: string;
  readonly presharedKey?: string;
  readonly endpoint?: string;
  readonly keepalive?: number;
  /** Absent: everything. */
  readonly allowedIps?: string;
};
type DeviceOptions = {
  readonly device: string;
  readonly privateKey: string;
  readonly listenPort?: number;
  /** Addresses with length, e.g. `fe80::6001/64`; a peer address may follow: `10.0.0.1/32 peer 10.0.0.2/32`. */
  readonly addresses: readonly string[];
  /** Absent: 1420. */
  readonly mtu?: number;
};
export type WireguardOptions = DeviceOptions & { readonly peer: WireguardPeer };

/** Starts wireguard-go with one peer. */
export const startWireguard = (lab: Lab, host: Host, options: WireguardOptions): Promise<Daemon> =>
  startWireguardDevice(lab, host, { ...options, peers: [options.peer] });

/** Starts wireguard-go in a host and configures it with the real `wg`. */
export async function startWireguardDevice(
  lab: Lab,
  host: Host,
  options: DeviceOptions & { readonly peers: readonly WireguardPeer[] },
): Promise<Daemon> {
  const { device } = options;
  const daemon = new Daemon(`wireguard-go ${device}`, ...host.inside('wireguard-go', '-f', device));
  // Not asked by `wg show`: it removes a socket that is bound and does not listen yet, and the wireguard-go that
  // makes it gives up.
  await answers(
    daemon,
    () => isAnswered(join(WIREGUARD_SOCKETS, `${device}.sock`)),
    (isListening) => isListening,
  );
  const file = join(lab.folder, `${device}.conf`);
  const lines = ['[Interface]', `PrivateKey = ${options.privateKey}`];
  if (options.listenPort !== undefined) lines.push(`ListenPort = ${options.listenPort}`);
  for (const peer of options.peers) {
    lines.push('[Peer]', `PublicKey = ${peer.publicKey}`);
    lines.push(`AllowedIPs = ${peer.allowedIps ?? '0.0.0.0/0, ::/0'}`);
    if (peer.presharedKey !== undefined) lines.push(`PresharedKey = ${peer.presharedKey}`);
    if (peer.endpoint !== undefined) lines.push(`Endpoint = ${peer.endpoint}`);
    if (peer.keepalive !== undefined) lines.push(`PersistentKeepalive = ${peer.keepalive}`);
  }
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  await host.must('wg', 'setconf', device, file);
  await host.ip(
    `link set ${device} mtu ${options.mtu ?? 1420} up`,
    ...options.addresses.map(
      (address) => `addr add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`,
    ),
  );
  return daemon;
}

/** Waits until a daemon is there. @throws with what it printed, and at once when it ended */
async function answers<T>(
  daemon: Daemon,
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
): Promise<void> {
  const isThere = await eventually(
    `${daemon.name} answers`,
    async () => isRight(await ask()),
    (isThere) => isThere || !daemon.isRunning,
    20_000,
    50,
  ).catch(() => false);
  if (!isThere) throw new Error(`${daemon.name} does not answer; it printed:\n${daemon.output}`);
}

export class Bird {
  private readonly host: Host;
  private readonly daemon: Daemon;
  private readonly socket: string;

  constructor(host: Host, daemon: Daemon, socket: string) {
    this.host = host;
    this.daemon = daemon;
    this.socket = socket;
  }

  /** Asks birdc. */
  async ask(...command: string[]): Promise<string> {
    return (await run(...this.host.inside('birdc', '-s', this.socket, ...command))).stdout;
  }

  established(protocol: string, timeoutMs = 30_000): Promise<string> {
    return eventually(
      `BIRD's ${protocol} is Established`,
      () => this.ask('show', 'protocols', protocol),
      (text) => /Established/.test(text),
      timeoutMs,
    );
  }

  hasRoute(prefix: string, timeoutMs = 20_000): Promise<string> {
    return eventually(
      `BIRD has ${prefix}`,
      () => this.ask('show', 'route', prefix, 'all'),
      (text) => text.includes('unicast') || text.includes('via'),
      timeoutMs,
    );
  }

  /** Its route from one protocol, with attributes. */
  hasRouteOf(protocol: string, prefix: string): Promise<string> {
    return eventually(
      `BIRD has ${prefix} by ${protocol}`,
      () => this.ask('show', 'route', 'protocol', protocol, 'all', 'for', prefix),
      (text) => text.includes('BGP.as_path') && text.includes('BGP.next_hop'),
    );
  }

  hasNoRoute(prefix: string, timeoutMs = 20_000): Promise<string> {
    return eventually(
      `BIRD has no ${prefix}`,
      () => this.ask('show', 'route', prefix),
      (text) => /not found/i.test(text),
      timeoutMs,
    );
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    return this.daemon.stop(signal);
  }

  /** Holds it, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.daemon.pid, signal);
  }

  get output(): string {
    return this.daemon.output;
  }
}

/** Starts BIRD 2 with this configuration; `-R` recovers from a restart (RFC 4724 §4.1). */
export async function startBird(
  lab: Lab,
  host: Host,
  config: string,
  options: readonly string[] = [],
): Promise<Bird> {
  const folder = join(lab.folder, `bird-${host.name}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'bird.conf');
  const socket = join(folder, 'bird.ctl');
  writeFileSync(file, config);
  const daemon = new Daemon(
    `bird ${host.name}`,
    ...host.inside(
      ...(['bird', '-f', '-c', file, '-s', socket, '-P', join(folder, 'bird.pid')] as const),
      ...options,
    ),
  );
  const bird = new Bird(host, daemon, socket);
  await answers(
    daemon,
    () => bird.ask('show', 'status'),
    (text) => text.includes('BIRD'),
  );
  return bird;
}

export class Frr {
  private readonly host: Host;
  private readonly daemons: readonly Daemon[];
  private readonly folder: string;

  constructor(host: Host, daemons: readonly Daemon[], folder: string) {
    this.host = host;
    this.daemons = daemons;
    this.folder = folder;
  }

  /** Asks vtysh; several commands run in order. */
  async ask(...commands: string[]): Promise<string> {
    const { stdout, stderr } = await run(
      ...this.host.inside(
        'vtysh',
        '--vty_socket',
        this.folder,
        ...commands.flatMap((command) => ['-c', command]),
      ),
    );
    return stdout + stderr;
  }

  established(neighbor: string, timeoutMs = 30_000): Promise<string> {
    return eventually(
      `FRR's ${neighbor} is Established`,
      () => this.ask(`show bgp neighbors ${neighbor}`),
      (text) => text.includes('BGP state = Established'),
      timeoutMs,
    );
  }

  hasRoute(family: 'ipv4' | 'ipv6', prefix: string, timeoutMs = 20_000): Promise<string> {
    return eventually(
      `FRR has ${prefix}`,
      () => this.ask(`show bgp ${family} unicast ${prefix}`),
      (text) => /best/.test(text),
      timeoutMs,
    );
  }

  hasNoRoute(family: 'ipv4' | 'ipv6', prefix: string, timeoutMs = 20_000): Promise<string> {
    return eventually(
      `FRR has no ${prefix}`,
      () => this.ask(`show bgp ${family} unicast ${prefix}`),
      (text) => /not in table/.test(text),
      timeoutMs,
    );
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    for (const daemon of this.daemons) await daemon.stop(signal);
  }
}

/** Starts zebra and bgpd with this configuration. @throws Error when it has a line that this FRR does not know */
export async function startFrr(lab: Lab, host: Host, config: string): Promise<Frr> {
  const folder = join(lab.folder, `frr-${host.name}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'bgpd.conf');
  writeFileSync(file, config);
  // Started with such a line it leaves it out, and says so nowhere.
  const read = await run('/usr/lib/frr/bgpd', ['-C', '-f', file]);
  const unknown = /No such command.*/.exec(read.stdout + read.stderr);
  if (unknown !== null) throw new Error(`FRR, of bgpd.conf: ${unknown[0]}`);
  writeFileSync(join(folder, 'zebra.conf'), '');
  writeFileSync(join(folder, 'vtysh.conf'), '');
  await must('chown', ['-R', 'frr:frr', folder]);
  await must('chmod', ['755', folder]);
  const common = [
    '-u',
    'frr',
    '-g',
    'frr',
    '--vty_socket',
    folder,
    '-z',
    join(folder, 'zserv.api'),
  ];
  const zebra = new Daemon(
    'zebra',
    ...host.inside(
      '/usr/lib/frr/zebra',
      ...common,
      '-f',
      join(folder, 'zebra.conf'),
      '-i',
      join(folder, 'zebra.pid'),
    ),
  );
  await answers(
    zebra,
    () => run(...host.inside('vtysh', '--vty_socket', folder, '-d', 'zebra', '-c', 'show version')),
    (answer) => answer.code === 0,
  );
  const bgpd = new Daemon(
    'bgpd',
    ...host.inside('/usr/lib/frr/bgpd', ...common, '-f', file, '-i', join(folder, 'bgpd.pid')),
  );
  const frr = new Frr(host, [bgpd, zebra], folder);
  await answers(
    bgpd,
    () => frr.ask('show bgp summary json'),
    (text) => text.includes('{') || text.includes('No BGP'),
  );
  return frr;
}

export class Gobgp {
  private readonly host: Host;
  private readonly daemon: Daemon;

  constructor(host: Host, daemon: Daemon) {
    this.host = host;
    this.daemon = daemon;
  }

  /** Asks gobgp. */
  async ask(...command: string[]): Promise<string> {
    const { stdout, stderr } = await run(...this.host.inside('gobgp', ...command));
    return stdout + stderr;
  }

  established(neighbor: string, timeoutMs = 30_000): Promise<string> {
    return eventually(
      `GoBGP's ${neighbor} is Established`,
      () => this.ask('neighbor', neighbor),
      (text) => /BGP state = ESTABLISHED/i.test(text),
      timeoutMs,
    );
  }

  stop(): Promise<number | null> {
    return this.daemon.stop();
  }
}

/** Starts GoBGP with this configuration. */
export async function startGobgp(lab: Lab, host: Host, config: object): Promise<Gobgp> {
  const file = join(lab.folder, `gobgp-${host.name}.json`);
  writeFileSync(file, JSON.stringify(config));
  const daemon = new Daemon(
    `gobgpd ${host.name}`,
    ...host.inside('gobgpd', '-t', 'json', '-f', file, '--pprof-disable'),
  );
  const gobgp = new Gobgp(host, daemon);
  await answers(
    daemon,
    () => run(...host.inside('gobgp', 'neighbor')),
    (answer) => answer.code === 0,
  );
  return gobgp;
}
