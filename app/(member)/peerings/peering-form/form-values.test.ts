import { expect, test } from 'vitest';
import type { NewPeeringView } from '../../../_queries/view-models.ts';
import {
  changesOf,
  checkValues,
  emptyValues,
  type FormValues,
  inputOf,
  needsIpv4Address,
  previewOf,
  restartsSession,
} from './form-values.ts';

const ASN = 4242426001;
const KEY = '+donBampSsIXKJZ6TX+iNOmrt3KXGZ26GS25xfFhTF0=';

test('with key and endpoint the prefilled form passes the rules', () => {
  const values = filled();
  expect(check(values)).toEqual([]);
  expect(inputOf(values, ASN)).toMatchObject({
    node: 'tokyo',
    endpoint: '203.0.113.5:26000',
    linkLocal: 'fe80::6001',
    sessions: 'mp-bgp',
    extendedNextHop: true,
    mtu: 1420,
  });
});

test('a change never names the node, and an untouched preshared key stays', () => {
  const changes = changesOf(filled({ mtu: '1412' }), ASN);
  expect(Object.keys(changes)).not.toContain('node');
  expect(Object.keys(changes)).not.toContain('presharedKey');
  expect(changes.mtu).toBe(1412);
});

test('an empty endpoint is a mistake until "none" is ticked', () => {
  expect(check(filled({ endpoint: '' })).map(({ code }) => code)).toEqual(['ENDPOINT_SYNTAX']);
  const none = filled({ endpoint: '', isWithoutEndpoint: true });
  expect(check(none)).toEqual([]);
  expect(inputOf(none, ASN).endpoint).toBeNull();
});

test('what is not a number is out of range, never NaN', () => {
  expect(check(filled({ mtu: '14e2' })).map(({ code }) => code)).toEqual(['MTU_RANGE']);
  expect(check(filled({ importLimit: '' })).map(({ code }) => code)).toEqual(['LIMIT_RANGE']);
});

test('separate sessions ask for an IPv4 address and drop extended next hop', () => {
  const values = filled({ sessions: 'separate' });
  expect(needsIpv4Address(values)).toBe(true);
  expect(check(values).map(({ code }) => code)).toEqual(['V4_NEEDS_ADDRESS']);
  expect(inputOf(values, ASN).extendedNextHop).toBe(false);
  expect(check({ ...values, ipv4: '172.21.129.1' })).toEqual([]);
});

test('the preview follows the form, and wrong values never stand in it', () => {
  const wg = (values: FormValues): string => preview(values)[0]?.text ?? '';
  expect(wg(filled({ mtu: '1412' }))).toContain('MTU = 1412');
  expect(wg(filled())).toContain('ListenPort = 26000');
  expect(wg(filled({ endpoint: '192.168.1.7:26000' }))).not.toContain('ListenPort');
  expect(wg(filled({ linkLocal: 'fe80::1; rm -rf /' }))).toContain('fe80::6001/64');
  expect(wg(filled({ presharedKey: KEY }))).toContain('PresharedKey = <your preshared key>');
});

test('the preview is disguised as the port, the peering and the operator say, in this order', () => {
  const { nodes, ...rest } = VIEW;
  const view = {
    nodes,
    ...rest,
    portDisguises: { tokyo: { kind: 'wgobfs', key: 'moss' } },
  } as const;
  const wg = (values: FormValues, before?: Parameters<typeof previewOf>[3]): string =>
    previewOf(values, view, checkValues(values, ASN, VIEW.ruleNodes[0], 'operator'), before)[0]
      ?.text ?? '';
  expect(wg(filled())).toMatch(/WGOBFS --key moss .*MTU = 1412/s);

  const before = {
    hasPresharedKey: false,
    hasPassword: false,
    ttlSecurity: false,
    disguise: {
      obfuscation: { kind: 'ipt_xor', key: 'lichen' },
      ofPort: { kind: 'wgobfs', key: 'moss' },
      mtu: 1420,
    },
    ours: VIEW.nodes[0]!.ours,
    shared: {},
  } as const;
  expect(wg(filled(), before)).toContain('XOR --keys lichen');
  expect(wg(filled({ disguise: 'as-port' }), before)).toContain('--key moss');
  expect(wg(filled({ disguise: 'none' }), before)).not.toMatch(/moss|lichen/);
  const own = { disguise: 'amneziawg', disguiseOptions: 's4 = 12' } as const;
  expect(wg(filled(own), before)).toMatch(/MTU = 1408.*S4 = 12/s);
  // A wrong option never stands in the text.
  expect(wg(filled({ ...own, disguiseOptions: 's4 = 12; reboot' }), before)).not.toContain(
    'reboot',
  );
});

