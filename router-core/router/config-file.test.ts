import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { toBase64 } from '../base/bytes.ts';
import { documentOfFile, readConfigFile } from './config-file.ts';

const EXAMPLE = readFileSync(join(import.meta.dirname, 'fixtures/node.yaml'), 'utf8');
const key = (n: number): string => toBase64(new Uint8Array(32).fill(n));

const read = (text: string) => readConfigFile(parse(text), (path) => join('/etc/rootless42', path));
const findingsOf = (text: string): string[] =>
  read(text).findings.map(({ code, path }) => `${code} ${path}`);
const NODE = 'node: { name: tokyo, asn: 4242426000 }\n';

test('the example of the documentation is right as it stands', () => {
  const { file, findings } = read(EXAMPLE);
  expect(findings).toEqual([]);
  expect(file).toEqual({
    node: {
      name: 'tokyo',
      asn: 4242426000,
      routerId: '172.21.128.1',
      addresses: ['172.21.128.1', 'fdb0:6000:100::1'],
      announce: ['172.21.128.0/27', 'fdb0:6000:100::/48'],
      linkLocal: 'fe80::6000',
      listen: { port: 51820, host: '::' },
      endpoint: 'node.example.net',
      privateKeyFile: '/etc/rootless42/wg.key',
      privateEndpoints: false,
    },
    registry: { kind: 'directory', path: '/etc/rootless42/registry' },
    registryMaxAgeSeconds: 604_800,
    trustPersonKeys: false,
    approval: 'automatic',
    peerings: [
      {
        node: 'tokyo',
        asn: 4242426001,
        publicKey: '…=',
        presharedKey: '…=',
        endpoint: '203.0.113.5:51820',
        linkLocal: 'fe80::6001',
        addresses: { ipv4: '172.21.129.1', ipv6: 'fdb1:6000:101::1' },
        sessions: 'mp-bgp',
        extendedNextHop: true,
        keepalive: 25,
        mtu: 1420,
        name: 'alder',
        listenPort: 26001,
      },
    ],
    hostNeighbors: [],
    routes: [{ prefix: '10.77.1.0/24', via: 'alder' }],
  });
});

