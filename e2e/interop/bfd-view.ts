/**
 * What a snapshot says of the one session of a pair and its BFD.
 *
 * @module
 */
import type { SessionView, Snapshot } from '../../router-core/index.ts';

export const sessionOf = ({ peerings }: Snapshot): SessionView | undefined =>
  peerings[0]?.sessions[0];
export const isUp = (snapshot: Snapshot): boolean =>
  sessionOf(snapshot)?.bfd?.state === 'up' && sessionOf(snapshot)?.state === 'established';
export const hasSent = (snapshot: Snapshot, ...subcodes: number[]): boolean => {
  const last = sessionOf(snapshot)?.lastNotification;
  return last?.direction === 'sent' && last.code === 6 && subcodes.includes(last.subcode);
};

/** How often the session has ended. */
export const endsOf = ({ peerings }: Snapshot): number =>
  peerings[0]?.transitions.filter(({ step }) => step === 'down').length ?? 0;
