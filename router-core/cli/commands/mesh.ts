/**
 * `rootless42 mesh [--json]`: the layer-2 mesh of the running node, and why a link is not alive.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import type {
  MeshEdgeStatus,
  MeshInstanceView,
  MeshLatency,
  MeshSupernodeStatus,
  MeshView,
  MeshWay,
} from '../../router/mesh/mesh-view-types.ts';
import type { Command } from '../command.ts';
import { connectToNode, NODE_OPTIONS } from '../running-node.ts';
import { table } from '../table.ts';

export const mesh: Command = {
  usage: '[--json] [--data FOLDER]',
  summary: 'the mesh of the running node: links, ways, addresses',
  async run(args) {
    const { values } = parseArgs({ args, options: NODE_OPTIONS });
    const client = await connectToNode(values.data);
    const { mesh: view } = await client.call('snapshot', {});
    await client.close();
    const text = values.json ? `${JSON.stringify(view ?? null, null, 2)}\n` : meshText(view);
    process.stdout.write(text);
    return 0;
  },
};

/** Returns what is printed of a mesh. */
export function meshText(view: MeshView | undefined): string {
  if (view === undefined)
    return 'This node takes part in no mesh; docs/mesh.md says how it would.\n';
  const parts = [
    view.edge && instanceText('edge', view.edge, edgeText),
    view.supernode && instanceText('supernode', view.supernode, supernodeText),
  ];
  return parts.filter((part) => part !== undefined).join('\n');
}

function instanceText<Status>(
  name: string,
  { status, problem }: MeshInstanceView<Status>,
  text: (status: Status) => string,
): string {
  const trouble = problem === null ? '' : `${name}: ${problem.message} (${problem.code})\n`;
  const body = status === null ? `The ${name} does not run.\n` : text(status);
  return trouble + body;
}

function edgeText(edge: MeshEdgeStatus): string {
  const { node, name, mode, port, supernode, links, ways, addresses } = edge;
  const lines = [
    `edge ${node} (${name})  ${mode} mode  ${listening(edge.listenPorts)}`,
    `public key ${edge.publicKey}`,
    port === null
      ? 'no interface: a relay'
      : `port ${port.linkAddress}  MTU ${port.mtu}  ${port.addresses.map(({ address, state }) => `${address} ${state}`).join(', ')}`,
    ...(supernode === null ? [] : [supernodeLine(supernode)]),
  ];
  const rows = links.map((link) => [
    link.role === 'supernode' ? 'supernode' : String(link.node),
    link.isAlive ? 'alive' : 'not alive',
    milliseconds(link.latencyMs),
    milliseconds(link.jitterMs),
    link.loss === null ? '' : `${Math.round(link.loss * 1000) / 10} %`,
    link.endpoint ?? 'none',
    link.lastHandshakeAt ?? 'never',
    `${link.relayedFrames}`,
  ]);
  const head = ['link', 'state', 'to us', 'jitter', 'loss', 'endpoint', 'handshake', 'relayed'];
  const troubles = links.flatMap(({ node: other, role, problem }) =>
    problem === null ? [] : [`${role === 'supernode' ? role : `node ${other}`}: ${problem}\n`],
  );
  return [
    `${lines.join('\n')}\n`,
    table(head, rows),
    waysText(ways, edge.latencies),
    addresses.length === 0
      ? ''
      : table(
          ['MAC address', 'node', 'heard'],
          addresses.map(({ address, node: owner, learnedAt }) => [
            address,
            String(owner),
            learnedAt,
          ]),
        ),
    troubles.join(''),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function supernodeText(supernode: MeshSupernodeStatus): string {
  const { name, publicKeys, listenPorts, edges, ways, latencies } = supernode;
  const keys = [
    ...(publicKeys.v4 === null ? [] : [`public key over IPv4 ${publicKeys.v4}\n`]),
    ...(publicKeys.v6 === null ? [] : [`public key over IPv6 ${publicKeys.v6}\n`]),
  ];
  const rows = edges.map((edge) => [
    String(edge.node),
    edge.name,
    edge.isAlive ? 'alive' : 'not alive',
    edge.lastSeenAt ?? 'never',
    edge.externalAddresses.join(', '),
  ]);
  return [
    `supernode ${name}  ${listening(listenPorts)}\n${keys.join('')}`,
    table(['edge', 'name', 'state', 'seen', 'comes from'], rows),
    waysText(ways, latencies),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function waysText(ways: readonly MeshWay[], latencies: readonly MeshLatency[]): string {
  if (ways.length === 0) return '';
  const measured = new Map(latencies.map(({ from, to, ms }) => [`${from} ${to}`, ms]));
  const rows = ways.map(({ from, to, nodes }) => [
    String(from),
    String(to),
    nodes.join(' → '),
    milliseconds(measured.get(`${from} ${to}`) ?? null),
  ]);
  return table(['from', 'to', 'way', 'direct'], rows);
}

function supernodeLine(supernode: NonNullable<MeshEdgeStatus['supernode']>): string {
  const { url, lastRegisteredAt, lastReportedAt, problem } = supernode;
  const since = `registered ${lastRegisteredAt ?? 'never'}, reported ${lastReportedAt ?? 'never'}`;
  return `supernode ${url}  ${since}${problem === null ? '' : `: ${problem}`}`;
}

const listening = (ports: MeshEdgeStatus['listenPorts']): string =>
  ports.length === 0
    ? 'listens nowhere'
    : ports.map(({ family, port }) => `UDP ${port} (IPv${family})`).join(', ');

const milliseconds = (ms: number | null): string => (ms === null ? '' : `${ms.toFixed(2)} ms`);
