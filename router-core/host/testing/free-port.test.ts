import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';

test('who asks at the same time gets ports of their own', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  expect(new Set(ports).size).toBe(ports.length);
});
