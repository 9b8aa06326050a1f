/**
 * What carries the packets of a node, as the operator sees it: from the router's view, a pure function.
 *
 * Not standardized; router-core/router/types.ts (NodeView). Drops of the system before us and of the
 * sockets after us stand beside our own: for a packet it is the same who lost it.
 *
 * @module
 */
import type { NodeView } from '../../router-core/index.ts';
import type { PacketPath } from './view-models.ts';

/** Counters of the underlay that are drops too, and the word each has among the reasons. */
const UNDERLAY_DROPS = {
  kernelDrops: 'system-full',
  rxTruncated: 'too-big',
  rxBadSource: 'bad-source',
  rxErrors: 'socket-error',
  txWouldBlock: 'queue-full',
  txUnreachable: 'unreachable',
  txTooBig: 'too-big',
  txOther: 'socket-error',
} as const;

export function packetPathOf({ underlay, drops, uapi }: NodeView): PacketPath {
  const { kind, reason, latency, counters } = underlay;
  return {
    kind,
    reason,
    latency:
      latency === undefined
        ? null
        : { batches: latency.batches, p50Us: latency.p50Us, p99Us: latency.p99Us },
    datagrams: counters === undefined ? null : datagramsOf(counters),
    drops: sortedDrops(drops, counters ?? {}),
    wgShow: uapi.path === null && uapi.note === '' ? null : uapi,
  };
}

function datagramsOf(counters: Readonly<Record<string, number>>): PacketPath['datagrams'] {
  const count = (name: string): number => counters[name] ?? 0;
  const [received, sent] = [count('rxDatagrams'), count('txDatagrams')];
  const calls = count('rxCalls') + count('txCalls');
  return { received, sent, perCall: calls === 0 ? null : (received + sent) / calls };
}

function sortedDrops(
  drops: NodeView['drops'],
  counters: Readonly<Record<string, number>>,
): PacketPath['drops'] {
  const counts = new Map(Object.entries(drops));
  for (const [name, reason] of Object.entries(UNDERLAY_DROPS))
    counts.set(reason, (counts.get(reason) ?? 0) + (counters[name] ?? 0));
  return [...counts]
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}
