/**
 * The settings of one start: what environment and file say, checked and merged once.
 *
 * Not standardized; docs/architecture.md §7. What the operator chose in the portal is weaker than
 * both and lives in the database; `fixed` says which of those values are not his to change.
 *
 * @module
 */
import type {
  ConfigFile,
  NodeSettings,
  PacketPath,
  RegistrySource,
  VrfSettings,
} from '../../router-core/index.ts';

export type Approval = 'automatic' | 'manual';

export type RouterKind =
  | { readonly kind: 'worker' }
  | { readonly kind: 'simulated' }
  | { readonly kind: 'unix'; readonly path: string };

/** Everything a node's document says besides its peerings, as people write it. */
export type NodeFacts = {
  readonly name: string;
  readonly asn: number;
  /** Short name of the network for people; null: the registry's. */
  readonly networkName: string | null;
  readonly place: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly routerId: string;
  readonly addresses: readonly string[];
  readonly announce: readonly string[];
  readonly linkLocal: string;
  readonly listen: NodeSettings['listen'];
  /** Host name or address peers are told, or `none`; null: not known. */
  readonly endpoint: string | null;
  /** Absolute path. */
  readonly privateKeyFile: string;
  readonly privateEndpoints: boolean;
  readonly routes: readonly { readonly prefix: string; readonly via: string }[];
  /** Virtual routers beside the default one; absent: none. Only a file has some. */
  readonly vrfs?: Readonly<Record<string, VrfSettings>>;
};

export type RegistryPolicy = {
  /** Sign-in is refused when the last successful check is older. */
  readonly maxAgeSeconds: number;
  readonly trustPersonKeys: boolean;
};

/** A file that was read, and which of its keys were really there. */
export type LoadedConfigFile = {
  /** Absolute. */
  readonly path: string;
  readonly content: ConfigFile;
  /** Keys given under `node`; the others are defaults. */
  readonly givenNodeKeys: readonly string[];
  readonly hasApproval: boolean;
  readonly hasRegistry: boolean;
};

export type Settings = {
  readonly port: number;
  readonly host: string;
  /** Absolute. */
  readonly dataFolder: string;
  /** The checkout: migrations and built files lie under it. */
  readonly rootFolder: string;
  readonly databaseUrl: string;
  readonly secret: string | undefined;
  readonly operatorToken: string | undefined;
  /** Origins the portal answers on; empty: localhost, literal addresses and the node's endpoint. */
  readonly origins: readonly string[];
  readonly router: RouterKind;
  /** Who carries packets over the underlay. */
  readonly packetPath: PacketPath;
  readonly file: LoadedConfigFile | undefined;
  /** From environment or file; undefined: what the portal stored. */
  readonly registry: RegistrySource | undefined;
  readonly registryPolicy: RegistryPolicy;
  /** Fields of the set-up page given from outside, each with where: `{ registry: 'ROOTLESS42_REGISTRY' }`. */
  readonly fixed: Readonly<Record<string, string>>;
  /** Begin with the demo network instead of questions (`npm run demo`). */
  readonly demo: boolean;
};

export const DEFAULT_PORT = 4242;
export const DEFAULT_REGISTRY_POLICY: RegistryPolicy = {
  maxAgeSeconds: 7 * 24 * 3600,
  trustPersonKeys: false,
};

/** A setting that stops the start; its message is the one line people see. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
  readonly code = 'SETTING_INVALID';
}
