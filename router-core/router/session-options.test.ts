import { expect, test } from 'vitest';
import type { SessionOptions } from './session-option-types.ts';
import {
  checkSessionOptions,
  effectOfChange,
  OPTION_EFFECTS,
  optionContextOf,
  optionsInForce,
  pickSessionOptions,
  prefixLimitOf,
  routeOptionsIn,
  SESSION_OPTION_FIELDS,
  SESSION_OPTION_KEYS,
} from './session-options.ts';

const CONTEXT = {
  nodeAsn: 4242426000,
  nodeAddresses: ['172.21.128.1', '172.21.128.2', 'fdb0:6000:100::1'],
  asn: 4242426001,
  sessions: 'separate',
  isGuarded: false,
  hasIpv6Address: true,
  hasBfd: false,
  isRouteServerClient: false,
};
const check = (options: SessionOptions, change: Partial<typeof CONTEXT> = {}): string[] =>
  checkSessionOptions(options, { ...CONTEXT, ...change }).map(
    ({ severity, code, path }) => `${severity} ${code} ${path}`,
  );
const DYNAMIC = { range: 'fe80::/64', asns: [4242426001] };

test('every key of the file is an option with an effect', () => {
  expect(Object.keys(SESSION_OPTION_FIELDS).sort()).toEqual([...SESSION_OPTION_KEYS].sort());
  expect(Object.keys(OPTION_EFFECTS).sort()).toEqual(
    SESSION_OPTION_KEYS.filter((key) => key !== 'ipv4' && key !== 'ipv6').sort(),
  );
});

test.each<SessionOptions>([
  {},
  { description: 'Alder, by the lake', sourceAddress: '172.21.128.2' },
  { localAs: { asn: 4242420099, noPrepend: true, replaceAs: true } },
  { holdTime: 0 },
  { multihop: 2 },
  { blackhole: true },
  { multihop: 255 },
  { holdTime: 9, keepaliveTime: 3, connectRetryTime: 1 },
  { prefixLimit: { received: 1_000_000, accepted: 200_000, action: 'restart', restartAfter: 1 } },
  { ipv4: { allowasIn: 10 }, ipv6: { prefixLimit: { warnAt: 100 }, importTable: false } },
  { dynamicNeighbors: { ...DYNAMIC, max: 256 } },
])('%j is right', (options) => {
  expect(check(options)).toEqual([]);
});

test.each<[string, SessionOptions, Partial<typeof CONTEXT>?]>([
  ['description', { description: 'two\nlines' }],
  ['sourceAddress', { sourceAddress: '172.21.128.3' }],
  ['sourceAddress', { sourceAddress: 'fdb0:6000:100::1' }],
  ['sourceAddress', { sourceAddress: '172.21.128.1' }, { sessions: 'mp-bgp' }],
  ['multihop', { multihop: 1 }],
  ['multihop', { multihop: 256 }],
  ['multihop', { multihop: 2, dynamicNeighbors: DYNAMIC }],
  ['multihop', { multihop: 2 }, { sessions: 'none' }],
  ['multihop', { multihop: 2 }, { hasBfd: true }],
  ['multihop', { multihop: 2 }, { nodeAddresses: ['172.21.128.1', 'fe80::1'] }],
  ['addresses.ipv6', { multihop: 2 }, { hasIpv6Address: false }],
  ['localAs.asn', { localAs: { asn: 0 } }],
  ['localAs.asn', { localAs: { asn: CONTEXT.nodeAsn } }],
  ['localAs.asn', { localAs: { asn: CONTEXT.asn } }],
  ['localAs', { localAs: { asn: 4242420099 } }, { isRouteServerClient: true }],
  ['localAs', { localAs: { asn: 4242420099 } }, { asn: CONTEXT.nodeAsn }],
  ['asOverride', { asOverride: true }, { isRouteServerClient: true }],
  ['ipv6.nextHopSelf', { ipv6: { nextHopSelf: 'always' } }, { isRouteServerClient: true }],
  ['holdTime', { holdTime: 2 }],
  ['holdTime', { holdTime: 65536 }],
  ['keepaliveTime', { keepaliveTime: 31 }],
  ['keepaliveTime', { holdTime: 0, keepaliveTime: 1 }],
  ['connectRetryTime', { connectRetryTime: 0 }],
  ['allowasIn', { allowasIn: 11 }],
  ['ipv6.allowasIn', { ipv6: { allowasIn: 11 } }],
  ['prefixLimit.received', { prefixLimit: { received: 0 } }],
  ['prefixLimit.accepted', { prefixLimit: { accepted: 200_001 } }],
  ['ipv4.prefixLimit.restartAfter', { ipv4: { prefixLimit: { restartAfter: 0 } } }],
  ['prefixLimit.warnAt', { prefixLimit: { warnAt: 101 } }],
  ['dynamicNeighbors.range', { dynamicNeighbors: { ...DYNAMIC, range: 'fe80::1/64' } }],
  ['dynamicNeighbors.asns', { dynamicNeighbors: { ...DYNAMIC, asns: [] } }],
  ['dynamicNeighbors.asns[0]', { dynamicNeighbors: { ...DYNAMIC, asns: [CONTEXT.nodeAsn] } }],
  ['dynamicNeighbors.max', { dynamicNeighbors: { ...DYNAMIC, max: 257 } }],
  ['dynamicNeighbors', { dynamicNeighbors: DYNAMIC }, { isGuarded: true }],
])('%s is wrong in %j', (path, options, context) => {
  expect(check(options, context)).toEqual([`error SESSION_OPTION_INVALID ${path}`]);
});

