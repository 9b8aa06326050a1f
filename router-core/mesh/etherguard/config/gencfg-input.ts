/**
 * What `gencfg` is told about a network: under the original's key names, which are sentences.
 *
 * Not standardized; EtherGuard's format.
 *
 * @module
 */
import { toHex } from '../../../base/bytes.ts';
import { parseEndpoint } from '../../../base/endpoint.ts';
import { formatIpAddress, type IpAddress, parseIpAddress } from '../../../base/ip-address.ts';
import type { NodeNumber } from '../../node-number.ts';
import { type Derived, ipAddressOf, macAddressOf } from './derive-addresses.ts';
import { MATRIX_TEXT_MAX, readDistanceMatrix } from './distance-matrix.ts';
import { NODES_MAX } from './limits.ts';
import { nodeList } from './node-list.ts';
import { additionalCost, checkEndpoint } from './shared-fields.ts';
import type { LinkGraph } from './solve.ts';
import { edgeNumber } from './tables.ts';
import {
  fields,
  flag,
  integer,
  integerOf,
  keysOf,
  lines,
  Notes,
  needed,
  type Reader,
  type Reading,
  type ReadOf,
  readWith,
  text,
} from './value-readers.ts';

const RANGES = {
  /** Empty: a random one. */
  'MacAddress prefix': text(17),
  'IPv4 range': text(64),
  'IPv6 range': text(64),
  'IPv6 LL range': text(64),
};

const COMMON = {
  'Config output dir': needed(text()),
  'Enable generated config overwrite': flag,
  /** And to the name of the node. */
  'Add NodeID to the interface name': flag,
  /** A file whose values are taken where nothing here decides; empty is the sample. */
  'ConfigTemplate for edge node': text(),
  'Network name': needed(text(10)),
};

const edgeNode = fields({ 'Endpoint(optional)': text(300) });

/** Nodes by number, ascending. */
const edgeNodes: Reader<ReadonlyMap<NodeNumber, ReadOf<typeof edgeNode>>> = (
  value,
  path,
  notes,
) => {
  const entries = [...keysOf(value, path, notes)];
  if (entries.length > NODES_MAX) {
    notes.error('CONFIG_TOO_LARGE', path, `has more than ${NODES_MAX} nodes.`);
    return new Map();
  }
  return new Map(
    entries
      .map(([name, entry]): [NodeNumber, ReadOf<typeof edgeNode>] => {
        const node = edgeNumber(integerOf(name) ?? name, path, notes);
        return [node, edgeNode(entry, `${path}.${node}`, notes)];
      })
      .sort(([a], [b]) => a - b),
  );
};

const edgesInput = fields({
  ...COMMON,
  'Edge Node': fields(RANGES),
  'Edge Nodes': edgeNodes,
  'Distance matrix for all nodes': lines(MATRIX_TEXT_MAX),
});

const superInput = fields({
  ...COMMON,
  'ConfigTemplate for super node': text(),
  'Super Node': fields({
    'Listen port': integer(1, 65535),
    'EdgeAPI prefix': text(512),
    'Endpoint(IPv4)(optional)': text(300),
    'Endpoint(IPv6)(optional)': text(300),
    'Endpoint(EdgeAPI)': needed(text(2048)),
  }),
  'Edge Node': fields({ 'Node IDs': nodeList, ...RANGES }),
});

/** A network without supernode: nodes, and the matrix if there is one. */
export type EdgesInput = ReadOf<typeof edgesInput> & { readonly matrix?: LinkGraph };
export type SuperInput = ReadOf<typeof superInput>;

/** Reads the input for modes `static` and `p2p`. */
export function readEdgesInput(values: unknown): Reading<EdgesInput> {
  let matrix: LinkGraph | undefined;
  const { config, findings } = readWith(
    edgesInput,
    (input, notes) => {
      checkNetwork(
        input['Network name'],
        [...input['Edge Nodes'].keys()],
        input['Edge Node'],
        notes,
      );
      for (const [node, { 'Endpoint(optional)': endpoint }] of input['Edge Nodes'])
        checkEndpoint(endpoint, `Edge Nodes.${node}.Endpoint(optional)`, notes);
      matrix = readMatrix(input, notes);
    },
    values,
  );
  if (config === undefined) return { findings };
  return { config: { ...config, ...(matrix === undefined ? {} : { matrix }) }, findings };
}

