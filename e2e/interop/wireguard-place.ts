/**
 * Our node between real wireguard-go ends, without BGP: static routes between what is behind them.
 *
 *   alder wg 10.77.1.2 ══ router 10.77.0.1 ══ birch wg 10.77.2.2, and more of them
 *
 * @module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeWireguardKeys, startWireguard, type WireguardKeys } from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { Daemon, eventually, run } from '../lab/process.ts';
import { buildPrograms, programWords } from '../lab/programs.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { type Shaper, startShaper } from '../lab/shaper.ts';
import type { ShaperOptions } from '../lab/udp-shaper.ts';

export const ROUTER_PORT = 51820;
export const ROUTER_INNER = '10.77.0.1';
const KEEPALIVE_SECONDS = 25;
const TRANSFER_PORT = 7070;
const SHAPER_PORT = 7000;

/** An end; `knows`: whose configuration has the other's endpoint. */
export type EndOptions = {
  readonly name: string;
  readonly knows?: 'both' | 'we' | 'they';
  readonly family?: 4 | 6;
  readonly mtu?: number;
  /** Of our file, and of theirs when that is another one. */
  readonly presharedKey?: string;
  readonly theirPresharedKey?: string;
  /** Where we find them when that is not their own address. */
  readonly endpoint?: (lab: Lab) => string;
};

export type PlaceOptions = {
  readonly ends: readonly EndOptions[];
  /** Hosts beside the router and the ends. */
  readonly hosts?: readonly string[];
  /** Of the underlay. */
  readonly mtu?: number;
};

export type WireguardPlace = {
  readonly lab: Lab;
  readonly routerHost: Host;
  readonly routerKeys: WireguardKeys;
  router: OurRouter;
  end(name: string): End;
  startRouter(): Promise<void>;
  stop(): Promise<void>;
};

let places = 0;

/** Starts the ends, then our router: whoever knows the other may begin. */
export async function startWireguardPlace(options: PlaceOptions): Promise<WireguardPlace> {
  const names = ['router', ...options.ends.map(({ name }) => name), ...(options.hosts ?? [])];
  const lab = await startLab(names, options.mtu === undefined ? {} : { mtu: options.mtu });
  const routerHost = lab.host('router');
  const routerKeys = await makeWireguardKeys();
  const place = places++;
  const ends = new Map<string, End>();
  try {
    for (const [i, one] of options.ends.entries()) {
      const device = `wgi${i}${place}x${process.pid % 100_000}`;
      const end = new End(lab, one, i + 1, device, routerKeys.publicKey, await makeWireguardKeys());
      await end.start();
      ends.set(one.name, end);
    }
    const config = configOf(lab, routerKeys, [...ends.values()]);
    const started: WireguardPlace = {
      lab,
      routerHost,
      routerKeys,
      router: await startOurRouter(lab, routerHost, config),
      end(name) {
        const end = ends.get(name);
        if (end === undefined) throw new Error(`there is no end ${name}`);
        return end;
      },
      async startRouter() {
        started.router = await startOurRouter(lab, routerHost, config);
      },
      async stop() {
        await started.router.daemon.stop();
        for (const end of ends.values()) await end.daemon?.stop();
        await lab.stop();
      },
    };
    return started;
  } catch (error) {
    await lab.stop();
    throw error;
  }
}

export class End {
  readonly host: Host;
  readonly device: string;
  readonly number: number;
  readonly keys: WireguardKeys;
  readonly options: EndOptions;
  daemon: Daemon | undefined;
  private readonly lab: Lab;
  private readonly routerPublicKey: string;

  constructor(
    lab: Lab,
    options: EndOptions,
    number: number,
    device: string,
    routerPublicKey: string,
    keys: WireguardKeys,
  ) {
    this.lab = lab;
    this.options = options;
    this.number = number;
    this.device = device;
    this.routerPublicKey = routerPublicKey;
    this.keys = keys;
    this.host = lab.host(options.name);
  }

  get inner(): string {
    return `10.77.${this.number}.2`;
  }
  get inner6(): string {
    return `fd77:${this.number}::2`;
  }
  get port(): number {
    return 26000 + this.number;
  }
  /** Where we are told to find it, or undefined. */
  get endpoint(): string | undefined {
    if (this.options.knows === 'they') return undefined;
    if (this.options.endpoint !== undefined) return this.options.endpoint(this.lab);
    const { ipv4, ipv6 } = this.host;
    return this.options.family === 6 ? `[${ipv6}]:${this.port}` : `${ipv4}:${this.port}`;
  }

  /** Starts wireguard-go, again after it was stopped. */
  async start(): Promise<void> {
    const { family, knows, mtu = 1420, presharedKey, theirPresharedKey } = this.options;
    const router = this.lab.host('router');
    const address = family === 6 ? `[${router.ipv6}]` : router.ipv4;
    const endpoint = `${address}:${ROUTER_PORT}`;
    const psk = theirPresharedKey ?? presharedKey;
    this.daemon = await startWireguard(this.lab, this.host, {
      device: this.device,
      privateKey: this.keys.privateKey,
      listenPort: this.port,
      peer: {
        publicKey: this.routerPublicKey,
        ...(knows !== 'we' && { endpoint }),
        ...(psk !== undefined && { presharedKey: psk }),
      },
      addresses: [`${this.inner}/32`, `${this.inner6}/128`],
      mtu,
    });
    await this.host.must('ip', 'route', 'add', '10.77.0.0/16', 'dev', this.device);
    await this.host.must('ip', '-6', 'route', 'add', 'fd77::/16', 'dev', this.device);
  }

