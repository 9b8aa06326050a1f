/**
 * Managing a supernode over HTTP: its state, its edges, its parameters.
 *
 * Not standardized; `/manage/…` of etherguard-go v0.3.5. The password stands in the query, other fields there or in
 * a form.
 *
 * What changes goes to the driver as single places of the file; the original writes the whole file anew from what
 * it understood, and loses the rest.
 *
 * Departures
 * - `peer/del` with the private key of an edge is not offered: a private key in a URL is a private key in logs.
 * - Values with which the file could not be read again are refused.
 *
 * @module
 */
import { fromBase64 } from '../../../../base/bytes.ts';
import { RouterError } from '../../../../base/errors.ts';
import type { Instant } from '../../../../base/units.ts';
import type { NodeNumber } from '../../../node-number.ts';
import {
  type ConfigChange,
  change,
  EDGE_SAMPLE,
  keyText,
  type NextHopTable,
  NODES_MAX,
  type SuperConfig,
  tableValues,
} from '../../config/index.ts';
import type { SuperCore } from '../core.ts';
import type { EdgeSettings } from '../edge-table.ts';
import type { Measurements } from '../measurements.ts';
import type { ApiRequest, ApiResponse, SupernodeOptions } from '../supernode-contract.ts';
import {
  type Checked,
  edgeParameter,
  floatParameter,
  inQuery,
  inQueryOrForm,
  numberParameter,
  textAnswer,
  textParameter,
} from './answers.ts';
import { PasswordGuard } from './password-guard.ts';
import { statePage } from './state-page.ts';
import { readStaticTable, withoutNode } from './static-table.ts';
import { type SuperParameters, superParameters } from './super-parameters.ts';

const STATE_CACHED_MS = 5000;
const NAME_LENGTH_MAX = 32;
const KEY_BYTES = 32;
const COST_MAX = 1e9;
/** Who gets the file puts his own key here. */
const PRIVATE_KEY_TO_FILL_IN = 'Your_Private_Key';

export type ManageParts = {
  readonly core: SuperCore;
  readonly options: SupernodeOptions;
  readonly measurements: Measurements;
  readonly publicKeys: { readonly v4: Uint8Array | undefined; readonly v6: Uint8Array | undefined };
  /** Goes over to another configuration. */
  readonly follow: (config: SuperConfig, now: Instant) => void;
};

type Call = (request: ApiRequest, now: Instant) => ApiResponse;
type Updated = Record<string, number | boolean>;

export class ManageApi {
  private readonly parts: ManageParts;
  private readonly guard: PasswordGuard;
  private state: { readonly text: string; readonly until: number } | undefined;
  private readonly calls: ReadonlyMap<string, Call> = new Map<string, Call>([
    ['super/state', (request, now) => this.showState(request, now)],
    ['super/update', (request, now) => this.updateSuper(request, now)],
    ['peer/add', (request, now) => this.addPeer(request, now)],
    ['peer/del', (request, now) => this.deletePeer(request, now)],
    ['peer/update', (request, now) => this.updatePeer(request, now)],
  ]);

  constructor(parts: ManageParts) {
    this.parts = parts;
    this.guard = new PasswordGuard(parts.core);
  }

  /** Answers `/manage/` and this; undefined when there is no such path. */
  handle(path: string, request: ApiRequest, now: Instant): ApiResponse | undefined {
    return this.calls.get(path)?.(request, now);
  }

  private get config(): SuperConfig {
    return this.parts.core.config;
  }

  private showState(request: ApiRequest, now: Instant): ApiResponse {
    const refusal = this.guard.refusal(request, 'ShowState', now);
    if (refusal !== undefined) return refusal;
    if (this.state === undefined || now >= this.state.until)
      this.state = {
        text: statePage(this.parts.core, this.parts.measurements, now),
        until: now + STATE_CACHED_MS,
      };
    return textAnswer(200, this.state.text);
  }

