import { describe, expect, test } from 'vitest';
import { readSuperConfig } from './super-config.ts';
import { changed, fixtureYaml, SUPER_FILES } from './testing/fixture-files.ts';

const SUPER = fixtureYaml('config/super.yaml').values();

function found(path: string, value: unknown): string[] {
  const { config, findings } = readSuperConfig(changed(SUPER, path, value));
  expect(config === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
  return findings.map((f) => `${f.severity} ${f.code} ${f.message}`);
}

test.each(SUPER_FILES)('%s is read without a word', (name) => {
  const { config, findings } = readSuperConfig(fixtureYaml(name).values());
  expect(findings).toEqual([]);
  expect(config?.Peers.length).toBeGreaterThan(1);
});

test('values have their types', () => {
  const { config } = readSuperConfig(SUPER);
  expect(config).toMatchObject({
    ListenPort: 3456,
    ListenPort_EdgeAPI: 3456,
    ListenPort_ManageAPI: 3456,
    API_Prefix: '/eg_net/eg_api',
    Passwords: { ShowState: 'passwd_showstate' },
    UsePSKForInterEdge: true,
    Peers: [{ NodeID: 1, Name: 'fx1', AdditionalCost: 10, SkipLocalIP: false }, {}, {}],
  });
  expect(config?.PrivKeyV6).toHaveLength(32);
  for (const [written, prefix] of [
    ['eg_api', '/eg_api'],
    ['/a/b/', '/a/b'],
    ['', ''],
    ['/', ''],
  ])
    expect(readSuperConfig(changed(SUPER, 'API_Prefix', written)).config?.API_Prefix).toBe(prefix);
  expect(found('ListenPort_EdgeAPI', ':80')).toEqual([]);
  expect(found('ListenPort_ManageAPI', '')).toEqual([]);
  expect(found('Peers.0.AdditionalCost', '-1')).toEqual([]);
  for (const host of ['192.0.2.1', '2001:db8::1', '[2001:db8::1]', 'edge.example.com'])
    expect(found('Peers.0.ExternalIP', host)).toEqual([]);
});

describe('what is wrong has a code, a path and a sentence', () => {
  test.each([
    ['PrivKeyV4', 'x', 'KEY_ENCODING PrivKeyV4 must be 32 octets in base64, 44 characters.'],
    ['ListenPort_EdgeAPI', '', 'CONFIG_MISSING_KEY ListenPort_EdgeAPI is missing.'],
    [
      'ListenPort_ManageAPI',
      'http',
      'CONFIG_TYPE ListenPort_ManageAPI must be a whole number from 1 to 65535.',
    ],
    ['RePushConfigInterval', 0, 'CONFIG_TYPE RePushConfigInterval must be more than 0.'],
    ['PeerAliveTimeout', -1, 'CONFIG_TYPE PeerAliveTimeout must be more than 0.'],
    ['SendPingInterval', undefined, 'CONFIG_TYPE SendPingInterval must be more than 0.'],
    ['HttpPostInterval', 21, 'CONFIG_TYPE HttpPostInterval must be 0 to PeerAliveTimeout.'],
    ['HttpPostInterval', -1, 'CONFIG_TYPE HttpPostInterval must be 0 to PeerAliveTimeout.'],
    [
      'GraphRecalculateSetting.TimeoutCheckInterval',
      0,
      'CONFIG_TYPE GraphRecalculateSetting.TimeoutCheckInterval must be more',
    ],
    [
      'GraphRecalculateSetting.ManualLatency',
      { 1: { 65533: 1 } },
      'MESH_NODE_NUMBER GraphRecalculateSetting.ManualLatency.1.65533',
    ],
    ['Peers.1.NodeID', '1', 'DUPLICATE Peers[1].NodeID is that of Peers[0] as well.'],
    ['Peers.1.Name', 'fx1', 'DUPLICATE Peers[1].Name is that of Peers[0] as well.'],
    [
      'Peers.1.ExternalIP',
      'a b',
      'ADDRESS_SYNTAX Peers[1].ExternalIP must be an address or a host name.',
    ],
    [
      'Peers.1.EndPoint',
      'a b',
      'ENDPOINT_SYNTAX Peers[1].EndPoint must be host:port or [IPv6]:port.',
    ],
    ['PostScript', '"', 'MESH_SCRIPT PostScript has no closing "'],
  ])('%s = %j', (path, value, why) => {
    const findings = found(path, value);
    expect(findings[0]).toContain(`error ${why}`);
  });

  test('one key at least', () => {
    const { findings } = readSuperConfig(changed(changed(SUPER, 'PrivKeyV4', ''), 'PrivKeyV6', ''));
    expect(findings).toMatchObject([{ code: 'CONFIG_MISSING_KEY', path: 'PrivKeyV4' }]);
  });
});

describe('in static mode the table', () => {
  const table = { 1: { 2: 2, 3: 2 }, 2: { 1: 1, 3: 3 }, 3: { 1: 2, 2: 2 } };
  const inStaticMode = (next: unknown): string[] => {
    const values = changed(
      changed(SUPER, 'GraphRecalculateSetting.StaticMode', true),
      'NextHopTable',
      next,
    );
    return readSuperConfig(values).findings.map((f) => `${f.code} ${f.message}`);
  };

  test('knows every pair', () => {
    expect(inStaticMode(table)).toEqual([]);
    expect(inStaticMode({ ...table, 3: { 1: 2 } })).toEqual([
      'MESH_TABLE NextHopTable.3.2 is missing; static mode needs every pair of peers.',
    ]);
  });

  test('sends to peers only', () => {
    expect(inStaticMode({ ...table, 3: { 1: 2, 2: 9 } })).toEqual([
      'MESH_TABLE NextHopTable.3.2 is 9, which is not the number of a peer.',
    ]);
  });
});
