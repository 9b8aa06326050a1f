/**
 * Sockets of a node that change places: supervisor, router worker and packet worker with real threads, on loopback.
 *
 * That a port was waited for shows in what is not told: who has to report a failure tries again only seconds later.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { toBase64 } from '../base/bytes.ts';
import type { PacketPath } from '../base/underlay-wish.ts';
import { ownBundles } from './testing/bundles.ts';
import { freePort } from './testing/free-port.ts';
import { type FlowResult, MeshNode, QUICK_SUPERNODE } from './testing/mesh-node.ts';
import { until } from './testing/test-node.ts';
import { TunnelPeer } from './testing/tunnel-peer.ts';
import { stranger } from './underlay/testing/lab.ts';

const KINDS: readonly PacketPath[] = ['batched', 'burst', 'plain', 'inline'];
/** A change of threads that does not wait fails about one time in four. */
const ROUNDS = 8;

const bundles = ownBundles('moving-ports-test');

describe.each(KINDS)('%s', (kind) => {
  const carol = new TunnelPeer();
  const dave = new TunnelPeer();
  let mesh: MeshNode;
  beforeAll(async () => {
    mesh = await MeshNode.open(kind, bundles());
    await carol.moves();
    await dave.moves();
    carol.knows({ publicKey: mesh.tunnelKey, port: mesh.nodePort });
    mesh.peerings = [tunnelOf('carol', carol)];
    await mesh.apply({});
    carol.send(new Uint8Array(0));
    await until(() => carol.handshakes > 0);
  });
  afterAll(async () => {
    carol.close();
    dave.close();
    await mesh.close();
  });
  afterEach(() => expect(mesh.failures).toEqual([]));

  test('an edge whose mark comes and goes changes threads, and is heard at once', async () => {
    const flow = mesh.flow();
    for (let round = 0; round < ROUNDS; round++) {
      await mesh.apply(round % 2 === 0 ? { FwMark: 7 } : {});
      await flow.passes();
    }
    tell('mark', await flow.end());
  });

  test('the edge and the tunnels change ports with each other, there and back', async () => {
    const flow = mesh.flow();
    const unsent = await mesh.unsent();
    for (let round = 0; round < 4; round++) {
      const { handshakes } = carol;
      [mesh.port, mesh.nodePort] = [mesh.nodePort, mesh.port];
      const { lines } = await mesh.apply({});
      expect(lines.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
      await until(() => carol.handshakes > handshakes);
      await flow.passes();
    }
    tell('ports of edge and tunnels', await flow.end());
    // The first handshake of each is among what was sent before its socket was open.
    expect(await mesh.unsent()).toBe(unsent);
  });

  test('two tunnels change ports with each other', async () => {
    const ports = [await freePort(), await freePort()];
    const flow = mesh.flow();
    for (let round = 0; round < 3; round++) {
      const handshakes = [carol.handshakes, round === 0 ? 0 : dave.handshakes];
      mesh.peerings = [tunnelOf('carol', carol, ports[0]), tunnelOf('dave', dave, ports[1])];
      await mesh.apply({});
      if (round === 0) {
        dave.knows({ publicKey: mesh.tunnelKey, port: ports[1] ?? 0 });
        dave.send(new Uint8Array(0));
      }
      await until(
        () => carol.handshakes > (handshakes[0] ?? 0) && dave.handshakes > (handshakes[1] ?? 0),
      );
      // A peer takes no second initiation within 20 ms.
      await flow.passes();
      ports.reverse();
    }
    tell('ports of two tunnels', await flow.end());
  });

  test('an edge that moves to the port of a tunnel that goes waits until it has gone', async () => {
    const port = await freePort();
    mesh.peerings = [tunnelOf('carol', carol, port)];
    await mesh.apply({});
    const flow = mesh.flow();
    await flow.passes();
    mesh.peerings = [];
    await mesh.moveTo(port);
    await flow.passes();
    tell('port of a tunnel that goes', await flow.end());
  });

  test('the edge and the supernode change ports with each other', async () => {
    let port = await freePort();
    const supernode = {
      ...QUICK_SUPERNODE,
      NodeName: 'super',
      ListenPort_EdgeAPI: await freePort(),
    };
    const flow = mesh.flow();
    for (let round = 0; round < 3; round++) {
      mesh.supernode = { ...supernode, ListenPort: port };
      await mesh.apply({});
      await mesh.supernodeListens(port);
      await flow.passes();
      [port, mesh.port] = [mesh.port, port];
    }
    tell('ports of edge and supernode', await flow.end());
  });

  test('an edge that moves to a port somebody else has tells so, and comes back when told another', async () => {
    const taken = await stranger(4);
    await mesh.moveTo(taken.port);
    // The host tells what failed, the edge what it makes of it.
    await until(() => mesh.failures.length === 2);
    mesh.failures = [];
    await taken.close();
    await mesh.moveTo(await freePort());
    await mesh.crosses();
  });

  const tell = (what: string, { sent, lost, longestGapMs }: FlowResult): void =>
    console.info(`${kind}: ${what}: ${lost} of ${sent} lost, longest gap ${longestGapMs} ms`);
});

const tunnelOf = (name: string, { publicKey }: TunnelPeer, listenPort?: number) => ({
  name,
  asn: 4242420001,
  publicKey: toBase64(publicKey),
  sessions: 'none',
  ...(listenPort === undefined ? {} : { listenPort }),
});
