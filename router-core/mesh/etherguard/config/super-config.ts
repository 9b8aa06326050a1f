/**
 * The configuration of a supernode, under the names of the original's file.
 *
 * Not standardized; EtherGuard's format. Times are seconds, costs and jitter milliseconds.
 *
 * @module
 */
import { toHex } from '../../../base/bytes.ts';
import { parseEndpoint } from '../../../base/endpoint.ts';
import { parseIpAddress } from '../../../base/ip-address.ts';
import { DAMPING_RADIUS_MAX } from '../../graph/index.ts';
import { NODES_MAX } from './limits.ts';
import {
  additionalCost,
  checkEndpoint,
  checkListenAddresses,
  checkNodeName,
  checkPostScript,
  disabledAf,
  findRepeated,
  graphRecalculateSetting,
  logLevel,
  port,
  seconds,
  unsigned32,
} from './shared-fields.ts';
import { edgeNumber, nextHopTable } from './tables.ts';
import {
  fields,
  flag,
  integer,
  key,
  list,
  type Notes,
  needed,
  type Reader,
  type Reading,
  type ReadOf,
  readWith,
  text,
} from './value-readers.ts';

/** A port as text, a colon before it allowed; empty is undefined: nobody listens. */
const portText: Reader<number | undefined> = (value, path, notes) => {
  const written = text(16)(value, path, notes);
  return written === '' ? undefined : integer(1, 65535)(written.replace(/^:/, ''), path, notes);
};

/** The part of a path before `/edge/…`; the original adds a missing slash before it, too. */
const apiPrefix: Reader<string> = (value, path, notes) =>
  text(512)(value, path, notes)
    .replace(/\/+$/, '')
    .replace(/^(?=[^/])/, '/');

const superPeerInfo = fields({
  NodeID: edgeNumber,
  Name: text(32),
  PubKey: needed(key('KEY_ENCODING')),
  PSKey: key('PSK_ENCODING'),
  /** -1: the edge's own. */
  AdditionalCost: additionalCost,
  SkipLocalIP: flag,
  EndPoint: text(300),
  /** What others are told instead of the address the edge comes from. */
  ExternalIP: text(300),
});

const supernode = fields(
  {
    NodeName: needed(text(32)),
    PostScript: text(),
    /** Absent: nobody on this family. */
    PrivKeyV4: key('KEY_ENCODING'),
    PrivKeyV6: key('KEY_ENCODING'),
    ListenPort: port,
    ListenPort_EdgeAPI: needed(portText),
    ListenPort_ManageAPI: portText,
    FwMark: unsigned32,
    DisabledAf: disabledAf,
    LogLevel: logLevel,
    /** Empty, or with a slash before it and none behind it. */
    API_Prefix: apiPrefix,
    RePushConfigInterval: seconds,
    HttpPostInterval: seconds,
    PeerAliveTimeout: seconds,
    SendPingInterval: seconds,
    DampingFilterRadius: integer(0, DAMPING_RADIUS_MAX),
    /** An empty one switches its call off. */
    Passwords: fields({
      ShowState: text(512),
      AddPeer: text(512),
      DelPeer: text(512),
      UpdatePeer: text(512),
      UpdateSuper: text(512),
    }),
    GraphRecalculateSetting: graphRecalculateSetting,
    NextHopTable: nextHopTable,
    /** The file that answers `peer/add` are made from; relative to this one. */
    EdgeTemplate: text(),
    UsePSKForInterEdge: flag,
    /** Ours: edges are told to number their pings, so that jitter and loss can be told. */
    QualityMetric: flag,
    ResetEndPointInterval: seconds,
    Peers: list(superPeerInfo, NODES_MAX),
  },
  { ResetConnInterval: 'The name since v0.3 is ResetEndPointInterval.' },
);

export type SuperConfig = ReadOf<typeof supernode>;

/** Reads the values of a supernode's file. */
export const readSuperConfig = (values: unknown): Reading<SuperConfig> =>
  readWith(supernode, checkSuper, values);

function checkSuper(config: SuperConfig, notes: Notes): void {
  checkNodeName(config.NodeName, notes);
  checkPostScript(config.PostScript, notes);
  checkListenAddresses(config.DisabledAf, notes);
  if (config.PrivKeyV4 === undefined && config.PrivKeyV6 === undefined)
    notes.error('CONFIG_MISSING_KEY', 'PrivKeyV4', 'or PrivKeyV6 is needed.');
  for (const name of ['RePushConfigInterval', 'PeerAliveTimeout', 'SendPingInterval'] as const)
    if (config[name] <= 0) notes.error('CONFIG_TYPE', name, 'must be more than 0.');
  if (config.HttpPostInterval < 0 || config.HttpPostInterval > config.PeerAliveTimeout)
    notes.error('CONFIG_TYPE', 'HttpPostInterval', 'must be 0 to PeerAliveTimeout.');
  if (config.GraphRecalculateSetting.TimeoutCheckInterval <= 0)
    notes.error(
      'CONFIG_TYPE',
      'GraphRecalculateSetting.TimeoutCheckInterval',
      'must be more than 0: it is how often the graph is looked at.',
    );
  checkPeers(config.Peers, notes);
  if (config.GraphRecalculateSetting.StaticMode) checkStaticTable(config, notes);
}

function checkPeers(peers: SuperConfig['Peers'], notes: Notes): void {
  for (const [i, peer] of peers.entries()) {
    checkEndpoint(peer.EndPoint, `Peers[${i}].EndPoint`, notes);
    if (peer.ExternalIP !== '' && !isHost(peer.ExternalIP))
      notes.error('ADDRESS_SYNTAX', `Peers[${i}].ExternalIP`, 'must be an address or a host name.');
  }
  for (const [name, valueIn] of [
    ['NodeID', (peer) => peer.NodeID],
    ['Name', (peer) => peer.Name || undefined],
    ['PubKey', (peer) => toHex(peer.PubKey)],
  ] as readonly [string, (peer: SuperConfig['Peers'][number]) => string | number | undefined][])
    findRepeated(peers, valueIn, (i, first) =>
      notes.error('DUPLICATE', `Peers[${i}].${name}`, `is that of Peers[${first}] as well.`),
    );
}

const isHost = (host: string): boolean =>
  parseIpAddress(host.replace(/^\[(.*)\]$/, '$1')) !== undefined ||
  parseEndpoint(`${host}:1`) !== undefined;

/** In static mode the table decides alone: it must know a way for every ordered pair, by peers only. */
function checkStaticTable({ Peers, NextHopTable }: SuperConfig, notes: Notes): void {
  const nodes = new Set(Peers.map((peer) => peer.NodeID));
  for (const from of nodes)
    for (const to of nodes) {
      if (from === to) continue;
      const next = NextHopTable.get(from)?.get(to);
      const path = `NextHopTable.${from}.${to}`;
      if (next === undefined)
        notes.error('MESH_TABLE', path, 'is missing; static mode needs every pair of peers.');
      else if (!nodes.has(next))
        notes.error('MESH_TABLE', path, `is ${next}, which is not the number of a peer.`);
    }
}
