/**
 * What a registry source is to the others: one interface for a directory and a git repository.
 *
 * Not standardized; portal specification §1.1, docs/architecture.md §7.
 *
 * @module
 */
import type { IpAddress } from '../../base/ip-address.ts';

/** A registry state lying in a folder. */
export type RegistryState = {
  /** The git commit, or `digest-…` of the contents. */
  readonly commit: string;
  /** Whether this differs from what the previous refresh found; true the first time. */
  readonly changed: boolean;
  /** The folder that holds `data/`. */
  readonly folder: string;
  /** Whether the commit descends from the accepted one; null when nobody can tell. */
  readonly descends: boolean | null;
};

export interface OpenedRegistrySource {
  /**
   * Brings the folder up to date.
   *
   * @param accepted the commit whose index is in use, for judging descent
   * @throws RouterError `REGISTRY_UNAVAILABLE`
   */
  refresh(signal: AbortSignal, accepted?: string): Promise<RegistryState>;
}

export type RegistrySourceOptions = {
  /** Where a git source is kept: `<data>/registry`. Ours alone; what else lies there is overwritten. */
  readonly folder: string;
  /**
   * Resolves and checks a host name (architecture §8, addresses); git then connects to the address
   * that was checked. Absent: git resolves by itself.
   */
  readonly resolve?: (host: string, signal: AbortSignal) => Promise<IpAddress>;
  readonly timeoutMs?: number;
  readonly maxRepositoryBytes?: number;
  /** For tests: protocols allowed besides https and ssh. No setting leads here. */
  readonly testProtocols?: readonly 'file'[];
};
