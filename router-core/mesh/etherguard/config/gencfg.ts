/**
 * Generates the configurations of a network: one file per edge, and one for the supernode.
 *
 * Not standardized; EtherGuard's rules, and what it generated from the inputs in fixtures/gencfg/.
 *
 *   input ─► links and next hops ─► changes of the sample or of a template, per file ─► (cli) text, mode 0600
 *
 * Departures: names of endpoints are not resolved, so generating needs no network; the time servers of a template stay (those of
 * the sample go without a supernode, as in the original).
 *
 * Invariant: with equal secrets equal inputs give equal files; whoever reads one of them finds no error.
 *
 * @module
 */
import type { NodeNumber } from '../../node-number.ts';
import { type ConfigChange, change, tableValues } from './config-change.ts';
import type { FreshKeys } from './fresh-keys.ts';
import { type EdgesInput, type SuperInput, superEndpoint } from './gencfg-input.ts';
import { GENERATED_STATIC_NODES_MAX } from './limits.ts';
import { EDGE_SAMPLE, passwordChanges, superPeer } from './samples.ts';
import { shortestWays } from './shortest-ways.ts';
import { type Link, type LinkGraph, pathOf, type Solution } from './solve.ts';
import { Notes, type Reading } from './value-readers.ts';

/** A file to be written: changes of the template of its kind, or of the sample where there is none. */
export type GeneratedFile = {
  readonly name: string;
  readonly kind: 'edge' | 'super';
  readonly changes: readonly ConfigChange[];
};

export type GeneratedEdges = {
  readonly files: readonly GeneratedFile[];
  /** What the matrix says, if there is one. */
  readonly solved?: { readonly graph: LinkGraph; readonly solution: Solution };
};

/** A persistent keepalive for nodes nobody can connect to, in seconds. */
const KEEPALIVE_SECONDS = 30;
/** What relaying costs in P2P mode, in milliseconds: a second, so that ways over others are a last resort. */
const P2P_ADDITIONAL_COST = 1000;

/** Generates the edges of a network that has no supernode. */
export function generateEdges(
  input: EdgesInput,
  mode: 'static' | 'p2p',
  keys: FreshKeys,
): Reading<GeneratedEdges> {
  const notes = new Notes();
  const nodes = [...input['Edge Nodes'].keys()];
  if (mode === 'static' && nodes.length > GENERATED_STATIC_NODES_MAX) {
    const most = `may name at most ${GENERATED_STATIC_NODES_MAX} nodes in static mode.`;
    notes.error('CONFIG_TOO_LARGE', 'Edge Nodes', most);
    return { findings: notes.findings };
  }
  const graph = input.matrix ?? fullMesh(input, nodes);
  checkLinks(input, graph, notes);
  // Edges of P2P mode find their ways themselves; a matrix is there to be looked at.
  const isSolved = mode === 'static' || input.matrix !== undefined;
  const solution = isSolved ? shortestWays(graph) : undefined;
  if (solution !== undefined) checkWays(graph, solution, notes);
  if (notes.hasErrors) return { findings: notes.findings };

  const neighbors = neighborsOf(graph);
  const pairs = new Map(nodes.map((node) => [node, keys.pair()]));
  const preshared = presharedByPair(keys);
  const common = [
    ...interfaceChanges(input['Edge Node'], keys),
    change('DynamicRoute.P2P.UseP2P', mode === 'p2p'),
    ...withoutSuperNode(input, mode),
    change('NextHopTable', mode === 'static' && solution ? tableValues(solution.nextHop) : {}),
  ];
  const files = nodes.map((node): GeneratedFile => {
    const endpoint = endpointOf(input, node);
    const peers = (neighbors.get(node) ?? []).map((peer) => ({
      NodeID: peer,
      PubKey: pairs.get(peer)?.publicKey ?? '',
      PSKey: preshared(node, peer),
      EndPoint: endpointOf(input, peer),
      PersistentKeepalive: endpoint === '' ? KEEPALIVE_SECONDS : 0,
      Static: true,
    }));
    return {
      name: fileName(input, `edge${paddedNumber(node, nodes)}`),
      kind: 'edge',
      changes: [
        ...common,
        ...nameChanges(input, node, nodes),
        change('PrivKey', pairs.get(node)?.privateKey ?? ''),
        change('ListenPort', Number(/:(\d+)$/.exec(endpoint)?.[1] ?? 0)),
        change('Peers', peers),
      ],
    };
  });
  const solved = input.matrix && solution ? { solved: { graph, solution } } : {};
  return { config: { files, ...solved }, findings: notes.findings };
}