  private addPeer(request: ApiRequest, now: Instant): ApiResponse {
    const refusal = this.guard.refusal(request, 'AddPeer', now);
    if (refusal !== undefined) return refusal;
    const lookup = inQueryOrForm(request);
    const number = numberParameter(lookup, 'NodeID');
    if ('answer' in number) return number.answer;
    const name = textParameter(lookup, 'Name');
    if ('answer' in name) return name.answer;
    const cost = floatParameter(lookup, 'AdditionalCost');
    if ('answer' in cost) return cost.answer;
    const key = textParameter(lookup, 'PubKey');
    if ('answer' in key) return key.answer;
    const skips = textParameter(lookup, 'SkipLocalIP');
    if ('answer' in skips) return skips.answer;
    const node = edgeParameter(number.value);
    if ('answer' in node) return node.answer;
    if (!isName(name.value))
      return textAnswer(
        400,
        `Paramater Name: Must have 1 to ${NAME_LENGTH_MAX} characters of one line.`,
      );
    if (Math.abs(cost.value) > COST_MAX)
      return textAnswer(400, `Paramater AdditionalCost: Must be within ${COST_MAX}.`);
    const taken = this.takenAnswer(node.value, name.value, key.value);
    if (taken !== undefined) return taken;

    const table = this.newTable(lookup('NextHopTable') ?? '', node.value);
    if ('answer' in table) return table.answer;
    const publicKey = keyOf(key.value);
    const presharedKey = keyOf(lookup('PSKey') ?? '');
    if (publicKey === undefined || (presharedKey === undefined && (lookup('PSKey') ?? '') !== ''))
      return creationFailed('keys are 32 octets in base64, 44 characters');
    if (this.config.Peers.length >= NODES_MAX) return creationFailed('there are too many peers');
    return this.create(
      {
        NodeID: node.value,
        Name: name.value,
        PubKey: publicKey,
        PSKey: presharedKey,
        AdditionalCost: cost.value,
        SkipLocalIP: isTrue(skips.value),
        EndPoint: '',
        ExternalIP: '',
      },
      table.value,
      now,
    );
  }

  private takenAnswer(node: NodeNumber, name: string, key: string): ApiResponse | undefined {
    for (const peer of this.config.Peers) {
      if (peer.NodeID === node) return textAnswer(409, 'Paramater NodeID: NodeID exists');
      if (peer.Name === name) return textAnswer(409, 'Paramater Name: Node name exists');
      if (keyText(peer.PubKey) === key) return textAnswer(409, 'Paramater PubKey: PubKey exists');
    }
    return undefined;
  }

  /** The table that comes with another edge; undefined where tables are computed. */
  private newTable(text: string, node: NodeNumber): Checked<NextHopTable | undefined> {
    if (!this.config.GraphRecalculateSetting.StaticMode) return { value: undefined };
    const read = readStaticTable(text, [...this.config.Peers.map((peer) => peer.NodeID), node]);
    if ('value' in read) return read;
    return { answer: textAnswer(417, `Paramater NextHopTable: ${read.problem}`) };
  }

  private create(peer: EdgeSettings, table: NextHopTable | undefined, now: Instant): ApiResponse {
    const { core, follow } = this.parts;
    const before = this.config;
    let body: string;
    try {
      body = this.edgeFile(peer);
    } catch (error) {
      if (!(error instanceof RouterError)) throw error;
      return creationFailed(error.message);
    }
    const peers = [...before.Peers, peer];
    follow({ ...before, Peers: peers, ...(table !== undefined && { NextHopTable: table }) }, now);
    if (core.edges.of(peer.NodeID) === undefined) {
      follow(before, now);
      return creationFailed('the key cannot be used: it is of low order, or our own');
    }
    const values = peerValues(peer);
    this.changeFile(
      before.Peers.length === 0
        ? { path: ['Peers'], value: [values] }
        : { path: ['Peers', before.Peers.length], value: values },
      ...(table === undefined ? [] : [change('NextHopTable', tableValues(table))]),
    );
    return textAnswer(200, body);
  }

  /** The configuration of an edge, for who runs it. */
  private edgeFile(peer: EdgeSettings): string {
    const { options, publicKeys } = this.parts;
    const superNode = 'DynamicRoute.SuperNode';
    const ours =
      options.edgeTemplate === undefined
        ? [
            change(
              `${superNode}.PubKeyV4`,
              publicKeys.v4 === undefined ? '' : keyText(publicKeys.v4),
            ),
            change(
              `${superNode}.PubKeyV6`,
              publicKeys.v6 === undefined ? '' : keyText(publicKeys.v6),
            ),
          ]
        : [];
    return options.renderEdgeTemplate(options.edgeTemplate ?? EDGE_SAMPLE, [
      change('NodeID', peer.NodeID),
      change('NodeName', peer.Name),
      change('PrivKey', PRIVATE_KEY_TO_FILL_IN),
      change(`${superNode}.PSKey`, peer.PSKey === undefined ? '' : keyText(peer.PSKey)),
      change('DynamicRoute.AdditionalCost', peer.AdditionalCost),
      change(`${superNode}.SkipLocalIP`, peer.SkipLocalIP),
      ...ours,
      change('NextHopTable', {}),
      change('Peers', []),
    ]);
  }

