import { expect, test } from 'vitest';
import { asnFromNumber } from '../../../base/asn.ts';
import {
  formatIpAddress,
  formatIpPrefix,
  type IpAddress,
  parseIpPrefix,
} from '../../../base/ip-address.ts';
import { type Asn, instant } from '../../../base/units.ts';
import type { Measurements } from '../../measurements/index.ts';
import type { Router, RouterRegistry } from '../../router.ts';
import type { PeeringView, SessionView } from '../../types.ts';
import { QUERY_NAMES, type QueryInput, type QueryName, type QueryRow } from '../contract.ts';
import { startQuery, textOfRow } from './index.ts';
import { dumpWithMarks } from './malformed.ts';
import { readNumber, readTarget } from './query.ts';
import { comparisonInWords, remedyInWords, ruleInWords, sourceInWords } from './words.ts';

const roa = (prefix: string, maxLength: number, asn: number): RouterRegistry['roas'][number] => ({
  prefix: parseIpPrefix(prefix)!,
  maxLength,
  asn: asnFromNumber(asn) as Asn,
});
const REGISTRY = {
  roas: [
    roa('172.21.129.0/27', 29, 4242426001),
    roa('172.21.129.0/27', 27, 4242426101),
    roa('fdb1:6000:101::/48', 64, 4242426001),
  ],
} as unknown as RouterRegistry;

/** What a query asks of a router, and no more. */
const routerWith = (parts: Partial<Router>): Router => parts as Router;
const withRegistry = routerWith({ registry: () => REGISTRY });

function rowsOf(
  router: Router,
  name: QueryName,
  argument: string,
  options: QueryInput['options'] = {},
): QueryRow[] {
  const run = startQuery(router, { name, argument, options }, instant(0));
  const rows: QueryRow[] = [];
  for (let step = run.next(); step.done !== true; step = run.next())
    if (step.value) rows.push(step.value);
  return rows;
}

test('a target is an address or a prefix; a prefix loses its host bits', () => {
  expect(formatIpAddress(readTarget(' FD42::1 ').address)).toBe('fd42::1');
  expect(readTarget('172.20.0.53').prefix).toBeUndefined();
  expect(formatIpPrefix(readTarget('172.20.0.53/24').prefix!)).toBe('172.20.0.0/24');
  for (const text of ['', 'example.dn42', '172.20.0.53/33', '1.2.3.4; reboot', '$(reboot)'])
    expect(() => readTarget(text)).toThrow(expect.objectContaining({ code: 'QUERY_INVALID' }));
});

test('an option is a whole number within its bounds', () => {
  const read = (value?: string | number): number =>
    readNumber(
      { name: 'ping', argument: '', options: value === undefined ? {} : { count: value } },
      'count',
      { low: 1, high: 10, otherwise: 4 },
    );
  expect([read(), read(1), read('10')]).toEqual([4, 1, 10]);
  for (const wrong of [0, 11, 1.5, 'x', '1e9', Number.NaN])
    expect(() => read(wrong)).toThrow(expect.objectContaining({ code: 'QUERY_INVALID' }));
});

test('an unknown query names the known ones', () => {
  for (const name of ['tcping', 'toString', '__proto__'])
    expect(() =>
      startQuery(
        routerWith({}),
        { name: name as QueryName, argument: '', options: {} },
        instant(0),
      ),
    ).toThrow(
      expect.objectContaining({
        code: 'QUERY_UNKNOWN',
        message: `Queries are ${QUERY_NAMES.join(', ')}.`,
      }),
    );
});

test.each([
  ['172.21.129.0/27 AS4242426001', 'valid', 2],
  ['172.21.129.8/29 AS4242426001', 'valid', 2],
  ['172.21.129.8/30 AS4242426001', 'invalid-length', 2],
  ['172.21.129.1 4242426001', 'invalid-length', 2],
  ['172.21.129.0/28 AS4242426101', 'invalid-length', 2],
  ['172.21.129.0/27 AS64512', 'invalid-origin', 2],
  ['172.21.128.0/24 AS4242426001', 'not-found', 0],
  ['fdb1:6000:101::/48 AS4242426001', 'valid', 1],
  ['172.21.129.0/27', null, 2],
])('roa %s: %s (RFC 6811)', (argument, verdict, covering) => {
  const [row] = rowsOf(withRegistry, 'roa', argument);
  expect(row).toMatchObject({ verdict });
  expect(row?.covering).toHaveLength(covering);
});

