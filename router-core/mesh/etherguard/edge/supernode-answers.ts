/**
 * What a supernode's HTTP API answers, as values of ours.
 *
 * Not standardized; JSON of etherguard-go v0.3.5. An answer may be anything: what has not the form is a sentence that
 * says so, single entries without it are left out.
 *
 *   /edge/peerinfo     { public key: { NodeID, PSKey, Connurl: { ExternalV4 … LocalV6: { "host:port": rank } | null } } }
 *   /edge/superparams  { SendPingInterval, HttpPostInterval, PeerAliveTimeout, DampingFilterRadius, AdditionalCost }
 *   /edge/nhtable      { from: { to: next hop } }
 *
 * `QualityMetric` in the parameters is ours.
 *
 * @module
 */
import { fromBase64 } from '../../../base/bytes.ts';
import { parseEndpoint } from '../../../base/endpoint.ts';
import { NextHopTable, readNextHopTable } from '../../graph/index.ts';
import { isEdgeNumber, type NodeNumber } from '../../node-number.ts';
import { PREFERRED_FAMILY_RANK } from './constants.ts';
import { CANDIDATES_PER_LINK, LINKS_MAX } from './limits.ts';
import type { SuperParameters } from './settings.ts';
import type { Family } from './sockets.ts';

export type ToldPeer = {
  readonly node: NodeNumber;
  readonly publicKey: Uint8Array;
  readonly presharedKey: Uint8Array | undefined;
  readonly candidates: readonly { readonly text: string; readonly rank: number }[];
};
export type ToldPeers = { readonly peers: readonly ToldPeer[]; readonly refused: number };

/** Why an answer is none: a sentence. */
export class AnswerProblem {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

export type AddressWish = { readonly prefer: 0 | Family; readonly usesLocal: boolean };

const KEY_BYTES = 32;
const INTERVAL_SECONDS_MAX = 1e9;
const FAMILIES = [
  ['ExternalV4', 4, false],
  ['ExternalV6', 6, false],
  ['LocalV4', 4, true],
  ['LocalV6', 6, true],
] as const;
const utf8 = new TextDecoder('utf-8', { fatal: true });

export function readPeers(body: Uint8Array, wish: AddressWish): ToldPeers | AnswerProblem {
  const root = readObject(body);
  if (root instanceof AnswerProblem) return root;
  const entries = Object.entries(root);
  if (entries.length > LINKS_MAX + 1)
    return new AnswerProblem(`names ${entries.length} peers; ${LINKS_MAX} are the limit`);
  const peers: ToldPeer[] = [];
  for (const [key, value] of entries) {
    const peer = readPeer(key, value, wish);
    if (peer !== undefined) peers.push(peer);
  }
  return { peers, refused: entries.length - peers.length };
}

export function readParameters(body: Uint8Array): SuperParameters | AnswerProblem {
  const root = readObject(body);
  if (root instanceof AnswerProblem) return root;
  const number = (name: string): number => {
    const value = root[name];
    return typeof value === 'number' && Math.abs(value) <= INTERVAL_SECONDS_MAX
      ? value
      : Number.NaN;
  };
  const parameters = {
    SendPingInterval: number('SendPingInterval'),
    HttpPostInterval: number('HttpPostInterval'),
    PeerAliveTimeout: number('PeerAliveTimeout'),
    DampingFilterRadius: number('DampingFilterRadius'),
    AdditionalCost: number('AdditionalCost'),
    QualityMetric: root.QualityMetric === true,
  };
  if (!(parameters.PeerAliveTimeout > 0) || !(parameters.SendPingInterval > 0))
    return new AnswerProblem('has no positive PeerAliveTimeout and SendPingInterval');
  if (!(parameters.HttpPostInterval >= 0)) return new AnswerProblem('has no HttpPostInterval');
  const radius = parameters.DampingFilterRadius;
  if (!Number.isInteger(radius) || radius < 0)
    return new AnswerProblem('has no DampingFilterRadius');
  if (Number.isNaN(parameters.AdditionalCost)) return new AnswerProblem('has no AdditionalCost');
  return parameters;
}

export function readTable(body: Uint8Array): NextHopTable | AnswerProblem {
  const root = parse(body);
  if (root === undefined) return new AnswerProblem('is no JSON');
  const table = readNextHopTable(root);
  if (table instanceof NextHopTable) return table;
  return new AnswerProblem(`is no next-hop table: ${table.message}`);
}

function readPeer(key: string, value: unknown, wish: AddressWish): ToldPeer | undefined {
  const publicKey = fromBase64(key);
  if (publicKey?.length !== KEY_BYTES || !isObject(value)) return undefined;
  const { NodeID, PSKey, Connurl } = value;
  if (typeof NodeID !== 'number' || !isEdgeNumber(NodeID)) return undefined;
  const presharedKey = typeof PSKey === 'string' ? fromBase64(PSKey) : undefined;
  const hasKey = presharedKey !== undefined && presharedKey.length > 0;
  if (hasKey && presharedKey.length !== KEY_BYTES) return undefined;
  if (!hasKey && PSKey !== '') return undefined;
  return {
    node: NodeID,
    publicKey,
    presharedKey: hasKey ? presharedKey : undefined,
    candidates: readAddresses(Connurl, wish),
  };
}

function readAddresses(value: unknown, { prefer, usesLocal }: AddressWish): ToldPeer['candidates'] {
  if (!isObject(value)) return [];
  const candidates: { text: string; rank: number }[] = [];
  for (const [name, family, isLocal] of FAMILIES) {
    const ranks = value[name];
    if (!isObject(ranks) || (isLocal && !usesLocal)) continue;
    for (const [text, rank] of Object.entries(ranks)) {
      if (candidates.length >= CANDIDATES_PER_LINK) return candidates;
      if (typeof rank !== 'number' || parseEndpoint(text) === undefined) continue;
      candidates.push({ text, rank: family === prefer ? rank + PREFERRED_FAMILY_RANK : rank });
    }
  }
  return candidates;
}

function readObject(body: Uint8Array): Record<string, unknown> | AnswerProblem {
  const value = parse(body);
  return isObject(value) ? value : new AnswerProblem('is no JSON object');
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch (error) {
    // Not JSON, or not UTF-8: the caller says so.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
