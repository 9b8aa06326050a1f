/**
 * The mesh an operator set up in the portal: as it is stored, and as the document has it.
 *
 * Not standardized; docs/architecture.md §7 (secrets). Passwords and preshared keys stand among the fields, so all of
 * them are sealed in one piece.
 *
 * Invariant: no private key is stored; one that was pasted is a file of the node, and its name stands here.
 *
 * @module
 */
import 'server-only';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { writeNodeKey } from '../../router-core/client.ts';
import type { MeshFields, MeshSettings } from '../../router-core/index.ts';
import type { Database, Sealer, Transaction } from '../_db/index.ts';
import { readStored, type Settings, writeStored } from '../_settings/index.ts';

export type StoredMesh = {
  readonly edge?: MeshFields;
  readonly supernode?: MeshFields;
  /** In the folder of the mesh's keys; absent: the node makes a key itself. */
  readonly edgeKeyFile?: string;
};

/** Who the sealed settings belong to; authenticated with them. */
const ownerOf = (node: string): string => `node/${node}/mesh`;

export async function readStoredMesh(
  reader: Database | Transaction,
  sealer: Sealer,
  node: string,
): Promise<StoredMesh> {
  const sealed = await readStored(reader, `mesh/${node}`);
  // Only `writeStoredMesh` writes the setting.
  return sealed === undefined ? {} : (JSON.parse(sealer.open(sealed, ownerOf(node))) as StoredMesh);
}

export const writeStoredMesh = (
  transaction: Transaction,
  sealer: Sealer,
  node: string,
  mesh: StoredMesh,
  now: Date,
): Promise<void> =>
  writeStored(transaction, `mesh/${node}`, sealer.seal(JSON.stringify(mesh), ownerOf(node)), now);

/** Returns the part of the document; undefined: the node takes no part in a mesh. */
export function meshOfStored(
  { edge, supernode, edgeKeyFile }: StoredMesh,
  settings: Pick<Settings, 'dataFolder'>,
): MeshSettings | undefined {
  if (edge === undefined && supernode === undefined) return undefined;
  return {
    ...(edge === undefined ? {} : { edge }),
    ...(edge === undefined || edgeKeyFile === undefined
      ? {}
      : { privateKeyFile: meshKeyPath(settings, edgeKeyFile) }),
    ...(supernode === undefined ? {} : { supernode }),
  };
}

/** Keeps a private key that was pasted in a file of the node, mode 0600. */
export const keepMeshKey = (
  settings: Pick<Settings, 'dataFolder'>,
  name: string,
  privateKey: Uint8Array,
): void => writeNodeKey(meshKeyPath(settings, name), privateKey);

export const dropMeshKey = (settings: Pick<Settings, 'dataFolder'>, name: string): void =>
  rmSync(meshKeyPath(settings, name), { force: true });

/** Where the mesh's private keys are; those the node makes itself lie there too. */
const meshKeyPath = ({ dataFolder }: Pick<Settings, 'dataFolder'>, name: string): string =>
  path.join(dataFolder, 'keys', 'mesh', name);