test('roa without a registry, or of nonsense', () => {
  expect(() => rowsOf(routerWith({ registry: () => undefined }), 'roa', 'fd42::/48')).toThrow(
    expect.objectContaining({ code: 'REGISTRY_UNAVAILABLE' }),
  );
  expect(() => rowsOf(withRegistry, 'roa', '172.21.129.0/27 ASx')).toThrow(
    expect.objectContaining({ code: 'QUERY_INVALID' }),
  );
});

test('ping reaches DN42 and nothing else', () => {
  const started: string[] = [];
  const measurements = {
    ping({ target, count, size }: { target: IpAddress; count: number; size: number }) {
      started.push(`${formatIpAddress(target)} ${count} ${size}`);
      return { take: () => undefined, isDone: true, stop: () => undefined };
    },
  } as unknown as Measurements;
  const vrfs = { find: () => ({ measurements }) };
  const router = routerWith({ engine: { vrfs } as unknown as Router['engine'] });
  for (const target of ['172.20.0.53', 'fd42:d42:d42:54::1', '10.127.0.1'])
    rowsOf(router, 'ping', target);
  rowsOf(router, 'ping', '172.20.0.53', { count: '1', size: 1400 });
  expect(started).toEqual([
    '172.20.0.53 4 56',
    'fd42:d42:d42:54::1 4 56',
    '10.127.0.1 4 56',
    '172.20.0.53 1 1400',
  ]);
  for (const target of [
    '1.1.1.1',
    '192.168.1.1',
    '127.0.0.1',
    '2606:4700::1111',
    'fe80::1',
    '::1',
    '::ffff:172.20.0.53',
  ])
    expect(() => rowsOf(router, 'ping', target), target).toThrow(
      expect.objectContaining({ code: 'TARGET_FORBIDDEN' }),
    );
  for (const [target, options] of [
    ['172.20.0.0/24', {}],
    ['172.20.0.53', { count: 11 }],
    ['172.20.0.53', { size: 1401 }],
  ] as const)
    expect(() => rowsOf(router, 'ping', target, options)).toThrow(
      expect.objectContaining({ code: 'QUERY_INVALID' }),
    );
});

const SESSION: SessionView = {
  name: 'alder_v6',
  state: 'established',
  since: '2026-11-21T12:00:00.000Z',
  received: 3,
  accepted: 2,
  rejected: 1,
  sent: 4,
  families: { ipv6: { received: 3, accepted: 2, rejected: 1, sent: 4 } },
  lastNotification: null,
  localAddress: 'fe80::6000',
  remoteAddress: 'fe80::6001',
  routerId: '172.21.129.1',
  holdTimeSeconds: 90,
  capabilities: [],
  rejectedReasons: {},
};
const withPeering = routerWith({
  snapshot: () =>
    ({
      peerings: [
        {
          name: 'alder',
          asn: 4242426001,
          tunnel: { roundTripMs: 1.5, endpoint: '203.0.113.5:51820' },
          sessions: [SESSION, { ...SESSION, name: 'alder_v4' }],
        } as unknown as PeeringView,
      ],
    }) as unknown as ReturnType<Router['snapshot']>,
});

test('summary is one row per session', () => {
  const rows = rowsOf(withPeering, 'summary', '');
  expect(rows.map((row) => row.session)).toEqual(['alder_v6', 'alder_v4']);
  expect(rows[0]).toMatchObject({
    asn: 4242426001,
    accepted: 2,
    roundTripMs: 1.5,
    lastError: null,
    families: ['ipv6'],
  });
  expect(textOfRow('summary', rows[0]!)).toBe(
    'alder_v6             AS4242426001  established  2026-11-21T12:00:00.000Z  2 in, 1 rejected, 4 out',
  );
});

