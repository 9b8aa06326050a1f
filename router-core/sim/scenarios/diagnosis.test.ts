/** What is wrong with a peering, said in time and by its name (portal specification §7). */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import { testKeyPair, testNetwork } from '../networks.ts';
import { addOperatedRouter, peer, settingsOf } from '../operated-router.ts';
import { mirrored, peeringWith } from '../peering-pair.ts';
import { codesOf, establish, minutes, routersOf, scenario } from '../testing/scenario.ts';

const PSK_A = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const PSK_B = 'AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

scenario('nothing arrives: UDP_SILENT, and how much was sent', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  operator.add(peeringWith(alder, { endpoint: '203.0.113.99:51820' }));
  simulation.run(seconds(10));
  expect(operator.peering('alder').diagnosis).toMatchObject([
    { code: 'UDP_SILENT', severity: 'warn', text: expect.stringContaining('203.0.113.99:51820') },
  ]);
  expect(operator.peering('alder').operational).toBe('provisioned');
  expect(operator.peering('alder').tunnel?.initiationsSent).toBeGreaterThan(0);
});

scenario('different preshared keys: WG_PSK on both sides, until they agree', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder, { presharedKey: PSK_A }, { presharedKey: PSK_B });
  simulation.run(seconds(30));
  expect(codesOf(operator, 'alder')).toContain('WG_PSK');
  expect(codesOf(alder, 'operator')).toContain('WG_PSK');
  operator.change('alder', { presharedKey: PSK_B });
  establish(simulation, [[operator, alder]], minutes(1));
  expect(codesOf(operator, 'alder')).toEqual([]);
});

scenario('another key than in the form: WG_KEY_UNKNOWN with the one offered', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  const { publicKey } = testKeyPair('alder', 3);
  peer(operator, alder, { publicKey });
  simulation.run(seconds(10));
  expect(operator.peering('alder').diagnosis).toMatchObject([
    {
      code: 'WG_KEY_UNKNOWN',
      severity: 'bad',
      text: expect.stringContaining(alder.publicKey),
      proposal: { field: 'publicKey', value: alder.publicKey },
    },
  ]);
  operator.change('alder', { publicKey: alder.publicKey });
  establish(simulation, [[operator, alder]], minutes(1));
  expect(codesOf(operator, 'alder')).toEqual([]);
});

scenario('a wrong key of ours over there: WG_MAC1', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder, {}, { publicKey: testKeyPair('operator', 2).publicKey });
  simulation.run(seconds(10));
  expect(codesOf(operator, 'alder')).toContain('WG_MAC1');
});

scenario('another AS than in the form: BGP_OTHER_AS with both numbers', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder, { asn: 4242426002 });
  simulation.run(seconds(20));
  const finding = operator.peering('alder').diagnosis.find(({ code }) => code === 'BGP_OTHER_AS');
  expect(finding?.text).toMatch(/4242426001.*4242426002/);
  expect(codesOf(alder, 'operator')).toContain('BGP_NOTIFICATION');
  operator.change('alder', { asn: 4242426001 });
  establish(simulation, [[operator, alder]], minutes(3));
});

scenario('another link-local address: L3_ADDRESS_MISMATCH with a proposal', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder, { linkLocal: 'fe80::bad' }, { ourLinkLocal: 'fe80::6001' });
  simulation.run(seconds(25));
  expect(operator.peering('alder').diagnosis).toMatchObject([
    { code: 'L3_ADDRESS_MISMATCH', proposal: { field: 'linkLocal', value: 'fe80::6001' } },
    { code: 'TCP_UNANSWERED' },
  ]);
  operator.change('alder', { linkLocal: 'fe80::6001' });
  establish(simulation, [[operator, alder]], minutes(3));
  expect(codesOf(operator, 'alder')).toEqual([]);
});

scenario('a tunnel without BGP on the other side: it refuses or does not answer', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder, {}, { sessions: 'none' });
  simulation.run(seconds(40));
  expect(codesOf(operator, 'alder')).toEqual(['TCP_CLOSED_EARLY']);
});

