import { expect, test } from 'vitest';
import { checkSameOrigin, isAllowedHost } from './origins.ts';

const ORIGINS = ['https://peer.example.net'];
const visitorAt = (host: string, local = '172.21.128.1'): Headers =>
  new Headers({ host, 'x-rootless42-local-address': local, 'x-rootless42-overlay': '1' });

test('from DN42 the portal answers under the address that was asked, whatever the origins are', () => {
  for (const origins of [[], ORIGINS]) {
    expect(isAllowedHost(visitorAt('172.21.128.1'), origins, [])).toBe(true);
    expect(isAllowedHost(visitorAt('[FDB0:6000:100::1]', 'fdb0:6000:100::1'), origins, [])).toBe(
      true,
    );
    for (const host of ['172.21.128.2', 'localhost', 'evil.example', '[::ffff:172.21.128.1]', ''])
      expect(isAllowedHost(visitorAt(host), origins, []), host).toBe(false);
  }
  expect(isAllowedHost(visitorAt('peer.example.net'), ORIGINS, [])).toBe(true);
});

test('from elsewhere an address is no name once there are origins', () => {
  const headers = visitorAt('172.21.128.1');
  headers.delete('x-rootless42-overlay');
  expect(isAllowedHost(headers, ORIGINS, [])).toBe(false);
});

test('a page on the node in DN42 may change things, another site may not', () => {
  const headers = visitorAt('172.21.128.1');
  headers.set('origin', 'http://172.21.128.1');
  headers.set('sec-fetch-site', 'same-origin');
  expect(() => checkSameOrigin(headers)).not.toThrow();
  headers.set('origin', 'http://172.21.128.2');
  expect(() => checkSameOrigin(headers)).toThrow();
});
