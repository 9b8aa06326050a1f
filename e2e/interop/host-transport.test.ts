/**
 * `transport: host`: BIRD dials us over the machine's TCP, we dial FRR; no tunnel is anywhere.
 *
 *   bird AS4242426001 ──TCP, to our port 1790──► router AS4242426000 ──TCP, to 179──► frr AS4242426003
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bird, type Frr, startBird, startFrr } from '../lab/daemons.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';

const PORT = 1790;

let lab: Lab;
let router: OurRouter;
let bird: Bird;
let frr: Frr;

beforeAll(async () => {
  lab = await startLab(['router', 'bird', 'frr']);
  const [routerHost, birdHost, frrHost] = ['router', 'bird', 'frr'].map((name) => lab.host(name));
  if (routerHost === undefined || birdHost === undefined || frrHost === undefined) return;
  router = await startOurRouter(lab, routerHost, {
    node: {
      name: 'tokyo',
      asn: 4242426000,
      addresses: ['172.21.128.1', 'fdb0:6000:100::1'],
      announce: ['172.21.128.0/27', 'fdb0:6000:100::/48'],
      listen: { port: 51820, host: '::' },
    },
    bgp: { listen: { host: '0.0.0.0', port: PORT } },
    peerings: [
      {
        name: 'bird',
        transport: 'host',
        asn: 4242426001,
        address: birdHost.ipv4,
        passive: true,
        policy: 'accept-all',
      },
      {
        name: 'frr',
        transport: 'host',
        asn: 4242426003,
        address: frrHost.ipv6,
        policy: 'accept-all',
      },
      {
        name: 'nobody',
        transport: 'host',
        asn: 4242426009,
        address: birdHost.ipv6,
        port: 9,
      },
    ],
  });
  // BIRD takes only a next hop that is on its link.
  await birdHost.must('ip', 'addr', 'add', 'fdb0:6000:100::2/64', 'dev', 'eth0', 'nodad');
  bird = await startBird(
    lab,
    birdHost,
    `log stderr all;
protocol device { scan time 2; }
router id 172.21.129.1;
protocol static own4 { route 172.21.129.0/27 reject; ipv4; }
protocol static own6 { route fdb1:6000:101::/48 reject; ipv6; }
protocol bgp tokyo {
  local ${birdHost.ipv4} as 4242426001;
  neighbor ${routerHost.ipv4} port ${PORT} as 4242426000;
  ipv4 { import all; export all; };
  ipv6 { import all; export all; };
}
`,
  );
  frr = await startFrr(
    lab,
    frrHost,
    `router bgp 4242426003
 bgp router-id 172.21.131.1
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 no bgp network import-check
 neighbor ${routerHost.ipv6} remote-as 4242426000
 neighbor ${routerHost.ipv6} capability extended-nexthop
 address-family ipv4 unicast
  network 172.21.131.0/27
  neighbor ${routerHost.ipv6} activate
 exit-address-family
 address-family ipv6 unicast
  network fdb3:6000:103::/48
  neighbor ${routerHost.ipv6} activate
 exit-address-family
exit
`,
  );
});
afterAll(async () => {
  await bird?.stop();
  await frr?.stop();
  await router?.daemon.stop();
  await lab?.stop();
});

test('both sessions are up, whoever dialled, and everybody has what the others announce', async () => {
  await bird.established('tokyo');
  await frr.established(lab.host('router').ipv6);
  for (const prefix of ['172.21.128.0/27', '172.21.131.0/27'])
    expect(await bird.hasRouteOf('tokyo', prefix)).toContain(lab.host('router').ipv4);
  // Over IPv4 the next hop of IPv6 routes is the node's own address.
  for (const prefix of ['fdb0:6000:100::/48', 'fdb3:6000:103::/48'])
    expect(await bird.hasRouteOf('tokyo', prefix)).toContain('fdb0:6000:100::1');
  await frr.hasRoute('ipv4', '172.21.129.0/27');
  await frr.hasRoute('ipv6', 'fdb1:6000:101::/48');
});

test('the state counts what each said, and no packet is sent that way', async () => {
  const { peerings, tables, node } = await router.reaches(
    'both have told and heard all',
    (snapshot) =>
      ['bird', 'frr'].every((name) =>
        snapshot.peerings.some(
          (each) => each.name === name && each.accepted === 2 && each.sent === 4,
        ),
      ),
  );
  const bird4 = peerings.find(({ name }) => name === 'bird');
  expect(bird4).toMatchObject({ tunnel: null, operational: 'established', received: 2, sent: 4 });
  expect(bird4?.sessions[0]).toMatchObject({
    localAddress: lab.host('router').ipv4,
    remoteAddress: lab.host('bird').ipv4,
  });
  expect(tables).toEqual({ ipv4: { prefixes: 3, paths: 3 }, ipv6: { prefixes: 3, paths: 3 } });
  expect(node.bgpListen).toEqual({ host: '0.0.0.0', port: PORT, error: null });
  expect(await router.cli('lg', 'ping', '172.21.129.1')).not.toMatch(/bytes from|time=/);
  expect(await router.cli('status')).toContain(`host ${lab.host('bird').ipv4}`);
});

test('who does not answer is named, with the port we dialled', async () => {
  const { peerings } = await router.reaches(
    'the refusal is seen',
    (snapshot) =>
      snapshot.peerings.find(({ name }) => name === 'nobody')?.diagnosis[0] !== undefined,
    30_000,
  );
  const nobody = peerings.find(({ name }) => name === 'nobody');
  expect(nobody?.diagnosis.map(({ code }) => code)).toEqual(['TCP_REFUSED']);
});

test('a withdrawal passes on, and a stranger is not let in', async () => {
  await frr.ask(
    'configure terminal',
    'router bgp 4242426003',
    'address-family ipv4 unicast',
    'no network 172.21.131.0/27',
  );
  await bird.hasNoRoute('172.21.131.0/27');
  const { ipv4 } = lab.host('router');
  // Closed at once, without a word.
  const heard = await lab
    .host('frr')
    .must('timeout', '5', 'bash', '-c', `exec 3<>/dev/tcp/${ipv4}/${PORT}; cat <&3 | wc -c; true`);
  expect(heard.trim()).toBe('0');
});

test('at its end the router says so', async () => {
  await router.daemon.stop();
  expect(await bird.ask('show', 'protocols', 'all', 'tokyo')).toMatch(
    /Received: Administrative shutdown/,
  );
});