const endpointOf = (input: EdgesInput, node: NodeNumber): string =>
  input['Edge Nodes'].get(node)?.['Endpoint(optional)'] ?? '';

/** Links of weight 1 between all nodes of which one can connect to the other. */
function fullMesh(input: EdgesInput, nodes: readonly NodeNumber[]): LinkGraph {
  const links = nodes.flatMap((from): Link[] =>
    nodes
      .filter((to) => to !== from && endpointOf(input, from) + endpointOf(input, to) !== '')
      .map((to) => ({ from, to, distance: 1, cost: 0 })),
  );
  return { nodes, links };
}

/** A link needs an end that can be connected to, a node needs a link. */
function checkLinks(input: EdgesInput, graph: LinkGraph, notes: Notes): void {
  const lonely = new Set(graph.nodes);
  for (const { from, to } of graph.links) {
    lonely.delete(from);
    lonely.delete(to);
    if (endpointOf(input, from) + endpointOf(input, to) === '')
      notes.error(
        'MESH_LINK',
        `Edge Nodes.${from}`,
        `has a link with node ${to}; one of them needs an endpoint.`,
      );
  }
  for (const node of lonely)
    notes.error(
      'MESH_LINK',
      `Edge Nodes.${node}`,
      'has a link with no node: it or others need endpoints.',
    );
}

function checkWays(graph: LinkGraph, { nextHop }: Solution, notes: Notes): void {
  for (const from of graph.nodes)
    for (const to of graph.nodes)
      if (pathOf(nextHop, from, to) === undefined)
        notes.error(
          'MESH_LINK',
          'Distance matrix for all nodes',
          `has no way from node ${from} to node ${to}.`,
        );
}

/** Who has a link with whom, in either direction; ascending. */
function neighborsOf(graph: LinkGraph): ReadonlyMap<NodeNumber, readonly NodeNumber[]> {
  const neighbors = new Map(graph.nodes.map((node) => [node, new Set<NodeNumber>()]));
  for (const { from, to } of graph.links) {
    neighbors.get(from)?.add(to);
    neighbors.get(to)?.add(from);
  }
  return new Map([...neighbors].map(([node, set]) => [node, [...set].sort((a, b) => a - b)]));
}

/** Returns a function that gives both ends of a link the same fresh key. */
function presharedByPair(keys: FreshKeys): (a: NodeNumber, b: NodeNumber) => string {
  const made = new Map<string, string>();
  return (a, b) => {
    const pair = `${Math.min(a, b)} ${Math.max(a, b)}`;
    const key = made.get(pair) ?? keys.preshared();
    made.set(pair, key);
    return key;
  };
}

function withoutSuperNode(input: EdgesInput, mode: 'static' | 'p2p'): ConfigChange[] {
  const at = 'DynamicRoute.SuperNode';
  const hasTemplate = input['ConfigTemplate for edge node'] !== '';
  return [
    change(`${at}.UseSuperNode`, false),
    ...['PSKey', 'EndpointV4', 'PubKeyV4', 'EndpointV6', 'PubKeyV6', 'EndpointEdgeAPIUrl'].map(
      (name) => change(`${at}.${name}`, ''),
    ),
    ...(hasTemplate ? [] : [change('DynamicRoute.NTPConfig.Servers', [])]),
    ...(hasTemplate || mode === 'static'
      ? []
      : [change('DynamicRoute.AdditionalCost', P2P_ADDITIONAL_COST)]),
  ];
}

