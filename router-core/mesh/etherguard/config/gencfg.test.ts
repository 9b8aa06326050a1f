import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../base/random.ts';
import { createNativeCrypto } from '../../../host/native-crypto.ts';
import { newYamlFile } from '../../../host/yaml-file.ts';
import { createNobleCrypto } from '../../../wireguard/index.ts';
import { ALWAYS_QUOTED, type ConfigChange, change } from './config-change.ts';
import { readEdgeConfig } from './edge-config.ts';
import { freshKeys } from './fresh-keys.ts';
import { type GeneratedFile, generateEdges, generateSuper } from './gencfg.ts';
import { readEdgesInput, readSuperInput, readTemplateCosts } from './gencfg-input.ts';
import {
  EDGE_SAMPLE,
  EDGES_INPUT_SAMPLE,
  edgeExample,
  SUPER_INPUT_SAMPLE,
  SUPER_SAMPLE,
  superExample,
} from './samples.ts';
import { readSuperConfig } from './super-config.ts';
import {
  changed,
  EDGE_FILES,
  fixtureNames,
  fixtureText,
  fixtureYaml,
  maskedLines,
  SUPER_FILES,
} from './testing/fixture-files.ts';

const keys = () => {
  const random = seededRandom(5);
  return freshKeys(random, createNativeCrypto(createNobleCrypto(random)));
};

function textOf({
  kind,
  changes,
}: {
  kind: GeneratedFile['kind'];
  changes: readonly ConfigChange[];
}): string {
  const file = newYamlFile(kind === 'edge' ? EDGE_SAMPLE : SUPER_SAMPLE);
  file.change(changes);
  return file.text(ALWAYS_QUOTED);
}

/** Lines of a recorded file; peers, whose order is random there, ascend. */
function recorded(name: string): string[] {
  const lines = maskedLines(fixtureText(name));
  const start = lines.indexOf('Peers:') + 1;
  if (start === 0) return lines;
  const peers = lines
    .slice(start)
    .join('\n')
    .replace(/\n$/, '')
    .split(/\n(?=- )/);
  const numberOf = (peer: string): number => Number(/NodeID: (\d+)/.exec(peer)?.[1]);
  peers.sort((a, b) => numberOf(a) - numberOf(b));
  return [...lines.slice(0, start), ...peers.join('\n').split('\n'), ''];
}

function generated(mode: 'static' | 'p2p' | 'super', values: unknown): readonly GeneratedFile[] {
  if (mode === 'super') {
    const { config, findings } = readSuperInput(values);
    expect(findings).toEqual([]);
    return config === undefined ? [] : generateSuper(config, keys());
  }
  const { config, findings } = readEdgesInput(values);
  expect(findings).toEqual([]);
  return config === undefined ? [] : (generateEdges(config, mode, keys()).config?.files ?? []);
}

describe.each(['static', 'p2p', 'super'] as const)('mode %s', (mode) => {
  const files = generated(mode, fixtureYaml(`gencfg/${mode}/input.yaml`).values());

  test('generates what the original did, but for secrets', () => {
    expect(files.map(({ name }) => `gencfg/${mode}/${name}`).sort()).toEqual(
      fixtureNames(`gencfg/${mode}`, /^demo_/),
    );
    for (const file of files)
      expect(maskedLines(textOf(file))).toEqual(recorded(`gencfg/${mode}/${file.name}`));
  });

  test('keys of the files fit together', () => {
    const edges = files.filter(({ kind }) => kind === 'edge').map((file) => edgeOf(file));
    const crypto = createNativeCrypto(createNobleCrypto(seededRandom(1)));
    const publicKeys = new Map(
      edges.map((e) => [e.NodeID as number, crypto.importPrivateKey(e.PrivKey).publicKey.bytes]),
    );
    expect(publicKeys.size).toBe(3);
    for (const { NodeID, Peers } of edges)
      for (const peer of Peers) {
        expect(peer.PubKey).toEqual(publicKeys.get(peer.NodeID));
        const back = edges
          .find((e) => e.NodeID === peer.NodeID)
          ?.Peers.find((p) => p.NodeID === NodeID);
        expect(back?.PSKey).toEqual(peer.PSKey);
      }
    const superFile = files.find(({ kind }) => kind === 'super');
    if (superFile === undefined) return;
    const { config } = readSuperConfig(valuesOf(superFile));
    for (const peer of config?.Peers ?? []) {
      const edge = edges.find((e) => e.NodeID === peer.NodeID);
      expect(peer.PubKey).toEqual(publicKeys.get(peer.NodeID));
      expect(peer.PSKey).toEqual(edge?.DynamicRoute.SuperNode.PSKey);
      expect(edge?.DynamicRoute.SuperNode.PubKeyV4).toEqual(
        crypto.importPrivateKey(config?.PrivKeyV4 ?? new Uint8Array(32)).publicKey.bytes,
      );
    }
  });
});

