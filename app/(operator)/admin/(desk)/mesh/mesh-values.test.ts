/** What the forms send is what the router's readers take, and what they find is found at its field. */
import { expect, test } from 'vitest';
import { checkMesh } from '../../../../../router-core/index.ts';
import {
  CUSTOMARY_SUPERNODE,
  EMPTY_JOIN,
  edgeFieldsOf,
  type JoinValues,
  PLACES,
  supernodeFieldsOf,
} from './mesh-values.ts';

const OCTETS = new Uint8Array([0xff, 1, 2, 3]);
const KEY = Buffer.alloc(32, 9).toString('base64');
const RIGHT: JoinValues = {
  ...EMPTY_JOIN,
  endpointV4: ' super.example.net:3456',
  publicKeyV4: KEY,
  apiUrl: 'http://super.example.net:3456/eg_net/eg_api',
  number: '7',
  name: 'tokyo',
  ipv4: '10.42.0.0/24',
};

const errorsOf = (values: JoinValues) =>
  checkMesh({ edge: edgeFieldsOf(values, OCTETS) })
    .filter(({ severity }) => severity === 'error')
    .map(({ path }) => path.replace('mesh.', ''));

test('a form filled in is an edge without errors, in super mode, with an address of its own making', () => {
  expect(errorsOf(RIGHT)).toEqual([]);
  expect(edgeFieldsOf(RIGHT, OCTETS)).toMatchObject({
    Interface: { MacAddrPrefix: 'FE:01:02:03' },
    DynamicRoute: { SuperNode: { UseSuperNode: true, EndpointV4: 'super.example.net:3456' } },
  });
});

test.each([
  ['endpointV4', 'nowhere'],
  ['endpointV4', ''],
  ['publicKeyV4', ''],
  ['publicKeyV4', 'short'],
  ['endpointV6', '2001:db8::1'],
  ['publicKeyV6', 'short'],
  ['apiUrl', 'ftp://super.example.net'],
  ['presharedKey', 'short'],
  ['number', '65535'],
  ['number', ''],
  ['name', ''],
  ['ipv4', '10.42.0.0/40'],
  ['ipv6', '10.42.0.0/24'],
  ['macPrefix', 'tokyo'],
] as const)('%s %j is found at its field', (field, value) => {
  expect(errorsOf({ ...RIGHT, [field]: value })).toContain(PLACES.join[field]);
});

test('a supernode begins without edges and without management over HTTP', () => {
  const fields = supernodeFieldsOf(CUSTOMARY_SUPERNODE);
  expect(checkMesh({ supernode: fields }).filter(({ severity }) => severity === 'error')).toEqual(
    [],
  );
  expect(fields).toMatchObject({ Peers: [], ListenPort_ManageAPI: '', ListenPort: '3456' });
});

test.each([
  ['name', ''],
  ['port', '70000'],
  ['apiPort', 'web'],
  ['apiPrefix', 'x'.repeat(600)],
] as const)("a supernode's %s %j is found at its field", (field, value) => {
  const wrong = checkMesh({
    supernode: supernodeFieldsOf({ ...CUSTOMARY_SUPERNODE, [field]: value }),
  });
  expect(wrong.map(({ path }) => path.replace('mesh.', ''))).toContain(PLACES.supernode[field]);
});
