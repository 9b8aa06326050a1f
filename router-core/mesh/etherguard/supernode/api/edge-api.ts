/**
 * What edges read and report over HTTP.
 *
 * Not standardized; `/edge/…` of etherguard-go v0.3.5. The name of a state is the permission to read it; a read
 * tells as well that the edge holds it, which ends the pushes. A report is signed with the edge's own secret.
 *
 * Order of checks: parameters, numbers, edge, state or signature, count, body. The first failure answers.
 *
 * Departures
 * - `BodyHash` must be the body in base64, as edges send it, or its SHA3-512 sum. The original refuses the
 *   latter and takes all else, so that whoever is on the way can change the body.
 * - Reads and reports of one edge are limited (429); a report only once its signature is right, so that nobody
 *   else uses them up.
 *
 * @module
 */
import { sha3_512 } from '@noble/hashes/sha3.js';
import { toBase64 } from '../../../../base/bytes.ts';
import { parseEndpoint } from '../../../../base/endpoint.ts';
import type { Instant } from '../../../../base/units.ts';
import { GobError, type PeerReport, peerReportMessage } from '../../wire/index.ts';
import { edgeSeen, type SuperCore } from '../core.ts';
import type { Edge, LocalAddresses, NewsKind } from '../edge-table.ts';
import { LOCAL_ADDRESSES_MAX, REPORT_OCTETS_MAX, UNPACKED_OCTETS_MAX } from '../limits.ts';
import type { Measurements } from '../measurements.ts';
import type { News } from '../news.ts';
import type { ApiRequest, ApiResponse } from '../supernode-contract.ts';
import {
  type Checked,
  edgeParameter,
  inQuery,
  jsonAnswer,
  numberParameter,
  textAnswer,
  textParameter,
} from './answers.ts';
import { readReportToken } from './report-token.ts';

const READS: ReadonlyMap<string, NewsKind> = new Map([
  ['superparams', 'parameters'],
  ['peerinfo', 'peers'],
  ['nhtable', 'nextHops'],
]);
const ADDRESS_LENGTH_MAX = 300;
/** How many characters of a wrong hash are said again: it may be as long as the body. */
const HASH_SHOWN = 64;

export class EdgeApi {
  private readonly core: SuperCore;
  private readonly news: News;
  private readonly measurements: Measurements;

  constructor(core: SuperCore, news: News, measurements: Measurements) {
    this.core = core;
    this.news = news;
    this.measurements = measurements;
  }

  /** Answers `/edge/` and this; undefined when there is no such path. */
  handle(path: string, request: ApiRequest, now: Instant): ApiResponse | undefined {
    const kind = READS.get(path);
    if (kind !== undefined) return this.read(kind, request, now);
    return path === 'post/nodeinfo' ? this.report(request, now) : undefined;
  }

  private read(kind: NewsKind, request: ApiRequest, now: Instant): ApiResponse {
    const lookup = inQuery(request);
    const key = textParameter(lookup, 'PubKey');
    if ('answer' in key) return key.answer;
    const state = textParameter(lookup, 'State');
    if ('answer' in state) return state.answer;
    const number = numberParameter(lookup, 'NodeID');
    if ('answer' in number) return number.answer;
    const mismatch = 'Paramater PubKey: NodeID and PubKey are not match';
    const found = this.edgeOf(number.value, key.value, mismatch);
    if ('answer' in found) return found.answer;
    const edge = found.value;
    if (state.value === '' || state.value !== this.news.stateFor(edge, kind))
      return textAnswer(404, 'Paramater State: State not correct');
    if (!edge.reads.take(now)) return textAnswer(429, 'Too many requests of this node.');
    edge.held[kind] = state.value;
    return jsonAnswer(this.news.contentFor(edge, kind));
  }

  private report(request: ApiRequest, now: Instant): ApiResponse {
    const lookup = inQuery(request);
    const number = numberParameter(lookup, 'NodeID');
    if ('answer' in number) return number.answer;
    const key = textParameter(lookup, 'PubKey');
    if ('answer' in key) return key.answer;
    const node = edgeParameter(number.value);
    if ('answer' in node) return node.answer;
    const token = textParameter(lookup, 'JWTSig');
    if ('answer' in token) return token.answer;
    const found = this.edgeOf(number.value, key.value, 'NodeID and PunKey are not match');
    if ('answer' in found) return found.answer;
    return this.signedReport(found.value, token.value, request.body, now);
  }

  private edgeOf(number: number, keyText: string, mismatch: string): Checked<Edge> {
    const node = edgeParameter(number);
    if ('answer' in node) return node;
    const edge = this.core.edges.of(node.value);
    if (edge?.keyText !== keyText) return { answer: textAnswer(404, mismatch) };
    return { value: edge };
  }

  private signedReport(edge: Edge, token: string, body: Uint8Array, now: Instant): ApiResponse {
    if (body.length > REPORT_OCTETS_MAX)
      return textAnswer(400, 'Request body: Error reading request body: too large');
    const claims = readReportToken(token, edge.reportSecret);
    if ('problem' in claims)
      return textAnswer(400, `Paramater JWTSig: Signature verification failed: ${claims.problem}`);
    if (BigInt(claims.postCount) < edge.reportCount)
      return textAnswer(400, `Request body: postcount too small: ${edge.reportCount}`);
    if (!edge.reports.take(now)) return textAnswer(429, 'Too many reports of this node.');
    if (claims.bodyHash !== toBase64(body) && claims.bodyHash !== toBase64(sha3_512(body)))
      return textAnswer(
        400,
        `Request body: hash not match: ${claims.bodyHash.slice(0, HASH_SHOWN)}`,
      );
    const unpacked = this.core.ports.compression.gunzip(body, UNPACKED_OCTETS_MAX);
    if (unpacked === undefined) return textAnswer(400, 'Request body: gzip unzip failed');
    try {
      this.take(edge, peerReportMessage.decode(unpacked), now);
    } catch (error) {
      if (!(error instanceof GobError)) throw error;
      return textAnswer(400, `Request body: Error parsing request body: ${error.message}`);
    }
    edge.reportCount = BigInt(claims.postCount) + 1n;
    return textAnswer(200, 'OK');
  }

  private take(edge: Edge, report: PeerReport, now: Instant): void {
    const before = JSON.stringify([edge.localV4, edge.localV6]);
    edge.localV4 = localAddresses(report.localV4, 4);
    edge.localV6 = localAddresses(report.localV6, 6);
    if (JSON.stringify([edge.localV4, edge.localV6]) !== before) this.core.arePeersDue = true;
    edgeSeen(this.core, edge, now);
    for (const pong of report.pongs)
      if (!this.measurements.take(edge, pong, now)) this.core.drops['bad-source']++;
  }
}

/** What others may try: endpoints of this family, or names. */
function localAddresses(
  reported: ReadonlyMap<string, number> | undefined,
  family: 4 | 6,
): LocalAddresses {
  if (reported === undefined) return undefined;
  const usable = [...reported].filter(([text, rank]) => {
    if (text.length > ADDRESS_LENGTH_MAX || !Number.isFinite(rank)) return false;
    const endpoint = parseEndpoint(text);
    return endpoint !== undefined && (endpoint.address?.family ?? family) === family;
  });
  return Object.fromEntries(usable.slice(0, LOCAL_ADDRESSES_MAX));
}