  /** Seconds since 1970 of the last handshake, 0 before the first. */
  async lastHandshake(): Promise<number> {
    const text = await this.host.must('wg', 'show', this.device, 'latest-handshakes');
    return Number(text.trim().split('\t')[1]);
  }

  hasHandshake(timeoutMs = 10_000): Promise<number> {
    return eventually(
      `${this.options.name} has a handshake`,
      () => this.lastHandshake(),
      (at) => at > 0,
      timeoutMs,
    );
  }

  /** Where it finds us. */
  async endpointOfUs(): Promise<string> {
    const text = await this.host.must('wg', 'show', this.device, 'endpoints');
    return text.trim().split('\t')[1] ?? '';
  }

  /** Waits until packets come back from this address. */
  reaches(address: string, timeoutMs = 20_000): Promise<unknown> {
    return eventually(
      `${this.options.name} reaches ${address}`,
      () => run(...this.host.inside('ping', '-c', '1', '-W', '1', address)),
      (answer) => answer.code === 0,
      timeoutMs,
    );
  }

  /** Whether a packet of exactly this size passes that nobody may fragment; one may be lost. */
  async passes(address: string, innerBytes: number): Promise<boolean> {
    const payload = String(innerBytes - 28);
    const line = ['-c', '1', '-W', '2', '-M', 'do', '-s', payload, address];
    const ask = async (): Promise<boolean> =>
      (await run(...this.host.inside('ping', ...line))).code === 0;
    return (await ask()) || (await ask());
  }

  /** Sends octets by TCP to another end; returns how many arrived. */
  async transfers(to: End, bytes: number, timeoutMs: number): Promise<number> {
    await buildPrograms('transfer');
    const port = String(TRANSFER_PORT);
    const receiver = new Daemon(
      'receiver',
      ...to.host.inside(...programWords('transfer', 'receive', port)),
    );
    try {
      await receiver.printed(/LISTENING/);
      const words = programWords('transfer', 'send', to.inner, port, String(bytes));
      const sender = run(...this.host.inside(...words), { timeoutMs });
      const [, count = '0'] = await receiver.printed(/RECEIVED (\d+)/, timeoutMs);
      const { code, stderr } = await sender;
      if (code !== 0) throw new Error(`the sender ended with ${code}: ${stderr}`);
      return Number(count);
    } finally {
      await receiver.stop('SIGKILL');
    }
  }

  /** Sends an echo request each tenth of a second until it is stopped. */
  probe(address: string): Probe {
    return new Probe(
      'ping',
      ...this.host.inside('ping', '-D', '-O', '-i', '0.1', '-W', '1', address),
    );
  }
}

/** A flow of echoes that knows how long none came back. */
export class Probe extends Daemon {
  /** Instants of the answers, in seconds since 1970. */
  get answers(): number[] {
    return [...this.output.matchAll(/^\[([\d.]+)\] \d+ bytes from/gm)].map(([, at]) => Number(at));
  }

  /** The longest time without an answer since `from`, the time since the last one included. */
  longestGap(from: number): number {
    const answers = this.answers.filter((at) => at >= from);
    const [first = from] = answers;
    let longest = first - from;
    for (const [i, at] of answers.entries())
      longest = Math.max(longest, at - (answers[i - 1] ?? at));
    return longest;
  }

  /** Waits for an answer that came after this instant; returns its instant. */
  answeredAfter(from: number, timeoutMs: number): Promise<number> {
    return eventually(
      'an answer',
      async () => this.answers.find((at) => at > from) ?? 0,
      (at) => at > 0,
      timeoutMs,
      50,
    );
  }
}

/** Where we find an end that a shaper on this host stands before. */
export const behind =
  (host: string) =>
  (lab: Lab): string =>
    `${lab.host(host).ipv4}:${SHAPER_PORT}`;

/** Starts the shaper that an end is found `behind`. */
export function startShaperBefore(
  place: WireguardPlace,
  host: string,
  name: string,
  options: Omit<ShaperOptions, 'relays'>,
): Promise<Shaper> {
  const [stands, end] = [place.lab.host(host), place.end(name)];
  const listen = { address: stands.ipv4, port: SHAPER_PORT };
  const target = { address: end.host.ipv4, port: end.port };
  return startShaper(stands, { ...options, relays: [{ listen, target }] });
}

export const nowSeconds = (): number => Date.now() / 1000;
export const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function configOf(lab: Lab, keys: WireguardKeys, ends: readonly End[]): unknown {
  const privateKeyFile = join(lab.folder, 'router-key', 'wg.key');
  mkdirSync(join(privateKeyFile, '..'));
  // The router runs as nobody; the folder goes with the lab.
  writeFileSync(privateKeyFile, `${keys.privateKey}\n`, { mode: 0o644 });
  return {
    node: {
      name: 'tokyo',
      asn: 4242426000,
      addresses: [ROUTER_INNER, 'fd77::1'],
      listen: { port: ROUTER_PORT, host: '::' },
      privateKeyFile,
      privateEndpoints: true,
    },
    peerings: ends.map(({ options, number, keys: { publicKey }, endpoint }) => ({
      name: options.name,
      asn: 4242426000 + number,
      publicKey,
      ...(endpoint !== undefined && { endpoint }),
      ...(options.presharedKey !== undefined && { presharedKey: options.presharedKey }),
      // Without a reason to send nobody begins; they do not know where we are.
      ...(options.knows === 'we' && { keepalive: KEEPALIVE_SECONDS }),
      sessions: 'none',
      mtu: options.mtu ?? 1420,
    })),
    routes: ends.flatMap(({ options, number }) => [
      { prefix: `10.77.${number}.0/24`, via: options.name },
      { prefix: `fd77:${number}::/64`, via: options.name },
    ]),
  };
}
