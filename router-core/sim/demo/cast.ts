/**
 * Who takes part in the demo: the neighbors of the demo node, and who is behind them.
 *
 * Not standardized; networks, addresses and keys are invented (networks.ts). Each neighbor shows
 * something else that happens to people:
 *
 *   alder    established                          jasper ─┬─ alder ──┐
 *   basalt   over IPv6                                    ├─ basalt ─┤
 *   cinder   with a preshared key                 kelp ───┼─ cinder ─┼─ demo
 *   drift    without an endpoint                  moss ───┴─ drift ──┤
 *   ember    separate sessions; announces what is not theirs         │
 *   fjord    stuck: another key than in the form                     │
 *   hazel    silent: nothing arrives                                 │
 *   lichen   IPv6 only                            onyx ─ nimbus ─ lichen
 *
 * @module
 */
import type { PeeringRequest } from '../../router/peering-rules.ts';
import { type NetworkName, testAddresses, testKeyPair, testNetwork } from '../networks.ts';
import type { VisitorManners } from '../visitors.ts';

export const DEMO_NODE = 'demo';
const PRESHARED_KEY = 'ZGVtbyBwcmVzaGFyZWQga2V5OiBpdCBpcyBwdWJsaWM=';
const PORT = 51820;

/** Where the demo node stands in the underlay. */
export const DEMO_UNDERLAY = { ipv4: '192.0.2.1', ipv6: '2001:db8:42::1' } as const;

/** Our end, without what a portal adds. */
export function demoSettings() {
  const network = testNetwork('operator');
  const { ipv4, ipv6 } = testAddresses(network);
  return {
    name: DEMO_NODE,
    asn: network.asn,
    routerId: ipv4,
    addresses: [ipv4, ipv6],
    announce: [network.ipv4Prefix, network.ipv6Prefix],
    linkLocal: network.linkLocal,
    listen: { port: PORT, host: '::' },
    endpoint: DEMO_UNDERLAY.ipv4,
    privateEndpoints: false,
  } as const;
}

/** Returns the peerings of the demo node as its neighbors asked for them. */
export function demoPeerings(): readonly (Omit<PeeringRequest, 'node'> & { name: string })[] {
  const { ipv4, ipv6 } = testAddresses(testNetwork('ember'));
  return [
    request('alder'),
    request('basalt', { endpoint: `[${testNetwork('basalt').underlay.ipv6}]:${PORT}` }),
    request('cinder', { presharedKey: PRESHARED_KEY }),
    request('drift', { endpoint: 'none' }),
    request('ember', {
      sessions: 'separate',
      extendedNextHop: false,
      addresses: { ipv4, ipv6 },
    }),
    // Made on another machine, as it happens; none of fjord's routers has it.
    request('fjord', { publicKey: testKeyPair('fjord, the old laptop').publicKey }),
    request('hazel'),
    request('lichen', { sessions: 'ipv6-only' }),
  ];
}

function request(
  name: NetworkName,
  change: Partial<PeeringRequest> = {},
): Omit<PeeringRequest, 'node'> & { name: string } {
  const { asn, linkLocal, underlay } = testNetwork(name);
  return {
    asn,
    name,
    publicKey: testKeyPair(name).publicKey,
    endpoint: `${underlay.ipv4}:${PORT}`,
    linkLocal,
    ...change,
  };
}

const MANNERS: Partial<Record<NetworkName, VisitorManners>> = {
  alder: { announce: announced('alder', '172.21.161.0/24', 'fdc0:6000:20::/48') },
  // hazel's prefix, one that nobody registered, and one that is not of DN42.
  ember: { announce: announced('ember', '172.21.136.0/27', '172.21.150.0/27', '192.0.2.0/24') },
  hazel: { isAway: true },
};
export const mannersOf = ({ name }: { readonly name: NetworkName }): VisitorManners =>
  MANNERS[name] ?? {};

function announced(name: NetworkName, ...more: readonly string[]): readonly string[] {
  const { ipv4Prefix, ipv6Prefix } = testNetwork(name);
  return [ipv4Prefix, ipv6Prefix, ...more];
}

/** Networks that do not peer with the demo node. */
export const BEHIND = ['jasper', 'kelp', 'moss', 'nimbus', 'onyx'] as const;

/** Who peers with whom beside the demo node. */
export const LINKS: readonly (readonly [NetworkName, NetworkName])[] = [
  ['alder', 'jasper'],
  ['basalt', 'jasper'],
  ['basalt', 'kelp'],
  ['cinder', 'kelp'],
  ['kelp', 'moss'],
  ['drift', 'moss'],
  ['lichen', 'nimbus'],
  ['nimbus', 'onyx'],
];
