import { expect, test } from 'vitest';
import { meaningOfCommunity, sortCommunities } from './communities.ts';
import { countryName, countryOfNumber } from './countries.ts';

const OURS = 4242426000;

test('latency classes name their upper bound, the last one its lower (portal specification §11.1)', () => {
  expect(meaningOfCommunity('64511:1', OURS)).toEqual({
    kind: 'latency',
    bound: '2.7',
    over: false,
  });
  expect(meaningOfCommunity('64511:3', OURS)).toEqual({
    kind: 'latency',
    bound: '20',
    over: false,
  });
  expect(meaningOfCommunity('64511:8', OURS)).toMatchObject({ bound: '2,981', over: false });
  expect(meaningOfCommunity('64511:9', OURS)).toMatchObject({ bound: '2,981', over: true });
});

test('bandwidth classes are lower bounds (portal specification §11.2)', () => {
  expect(meaningOfCommunity('64511:21', OURS)).toMatchObject({ bound: '0.1 Mbit/s' });
  expect(meaningOfCommunity('64511:25', OURS)).toMatchObject({ bound: '1 Gbit/s' });
});

test('encryption, link, loss and region have words for the values in use and none for others', () => {
  expect(meaningOfCommunity('64511:34', OURS)).toEqual({ kind: 'encryption', level: '34' });
  expect(meaningOfCommunity('64511:83', OURS)).toEqual({ kind: 'link', type: '83' });
  expect(meaningOfCommunity('64511:91', OURS)).toEqual({ kind: 'loss', level: '91' });
  expect(meaningOfCommunity('64511:52', OURS)).toEqual({ kind: 'region', region: '52' });
  for (const unknown of ['64511:0', '64511:10', '64511:30', '64511:86', '64511:58', '64511:2000'])
    expect(meaningOfCommunity(unknown, OURS), unknown).toBeUndefined();
});

test('countries are 1000 and the ISO number (portal specification §11.5)', () => {
  expect(meaningOfCommunity('64511:1392', OURS)).toEqual({ kind: 'country', alpha2: 'JP' });
  expect(meaningOfCommunity('64511:1008', OURS)).toEqual({ kind: 'country', alpha2: 'AL' });
  expect(meaningOfCommunity('64511:1999', OURS)).toBeUndefined();
  expect(countryOfNumber(276)).toBe('DE');
  expect(countryName('de', 'en')).toBe('Germany');
  expect(countryName('??', 'en')).toBe('??');
});

test('well-known communities and our own marks are known, those of others are not', () => {
  expect(meaningOfCommunity('65535:65281', OURS)).toEqual({ kind: 'wellKnown', name: 'noExport' });
  expect(meaningOfCommunity('4242426000:104:1', OURS)).toEqual({
    kind: 'learntFrom',
    relation: '1',
  });
  expect(meaningOfCommunity('4242426001:104:1', OURS)).toBeUndefined();
  expect(meaningOfCommunity('4242426000:104:9', OURS)).toBeUndefined();
  expect(meaningOfCommunity('nonsense', OURS)).toBeUndefined();
});

test('64511 comes first and by value', () => {
  expect(sortCommunities(['65535:0', '64511:34', '64511:3', '65000:9'])).toEqual([
    '64511:3',
    '64511:34',
    '65000:9',
    '65535:0',
  ]);
});
