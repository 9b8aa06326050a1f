/**
 * What a document wishes of the layer-2 mesh, and how it stands in the file.
 *
 * Not standardized; `edge` and `supernode` have the fields of EtherGuard's files under their names
 * (mesh/etherguard/config). The file has them in place, or names an original file:
 *
 *   mesh: { edge: { NodeID: 7, … } }      mesh: { edge: ./edge.yaml }
 *
 * Invariants
 * - No private key is in a document: those of an original file are taken out, and whoever drives the Router reads
 *   them there again (docs/architecture.md §7).
 *
 * @module
 */
import type { Finding, RouterError } from '../../base/errors.ts';
import type { Schema } from '../../base/schema.ts';

export const MESH_INSTANCES = ['edge', 'supernode'] as const;
export type MeshInstanceName = (typeof MESH_INSTANCES)[number];

/** Fields of one of EtherGuard's files, without private keys. */
export type MeshFields = Readonly<Record<string, unknown>>;

export type MeshSettings = {
  /** Joins a mesh as an edge. */
  readonly edge?: MeshFields;
  /** The original file `edge` comes from, absolute: it may have the key, and what is learnt is written there. */
  readonly edgeFile?: string;
  /** The edge's private key, absolute; absent: the one of `edgeFile`, else `<data>/keys/mesh/edge.key`. */
  readonly privateKeyFile?: string;
  /** Coordinates a mesh. */
  readonly supernode?: MeshFields;
  /** Likewise; without keys in it they are `<data>/keys/mesh/supernode-v4.key` and `-v6.key`. */
  readonly supernodeFile?: string;
};

/** A private key of 32 octets, or why there is none. */
export type MeshKey = Uint8Array | RouterError;

/** What of the host's files goes with a document and is never in one. */
export type MeshFiles = {
  readonly edge?: MeshKey;
  readonly supernodeV4?: MeshKey;
  readonly supernodeV6?: MeshKey;
  /** The text of `EdgeTemplate`, likewise. */
  readonly edgeTemplate?: string | RouterError;
};

/** Of the original files, where the keys are. */
export const PRIVATE_KEYS = {
  edge: ['PrivKey'],
  supernode: ['PrivKeyV4', 'PrivKeyV6'],
} as const satisfies Readonly<Record<MeshInstanceName, readonly string[]>>;

const PATH: Schema = { kind: 'string', maxLength: 1024 };
/** A path, or the fields themselves. */
const INSTANCE: Schema = { kind: 'any-of', options: [PATH, { kind: 'judged-elsewhere' }] };

export const MESH_SCHEMA: Schema = {
  kind: 'object',
  fields: { edge: INSTANCE, supernode: INSTANCE, privateKeyFile: PATH },
};

/** As it stands in the file. */
export type RawMesh = {
  readonly edge?: unknown;
  readonly supernode?: unknown;
  readonly privateKeyFile?: string;
};

/** Returns the settings of a file with absolute paths and without keys. `readTexts` reads a YAML file, scalars as they are written. */
export function meshOfFile(
  raw: RawMesh,
  resolvePath: (path: string) => string,
  readTexts: (path: string) => unknown,
): { mesh: MeshSettings; findings: Finding[] } {
  const findings: Finding[] = [];
  const read = (name: MeshInstanceName): { fields?: MeshFields; file?: string } => {
    const value = raw[name];
    if (value === undefined) return {};
    const file = typeof value === 'string' ? resolvePath(value) : undefined;
    const fields = file === undefined ? value : readTexts(file);
    if (!isFields(fields)) {
      findings.push({
        code: 'CONFIG_TYPE',
        path: `mesh.${name}`,
        message: `mesh.${name} must be a set of keys, or the path of a file with one.`,
        severity: 'error',
      });
      return {};
    }
    const inline = PRIVATE_KEYS[name].find((key) => key in fields);
    if (file === undefined && inline !== undefined) findings.push(keyInline(name, inline));
    const kept = Object.entries(fields).filter(([key]) => !isPrivateKey(name, key));
    return { fields: Object.fromEntries(kept), ...(file === undefined ? {} : { file }) };
  };
  const edge = read('edge');
  const supernode = read('supernode');
  const { privateKeyFile } = raw;
  return {
    mesh: {
      ...(edge.fields === undefined ? {} : { edge: edge.fields }),
      ...(edge.file === undefined ? {} : { edgeFile: edge.file }),
      ...(privateKeyFile === undefined ? {} : { privateKeyFile: resolvePath(privateKeyFile) }),
      ...(supernode.fields === undefined ? {} : { supernode: supernode.fields }),
      ...(supernode.file === undefined ? {} : { supernodeFile: supernode.file }),
    },
    findings,
  };
}

const isFields = (value: unknown): value is MeshFields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPrivateKey = (name: MeshInstanceName, key: string): boolean =>
  (PRIVATE_KEYS[name] as readonly string[]).includes(key);

const keyInline = (name: MeshInstanceName, key: string): Finding => ({
  code: 'CONFIG_UNKNOWN_KEY',
  path: `mesh.${name}.${key}`,
  message: `mesh.${name}.${key} does not stand in this file: a private key has a file of its own.`,
  hint: `Name the original file instead (mesh: { ${name}: ./file.yaml }), or leave the key out: one is made.`,
  severity: 'error',
});
