import { expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { goldenMessages } from '../testing/golden.ts';
import { hexBytes } from '../testing/scripted-router.ts';
import { checkHeader } from './header.ts';
import { buildKeepalive } from './keepalive.ts';
import { buildRouteRefresh, readRouteRefresh } from './route-refresh.ts';

const SUBTYPES = ['request', 'BoRR', 'EoRR'];

test.each(goldenMessages('ROUTE-REFRESH').map((m) => [m.name, m] as const))(
  'golden ROUTE-REFRESH %s',
  (_, { bytes, hex, decoded }) => {
    const reading = readRouteRefresh(bytes, 0, bytes.length);
    if (reading.kind !== 'refresh') throw new Error(reading.kind);
    const { family, subtype } = reading.refresh;
    expect({ family: `${family}-unicast`, subtype: SUBTYPES[subtype] }).toEqual({
      family: decoded.family,
      subtype: decoded.subtype,
    });
    expect(toHex(buildRouteRefresh(family, subtype))).toBe(hex);
  },
);

test.each(goldenMessages('KEEPALIVE').map((m) => [m.name, m] as const))(
  'golden KEEPALIVE %s',
  (_, { bytes, hex }) => {
    expect(checkHeader(bytes, 0, 4096)).toBeUndefined();
    expect(toHex(buildKeepalive())).toBe(hex);
  },
);

test('filters of a request are ignored, in a bracket they are an error (RFC 7313 §5)', () => {
  const header = 'ff'.repeat(16);
  const request = hexBytes(`${header}001905000100010102`);
  expect(readRouteRefresh(request, 0, 25).kind).toBe('refresh');
  const bracket = hexBytes(`${header}001905000101010102`);
  expect(readRouteRefresh(bracket, 0, 25)).toMatchObject({
    kind: 'error',
    notification: { code: 7, subcode: 1, data: bracket },
  });
});
