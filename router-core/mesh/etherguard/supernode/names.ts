/**
 * Names in the file: endpoints of edges, and the addresses others are told in place of those we see.
 *
 * Not standardized; `Peers[].EndPoint`, `Peers[].ExternalIP`, `ResetEndPointInterval` of etherguard-go v0.3.5. An
 * endpoint is set when an edge comes and again while it is not alive; where it comes from then replaces it.
 *
 * @module
 */
import { parseEndpoint, type UnderlayAddress } from '../../../base/endpoint.ts';
import type { Instant } from '../../../base/units.ts';
import { isAlive, type SuperCore } from './core.ts';
import type { Edge } from './edge-table.ts';
import { literalAddress, type SuperTunnels } from './tunnels.ts';

/** A name of which only addresses are wanted still needs a port to be asked about. */
const ANY_PORT = 1;

type Question = { readonly edge: Edge; readonly use: 'endpoint' | 'external' };

export class Names {
  private readonly core: SuperCore;
  private readonly tunnels: SuperTunnels;
  private readonly questions = new Map<number, Question>();
  private lastQuestion = 0;

  constructor(core: SuperCore, tunnels: SuperTunnels) {
    this.core = core;
    this.tunnels = tunnels;
  }

  /** Takes the names of an edge that came or was changed. */
  follow(edge: Edge, now: Instant): void {
    const { EndPoint, ExternalIP } = edge.settings;
    this.forget(edge);
    edge.externalAddresses = [];
    if (ExternalIP !== '') {
      const literal = literalAddress(ExternalIP);
      if (literal === undefined) this.ask(edge, 'external', ExternalIP, ANY_PORT);
      else edge.externalAddresses = [literal];
    }
    if (EndPoint !== '') this.lookUpEndpoint(edge, now);
  }

  /** Answers about this edge are no longer of use. */
  forget(edge: Edge): void {
    for (const [number, asked] of this.questions)
      if (asked.edge === edge) this.questions.delete(number);
  }

  /** Looks again where edges are that were not heard from. */
  again(now: Instant): void {
    for (const edge of this.core.edges.all()) {
      const { EndPoint, ExternalIP } = edge.settings;
      if (EndPoint !== '' && !isAlive(this.core, edge, now)) this.lookUpEndpoint(edge, now);
      if (ExternalIP !== '' && literalAddress(ExternalIP) === undefined)
        this.ask(edge, 'external', ExternalIP, ANY_PORT);
    }
  }

  answered(number: number, addresses: readonly UnderlayAddress[], now: Instant): void {
    const question = this.questions.get(number);
    this.questions.delete(number);
    if (question === undefined || !this.core.edges.isServed(question.edge)) return;
    const { edge, use } = question;
    if (addresses.length === 0)
      this.core.outputs.log('warn', 'internal', 'a name of the file has no address', {
        node: edge.node,
        name: use === 'endpoint' ? edge.settings.EndPoint : edge.settings.ExternalIP,
      });
    else if (use === 'external') edge.externalAddresses = addresses.map(({ address }) => address);
    else if (!isAlive(this.core, edge, now)) this.tunnels.setEndpoints(edge, addresses, now);
  }

  private lookUpEndpoint(edge: Edge, now: Instant): void {
    const endpoint = parseEndpoint(edge.settings.EndPoint);
    if (endpoint === undefined) return;
    const { address, host, port } = endpoint;
    if (address === undefined) this.ask(edge, 'endpoint', host, port);
    else this.tunnels.setEndpoints(edge, [{ address, port }], now);
  }

  private ask(edge: Edge, use: Question['use'], host: string, port: number): void {
    // One question for each use: another answer would not be news.
    for (const asked of this.questions.values())
      if (asked.edge === edge && asked.use === use) return;
    const question = ++this.lastQuestion;
    this.questions.set(question, { edge, use });
    this.core.outputs.push({ kind: 'resolve', question, host, port, prefer: 0 });
  }
}