function readMatrix(input: ReadOf<typeof edgesInput>, notes: Notes): LinkGraph | undefined {
  const path = 'Distance matrix for all nodes';
  if (input[path].trim() === '') return undefined;
  const matrix = readDistanceMatrix(input[path], path, notes);
  if (matrix === undefined) return undefined;
  const named = new Set(matrix.nodes);
  for (const node of input['Edge Nodes'].keys())
    if (!named.delete(node)) notes.error('MESH_MATRIX', path, `lacks node ${node} of Edge Nodes.`);
  for (const node of named)
    notes.error('MESH_MATRIX', path, `has node ${node}, which is missing in Edge Nodes.`);
  return matrix;
}

/** Reads the input for mode `super`. */
export const readSuperInput = (values: unknown): Reading<SuperInput> =>
  readWith(superInput, checkSuperInput, values);

function checkSuperInput(input: SuperInput, notes: Notes): void {
  const { 'Super Node': node, 'Edge Node': edges } = input;
  checkNetwork(input['Network name'], edges['Node IDs'], edges, notes);
  if (node['Listen port'] === 0)
    notes.error('CONFIG_MISSING_KEY', 'Super Node.Listen port', 'is missing.');
  if (node['Endpoint(IPv4)(optional)'] === '' && node['Endpoint(IPv6)(optional)'] === '')
    notes.error('ENDPOINT_REQUIRED', 'Super Node', 'needs an endpoint of one family at least.');
  for (const key of ['Endpoint(IPv4)(optional)', 'Endpoint(IPv6)(optional)'] as const)
    if (node[key] !== '' && superEndpoint(node[key], 1) === undefined)
      notes.error(
        'ENDPOINT_SYNTAX',
        `Super Node.${key}`,
        'must be an address or a host name, without a port.',
      );
}

/** Returns `host:port`, an IPv6 address in brackets whether or not it had them; undefined when the host is none. */
export function superEndpoint(host: string, port: number): string | undefined {
  if (host === '') return '';
  const address = parseIpAddress(host.replace(/^\[(.*)\]$/, '$1'));
  const text = address?.family === 6 ? `[${formatIpAddress(address)}]` : host;
  return parseEndpoint(`${text}:${port}`) === undefined ? undefined : `${text}:${port}`;
}

const templateCosts = fields({
  DynamicRoute: fields({
    AdditionalCost: additionalCost,
    SuperNode: fields({ SkipLocalIP: flag }),
  }),
});

/** What of an edge's template stands in the supernode's list of peers too; what is wrong is told when its file is read. */
export function readTemplateCosts(values: unknown): {
  readonly AdditionalCost: number;
  readonly SkipLocalIP: boolean;
} {
  const { DynamicRoute } = templateCosts(values, '', new Notes());
  return {
    AdditionalCost: DynamicRoute.AdditionalCost,
    SkipLocalIP: DynamicRoute.SuperNode.SkipLocalIP,
  };
}

type RangeKey = keyof typeof RANGES;

/** The octets of a node's address by each range. */
const DERIVATIONS: Readonly<
  Record<RangeKey, (range: string, node: number) => Derived<Uint8Array>>
> = {
  'MacAddress prefix': macAddressOf,
  'IPv4 range': (range, node) => octetsOf(ipAddressOf(range, node, 4)),
  'IPv6 range': (range, node) => octetsOf(ipAddressOf(range, node, 6)),
  'IPv6 LL range': (range, node) => octetsOf(ipAddressOf(range, node, 6)),
};

const octetsOf = (ip: Derived<IpAddress>): Derived<Uint8Array> =>
  'problem' in ip ? ip : { address: ip.address.bytes };

/** Notes a name that files cannot have, and ranges in which a node has no address, or that of another. */
function checkNetwork(
  name: string,
  nodes: readonly NodeNumber[],
  ranges: Readonly<Record<RangeKey, string>>,
  notes: Notes,
): void {
  if (!/^[0-9A-Za-z_-]*$/.test(name))
    notes.error('NAME_INVALID', 'Network name', 'may have letters, digits, _ and - only.');
  if (nodes.length === 0) notes.error('CONFIG_MISSING_KEY', 'Edge Nodes', 'names no node.');
  for (const key of Object.keys(DERIVATIONS) as RangeKey[])
    if (ranges[key] !== '') checkRange(key, ranges[key], nodes, notes);
}

function checkRange(
  key: RangeKey,
  range: string,
  nodes: readonly NodeNumber[],
  notes: Notes,
): void {
  const path = `Edge Node.${key}`;
  const owners = new Map<string, NodeNumber>();
  for (const node of nodes) {
    const derived = DERIVATIONS[key](range, node);
    if ('problem' in derived) return notes.error('MESH_ADDRESS', path, derived.problem);
    const address = toHex(derived.address);
    const owner = owners.get(address);
    if (owner !== undefined)
      return notes.error(
        'MESH_ADDRESS',
        path,
        `gives nodes ${owner} and ${node} the same address.`,
      );
    owners.set(address, node);
  }
}
