/**
 * `rootless42 status [--json]`: the node, its peerings, and why one is not up.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import type { NodeView, PeeringView, ServiceView, Snapshot } from '../../router/types.ts';
import type { Command } from '../command.ts';
import { connectToNode, NODE_OPTIONS } from '../running-node.ts';
import { table } from '../table.ts';

export const status: Command = {
  usage: '[--json] [--data FOLDER]',
  summary: 'the running node and its peerings',
  async run(args) {
    const { values } = parseArgs({ args, options: NODE_OPTIONS });
    const client = await connectToNode(values.data);
    const snapshot = await client.call('snapshot', {});
    await client.close();
    if (values.json) {
      process.stdout.write(`${JSON.stringify(snapshot, null, 2)}\n`);
      return 0;
    }
    const { node, peerings } = snapshot;
    const registry =
      node.registry === null
        ? 'no registry'
        : `registry ${node.registry.commit?.slice(0, 10) ?? 'without commit'}, ${node.registry.roas} ROAs`;
    process.stdout.write(
      `${node.name}  AS${node.asn}  UDP ${node.ports.join(', ')}  ${node.routes.ipv4} IPv4 and ${node.routes.ipv6} IPv6 routes  ${registry}\n`,
    );
    process.stdout.write(
      `public key ${node.publicKey}\npacket path ${node.underlay.kind}: ${node.underlay.reason}\n${packetLines(node)}${wgShow(node.uapi)}\n${bgpListenLine(node)}${roaLines(node)}${stationLines(node)}\n`,
    );
    process.stdout.write(vrfLines(snapshot));
    const hasBfd = peerings.some(({ sessions }) => sessions.some(({ bfd }) => bfd !== undefined));
    process.stdout.write(
      table(
        [
          'peering',
          'AS',
          'state',
          'endpoint',
          'handshake',
          'session',
          'since',
          'in',
          'rejected',
          'out',
          ...(hasBfd ? ['BFD'] : []),
        ],
        peerings.flatMap(rowsOf).map((row) => (hasBfd ? row : row.slice(0, -1))),
      ),
    );
    if (node.services.length > 0)
      process.stdout.write(
        `\n${table(['service', 'at', 'to', 'now', 'total', 'refused', 'state'], node.services.map(rowOfService))}`,
      );
    for (const peering of peerings) {
      for (const finding of peering.diagnosis)
        process.stdout.write(`\n${peering.name}: ${finding.text} (${finding.code})\n`);
      process.stdout.write(refusedLine(peering));
    }
    return 0;
  },
};

/** The named virtual routers, with what their tables hold. */
function vrfLines({ vrfs = {}, peerings }: Snapshot): string {
  const lines = Object.entries(vrfs).map(([name, { tables }]) => {
    const names = peerings.filter(({ vrf }) => vrf === name).map((peering) => peering.name);
    return `vrf ${name}  ${tables.ipv4.prefixes} IPv4 and ${tables.ipv6.prefixes} IPv6 routes  ${names.join(', ') || 'no peering'}\n`;
  });
  return lines.length === 0 ? '' : `${lines.join('')}\n`;
}

/** How long batches take, and what went no further, when there is anything to tell. */
function packetLines({ underlay, drops }: NodeView): string {
  const { latency } = underlay;
  const times =
    latency === undefined || latency.batches === 0
      ? ''
      : `  ${latency.batches} batches, half of them within ${latency.p50Us} µs, 99 % within ${latency.p99Us} µs\n`;
  const reasons = Object.entries(drops).map(([reason, count]) => `${reason} ${count}`);
  return `${times}${reasons.length === 0 ? '' : `  dropped: ${reasons.join(', ')}\n`}`;
}

function bgpListenLine({ bgpListen }: NodeView): string {
  if (bgpListen === undefined) return '';
  const { host, port, error } = bgpListen;
  return `BGP on the machine's TCP: ${host} port ${port}${error === null ? '' : `, not open: ${error}`}\n`;
}

/** What the checks of a peering kept out, when it is anything. */
function refusedLine({ name, tunnel }: PeeringView): string {
  const refused = tunnel?.refused;
  if (refused === undefined || refused.reversePath + refused.bogons === 0) return '';
  return `\n${name}: refused ${refused.reversePath} packets by reversePath, ${refused.bogons} by bogons\n`;
}

/** Where ROAs come from, when not from the registry, and how old what they say is. */
function roaLines({ roa }: NodeView): string {
  if (roa === undefined) return '';
  const lines = roa.sources.map(
    ({ source, state, roas, updatedAt, isInUse }) =>
      `  ${source}: ${roas ?? 'no'} ROAs${isInUse ? '' : ', not in use'}, ${updatedAt === null ? '' : `as of ${updatedAt}, `}${state}\n`,
  );
  return `${roa.roas ?? 'no'} ROAs from\n${lines.join('')}`;
}

/** Where sessions and routes are told of, and why not. */
const stationLines = ({ bmp = [] }: NodeView): string =>
  bmp
    .map(({ station, views, state, since, lastError, nextAttempt }) => {
      const trouble = lastError === undefined ? '' : `: ${lastError}`;
      const next = nextAttempt === undefined ? '' : `; next attempt ${nextAttempt}`;
      return `BMP ${station} ${state} since ${since} (${views.join(', ')})${trouble}${next}\n`;
    })
    .join('');

const wgShow = ({ path, note }: NodeView['uapi']): string =>
  path === null ? `no socket for wg show: ${note}` : `wg show ${path}${note && ` (${note})`}`;

/** Endpoint and last handshake; without a tunnel there is only where the neighbor is. */
const tunnelCells = ({ tunnel, over, sessions }: PeeringView): string[] =>
  tunnel === null
    ? [`${over ?? 'host'} ${sessions[0]?.remoteAddress ?? ''}`, '']
    : [tunnel.endpoint ?? 'none', tunnel.lastHandshakeAt ?? 'never'];

function rowOfService({ kind, at, to, isListening, note, connections }: ServiceView): string[] {
  const { now = 0, total = 0, refused = 0 } = connections ?? {};
  const state = isListening ? 'listening' : 'not listening';
  return [
    kind,
    at,
    to ?? 'anywhere in DN42',
    `${now}`,
    `${total}`,
    `${refused}`,
    note === '' ? state : `${state}: ${note}`,
  ];
}

function rowsOf(peering: PeeringView): string[][] {
  const tunnel = [peering.name, String(peering.asn), peering.operational, ...tunnelCells(peering)];
  if (peering.sessions.length === 0) return [[...tunnel, 'none', '', '', '', '', '']];
  return peering.sessions.map((session, i) => [
    ...(i === 0 ? tunnel : ['', '', '', '', '']),
    session.state,
    session.since,
    `${session.accepted}${session.stale === undefined ? '' : ' stale'}`,
    String(session.rejected),
    String(session.sent),
    session.bfd === undefined ? '' : `${session.bfd.state} ${session.bfd.since}`,
  ]);
}
