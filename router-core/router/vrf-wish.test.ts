import { expect, test } from 'vitest';
import { toBase64 } from '../base/bytes.ts';
import { documentOfFile, readConfigFile } from './config-file.ts';
import { VRFS_MAX } from './limits.ts';
import { nodeIn, typeVrfs } from './vrf-wish.ts';

const NODE = { name: 'tokyo', asn: 4242426000, addresses: ['172.21.128.1'] };
const key = (n: number): string => toBase64(new Uint8Array(32).fill(n));
const peering = (n: number, more: object) => ({ asn: 4242426000 + n, publicKey: key(n), ...more });

/** Everything wrong with a file, whichever of its two readings finds it. */
function findingsOf(file: object): string[] {
  const { file: read, findings } = readConfigFile({ node: NODE, ...file }, (path) => path);
  const all = read === undefined ? findings : documentOfFile(read, key(99)).findings;
  return all.map(({ code, path }) => `${code} ${path}`);
}

test('a file names virtual routers, and peerings are in one each', () => {
  const vrfs = { blue: { addresses: ['172.20.5.1'], announce: ['172.20.5.0/26'] }, red: {} };
  const { file, findings } = readConfigFile(
    { node: NODE, vrfs, peerings: [peering(1, { vrf: 'blue' }), peering(2, {})] },
    (path) => path,
  );
  expect(findings).toEqual([]);
  const { config } = documentOfFile(file as NonNullable<typeof file>, key(99));
  expect(config?.vrfs).toEqual({ ...vrfs, red: { addresses: [], announce: [] } });
  expect(config?.peerings.map(({ vrf }) => vrf)).toEqual(['blue', undefined]);
});

test.each([
  ['Blue', 'NAME_INVALID vrfs.Blue'],
  ['', 'NAME_INVALID vrfs.'],
  ['a b', 'NAME_INVALID vrfs.a b'],
  ['-a', 'NAME_INVALID vrfs.-a'],
  ['x'.repeat(33), `NAME_INVALID vrfs.${'x'.repeat(33)}`],
  ['default', 'NAME_INVALID vrfs.default'],
])('a virtual router is not called %j', (name, finding) => {
  expect(findingsOf({ vrfs: { [name]: {} } })).toEqual([finding]);
});

test('what is wrong in a virtual router is named with its path', () => {
  expect(findingsOf({ vrfs: { blue: { addresses: ['172.20.5.1', '172.20.5'] } } })).toEqual([
    'ADDRESS_SYNTAX vrfs.blue.addresses[1]',
  ]);
  expect(findingsOf({ vrfs: { blue: { addresses: ['fe80::1'] } } })).toEqual([
    'ADDRESS_SYNTAX vrfs.blue.addresses[0]',
  ]);
  expect(findingsOf({ vrfs: { blue: { announce: ['172.20.5.1/26'] } } })).toEqual([
    'PREFIX_SYNTAX vrfs.blue.announce[0]',
  ]);
  expect(findingsOf({ vrfs: { blue: { routes: [] } } })).toEqual([
    'CONFIG_UNKNOWN_KEY vrfs.blue.routes',
  ]);
  expect(findingsOf({ vrfs: { blue: null } })).toEqual(['CONFIG_TYPE vrfs.blue']);
  expect(findingsOf({ vrfs: ['blue'] })).toEqual(['CONFIG_TYPE vrfs']);
});

test('a peering in a virtual router that nobody named is refused', () => {
  expect(findingsOf({ peerings: [peering(1, { vrf: 'blue' })] })).toEqual([
    'VRF_UNKNOWN peerings[0].vrf',
  ]);
  expect(findingsOf({ vrfs: { red: {} }, peerings: [peering(1, { vrf: 'default' })] })).toEqual([
    'VRF_UNKNOWN peerings[0].vrf',
  ]);
  // A neighbor over the machine's TCP is in the default one.
  const host = { transport: 'host', asn: 4242426001, address: '192.0.2.7', vrf: 'red' };
  expect(findingsOf({ vrfs: { red: {} }, peerings: [host] })).toEqual([
    'SESSION_OPTION_INVALID peerings[0].vrf',
  ]);
});

test('tunnel addresses may meet across virtual routers, and not within one', () => {
  const vrfs = { blue: { addresses: ['172.20.5.1'] }, red: {} };
  const at = (n: number, ipv4: string, vrf?: string) =>
    peering(n, { addresses: { ipv4 }, ...(vrf === undefined ? {} : { vrf }) });
  expect(
    findingsOf({
      vrfs,
      peerings: [
        at(1, '172.20.9.9'),
        at(2, '172.20.9.9', 'blue'),
        at(3, '172.20.9.9', 'red'),
        // Ours, but not there.
        at(4, '172.21.128.1', 'red'),
        at(5, '172.20.5.1', 'red'),
      ],
    }),
  ).toEqual([]);
  expect(
    findingsOf({ vrfs, peerings: [at(1, '172.20.9.9', 'red'), at(2, '172.20.9.9', 'red')] }),
  ).toEqual(['ADDRESS_CONFLICT peerings[1].addresses.ipv4']);
  expect(findingsOf({ vrfs, peerings: [at(1, '172.20.5.1', 'blue')] })).toEqual([
    'ADDRESS_CONFLICT peerings[0].addresses.ipv4',
  ]);
});

test('a session over IPv4 wants an address of ours in its own virtual router', () => {
  const session = { sessions: 'separate', addresses: { ipv4: '172.20.9.9' } };
  const vrfs = { blue: { addresses: ['172.20.5.1'] }, red: {} };
  expect(findingsOf({ vrfs, peerings: [peering(1, { ...session, vrf: 'blue' })] })).toEqual([]);
  expect(findingsOf({ vrfs, peerings: [peering(1, { ...session, vrf: 'red' })] })).toEqual([
    'V4_NEEDS_ADDRESS peerings[0].sessions',
  ]);
});

test('there are at most so many, from wherever a document comes', () => {
  const many = Object.fromEntries(Array.from({ length: VRFS_MAX + 1 }, (_, i) => [`v${i}`, {}]));
  expect(findingsOf({ vrfs: many })).toEqual(['CONFIG_TYPE vrfs']);
  const settings = { addresses: [], announce: [] };
  const typed = Object.fromEntries(Object.keys(many).map((name) => [name, settings]));
  expect(() => typeVrfs(typed)).toThrow(expect.objectContaining({ code: 'CONFIG_TYPE' }));
  delete typed.v0;
  expect(typeVrfs(typed).size).toBe(VRFS_MAX);
});

test('the node is another one in a virtual router, but for what all of them share', () => {
  const node = {
    name: 'tokyo',
    addresses: ['a'],
    announce: ['p'],
    vrfs: new Map([['blue', { addresses: ['b'], announce: [] as string[] }]]),
  };
  expect(nodeIn(node, undefined)).toBe(node);
  expect(nodeIn(node, 'blue')).toMatchObject({ name: 'tokyo', addresses: ['b'], announce: [] });
  expect(() => nodeIn(node, 'red')).toThrow(expect.objectContaining({ code: 'VRF_UNKNOWN' }));
});
