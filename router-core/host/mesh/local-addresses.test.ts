/**
 * A node looks for its own addresses while its documents come faster than a resolver answers.
 *
 * @module
 */
import { afterEach, expect, test, vi } from 'vitest';
import { assert } from '../../base/assert.ts';
import { toBase64 } from '../../base/bytes.ts';
import { type EdgeConfig, readEdgeConfig } from '../../mesh/etherguard/config/index.ts';
import { createPacketArena, type MeshDoor, type NodeConfig } from '../../router/index.ts';
import { createPortBook } from '../port-book.ts';
import { createNodeMesh } from './node-mesh.ts';

afterEach(() => vi.useRealTimers());

test('of two documents, one after the other, one watch is left, and none after the end', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let config: EdgeConfig | undefined;
  const door: Partial<MeshDoor> = {
    edgeConfig: () => config,
    supernodeConfig: () => undefined,
    apisChanged: () => undefined,
  };
  const mesh = createNodeMesh({
    arena: createPacketArena(8),
    dataFolder: '/nowhere',
    carried: undefined,
    portBook: createPortBook(),
    door: () => door as MeshDoor,
    receive: () => undefined,
    wake: () => undefined,
    log: () => undefined,
  });
  const documents = [1001, 1002].map((port) => {
    config = edgeUnder(port);
    return mesh.use({} as NodeConfig);
  });
  expect(await Promise.all(documents)).toEqual([[], []]);
  expect(vi.getTimerCount()).toBe(1);
  await mesh.stop();
  expect(vi.getTimerCount()).toBe(0);
});

function edgeUnder(port: number): EdgeConfig {
  const { config, findings } = readEdgeConfig({
    NodeID: 1,
    NodeName: 'edge1',
    Interface: { IType: 'dummy' },
    DefaultTTL: 20,
    PrivKey: toBase64(new Uint8Array(32).fill(1)),
    DynamicRoute: {
      PeerAliveTimeout: 10,
      SuperNode: {
        UseSuperNode: true,
        EndpointV4: `127.0.0.1:${port}`,
        PubKeyV4: toBase64(new Uint8Array(32).fill(2)),
        EndpointEdgeAPIUrl: 'http://127.0.0.1:1003/mesh',
      },
    },
  });
  assert(config !== undefined, JSON.stringify(findings));
  return config;
}
