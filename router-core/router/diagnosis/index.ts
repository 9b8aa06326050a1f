/**
 * "Why is my peering not up?", from the router's own view, one file per layer.
 *
 * Not standardized; portal specification §7.
 *
 * Invariant: the layers speak in order, and what a lower layer explains a higher one does not repeat.
 *
 * @module
 */
import type { DiagnosisFinding } from '../types.ts';
import { diagnoseBfd } from './bfd.ts';
import { diagnoseBgp } from './bgp.ts';
import { diagnoseInner } from './inner.ts';
import { diagnoseKeptRoutes } from './kept-routes.ts';
import { diagnosePrefixLimits } from './prefix-limit.ts';
import { diagnoseRefusedEntry } from './refused-entry.ts';
import type { DiagnosisInput, SessionsInput } from './types.ts';
import { diagnoseTunnel } from './wireguard.ts';

export type { DiagnosisInput, ObservedSession } from './types.ts';

/** The layers of a neighbor that is no tunnel away: TCP and BGP. */
export const diagnoseSessions = (input: SessionsInput): DiagnosisFinding[] => [
  ...diagnoseRefusedEntry(input),
  ...diagnosePrefixLimits(input),
  ...diagnoseBgp(withoutEnded(input)),
  ...diagnoseKeptRoutes(input),
];

/** A session that a prefix limit ended is explained by that. */
const withoutEnded = (input: SessionsInput): SessionsInput => ({
  ...input,
  sessions: input.sessions.filter(({ excess }) => excess === undefined),
});

/** Returns what keeps the peering from carrying routes, most basic layer first. */
export function diagnose(input: DiagnosisInput): DiagnosisFinding[] {
  const tunnel = [...diagnoseRefusedEntry(input), ...diagnoseTunnel(input)];
  const kept = diagnoseKeptRoutes(input);
  if (!input.facts.hasKeyPair) return [...tunnel, ...kept];
  return [
    ...tunnel,
    ...diagnoseInner(input),
    ...diagnosePrefixLimits(input),
    ...diagnoseBgp(withoutEnded(input)),
    ...diagnoseBfd(input),
    ...kept,
  ];
}
