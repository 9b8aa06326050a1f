/**
 * Opens the registry source which the configuration names.
 *
 * Not standardized; portal specification §1.1, docs/architecture.md §7 and §8.
 *
 * @module
 */
import { isAbsolute } from 'node:path';
import { RouterError } from '../../base/errors.ts';
import type { RegistrySource } from '../../router/types.ts';
import { openDirectorySource } from './directory.ts';
import { openGitSource } from './git.ts';
import type { OpenedRegistrySource, RegistrySourceOptions } from './source.ts';

/** Opens a source; nothing is fetched before `refresh`. */
export function openRegistrySource(
  source: RegistrySource,
  options: RegistrySourceOptions,
): OpenedRegistrySource {
  if (source.kind === 'git') return openGitSource(source, options);
  if (!isAbsolute(source.path))
    throw new RouterError('SETTING_INVALID', `The registry path ${source.path} is not absolute.`, {
      path: 'registry.path',
    });
  return openDirectorySource(source.path);
}
