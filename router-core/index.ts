/**
 * The first door: what is pure and safe in a browser. All of `app/` may open it.
 *
 * @module
 */
export { parseAsn, parseAsnOfVisitor } from './base/asn.ts';
export { type Endpoint, formatEndpoint, parseEndpoint } from './base/endpoint.ts';
export {
  type Finding,
  ROUTER_ERROR_CODES,
  RouterError,
  type RouterErrorCode,
} from './base/errors.ts';
export {
  firstOfFamily,
  formatIpAddress,
  formatIpPrefix,
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
  parseIpPrefix,
  prefixContains,
} from './base/ip-address.ts';
export { printable } from './base/printable.ts';
export { isPublicUnderlay } from './base/public-underlay.ts';
export { checkSchema, type Schema } from './base/schema.ts';
export { PACKET_PATHS, type PacketPath, parsePacketPath } from './base/underlay-wish.ts';
export type { Asn } from './base/units.ts';
export type { ChangeCause, ExportReason, PolicyDocument, ReasonToken } from './bgp/index.ts';
export { EDGE_SAMPLE, SUPER_SAMPLE } from './mesh/etherguard/config/samples.ts';
export {
  type AddressHolder,
  type AddressPermission,
  type AddressSpace,
  type AsnRange,
  type AuthMethod,
  addressHolder,
  addressSpaceOf,
  asnRangeOf,
  asnsOfMaintainer,
  type ContactAddress,
  type ContactView,
  decodeSshBase64,
  type FilterRow,
  formatRoas,
  type MaintainerNote,
  type MaintainerView,
  MIN_RSA_BITS,
  maskMailAddress,
  mayUseAddress,
  NETWORK_MAINTAINER,
  type NetworkView,
  networkOf,
  networksProvedBy,
  type OwnershipOptions,
  originsOfAddress,
  type PrefixFilters,
  type ProofKeyCert,
  type ProofKeys,
  type ProvedKey,
  parseRoas,
  parseSshPublicKey,
  prefixFilters,
  proofKeysOf,
  REGISTRY_INDEX_SCHEMA,
  type RegistryIndex,
  ROA_TEXT_FORMATS,
  type Roa,
  type RoaDocument,
  type RoaTextFormat,
  type RouteDropReason,
  roaDocument,
  roaTable,
  rsaBits,
  SSH_KEY_TYPES,
  type SshCurve,
  type SshKeyType,
  type SshPublicKey,
  UNUSABLE_REASONS,
  type UnusableMethod,
  type UnusableReason,
  type UsablePgpMethod,
  type UsableSshMethod,
} from './registry/index.ts';
export {
  type ConfigFile,
  documentOfFile,
  parseRegistrySource,
  peeringConfigOf,
  readConfigFile,
  readOperatorOptions,
} from './router/config-file.ts';
export { withDigest } from './router/digest.ts';
export { disguiseOf } from './router/disguise.ts';
export type {
  CaptureInput,
  DoorError,
  QueryInput,
  QueryName,
  QueryRow,
  RouterClient,
} from './router/door/contract.ts';
export { QUERY_NAMES } from './router/door/contract.ts';
export { textOfRow } from './router/door/queries/index.ts';
export { latencyClassOf } from './router/latency-class.ts';
export { knownLatencies, knownWays } from './router/mesh/known-paths.ts';
export { MESH_RANGES, type MeshRange } from './router/mesh/mesh-history.ts';
export { parseMeshAddress } from './router/mesh/mesh-link.ts';
export {
  MESH_INSTANCES,
  type MeshFields,
  type MeshInstanceName,
  type MeshSettings,
  PRIVATE_KEYS,
} from './router/mesh/mesh-settings.ts';
export type {
  MeshEdgeStatus,
  MeshHistoryView,
  MeshInstanceView,
  MeshLatency,
  MeshLinkStatus,
  MeshSupernodeStatus,
  MeshView,
  MeshWay,
  MeshWayChange,
} from './router/mesh/mesh-view-types.ts';
export { checkMesh } from './router/mesh/mesh-wish.ts';
export {
  normalizeOperatorOptions,
  OPERATOR_OPTIONS_LENGTH_MAX,
  type OperatorOptions,
  operatorOptionAt,
  pickOperatorOptions,
} from './router/operator-options.ts';
export {
  interfaceName,
  PEER_CONFIG_FORMATS,
  type PeerConfigFile,
  type PeerConfigFormat,
  type PeerConfigInput,
  PRESHARED_KEY_PLACEHOLDER,
  PRIVATE_KEY_PLACEHOLDER,
  type SharedOptions,
  sharedOptionsOf,
  writePeerConfig,
} from './router/peer-config/index.ts';
export {
  checkPeeringRequest,
  customaryLinkLocal,
  customaryName,
  customaryPort,
  DEFAULT_IMPORT_LIMIT,
  DEFAULT_MTU,
  type NormalizedPeering,
  normalizePeering,
  type PeeringRequest,
  type PeeringRuleContext,
  type RuleNode,
} from './router/peering-rules.ts';
export { checkPolicies } from './router/policy-rules.ts';
export { placeOfService, readServices, type ServicesSettings } from './router/service-settings.ts';
export type { SessionOptions } from './router/session-option-types.ts';
export {
  type ApplyReport,
  type ApplyReportLine,
  type BmpStation,
  type DiagnosisFinding,
  type Health,
  NODE_CONFIG_SCHEMA,
  type NodeConfig,
  type NodeSettings,
  type NodeView,
  type NotificationView,
  OPERATIONAL_STATES,
  type OperationalState,
  PEERING_POLICIES,
  type PeeringConfig,
  type PeeringPolicy,
  type PeeringRelation,
  type PeeringView,
  type RecorderSettings,
  type RegistrySource,
  type RoaSettings,
  type RouteCounters,
  type RouterEvent,
  SERVICE_KINDS,
  SESSION_SHAPES,
  SESSION_STATES,
  type ServiceKind,
  type ServiceRefusal,
  type ServiceView,
  type SessionShape,
  type SessionState,
  type SessionView,
  type Snapshot,
  TIMELINE_STEPS,
  type TimelineStep,
  type Transition,
  type TunnelView,
  type UapiSettings,
  type VrfSettings,
} from './router/types.ts';
export { DEFAULT_VRF_NAME, unknownVrf } from './router/vrf-wish.ts';
export { isLowOrderKey, parseWireguardKey } from './router/wireguard-key.ts';
export type { ObfuscationConfig } from './wireguard/obfuscation/index.ts';