const valuesOf = (file: GeneratedFile): unknown => {
  const yaml = newYamlFile(file.kind === 'edge' ? EDGE_SAMPLE : SUPER_SAMPLE);
  yaml.change(file.changes);
  return yaml.values();
};

function edgeOf(file: GeneratedFile) {
  const { config, findings } = readEdgeConfig(valuesOf(file));
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (config === undefined) throw new Error('there is a configuration');
  return config;
}

test('without a prefix a locally administered unicast one is drawn, the same for all', () => {
  const input = changed(
    fixtureYaml('gencfg/static/input.yaml').values(),
    'Edge Node.MacAddress prefix',
    '',
  );
  const prefixes = generated('static', input).map((file) => edgeOf(file).Interface.MacAddrPrefix);
  expect(new Set(prefixes).size).toBe(1);
  expect(prefixes[0]).toMatch(/^[0-9A-F][26AE](:[0-9A-F]{2}){3}$/);
});

test('names have the number where it is asked for, file names always', () => {
  const input = changed(
    fixtureYaml('gencfg/static/input.yaml').values(),
    'Add NodeID to the interface name',
    'false',
  );
  const [first] = generated('static', input);
  expect(first?.name).toBe('demo_edge01.yaml');
  expect(first === undefined ? undefined : edgeOf(first)).toMatchObject({
    NodeName: 'demo',
    Interface: { Name: 'demo' },
  });
});

test('IPv6 endpoints of a supernode have brackets, however they were written', () => {
  for (const host of ['2001:db8::1', '[2001:db8::1]']) {
    const input = changed(
      fixtureYaml('gencfg/super/input.yaml').values(),
      'Super Node.Endpoint(IPv6)(optional)',
      host,
    );
    const [first] = generated('super', input);
    expect(first?.changes).toContainEqual({
      path: ['DynamicRoute', 'SuperNode', 'EndpointV6'],
      value: '[2001:db8::1]:3456',
    });
  }
});

test('costs of a template stand in the supernode’s list', () => {
  const template = changed(
    fixtureYaml('config/example-edge.yaml').values(),
    'DynamicRoute.AdditionalCost',
    '25.5',
  );
  const { config } = readSuperInput(fixtureYaml('gencfg/super/input.yaml').values());
  if (config === undefined) throw new Error('the input is right');
  const files = generateSuper(config, keys(), readTemplateCosts(template));
  const peers = files.at(-1)?.changes.find(({ path }) => path[0] === 'Peers')?.value;
  expect(peers).toContainEqual(
    expect.objectContaining({ NodeID: 100, AdditionalCost: 25.5, SkipLocalIP: false }),
  );
});

