/**
 * The operator's policies while they run: which document, since when, and bound to every neighbor.
 *
 * Not standardized; BGP specification §13, docs/policy.md.
 *
 *   document, peerings, measured latency ──► a binding per session ──► the routes, where its key changed
 *
 * Invariants
 * - A document is checked whole before anything of it is used.
 * - A session has its rules before its first message: whoever adds a neighbor asks for them first.
 * - A neighbor whose results cannot change is left alone: no route of it is judged again.
 * - Who runs on with a former wish (`refused-entries.ts`) is judged by the former policies, as a whole: of names that
 *   are no more there would be no rules, and no rule rejects nothing.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../base/bytes.ts';
import { pickPresent } from '../base/pick.ts';
import { formatWallTime } from '../base/rfc3339.ts';
import type { Instant } from '../base/units.ts';
import { bindPolicies, type PolicyBinding, type PolicyBook } from '../bgp/index.ts';
import { canonicalJson } from './digest.ts';
import type { Engine } from './engine.ts';
import { checkPeerings, errorOf, policyBookOf } from './policy-rules.ts';
import type { SessionOwner } from './session-wish.ts';
import type { NodeConfig } from './types.ts';

export type PolicyVersion = {
  /** From 1, in this life of the router. */
  readonly number: number;
  readonly digest: string;
  readonly since: string;
};

export interface Policies {
  /** @throws RouterError when the document or what a peering says of it is wrong; nothing changed then */
  check(config: Pick<NodeConfig, 'policy' | 'peerings' | 'hostNeighbors'>): PolicyBook;
  /**
   * Makes a book that was checked the one that runs. Sessions there are follow with `rebind`, save those of a
   * peering whose id is in `refused`: they keep what they have until its entry is accepted.
   */
  adopt(book: PolicyBook, refused: ReadonlyMap<string, unknown>): void;
  /** Gives every session there is what the book that runs makes of its peering now. */
  rebind(now: Instant): void;
  /** What the sessions of a peering are judged by from their first message on. */
  rulesOf(wish: SessionOwner): PolicyBinding;
  readonly version: PolicyVersion;
  readonly book: PolicyBook;
  /** The former version a peering keeps; undefined: it follows the one that runs. */
  keptBy(wish: SessionOwner): PolicyVersion | undefined;
  /** What a book would bind to a peering. Rules depend on what is wished of it: it need not run yet. */
  bind(book: PolicyBook, wish: SessionOwner): PolicyBinding;
}

type Edition = { readonly book: PolicyBook; readonly version: PolicyVersion };

const encoder = new TextEncoder();

export function createPolicies(
  engine: Engine,
  measured: (id: string) => Readonly<Record<string, number>>,
): Policies {
  let book = policyBookOf({});
  let version: PolicyVersion = versionOf(1);
  /** What peerings keep, by id. */
  const kept = new Map<string, Edition>();

  function versionOf(number: number): PolicyVersion {
    return {
      number,
      digest: toHex(sha256(encoder.encode(canonicalJson(book.document)))),
      since: formatWallTime(engine.clock.now()),
    };
  }

  function bind(of: PolicyBook, wish: SessionOwner): PolicyBinding {
    const { name, policy, groups = [] } = wish.config;
    return bindPolicies(
      of,
      {
        name,
        asn: wish.asn,
        role: policy,
        groups,
        ...pickPresent(wish.config, ['import', 'export', 'parameters']),
      },
      measured(wish.config.id),
    );
  }

  const rulesOf = (wish: SessionOwner): PolicyBinding =>
    bind(kept.get(wish.config.id)?.book ?? book, wish);

  return {
    check(config) {
      const candidate = policyBookOf(config.policy ?? {});
      const findings = [
        ...checkPeerings(candidate, config.peerings),
        ...checkPeerings(candidate, config.hostNeighbors ?? [], 'hostNeighbors'),
      ];
      if (findings.length > 0) throw errorOf(findings);
      return candidate;
    },
    adopt(candidate, refused) {
      const former = new Map(kept);
      kept.clear();
      for (const { wish } of engine.roster.all())
        if (refused.has(wish.id)) kept.set(wish.id, former.get(wish.id) ?? { book, version });
      book = candidate;
      const next = versionOf(version.number + 1);
      if (next.digest !== version.digest) version = next;
    },
    rebind(now) {
      for (const peering of engine.roster.all()) {
        const rules = rulesOf(peering.wish);
        for (const session of peering.sessions) {
          if (isAlike(session.rules, rules)) continue;
          session.rules = rules;
          peering.vrf.routes.updateNeighbor(session.neighbor, { rules }, now);
        }
      }
    },
    rulesOf,
    bind,
    keptBy: ({ config }) => kept.get(config.id)?.version,
    get version() {
      return version;
    },
    get book() {
      return book;
    },
  };
}

/** Whether two bindings make the same of every route. */
const isAlike = (a: PolicyBinding, b: PolicyBinding): boolean =>
  a.peering === b.peering &&
  a.groups.join() === b.groups.join() &&
  (['import', 'export'] as const).every(
    (direction) => a[direction].base === b[direction].base && a[direction].key === b[direction].key,
  );
