/**
 * Writes what a mesh learned into the file it was started with.
 *
 * Not standardized. Place by place, so that comments, unknown keys and keys that are not in use stay as their owner wrote
 * them; whole or not at all, mode 0600, because private keys stand in it. A link stays a link: what it leads to is written.
 *
 * @module
 */
import { realpathSync } from 'node:fs';
import {
  ALWAYS_QUOTED,
  CONFIG_OCTETS_MAX,
  type ConfigChange,
} from '../../mesh/etherguard/config/index.ts';
import { writeFileAtomically } from '../files.ts';
import { readYamlFile } from '../yaml-file.ts';

/** Puts values at their places in the file. @throws RouterError, or the system's error, when that is impossible */
export function changeConfigFile(path: string, changes: readonly ConfigChange[]): void {
  const file = readYamlFile(path, CONFIG_OCTETS_MAX);
  file.change(changes);
  writeFileAtomically(realpathSync(path), file.text(ALWAYS_QUOTED));
}
