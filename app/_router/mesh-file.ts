/**
 * EtherGuard's files as text: read as real nodes read them, and written for people.
 *
 * Standard: YAML 1.2.2; router-core/host/yaml-file.ts.
 *
 * @module
 */
import 'server-only';
import { ALWAYS_QUOTED, newYamlFile, parseYamlFile } from '../../router-core/client.ts';
import type { MeshFields } from '../../router-core/index.ts';

export { makeEdges, type NewEdge, type SupernodeToJoin } from '../../router-core/client.ts';

/** Reads a text; each scalar is what is written. @throws RouterError `CONFIG_SYNTAX` */
export function readMeshText(text: string): {
  readonly values: unknown;
  /** `line:column` of what stands at a path. */
  placeOf(path: string): string | undefined;
} {
  const file = parseYamlFile(text, 'the text');
  return { values: file.values() ?? {}, placeOf: (path) => file.placeOf(path) };
}

export const writeMeshText = (fields: MeshFields): string =>
  newYamlFile(fields).text(ALWAYS_QUOTED);