describe('a network that cannot be is refused', () => {
  function refusal(mode: 'static' | 'p2p', path: string, value: unknown): string[] {
    const read = readEdgesInput(
      changed(fixtureYaml(`gencfg/${mode}/input.yaml`).values(), path, value),
    );
    const findings =
      read.config === undefined ? read.findings : generateEdges(read.config, mode, keys()).findings;
    return findings.map((f) => `${f.code} ${f.message}`);
  }
  const MATRIX = 'Distance matrix for all nodes';

  test.each([
    ['static', 'Network name', 'a/b', 'NAME_INVALID Network name may have letters'],
    [
      'static',
      'Network name',
      'elevenchars',
      'CONFIG_TYPE Network name must be text of at most 10',
    ],
    ['static', 'Config output dir', '', 'CONFIG_MISSING_KEY Config output dir is missing.'],
    ['static', 'Edge Nodes', {}, 'CONFIG_MISSING_KEY Edge Nodes names no node.'],
    ['static', 'Edge Nodes', { x: null }, 'CONFIG_TYPE Edge Nodes must be a whole number'],
    [
      'static',
      'Edge Nodes.11',
      null,
      'MESH_MATRIX Distance matrix for all nodes lacks node 11 of Edge Nodes.',
    ],
    [
      'static',
      'Edge Nodes.10',
      undefined,
      'MESH_MATRIX Distance matrix for all nodes has node 10, which is missing',
    ],
    [
      'static',
      'Edge Nodes.1.Endpoint(optional)',
      'x',
      'ENDPOINT_SYNTAX Edge Nodes.1.Endpoint(optional)',
    ],
    [
      'static',
      MATRIX,
      'X 1 2 10\n1 0 1 Inf\n2 1 0 Inf\n10 Inf 1 0',
      'MESH_LINK Distance matrix for all nodes has no way from node 1 to node 10.',
    ],
    [
      'static',
      'Edge Nodes.2.Endpoint(optional)',
      '',
      'MESH_LINK Edge Nodes.2 has a link with node 10; one of them needs an endpoint.',
    ],
    ['p2p', 'Edge Nodes', { 1: null, 2: null }, 'MESH_LINK Edge Nodes.1 has a link with no node'],
    [
      'static',
      'Edge Node.MacAddress prefix',
      '01:00',
      'MESH_ADDRESS Edge Node.MacAddress prefix names a group',
    ],
    [
      'static',
      'Edge Node.MacAddress prefix',
      '02:00:00:00:00:00',
      'MESH_ADDRESS Edge Node.MacAddress prefix gives nodes 1 and 2 the same address.',
    ],
    [
      'static',
      'Edge Node.IPv4 range',
      '10.0.0.0/29',
      'MESH_ADDRESS Edge Node.IPv4 range (10.0.0.0/29) has 6 addresses, too few for node 10.',
    ],
  ] as const)('%s: %s = %j', (mode, path, value, why) => {
    expect(refusal(mode, path, value)).toContainEqual(expect.stringContaining(why));
  });

  test('static tables of very many nodes are not generated', () => {
    const nodes = Object.fromEntries(
      Array.from({ length: 129 }, (_, i) => [i, { 'Endpoint(optional)': 'h:1' }]),
    );
    const values = {
      ...(fixtureYaml('gencfg/p2p/input.yaml').values() as object),
      'Edge Nodes': nodes,
    };
    const { config } = readEdgesInput(values);
    if (config === undefined) throw new Error('the input is right');
    expect(generateEdges(config, 'static', keys()).findings).toMatchObject([
      { code: 'CONFIG_TOO_LARGE' },
    ]);
    expect(generateEdges(config, 'p2p', keys()).config?.files).toHaveLength(129);
  });

  test.each([
    ['Super Node.Listen port', undefined, 'CONFIG_MISSING_KEY Super Node.Listen port is missing.'],
    ['Super Node.Endpoint(IPv4)(optional)', '', 'ENDPOINT_REQUIRED Super Node needs an endpoint'],
    [
      'Super Node.Endpoint(IPv4)(optional)',
      'h:1',
      'ENDPOINT_SYNTAX Super Node.Endpoint(IPv4)(optional)',
    ],
    ['Edge Node.Node IDs', '[2,1]', 'MESH_NODE_NUMBER Edge Node.Node IDs does not ascend'],
    [
      'Edge Node.Node IDs',
      '[1~300]',
      'MESH_ADDRESS Edge Node.IPv4 range (192.168.76.0/24) has 254',
    ],
  ])('super: %s = %j', (path, value, why) => {
    const { findings } = readSuperInput(
      changed(fixtureYaml('gencfg/super/input.yaml').values(), path, value),
    );
    expect(findings.map((f) => `${f.code} ${f.message}`)).toContainEqual(
      expect.stringContaining(why),
    );
  });
});

describe('files that are written back', () => {
  test.each([...EDGE_FILES, ...SUPER_FILES])('%s is as it was', (name) => {
    expect(fixtureYaml(name).text()).toBe(fixtureText(name).replace(/\n*$/, '\n'));
  });

  test('have the change, a quoted prefix, and nothing else: no key is lost with a family that is off', () => {
    const file = fixtureYaml('config/super.yaml');
    file.change([change('SendPingInterval', 5)]);
    const edge = fixtureYaml('config/static-edge1.yaml');
    expect(file.text(ALWAYS_QUOTED)).toBe(
      fixtureText('config/super.yaml').replace('SendPingInterval: 4', 'SendPingInterval: 5'),
    );
    expect(edge.text(ALWAYS_QUOTED)).toBe(
      fixtureText('config/static-edge1.yaml').replace('02:42:AC:10', '"02:42:AC:10"'),
    );
  });
});

describe('samples', () => {
  test('are the original’s, but for keys', () => {
    expect(maskedLines(textOf({ kind: 'edge', changes: edgeExample('super', keys()) }))).toEqual(
      maskedLines(fixtureText('config/example-edge.yaml')),
    );
    expect(maskedLines(textOf({ kind: 'super', changes: superExample(keys()) }))).toEqual(
      maskedLines(fixtureText('config/example-super.yaml')),
    );
  });

  test.each(['static', 'super', 'p2p'] as const)('an edge of mode %s is right', (mode) => {
    const file = newYamlFile(EDGE_SAMPLE);
    file.change(edgeExample(mode, keys()));
    const { config, findings } = readEdgeConfig(file.values());
    expect(findings.map(({ path }) => path)).toEqual(['Peers[0].PSKey']);
    expect(config?.DynamicRoute).toMatchObject({
      SuperNode: { UseSuperNode: mode === 'super' },
      P2P: { UseP2P: mode === 'p2p' },
    });
  });

  test('of inputs generate a network', () => {
    expect(generated('super', SUPER_INPUT_SAMPLE)).toHaveLength(14);
    expect(generated('static', EDGES_INPUT_SAMPLE)).toHaveLength(6);
    expect(
      generated('p2p', { ...EDGES_INPUT_SAMPLE, 'Distance matrix for all nodes': '' }),
    ).toHaveLength(6);
  });
});
