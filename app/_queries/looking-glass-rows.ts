/**
 * Rows of `summary` and `ping` in the shapes of pages.
 *
 * Not standardized; looking-glass specification §2, router-core/router/door/queries.
 *
 * @module
 */
import 'server-only';
import { type QueryRow, SESSION_STATES } from '../../router-core/index.ts';
import type { Portal } from '../_router/index.ts';
import type {
  LookingGlassAnswer,
  LookingGlassBody,
  NeighborRow,
  PingPacket,
} from './view-models.ts';
import { networkOf } from './viewer.ts';

type AnswerOf<Query> = LookingGlassBody<Query> & Pick<LookingGlassAnswer, 'text'>;

export function answerOfSummary(portal: Portal, rows: readonly QueryRow[]): AnswerOf<'summary'> {
  // The router's own order is that of random ids; people look for an AS.
  const neighbors = rows
    .map((row) => neighborOf(portal, row))
    .sort((a, b) => a.network.asn - b.network.asn || (a.name < b.name ? -1 : 1));
  const text = neighbors.map(
    (n) =>
      `${n.name.padEnd(24)} AS${String(n.network.asn).padEnd(11)} ${n.state.padEnd(12)} ${n.since}  ${n.counters.accepted} in, ${n.counters.rejected} rejected, ${n.counters.sent} out`,
  );
  return { query: 'summary', neighbors, text: text.join('\n') };
}

export function answerOfPing(target: string, rows: readonly QueryRow[]): AnswerOf<'ping'> {
  const packets = rows.map(packetOf);
  const times = packets.flatMap((packet) => packet.roundTripMs ?? []);
  const summary = {
    sent: packets.length,
    received: times.length,
    minMs: times.length === 0 ? null : Math.min(...times),
    averageMs: times.length === 0 ? null : times.reduce((sum, ms) => sum + ms, 0) / times.length,
    maxMs: times.length === 0 ? null : Math.max(...times),
  };
  const lines = packets.map((packet) =>
    packet.roundTripMs === null
      ? `seq=${packet.sequence} ${packet.error ?? 'no answer'}`
      : `reply from ${target}: seq=${packet.sequence} time=${packet.roundTripMs.toFixed(1)} ms`,
  );
  const text = [...lines, `${summary.sent} sent, ${summary.received} received`].join('\n');
  return { query: 'ping', target, packets, summary, text };
}

function neighborOf(portal: Portal, row: QueryRow): NeighborRow {
  const families = Array.isArray(row.families) ? row.families : [];
  return {
    name: String(row.session),
    network: networkOf(portal, Number(row.asn)),
    state: SESSION_STATES.find((state) => state === row.state) ?? 'idle',
    since: String(row.since),
    families: families.filter((f): f is 'ipv4' | 'ipv6' => f === 'ipv4' || f === 'ipv6'),
    counters: {
      received: Number(row.received),
      accepted: Number(row.accepted),
      rejected: Number(row.rejected),
      sent: Number(row.sent),
    },
    roundTripMs: numberOrNull(row.roundTripMs),
    lastError: textOrNull(row.lastError),
  };
}

function packetOf(row: QueryRow): PingPacket {
  const isReply = row.outcome === 'reply';
  return {
    sequence: Number(row.sequence),
    roundTripMs: isReply ? numberOrNull(row.roundTripMs) : null,
    error: isReply ? null : [row.outcome, row.detail].filter(Boolean).join(': '),
  };
}

export const numberOrNull = (value: unknown): number | null =>
  typeof value === 'number' ? value : null;
export const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' ? value : null;
