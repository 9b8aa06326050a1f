/**
 * The DN42 registry: reading objects, who owns what, the ROA table.
 *
 * @module
 */
export {
  type AuthMethod,
  UNUSABLE_REASONS,
  type UnusableMethod,
  type UnusableReason,
  type UsablePgpMethod,
  type UsableSshMethod,
} from './auth-methods.ts';
export {
  compareIndexes,
  type Loss,
  MAX_LOST_SHARE,
  type RegistryComparison,
} from './comparison.ts';
export { type FilterRow, type PrefixFilters, parseFilterRows } from './filters.ts';
export {
  type AddressHolder,
  type AddressPermission,
  addressHolder,
  mayUseAddress,
  originsOfAddress,
} from './holders.ts';
export { buildRegistryIndex, type RegistryFile } from './index-builder.ts';
export { MAX_FILE_BYTES, MAX_OBJECTS, MAX_REGISTRY_BYTES } from './limits.ts';
export { type AddressSpace, type AsnRange, addressSpaceOf, asnRangeOf } from './numbers.ts';
export {
  asnsOfMaintainer,
  type ContactAddress,
  type ContactView,
  type MaintainerNote,
  type MaintainerView,
  maskMailAddress,
  NETWORK_MAINTAINER,
  type NetworkView,
  networkOf,
  networksProvedBy,
  type OwnershipOptions,
  type ProofKeyCert,
  type ProofKeys,
  type ProvedKey,
  proofKeysOf,
} from './ownership.ts';
export { OBJECT_PROBLEMS, REGISTRY_INDEX_SCHEMA, type RegistryIndex } from './registry-index.ts';
export { ROUTE_DROP_REASONS, type Roa, type RouteDropReason } from './roa.ts';
export { prefixFilters, roaTable } from './roa-table.ts';
export {
  formatRoas,
  parseRoas,
  ROA_TEXT_FORMATS,
  type RoaDocument,
  type RoaTextFormat,
  roaDocument,
} from './roa-text.ts';
export { FORMAT_PROBLEMS, type FormatProblem, parseRpsl, type RpslObject } from './rpsl.ts';
export {
  decodeSshBase64,
  MIN_RSA_BITS,
  parseSshPublicKey,
  rsaBits,
  SSH_KEY_TYPES,
  type SshCurve,
  type SshKeyType,
  type SshPublicKey,
} from './ssh-key.ts';
