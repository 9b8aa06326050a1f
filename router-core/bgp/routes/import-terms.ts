/**
 * By what the routes of a neighbor are judged: what configuration, session and the operator's rules make of it.
 *
 * Not standardized; BGP specification §6.7 and §13.
 *
 * Made anew whenever one of these changes. The dry run makes others beside them, of rules that do not run yet.
 *
 * @module
 */
import type { ImportView } from '../policy/import-policy.ts';
import type { PathRules } from '../policy/path-rules.ts';
import type { PeerFacts } from '../policy/rules/condition.ts';
import type { PolicyProgram } from '../policy/rules/program.ts';
import { FAMILIES, type Family, type NegotiatedSession } from '../types.ts';
import { peerFactsOf } from './peer-facts.ts';
import type { PolicyPrograms } from './policy-programs.ts';
import { routeOptionsOf } from './route-options.ts';
import type { RouteNeighborConfig } from './types.ts';

/** For one family. */
export type ImportTerms = {
  readonly source: number;
  readonly view: ImportView;
  /** What policies see of the neighbor. */
  readonly peer: PeerFacts;
  readonly rules: PathRules;
  /** The operator's rules after the base; undefined: there are none. */
  readonly program: PolicyProgram | undefined;
  readonly isMultihop: boolean;
  /** What the base accepts is judged by more than that: rules, next hops, or for being discarded. */
  readonly isJudgedFurther: boolean;
};

/** `session`: the present one, or the former while its routes are kept; undefined: neither. */
export function importTermsOf(
  source: number,
  config: RouteNeighborConfig,
  session: NegotiatedSession | undefined,
  programs: PolicyPrograms,
): Readonly<Record<Family, ImportTerms>> {
  const view = importViewOf(config, session);
  const peer = peerFactsOf(config, session);
  const program = programs.ofImport(config, peer, view);
  const isMultihop = config.isMultihop === true;
  const termsOf = (family: Family): ImportTerms => {
    const ofFamily = program[family === 'ipv4' ? 4 : 6];
    return {
      source,
      view,
      peer,
      rules: pathRulesOf(config, family, session),
      program: ofFamily,
      isMultihop,
      isJudgedFurther: isMultihop || view.mayBlackhole === true || ofFamily !== undefined,
    };
  };
  const [ipv4, ipv6] = FAMILIES;
  return { ipv4: termsOf(ipv4), ipv6: termsOf(ipv6) };
}

function pathRulesOf(
  { options }: RouteNeighborConfig,
  family: Family,
  session: NegotiatedSession | undefined,
): PathRules {
  const { allowasIn, enforceFirstAs, prependsLocalAs } = routeOptionsOf(options, family);
  const isPrepended = prependsLocalAs && session?.isInternal === false;
  return { allowasIn, enforceFirstAs, isPrepended };
}

function importViewOf(
  config: RouteNeighborConfig,
  session: NegotiatedSession | undefined,
): ImportView {
  const { ipv4, ipv6Global, linkLocal } = config.nextHopSelf;
  const isInternal = session?.isInternal ?? false;
  const own = [session?.localAddress, ipv4, ipv6Global, linkLocal];
  return {
    // A dynamic neighbor is one of several ASes.
    peerAsn: session?.peerAsn ?? config.peerAsn,
    localAsn: session?.localAsn ?? 0,
    isInternal,
    // What another router of our AS tells was judged where it came in.
    isUnfiltered: isInternal || (config.rules?.import.base ?? config.policy) === 'accept-all',
    isClosed: config.rules?.import.base === 'none',
    mayBlackhole: routeOptionsOf(config.options, 'ipv4').blackhole,
    isPeerOnly: config.policy === 'peer-only' && !isInternal,
    role: session === undefined ? config.role : session.role,
    ownAddresses: own.flatMap((address) => (address === undefined ? [] : [address.bytes])),
  };
}
