/**
 * Reads what an operator sends for an edge or supernode: an original file as text, or its fields.
 *
 * Not standardized; judged by the router's own readers (router-core/router/mesh). Two things of an original file are
 * another way in a node: its private key becomes a file of the node, and an interface of the kernel a port of the
 * node's own IP stack, which is told as a warning.
 *
 * Invariants
 * - Fields that are returned have no private key.
 * - Paths of findings are those of the input: `edge.NodeID`.
 *
 * @module
 */
import 'server-only';
import {
  checkMesh,
  type Finding,
  type MeshFields,
  type MeshInstanceName,
  PRIVATE_KEYS,
  RouterError,
} from '../../../router-core/index.ts';
import { readMeshText } from '../../_router/index.ts';
import type { FieldError } from '../../_text/errors.ts';
import { withKeptSecrets } from './secrets.ts';

/** The text of a file, or its fields under the original's names. */
export type InstanceInput = string | MeshFields;

export type MeshFinding = FieldError & Pick<Finding, 'severity'>;

export type ReadInstance = {
  /** Undefined: it is no set of fields at all. */
  readonly fields?: MeshFields;
  /** Of an edge whose file had one. */
  readonly privateKey?: Uint8Array;
  readonly findings: readonly MeshFinding[];
};

/** As deep as no file of ours is: deeper ones would end in the stack. */
const DEPTH_MAX = 16;
const KEY_BYTES = 32;
/** Interfaces that give the machine an Ethernet port. */
const KERNEL_PORTS: readonly unknown[] = ['tap', 'vpp'];

/** Reads an instance. @param before the one in force, whose secrets stand-ins keep */
export function readInstance(
  name: MeshInstanceName,
  input: InstanceInput,
  before: MeshFields | undefined,
): ReadInstance {
  const read = valuesOf(name, input);
  if ('findings' in read) return read;
  const { values, placeOf } = read;
  const findings: MeshFinding[] = [];
  const taken = takePrivateKeys(name, values, findings);
  const { fields, missing } = withKeptSecrets(
    name === 'edge' ? withPortOfOurs(taken.fields, findings) : taken.fields,
    before,
  );
  for (const path of missing)
    findings.push({
      code: 'CONFIG_TYPE',
      path: `${name}.${path}`,
      message: `${path} is a stand-in, and there is no secret it stands for. Type the secret itself.`,
      severity: 'error',
    });
  findings.push(...checkMesh({ [name]: fields }).map(ofInput));
  return {
    fields,
    ...(taken.privateKey === undefined ? {} : { privateKey: taken.privateKey }),
    findings: findings.map((finding) => {
      const place = placeOf(finding.path.slice(name.length + 1));
      return place === undefined ? finding : { ...finding, place };
    }),
  };
}

type Values = {
  readonly values: MeshFields;
  readonly placeOf: (path: string) => string | undefined;
};

function valuesOf(name: MeshInstanceName, input: InstanceInput): Values | ReadInstance {
  const refused = (code: string, message: string): ReadInstance => ({
    findings: [{ code, path: name, message, severity: 'error' }],
  });
  if (typeof input !== 'string') {
    if (isDeeper(input, DEPTH_MAX))
      return refused('CONFIG_SYNTAX', `More than ${DEPTH_MAX} levels are inside each other.`);
    return { values: input, placeOf: () => undefined };
  }
  try {
    const { values, placeOf } = readMeshText(input);
    if (typeof values === 'object' && values !== null && !Array.isArray(values))
      return { values: values as MeshFields, placeOf };
    return refused('CONFIG_TYPE', 'This is no configuration: it has no keys.');
  } catch (error) {
    if (error instanceof RouterError) return refused(error.code, error.message);
    throw error;
  }
}

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));

/** Without what the document begins with. */
function ofInput({ path, message, ...finding }: Finding): MeshFinding {
  const [, instance = ''] = path.split('.', 2);
  return {
    ...finding,
    path: path.replace(/^mesh\./, ''),
    message: message.replace(new RegExp(`^mesh\\.${instance}(?:\\.|: )`), ''),
  };
}

/** The key of an edge is the node's from here on; those of a supernode are where it runs, and are never sent. */
function takePrivateKeys(
  name: MeshInstanceName,
  values: MeshFields,
  findings: MeshFinding[],
): { readonly fields: MeshFields; readonly privateKey?: Uint8Array } {
  const names: readonly string[] = PRIVATE_KEYS[name];
  const fields = Object.fromEntries(Object.entries(values).filter(([key]) => !names.includes(key)));
  for (const key of names) {
    const text = values[key];
    if (text === undefined || text === null || text === '') continue;
    const path = `${name}.${key}`;
    if (name === 'supernode') {
      findings.push({
        code: 'CONFIG_UNKNOWN_KEY',
        path,
        message: `${key} is not taken here: a supernode's private keys never leave its machine.`,
        hint: `Leave it out, and the node makes keys; or name the whole file in the node's configuration file (mesh: { supernode: ./super.yaml }).`,
        severity: 'error',
      });
      continue;
    }
    const privateKey = typeof text === 'string' ? keyOf(text) : undefined;
    if (privateKey !== undefined) return { fields, privateKey };
    findings.push({
      code: 'KEY_ENCODING',
      path,
      message: `${key} must be 32 octets in base64, 44 characters.`,
      severity: 'error',
    });
  }
  return { fields };
}

function keyOf(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(Buffer.from(text, 'base64'));
  const isWhole =
    octets.length === KEY_BYTES && Buffer.from(octets).toString('base64') === text.trim();
  return isWhole ? octets : undefined;
}

/** Nearly all original files have a TAP interface; a node has a port of its own. */
function withPortOfOurs(fields: MeshFields, findings: MeshFinding[]): MeshFields {
  const { Interface } = fields;
  if (typeof Interface !== 'object' || Interface === null || Array.isArray(Interface))
    return fields;
  const kind: unknown = Reflect.get(Interface, 'IType');
  if (!KERNEL_PORTS.includes(kind)) return fields;
  findings.push({
    code: 'MESH_INTERFACE',
    path: 'edge.Interface.IType',
    message: `Interface.IType ${kind} becomes router: a node has a port of its own IP stack on the mesh, and needs no rights for it.`,
    severity: 'warning',
  });
  return { ...fields, Interface: { ...Interface, IType: 'router' } };
}