/** Generates a supernode and its edges. What of `template` is given stands in the supernode's list too. */
export function generateSuper(
  input: SuperInput,
  keys: FreshKeys,
  template: { readonly AdditionalCost?: number; readonly SkipLocalIP?: boolean } = {},
): readonly GeneratedFile[] {
  const node = input['Super Node'];
  const nodes = input['Edge Node']['Node IDs'];
  const port = node['Listen port'];
  const [ipv4, ipv6] = [keys.pair(), keys.pair()];
  const at = 'DynamicRoute.SuperNode';
  const common = [
    ...interfaceChanges(input['Edge Node'], keys),
    change('ListenPort', 0),
    change('DynamicRoute.P2P.UseP2P', false),
    change(`${at}.UseSuperNode`, true),
    change(`${at}.EndpointV4`, superEndpoint(node['Endpoint(IPv4)(optional)'], port)),
    change(`${at}.PubKeyV4`, ipv4.publicKey),
    change(`${at}.EndpointV6`, superEndpoint(node['Endpoint(IPv6)(optional)'], port)),
    change(`${at}.PubKeyV6`, ipv6.publicKey),
    change(`${at}.EndpointEdgeAPIUrl`, node['Endpoint(EdgeAPI)']),
    change('NextHopTable', {}),
    change('Peers', []),
  ];
  const edges = nodes.map((number) => {
    const [pair, preshared] = [keys.pair(), keys.preshared()];
    const padded = paddedNumber(number, nodes);
    const file: GeneratedFile = {
      name: fileName(input, `edge${padded}`),
      kind: 'edge',
      changes: [
        ...common,
        ...nameChanges(input, number, nodes),
        change('PrivKey', pair.privateKey),
        change(`${at}.PSKey`, preshared),
      ],
    };
    const peer = superPeer(
      number,
      `${input['Network name']}${padded}`,
      pair.publicKey,
      preshared,
      template.AdditionalCost ?? EDGE_SAMPLE.DynamicRoute.AdditionalCost,
      template.SkipLocalIP ?? EDGE_SAMPLE.DynamicRoute.SuperNode.SkipLocalIP,
    );
    return { file, peer };
  });
  const supernode: GeneratedFile = {
    name: fileName(input, 'super'),
    kind: 'super',
    changes: [
      change('NodeName', `${input['Network name']}SN`),
      change('PrivKeyV4', ipv4.privateKey),
      change('PrivKeyV6', ipv6.privateKey),
      change('ListenPort', port),
      change('ListenPort_EdgeAPI', String(port)),
      change('ListenPort_ManageAPI', String(port)),
      change('API_Prefix', node['EdgeAPI prefix']),
      ...(input['ConfigTemplate for super node'] === '' ? passwordChanges(keys) : []),
      change('NextHopTable', {}),
      change('EdgeTemplate', input['ConfigTemplate for edge node']),
      change(
        'Peers',
        edges.map(({ peer }) => peer),
      ),
    ],
  };
  return [...edges.map(({ file }) => file), supernode];
}

const fileName = (input: { 'Network name': string }, rest: string): string =>
  `${input['Network name']}_${rest}.yaml`;

/** The number with zeros before it, as wide as the widest. */
const paddedNumber = (node: NodeNumber, nodes: readonly NodeNumber[]): string =>
  String(node).padStart(String(nodes.at(-1) ?? 0).length, '0');

function nameChanges(
  input: { 'Network name': string; 'Add NodeID to the interface name': boolean },
  node: NodeNumber,
  nodes: readonly NodeNumber[],
): ConfigChange[] {
  const number = input['Add NodeID to the interface name'] ? paddedNumber(node, nodes) : '';
  const name = `${input['Network name']}${number}`;
  return [change('NodeID', node), change('NodeName', name), change('Interface.Name', name)];
}

const interfaceChanges = (ranges: EdgesInput['Edge Node'], keys: FreshKeys): ConfigChange[] => [
  change('Interface.MacAddrPrefix', ranges['MacAddress prefix'] || keys.macPrefix()),
  change('Interface.IPv4CIDR', ranges['IPv4 range']),
  change('Interface.IPv6CIDR', ranges['IPv6 range']),
  change('Interface.IPv6LLPrefix', ranges['IPv6 LL range']),
];