  private deletePeer(request: ApiRequest, now: Instant): ApiResponse {
    const lookup = inQuery(request);
    if (lookup('Password') === undefined) {
      const key = textParameter(lookup, 'PrivKey');
      if ('answer' in key) return key.answer;
      return textAnswer(
        400,
        'Paramater PrivKey: Not offered: a private key in a URL ends up in logs. Use Password and NodeID.',
      );
    }
    const refusal = this.guard.refusal(request, 'DelPeer', now);
    if (refusal !== undefined) return refusal;
    const number = numberParameter(lookup, 'NodeID');
    if ('answer' in number) return number.answer;
    const index = this.indexOf(number.value);
    if (index === -1) return notFound(number.value);
    const { Peers, NextHopTable: before, GraphRecalculateSetting } = this.config;
    const table = GraphRecalculateSetting.StaticMode ? withoutNode(before, number.value) : before;
    this.parts.follow(
      { ...this.config, Peers: Peers.toSpliced(index, 1), NextHopTable: table },
      now,
    );
    this.changeFile(
      { path: ['Peers', index], value: undefined },
      ...(table === before ? [] : [change('NextHopTable', tableValues(table))]),
    );
    return textAnswer(200, `NodeID: ${number.value} deleted.`);
  }

  private updatePeer(request: ApiRequest, now: Instant): ApiResponse {
    const refusal = this.guard.refusal(request, 'UpdatePeer', now);
    if (refusal !== undefined) return refusal;
    const number = numberParameter(inQuery(request), 'NodeID');
    if ('answer' in number) return number.answer;
    const index = this.indexOf(number.value);
    const peer = this.config.Peers[index];
    if (peer === undefined) return notFound(number.value);
    const lookup = inQueryOrForm(request);
    const cost = floatParameter(lookup, 'AdditionalCost');
    const skips = lookup('SkipLocalIP');
    if ('value' in cost && Math.abs(cost.value) > COST_MAX)
      return textAnswer(400, `Paramater AdditionalCost: Must be within ${COST_MAX}.`);
    const updated = {
      ...(skips !== undefined && { SkipLocalIP: isTrue(skips) }),
      ...('value' in cost && { AdditionalCost: cost.value }),
    };
    if (Object.keys(updated).length === 0)
      return textAnswer(200, `NodeID: ${number.value} , no any paramater updated.\n`);
    const peers = this.config.Peers.with(index, { ...peer, ...updated });
    this.parts.follow({ ...this.config, Peers: peers }, now);
    this.changeFile(
      ...Object.entries(updated).map(([key, value]) => ({ path: ['Peers', index, key], value })),
    );
    return textAnswer(
      200,
      `NodeID: ${number.value} updated following values:\n${linesOf(updated)}`,
    );
  }

  private updateSuper(request: ApiRequest, now: Instant): ApiResponse {
    const refusal = this.guard.refusal(request, 'UpdateSuper', now);
    if (refusal !== undefined) return refusal;
    const updated = superParameters(inQueryOrForm(request), this.config);
    if ('answer' in updated) return updated.answer;
    if (Object.keys(updated.value).length === 0)
      return textAnswer(200, 'SuperNode: no any paramater updated.\n');
    this.parts.follow({ ...this.config, ...updated.value }, now);
    this.changeFile(...Object.entries(updated.value).map(([key, value]) => change(key, value)));
    return textAnswer(200, `Supernode: updated following values:\n${linesOf(updated.value)}`);
  }

  private indexOf(number: number): number {
    return this.config.Peers.findIndex((peer) => peer.NodeID === number);
  }

  private changeFile(...changes: readonly ConfigChange[]): void {
    this.state = undefined;
    this.parts.core.outputs.push({ kind: 'change-config', changes });
  }
}

/** A peer as the file has it. */
const peerValues = (peer: EdgeSettings): Record<string, unknown> => ({
  ...peer,
  PubKey: keyText(peer.PubKey),
  PSKey: peer.PSKey === undefined ? '' : keyText(peer.PSKey),
});

const linesOf = (updated: Updated | SuperParameters): string =>
  Object.entries(updated)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('');

const creationFailed = (reason: string): ApiResponse =>
  textAnswer(417, `Error creating peer: ${reason}`);

const notFound = (node: number): ApiResponse =>
  textAnswer(404, `Paramater NodeID: "${node}" not found`);

const isTrue = (text: string): boolean => text.toLowerCase() === 'true';

const isName = (name: string): boolean =>
  name !== '' && name.length <= NAME_LENGTH_MAX && !/\p{Cc}/u.test(name);

function keyOf(text: string): Uint8Array | undefined {
  const octets = fromBase64(text);
  return octets?.length === KEY_BYTES ? octets : undefined;
}