scenario('passwords that differ: TCP_MD5_…, on both ends', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder, { password: 'moss' }, { password: 'lichen' });
  simulation.run(seconds(20));
  expect(codesOf(operator, 'alder')).toEqual(['TCP_MD5_WRONG']);
  expect(codesOf(alder, 'operator')).toEqual(['TCP_MD5_WRONG']);
  const words = JSON.stringify(operator.simulated.router.snapshot(simulation.now));
  expect(words).not.toMatch(/moss|lichen/);
  operator.change('alder', { password: 'lichen' });
  establish(simulation, [[operator, alder]], minutes(3));
  expect(codesOf(operator, 'alder')).toEqual([]);
});

scenario('a password on one side only: both say what is missing', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder);
  establish(simulation, [[operator, alder]], minutes(3));
  operator.change('alder', { password: 'moss' });
  simulation.run(minutes(5));
  expect(codesOf(operator, 'alder')).toContain('TCP_MD5_MISSING');
  expect(codesOf(alder, 'operator')).toContain('TCP_MD5_UNEXPECTED');
});

const AO = [{ sendId: 1, receiveId: 2, key: 'moss' }] as const;

scenario(
  'keys of TCP-AO: a session, and TCP_AO_… where they differ or are missing',
  (simulation) => {
    const { operator, alder } = routersOf(simulation, 'operator', 'alder');
    peer(operator, alder, { tcpAo: AO });
    establish(simulation, [[operator, alder]], minutes(3));
    const words = JSON.stringify(operator.simulated.router.snapshot(simulation.now));
    expect(words).not.toContain('moss');
    // Only one end changes: the session ends, and both say why it does not come back.
    operator.change('alder', { tcpAo: [{ ...AO[0], key: 'lichen' }] });
    simulation.run(minutes(5));
    expect(codesOf(operator, 'alder')).toContain('TCP_AO_WRONG');
    expect(codesOf(alder, 'operator')).toContain('TCP_AO_WRONG');
    alder.change('operator', { tcpAo: [{ sendId: 2, receiveId: 1, key: 'lichen' }] });
    establish(simulation, [[operator, alder]], minutes(3));
    expect(codesOf(operator, 'alder')).toEqual([]);
  },
);

scenario('ttlSecurity on one side only: TCP_TTL_LOW over IPv4', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  const shape = { sessions: 'ipv4-only', families: ['ipv4'], extendedNextHop: false } as const;
  peer(operator, alder, { ...shape, ttlSecurity: true }, { ttlSecurity: false });
  simulation.run(seconds(20));
  expect(codesOf(operator, 'alder')).toEqual(['TCP_TTL_LOW']);
  alder.change('operator', { ttlSecurity: true });
  establish(simulation, [[operator, alder]], minutes(3));
  expect(codesOf(operator, 'alder')).toEqual([]);
});

scenario('packets from another address: UDP_OTHER_SOURCE, and the session is up', (simulation) => {
  const { operator } = routersOf(simulation, 'operator');
  const network = testNetwork('alder');
  const alder = addOperatedRouter(simulation, {
    node: settingsOf(network),
    privateKey: testKeyPair('alder').privateKey,
    underlay: { ipv4: '203.0.113.77' },
  });
  const ours = peeringWith(alder, { endpoint: '203.0.113.11:51820' });
  operator.add(ours);
  alder.add(mirrored(operator, ours));
  establish(simulation, [[operator, alder]]);
  expect(operator.peering('alder').diagnosis).toMatchObject([
    {
      code: 'UDP_OTHER_SOURCE',
      severity: 'info',
      proposal: { field: 'endpoint', value: '203.0.113.77:51820' },
    },
  ]);
});

scenario('a tunnel that falls silent says since when', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  simulation.network.setFilter(() => false);
  simulation.run(minutes(12));
  expect(codesOf(operator, 'alder')).toEqual(['UDP_SILENT']);
  expect(operator.peering('alder').operational).toBe('provisioned');
  simulation.network.setFilter(undefined);
  establish(simulation, [[operator, alder]], minutes(3));
  expect(codesOf(operator, 'alder')).toEqual([]);
});
