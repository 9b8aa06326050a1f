import { describe, expect, test } from 'vitest';
import { toBase64 } from '../../../base/bytes.ts';
import { readEdgeConfig } from './edge-config.ts';
import { changed, EDGE_FILES, fixtureYaml } from './testing/fixture-files.ts';

const SUPER_EDGE = fixtureYaml('config/super-edge1.yaml').values();
const STATIC_EDGE = fixtureYaml('config/static-edge1.yaml').values();
const P2P_EDGE = fixtureYaml('config/p2p-edge1.yaml').values();
const TAP_EDGE = fixtureYaml('gencfg/super/demo_edge001.yaml').values();

/** Findings of the values with one place changed, a line each. */
function found(values: unknown, path?: string, value?: unknown): string[] {
  const { config, findings } = readEdgeConfig(
    path === undefined ? values : changed(values, path, value),
  );
  expect(config === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
  return findings.map((f) => `${f.severity} ${f.code} ${f.message}`);
}

describe('files of real nodes', () => {
  test.each(EDGE_FILES)('%s is read', (name) => {
    const { config, findings } = readEdgeConfig(fixtureYaml(name).values());
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(config?.DefaultTTL).toBe(200);
    // Preshared keys of peers are all there is to say of them.
    expect(findings.map(({ path }) => path).filter((path) => path !== 'Peers[0].PSKey')).toEqual(
      [],
    );
  });

  test('values have their types', () => {
    const { config } = readEdgeConfig(fixtureYaml('config/example-edge.yaml').values());
    expect(config).toMatchObject({
      Interface: { IType: 'tap', MacAddrPrefix: 'AA:BB:CC:DD', MTU: 1404, L2HeaderMode: 'nochg' },
      NodeID: 1,
      AfPrefer: 4,
      LogLevel: { LogLevel: 'error', LogNormal: false, LogNTP: true },
      DynamicRoute: {
        AdditionalCost: 10,
        SuperNode: { UseSuperNode: true, AdditionalLocalIP: ['11.11.11.11:11111'] },
        P2P: { GraphRecalculateSetting: { JitterToleranceMultiplier: 1.1 } },
        NTPConfig: { MaxServerUse: 8 },
      },
      Peers: [{ NodeID: 2, EndPoint: '127.0.0.1:3002', PersistentKeepalive: 30, Static: true }],
    });
    expect(toBase64(config?.PrivKey ?? new Uint8Array())).toBe(
      '6GyDagZKhbm5WNqMiRHhkf43RlbMJ34IieTlIuvfJ1M=',
    );
    expect(config?.NextHopTable.get(5 as never)?.get(6 as never)).toBe(3);
    const latency = config?.DynamicRoute.P2P.GraphRecalculateSetting.ManualLatency;
    expect(latency?.get(65535 as never)?.get(100 as never)).toBe(8.1);
  });

  test('text and typed values say the same', () => {
    const typed = {
      ...(STATIC_EDGE as object),
      NodeID: 1,
      DefaultTTL: 200,
      NextHopTable: { 1: { 2: 2 } },
      LogLevel: { LogTransit: true },
    };
    const text = {
      ...(STATIC_EDGE as object),
      NodeID: '0x1',
      DefaultTTL: '200',
      NextHopTable: { '1': { '2': '2' } },
      LogLevel: { LogTransit: 'on' },
    };
    expect(readEdgeConfig(text)).toEqual(readEdgeConfig(typed));
  });
});

test('a missing key is the zero value: there are no defaults', () => {
  const minimal = {
    Interface: { IType: 'dummy' },
    NodeID: 7,
    NodeName: 'relay',
    DefaultTTL: 20,
    PrivKey: toBase64(new Uint8Array(32).fill(9)),
    NextHopTable: { 7: { 8: 8 } },
  };
  const { config, findings } = readEdgeConfig(minimal);
  expect(findings).toEqual([]);
  expect(config).toMatchObject({
    Interface: { MTU: 0, L2HeaderMode: 'nochg' },
    PostScript: '',
    ListenPort: 0,
    AfPrefer: 0,
    DisabledAf: { IPv4: false, ListenIPv6: '' },
    LogLevel: { LogLevel: 'error', LogControl: false },
    DynamicRoute: { SaveNewPeers: false, SuperNode: { AdditionalLocalIP: [] } },
    Peers: [],
  });
  expect(config?.DynamicRoute.SuperNode.PSKey).toBeUndefined();
});

describe('what is wrong has a code, a path and a sentence', () => {
  test.each([
    ['NodeID', undefined, 'error CONFIG_MISSING_KEY NodeID is missing.'],
    ['NodeID', 65532, 'error MESH_NODE_NUMBER NodeID must be 0 to 65531'],
    ['NodeID', -1, 'error CONFIG_TYPE NodeID must be a whole number from 0 to 65535.'],
    ['NodeID', '010', 'error CONFIG_TYPE NodeID must be a whole number'],
    ['NodeName', '', 'error CONFIG_MISSING_KEY NodeName is missing.'],
    [
      'NodeName',
      'x'.repeat(33),
      'error CONFIG_TYPE NodeName must be text of at most 32 characters.',
    ],
    ['NodeName', '../x', 'error NAME_INVALID NodeName also names a socket file'],
    ['NodeName', 'a\nb', 'error CONFIG_TYPE NodeName has a control character'],
    ['DefaultTTL', 0, 'error CONFIG_TYPE DefaultTTL must be a whole number from 1 to 255.'],
    ['DefaultTTL', undefined, 'error CONFIG_MISSING_KEY DefaultTTL is missing.'],
    ['L2FIBTimeout', 'forever', 'error CONFIG_TYPE L2FIBTimeout must be a number'],
    ['L2FIBTimeout', 1e12, 'error CONFIG_TYPE L2FIBTimeout must be a number'],
    ['L2FIBTimeout', Number.NaN, 'error CONFIG_TYPE L2FIBTimeout must be a number'],
    ['PrivKey', 'Your_Private_Key', 'error KEY_ENCODING PrivKey must be 32 octets in base64'],
    ['PrivKey', toBase64(new Uint8Array(31)), 'error KEY_ENCODING PrivKey must be 32 octets'],
    ['PrivKey', undefined, 'error CONFIG_MISSING_KEY PrivKey is missing.'],
    ['ListenPort', 65536, 'error CONFIG_TYPE ListenPort'],
    ['AfPrefer', 5, 'error CONFIG_TYPE AfPrefer must be 0, 4 or 6.'],
    ['DisabledAf.IPv4', 'maybe', 'error CONFIG_TYPE DisabledAf.IPv4 must be true or false.'],
    ['DisabledAf.ListenIPv4', '::1', 'error ADDRESS_SYNTAX DisabledAf.ListenIPv4 must be an IPv4'],
    ['PostScript', "echo 'x", "error MESH_SCRIPT PostScript has no closing '"],
    ['Interface', [], 'error CONFIG_TYPE Interface must be a set of keys.'],
    ['Interface.IType', 'tun', 'error CONFIG_TYPE Interface.IType must be one of dummy, stdio'],
    ['Interface.IType', undefined, 'error CONFIG_MISSING_KEY Interface.IType is missing.'],
    [
      'Interface.MacAddrPrefix',
      '01:00',
      'error MESH_ADDRESS Interface.MacAddrPrefix names a group',
    ],
    ['Interface.RecvAddr', 'nowhere', 'error ENDPOINT_SYNTAX Interface.RecvAddr'],
    ['Peers', {}, 'error CONFIG_TYPE Peers must be a list'],
    [
      'NextHopTable',
      { x: {} },
      'error MESH_NODE_NUMBER NextHopTable.x is not the number of a node.',
    ],
    ['NextHopTable', { 1: { 2: 65535 } }, 'error MESH_NODE_NUMBER NextHopTable.1.2 must be 0'],
    ['NextHopTable', { 1: [2] }, 'error CONFIG_TYPE NextHopTable.1 must be a set of keys.'],
    ['DynamicRoute.DampingFilterRadius', 1e9, 'error CONFIG_TYPE DynamicRoute.DampingFilterRadius'],
    [
      'DynamicRoute.NTPConfig.Servers',
      Array(65).fill('a'),
      'error CONFIG_TYPE DynamicRoute.NTPConfig.Servers',
    ],
  ])('%s = %j', (path, value, why) => {
    expect(found(STATIC_EDGE, path, value)).toContainEqual(expect.stringContaining(why));
  });

  test.each([
    [
      'EndpointV4',
      '',
      'ENDPOINT_REQUIRED DynamicRoute.SuperNode.EndpointV4 or EndpointV6 is needed',
    ],
    ['EndpointV4', 'host', 'ENDPOINT_SYNTAX DynamicRoute.SuperNode.EndpointV4 must be host:port'],
    [
      'PubKeyV4',
      '',
      'CONFIG_MISSING_KEY DynamicRoute.SuperNode.PubKeyV4 is missing beside EndpointV4.',
    ],
    ['PSKey', 'short', 'PSK_ENCODING DynamicRoute.SuperNode.PSKey must be 32 octets'],
    [
      'EndpointEdgeAPIUrl',
      'http:///eg_api',
      'CONFIG_TYPE DynamicRoute.SuperNode.EndpointEdgeAPIUrl',
    ],
    [
      'EndpointEdgeAPIUrl',
      'ftp://h/eg_api',
      'CONFIG_TYPE DynamicRoute.SuperNode.EndpointEdgeAPIUrl',
    ],
    [
      'AdditionalLocalIP',
      ['10.0.0.1'],
      'ENDPOINT_SYNTAX DynamicRoute.SuperNode.AdditionalLocalIP[0]',
    ],
  ])('in super mode SuperNode.%s = %j', (key, value, why) => {
    expect(found(SUPER_EDGE, `DynamicRoute.SuperNode.${key}`, value)).toEqual([
      expect.stringContaining(`error ${why}`),
    ]);
  });

  test.each([
    [
      'DynamicRoute.P2P.SendPeerInterval',
      0,
      'error CONFIG_TYPE DynamicRoute.P2P.SendPeerInterval must be more',
    ],
    [
      'DynamicRoute.PeerAliveTimeout',
      0,
      'error CONFIG_TYPE DynamicRoute.PeerAliveTimeout must be more',
    ],
    ['Peers.0.NodeID', '1', 'error MESH_NODE_NUMBER Peers[0].NodeID is the number of this edge.'],
    ['Peers.0.EndPoint', '::1:3000', 'error ENDPOINT_SYNTAX Peers[0].EndPoint must be host:port'],
    ['Peers.0.PubKey', '', 'error CONFIG_MISSING_KEY Peers[0].PubKey is missing.'],
  ])('in P2P mode %s = %j', (path, value, why) => {
    expect(found(P2P_EDGE, path, value)).toContainEqual(expect.stringContaining(why));
  });

  test.each([
    ['Name', '', 'NAME_INVALID Interface.Name must be 1 to 15 characters'],
    ['Name', 'sixteen-letters-', 'NAME_INVALID Interface.Name must be 1 to 15 characters'],
    [
      'MacAddrPrefix',
      '',
      'CONFIG_MISSING_KEY Interface.MacAddrPrefix is missing; tap has a MAC address.',
    ],
    ['IPv4CIDR', '192.168.76.0/32x', 'MESH_ADDRESS Interface.IPv4CIDR must be an IPv4 prefix'],
    ['IPv6CIDR', '10.0.0.0/8', 'MESH_ADDRESS Interface.IPv6CIDR must be an IPv6 prefix'],
  ])('of a tap interface %s = %j', (key, value, why) => {
    expect(found(TAP_EDGE, `Interface.${key}`, value)).toEqual([
      expect.stringContaining(`error ${why}`),
    ]);
  });

  test('a number and a key belong to one peer', () => {
    const peer = { NodeID: 2, PubKey: toBase64(new Uint8Array(32).fill(1)) };
    expect(found(STATIC_EDGE, 'Peers', [peer, peer])).toEqual([
      'error DUPLICATE Peers[1].NodeID is that of Peers[0] as well.',
      'error DUPLICATE Peers[1].PubKey is that of Peers[0] as well.',
    ]);
  });

  test('a table has only so many entries, a mesh only so many peers', () => {
    const row = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [i, 1]));
    const table = Object.fromEntries(Array.from({ length: 251 }, (_, i) => [i, row]));
    expect(found(STATIC_EDGE, 'NextHopTable', table)).toEqual([
      'error CONFIG_TOO_LARGE NextHopTable has more than 250000 entries.',
    ]);
    expect(found(STATIC_EDGE, 'Peers', Array(1001).fill({}))).toEqual([
      'error CONFIG_TYPE Peers must be a list of at most 1000 entries.',
    ]);
  });

  test('fifty findings are enough, and errors come before warnings', () => {
    const unknown = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, 1]));
    const findings = found({ ...unknown, NodeID: 'x' });
    expect(findings).toHaveLength(50);
    expect(findings.filter((f) => f.startsWith('error')).length).toBeGreaterThan(3);
  });
});