test.each<[string, object]>([
  ['password', { password: 'sesame' }],
  ['tcpAo', { tcpAo: [{ sendId: 1, receiveId: 2, key: 'sesame' }] }],
  ['ttlSecurity', { ttlSecurity: true }],
])('%s beside dynamic neighbors is refused: nothing would prove it', (_name, guard) => {
  const peering = { asn: CONTEXT.asn, sessions: 'none', dynamicNeighbors: DYNAMIC, ...guard };
  const context = optionContextOf(peering, CONTEXT.nodeAsn, CONTEXT.nodeAddresses);
  expect(checkSessionOptions(peering, context)).toMatchObject([
    { code: 'SESSION_OPTION_INVALID', path: 'dynamicNeighbors', severity: 'error' },
  ]);
});

test('removing private ASes is allowed with a warning: every AS of DN42 is private', () => {
  expect(check({ removePrivateAs: 'all' })).toEqual([
    'warning SESSION_OPTION_RISKY removePrivateAs',
  ]);
});

test('a document from elsewhere may hold anything, and gets findings', () => {
  const wrong = { allowasIn: 'many', prefixLimit: { action: 'explode' }, ipv4: 7 } as object;
  expect(check(wrong as SessionOptions)).toEqual([
    'error CONFIG_TYPE allowasIn',
    'error CONFIG_TYPE prefixLimit.action',
    'error CONFIG_TYPE ipv4',
  ]);
});

test('the strongest effect of what differs counts', () => {
  expect(effectOfChange({}, {})).toBeUndefined();
  expect(effectOfChange({}, { description: 'x', prefixLimit: { received: 9 } })).toBe('hot');
  expect(effectOfChange({ description: 'x' }, { ipv6: { allowasIn: 1 } })).toBe('refresh');
  expect(effectOfChange({}, { ipv6: { prefixLimit: { accepted: 1 } } })).toBe('hot');
  expect(effectOfChange({ allowasIn: 1 }, { holdTime: 30 })).toBe('restart');
  expect(effectOfChange({ ipv4: {} }, {})).toBeUndefined();
});

test('a family’s own value wins, key by key', () => {
  const options = {
    importLimit: 9000,
    allowasIn: 1,
    prefixLimit: { received: 100, action: 'restart' },
    ipv6: { allowasIn: 2, prefixLimit: { accepted: 5, action: 'disable' } },
  } as const;
  const { ipv4, ipv6 } = routeOptionsIn(options, 4242426000);
  expect(ipv4).toMatchObject({
    allowasIn: 1,
    prefixLimit: { received: 100, accepted: 9000, action: 'restart', warnAtPercent: 80 },
  });
  expect(ipv6).toMatchObject({
    allowasIn: 2,
    prefixLimit: { received: 100, accepted: 5, action: 'disable', warnAtPercent: 80 },
  });
  expect(prefixLimitOf(options, 'ipv6')).toMatchObject({ restartAfter: 300 });
});

test('local-as is what comes in and goes out of both families', () => {
  const localAs = { asn: 4242420099 };
  const of = (more: object) =>
    routeOptionsIn({ importLimit: 1, localAs: { ...localAs, ...more } }, 4242426000).ipv4;
  expect(of({})).toMatchObject({ prependsLocalAs: true, showsAs: 4242426000 });
  expect(of({ noPrepend: true })).toMatchObject({ prependsLocalAs: false, showsAs: 4242426000 });
  expect(of({ replaceAs: true })).toMatchObject({ prependsLocalAs: true, showsAs: 0 });
});

test('what is in force is shown with its defaults', () => {
  expect(optionsInForce({ importLimit: 9000, holdTime: 30 }, ['ipv4'], 4242426000)).toEqual({
    description: null,
    multihop: null,
    localAs: 4242426000,
    holdTime: 30,
    keepaliveTime: 10,
    connectRetryTime: 15,
    families: {
      ipv4: {
        allowasIn: 0,
        blackhole: false,
        enforceFirstAs: true,
        asOverride: false,
        removePrivateAs: 'off',
        nextHopSelf: 'always',
        nextHopKeep: false,
        defaultOriginate: false,
        importTable: true,
        prefixLimit: { accepted: 9000, action: 'block', restartAfter: 300, warnAt: 80 },
      },
    },
  });
});

test('picking takes the options of a peering and nothing else', () => {
  expect(pickSessionOptions({ ...{ name: 'alder', mtu: 1420 }, allowasIn: 1 })).toEqual({
    allowasIn: 1,
  });
});
