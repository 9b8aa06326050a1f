/** Peers whose endpoint is a name: the address behind it changes, and is followed. */
import { expect } from 'vitest';
import { type IpAddress, parseIpAddress } from '../../base/ip-address.ts';
import { seconds } from '../../base/units.ts';
import { testKeyPair, testNetwork } from '../networks.ts';
import { addOperatedRouter, type OperatedRouter, settingsOf } from '../operated-router.ts';
import { mirrored, peeringWith } from '../peering-pair.ts';
import type { Simulation } from '../simulation.ts';
import { establish, minutes, routersOf, scenario } from '../testing/scenario.ts';

const NAME = 'alder.example';

scenario(
  'a name is resolved again when a handshake is given up, also while a key pair is left',
  (simulation) => {
    const { operator, peerAt, handshakes } = scene(simulation);
    const before = peerAt('203.0.113.77');
    establish(simulation, [[operator, before]]);
    const count = handshakes();
    simulation.until('a fresh key pair', () => handshakes() > count, minutes(3));

    simulation.removeRouter(before.simulated);
    const after = peerAt('203.0.113.78');
    // 15 s without an answer, 90 s of attempts; the key pair would be there for 180 s.
    const took = simulation.until(
      'a handshake at the new address',
      () => operator.peering('alder').tunnel?.endpoint === '203.0.113.78:51820',
      seconds(170),
    );
    expect(took).toBeGreaterThan(seconds(100));
    establish(simulation, [[operator, after]], minutes(8));
  },
  { seeds: [1, 2, 3] },
);

scenario('while the peer answers, the name does not move it', (simulation) => {
  const { operator, peerAt } = scene(simulation);
  const peer = peerAt('203.0.113.77');
  establish(simulation, [[operator, peer]]);
  simulation.names.set(NAME, address('203.0.113.99'));
  operator.change('alder', { importLimit: 8000 });
  simulation.run(minutes(10));
  expect(operator.peering('alder').tunnel?.endpoint).toBe('203.0.113.77:51820');
  establish(simulation, [[operator, peer]], seconds(1));
});

scenario('an endpoint that never answered is looked up again with every attempt', (simulation) => {
  const { operator, peerAt } = scene(simulation);
  simulation.names.set(NAME, address('203.0.113.99'));
  operator.change('alder', { keepalive: 25 });
  simulation.run(minutes(4));
  const peer = peerAt('203.0.113.77');
  establish(simulation, [[operator, peer]], minutes(6));
});

/** The operator peers with `alder.example`; `peerAt` puts alder there, who waits to be found. */
function scene(simulation: Simulation): {
  operator: OperatedRouter;
  peerAt: (ipv4: string) => OperatedRouter;
  handshakes: () => number;
} {
  const { operator } = routersOf(simulation, 'operator');
  const node = settingsOf(testNetwork('alder'));
  const { privateKey, publicKey } = testKeyPair('alder');
  const ours = peeringWith(
    { node, publicKey, underlay: { ipv4: '203.0.113.11' } },
    { endpoint: `${NAME}:51820` },
  );
  operator.add(ours);
  return {
    operator,
    peerAt(ipv4) {
      simulation.names.set(NAME, address(ipv4));
      const peer = addOperatedRouter(simulation, { node, privateKey, underlay: { ipv4 } });
      const { endpoint: _endpoint, ...theirs } = mirrored(operator, ours);
      peer.add({ ...theirs, keepalive: 0 });
      return peer;
    },
    handshakes: () => {
      const peering = operator.simulated.router.engine.roster.byId.get('alder');
      if (peering === undefined) throw new Error('no peering');
      return operator.simulated.router.engine.wireguard.view(peering.peer).handshakesCompleted;
    },
  };
}

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}
