import { expect, test } from 'vitest';
import { formatIpAddress } from '../base/ip-address.ts';
import { resolveEndpoint } from './resolve.ts';

const answer = async (host: string, allowPrivate = false): Promise<string | undefined> => {
  const address = await resolveEndpoint(host, allowPrivate);
  return address === undefined ? undefined : formatIpAddress(address);
};

test('a literal is its own answer', async () => {
  expect(await answer('203.0.113.5')).toBe('203.0.113.5');
  expect(await answer('2001:DB8::1')).toBe('2001:db8::1');
});

test('a literal that is not public is refused, unless this is a lab', async () => {
  for (const host of ['127.0.0.1', '10.0.0.1', '::1', 'fe80::1', '::ffff:127.0.0.1']) {
    expect(await answer(host)).toBeUndefined();
    expect(await answer(host, true)).toBeDefined();
  }
});
