import { expect, test } from 'vitest';
import { PEER_CONFIG_FORMATS, writePeerConfig } from './index.ts';
import { sharedOptionsOf } from './shared-options.ts';
import { goldenText, PEER_CONFIG_INPUTS } from './testing/inputs.ts';
import { interfaceName, protocolName, routerIdOf } from './types.ts';

const SHAPES = Object.entries(PEER_CONFIG_INPUTS);
const ALL = SHAPES.flatMap(([shape, input]) =>
  PEER_CONFIG_FORMATS.map((format) => ({ shape, input, format })),
);

test.each(ALL)('$format for $shape is the golden text', async ({ shape, input, format }) => {
  await expect(goldenText(writePeerConfig(format, input))).toMatchFileSnapshot(
    `fixtures/${shape}.${format}.golden`,
  );
});

test.each(ALL)(
  '$format for $shape leaves no gap and no other placeholder than the secrets',
  ({ input, format }) => {
    for (const { text } of writePeerConfig(format, input)) {
      expect(text).not.toMatch(/undefined|null|NaN|\[object|neighbor {2}|address ;/);
      const placeholders = text.match(/<[^>]*>/g) ?? [];
      for (const placeholder of placeholders)
        expect(placeholder).toMatch(
          /^<(your (private|preshared) key|your-BGP-password|b 0xc700000001|r 8|t)>$/,
        );
      for (const comment of text.match(/^[#!].*$/gm) ?? [])
        expect(comment.slice(1)).toMatch(/^[A-Za-z0-9 ._-]*$/);
      expect(text.endsWith('\n')).toBe(true);
    }
  },
);

test.each(ALL)('$format for $shape highlights what stands in it', ({ input, format }) => {
  for (const { text, highlights } of writePeerConfig(format, input))
    for (const value of highlights) expect(text).toContain(value);
});

test('wg-quick leaves routes to the routing daemon and the private key to its owner', () => {
  const [file] = writePeerConfig('wg-quick', PEER_CONFIG_INPUTS['mp-bgp']!);
  expect(file?.text).toContain('\nTable = off\n');
  expect(file?.text).toContain('\nPrivateKey = <your private key>\n');
  expect(file?.text).not.toMatch(/PersistentKeepalive|PresharedKey/);
});

test('FRR learns the AS of a neighbor before its interface', () => {
  const text =
    writePeerConfig('frr', PEER_CONFIG_INPUTS['mp-bgp']!).find((file) => file.part === 'peer')
      ?.text ?? '';
  const positions = ['remote-as', 'interface', 'capability extended-nexthop', 'activate'].map(
    (word) => text.indexOf(word),
  );
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
  expect(positions).not.toContain(-1);
});

test('a key of TCP-AO is shown by its numbers, crosswise, and never itself', () => {
  const shared = sharedOptionsOf({ tcpAo: [{ sendId: 5, receiveId: 7, key: 'moss-secret' }] });
  expect(JSON.stringify(shared)).not.toContain('moss-secret');
  const [, peer] = writePeerConfig('bird2', { ...PEER_CONFIG_INPUTS['mp-bgp']!, shared });
  expect(peer?.text).toContain('your send id 7 - your receive id 5 - hmac-sha-1-96');
});

test('names fit what takes them: 15 characters for Linux, a word for BIRD', () => {
  expect(interfaceName('tokyo')).toBe('r42-tokyo');
  expect(interfaceName('frankfurt-am-main-2')).toHaveLength(15);
  expect(protocolName('frankfurt-am-main-2')).toBe('r42_frankfurt_am_main_2');
});

test('the router id is an own address where there is one', () => {
  const you = PEER_CONFIG_INPUTS['mp-bgp']!.you;
  expect(routerIdOf({ ...you, ipv4: '172.21.129.9' })).toBe('172.21.129.9');
  expect(routerIdOf({ ...you, ipv4: '169.254.1.1' })).toBe('172.21.129.1');
  expect(routerIdOf({ ...you, prefixes: ['172.20.0.53/32', '172.21.129.0/27'] })).toBe(
    '172.21.129.1',
  );
  expect(routerIdOf({ ...you, prefixes: ['fdb1:6000:101::/48'] })).toBe('252.222.72.145');
});
