/**
 * A small document for tests: one node, one peering.
 *
 * @module
 */
import { toBase64 } from '../../base/bytes.ts';
import type { NodeConfig, PeeringConfig } from '../types.ts';

/** Returns a key that is all `n`, as people write it. */
export const testKey = (n: number): string => toBase64(new Uint8Array(32).fill(n));

export const TEST_PEERING: PeeringConfig = {
  id: 'p1',
  name: 'alder',
  asn: 4242426001,
  publicKey: testKey(1),
  endpoint: '203.0.113.5:51820',
  linkLocal: 'fe80::6001',
  addresses: { ipv4: '172.21.129.1', ipv6: 'fdb1:6000:101::1' },
  sessions: 'mp-bgp',
  families: ['ipv4', 'ipv6'],
  extendedNextHop: true,
  keepalive: 0,
  mtu: 1420,
  policy: 'full',
  importLimit: 9000,
  enabled: true,
};

export const TEST_DOCUMENT: Omit<NodeConfig, 'digest'> = {
  schema: 1,
  source: 'database',
  epoch: 'e',
  revision: 1,
  node: {
    name: 'tokyo',
    asn: 4242426000,
    routerId: '172.21.128.1',
    addresses: ['172.21.128.1', 'fdb0:6000:100::1'],
    announce: ['172.21.128.0/27', 'fdb0:6000:100::/48'],
    linkLocal: 'fe80::6000',
    listen: { port: 51820, host: '::' },
    endpoint: 'node.example.net',
    privateKeyFile: '/data/wg.key',
    privateEndpoints: false,
  },
  peerings: [TEST_PEERING],
  routes: [],
};
