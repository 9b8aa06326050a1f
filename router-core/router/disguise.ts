/**
 * How a peering's messages are disguised, and what MTU that leaves.
 *
 * Not standardized; docs/architecture.md §7. One answer for the router, for the check of a file and
 * for the texts the other side gets.
 *
 * @module
 */
import { type ObfuscationConfig, obfuscatedMtu } from '../wireguard/obfuscation/index.ts';

export type Disguise = {
  readonly obfuscation: ObfuscationConfig;
  /** What the obfuscation leaves of the configured one. */
  readonly mtu: number;
};

const PLAIN: ObfuscationConfig = { kind: 'none' };

/** Returns what a peering wishes; else what its port says, if it is the shared one; else nothing. */
export function disguiseOf(
  peering: {
    readonly obfuscation?: ObfuscationConfig;
    readonly listenPort?: number | null;
    readonly mtu: number;
  },
  listen: { readonly port: number; readonly obfuscation?: ObfuscationConfig },
): Disguise {
  const isShared = (peering.listenPort ?? listen.port) === listen.port;
  const obfuscation = peering.obfuscation ?? (isShared ? listen.obfuscation : undefined) ?? PLAIN;
  return { obfuscation, mtu: obfuscatedMtu(peering.mtu, obfuscation) };
}
