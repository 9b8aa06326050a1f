/**
 * From plain data to an obfuscation, in whatever thread needs one; and what it costs a tunnel.
 *
 * Not standardized.
 *
 * @module
 */
import { asciiBytes } from '../../base/bytes.ts';
import type { Random } from '../../base/random.ts';
import { AmneziaWg } from './amneziawg.ts';
import { parseAmneziaWg } from './amneziawg-parameters.ts';
import { IptXor } from './ipt-xor.ts';
import { NoObfuscation } from './no-obfuscation.ts';
import type { Obfuscation } from './obfuscation.ts';
import type { ObfuscationConfig } from './options.ts';
import { Wgobfs } from './wgobfs.ts';

/** What a packet has around it: IPv6, UDP, header and tag of a transport message. */
const ENVELOPE_BYTES = 40 + 8 + 16 + 16;
/** The path is taken to carry this much, unless a larger MTU says that it carries more. */
const PATH_BYTES = 1500;

/** Makes the obfuscation of a configuration that `checkObfuscation` accepted. */
export function createObfuscation(config: ObfuscationConfig, random: Random): Obfuscation {
  switch (config.kind) {
    case 'none':
      return new NoObfuscation();
    case 'wgobfs':
      return new Wgobfs(asciiBytes(config.key));
    case 'ipt_xor':
      return new IptXor(asciiBytes(config.key));
    case 'amneziawg':
      return new AmneziaWg(parseAmneziaWg(config).parameters, random);
  }
}

/** Returns the MTU a tunnel has when `configured` is wished for and its packets grow. */
export function obfuscatedMtu(configured: number, config: ObfuscationConfig): number {
  const { overheadBytes } = createObfuscation(config, NO_RANDOM);
  const path = Math.max(PATH_BYTES, configured + ENVELOPE_BYTES);
  return Math.min(configured, path - ENVELOPE_BYTES - overheadBytes);
}

/** Asking for a size draws nothing. */
const NO_RANDOM: Random = { bytes: (octets) => new Uint8Array(octets), below: () => 0 };