test('the preview of a peering follows what the operator has set for it', () => {
  const { disguise, ours } = {
    disguise: { obfuscation: { kind: 'none' }, ofPort: { kind: 'none' }, mtu: 1420 },
    ours: { ...VIEW.nodes[0]!.ours, asn: 4242426666, endpoint: 'node.example.net:26001' },
  } as const;
  const before = {
    hasPresharedKey: false,
    hasPassword: true,
    ttlSecurity: true,
    disguise,
    ours,
    shared: { bfd: true, role: 'provider' },
  } as const;
  const [wg, bird] = previewOf(filled(), VIEW, check(filled()), before);
  expect(wg?.text).toContain('Endpoint = node.example.net:26001');
  expect(bird?.text).toContain('as 4242426666;');
  for (const line of ['password "', 'ttl security on;', 'bfd on;', 'local role customer;'])
    expect(bird?.text).toContain(line);
});

test('an operator sends what the form says of the disguise, a visitor nothing', () => {
  expect(changesOf(filled(), ASN)).not.toHaveProperty('obfuscation');
  expect(changesOf(filled({ disguise: 'as-port' }), ASN).obfuscation).toBeNull();
  const moss = { disguise: 'wgobfs', disguiseKey: 'moss' } as const;
  expect(changesOf(filled(moss), ASN).obfuscation).toEqual({ kind: 'wgobfs', key: 'moss' });
  expect(restartsSession(filled(), filled(moss))).toBe(true);
});

test('an operator sends the further options as they stand in the form, a visitor none', () => {
  expect(changesOf(filled(), ASN)).not.toHaveProperty('options');
  expect(changesOf(filled({ options: '' }), ASN).options).toBe('');
  expect(changesOf(filled({ options: 'bfd: true' }), ASN).options).toBe('bfd: true');
});

test('a tunnel without sessions keeps extended next hop for its dynamic neighbors', () => {
  const values = filled({ sessions: 'none', extendedNextHop: true });
  expect(changesOf(values, ASN).extendedNextHop).toBe(true);
});

test('key, addresses, MTU and session shape restart the session, contact and endpoint do not', () => {
  expect(restartsSession(filled(), filled({ mtu: '1412' }))).toBe(true);
  expect(restartsSession(filled(), filled({ contact: 'x', endpoint: 'a.example:1' }))).toBe(false);
});

const VIEW: NewPeeringView = {
  nodes: [
    {
      name: 'tokyo',
      place: 'Tokyo',
      country: 'JP',
      state: 'up',
      stateSince: null,
      stateReason: null,
      isOpen: true,
      closedReason: null,
      families: ['ipv4'],
      places: { taken: 0, limit: null },
      established: 0,
      routes: { ipv4: 0, ipv6: 0 },
      approval: 'automatic',
      ours: {
        asn: 4242426000,
        publicKey: 'v5Wqu+INYEmqUt0VydTrnW/c8tfV2f6JnyB3eebB4GM=',
        endpoint: 'tokyo.example:51820',
        linkLocal: 'fe80::6000',
        addresses: ['172.21.128.1', 'fd42:6000::1'],
      },
      rttUrl: '/rtt',
    },
  ],
  ruleNodes: [
    {
      name: 'tokyo',
      asn: 4242426000,
      publicKey: 'v5Wqu+INYEmqUt0VydTrnW/c8tfV2f6JnyB3eebB4GM=',
      linkLocal: 'fe80::6000',
      addresses: ['172.21.128.1', 'fd42:6000::1'],
      announce: ['172.21.128.0/27'],
      endpoint: 'tokyo.example',
      privateEndpoints: false,
    },
  ],
  portDisguises: {},
  network: { asn: ASN, name: 'alder' },
  prefixes: ['172.21.129.0/27'],
  defaults: {
    linkLocal: 'fe80::6001',
    mtu: 1420,
    policy: 'full',
    importLimit: 9000,
    contact: null,
  },
};

const filled = (change: Partial<FormValues> = {}): FormValues => ({
  ...emptyValues(VIEW, 'visitor'),
  publicKey: KEY,
  endpoint: '203.0.113.5:26000',
  ...change,
});
const check = (values: FormValues) => checkValues(values, ASN, VIEW.ruleNodes[0], 'visitor');
const preview = (values: FormValues) => previewOf(values, VIEW, check(values), undefined);