describe('what the original ignores is a warning', () => {
  test.each([
    [
      'ResetConnInterval',
      86400,
      'CONFIG_UNKNOWN_KEY ResetConnInterval is not a known key, and is ignored.',
    ],
    ['nodeID', 2, 'CONFIG_UNKNOWN_KEY nodeID is not a known key'],
    [
      'Interface.L2HeaderMode',
      'dump',
      'CONFIG_TYPE Interface.L2HeaderMode is none of nochg, kbdbg, noL2; it counts as nochg.',
    ],
    [
      'LogLevel.LogLevel',
      'normal',
      'CONFIG_TYPE LogLevel.LogLevel is none of debug, verbose, error, silent; it counts as error.',
    ],
    ['Interface.IPv4CIDR', 'x', 'MESH_ADDRESS Interface.IPv4CIDR must be an IPv4 prefix'],
    ['NextHopTable', {}, 'MESH_TABLE NextHopTable has no row for node 1'],
  ])('%s = %j', (path, value, why) => {
    expect(found(STATIC_EDGE, path, value)).toEqual([expect.stringContaining(`warning ${why}`)]);
  });

  test('a slash at the end of the API’s URL, which would not be asked for', () => {
    const path = 'DynamicRoute.SuperNode.EndpointEdgeAPIUrl';
    const values = changed(SUPER_EDGE, path, 'http://h/eg_api/');
    expect(found(values)).toEqual([
      `warning CONFIG_TYPE ${path} ends with a slash, which is left out.`,
    ]);
    const { config } = readEdgeConfig(values);
    expect(config?.DynamicRoute.SuperNode.EndpointEdgeAPIUrl).toBe('http://h/eg_api');
  });

  test('hints name the key that was meant', () => {
    const { findings } = readEdgeConfig({
      ...(STATIC_EDGE as object),
      nodeid: 1,
      ResetConnInterval: 1,
      Zzz: 1,
    });
    expect(findings.map(({ hint }) => hint)).toEqual([
      'Letters count: it is NodeID.',
      'The name since v0.3 is ResetEndPointInterval.',
      expect.stringMatching(/^Known here: Interface, NodeID, /),
    ]);
  });

  test('preshared keys of edges are warned of once, and no finding ever shows a secret', () => {
    const secret = toBase64(new Uint8Array(32).fill(7));
    const { findings } = readEdgeConfig(
      changed(fixtureYaml('config/static-edge2.yaml').values(), 'Peers.1.PSKey', secret),
    );
    expect(findings).toMatchObject([
      { code: 'MESH_KEY_UNUSED', path: 'Peers[1].PSKey', severity: 'warning' },
    ]);
    const broken = readEdgeConfig(changed(STATIC_EDGE, 'PrivKey', `${secret}=`));
    expect(JSON.stringify([findings, broken.findings])).not.toContain(secret.slice(0, 20));
  });
});
