/**
 * The operator's policies while they run: which document, since when, and bound to every neighbor.
 *
 * Not standardized; BGP specification §13, docs/policy.md.
 *
 *   document, peerings, measured latency ──► a binding per session ──► the routes, where its key changed
 *
 * Invariants
 * - A document is checked whole before anything of it is used.
 * - A neighbor whose results cannot change is left alone: no route of it is judged again.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../base/bytes.ts';
import { formatWallTime } from '../base/rfc3339.ts';
import type { Instant } from '../base/units.ts';
import {
  bindPolicies,
  type NeighborId,
  type PolicyBinding,
  type PolicyBook,
} from '../bgp/index.ts';
import { canonicalJson } from './digest.ts';
import type { Engine } from './engine.ts';
import { checkPeerings, errorOf, policyBookOf } from './policy-rules.ts';
import type { Peering } from './roster.ts';
import type { NodeConfig } from './types.ts';

export type PolicyVersion = {
  /** From 1, in this life of the router. */
  readonly number: number;
  readonly digest: string;
  readonly since: string;
};

export interface Policies {
  /** @throws RouterError when the document or what a peering says of it is wrong; nothing changed then */
  check(config: Pick<NodeConfig, 'policy' | 'peerings'>): PolicyBook;
  /** Makes a book that was checked the one that runs, for all peerings there are. */
  apply(book: PolicyBook, now: Instant): void;
  /** Binds the book that runs anew: measured values changed. */
  rebind(now: Instant): void;
  readonly version: PolicyVersion;
  readonly book: PolicyBook;
  /** What a book would bind to a peering. */
  bind(book: PolicyBook, peering: Peering): PolicyBinding;
}

const encoder = new TextEncoder();

export function createPolicies(
  engine: Engine,
  measured: (peering: Peering) => Readonly<Record<string, number>>,
): Policies {
  let book = policyBookOf({});
  let version: PolicyVersion = versionOf(1);
  /** What each neighbor's results depend on. */
  const identities = new Map<NeighborId, string>();

  function versionOf(number: number): PolicyVersion {
    return {
      number,
      digest: toHex(sha256(encoder.encode(canonicalJson(book.document)))),
      since: formatWallTime(engine.clock.now()),
    };
  }

  function bind(of: PolicyBook, peering: Peering): PolicyBinding {
    const { wish } = peering;
    const { name, policy, groups = [], parameters } = wish.config;
    return bindPolicies(
      of,
      {
        name,
        asn: wish.asn,
        role: policy,
        groups,
        ...(wish.config.import === undefined ? {} : { import: wish.config.import }),
        ...(wish.config.export === undefined ? {} : { export: wish.config.export }),
        ...(parameters === undefined ? {} : { parameters }),
      },
      measured(peering),
    );
  }

  function bindAll(now: Instant): void {
    const present = new Set<NeighborId>();
    for (const peering of engine.roster.byId.values()) {
      const rules = bind(book, peering);
      const identity = identityOf(rules);
      for (const { neighbor } of peering.sessions) {
        present.add(neighbor);
        if (identities.get(neighbor) === identity) continue;
        identities.set(neighbor, identity);
        peering.vrf.routes.updateNeighbor(neighbor, { rules }, now);
      }
    }
    for (const neighbor of identities.keys())
      if (!present.has(neighbor)) identities.delete(neighbor);
  }

  return {
    check(config) {
      const candidate = policyBookOf(config.policy ?? {});
      const findings = checkPeerings(candidate, config.peerings);
      if (findings.length > 0) throw errorOf(findings);
      return candidate;
    },
    apply(candidate, now) {
      book = candidate;
      const next = versionOf(version.number + 1);
      if (next.digest !== version.digest) version = next;
      bindAll(now);
    },
    rebind: bindAll,
    bind,
    get version() {
      return version;
    },
    get book() {
      return book;
    },
  };
}

/** Everything a neighbor's results depend on beside the routes. */
const identityOf = (binding: PolicyBinding): string =>
  JSON.stringify([
    binding.peering,
    binding.groups,
    binding.import.base,
    binding.import.key,
    binding.export.base,
    binding.export.key,
  ]);
