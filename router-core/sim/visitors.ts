/**
 * The other side of a simulated node's peerings: people who set up what they asked for.
 *
 * Not standardized; docs/architecture.md §13. For each peering in a document of the node somebody of
 * that network runs a real Router on the virtual network, with the other half of the form:
 *
 *   the form's key is a well-known key of a network   that network's router, with that key
 *   another key, but the AS of a network              its router with its own first key: a wrong key
 *   neither                                           nobody: nothing arrives
 *
 * Private keys cannot be guessed; that is why only the keys of networks.ts come up. What the form
 * says of endpoint, addresses, preshared key and session shape the other side does as well, a moment
 * later, as somebody who pastes the offered text.
 *
 * @module
 */

import { parseEndpoint } from '../base/endpoint.ts';
import { formatIpAddress, parseIpAddress } from '../base/ip-address.ts';
import { type Milliseconds, milliseconds, seconds } from '../base/units.ts';
import type { NodeConfig, RouterRegistry } from '../router/index.ts';
import type { NodeSettings, PeeringConfig } from '../router/types.ts';
import {
  TEST_KEYS_PER_NETWORK,
  type TestNetwork,
  testKeyPair,
  testNetworkOfAsn,
} from './networks.ts';
import { addOperatedRouter, type OperatedRouter, settingsOf } from './operated-router.ts';
import { mirrored, type PeeringEnd } from './peering-pair.ts';
import type { UnderlayPlace } from './simulated-router.ts';
import type { Simulation } from './simulation.ts';

/** What is particular about a network's people. */
export type VisitorManners = {
  /** Instead of the network's prefixes. */
  readonly announce?: readonly string[];
  /** Nobody is at home: nothing arrives. */
  readonly isAway?: boolean;
};

export type VisitorsOptions = {
  readonly simulation: Simulation;
  readonly registry: RouterRegistry;
  readonly manners?: (network: TestNetwork) => VisitorManners;
  /** Called with each router that appears. */
  readonly appeared?: (network: TestNetwork, router: OperatedRouter) => void;
  /** How long people take to set up their side. */
  readonly setUpAfter?: Milliseconds;
};

export interface Visitors {
  /** Makes the other side of this document; `here` is the node it is of. */
  follow(config: NodeConfig, here: PeeringEnd): void;
}

/** Somebody whose peering was deleted hears the goodbye before the machine goes. */
const LINGERS = seconds(5);

type Wish = {
  readonly network: TestNetwork;
  readonly keyIndex: number;
  readonly node: NodeSettings;
  readonly underlay: UnderlayPlace;
  readonly peering: PeeringConfig;
};
type Visitor = { readonly router: OperatedRouter; fingerprint: string; place: string };

export function createVisitors(options: VisitorsOptions): Visitors {
  const { simulation } = options;
  const visitors = new Map<string, Visitor>();
  const setUpAfter = options.setUpAfter ?? milliseconds(500);
  let wishes = new Map<string, Wish>();

  function follow(config: NodeConfig, here: PeeringEnd): void {
    const next = new Map<string, Wish>();
    for (const peering of config.peerings) {
      const wish = wishOf(peering, here, options);
      if (wish === undefined) continue;
      const id = `${wish.network.name} ${wish.keyIndex}`;
      // One key is one machine: a second peering with it meets nobody.
      if (!next.has(id)) next.set(id, wish);
    }
    wishes = next;
    simulation.after(setUpAfter, comeAndGo);
  }

  function comeAndGo(): void {
    for (const [id, wish] of wishes) arrange(id, wish);
    for (const id of visitors.keys())
      if (!wishes.has(id)) simulation.after(LINGERS, () => leave(id));
  }

  function arrange(id: string, wish: Wish): void {
    const place = JSON.stringify(wish.underlay);
    const fingerprint = JSON.stringify([wish.node, wish.peering]);
    const present = visitors.get(id);
    if (present?.place === place) {
      if (present.fingerprint === fingerprint) return;
      present.fingerprint = fingerprint;
      present.router.setNode(wish.node);
      present.router.setPeerings(withPeering(present.router, wish.peering));
      return;
    }
    if (present !== undefined) simulation.removeRouter(present.router.simulated);
    const { network, keyIndex, node, underlay } = wish;
    const { privateKey } = testKeyPair(network.name, keyIndex);
    const router = addOperatedRouter(simulation, { node, privateKey, underlay });
    router.simulated.setRegistry(options.registry);
    visitors.set(id, { router, fingerprint, place });
    options.appeared?.(network, router);
    router.setPeerings(withPeering(router, wish.peering));
  }

  function leave(id: string): void {
    const visitor = visitors.get(id);
    if (visitor === undefined || wishes.has(id)) return;
    visitors.delete(id);
    simulation.removeRouter(visitor.router.simulated);
  }

  return { follow };
}

/** The peering with us beside those with others. */
const withPeering = (router: OperatedRouter, peering: PeeringConfig): PeeringConfig[] => [
  ...router.peerings.filter(({ id }) => id !== peering.id),
  peering,
];

function wishOf(
  peering: PeeringConfig,
  here: PeeringEnd,
  { simulation, manners }: VisitorsOptions,
): Wish | undefined {
  const network = testNetworkOfAsn(peering.asn);
  if (network === undefined || network.asn === here.node.asn) return undefined;
  const { isAway, announce } = manners?.(network) ?? {};
  if (isAway) return undefined;
  const keys = Array.from({ length: TEST_KEYS_PER_NETWORK }, (_, i) =>
    testKeyPair(network.name, i),
  );
  const keyIndex = Math.max(
    0,
    keys.findIndex(({ publicKey }) => publicKey === peering.publicKey),
  );
  const endpoint = peering.endpoint === undefined ? undefined : parseEndpoint(peering.endpoint);
  const underlay = placeOf(network, keyIndex, endpoint?.address);
  if (endpoint !== undefined && endpoint.address === undefined) {
    const address = parseIpAddress(underlay.ipv4 ?? '');
    if (address !== undefined) simulation.names.set(endpoint.host, address);
  }
  const settings = settingsOf(network, keyIndex + 1);
  const { ipv4, ipv6 } = peering.addresses ?? {};
  const own = [ipv4, ipv6].filter((address) => address !== undefined);
  return {
    network,
    keyIndex,
    underlay,
    node: {
      ...settings,
      addresses: [...new Set([...own, ...settings.addresses])],
      announce: announce ?? settings.announce,
      linkLocal: peering.linkLocal,
      listen: { port: endpoint?.port ?? settings.listen.port, host: '::' },
    },
    peering: mirrored(here, peering, underlay.ipv4 === undefined ? 6 : 4),
  };
}

/** Where the machine stands: where the form says, else at home. */
function placeOf(
  network: TestNetwork,
  keyIndex: number,
  written: Parameters<typeof formatIpAddress>[0] | undefined,
): UnderlayPlace {
  if (written !== undefined)
    return written.family === 4
      ? { ipv4: formatIpAddress(written) }
      : { ipv6: formatIpAddress(written) };
  const last = Number(network.underlay.ipv4.split('.').at(-1)) + 50 * keyIndex;
  return { ipv4: `203.0.113.${last}` };
}
