/**
 * Neighbors for journeys: `rootless42 node` on this machine, each with a real tunnel and a real session.
 *
 * Standard: RFC 7748 §6.1 (the keys). Traffic stays on loopback.
 *
 * @module
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../router-core/host/testing/free-port.ts';
import { Daemon } from '../lab/process.ts';
import { nodeOf, type Portal } from './portal.ts';

const PROGRAM = resolve(import.meta.dirname, '../../bin/rootless42.mjs');

/** What the portal's file says of a neighbor, and the key of the neighbor's own. */
export type NeighborKeys = { readonly publicKey: string; readonly privateKey: string };

export function newNeighborKeys(): NeighborKeys {
  const { d = '', x = '' } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  const base64 = (text: string): string => Buffer.from(text, 'base64url').toString('base64');
  return { publicKey: base64(x), privateKey: base64(d) };
}

type NeighborOptions = {
  readonly name: string;
  readonly asn: number;
  readonly address: string;
  readonly linkLocal: string;
  readonly keys: NeighborKeys;
  /** The portal's public key. */
  readonly publicKey: string;
  /** Further keys of the peering in the neighbor's file. */
  readonly peering?: Readonly<Record<string, unknown>>;
};

export class Neighbor {
  private readonly options: NeighborOptions;
  private readonly portal: Portal;
  private readonly folder: string;
  private readonly underlayPort: number;
  private readonly daemon: Daemon;

  private constructor(
    options: NeighborOptions,
    portal: Portal,
    underlayPort: number,
    announce: readonly string[],
  ) {
    this.options = options;
    this.portal = portal;
    this.underlayPort = underlayPort;
    this.folder = mkdtempSync(join(tmpdir(), 'r42-neighbor-'));
    writeFileSync(join(this.folder, 'wg.key'), `${options.keys.privateKey}\n`, { mode: 0o600 });
    this.write(announce);
    this.daemon = new Daemon(options.name, process.execPath, [
      PROGRAM,
      'node',
      '--config',
      this.file,
      '--data',
      this.folder,
    ]);
  }

  /** @param announce the prefixes it says it can reach */
  static async start(
    options: NeighborOptions,
    portal: Portal,
    announce: readonly string[],
  ): Promise<Neighbor> {
    const neighbor = new Neighbor(options, portal, await freePort(), announce);
    await neighbor.daemon.printed(/READY/, 30_000);
    return neighbor;
  }

  /** Says from now on that it reaches these, and no others. */
  announce(prefixes: readonly string[]): void {
    this.write(prefixes);
    process.kill(this.daemon.pid, 'SIGHUP');
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get file(): string {
    return join(this.folder, 'node.yaml');
  }

  private write(announce: readonly string[]): void {
    const { name, asn, address, linkLocal, publicKey, peering } = this.options;
    const tokyo = nodeOf(this.portal.underlayPort);
    writeFileSync(
      this.file,
      stringify({
        node: {
          name,
          asn,
          routerId: address,
          addresses: [address],
          announce,
          linkLocal,
          listen: { port: this.underlayPort, host: '127.0.0.1' },
          privateEndpoints: true,
          privateKeyFile: join(this.folder, 'wg.key'),
        },
        peerings: [
          {
            name: tokyo.name,
            asn: tokyo.asn,
            publicKey,
            linkLocal: tokyo.linkLocal,
            endpoint: `127.0.0.1:${tokyo.listen.port}`,
            policy: 'accept-all',
            ...peering,
          },
        ],
      }),
    );
  }
}
