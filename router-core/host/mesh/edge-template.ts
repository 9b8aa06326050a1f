/**
 * The file of an edge that a supernode hands out when a peer is added: the operator's template, filled in.
 *
 * Not standardized. Comments and everything that is not filled in stay as the template has them.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import {
  ALWAYS_QUOTED,
  CONFIG_OCTETS_MAX,
  type ConfigChange,
} from '../../mesh/etherguard/config/index.ts';
import { newYamlFile, parseYamlFile, readTextFile } from '../yaml-file.ts';

/** Returns the template, a text or the values of one, with these changes. @throws RouterError `CONFIG_SYNTAX` */
export function renderEdgeTemplate(
  template: string | Readonly<Record<string, unknown>>,
  changes: readonly ConfigChange[],
): string {
  const file =
    typeof template === 'string' ? parseYamlFile(template, 'EdgeTemplate') : newYamlFile(template);
  file.change(changes);
  return file.text(ALWAYS_QUOTED);
}

/** Reads the template. @throws RouterError when it cannot be read, is too large, is no YAML, or cannot be filled in */
export function readEdgeTemplate(path: string): string {
  const text = readTextFile(path, CONFIG_OCTETS_MAX);
  let place = parseYamlFile(text, path).values();
  for (const key of ['DynamicRoute', 'SuperNode']) {
    if (!isMapOrAbsent(place)) break;
    place = place?.[key];
    if (!isMapOrAbsent(place))
      throw new RouterError('CONFIG_TYPE', `${path}: ${key} must be a map.`);
  }
  return text;
}

function isMapOrAbsent(value: unknown): value is Readonly<Record<string, unknown>> | undefined {
  return (
    value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))
  );
}
