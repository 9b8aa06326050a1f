/**
 * Shapes of request bodies: what JSON may look like. What values mean is router-core's to judge.
 *
 * Not standardized; portal specification §4.1, §9. zod stays at this edge; unknown keys are errors,
 * so that a misspelt one is not silently ignored.
 *
 * @module
 */
import 'server-only';
import { z } from 'zod';
import { MESH_INSTANCES, OPERATOR_OPTIONS_LENGTH_MAX } from '../../../router-core/index.ts';
import type { PeeringInput } from '../../_queries/view-models.ts';
import { NEW_EDGES_MAX } from '../../_services/mesh/edges.ts';

/** Longer than any right value; the rules say what is right. */
const text = z.string().max(1000);
const asn = z.number().int().min(1).max(4294967295);

/** Its options are many and depend on the kind: the rules know them. */
const obfuscation = z
  .looseObject({ kind: text })
  .transform((value) => withoutNulls(value) as unknown as NonNullable<PeeringInput['obfuscation']>);

/** Operators only; an object, or YAML text. The rules of the configuration file know the keys. */
const options = z.union([z.string().max(OPERATOR_OPTIONS_LENGTH_MAX), z.record(text, z.unknown())]);

const peeringFields = {
  name: text.optional(),
  publicKey: text,
  presharedKey: text.nullish(),
  password: text.nullish(),
  ttlSecurity: z.boolean().optional(),
  endpoint: text.nullish(),
  linkLocal: text.nullish(),
  ourLinkLocal: text.nullish(),
  addresses: z
    .strictObject({ ipv4: text.nullish(), ipv6: text.nullish() })
    .nullish()
    .transform((value) => withoutNulls(value ?? {})),
  sessions: text.optional(),
  families: z.array(text).max(4).optional(),
  extendedNextHop: z.boolean().optional(),
  keepalive: z.number().nullish(),
  mtu: z.number().optional(),
  listenPort: z.number().nullish(),
  obfuscation: obfuscation.nullish(),
  policy: text.optional(),
  importLimit: z.number().optional(),
  rateLimit: z.number().nullish(),
  contact: text.nullish(),
  remark: text.nullish(),
  options: options.nullish(),
  tunnel: z.literal('wireguard').optional(),
} as const;

export const newPeeringShape = z
  .strictObject({ ...peeringFields, node: text.optional(), asn: asn.optional() })
  .transform(withoutNulls);

/** Null takes a value away, an absent key keeps it. */
export const peeringChangesShape = z
  .strictObject({ ...peeringFields, addresses: peeringFields.addresses.optional() })
  .partial();

export const challengeShape = z.strictObject({
  asn,
  purpose: z.enum(['login']).default('login'),
});

export const verifyShape = z.strictObject({
  nonce: z.string().max(100),
  method: z.enum(['ssh', 'pgp']),
  signature: z.string().max(32_768),
  publicKey: z.string().max(49_152).nullish(),
});

export const operatorSignInShape = z.strictObject({
  name: z.string().max(100),
  password: z.string().max(1000),
});

export const networkChoiceShape = z.strictObject({ asn });

export const deletionShape = z.strictObject({ confirm: z.string().max(30).optional() });

export const rejectionShape = z.strictObject({ reason: z.string().max(1000).default('') });

const limit = z.number().int().min(1);

/** The router judges the upper ends (router-core/router/limits.ts). */
export const captureShape = z
  .strictObject({
    packets: limit.optional(),
    octets: limit.optional(),
    seconds: limit.optional(),
    snapLength: limit.optional(),
  })
  .transform(withoutNulls);

/** An original file as text, or its fields; the router's readers know them, and the body is capped. Null ends it. */
const meshInstance = z
  .union([z.string(), z.record(text, z.unknown())])
  .nullable()
  .optional();

export const meshSettingsShape = z.strictObject({
  edge: meshInstance,
  supernode: meshInstance,
  dryRun: z.boolean().default(false),
});

export const meshEndShape = z.strictObject({
  confirm: z.string().max(60).optional(),
  instance: z.enum(MESH_INSTANCES).optional(),
});

export const newMeshEdgesShape = z
  .strictObject({
    count: z.number().int().min(1).max(NEW_EDGES_MAX).default(1),
    first: z.number().int().min(0).max(65535).nullish(),
    name: z.string().min(1).max(24).default('edge'),
    host: z.string().max(254).nullish(),
    ipv4: text.nullish(),
    ipv6: text.nullish(),
  })
  .transform(withoutNulls);

export const nodeRestartShape = z.strictObject({ crash: z.boolean().default(false) });

export const setupTokenShape = z.strictObject({ token: z.string().max(100) });

export const setupShape = z.strictObject({
  token: z.string().max(100),
  operatorName: z.string().min(1).max(60),
  password: z.string().max(1000),
  asn,
  networkName: z.string().max(60),
  node: z.strictObject({
    name: z.string().max(32),
    place: z.string().max(60),
    country: z.string().max(2),
    addresses: z.array(text).max(16),
    announce: z.array(text).max(256),
    linkLocal: text,
    listenPort: z.number().int().min(1).max(65535),
    endpoint: text.nullable(),
  }),
  registry: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('git'), url: text }),
    z.strictObject({ kind: z.literal('directory'), path: text }),
    z.strictObject({ kind: z.literal('none') }),
  ]),
  approval: z.enum(['automatic', 'manual']),
});

type NoNulls<Value> = { [Key in keyof Value]: Exclude<Value[Key], null | undefined> };

function withoutNulls<Value extends object>(value: Value): NoNulls<Value> {
  const kept = Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
  return Object.fromEntries(kept) as NoNulls<Value>;
}
