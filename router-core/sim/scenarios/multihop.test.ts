/** A session with a neighbor behind another router: hop limits, what TCP believes, where packets go. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import type { PeeringConfig } from '../../router/types.ts';
import type { OperatedRouter } from '../operated-router.ts';
import { peeringWith } from '../peering-pair.ts';
import type { Simulation } from '../simulation.ts';
import {
  bestPath,
  codesOf,
  establish,
  isEstablished,
  routersOf,
  routesTo,
  scenario,
} from '../testing/scenario.ts';

type Chain = Record<'operator' | 'alder' | 'basalt', OperatedRouter>;

/**
 * operator ══ alder ══ basalt: alder forwards and speaks no BGP; both ends write the same options.
 */
function chain(simulation: Simulation, options: Partial<PeeringConfig>): Chain {
  const routers = routersOf(simulation, 'operator', 'alder', 'basalt');
  const { operator, alder, basalt } = routers;
  for (const end of [operator, basalt]) alder.add(peeringWith(end, { sessions: 'none' }));
  const behindAlder = (there: OperatedRouter): PeeringConfig => ({
    ...peeringWith(there, { policy: 'accept-all', ...options }),
    publicKey: alder.publicKey,
    endpoint: peeringWith(alder).endpoint ?? '',
    linkLocal: alder.node.linkLocal,
  });
  operator.add(behindAlder(basalt));
  basalt.add(behindAlder(operator));
  return routers;
}
const ends = ({ operator, basalt }: Chain) => [[operator, basalt]] as const;
const OF_BASALT = '172.21.130.0/27';

for (const [name, options] of [
  ['over IPv6', {}],
  ['over IPv4', { sessions: 'ipv4-only', extendedNextHop: false, families: ['ipv4'] }],
  ['with a password', { password: 'moss' }],
  ['with ttlSecurity', { ttlSecurity: true }],
] as [string, Partial<PeeringConfig>][])
  scenario(`a session through a router of somebody else, ${name}`, (simulation) => {
    const routers = chain(simulation, { multihop: 2, ...options });
    const { operator, basalt } = routers;
    establish(simulation, ends(routers));
    simulation.run(seconds(3));
    expect(operator.session('basalt').options).toMatchObject({ multihop: 2 });
    expect(bestPath(simulation, operator, OF_BASALT)).toBe(`${basalt.node.asn}`);
    expect(bestPath(simulation, basalt, '172.21.128.0/27')).toBe(`${operator.node.asn}`);
    // Packets leave by the tunnel the next hop is behind.
    const [route] = routesTo(simulation, operator, OF_BASALT);
    expect(route).toMatchObject({ rejected: null });
    expect(route?.interface).not.toBeNull();
    expect(codesOf(operator, 'basalt')).not.toContain('BGP_PREFIXES_REJECTED');
  });

scenario(
  'a hop limit that is too small ends on the way, and a larger one brings the session',
  (simulation) => {
    // What one hop needs does not reach over two: the first option counts hop limits, not routers.
    const routers = chain(simulation, { multihop: 2 });
    const { operator, alder, basalt } = routers;
    establish(simulation, ends(routers));
    const drift = routersOf(simulation, 'drift').drift;
    // One router more in between: operator ══ alder ══ drift ══ basalt.
    alder.remove('basalt');
    alder.add({ ...peeringWith(drift, { sessions: 'none' }), addresses: addressesOf(basalt) });
    drift.add({ ...peeringWith(alder, { sessions: 'none' }), addresses: addressesOf(operator) });
    drift.add(peeringWith(basalt, { sessions: 'none' }));
    const viaDrift = {
      publicKey: drift.publicKey,
      endpoint: peeringWith(drift).endpoint ?? '',
      linkLocal: drift.node.linkLocal,
    };
    basalt.change('operator', viaDrift);
    simulation.run(seconds(150));
    expect(isEstablished(operator, 'basalt')).toBe(false);

    operator.change('basalt', { multihop: 3 });
    basalt.change('operator', { multihop: 3 });
    establish(simulation, ends(routers), seconds(180));
  },
);

scenario('with ttlSecurity what comes from further away than said is refused', (simulation) => {
  const routers = chain(simulation, { multihop: 2 });
  const { operator } = routers;
  operator.change('basalt', { ttlSecurity: true });
  simulation.run(seconds(60));
  expect(isEstablished(operator, 'basalt')).toBe(false);
  const finding = operator.peering('basalt').diagnosis.find(({ code }) => code === 'TCP_TTL_LOW');
  expect(finding?.text).toMatch(/below 254.*ttl-security hops 2/);
});

scenario(
  'a peering in place of another one with the same router far away takes over',
  (simulation) => {
    const routers = chain(simulation, { multihop: 2 });
    const { operator } = routers;
    establish(simulation, ends(routers));
    const [peering] = operator.peerings;
    if (peering === undefined) throw new Error('there is a peering');
    operator.setPeerings([{ ...peering, id: 'again', name: 'again' }]);
    simulation.until('established again', () => isEstablished(operator, 'again'), seconds(90));
  },
);

scenario('a router far away belongs to one peering alone', (simulation) => {
  const { operator, basalt } = chain(simulation, { multihop: 2 });
  const [peering] = operator.peerings;
  if (peering === undefined) throw new Error('there is a peering');
  const { publicKey } = basalt;
  const { lines } = operator.add({ ...peering, id: 'twin', name: 'twin', publicKey });
  expect(lines.find(({ id }) => id === 'twin')).toMatchObject({
    outcome: 'failed',
    code: 'ADDRESS_CONFLICT',
  });
});

function addressesOf({ node }: OperatedRouter): NonNullable<PeeringConfig['addresses']> {
  const [ipv4, ipv6] = node.addresses;
  return { ...(ipv4 === undefined ? {} : { ipv4 }), ...(ipv6 === undefined ? {} : { ipv6 }) };
}
