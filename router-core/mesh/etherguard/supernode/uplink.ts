/**
 * What edges send: register messages and pongs, nothing else.
 *
 * Standard: EtherGuard wire protocol, usages 5 and 8 with the supernode as their destination.
 *
 *   session's edge ≠ node in the message ─► error 1 (EPERM)
 *   version differs up to the first hyphen ─► error 38 (ENOSYS)
 *   otherwise ─► seen; secret, counter and states it holds are taken
 *
 * Contents may be anything: relays of the original mix them up, and usage is not authenticated.
 *
 * @module
 */
import type { DropReason } from '../../../base/drop-reason.ts';
import { printable } from '../../../base/printable.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import type { Instant, PacketSlot } from '../../../base/units.ts';
import { SUPERNODE } from '../../node-number.ts';
import {
  GobError,
  MESH_HEADER_BYTES,
  meshDestination,
  meshPacketProblem,
  meshUsage,
  pongMessage,
  type Register,
  registerMessage,
  SERVER_ACTION,
  USAGE,
} from '../wire/index.ts';
import { edgeSeen, type SuperCore } from './core.ts';
import type { Edge } from './edge-table.ts';
import { REFUSAL_LOGS_BURST, REFUSAL_LOGS_PER_SECOND } from './limits.ts';
import type { Measurements } from './measurements.ts';
import type { SuperTunnels } from './tunnels.ts';

/** Exit codes of an edge that is refused, as in errno.h. */
const EPERM = 1;
const ENOSYS = 38;
const VERSION_SHOWN = 64;

export class Uplink {
  private readonly core: SuperCore;
  private readonly measurements: Measurements;
  private readonly tunnels: () => SuperTunnels;
  private readonly refusalsTold = new TokenBucket(REFUSAL_LOGS_PER_SECOND, REFUSAL_LOGS_BURST);
  private readonly dropsTold = new TokenBucket(REFUSAL_LOGS_PER_SECOND, REFUSAL_LOGS_BURST);

  constructor(core: SuperCore, measurements: Measurements, tunnels: () => SuperTunnels) {
    this.core = core;
    this.measurements = measurements;
    this.tunnels = tunnels;
  }

  /** Looks at an opened packet; the slot stays the caller's. */
  receive(edge: Edge, slot: PacketSlot, now: Instant): void {
    const reason = this.dispatch(edge, slot, now);
    if (reason === undefined) return;
    this.core.drops[reason]++;
    if (this.dropsTold.take(now))
      this.core.outputs.log('debug', 'control', 'a packet of an edge was dropped', {
        node: edge.node,
        reason,
      });
  }

  private dispatch(edge: Edge, slot: PacketSlot, now: Instant): DropReason | undefined {
    const { arena } = this.core.ports;
    const { bytes } = arena;
    const at = arena.start[slot] as number;
    const end = arena.end[slot] as number;
    const problem = meshPacketProblem(bytes, at, end);
    if (problem !== undefined) return problem;
    const usage = meshUsage(bytes, at);
    if (usage !== USAGE.register && usage !== USAGE.pong) return 'unknown-protocol';
    if (meshDestination(bytes, at) !== SUPERNODE) return 'not-for-us';
    // It was told to go.
    if (!this.core.edges.isServed(edge)) return 'not-for-us';
    if (!edge.messages.take(now)) return 'rate-limited';
    try {
      const body = at + MESH_HEADER_BYTES;
      if (usage === USAGE.register)
        this.register(edge, registerMessage.decode(bytes, body, end), now);
      else if (!this.measurements.take(edge, pongMessage.decode(bytes, body, end), now))
        return 'bad-source';
    } catch (error) {
      if (error instanceof GobError) return 'malformed';
      throw error;
    }
    return undefined;
  }

  private register(edge: Edge, register: Register, now: Instant): void {
    if (register.node !== edge.node) {
      const text = `Your nodeID: ${register.node} is not match with registered nodeID: ${edge.node}`;
      return this.refuse(edge, EPERM, text, now);
    }
    const { version } = this.core;
    if (beforeHyphen(register.version) !== beforeHyphen(version)) {
      const theirs = printable(register.version, VERSION_SHOWN);
      const text = `Your version: "${theirs}" is not compatible with our version: "${version}"`;
      return this.refuse(edge, ENOSYS, text, now);
    }
    edgeSeen(this.core, edge, now);
    edge.reportSecret = register.reportSecret;
    edge.reportCount = register.reportCount;
    edge.held.peers = stateText(register.peerStateHash);
    edge.held.nextHops = stateText(register.nextHopStateHash);
    edge.held.parameters = stateText(register.parameterStateHash);
    edge.isAsking = true;
  }

  private refuse(edge: Edge, code: number, text: string, now: Instant): void {
    if (this.refusalsTold.take(now))
      this.core.outputs.log('warn', 'control', 'an edge was refused', {
        node: edge.node,
        reason: text,
      });
    const update = { node: edge.node, action: SERVER_ACTION.throwError, code, text };
    this.tunnels().send(edge, update, SUPERNODE, now);
  }
}

const beforeHyphen = (version: string): string => version.split('-', 1)[0] ?? '';

/** States of ours have 32 characters; a longer text is none. */
const stateText = (text: string): string => text.slice(0, 64);
