import { expect, test } from 'vitest';
import { formatEndpoint } from '../base/endpoint.ts';
import { formatIpAddress } from '../base/ip-address.ts';
import { readConfigFile } from './config-file.ts';
import { placeOfService, readServices, type ServicesSettings } from './service-settings.ts';

test('everything is off until the file has it', () => {
  expect(readServices({})).toEqual({ wishes: [], findings: [] });
  const off = {
    overlayPortal: { enabled: false },
    socks: { enabled: false, listen: 'nonsense' },
    httpConnect: { enabled: false },
    forwards: [],
  };
  expect(readServices(off)).toEqual({ wishes: [], findings: [] });
});

test('what is switched on without more words listens on loopback, and asks the anycast resolvers', () => {
  const { wishes } = readServices({
    overlayPortal: { enabled: true },
    socks: { enabled: true },
    httpConnect: { enabled: true },
  });
  expect(wishes.map((wish) => `${wish.kind} ${placeOfService(wish)}`)).toEqual([
    'overlay-portal DN42 port 80',
    'socks 127.0.0.1:1080',
    'http-connect 127.0.0.1:8118',
  ]);
  const socks = wishes[1];
  expect(socks?.kind === 'socks' && socks.resolvers.map(formatIpAddress)).toEqual([
    'fd42:d42:d42:54::1',
    '172.20.0.53',
  ]);
});

test('forwards in both directions', () => {
  const { wishes, findings } = readServices({
    forwards: [
      { from: { overlay: 8080 }, to: 'localhost:80', allow: ['172.20.0.0/14', 'fd00::/8'] },
      { from: { host: '127.0.0.1:8080' }, to: '[fd42::1]:80' },
    ],
  });
  expect(findings).toEqual([]);
  expect(wishes.map((wish) => 'to' in wish && formatEndpoint(wish.to))).toEqual([
    'localhost:80',
    '[fd42::1]:80',
  ]);
});

test.each<[string, ServicesSettings, string, string]>([
  [
    'a proxy for others without password',
    socks({ listen: '0.0.0.0:1080' }),
    'SERVICE_EXPOSED',
    'services.socks',
  ],
  [
    'also over IPv6',
    { httpConnect: { enabled: true, listen: '[::]:8118' } },
    'SERVICE_EXPOSED',
    'services.httpConnect',
  ],
  ['a name to listen on', socks({ listen: 'localhost:1080' }), 'ENDPOINT_SYNTAX', 'services.socks'],
  ['half a login', socks({ username: 'alder' }), 'CONFIG_MISSING_KEY', 'services.socks'],
  [
    'a colon in a name',
    socks({ username: 'a:b', password: 'c' }),
    'PASSWORD_INVALID',
    'services.socks',
  ],
  [
    'an empty password',
    socks({ username: 'a', password: '' }),
    'PASSWORD_INVALID',
    'services.socks',
  ],
  ['a name for a resolver', socks({ resolver: 'dns.dn42' }), 'ADDRESS_SYNTAX', 'services.socks'],
  [
    'no from',
    { forwards: [{ from: {}, to: '127.0.0.1:80' }] },
    'CONFIG_MISSING_KEY',
    'services.forwards[0]',
  ],
  [
    'two froms',
    { forwards: [{ from: { overlay: 1, host: '127.0.0.1:1' }, to: '127.0.0.1:80' }] },
    'CONFIG_MISSING_KEY',
    'services.forwards[0]',
  ],
  [
    'a name in DN42',
    { forwards: [{ from: { host: '127.0.0.1:1' }, to: 'a.dn42:80' }] },
    'ADDRESS_SYNTAX',
    'services.forwards[0]',
  ],
  [
    'a list for the host side',
    { forwards: [{ from: { host: '127.0.0.1:1' }, to: '172.20.0.1:80', allow: [] }] },
    'CONFIG_UNKNOWN_KEY',
    'services.forwards[0]',
  ],
  [
    'a prefix with host bits',
    { forwards: [{ from: { overlay: 1 }, to: 'a:80', allow: ['172.20.0.1/14'] }] },
    'PREFIX_SYNTAX',
    'services.forwards[0]',
  ],
  ["BGP's port", { forwards: [{ from: { overlay: 179 }, to: 'a:80' }] }, 'PORT_IN_USE', 'services'],
  [
    'one port twice',
    { overlayPortal: { enabled: true }, forwards: [{ from: { overlay: 80 }, to: 'a:80' }] },
    'PORT_IN_USE',
    'services',
  ],
])('%s is an error', (_, settings, code, path) => {
  expect(readServices(settings).findings).toMatchObject([{ code, path, severity: 'error' }]);
});

test('with a password a proxy may listen for others; no message shows it', () => {
  const password = 'moss-under-the-alder';
  const open = socks({ listen: '0.0.0.0:1080', username: 'alder', password });
  expect(readServices(open).findings).toEqual([]);
  const wrong = socks({ username: `a:${'x'.repeat(10)}`, password });
  expect(JSON.stringify(readServices(wrong).findings)).not.toContain(password);
});

test('the file is refused with the first thing that is wrong', () => {
  const file = (services: unknown) =>
    readConfigFile({ node: { name: 'tokyo', asn: 4242426000 }, services }, (path) => path);
  expect(file({ socks: { enabled: true } }).file?.services).toEqual({ socks: { enabled: true } });
  expect(file({ socks: { listen: '127.0.0.1:1' } }).findings).toMatchObject([
    { code: 'CONFIG_MISSING_KEY', path: 'services.socks.enabled' },
  ]);
  expect(file({ sock: { enabled: true } }).findings).toMatchObject([
    { code: 'CONFIG_UNKNOWN_KEY' },
  ]);
  expect(file(socks({ listen: '0.0.0.0:1' })).findings).toMatchObject([
    { code: 'SERVICE_EXPOSED' },
  ]);
});

function socks(more: Omit<NonNullable<ServicesSettings['socks']>, 'enabled'>): ServicesSettings {
  return { socks: { enabled: true, ...more } };
}
