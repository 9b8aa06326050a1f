/** Which endpoints that others told are tried. */
import { expect, test } from 'vitest';
import { whyNotTried } from './endpoint-admission.ts';
import { underlay } from './testing/mesh-lab.ts';

test.each([
  ['192.0.2.1:4000', false, undefined],
  ['10.0.0.1:4000', false, undefined],
  ['127.0.0.1:4000', false, 'loopback'],
  ['127.0.0.1:4000', true, undefined],
  ['[::1]:4000', false, 'loopback'],
  ['[::]:4000', true, 'no unicast'],
  ['[ff02::1]:4000', true, 'no unicast'],
  ['[fe80::1]:4000', true, 'link-local'],
  ['169.254.7.7:4000', true, 'link-local'],
  ['203.0.113.9:3000', false, 'ours'],
  ['203.0.113.9:3001', false, undefined],
])('%s, where we listen on loopback: %s', (endpoint, listensOnLoopback, because) => {
  const parts = {
    ownEndpoints: () => [underlay('203.0.113.9:3000')],
    listensOnLoopback,
    isInUse: () => true,
  };
  expect(whyNotTried(underlay(endpoint), parts)).toBe(because);
});
