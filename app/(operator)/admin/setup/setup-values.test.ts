import { expect, test } from 'vitest';
import type { SetupView } from '../../../_queries/view-models.ts';
import { checkSetup, initialValues, setupInputOf, withAsn } from './setup-values.ts';

test('with AS number and password the defaults are complete', () => {
  const values = { ...withAsn(start(), '6000'), password: 'correct horse battery' };
  expect(checkSetup(values)).toEqual([]);
  expect(setupInputOf(values)).toMatchObject({
    asn: 4242426000,
    node: { linkLocal: 'fe80::6000', endpoint: 'node.example', listenPort: 51820 },
    registry: { kind: 'git' },
  });
});

test('the link-local address follows the AS number until somebody types it', () => {
  const first = withAsn(start(), '6000');
  expect(withAsn(first, '6001').linkLocal).toBe('fe80::6001');
  expect(withAsn({ ...first, linkLocal: 'fe80::42' }, '6001').linkLocal).toBe('fe80::42');
});

test('lists may be separated by lines, blanks or commas', () => {
  const values = { ...start(), addresses: '172.21.128.1,\n fd42:6000::1', announce: '' };
  expect(setupInputOf(values).node.addresses).toEqual(['172.21.128.1', 'fd42:6000::1']);
});

test('each mistake is named with its field', () => {
  const values = { ...start(), name: 'Tokyo 1', addresses: '172.21.300.1', announce: '10.0.0.1/8' };
  expect(checkSetup(values).map(({ path }) => path)).toEqual([
    'password',
    'asn',
    'node.name',
    'node.addresses',
    'node.announce',
  ]);
});

test('an unreachable node has no endpoint', () => {
  expect(setupInputOf({ ...start(), isUnreachable: true }).node.endpoint).toBeNull();
});

const VIEW: SetupView = {
  state: 'open',
  canDemo: true,
  fixed: {},
  defaults: {
    operatorName: 'operator',
    asn: 0,
    networkName: '',
    node: {
      name: 'node1',
      place: '',
      country: '',
      addresses: [],
      announce: [],
      linkLocal: '',
      listenPort: 51820,
      endpoint: null,
    },
    registry: { kind: 'git', url: 'https://git.dn42.dev/dn42/registry.git' },
    approval: 'automatic',
  },
};
const start = () => initialValues(VIEW, 'node.example');
