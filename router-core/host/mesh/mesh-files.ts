/**
 * What of a node's mesh stands in files and in no document: private keys, and the template for new edges.
 *
 * Not standardized; docs/architecture.md §7 (secrets). Keys of an original file are used where they are; others are
 * made on first use, below `<data>/keys/mesh`.
 *
 * @module
 */
import { dirname, join, resolve } from 'node:path';
import { fromBase64 } from '../../base/bytes.ts';
import { RouterError } from '../../base/errors.ts';
import { CONFIG_OCTETS_MAX } from '../../mesh/etherguard/config/index.ts';
import {
  type MeshFiles,
  type MeshKey,
  type MeshSettings,
  PRIVATE_KEYS,
} from '../../router/index.ts';
import { readOrMakeNodeKey } from '../node-key.ts';
import { readYamlFile } from '../yaml-file.ts';
import { readEdgeTemplate } from './edge-template.ts';

/** Reads, and makes what is missing. A key that cannot be had is why there is none. */
export function readMeshFiles(settings: MeshSettings | undefined, dataFolder: string): MeshFiles {
  const { edge, supernode } = settings ?? {};
  return {
    ...(edge === undefined ? {} : { edge: edgeKey(settings ?? {}, dataFolder) }),
    ...(supernode === undefined ? {} : supernodeFiles(settings ?? {}, dataFolder)),
  };
}

function edgeKey({ edgeFile, privateKeyFile }: MeshSettings, dataFolder: string): MeshKey {
  return orReason(() => {
    const [name] = PRIVATE_KEYS.edge;
    const written = edgeFile === undefined ? undefined : keyIn(edgeFile, name);
    return written ?? keyFile(privateKeyFile ?? join(dataFolder, 'keys', 'mesh', 'edge.key'));
  });
}

/** A file that has one of the keys says which families there are; without any, both are made. */
function supernodeFiles(settings: MeshSettings, dataFolder: string): MeshFiles {
  const { supernode = {}, supernodeFile } = settings;
  const folder = join(dataFolder, 'keys', 'mesh');
  const [v4, v6] = PRIVATE_KEYS.supernode.map((name) =>
    supernodeFile === undefined ? undefined : orReason(() => keyIn(supernodeFile, name)),
  );
  const { EdgeTemplate } = supernode;
  const isTold = typeof EdgeTemplate === 'string' && EdgeTemplate !== '';
  const template = isTold
    ? orReason(() => readEdgeTemplate(resolve(dirname(supernodeFile ?? '.'), EdgeTemplate)))
    : undefined;
  const keys =
    v4 === undefined && v6 === undefined
      ? {
          supernodeV4: orReason(() => keyFile(join(folder, 'supernode-v4.key'))),
          supernodeV6: orReason(() => keyFile(join(folder, 'supernode-v6.key'))),
        }
      : {
          ...(v4 === undefined ? {} : { supernodeV4: v4 }),
          ...(v6 === undefined ? {} : { supernodeV6: v6 }),
        };
  return { ...keys, ...(template === undefined ? {} : { edgeTemplate: template }) };
}

const keyFile = (path: string): Uint8Array => readOrMakeNodeKey(path).privateKey;

/** Returns the key of an original file; undefined: it has none. @throws RouterError */
function keyIn(path: string, name: string): Uint8Array | undefined {
  const values = readYamlFile(path, CONFIG_OCTETS_MAX).values();
  const text: unknown =
    typeof values === 'object' && values !== null ? Reflect.get(values, name) : '';
  if (typeof text !== 'string' || text === '') return undefined;
  const key = fromBase64(text);
  if (key?.length === 32) return key;
  throw new RouterError('KEY_ENCODING', `${name} of ${path} is not 32 octets in base64.`, { path });
}

function orReason<Value>(read: () => Value): Value | RouterError {
  try {
    return read();
  } catch (error) {
    if (error instanceof RouterError) return error;
    throw error;
  }
}