test('a neighbor is found by its own or its peering’s name, and its endpoint stays private', () => {
  expect(rowsOf(withPeering, 'neighbor', 'alder_v4').map((row) => row.name)).toEqual(['alder_v4']);
  expect(rowsOf(withPeering, 'neighbor', 'alder')).toHaveLength(2);
  expect(JSON.stringify(rowsOf(withPeering, 'neighbor', 'alder'))).not.toContain('203.0.113.5');
  expect(() => rowsOf(withPeering, 'neighbor', 'birch\u001b[2J')).toThrow(
    'No neighbor is named birch.',
  );
});

test('route and routes-from refuse options that do not exist', () => {
  expect(() => rowsOf(routerWith({}), 'route', 'fd42::/48', { mode: 'all' })).toThrow(
    expect.objectContaining({ code: 'QUERY_INVALID', details: { path: 'mode' } }),
  );
  expect(() => rowsOf(routerWith({}), 'routes-from', 'alder', { which: 'best' })).toThrow(
    expect.objectContaining({ code: 'QUERY_INVALID', details: { path: 'which' } }),
  );
});

test('a row is one line for a terminal', () => {
  const view = {
    prefix: '172.21.129.0/27',
    from: 'alder',
    isBest: true,
    rejected: null,
    why: { name: 'only path' },
    attributes: { asPathText: '4242426001' },
  };
  expect(textOfRow('route', view)).toBe(
    '* 172.21.129.0/27          alder                4242426001  only path',
  );
  const rejected = { ...view, isBest: false, rejected: { reason: 'roa-not-found' } };
  expect(textOfRow('routes-from', rejected)).toContain('rejected: roa-not-found');
  expect(textOfRow('route', { ...view, attributes: { asPathText: '' }, why: undefined })).toMatch(
    /own$/,
  );
  expect(
    textOfRow('ping', {
      sequence: 0,
      outcome: 'reply',
      from: 'fd42::1',
      roundTripMs: 1.25,
      detail: 'hop limit 63',
    }),
  ).toBe('reply from fd42::1: seq=0 time=1.25 ms hop limit 63');
  expect(
    textOfRow('ping', {
      sequence: 1,
      outcome: 'timeout',
      from: null,
      roundTripMs: null,
      detail: 'no answer within 2 s',
    }),
  ).toBe('seq=1 timeout: no answer within 2 s');
});

test('octets at fault stand in brackets, on every line they reach', () => {
  const body = Uint8Array.from({ length: 20 }, (_, i) => i);
  const lines = (start: number, end: number): string[] =>
    dumpWithMarks(body, start, end).split('\n');
  expect(lines(1, 3)).toEqual([
    '0000 00[01 02]03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f',
    '0010 10 11 12 13',
  ]);
  expect(lines(15, 17)).toEqual([
    '0000 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e[0f]',
    '0010[10]11 12 13',
  ]);
  expect(lines(14, 16)[0]).toMatch(/\[0e 0f\]$/);
  expect(lines(14, 16)[1]).toBe('0010 10 11 12 13');
  expect(lines(18, 20)[1]).toBe('0010 10 11[12 13]');
  // Nothing to mark: an attribute that is missing.
  expect(dumpWithMarks(body, 0, 0)).not.toMatch(/[[\]]/);
});

test('numbers are compared by sign, all else side by side', () => {
  const step = { step: 3, against: 'birch' };
  expect(
    comparisonInWords({ ...step, name: 'local preference', value: 100, otherValue: 150 }),
  ).toBe('local preference 100 < 150');
  expect(comparisonInWords({ ...step, name: 'origin', value: 'IGP', otherValue: 'EGP' })).toBe(
    'origin: IGP vs EGP',
  );
  expect(
    comparisonInWords({ ...step, name: 'older route', value: '2026-1', otherValue: '2026-2' }),
  ).toBe('older route: since 2026-1 vs 2026-2');
});

test('every reason of the policy has words and a remedy; an unknown one stands for itself', () => {
  for (const reason of ['roa-not-found', 'own-as', 'taw:2', 'registry-missing'])
    expect([ruleInWords(reason), remedyInWords(reason)].join()).toMatch(/ .*,.* /);
  expect([ruleInWords('toString'), remedyInWords('toString')]).toEqual(['toString', null]);
});

test('a path is called by its id where it came with one (RFC 7911)', () => {
  expect(sourceInWords('alder', 7)).toBe('alder path 7');
  for (const none of [null, undefined]) expect(sourceInWords('alder', none)).toBe('alder');
});
