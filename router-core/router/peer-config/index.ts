/**
 * Configuration for the other side, one file per format.
 *
 * @module
 */
import { writeBird2 } from './bird2.ts';
import { writeFrr } from './frr.ts';
import { type SharedOptions, sharedOptionsOf } from './shared-options.ts';
import type { PeerConfigFile, PeerConfigFormat, PeerConfigInput } from './types.ts';
import { writeWgQuick } from './wg-quick.ts';

export {
  interfaceName,
  PEER_CONFIG_FORMATS,
  PRESHARED_KEY_PLACEHOLDER,
  PRIVATE_KEY_PLACEHOLDER,
} from './types.ts';
export type { PeerConfigFile, PeerConfigFormat, PeerConfigInput, SharedOptions };
export { sharedOptionsOf };

const WRITERS: Readonly<Record<PeerConfigFormat, (input: PeerConfigInput) => PeerConfigFile[]>> = {
  'wg-quick': writeWgQuick,
  bird2: writeBird2,
  frr: writeFrr,
};

/** Returns the files of one format, filled with the values of a peering that passed the rules. */
export const writePeerConfig = (
  format: PeerConfigFormat,
  input: PeerConfigInput,
): PeerConfigFile[] =>
  WRITERS[format](input).map((file) => ({
    ...file,
    // Not every shape mentions every value.
    highlights: file.highlights.filter((value) => file.text.includes(value)),
  }));
