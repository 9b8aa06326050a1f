/**
 * A resolver that does not answer keeps two threads, whatever the list of time servers.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type IpAddress, parseIpAddress } from '../../base/ip-address.ts';
import { TIME_SERVER_LOOKUPS } from './limits.ts';
import { timeServerFinder } from './time-server-names.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ADDRESS = parseIpAddress('192.0.2.123') as IpAddress;
const HOSTS = Array.from({ length: 27 }, (_, n) => `time${n}.example`);

/** A resolver whose answers the test gives. */
function slowResolver() {
  const asked = new Map<string, (addresses: IpAddress[]) => void>();
  const find = timeServerFinder((host) => new Promise((answer) => asked.set(host, answer)));
  return { asked, find };
}

test('without an answer a few names are asked for, and the others give up in time', async () => {
  const { asked, find } = slowResolver();
  const found = Promise.all(HOSTS.map((host) => find(host, 3000)));
  await vi.advanceTimersByTimeAsync(3000);
  expect(await found).toEqual(HOSTS.map(() => undefined));
  expect([...asked.keys()]).toEqual(HOSTS.slice(0, TIME_SERVER_LOOKUPS));
  // A minute later these lookups still go on: nothing is added to them.
  const again = find('later.example', 3000);
  await vi.advanceTimersByTimeAsync(3000);
  expect(await again).toBeUndefined();
  expect(asked.size).toBe(TIME_SERVER_LOOKUPS);
});

test('with answers every name has its turn, and a literal needs none', async () => {
  const { asked, find } = slowResolver();
  const found = Promise.all(HOSTS.map((host) => find(host, 3000)));
  expect(await find('192.0.2.123', 3000)).toEqual(ADDRESS);
  for (const host of HOSTS) {
    asked.get(host)?.([ADDRESS]);
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(await found).toEqual(HOSTS.map(() => ADDRESS));
});

test('a lookup that fails passes its turn on', async () => {
  const asked: string[] = [];
  const find = timeServerFinder((host) => {
    asked.push(host);
    return Promise.reject(new Error('no such call'));
  });
  const found = Promise.allSettled(HOSTS.map((host) => find(host, 3000)));
  await vi.advanceTimersByTimeAsync(10);
  expect((await found).every(({ status }) => status === 'rejected')).toBe(true);
  expect(asked).toEqual(HOSTS);
});
