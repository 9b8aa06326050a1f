/**
 * Errors for people: a stable code, the place, and a sentence that names the thing and the remedy.
 *
 * Not standardized; over HTTP they become problem documents (RFC 9457). Matching is by `code`,
 * never by class or text. Every code is described in docs/errors.md; a test compares both lists.
 * Keys, tokens and preshared secrets never appear in messages or details.
 *
 * @module
 */
export const ROUTER_ERROR_CODES = [
  // configuration file and document
  'CONFIG_UNREADABLE',
  'CONFIG_SYNTAX',
  'CONFIG_UNKNOWN_KEY',
  'CONFIG_MISSING_KEY',
  'CONFIG_TYPE',
  'CONFIG_SCHEMA_NEWER',
  'CONFIG_BRAKE',
  'CONFIG_STALE',
  'SETTING_INVALID',
  'KEY_FILE_UNREADABLE',
  'ROA_SOURCE_INVALID',
  'ROA_UNAVAILABLE',
  'ROA_SHRANK',
  // rules of a peering (portal specification §4)
  'ASN_INVALID',
  'ASN_IS_US',
  'NAME_INVALID',
  'KEY_ENCODING',
  'KEY_IS_OURS',
  'KEY_LOW_ORDER',
  'KEY_IN_USE',
  'PSK_ENCODING',
  'PASSWORD_INVALID',
  'ENDPOINT_SYNTAX',
  'ENDPOINT_PRIVATE',
  'ENDPOINT_IS_US',
  'ENDPOINT_IN_OVERLAY',
  'ENDPOINT_REQUIRED',
  'ENDPOINT_UNRESOLVED',
  'LL_SYNTAX',
  'LL_CONFLICT',
  'ADDRESS_SYNTAX',
  'ADDRESS_NOT_DN42',
  'ADDRESS_NOT_YOURS',
  'ADDRESS_CONFLICT',
  'SESSIONS_UNKNOWN',
  'ENH_NEEDS_MP',
  'V4_NEEDS_ADDRESS',
  'NO_FAMILY',
  'KEEPALIVE_RANGE',
  'MTU_RANGE',
  'PORT_RANGE',
  'PORT_IN_USE',
  'LIMIT_RANGE',
  'BFD_RANGE',
  'POLICY_UNKNOWN',
  'ROLE_INVALID',
  'CLIENT_INVALID',
  'POLICY_NAME_UNKNOWN',
  'POLICY_VALUE',
  'POLICY_IMPOSSIBLE',
  'OBFUSCATION_INVALID',
  'CONTACT_INVALID',
  'REMARK_INVALID',
  'NODE_UNKNOWN',
  'CAPACITY',
  'DUPLICATE',
  'PREFIX_SYNTAX',
  'ROUTE_VIA_UNKNOWN',
  'VRF_UNKNOWN',
  'SERVICE_EXPOSED',
  'SESSION_OPTION_INVALID',
  'SESSION_OPTION_RISKY',
  'TEMPLATE_UNKNOWN',
  'TEMPLATE_LOOP',
  // files of a layer-2 mesh
  'CONFIG_TOO_LARGE',
  'MESH_NODE_NUMBER',
  'MESH_ADDRESS',
  'MESH_TABLE',
  'MESH_MATRIX',
  'MESH_SCRIPT',
  'MESH_LINK',
  'MESH_KEY_UNUSED',
  'MESH_FILE_EXISTS',
  'MESH_INTERFACE',
  'MESH_INSTANCE_FAILED',
  // a running edge or supernode of the mesh
  'MESH_RESTART_NEEDED',
  'MESH_SHUT_DOWN',
  'MESH_REFUSED',
  'MESH_PEER_SILENT',
  'MESH_API_SILENT',
  'MESH_KEY_SHARED',
  'MESH_ANSWER_INVALID',
  'MESH_CERTIFICATE',
  'MESH_UPDATE_UNKNOWN',
  'MESH_TIME_UNKNOWN',
  'MESH_SOCKET',
  // interfaces and surroundings of an edge
  'NATIVE_CALLS_MISSING',
  'INTERFACE_NOT_PERMITTED',
  'INTERFACE_NOT_SUPPORTED',
  'INTERFACE_FAILED',
  'MESH_SCRIPT_FAILED',
  'PACKET_WORKER_FAILED',
  // the running router
  'REGISTRY_MISSING',
  'REGISTRY_UNAVAILABLE',
  'REGISTRY_SHRANK',
  'REGISTRY_REWRITTEN',
  'ROUTER_AWAY',
  'ENTITY_FAILED',
  'ENTITY_UNKNOWN',
  'ROUTE_UNKNOWN',
  'SOCKET_FAILED',
  'QUERY_UNKNOWN',
  'QUERY_INVALID',
  'TARGET_FORBIDDEN',
  'TOO_MANY',
  'TIMEOUT',
] as const;

export type RouterErrorCode = (typeof ROUTER_ERROR_CODES)[number];
export type ErrorDetails = {
  readonly path?: string;
  readonly hint?: string;
  readonly value?: string;
};

/** One thing wrong with an input: what forms show at a field and the API lists in `errors[]`. */
export type Finding = {
  readonly code: RouterErrorCode;
  /** Where in the input, e.g. `peerings[3].endpoint`. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  /** A warning may be submitted; an error may not. */
  readonly severity: 'error' | 'warning';
};

export class RouterError extends Error {
  override readonly name = 'RouterError';
  readonly code: RouterErrorCode;
  readonly details: ErrorDetails;

  constructor(code: RouterErrorCode, message: string, details: ErrorDetails = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}