test('the example becomes a document once real keys stand in it', () => {
  const { file } = read(
    EXAMPLE.replace('publicKey: "…="', `publicKey: "${key(1)}"`).replace('"…="', `"${key(9)}"`),
  );
  const { config, findings } = documentOfFile(file!, key(100));
  expect(findings).toEqual([]);
  expect(config).toMatchObject({ schema: 1, source: 'file', epoch: 'file', revision: 1 });
  expect(config?.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(config?.peerings[0]).toMatchObject({
    id: 'file:alder',
    enabled: true,
    policy: 'full',
    importLimit: 9000,
  });
  expect(config?.peerings[0]).not.toHaveProperty('contact');
});

test('graceful restart is on unless a peering says otherwise', () => {
  const peering = `asn: 4242426001, publicKey: "${key(1)}", endpoint: "203.0.113.5:51820"`;
  const document = (more: string): unknown =>
    documentOfFile(read(`${NODE}\npeerings: [{ ${peering}${more} }]`).file!, key(100)).config
      ?.peerings[0];
  expect(document('')).not.toHaveProperty('gracefulRestart');
  expect(document(', gracefulRestart: false')).toHaveProperty('gracefulRestart', false);
  expect(document(', gracefulRestart: { longLived: 3600 }')).toHaveProperty('gracefulRestart', {
    longLived: 3600,
  });
});

test.each(['{ longLived: 0 }', '{ longLived: 604801 }', '{}', '3600'])(
  'gracefulRestart: %s is an error',
  (value) => {
    const peering = `{ asn: 4242426001, publicKey: "${key(1)}", gracefulRestart: ${value} }`;
    expect(read(`${NODE}\npeerings: [${peering}]`).findings[0]?.path).toContain('gracefulRestart');
  },
);

test('what both sides are to each other is checked and kept, and what says nothing is left out', () => {
  const peering = `asn: 4242426001, publicKey: "${key(1)}", role: rs-server, strictRole: false, routeServerClient: true`;
  const { config } = documentOfFile(read(`${NODE}\npeerings: [{ ${peering} }]`).file!, key(100));
  expect(config?.peerings[0]).toMatchObject({ role: 'rs-server', routeServerClient: true });
  expect(config?.peerings[0]).not.toHaveProperty('strictRole');
});

test('a peering says what its tunnel may bring in, by the words there are', () => {
  const peering = `asn: 4242426001, publicKey: "${key(1)}", endpoint: "203.0.113.5:51820"`;
  const config = (more: string) => read(`${NODE}\npeerings: [{ ${peering}, ${more} }]`);
  const { file } = config('reversePath: loose, bogons: drop');
  expect(documentOfFile(file!, key(100)).config?.peerings[0]).toMatchObject({
    reversePath: 'loose',
    bogons: 'drop',
  });
  expect(config('reversePath: yes').findings).toMatchObject([
    { path: 'peerings[0].reversePath', message: expect.stringContaining('strict, loose, off') },
  ]);
  expect(config('bogons: reject').findings).toMatchObject([{ path: 'peerings[0].bogons' }]);
});

test('bfd: true, some of its parameters, or none', () => {
  const peering = `asn: 4242426001, publicKey: "${key(1)}", endpoint: "203.0.113.5:51820"`;
  const document = (bfd: string): unknown =>
    documentOfFile(read(`${NODE}\npeerings: [{ ${peering}, bfd: ${bfd} }]`).file!, key(100)).config
      ?.peerings[0];
  expect(document('true')).toHaveProperty('bfd', { minTx: 300, minRx: 300, multiplier: 5 });
  expect(document('{ minTx: 150 }')).toHaveProperty('bfd', {
    minTx: 150,
    minRx: 300,
    multiplier: 5,
  });
  expect(document('false')).not.toHaveProperty('bfd');
  const { findings } = read(`${NODE}\npeerings: [{ ${peering}, bfd: { interval: 300 } }]`);
  expect(findings).toEqual([
    expect.objectContaining({ code: 'CONFIG_UNKNOWN_KEY', path: 'peerings[0].bfd.interval' }),
  ]);
});

test('sources of ROAs: caches, files relative to the configuration, URLs', () => {
  const { file } = read(
    `${NODE}\nroa: { sources: [{ rtr: "[fd42::1]:8282", preference: 5 }, { file: roa.json }, { url: "https://dn42.example/dn42_roa_46.json" }] }`,
  );
  const { config } = documentOfFile(file!, key(100));
  expect(config?.roa?.sources).toEqual([
    { kind: 'rtr', host: 'fd42::1', port: 8282, preference: 5 },
    { kind: 'file', path: expect.stringMatching(/\/roa\.json$/), preference: 10 },
    { kind: 'url', url: 'https://dn42.example/dn42_roa_46.json', preference: 10 },
  ]);
  expect(read(NODE).file).not.toHaveProperty('roa');
});

test.each([
  ['{ rtr: "127.0.0.1" }', 'ROA_SOURCE_INVALID roa.sources[0]'],
  ['{ rtr: "127.0.0.1:8282", file: roa.json }', 'ROA_SOURCE_INVALID roa.sources[0]'],
  ['{ preference: 1 }', 'ROA_SOURCE_INVALID roa.sources[0]'],
  ['{ url: "ftp://dn42.example/roa.json" }', 'ROA_SOURCE_INVALID roa.sources[0]'],
  ['{ url: "https://" }', 'ROA_SOURCE_INVALID roa.sources[0]'],
  ['{ url: "https://me:secret@dn42.example/roa.json" }', 'ROA_SOURCE_INVALID roa.sources[0]'],
  ['{ cache: "127.0.0.1:8282" }', 'CONFIG_UNKNOWN_KEY roa.sources[0].cache'],
  ['{ file: roa.json, preference: 256 }', 'CONFIG_TYPE roa.sources[0].preference'],
])('a source of ROAs that is none: %s', (source, finding) => {
  const { findings } = read(`${NODE}\nroa: { sources: [${source}] }`);
  expect(findings.map(({ code, path }) => `${code} ${path}`)).toEqual([finding]);
});

test('how many paths carry packets together: one to sixteen, and whether other ASes may', () => {
  const decision = (text: string) => read(`${NODE}bgp: { decision: ${text} }\n`);
  const { file, findings } = decision('{ maxPaths: 4, multipathRelax: true }');
  expect([file?.bgp?.decision, findings]).toEqual([{ maxPaths: 4, multipathRelax: true }, []]);
  for (const [text, finding] of [
    ['{ maxPaths: 0 }', 'CONFIG_TYPE bgp.decision.maxPaths'],
    ['{ maxPaths: 17 }', 'CONFIG_TYPE bgp.decision.maxPaths'],
    ['{ maxPaths: 1.5 }', 'CONFIG_TYPE bgp.decision.maxPaths'],
    ['{ multipathRelax: 1 }', 'CONFIG_TYPE bgp.decision.multipathRelax'],
    ['{ multipath: 2 }', 'CONFIG_UNKNOWN_KEY bgp.decision.multipath'],
  ] as const)
    expect(decision(text).findings.map(({ code, path }) => `${code} ${path}`)).toEqual([finding]);
});

test('from when on a prefix flaps: so many changes within so many minutes', () => {
  const flapping = (text: string) => read(`${NODE}bgp: { flapping: ${text} }\n`);
  const { file, findings } = flapping('{ changes: 100, minutes: 15 }');
  expect([file?.bgp?.flapping, findings]).toEqual([{ changes: 100, minutes: 15 }, []]);
  expect(flapping('{ changes: 2 }').file?.bgp?.flapping).toEqual({ changes: 2 });
  for (const [text, finding] of [
    ['{ changes: 1 }', 'CONFIG_TYPE bgp.flapping.changes'],
    ['{ changes: 10001 }', 'CONFIG_TYPE bgp.flapping.changes'],
    ['{ minutes: 0 }', 'CONFIG_TYPE bgp.flapping.minutes'],
    ['{ minutes: 61 }', 'CONFIG_TYPE bgp.flapping.minutes'],
    ['{ minutes: 2.5 }', 'CONFIG_TYPE bgp.flapping.minutes'],
    ['{ suppress: true }', 'CONFIG_UNKNOWN_KEY bgp.flapping.suppress'],
    ['true', 'CONFIG_TYPE bgp.flapping'],
  ] as const)
    expect(flapping(text).findings.map(({ code, path }) => `${code} ${path}`)).toEqual([finding]);
});

test('several paths per prefix are off unless a peering says otherwise', () => {
  const peering = `asn: 4242426001, publicKey: "${key(1)}", endpoint: "203.0.113.5:51820"`;
  const told = (more: string): ReturnType<typeof read> =>
    read(`${NODE}\npeerings: [{ ${peering}${more} }]`);
  const document = (more: string): unknown =>
    documentOfFile(told(more).file!, key(100)).config?.peerings[0];
  expect(document('')).not.toHaveProperty('addPath');
  const addPath = { send: 'best-2', receive: true };
  expect(document(', addPath: { send: best-2, receive: true }')).toMatchObject({ addPath });
  for (const wrong of ['best-1', 'best-17', 'best', 'true'])
    expect(told(`, addPath: { send: ${wrong} }`).findings).toMatchObject([
      { path: 'peerings[0].addPath.send', severity: 'error' },
    ]);
});

test('two lines are a configuration: everything else has a default', () => {
  expect(read(NODE).file).toMatchObject({
    node: {
      routerId: '252.222.72.144',
      addresses: [],
      announce: [],
      linkLocal: 'fe80::6000',
      listen: { port: 51820, host: '::' },
      privateKeyFile: '/etc/rootless42/wg.key',
      privateEndpoints: false,
    },
    approval: 'automatic',
    peerings: [],
    routes: [],
  });
  expect(read(NODE).file?.registry).toBeUndefined();
});

test('the router id is the first own IPv4 address, else the AS number', () => {
  const withAddress = read('node: { name: a, asn: 1, addresses: ["fd00::1", 172.20.1.1] }');
  expect(withAddress.file?.node.routerId).toBe('172.20.1.1');
  expect(read('node: { name: a, asn: 1 }').file?.node.routerId).toBe('0.0.0.1');
});

test('keys without a value count as absent', () => {
  const text = `node:
  name: tokyo
  asn: 4242426000
  routerId:
  addresses:
  announce:
  linkLocal:
  listen: { port: , host: }
  endpoint:
  privateKeyFile:
registry:
peerings:
routes:
`;
  expect(read(text)).toEqual(read(NODE));
  const peering = `peerings:\n  - asn: 4242426001\n    publicKey: "${key(1)}"\n    listenPort:\n    families:\n    addresses: { ipv4: }\n`;
  const { file } = read(NODE + peering);
  expect(documentOfFile(file!, key(100)).findings).toEqual([]);
});

test('paths are relative to the file', () => {
  const { file } = read(
    'node: { name: a, asn: 1, privateKeyFile: ../keys/wg }\nregistry: { path: . }',
  );
  expect(file?.node.privateKeyFile).toBe('/etc/keys/wg');
  expect(file?.registry).toEqual({ kind: 'directory', path: '/etc/rootless42' });
});

test('a registry is a folder or a repository', () => {
  const source = (text: string) => read(`${NODE}registry: ${text}`).file?.registry;
  expect(source('{ git: "https://git.example/r.git", branch: main }')).toEqual({
    kind: 'git',
    url: 'https://git.example/r.git',
    branch: 'main',
  });
  expect(findingsOf(`${NODE}registry: { branch: main }`)).toEqual(['CONFIG_MISSING_KEY registry']);
  expect(findingsOf(`${NODE}registry: { path: a, git: b }`)).toEqual([
    'CONFIG_MISSING_KEY registry',
  ]);
  expect(findingsOf(`${NODE}registry: { path: a, branch: b }`)).toEqual([
    'CONFIG_MISSING_KEY registry',
  ]);
});

test.each([
  ['', ['CONFIG_TYPE ']],
  ['[]', ['CONFIG_TYPE ']],
  ['peerings: []', ['CONFIG_MISSING_KEY node']],
  ['node: { asn: 1 }', ['CONFIG_MISSING_KEY node.name']],
  ['node: { name: a, asn: 1, nmae: b }', ['CONFIG_UNKNOWN_KEY node.nmae']],
  [`${NODE}peers: []`, ['CONFIG_UNKNOWN_KEY peers']],
  [`${NODE}peerings: { asn: 1 }`, ['CONFIG_TYPE peerings']],
  [`${NODE}peerings: [{ asn: 1 }]`, ['CONFIG_MISSING_KEY peerings[0].publicKey']],
  [`${NODE}peerings: [{ asn: AS1, publicKey: x }]`, ['CONFIG_TYPE peerings[0].asn']],
  [
    `${NODE}peerings: [{ asn: 1, publicKey: x, families: [ipv5] }]`,
    ['CONFIG_TYPE peerings[0].families[0]'],
  ],
  [`${NODE}approval: perhaps`, ['CONFIG_TYPE approval']],
  ['node: { name: 6000, asn: 1 }', ['CONFIG_TYPE node.name']],
  ['node: { name: a, asn: 0 }', ['CONFIG_TYPE node.asn']],
  ['node: { name: a, asn: 1, listen: { port: 65536 } }', ['CONFIG_TYPE node.listen.port']],
  ['node: { name: a, asn: 1, privateEndpoints: yes }', ['CONFIG_TYPE node.privateEndpoints']],
  ['node: { name: Tokyo, asn: 1 }', ['NAME_INVALID node.name']],
  ['node: { name: a, asn: 1, routerId: "fd00::1" }', ['ADDRESS_SYNTAX node.routerId']],
  ['node: { name: a, asn: 1, routerId: 0.0.0.0 }', ['ADDRESS_SYNTAX node.routerId']],
  ['node: { name: a, asn: 1, addresses: [172.20.1.1/32] }', ['ADDRESS_SYNTAX node.addresses[0]']],
  ['node: { name: a, asn: 1, addresses: ["fd00::g"] }', ['ADDRESS_SYNTAX node.addresses[0]']],
  ['node: { name: a, asn: 1, announce: [172.20.1.1/24] }', ['PREFIX_SYNTAX node.announce[0]']],
  ['node: { name: a, asn: 1, linkLocal: "fd00::1" }', ['LL_SYNTAX node.linkLocal']],
])('%s is refused', (text, findings) => {
  expect(findingsOf(text)).toEqual(findings);
});

const withPeerings = (...peerings: object[]) =>
  readConfigFile(
    { node: { name: 'tokyo', asn: 4242426000, addresses: ['172.21.128.1'] }, peerings },
    (path) => path,
  ).file!;
const documentFindings = (file: Parameters<typeof documentOfFile>[0]): string[] =>
  documentOfFile(file, key(100)).findings.map(
    ({ code, path, severity }) => `${severity} ${code} ${path}`,
  );

test('peerings of a file obey the rules of the form, with the place in the file', () => {
  const file = withPeerings(
    { asn: 4242426001, publicKey: key(1) },
    { asn: 4242426000, publicKey: key(1), mtu: 9001, linkLocal: 'fe80::2' },
  );
  expect(documentFindings(file)).toEqual([
    'error KEY_IN_USE peerings[1].publicKey',
    'error MTU_RANGE peerings[1].mtu',
  ]);
  expect(documentOfFile(file, key(100)).config).toBeUndefined();
});

test('a file is an operator’s: a private endpoint is a warning, a tunnel without BGP is allowed', () => {
  const file = withPeerings({
    asn: 4242426001,
    publicKey: key(1),
    endpoint: '10.0.0.1:1',
    sessions: 'none',
  });
  expect(documentFindings(file)).toEqual(['warning ENDPOINT_PRIVATE peerings[0].endpoint']);
  expect(documentOfFile(file, key(100)).config?.peerings[0]?.sessions).toBe('none');
});

test('two peerings of one AS need names of their own', () => {
  const again = { asn: 4242426001, linkLocal: 'fe80::9' };
  expect(
    documentFindings(
      withPeerings({ ...again, publicKey: key(1) }, { ...again, publicKey: key(2) }),
    ),
  ).toEqual(['error DUPLICATE peerings[1].name']);
  expect(
    documentFindings(
      withPeerings(
        { ...again, publicKey: key(1) },
        { ...again, publicKey: key(2), name: 'second' },
      ),
    ),
  ).toEqual([]);
});

test('static routes name a peering and a whole prefix', () => {
  const file = {
    ...withPeerings({ asn: 4242426001, publicKey: key(1), name: 'alder' }),
    routes: [
      { prefix: '10.77.1.0/24', via: 'alder' },
      { prefix: '10.77.1.1/24', via: 'alder' },
      { prefix: '10.77.2.0/24', via: 'birch' },
    ],
  };
  expect(documentFindings(file)).toEqual([
    'error PREFIX_SYNTAX routes[1].prefix',
    'error ROUTE_VIA_UNKNOWN routes[2].via',
  ]);
});

test('the socket for wg show: a folder relative to the file, a name an interface may have', () => {
  expect(read(`${NODE}uapi: { dir: ./run, name: wg42 }`).file?.uapi).toEqual({
    dir: '/etc/rootless42/run',
    name: 'wg42',
  });
  expect(read(`${NODE}uapi: { enabled: false }`).file?.uapi).toEqual({ enabled: false });
  expect(read(NODE).file).not.toHaveProperty('uapi');
  expect(findingsOf(`${NODE}uapi: { name: ../tokyo }`)).toEqual(['NAME_INVALID uapi.name']);
  expect(findingsOf(`${NODE}uapi: { folder: /run }`)).toEqual(['CONFIG_UNKNOWN_KEY uapi.folder']);
});

test('how much the flight recorder keeps: nothing, the default, or so many KiB', () => {
  const recorder = { perNeighborKib: 512, totalKib: 65536 };
  const document = read(`${NODE}recorder: ${JSON.stringify(recorder)}`).file;
  expect(document?.recorder).toEqual(recorder);
  expect(document && documentOfFile(document, key(100)).config?.recorder).toEqual(recorder);
  expect(read(NODE).file).not.toHaveProperty('recorder');
  expect(findingsOf(`${NODE}recorder: { perNeighborKib: -1 }`)).toEqual([
    'CONFIG_TYPE recorder.perNeighborKib',
  ]);
});

test('monitoring stations: where they are, and what they are told', () => {
  const file = read(
    `${NODE}bmp: [{ station: 'bmp.example:1790' }, { station: '[fd00::1]:5000', views: [loc-rib] }]`,
  ).file;
  expect(file?.bmp).toEqual([
    { station: 'bmp.example:1790', views: ['adj-in-pre', 'adj-in-post', 'loc-rib'] },
    { station: '[fd00::1]:5000', views: ['loc-rib'] },
  ]);
  expect(file && documentOfFile(file, key(100)).config?.bmp).toEqual(file?.bmp);
  expect(findingsOf(`${NODE}bmp: [{ station: nowhere }]`)).toEqual([
    'ENDPOINT_SYNTAX bmp[0].station',
  ]);
  expect(findingsOf(`${NODE}bmp: [{ station: 'a:1' }, { station: 'a:1' }]`)).toEqual([
    'DUPLICATE bmp[1].station',
  ]);
  expect(findingsOf(`${NODE}bmp: [{ station: 'a:1', views: [everything] }]`)).toEqual([
    'CONFIG_TYPE bmp[0].views[0]',
  ]);
});

test('a file says how messages are disguised, for the port and for a peering', () => {
  const { file } = readConfigFile(
    {
      node: {
        name: 'tokyo',
        asn: 4242426000,
        listen: { obfuscation: { kind: 'wgobfs', key: 'moss' } },
      },
      peerings: [
        { asn: 4242426001, publicKey: key(1), obfuscation: { kind: 'amneziawg', h1: '5-104' } },
        { asn: 4242426002, publicKey: key(2) },
      ],
    },
    (path) => path,
  );
  expect(file?.node.listen).toEqual({
    port: 51820,
    host: '::',
    obfuscation: { kind: 'wgobfs', key: 'moss' },
  });
  const { config } = documentOfFile(file!, key(100));
  expect(config?.peerings.map(({ obfuscation }) => obfuscation)).toEqual([
    { kind: 'amneziawg', h1: '5-104' },
    undefined,
  ]);
});

test('a wrong option of a disguise is named, and so is the form too many of a port', () => {
  const disguised = (n: number, obfuscation: object, more: object = {}) => ({
    asn: 4242426000 + n,
    publicKey: key(n),
    obfuscation,
    ...more,
  });
  expect(documentFindings(withPeerings(disguised(1, { kind: 'wgobfs', key: 'a b' })))).toEqual([
    'error OBFUSCATION_INVALID peerings[0].obfuscation.key',
  ]);
  const xor = (n: number, more = {}) => disguised(n, { kind: 'ipt_xor', key: `key${n}` }, more);
  expect(documentFindings(withPeerings(xor(1), xor(2), xor(3), xor(4)))).toEqual([
    'error OBFUSCATION_INVALID peerings[3].obfuscation',
  ]);
  expect(
    documentFindings(withPeerings(xor(1), xor(2), xor(3), xor(4, { listenPort: 26004 }))),
  ).toEqual([]);
});

const HOST = 'peerings: [{ transport: host, asn: 4242426001, address: 192.0.2.1, name: bird';

test('a peering over the TCP of the machine: an address, and defaults for the rest', () => {
  const { file } = read(
    `${NODE}bgp: { listen: { port: 1790 } }\n${HOST} }, { transport: host, asn: 65000, address: "2001:DB8::1", policy: accept-all, passive: true }]`,
  );
  expect(file?.peerings).toEqual([]);
  expect(file?.bgp).toEqual({ listen: { host: '::', port: 1790 } });
  expect(file?.hostNeighbors).toEqual([
    {
      id: 'file:bird',
      name: 'bird',
      asn: 4242426001,
      address: '192.0.2.1',
      port: 179,
      passive: false,
      families: ['ipv4', 'ipv6'],
      extendedNextHop: false,
      policy: 'full',
      importLimit: 9000,
      enabled: true,
    },
    {
      id: 'file:as65000',
      name: 'as65000',
      asn: 65000,
      address: '2001:db8::1',
      port: 179,
      passive: true,
      families: ['ipv4', 'ipv6'],
      extendedNextHop: true,
      policy: 'accept-all',
      importLimit: 10_000_000,
      enabled: true,
    },
  ]);
  const { config } = documentOfFile(file as NonNullable<typeof file>, key(7));
  expect(config?.hostNeighbors).toHaveLength(2);
  expect(config?.bgp).toEqual(file?.bgp);
});

test.each([
  ['publicKey: "x"', 'CONFIG_UNKNOWN_KEY peerings[0].publicKey'],
  ['policy: best', 'POLICY_UNKNOWN peerings[0].policy'],
  ['families: []', 'NO_FAMILY peerings[0].families'],
  ['holdTime: 2', 'SESSION_OPTION_INVALID peerings[0].holdTime'],
  ['password: sesame', 'SESSION_OPTION_INVALID peerings[0].password'],
  ['tcpAo: [{ sendId: 1, receiveId: 1, key: sesame }]', 'SESSION_OPTION_INVALID peerings[0].tcpAo'],
  ['ttlSecurity: true', 'SESSION_OPTION_INVALID peerings[0].ttlSecurity'],
  ['multihop: 2', 'SESSION_OPTION_INVALID peerings[0].multihop'],
  ['sourceAddress: 172.21.128.1', 'SESSION_OPTION_INVALID peerings[0].sourceAddress'],
  ['bfd: true', 'SESSION_OPTION_INVALID peerings[0].bfd'],
  ['vrf: blue', 'SESSION_OPTION_INVALID peerings[0].vrf'],
  [
    'dynamicNeighbors: { range: 192.0.2.0/24, asns: [1] }',
    'SESSION_OPTION_INVALID peerings[0].dynamicNeighbors',
  ],
  ['routeReflectorClient: true', 'CLIENT_INVALID peerings[0].routeReflectorClient'],
  ['strictRole: true', 'ROLE_INVALID peerings[0].strictRole'],
  ['import: [unheard-of]', 'POLICY_NAME_UNKNOWN peerings[0].import'],
  ['shutdown: "two\\nlines"', 'SESSION_OPTION_INVALID peerings[0].shutdown'],
  ['importLimit: 10000001', 'LIMIT_RANGE peerings[0].importLimit'],
  ['port: 0', 'CONFIG_TYPE peerings[0].port'],
])('of a peering over the TCP of the machine %s is refused', (field, finding) => {
  expect(findingsOf(`${NODE}${HOST}, ${field} }]`)).toEqual([finding]);
});

test.each([
  ['transport: tcp, asn: 1, publicKey: x', 'CONFIG_TYPE peerings[1].transport'],
  ['transport: host, asn: 1, address: "fe80::1"', 'ADDRESS_SYNTAX peerings[1].address'],
  ['transport: host, asn: 1, address: bird.example', 'ADDRESS_SYNTAX peerings[1].address'],
  [
    'transport: host, asn: 1, address: 192.0.2.9, multihop: 2',
    'SESSION_OPTION_INVALID peerings[1].multihop',
  ],
  ['transport: host, asn: 1, address: 192.0.2.1', 'ADDRESS_CONFLICT peerings[1].address'],
  ['transport: host, asn: 1, name: bird, address: 192.0.2.2', 'DUPLICATE peerings[1].name'],
  ['transport: host, asn: 1, name: A, address: 192.0.2.2', 'NAME_INVALID peerings[1].name'],
])('beside another one {%s} is refused', (fields, finding) => {
  expect(findingsOf(`${NODE}${HOST} }, { ${fields} }]`)).toEqual([finding]);
});

test('a peering over the TCP of the machine takes options, rules and a relation as others do', () => {
  const { file, findings } = read(
    `${NODE}policy: { policies: { mine: { rules: [] } }, groups: { near: {} } }
peerings:
  - transport: host
    asn: 4242426000
    address: 192.0.2.1
    name: bird
    shutdown: ${'x'.repeat(200)}
    routeReflectorClient: true
    strictRole: false
    import: [mine]
    groups: [near]
    parameters: { latency: 3 }
    addPath: { send: best-2 }
    gracefulRestart: { longLived: 3600 }
    holdTime: 30
    prefixLimit: { received: 500, action: disable }
    ipv6: { importTable: false }
  - { transport: host, asn: 4242426002, address: 192.0.2.2, name: away, removePrivateAs: all }
`,
  );
  expect(findings).toEqual([]);
  const { config, findings: warnings } = documentOfFile(file as NonNullable<typeof file>, key(7));
  expect(config?.hostNeighbors?.[0]).toMatchObject({
    enabled: false,
    disabledReason: 'x'.repeat(200),
    routeReflectorClient: true,
    import: ['mine'],
    groups: ['near'],
    parameters: { latency: 3 },
    addPath: { send: 'best-2' },
    gracefulRestart: { longLived: 3600 },
    holdTime: 30,
    prefixLimit: { received: 500, action: 'disable' },
    ipv6: { importTable: false },
  });
  expect(config?.hostNeighbors?.[0]).not.toHaveProperty('strictRole');
  expect(warnings.map(({ code, path }) => `${code} ${path}`)).toEqual([
    'SESSION_OPTION_RISKY peerings.bird.shutdown',
    'SESSION_OPTION_RISKY peerings.away.removePrivateAs',
  ]);
});

test('a policy is checked with the file: names, values, and what peerings ask of it', () => {
  const peering = (more: string): string =>
    `peerings: [{ asn: 4242426001, publicKey: ${key(1)}${more} }]\n`;
  const policy = `policy: { policies: { mine: { rules: [{ name: x, then: { localPref: 5 } }] } }, groups: { near: {} } }\n`;
  const right = read(
    `${NODE}${policy}${peering(', import: [mine], export: { ipv4: [own-only] , ipv6: [own-only] }, groups: [near], parameters: { latency: 3 }')}`,
  );
  expect(right.findings).toEqual([]);
  expect(documentOfFile(right.file!, '').config).toMatchObject({
    policy: { groups: { near: {} } },
    peerings: [{ import: ['mine'], groups: ['near'], parameters: { latency: 3 } }],
  });
  expect(findingsOf(`${NODE}${policy}${peering(', import: [other]')}`)).toEqual([
    'POLICY_NAME_UNKNOWN peerings[0].import',
  ]);
  expect(findingsOf(`${NODE}${policy}${peering(', groups: [far]')}`)).toEqual([
    'POLICY_NAME_UNKNOWN peerings[0].groups',
  ]);
  expect(findingsOf(`${NODE}${policy}${peering(', parameters: { latency: 10 }')}`)).toEqual([
    'POLICY_VALUE peerings[0].parameters.latency',
  ]);
  expect(findingsOf(`${NODE}${policy}policyFile: ./policy.yaml\n`)).toEqual([
    'CONFIG_UNKNOWN_KEY policyFile',
  ]);
});

test('policyFile names a file of its own, beside this one', () => {
  const asked: string[] = [];
  const { file } = readConfigFile(
    parse(`${NODE}policyFile: ./policy.yaml\n`),
    (path) => join('/etc/rootless42', path),
    (path) => {
      asked.push(path);
      return { groups: { near: null, far: {} } };
    },
  );
  expect(asked).toEqual(['/etc/rootless42/policy.yaml']);
  expect(file?.policy).toEqual({ groups: { far: {} } });
});
