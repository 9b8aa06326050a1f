import { expect, test } from 'vitest';
import { address } from '../../netstack/testing/test-node.ts';
import { Gate } from './gate.ts';
import { SERVICE_CONNECTIONS, SERVICE_CONNECTIONS_PER_SOURCE } from './limits.ts';

test('one source takes a part of a service, an IPv6 /64 being one', () => {
  const gate = new Gate();
  const leaves = Array.from({ length: SERVICE_CONNECTIONS_PER_SOURCE }, (_, i) =>
    gate.admit(address(`fd00:1::${(i + 1).toString(16)}`)),
  );
  expect(leaves.every((leave) => leave !== undefined)).toBe(true);
  expect(gate.admit(address('fd00:1::ffff'))).toBeUndefined();
  expect(gate.view().lastRefusal?.reason).toBe('source-full');
  expect(gate.admit(address('fd00:1:0:1::1'))).toBeDefined();
  expect(gate.admit(address('172.20.0.1'))).toBeDefined();
  expect(gate.admit(address('172.20.0.2'))).toBeDefined();
  leaves[0]?.();
  // Leaving twice is leaving once.
  leaves[0]?.();
  expect(gate.admit(address('fd00:1::ffff'))).toBeDefined();
  expect(gate.admit(address('fd00:1::ffff'))).toBeUndefined();
});

test('a service has a limit, and counts whom it turned away', () => {
  const gate = new Gate();
  for (let i = 0; i < SERVICE_CONNECTIONS; i++) expect(gate.admit()).toBeDefined();
  expect(gate.admit()).toBeUndefined();
  expect(gate.view().lastRefusal?.reason).toBe('service-full');
  gate.refuse('no-route');
  expect(gate.view()).toEqual({
    now: SERVICE_CONNECTIONS,
    total: SERVICE_CONNECTIONS,
    refused: 2,
    limit: SERVICE_CONNECTIONS,
    lastRefusal: { at: expect.stringMatching(/^\d{4}-.*Z$/), reason: 'no-route' },
  });
});
